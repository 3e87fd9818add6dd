//! What all forms of a bill of materials say, in one form: parts, their details, and relations between them.

use std::borrow::Cow;

use crate::model::RelationKind;
use crate::parse::Node;
use crate::text::{RelPath, Span};

/// A text with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
}

impl<'a> Said<'a> {
    /// The text of a node; SPDX's words for "not said" count as nothing.
    pub(super) fn of(node: &'a Node) -> Option<Self> {
        let text = node.text()?.trim();
        (!matches!(text, "" | "NOASSERTION" | "NONE")).then_some(Self { text, span: node.span })
    }

    /// The text under a key.
    pub(super) fn at(node: &'a Node, key: &str) -> Option<Self> {
        Self::of(node.get(key)?)
    }
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Libraries, applications, frameworks, firmware, drivers.
    Software,
    /// A container image.
    Image,
    /// A machine-learning model.
    Model,
    /// A data set.
    Dataset,
    /// Hardware.
    Device,
    /// An operating system as a whole.
    System,
    /// A service that is called.
    Service,
    /// The document itself, or a lock file that it names: what it needs, the subject needs.
    List,
    /// A project, as our own bills say it.
    Project,
    /// A workload or a delivery, as our own bills say it: no component, what it needs, the subject needs.
    Running,
    /// Files, keys and algorithms: no components.
    Inner,
}

/// What a detail says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Organisation that supplies, makes or publishes it.
    Vendor,
    /// Organisation that made it, where nobody is said to supply it.
    Maker,
    /// Who wrote it.
    Author,
    /// Mail address of a vendor or author.
    Mail,
    /// Page of a vendor.
    VendorSite,
    /// Page of the part.
    Site,
    /// Address of its repository.
    Repository,
    /// Address it is fetched from.
    Download,
    /// `sha256:…`.
    Hash,
    /// Licence.
    Licence,
    /// Where it was found.
    Occurrence,
    /// Address of a service.
    Endpoint,
    /// Data that flows.
    Flow,
    /// How many.
    Count,
    /// `vendor:device` of a PCI device.
    PciId,
    /// Range of versions.
    Requirement,
    /// Folder of a project that needs it, as our own bills say it.
    Project,
    /// Host that it is fetched from, as our own bills say it.
    Host,
}

/// One thing said of a part.
#[derive(Clone, Debug)]
pub(super) struct Detail<'a> {
    pub(super) what: What,
    pub(super) text: Cow<'a, str>,
    pub(super) span: Span,
}

/// A component or service of the document.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// The words that name it.
    pub(super) span: Span,
    /// What relations call it.
    pub(super) reference: Option<Said<'a>>,
    pub(super) sort: Sort,
    pub(super) group: Option<Said<'a>>,
    pub(super) name: Option<Said<'a>>,
    pub(super) version: Option<Said<'a>>,
    pub(super) purl: Option<Said<'a>>,
    pub(super) cpe: Option<Said<'a>>,
    pub(super) scope: Option<&'static str>,
    /// The part that it belongs to, and how that one stands to it.
    pub(super) within: Option<(usize, RelationKind)>,
    pub(super) details: Vec<Detail<'a>>,
    /// A bill of ours calls it a project.
    is_project: bool,
    /// A bill of ours calls it a workload or a delivery: what they are stands in files that are not there.
    is_running: bool,
}

impl<'a> Part<'a> {
    /// A part of which nothing is known but its place.
    pub(super) fn new(sort: Sort, span: Span) -> Self {
        Self {
            span,
            reference: None,
            sort,
            group: None,
            name: None,
            version: None,
            purl: None,
            cpe: None,
            scope: None,
            within: None,
            details: Vec::new(),
            is_project: false,
            is_running: false,
        }
    }

    /// Adds a detail.
    pub(super) fn say(&mut self, what: What, said: Option<Said<'a>>) {
        self.details.extend(said.map(|said| Detail { what, text: Cow::Borrowed(said.text), span: said.span }));
    }

    /// Adds a detail with a text of our own making.
    pub(super) fn say_text(&mut self, what: What, text: impl Into<Cow<'a, str>>, span: Span) {
        self.details.push(Detail { what, text: text.into(), span });
    }

    /// True when somebody is said to supply it.
    pub(super) fn has_vendor(&self) -> bool {
        self.details.iter().any(|detail| detail.what == What::Vendor)
    }

    /// Adds what only our own bills say, below `sovaudit:`.
    pub(super) fn say_own(&mut self, name: &str, said: Option<Said<'a>>) {
        match name {
            "sovaudit:kind" if said.is_some_and(|said| said.text == "project") => self.is_project = true,
            "sovaudit:kind" if said.is_some_and(|said| matches!(said.text, "workload" | "delivery")) => {
                self.is_running = true;
            }
            "sovaudit:project" => self.say(What::Project, said),
            "sovaudit:distributed-by" => self.say(What::Host, said),
            _ => {}
        }
    }

    /// Adds a hash; algorithms are written as `sha256`.
    pub(super) fn hash(&mut self, algorithm: Option<Said<'a>>, value: Option<Said<'a>>) {
        if let (Some(algorithm), Some(value)) = (algorithm, value) {
            let name = algorithm.text.to_ascii_lowercase().replace("sha-", "sha");
            self.say_text(What::Hash, format!("{name}:{}", value.text), value.span);
        }
    }

    /// Finds the words that name it best; what it is may be said after its kind.
    pub(super) fn settle(&mut self) {
        let is_folder = |name: &str| name == "." || RelPath::new(name).is_some_and(|folder| folder.as_str() == name);
        let is_named = self.name.is_some_and(|name| is_folder(name.text));
        if self.is_project && is_named && self.sort == Sort::Software && self.purl.is_none() {
            self.sort = Sort::Project;
        } else if self.is_running && self.sort == Sort::Software && self.purl.is_none() {
            self.sort = Sort::Running;
        }
        if let Some(best) = self.purl.or(self.name).or(self.reference) {
            self.span = best.span;
        }
    }
}

/// A relation, as references.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge<'a> {
    pub(super) from: Said<'a>,
    pub(super) kind: RelationKind,
    pub(super) to: Said<'a>,
    /// What the far end is needed for, where the relation says.
    pub(super) scope: Option<&'static str>,
    /// The end whose place is the relation's evidence.
    pub(super) span: Span,
}

/// A bill of materials.
#[derive(Clone, Debug, Default)]
pub(super) struct Bom<'a> {
    pub(super) parts: Vec<Part<'a>>,
    pub(super) edges: Vec<Edge<'a>>,
    /// The part that the document is about.
    pub(super) root: Option<usize>,
    /// References to what the document is about.
    pub(super) described: Vec<Said<'a>>,
}
