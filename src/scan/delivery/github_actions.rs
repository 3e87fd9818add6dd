//! GitHub Actions: workflows and actions of the tree, the actions and images they use, and the platform itself.

use std::cell::Cell;

use super::step::{Pipeline, Regions, Told};
use super::variables::{Variables, left_in};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `github-actions`.
pub struct GithubActions;

static META: ScannerMeta = ScannerMeta {
    id: "github-actions",
    title: "GitHub Actions",
    summary: "Each workflow and each action of the tree with the actions and reusable workflows it uses (pinned by \
              commit or by tag), the images its jobs, services and steps run in, who hosts its runners, and the \
              services and registries that known actions and scripts sign in to and push to, packages and images \
              that scripts name, and the sources of packages and models that `env`, `actions/setup-node` and \
              `actions/setup-dotnet`, commands, and files that steps write (`$GITHUB_ENV`, `.npmrc`, `pip.conf`) set \
              for the steps behind them. What an expression computes is a diagnostic.",
    files: &["**/.github/workflows/*.yml", "**/.github/workflows/*.yaml", "**/action.yml", "**/action.yaml"],
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
    reference: "https://docs.github.com/actions/reference/workflow-syntax-for-github-actions",
};

/// Images that one matrix may make; the text stays as it is when there would be more.
const VARIANTS: usize = 64;

/// Longest text that is filled in.
const LONGEST: usize = 1 << 10;

impl Scanner for GithubActions {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let is_action = file.path().name().starts_with("action.") && !is_workflow(file);
        let documents = if is_action {
            // other tools have a file of that name as well
            let is_ours = |node: &Node| node.at(&["runs", "using"]).is_some();
            let yaml = file.yaml();
            if !yaml.documents.iter().any(is_ours) && yaml.problems.is_empty() {
                return Ok(());
            }
            file.yaml_or_part(out)
        } else {
            file.yaml_or_part(out)
        };
        let id = ComponentId::of("delivery", format_args!("github-actions/{}", file.path()));
        let followed = Cell::new(0);
        let pipeline = Pipeline::new(&id, file, input, &followed);
        for document in documents {
            let (jobs, runs) = (document.get("jobs"), document.get("runs"));
            let kind = match (is_action, jobs, runs) {
                (true, _, Some(_)) => "github-actions/action",
                (false, Some(_), _) => "github-actions/workflow",
                _ => continue,
            };
            out.component(&id, ComponentKind::Delivery, file.whole());
            out.attribute(&id, key::RESOURCE_TYPE, kind, file.whole());
            toolkit::distributed_by(&id, "github.com", &file.whole().inferred(), out);
            let none = Variables::default();
            let variables = none.with(document.get("env"));
            pipeline.sources(document.get("env"), &none, out);
            for job in jobs.filter(|_| !is_action).map_or(&[][..], Node::entries) {
                scan_job(&job.value, &variables.with(job.value.get("env")), &pipeline, out);
            }
            if let Some(runs) = runs.filter(|_| is_action) {
                scan_action(runs, &pipeline, out);
            }
        }
        Ok(())
    }
}

fn is_workflow(file: &SourceFile) -> bool {
    file.folder().as_str().ends_with(".github/workflows")
}

fn scan_job(job: &Node, variables: &Variables<'_>, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let (id, file) = (pipeline.id, pipeline.file);
    if let Some(machine) = job.get("runs-on") {
        runner(machine, job, pipeline, out);
    }
    let container = job.get("container").map(|node| node.get("image").unwrap_or(node));
    let services = job.get("services").map_or(&[][..], Node::entries);
    for image in container.into_iter().chain(services.iter().filter_map(|service| service.value.get("image"))) {
        // an empty image switches a container off
        if let Some(text) = image.text().filter(|text| !text.is_empty()) {
            for text in each_of_matrix(text, job) {
                needs_image(id, RelationKind::DependsOn, &text, file, image.span, out);
            }
        }
    }
    pipeline.sources(job.get("env"), variables, out);
    steps(job, variables, pipeline, out);
    if let Some(workflow) = job.get("uses") {
        scan_use(workflow, id, file, out);
    }
}

/// Texts that a job's literal matrix makes of one: `postgres:${{ matrix.version }}`. What is no literal stays.
fn each_of_matrix(text: &str, job: &Node) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        match filled(&text, job).filter(|found| !found.is_empty() && open.len() + done.len() + found.len() <= VARIANTS)
        {
            Some(found) => open.extend(found),
            None => done.push(text),
        }
    }
    done.sort_unstable();
    done.dedup();
    done
}

/// The text with each value of the first matrix variable in it.
fn filled(text: &str, job: &Node) -> Option<Vec<String>> {
    let start = text.find("${{").filter(|_| text.len() <= LONGEST)?;
    let end = start + text[start..].find("}}")? + 2;
    let name = text[start + 3..end - 2].trim().strip_prefix("matrix.")?;
    let matrix = job.at(&["strategy", "matrix"])?;
    let included = matrix.get("include").map_or(&[][..], Node::list).iter().filter_map(|row| row.get(name));
    let values = matrix.get(name);
    // an expression in the place of the list is known to a run only
    let values = values.filter(|values| values.text().is_none()).map_or(&[][..], Node::list).iter().chain(included);
    // a value may bring the next variable only where it is written itself
    let values = values.filter_map(Node::scalar).filter(|value| !value.contains("${{"));
    Some(values.map(|value| format!("{}{value}{}", &text[..start], &text[end..])).take(VARIANTS + 1).collect())
}

/// `runs:` of an action: steps of others, or an image.
fn scan_action(runs: &Node, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let (id, file) = (pipeline.id, pipeline.file);
    steps(runs, &Variables::default(), pipeline, out);
    if runs.text_at("using") == Some("docker")
        && let Some(image) = runs.get("image")
        && let Some(text) = image.text().and_then(|text| text.strip_prefix("docker://"))
    {
        needs_image(id, RelationKind::DependsOn, text, file, image.span, out);
    }
}

fn steps(node: &Node, variables: &Variables<'_>, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let mut regions = Regions::new();
    let told = Told::default();
    let mut kept = variables.with(None);
    let usual = node.at(&["defaults", "run", "working-directory"]);
    for step in node.get("steps").map_or(&[][..], Node::list) {
        // what a step leaves that may not run holds or not
        let before = is_conditional(step).then(|| told.borrow().clone());
        pipeline.sources(step.get("env"), &kept, out);
        let mut variables = kept.with(step.get("env"));
        if let Some((region, _)) = regions.get("aws") {
            // the step that signs in sets it for all behind it
            variables.set("AWS_REGION", region);
        }
        let fill = |text: &str| variables.fill(text);
        let pipeline = &Pipeline { fill: &fill, told: Some(&told), ..*pipeline };
        if let Some(uses) = step.get("uses") {
            scan_use(uses, pipeline.id, pipeline.file, out);
            let name = uses.text().and_then(|text| text.split('@').next()).unwrap_or_default();
            pipeline.step_after(&mut regions, "github", name, uses.span, step.get("with"), out);
        }
        let mut left = Vec::new();
        if let Some((run, text)) = step.get("run").and_then(|run| Some((run, run.text()?))) {
            let folder = step.text_at("working-directory").or_else(|| usual.and_then(Node::text));
            let root = pipeline.root();
            let folder = folder.and_then(|folder| RelPath::new(format!("{root}/{folder}").trim_start_matches('/')));
            pipeline.script_in(&folder.unwrap_or(root), text, run.span, &fill, out);
            told.borrow_mut().end_shell();
            left = left_in(text, "GITHUB_ENV", &fill);
        }
        if let Some(before) = before {
            let after = told.take();
            told.replace(before.possibly(after));
            left = possible(left, &kept, &told);
        } else {
            left.iter().for_each(|(name, _)| told.borrow_mut().holds(name));
        }
        kept.keep(left);
    }
}

/// What a step that may not run leaves for those behind it: a source is one more that may be asked, of all else the value is
/// not known.
fn possible(left: Vec<(String, Option<String>)>, kept: &Variables<'_>, told: &Told) -> Vec<(String, Option<String>)> {
    let mut told = told.borrow_mut();
    let changed = left.into_iter().filter(|(name, value)| value.is_none() || kept.get(name) != value.as_ref());
    let others = changed.filter(|(name, value)| !value.as_ref().is_some_and(|value| told.may_hold(name, value)));
    others.map(|(name, _)| (name, None)).collect()
}

/// True for a step that may not run though those before it did their work.
fn is_conditional(step: &Node) -> bool {
    const ALWAYS: [&str; 5] = ["always()", "success()", "!cancelled()", "success() || failure()", "true"];
    let Some(condition) = step.get("if") else { return false };
    let text = condition.scalar().unwrap_or_default();
    let text = text.trim();
    let text = text.strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}")).unwrap_or(text);
    !ALWAYS.contains(&text.trim())
}

/// Who hosts the machines of a job: labels of GitHub's own begin with the system; `self-hosted` says itself.
fn runner(machine: &Node, job: &Node, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    machine.any_shape();
    let labels = machine.get("labels").unwrap_or(machine);
    labels.any_shape();
    let one = labels.text().map(|text| each_of_matrix(text, job));
    let words = one.unwrap_or_else(|| labels.list().iter().filter_map(Node::text).map(str::to_owned).collect());
    let is_hosted = |word: &String| ["ubuntu-", "windows-", "macos-"].iter().any(|system| word.starts_with(system));
    let is_own = |word: &String| word == "self-hosted";
    if words.iter().any(is_own) {
        pipeline.runner("self", machine.span, out);
    } else if words.iter().any(is_hosted) {
        pipeline.runner("github", machine.span, out);
    } else {
        // a group, an expression, or a label that only the organisation's settings explain
        pipeline.runner("unknown", machine.span, out);
    }
}

/// `owner/name/path@revision`, `docker://image`, `./folder` of the tree.
fn scan_use(uses: &Node, id: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(text) = uses.text() else {
        out.problem(DiagnosticKind::Malformed, file, Some(uses.span), "`uses` is no text");
        return;
    };
    if let Some(image) = text.strip_prefix("docker://") {
        needs_image(id, RelationKind::DependsOn, image, file, uses.span, out);
        return;
    }
    if ["./", "../", "$/"].iter().any(|own| text.starts_with(own)) || text == "." {
        return;
    }
    if text.contains("${{") {
        out.problem(DiagnosticKind::Unresolved, file, Some(uses.span), "`uses` is computed by an expression");
        return;
    }
    let parts = text.split_once('@').and_then(|(action, revision)| {
        let mut parts = action.split('/');
        Some((parts.next().filter(|owner| !owner.is_empty())?, parts.next()?, revision))
    });
    let Some((owner, name, revision)) = parts else {
        let message = format!("`{text}` is neither an action with a revision nor a folder of the tree");
        out.problem(DiagnosticKind::Malformed, file, Some(uses.span), message);
        return;
    };
    let repository = ComponentId::repository(&format!("github.com/{owner}/{name}"));
    let seen = file.at(uses.span);
    out.component(&repository, ComponentKind::Repository, seen.clone());
    toolkit::revision_of(&repository, Some(revision), &seen, out);
    out.attribute(&repository, key::IDENTITY, format!("github:{owner}"), seen.clone());
    out.relation(id, RelationKind::DependsOn, &repository, seen.clone());
    toolkit::distributed_by(&repository, "github.com", &seen, out);
}
