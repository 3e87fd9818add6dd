//! A bill of materials as facts.

use std::collections::BTreeMap;

use super::bom::{Bom, Edge, Part, Said, Sort, What};
use super::made_by::{origin, vendor_site};
use super::parts::{self, Hubbed};
use crate::diagnostic::DiagnosticKind;
use crate::model::purl::{self, Purl};
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::cloud::api::{calls_service, region_in_host};
use crate::scan::hardware::machine::Machine;
use crate::scan::image::reference::write_image;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Seen, SourceFile};
use crate::text::RelPath;

/// Kinds that components of a bill of materials may be.
pub(super) const EMITS: &[ComponentKind] = &[
    ComponentKind::Project,
    ComponentKind::Package,
    ComponentKind::Image,
    ComponentKind::Service,
    ComponentKind::Accelerator,
    ComponentKind::Model,
    ComponentKind::Dataset,
    ComponentKind::Host,
    ComponentKind::Cluster,
    ComponentKind::Device,
];

/// What became of a part.
pub(super) enum Written {
    /// What the document is about, or a list of it.
    Subject,
    /// No component.
    Nothing,
    /// A component.
    Is(ComponentId, ComponentKind),
}

/// What the part that a document is about is to the subject.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    /// The subject itself: what is our own has nobody to answer for it.
    Subject,
    /// Somebody's product, since a supplier is stated: it is told beside the subject, which needs what it needs.
    Beside,
    /// A part like any other: a model, or one more thing in an image.
    Part,
}

/// What every part is written with.
pub(super) struct Writer<'w, 'a> {
    pub(super) bom: &'w Bom<'a>,
    pub(super) input: &'w Input<'w>,
    pub(super) file: &'w SourceFile,
    /// What the parts hang under.
    pub(super) subject: ComponentId,
    /// The part that the document is about.
    root: Option<usize>,
    /// The subject is the image that the root part is.
    is_image: bool,
    /// The subject is the machine that the root part is.
    is_machine: bool,
}

/// Writes a document. What it is about is the image being scanned, or the image or the machine that it names as its subject,
/// or the project of the file's folder.
pub(super) fn write(bom: &Bom<'_>, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let index = index(bom, file, out);
    let root = bom.root.or_else(|| {
        let mut described = bom.described.iter().filter_map(|said| index.get(said.text).copied());
        let first = described.next()?;
        described.all(|other| other == first).then_some(first)
    });
    let image = root.filter(|at| input.subject.is_none() && bom.parts[*at].sort == Sort::Image);
    let is_machine = input.subject.is_none() && root.is_some_and(|at| bom.parts[at].sort == Sort::Device);
    let (subject, is_image) = (ComponentId::new(""), image.is_some());
    let mut writer = Writer { bom, input, file, subject, root, is_image, is_machine };
    writer.subject = match image {
        Some(at) => {
            let stated = writer.purl(&bom.parts[at], out);
            writer.image(&bom.parts[at], stated.as_ref(), out)
        }
        None if is_machine => {
            let mut machine = Machine::of_capture(file, input.catalog);
            machine.exists(out);
            machine.id
        }
        None => toolkit::root(input, file, out),
    };
    let written: Vec<Written> = (0..bom.parts.len()).map(|at| writer.part(at, out)).collect();
    writer.count(&written, out);
    for (part, written_as) in bom.parts.iter().zip(&written) {
        writer.inside(part, written_as, &written, out);
    }
    for said in bom.described.iter().filter(|_| bom.root.is_none()) {
        let Some(at) = writer.find(*said, &index, out) else { continue };
        if let Written::Is(id, ComponentKind::Package) = &written[at] {
            toolkit::direct(&writer.subject, id, &file.at(said.span), out);
        }
    }
    for edge in &bom.edges {
        let ends = (writer.find(edge.from, &index, out), writer.find(edge.to, &index, out));
        if let (Some(from), Some(to)) = ends {
            writer.edge(edge, &written[from], &written[to], out);
        }
    }
}

/// Parts by what relations call them.
fn index<'a>(bom: &Bom<'a>, file: &SourceFile, out: &mut Facts<'_>) -> BTreeMap<&'a str, usize> {
    let mut index = BTreeMap::new();
    for (at, part) in bom.parts.iter().enumerate() {
        let Some(said) = part.reference else { continue };
        if index.contains_key(said.text) {
            let message = format!("`{}` names two parts of this document; relations mean the first one", said.text);
            out.problem(DiagnosticKind::Malformed, file, Some(said.span), message);
        } else {
            index.insert(said.text, at);
        }
    }
    index
}

impl Writer<'_, '_> {
    /// The part that a reference means.
    fn find(&self, said: Said<'_>, index: &BTreeMap<&str, usize>, out: &mut Facts<'_>) -> Option<usize> {
        let found = index.get(said.text).copied();
        if found.is_none() {
            let (kind, message) = if parts::is_outside(said.text) {
                (DiagnosticKind::Unresolved, format!("`{}` lies in another document", said.text))
            } else {
                (DiagnosticKind::Malformed, format!("`{}` is named here and is no part of this document", said.text))
            };
            out.problem(kind, self.file, Some(said.span), message);
        }
        found
    }

    /// The purl that a part states; what is wrong with it is told.
    fn purl(&self, part: &Part<'_>, out: &mut Facts<'_>) -> Option<Purl> {
        let said = part.purl?;
        let (found, wrong) = match purl::parse(said.text) {
            Ok(found) => {
                let fault = found.fault.clone();
                (Some(found), fault)
            }
            Err(wrong) => (None, Some(wrong)),
        };
        if let Some(wrong) = wrong {
            let message = format!("`{}` is no sound package URL: {wrong}", said.text);
            out.problem(DiagnosticKind::Malformed, self.file, Some(said.span), message);
        }
        found
    }

    fn part(&self, at: usize, out: &mut Facts<'_>) -> Written {
        let part = &self.bom.parts[at];
        let is_root = self.root == Some(at);
        if is_root && self.is_image {
            return Written::Subject;
        }
        if is_root && self.is_machine {
            self.device(part, "system", out);
            return Written::Subject;
        }
        match part.sort {
            Sort::Inner => return if is_root { Written::Subject } else { Written::Nothing },
            Sort::List | Sort::Running => return Written::Subject,
            Sort::Project => return self.project(part, out),
            _ => {}
        }
        if part.sort == Sort::System {
            self.distribution(part, out);
        }
        let is_supplied = part.has_vendor();
        let root = is_root.then(|| self.root(part, is_supplied));
        if root == Some(Root::Subject) {
            return Written::Subject;
        }
        if part.sort == Sort::System && part.purl.is_none() && !is_supplied {
            return Written::Nothing;
        }
        let stated = self.purl(part, out);
        if part.name.is_none() && stated.is_none() {
            return Written::Nothing;
        }
        let (id, kind) = self.component(part, stated.as_ref(), out);
        if is_root {
            toolkit::direct(&self.subject, &id, &self.file.at(part.span), out);
        }
        if root == Some(Root::Beside) { Written::Subject } else { Written::Is(id, kind) }
    }

    /// What the part that the document is about is to the subject.
    fn root(&self, part: &Part<'_>, is_supplied: bool) -> Root {
        let in_image = self.input.subject.is_some();
        match part.sort {
            Sort::Model | Sort::Dataset => Root::Part,
            Sort::Image if in_image => Root::Subject,
            _ if in_image && (is_supplied || part.purl.is_some()) => Root::Part,
            _ if is_supplied => Root::Beside,
            _ => Root::Subject,
        }
    }

    fn component(&self, part: &Part<'_>, stated: Option<&Purl>, out: &mut Facts<'_>) -> (ComponentId, ComponentKind) {
        let seen = self.file.at(part.span);
        let kind_of_purl = stated.map(|purl| purl.kind.as_str());
        if part.sort == Sort::Image || matches!(kind_of_purl, Some("oci" | "docker")) {
            let id = self.image(part, stated, out);
            out.relation(&self.subject, RelationKind::Contains, &id, seen);
            return (id, ComponentKind::Image);
        }
        match part.sort {
            Sort::Dataset => {
                let found = parts::dataset(part, stated);
                (self.hubbed(part, &found, ComponentKind::Dataset, stated, out), ComponentKind::Dataset)
            }
            Sort::Service => (self.service(part, &seen, out), ComponentKind::Service),
            _ if part.sort == Sort::Model || matches!(kind_of_purl, Some("huggingface" | "mlflow")) => {
                let found = parts::model(part, stated);
                (self.hubbed(part, &found, ComponentKind::Model, stated, out), ComponentKind::Model)
            }
            Sort::Device => match parts::accelerator(part, self.input.catalog) {
                Some(id) => {
                    out.component(&id, ComponentKind::Accelerator, seen.clone());
                    for candidate in parts::candidates(&id, part, self.input.catalog) {
                        out.attribute(&id, key::CANDIDATE, candidate, seen.clone());
                    }
                    if let Some(name) = part.name {
                        out.attribute(&id, key::DEVICE_NAME, name.text, self.file.at(name.span));
                    }
                    out.relation(&self.subject, RelationKind::RunsOn, &id, seen);
                    self.details(&id, part, out);
                    (id, ComponentKind::Accelerator)
                }
                None if self.is_machine && stated.is_none() => match self.device(part, "part", out) {
                    Some(id) => (id, ComponentKind::Device),
                    None => (self.package(part, stated, "device", out), ComponentKind::Package),
                },
                None => (self.package(part, stated, "device", out), ComponentKind::Package),
            },
            _ => (self.package(part, stated, "generic", out), ComponentKind::Package),
        }
    }

    fn package(&self, part: &Part<'_>, stated: Option<&Purl>, usual: &str, out: &mut Facts<'_>) -> ComponentId {
        let version = parts::exact(part.version);
        let seen = self.file.at(part.span);
        let id = match stated {
            Some(stated) => {
                let mut full = stated.clone();
                full.version = full.version.or_else(|| version.map(|said| said.text.to_owned()));
                let name = full.full_name();
                let entry = Package::new(&full.kind, &name, full.version.as_deref(), self.file, part.span);
                let id = entry.write_as(full.id(), &self.subject, out);
                origin(&id, &full, part, &seen, out);
                id
            }
            None => {
                let name = part.name.map_or("", |said| said.text);
                let version = version.map(|said| said.text);
                let entry = Package::new(usual, name, version, self.file, part.span);
                let id = entry.write_as(parts::generic(part, version), &self.subject, out);
                if let Some(cpe) = part.cpe {
                    out.attribute(&id, key::CPE, cpe.text, self.file.at(cpe.span));
                }
                id
            }
        };
        if let (Some(range), None) = (part.version, version) {
            out.attribute(&id, key::REQUIREMENT, range.text, self.file.at(range.span));
        }
        if let Some(scope) = part.scope {
            out.attribute(&id, key::SCOPE, scope, seen);
        }
        self.details(&id, part, out);
        id
    }

    fn image(&self, part: &Part<'_>, stated: Option<&Purl>, out: &mut Facts<'_>) -> ComponentId {
        let seen = self.file.at(part.span);
        let digest = parts::digest(part, stated);
        let id = match parts::image(part, stated) {
            Some(reference) => write_image(&reference, &seen, out),
            None => {
                let version = part.version.map(|said| said.text);
                let id = stated.map_or_else(|| parts::generic(part, version), Purl::id);
                out.component(&id, ComponentKind::Image, seen.clone());
                out.attribute(
                    &id,
                    key::NAME,
                    stated.map_or_else(|| parts::grouped(part), Purl::full_name),
                    seen.clone(),
                );
                if let Some(version) = digest.as_deref().or(version) {
                    out.attribute(&id, key::VERSION, version, seen.clone());
                }
                if digest.is_some() {
                    out.attribute(&id, key::PINNED, "digest", seen.clone());
                }
                id
            }
        };
        if let Some(digest) = digest {
            out.attribute(&id, key::INTEGRITY, digest, seen);
        }
        self.details(&id, part, out);
        id
    }

    /// A model or data set.
    fn hubbed(
        &self,
        part: &Part<'_>,
        found: &Hubbed,
        kind: ComponentKind,
        stated: Option<&Purl>,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        let seen = self.file.at(part.span);
        let id = &found.id;
        out.component(id, kind, seen.clone());
        out.attribute(id, key::NAME, &found.name, seen.clone());
        if let Some(organisation) = &found.organisation {
            out.attribute(id, key::IDENTITY, format!("huggingface:{organisation}"), seen.clone());
            toolkit::distributed_by(id, "huggingface.co", &seen.clone().inferred(), out);
        }
        if let Some(revision) = stated.and_then(|stated| stated.version.as_ref()) {
            out.attribute(id, key::REVISION, revision, seen.clone());
        }
        if let Some(version) = part.version {
            out.attribute(id, key::VERSION, version.text, self.file.at(version.span));
        }
        out.relation(&self.subject, RelationKind::Contains, id, seen);
        self.details(id, part, out);
        id.clone()
    }

    fn service(&self, part: &Part<'_>, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
        let name = parts::grouped(part);
        let id = ComponentId::resource(&self.file.folder(), &format!("service.{name}"));
        out.component(&id, ComponentKind::Service, seen.clone());
        out.attribute(&id, key::NAME, part.name.map_or(&*name, |said| said.text), seen.clone());
        if let Some(version) = part.version {
            out.attribute(&id, key::VERSION, version.text, self.file.at(version.span));
        }
        for endpoint in part.details.iter().filter(|detail| detail.what == What::Endpoint) {
            let seen = self.file.at(endpoint.span);
            out.attribute(&id, key::ENDPOINT, toolkit::without_secrets(&endpoint.text), seen.clone());
            let Some(host) = toolkit::host_of(&endpoint.text) else { continue };
            if let Some(service) = self.input.catalog.service_by_host(&host) {
                let api = calls_service(&id, service, &seen.clone().inferred(), out);
                if let Some(region) = region_in_host(&host, service, self.input.catalog) {
                    out.attribute(&api, key::REGION, region, seen.clone().inferred());
                }
            }
            out.attribute(&id, key::IDENTITY, format!("operator-host:{host}"), seen.clone());
            let host = ComponentId::host(&host);
            out.component(&host, ComponentKind::Host, seen.clone());
            out.relation(&id, RelationKind::Calls, &host, seen);
        }
        if part.within.is_none() {
            out.relation(&self.subject, RelationKind::Calls, &id, seen.clone());
        }
        self.details(&id, part, out);
        id
    }

    /// The operating system that the subject holds.
    fn distribution(&self, part: &Part<'_>, out: &mut Facts<'_>) {
        for (said, key) in [(part.name, key::DISTRIBUTION), (part.version, key::DISTRIBUTION_VERSION)] {
            if let Some(said) = said {
                let text = if key == key::DISTRIBUTION { said.text.to_ascii_lowercase() } else { said.text.to_owned() };
                out.attribute(&self.subject, key, text, self.file.at(said.span));
            }
        }
    }

    fn details(&self, id: &ComponentId, part: &Part<'_>, out: &mut Facts<'_>) {
        for detail in &part.details {
            let seen = self.file.at(detail.span);
            let text = &*detail.text;
            match detail.what {
                What::Vendor | What::Maker | What::Author => {
                    let key = if detail.what == What::Author { key::AUTHOR } else { key::VENDOR };
                    out.attribute(id, key, text, seen.clone());
                    toolkit::mail(id, text, &seen, out);
                }
                What::Mail => toolkit::mail(id, text, &seen, out),
                What::VendorSite => vendor_site(id, text, &seen, out),
                What::Site => toolkit::repository_owner_of(id, text, &seen, out),
                What::Repository => toolkit::repository(id, text, &seen, out),
                // the index of a registry, as Cargo writes it, lies at an account that publishes none of its packages
                What::Download if text.starts_with("registry+") || text.starts_with("sparse+") => {}
                What::Download => {
                    toolkit::fetched_from(id, text, &seen, out);
                    toolkit::repository_owner_of(id, text, &seen, out);
                }
                What::Hash => out.attribute(id, key::INTEGRITY, text, seen),
                What::Licence => out.attribute(id, key::LICENSE, text, seen),
                What::Occurrence => out.attribute(id, key::OCCURRENCE, text, seen),
                What::Flow => out.attribute(id, key::DATA_FLOW, text, seen),
                What::Count => out.attribute(id, key::COUNT, text, seen),
                What::Requirement => out.attribute(id, key::REQUIREMENT, text, seen),
                What::PciId => {
                    let vendor = text.split(':').next().unwrap_or(text);
                    out.attribute(id, key::IDENTITY, format!("pci-vendor:{vendor}"), seen);
                }
                What::Host => self.host(id, text, &seen, out),
                What::Project => {
                    if let Some(project) = project_at(text, &seen, out) {
                        out.relation(&project, RelationKind::DependsOn, id, seen);
                    }
                }
                What::Endpoint => {}
            }
        }
    }

    /// A project that a bill of ours lists by its folder.
    fn project(&self, part: &Part<'_>, out: &mut Facts<'_>) -> Written {
        let found = part.name.and_then(|name| project_at(name.text, &self.file.at(name.span), out));
        let Some(id) = found else { return Written::Nothing };
        for detail in part.details.iter().filter(|detail| detail.what == What::Host) {
            self.host(&id, &detail.text, &self.file.at(detail.span), out);
        }
        Written::Is(id, ComponentKind::Project)
    }

    /// A host that our own bills say something is fetched from.
    fn host(&self, id: &ComponentId, name: &str, seen: &Seen, out: &mut Facts<'_>) {
        if let Some(host) = toolkit::host_of(&format!("https://{name}")).filter(|host| host == name) {
            toolkit::distributed_by(id, &host, seen, out);
        }
    }

    /// A part that stands inside of another one.
    fn inside(&self, part: &Part<'_>, written_as: &Written, all: &[Written], out: &mut Facts<'_>) {
        let (Some((above, kind)), Written::Is(id, of)) = (part.within, written_as) else { return };
        if *of == ComponentKind::Project {
            return;
        }
        let above = match &all[above] {
            Written::Is(above, _) => above,
            _ => &self.subject,
        };
        let kind = match (kind, *of) {
            (RelationKind::Contains, ComponentKind::Service) if above == &self.subject => RelationKind::Calls,
            (kind, _) => kind,
        };
        out.relation(above, kind, id, self.file.at(part.span));
    }

    fn edge(&self, edge: &Edge<'_>, from: &Written, to: &Written, out: &mut Facts<'_>) {
        let Written::Is(to, to_kind) = to else { return };
        // projects are what the document is about
        if *to_kind == ComponentKind::Project {
            return;
        }
        let seen = self.file.at(edge.span);
        let kind = match (edge.kind, *to_kind) {
            (RelationKind::DependsOn, ComponentKind::Service) => RelationKind::Calls,
            (RelationKind::DependsOn | RelationKind::Contains, ComponentKind::Accelerator) => RelationKind::RunsOn,
            (kind, _) => kind,
        };
        match from {
            Written::Nothing => return,
            Written::Subject if kind == RelationKind::DependsOn => toolkit::direct(&self.subject, to, &seen, out),
            Written::Subject => out.relation(&self.subject, kind, to, seen.clone()),
            Written::Is(from, _) => out.relation(from, kind, to, seen.clone()),
        }
        if let Some(scope) = edge.scope {
            out.attribute(to, key::SCOPE, scope, seen);
        }
    }
}

/// The project of a folder, which may be the root.
fn project_at(folder: &str, seen: &Seen, out: &mut Facts<'_>) -> Option<ComponentId> {
    let folder = if folder == "." { RelPath::root() } else { RelPath::new(folder)? };
    let project = ComponentId::project(&folder);
    out.component(&project, ComponentKind::Project, seen.clone());
    Some(project)
}
