//! `pom.xml`: what a Maven project asks for, with what its parents and BOMs in the tree say.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Asking;
use super::maven_model::{MAVEN_PLUGINS, Managed, Model, Unknown};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, Of, Place, Registry, Standing, list, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `maven-pom`.
pub struct MavenPom;

static META: ScannerMeta = ScannerMeta {
    id: "maven-pom",
    title: "Maven project",
    summary: "Dependencies, plugins with theirs, extensions, outside parents and BOMs, repositories, all of profiles \
              too; properties and managed versions of parents and BOMs that lie in the tree are filled in. A version \
              stated outside of the tree is not known and said so. Modules of the tree are not packages of others: who asks \
              for one, or has it as parent, depends on its project.",
    files: &["**/pom.xml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://maven.apache.org/pom.html",
};

impl Scanner for MavenPom {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let pom = file.xml_or_part(out)?;
        anyhow::ensure!(&*pom.name == "project", "the root element is `{}`: not a Maven project", pom.name);
        let model = Model::of((Arc::clone(&input.files[0]), pom), input);
        let project = toolkit::root(input, file, out);
        if let Some((name, version)) = model.coordinates() {
            let version = version.as_deref().unwrap_or("?");
            let made = format!("maven {name} {version} {}", model.top());
            out.attribute(&project, key::PROVIDES, made, file.whole());
        }
        let mut reader = Reader {
            model: &model,
            asking: Asking { file, project: &project, list: None, is_elsewhere: false },
            managed: BTreeMap::new(),
            condition: None,
            properties: BTreeMap::new(),
            open: Vec::new(),
        };
        reader.parent(input, out);
        reader.holder(model.pom(), out);
        reader.inherited(out);
        for profile in model.pom().group("profiles").into_iter().flat_map(|all| all.all_groups("profile")) {
            reader.profile(profile, out);
        }
        reader.say_open(out);
        Ok(())
    }
}

struct Reader<'a> {
    model: &'a Model,
    asking: Asking<'a>,
    /// What the profile being read manages.
    managed: BTreeMap<String, Managed>,
    /// Its condition and its properties.
    condition: Option<String>,
    properties: BTreeMap<&'a str, &'a Element>,
    /// Dependencies whose version stands nowhere in the tree.
    open: Vec<(String, Span)>,
}

impl<'a> Reader<'a> {
    /// A parent outside of the tree is fetched to build; one of the tree gives what it lists to its children.
    fn parent(&self, input: &Input<'_>, out: &mut Facts<'_>) {
        let Some(parent) = self.model.pom().child("parent") else { return };
        let Some(artifact) = parent.child("artifactId") else { return };
        match self.model.parent() {
            Some(folder) => {
                let seen = self.asking.file.at(artifact.span);
                toolkit::uses_project(self.asking.project, &folder, input, &seen, out);
            }
            None => {
                self.entry(parent, artifact, None, scope::BUILD, out);
            }
        }
    }

    fn profile(&mut self, profile: &'a Element, out: &mut Facts<'_>) {
        self.condition = Some(format!("profile {}", profile.child_text("id").unwrap_or("default")));
        let properties = profile.group("properties").map_or(&[][..], |all| all.children());
        self.properties = properties.iter().map(|one| (&*one.name, one)).collect();
        let mut boms = Vec::new();
        self.model.manage(profile, self.model.file(), &mut self.managed, &mut boms);
        self.holder(profile, out);
        self.managed.clear();
        self.condition = None;
        self.properties.clear();
    }

    /// The project itself, or one of its profiles.
    fn holder(&mut self, holder: &'a Element, out: &mut Facts<'_>) {
        self.dependencies(holder, None, out);
        let listed = holder.group("dependencyManagement").and_then(|all| all.group("dependencies"));
        for bom in listed.into_iter().flat_map(|all| all.all("dependency")) {
            if bom.child_text("scope") == Some("import")
                && let Some(artifact) = bom.child("artifactId")
            {
                self.entry(bom, artifact, None, scope::BUILD, out);
            }
        }
        for section in ["build", "reporting"] {
            let Some(section) = holder.group(section) else { continue };
            for plugin in section.group("plugins").into_iter().flat_map(|all| all.all_groups("plugin")) {
                self.plugin(plugin, out);
            }
            self.asking.list = Some(list::PLUGINS);
            for extension in section.group("extensions").into_iter().flat_map(|all| all.all("extension")) {
                self.named(extension, None, scope::BUILD, out);
            }
            self.asking.list = None;
        }
        let holder = Holder {
            file: self.model.file(),
            is_own: true,
            profile: self.condition.is_some().then_some(holder),
            holder,
        };
        self.repositories(holder, out);
    }

    /// A child inherits the repositories of its parents, wherever those lie, and of their profiles; a pom below without that
    /// parent does not.
    fn inherited(&self, out: &mut Facts<'_>) {
        for (file, pom) in self.model.parents() {
            self.repositories(Holder { file, is_own: false, profile: None, holder: pom }, out);
            for profile in pom.group("profiles").into_iter().flat_map(|all| all.all_groups("profile")) {
                self.repositories(Holder { file, is_own: false, profile: Some(profile), holder: profile }, out);
            }
        }
    }

    fn dependencies(&mut self, holder: &'a Element, fixed: Option<&'static str>, out: &mut Facts<'_>) {
        for dependency in holder.group("dependencies").into_iter().flat_map(|all| all.all("dependency")) {
            let key = self.model.key_of(dependency);
            let managed = key.as_deref().and_then(|key| {
                self.managed.get(key).or_else(|| self.model.dependency(key)).filter(|_| fixed.is_none()).cloned()
            });
            let stated = dependency.child_text("scope").or_else(|| managed.as_ref()?.scope.as_deref());
            let optional = dependency.child_text("optional").map_or_else(
                || managed.as_ref().is_some_and(|managed| managed.optional),
                |text| text.eq_ignore_ascii_case("true"),
            );
            let scope = fixed.unwrap_or(match stated.unwrap_or("compile") {
                "test" => scope::TEST,
                "provided" | "system" | "import" => scope::BUILD,
                _ if optional => scope::OPTIONAL,
                _ => scope::RUNTIME,
            });
            self.named(dependency, managed.as_ref(), scope, out);
        }
    }

    /// Plugins and what they depend on come from repositories of plugins.
    fn plugin(&mut self, plugin: &'a Element, out: &mut Facts<'_>) {
        self.asking.list = Some(list::PLUGINS);
        // of a plugin that breaks off nothing is known but what it had asked for by then
        if !plugin.is_cut() {
            let name = self.model.name_of(plugin, Some(MAVEN_PLUGINS));
            let managed = name.as_deref().and_then(|name| self.model.plugin(name));
            self.named(plugin, managed, scope::BUILD, out);
        }
        self.dependencies(plugin, Some(scope::BUILD), out);
        self.asking.list = None;
    }

    /// An entry that must name an artifact.
    fn named(&mut self, entry: &'a Element, managed: Option<&Managed>, scope: &'static str, out: &mut Facts<'_>) {
        let Some(artifact) = entry.child("artifactId").filter(|artifact| !artifact.text().is_empty()) else {
            let message = format!("`<{}>` without `<artifactId>`", entry.name);
            out.problem(DiagnosticKind::Malformed, self.asking.file, Some(entry.span), message);
            return;
        };
        if let Some(open) = self.entry(entry, artifact, managed, scope, out) {
            self.open.push((open, artifact.span));
        }
    }

    /// Writes one entry; gives its name when no pom of the tree states its version.
    fn entry(
        &self,
        entry: &Element,
        artifact: &Element,
        managed: Option<&Managed>,
        scope: &'static str,
        out: &mut Facts<'_>,
    ) -> Option<String> {
        let file = self.asking.file;
        let plugin_group = Some(MAVEN_PLUGINS).filter(|_| &*entry.name == "plugin");
        let Some(group) = entry.child_text("groupId").or(plugin_group) else {
            let message = format!("`{}` has no `<groupId>`", artifact.text());
            out.problem(DiagnosticKind::Malformed, file, Some(entry.span), message);
            return None;
        };
        let fill = |text: &str, places: &mut Vec<Place>| self.model.fill_with(text, &self.properties, places);
        let none = &mut Vec::new();
        let (group, name) = match (fill(group, none), fill(artifact.text(), none)) {
            (Ok(group), Ok(name)) => (group, name),
            (Err(Unknown(property)), _) | (_, Err(Unknown(property))) => {
                let message = format!("the name depends on {property}");
                out.problem(DiagnosticKind::Unresolved, file, Some(artifact.span), message);
                return None;
            }
        };
        let name = format!("{group}:{name}");
        let stated_scope = entry.child_text("scope").or_else(|| managed?.scope.as_deref());
        let managed = managed.filter(|managed| managed.version.is_some() && entry.child_text("version").is_none());
        let stated = entry.child_text("version").or_else(|| managed?.version.as_deref());
        let mut places = managed.map_or_else(Vec::new, |managed| managed.places.clone());
        let version = match stated.map(|text| fill(text, &mut places)) {
            None => String::new(),
            Some(Ok(version)) => version,
            Some(Err(Unknown(property))) => {
                let message = format!("the version of `{name}` depends on {property}");
                out.problem(DiagnosticKind::Unresolved, file, Some(artifact.span), message);
                stated.unwrap_or("").to_owned()
            }
        };
        // a file of the machine that builds: no registry is asked for it
        let ask = if stated_scope == Some("system") { Asking::need } else { Asking::ask };
        let id = ask(&self.asking, &name, &version, scope, artifact.span, out);
        Asking::stated_at(&id, &version, &places, out);
        if let Some(condition) = &self.condition {
            out.attribute(&id, key::CONDITION, condition, file.at(artifact.span));
        }
        stated.is_none().then_some(name)
    }

    /// The repositories of this pom or of a parent's: they hold for this pom alone.
    fn repositories(&self, holder: Holder<'_>, out: &mut Facts<'_>) {
        let mut all = repositories(holder.holder).peekable();
        if all.peek().is_none() {
            return;
        }
        let properties = holder.profile.and_then(|profile| profile.group("properties"));
        let properties = properties.map_or(&[][..], |all| all.children());
        let properties = properties.iter().map(|one| (&*one.name, one)).collect();
        all.for_each(|repository| self.repository(repository, holder, &properties, out));
    }

    /// What is wrong with a repository of a parent's is said there.
    fn repository(
        &self,
        repository: &Element,
        holder: Holder<'_>,
        properties: &BTreeMap<&str, &Element>,
        out: &mut Facts<'_>,
    ) {
        let file = holder.file;
        let mut problem = |kind, span, message: &str| {
            if holder.is_own {
                out.problem(kind, file, Some(span), message);
            }
        };
        let Some(url) = repository.child("url") else {
            return problem(DiagnosticKind::Malformed, repository.span, "a repository without `<url>`");
        };
        match self.model.fill_with(url.text(), properties, &mut Vec::new()) {
            Ok(address) => {
                let asking = Asking { file, ..self.asking };
                let stated = Stated { repository, address: &address, span: url.span, is_sure: holder.is_sure() };
                setting(stated, asking, Of::File(self.asking.file.path()), out);
            }
            Err(Unknown(property)) => {
                let message = format!("the repository's address depends on {property}");
                problem(DiagnosticKind::Unresolved, url.span, &message);
            }
        }
    }

    /// One sentence for all versions that come from elsewhere: a parent outside of the tree manages dozens.
    fn say_open(&self, out: &mut Facts<'_>) {
        let Some((first, span)) = self.open.first() else { return };
        let more = match self.open.len() - 1 {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let outside = match self.model.outside() {
            [] => String::new(),
            all => format!("; outside of it are {}", all.join(", ")),
        };
        let message = format!("no pom of the tree states the version of `{first}`{more}{outside}");
        out.problem(DiagnosticKind::Unresolved, self.asking.file, Some(*span), message);
    }
}

/// A pom or a profile of one.
#[derive(Clone, Copy)]
struct Holder<'a> {
    file: &'a SourceFile,
    /// Of the pom at hand, and not of a parent's.
    is_own: bool,
    profile: Option<&'a Element>,
    holder: &'a Element,
}

impl Holder<'_> {
    /// True for what is read unless somebody says otherwise: a profile counts where it is active by itself.
    fn is_sure(&self) -> bool {
        self.profile.is_none_or(|profile| {
            let by_default =
                profile.group("activation").and_then(|activation| activation.child_text("activeByDefault"));
            by_default.is_some_and(|text| text.trim() == "true")
        })
    }
}

/// A repository as a file states it.
#[derive(Clone, Copy)]
pub(super) struct Stated<'a> {
    pub(super) repository: &'a Element,
    pub(super) address: &'a str,
    pub(super) span: Span,
    /// It is asked in every run.
    pub(super) is_sure: bool,
}

/// Lists of repositories and what they hold.
const REPOSITORIES: [(&str, &str); 2] = [("repositories", "repository"), ("pluginRepositories", "pluginRepository")];

/// The repositories of a pom or profile, those of plugins among them.
pub(super) fn repositories(holder: &Element) -> impl Iterator<Item = &Element> {
    REPOSITORIES.iter().flat_map(|(all, item)| holder.group(all).into_iter().flat_map(|all| all.all(item)))
}

/// A repository that is asked beside the central one, or, under its id, instead of it where it is asked in every run; `of` is
/// the only file whose packages it is for. Mirrors know it by its id.
pub(super) fn setting(stated: Stated<'_>, asking: Asking<'_>, of: Of<'_>, out: &mut Facts<'_>) {
    let Stated { repository, address, span, is_sure } = stated;
    let of_plugins = &*repository.name == "pluginRepository";
    let id = repository.child_text("id").unwrap_or("");
    let instead = id == "central" && is_sure;
    let standing = if instead { Standing::Instead } else { Standing::Beside };
    // the address may hold a password
    let seen = asking.file.at(span).without_excerpt();
    // a repository of snapshots alone gives no release
    let releases = repository.child("releases").and_then(|releases| releases.child_text("enabled"));
    if releases.is_some_and(|word| word.trim() == "false") {
        if let Some(host) = toolkit::host_of(address) {
            toolkit::registry_host(asking.project, &host, &seen, out);
        }
        return;
    }
    let ecosystem = if of_plugins { list::PLUGINS } else { list::OF_MAVEN[0] };
    Registry { ecosystem, names: "*", standing, id, of }.write(asking.project, address, &seen, out);
}
