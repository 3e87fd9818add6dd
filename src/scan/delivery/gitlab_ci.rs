//! GitLab CI: included pipelines, components and templates, and the images that jobs run in.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;

use super::inherited::{ALL, Begun, Inherited, Job};
use super::step;
use super::variables::{Variables, tell_cut};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Entry, Node, Value};
use crate::scan::image::build::Left;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `gitlab-ci`.
pub struct GitlabCi;

static META: ScannerMeta = ScannerMeta {
    id: "gitlab-ci",
    title: "GitLab CI pipeline",
    summary: "Each pipeline file with the projects, components, templates and addresses it includes, the projects it \
              starts, the images and services of its jobs, who hosts its runners, secrets it takes from a vault, and what \
              its scripts push, call and install, with the sources that variables and commands set. Jobs take over scripts \
              and variables by `extends`, `default` and `!reference`. Literal variables of the file are filled in; which GitLab a project lies on is \
              stated in no file.",
    files: &[
        "**/.gitlab-ci.yml",
        "**/.gitlab-ci.yaml",
        "**/*.gitlab-ci.yml",
        "**/.gitlab/ci/**/*.yml",
        "**/.gitlab/ci/**/*.yaml",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Delivery,
        ComponentKind::Host,
        ComponentKind::Image,
        ComponentKind::Model,
        ComponentKind::Package,
        ComponentKind::Repository,
        ComponentKind::Service,
    ],
    reference: "https://docs.gitlab.com/ci/yaml/",
};

/// Where a pipeline's own GitLab is meant.
const OWN: [&str; 3] = ["$CI_SERVER_FQDN/", "$CI_SERVER_HOST/", "${CI_SERVER_FQDN}/"];

impl Scanner for GitlabCi {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let documents = file.yaml_or_part(out);
        let id = ComponentId::of("delivery", format_args!("gitlab-ci/{}", file.path()));
        let pipeline = Pipeline { id: &id, file };
        let followed = Cell::new(0);
        let steps = step::Pipeline::new(&id, file, input, &followed);
        for document in documents.iter().filter(|document| !document.entries().is_empty()) {
            out.component(&id, ComponentKind::Delivery, file.whole());
            out.attribute(&id, key::RESOURCE_TYPE, "gitlab-ci/pipeline", file.whole());
            let none = Variables::default();
            let shared = none.over(variables(document));
            if let Some(include) = document.get("include") {
                pipeline.includes(include, &shared, out);
            }
            pipeline.images(document, &shared, out);
            tell_cut(variable_entries(document), file, out);
            let inherited = Inherited::of(document, file);
            // what others take over is read before them
            let mut left = Begun::new();
            if document.get("before_script").is_some() {
                let begun = before_script(document, &inherited, &steps, &shared, out);
                left.insert(ALL, begun);
            }
            let jobs = || document.entries().iter().filter(|entry| entry.value.is_map());
            let is_base = |job: &&Entry| inherited.is_base(&job.key);
            let in_order = jobs().filter(is_base).chain(jobs().filter(|job| !is_base(job)));
            let jobs: Vec<Job<'_>> = in_order.map(|job| inherited.job(&job.key, &job.value, out)).collect();
            // a hidden job runs in those alone that take it over
            let is_part = |name: &str| name.starts_with('.') && inherited.is_base(name);
            let running = jobs.iter().filter(|job| !is_part(job.name));
            let parts: BTreeSet<&str> = running.filter_map(Job::script_from).filter(|name| is_part(name)).collect();
            for job in &jobs {
                let tables = job.bases.iter().map(|(_, base)| *base).chain([job.node]);
                tell_cut(tables.clone().flat_map(variable_entries), file, out);
                let seen = inherited
                    .sees(job)
                    .map(|names| none.over(variables(document).filter(|(name, _)| has(names, name))));
                let own = seen.as_ref().unwrap_or(&shared).over(tables.flat_map(variables));
                pipeline.images(job.node, &own, out);
                let script = match is_part(job.name) {
                    true => job.node.entry("script").map(|entry| &entry.value).filter(|_| !parts.contains(job.name)),
                    false => job.part("script"),
                };
                let begun = Work { inherited: &inherited, steps: &steps, variables: &own }.job(job, script, &left, out);
                if inherited.is_base(job.name) {
                    left.insert(job.name, begun);
                }
                if let Some(trigger) = job.node.get("trigger") {
                    if let Some(include) = trigger.get("include") {
                        pipeline.includes(include, &shared, out);
                    }
                    let project = trigger.get("project").or(Some(trigger).filter(|node| node.text().is_some()));
                    if let Some(project) = project {
                        pipeline.project(project, trigger.get("branch"), &shared, out);
                    }
                }
            }
        }
        Ok(())
    }
}

/// What the scripts of a job are read with.
struct Work<'w, 'n> {
    inherited: &'w Inherited<'n>,
    steps: &'w step::Pipeline<'w>,
    variables: &'w Variables<'w>,
}

impl<'n> Work<'_, 'n> {
    /// Runners, scripts and secrets of a job.
    fn job(&self, job: &Job<'n>, script: Option<&'n Node>, left: &Begun<'n>, out: &mut Facts<'_>) -> (Left, RelPath) {
        let Self { inherited, steps, variables } = *self;
        let at = |name: &str| job.node.entry(name).map(|entry| &entry.value);
        if let Some(tags) = at("tags").filter(|tags| matches!(tags.value, Value::List(_))) {
            let words: Vec<String> = tags.list().iter().filter_map(Node::text).map(|tag| variables.fill(tag)).collect();
            let who = match words.first() {
                _ if words.iter().any(|tag| tag.contains('$')) => "unknown",
                _ if words.iter().any(|tag| tag.starts_with("saas-")) => "gitlab",
                Some(_) => "self",
                None => "unknown",
            };
            steps.runner(who, tags.span, out);
        }
        let begun = match inherited.begun(job, left).filter(|_| at("before_script").is_none()) {
            Some(before) => before.clone(),
            None => before_script(job.node, inherited, steps, variables, out),
        };
        let (left, mut folder) = begun.clone();
        let told = step::Told::new(left);
        let on_machine = &step::Pipeline { told: Some(&told), ..*steps };
        if let Some(script) = script {
            run(&inherited.lines(script, out), &mut folder, on_machine, variables, out);
        }
        if let Some(script) = job.part("after_script") {
            // a shell of its own, where the job began
            told.borrow_mut().end_shell();
            run(&inherited.lines(script, out), &mut steps.root(), on_machine, variables, out);
        }
        if let Some(address) = variables.get("VAULT_SERVER_URL")
            && let Some(secrets) = job.node.entry("secrets")
        {
            steps.registry(address, secrets.key_span, out);
        }
        begun
    }
}

/// What a job does before its script: what it leaves, and where it ends.
fn before_script<'n>(
    job: &'n Node,
    inherited: &Inherited<'n>,
    steps: &step::Pipeline<'_>,
    variables: &Variables<'_>,
    out: &mut Facts<'_>,
) -> (Left, RelPath) {
    let (told, mut folder) = (step::Told::default(), steps.root());
    let on_machine = &step::Pipeline { told: Some(&told), ..*steps };
    if let Some(entry) = job.entry("before_script") {
        run(&inherited.lines(&entry.value, out), &mut folder, on_machine, variables, out);
    }
    (told.into_inner(), folder)
}

/// The lines of a script, which share a shell.
fn run(
    lines: &[&Node],
    folder: &mut RelPath,
    steps: &step::Pipeline<'_>,
    variables: &Variables<'_>,
    out: &mut Facts<'_>,
) {
    for line in lines {
        if let Value::Text(text) = &line.value {
            *folder = steps.script_in(folder, text, line.span, &|word| variables.fill(word), out);
        }
    }
}

fn has(names: &[Node], name: &str) -> bool {
    names.iter().any(|one| one.text() == Some(name))
}

fn variable_entries(node: &Node) -> &[Entry] {
    node.get("variables").map_or(&[][..], Node::entries)
}

/// Literal variables of a pipeline or job; one may have a description beside its value.
fn variables<'n>(node: &'n Node) -> impl Iterator<Item = (&'n str, Option<Cow<'n, str>>)> {
    variable_entries(node).iter().map(|entry| {
        entry.value.any_shape();
        (&*entry.key, entry.value.get("value").unwrap_or(&entry.value).scalar())
    })
}

struct Pipeline<'a> {
    id: &'a ComponentId,
    file: &'a SourceFile,
}

impl Pipeline<'_> {
    /// `image:` and `services:` of a job, of `default:`, or of the whole file.
    fn images(&self, node: &Node, variables: &Variables<'_>, out: &mut Facts<'_>) {
        let services = node.get("services").map_or(&[][..], Node::list);
        for image in node.get("image").into_iter().chain(services) {
            let name = image.get("name").unwrap_or(image);
            if let Some(text) = name.text() {
                let full = variables.fill(text);
                needs_image(self.id, RelationKind::DependsOn, &full, self.file, name.span, out);
            }
        }
    }

    /// One include or several.
    fn includes(&self, include: &Node, shared: &Variables<'_>, out: &mut Facts<'_>) {
        let list = include.list();
        for item in if list.is_empty() { std::slice::from_ref(include) } else { list } {
            self.include(item, shared, out);
        }
    }

    fn include(&self, item: &Node, shared: &Variables<'_>, out: &mut Facts<'_>) {
        if let Some(text) = item.text() {
            // a file of the tree, or an address
            if text.contains("://") {
                self.remote(text, item, out);
            }
        } else if let Some(remote) = item.get("remote") {
            if let Some(text) = remote.text() {
                self.remote(text, remote, out);
            }
        } else if let Some(project) = item.get("project") {
            self.project(project, item.get("ref"), shared, out);
        } else if let Some(component) = item.get("component") {
            self.component(component, out);
        } else if let Some(template) = item.get("template") {
            // templates come with GitLab itself
            let id = ComponentId::repository("gitlab.com/gitlab-org/gitlab");
            let seen = self.file.at(template.span).inferred();
            self.repository(&id, "gitlab:gitlab-org", None, &seen, out);
        } else if item.get("local").is_none() && item.get("artifact").is_none() {
            let message = "a kind of include that is not read";
            out.problem(DiagnosticKind::Unsupported, self.file, Some(item.span), message);
        }
    }

    fn repository(&self, id: &ComponentId, owner: &str, revision: Option<&str>, seen: &Seen, out: &mut Facts<'_>) {
        out.component(id, ComponentKind::Repository, seen.clone());
        if !owner.is_empty() {
            out.attribute(id, key::IDENTITY, owner, seen.clone());
        }
        toolkit::revision_of(id, revision, seen, out);
        out.relation(self.id, RelationKind::DependsOn, id, seen.clone());
    }

    /// A project on the GitLab that runs the pipeline: its host is not known.
    fn project(&self, project: &Node, revision: Option<&Node>, shared: &Variables<'_>, out: &mut Facts<'_>) {
        let Some(text) = project.text() else { return };
        let full = shared.fill(text);
        if full.contains('$') {
            self.unresolved(project.span, out);
            return;
        }
        let revision = revision.and_then(Node::scalar).map(|revision| shared.fill(&revision));
        let id = ComponentId::repository(full.trim_matches('/'));
        self.repository(&id, "", revision.as_deref(), &self.file.at(project.span), out);
    }

    /// `host/group/project/name@1.0`.
    fn component(&self, component: &Node, out: &mut Facts<'_>) {
        let Some(text) = component.text() else { return };
        let (path, revision) = match text.rsplit_once('@') {
            Some((path, revision)) => (path, Some(revision)),
            None => (text, None),
        };
        let own = OWN.iter().find_map(|prefix| path.strip_prefix(prefix));
        let seen = self.file.at(component.span);
        let Some((project, _)) = own.unwrap_or(path).rsplit_once('/').filter(|(project, _)| project.contains('/'))
        else {
            let message = "a component that names no project";
            out.problem(DiagnosticKind::Malformed, self.file, Some(component.span), message);
            return;
        };
        if project.contains('$') || revision.is_some_and(|revision| revision.contains('$')) {
            self.unresolved(component.span, out);
            return;
        }
        let id = ComponentId::repository(project);
        let owner = toolkit::repository_owner(project).filter(|_| own.is_none()).unwrap_or_default();
        self.repository(&id, &owner, revision, &seen, out);
        if own.is_none()
            && let Some((host, _)) = project.split_once('/')
        {
            toolkit::distributed_by(&id, host, &seen, out);
        }
    }

    /// A pipeline file that is fetched by its address.
    fn remote(&self, address: &str, node: &Node, out: &mut Facts<'_>) {
        if address.contains('$') {
            self.unresolved(node.span, out);
            return;
        }
        let seen = self.file.at(node.span);
        let Some(host) = toolkit::host_of(address) else {
            out.problem(DiagnosticKind::Malformed, self.file, Some(node.span), "an address that names no host");
            return;
        };
        let Some((path, revision)) = file_on_host(address) else {
            // a plain web server: what it serves is not pinned
            out.attribute(self.id, key::DOWNLOAD, toolkit::without_secrets(address), seen.clone());
            toolkit::distributed_by(self.id, &host, &seen, out);
            return;
        };
        let id = ComponentId::repository(&path);
        let owner = toolkit::repository_owner(&path).unwrap_or_default();
        self.repository(&id, &owner, Some(&revision), &seen, out);
        toolkit::distributed_by(&id, &host, &seen, out);
    }

    fn unresolved(&self, span: Span, out: &mut Facts<'_>) {
        let message = "an include or project whose name holds a variable";
        out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
    }
}

/// Repository and revision of a file's address: `https://host/group/project/-/raw/main/x.yml`, and GitHub's form.
fn file_on_host(address: &str) -> Option<(String, String)> {
    let full = toolkit::host_and_path(address)?;
    if let Some((path, rest)) = full.split_once("/-/raw/") {
        return Some((path.to_owned(), rest.split('/').next()?.to_owned()));
    }
    let rest = full.strip_prefix("raw.githubusercontent.com/")?;
    let mut parts = rest.split('/');
    let (owner, name, revision) = (parts.next()?, parts.next()?, parts.next()?);
    Some((format!("github.com/{owner}/{name}"), revision.to_owned()))
}
