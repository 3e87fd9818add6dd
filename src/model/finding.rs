//! Findings: a rule, a subject, the witness path, and where to look.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::{
    Citation, ComponentId, Confidence, CountryCode, Fingerprint, Horizon, RelationKind, Severity, Sighting, Validity,
    Verification,
};
use crate::text::{Region, RelPath};

/// A place inside the scanned tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// File below the target.
    pub path: RelPath,
    /// Lines and columns, where known.
    pub region: Option<Region>,
    /// A few words of the source, at most 200 bytes, one line, secrets masked.
    pub excerpt: Option<Arc<str>>,
    /// For images: digest of the layer that holds `path`.
    pub layer: Option<Arc<str>>,
}

/// `path:line:column`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        match self.region {
            Some(region) => write!(f, ":{}:{}", region.start.line, region.start.column),
            None => Ok(()),
        }
    }
}

impl Place {
    /// As displayed, with the layer where it lies in one.
    #[must_use]
    pub fn with_layer(&self) -> String {
        self.blob().map_or_else(|| self.to_string(), |blob| format!("{self} ({blob})"))
    }

    /// What of an image holds it, with its digest: a layer, or the configuration, manifest or document itself.
    #[must_use]
    pub fn blob(&self) -> Option<String> {
        let word = match self.path.as_str() {
            "image-config.json" => "configuration",
            "image-manifest.json" => "manifest",
            path if path.starts_with("image-attached-") => "document",
            _ => "layer",
        };
        self.layer.as_ref().map(|digest| format!("{word} {digest}"))
    }
}

/// One step of a witness path: how the next component is reached and what says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Relation from the component before to this one; `None` for the first.
    pub relation: Option<RelationKind>,
    /// The component.
    pub component: ComponentId,
    /// Name a person would use.
    pub label: Arc<str>,
    /// Where the step was seen in the target.
    pub place: Option<Place>,
    /// Which entry of the rule files says it, for cited steps.
    pub entry: Option<Arc<str>>,
    /// How well that entry is checked.
    pub verification: Option<Verification>,
}

/// One of the components that an aggregated finding speaks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The component.
    pub component: ComponentId,
    /// Name a person would use, where that is not its id, see [`Self::label`].
    pub name: Option<Arc<str>>,
    /// One sentence about it.
    pub sentence: Sentence,
    /// Where it was seen first.
    pub seen: Option<Sighting>,
}

/// What is said of a component. Of tens of thousands the same is said, with another name before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sentence {
    /// In words of its own.
    Whole(Arc<str>),
    /// What follows its name.
    Behind(Arc<str>),
}

impl Member {
    /// Name a person would use.
    #[must_use]
    pub fn label(&self) -> Cow<'_, str> {
        self.name.as_deref().map_or_else(|| self.component.readable(), Cow::Borrowed)
    }

    /// One sentence about it.
    #[must_use]
    pub fn message(&self) -> Cow<'_, str> {
        match &self.sentence {
            Sentence::Whole(text) => Cow::Borrowed(text),
            Sentence::Behind(words) => Cow::Owned(["`", &self.label(), "`", words].concat()),
        }
    }
}

/// An entry of a list that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedAs {
    /// The organisation of ours that the entry speaks of.
    pub about: Arc<str>,
    /// Its seat, where known.
    pub country: Option<CountryCode>,
    /// What names the entry for decisions: its number on the list, else the row of the rules.
    pub id: Arc<str>,
    /// What the subject is: `organisation`, `person`, …
    pub kind: Arc<str>,
    /// Identifiers of the subject that were looked at, `mail-domain:corp.example`.
    pub keys: Vec<String>,
    /// What the list means to us: `block`, `review`, `warn`.
    pub consequence: Arc<str>,
    /// The listed party as the list names it.
    pub party: Arc<str>,
    /// List id: `US-SDN`.
    pub list: Arc<str>,
    /// Entry number on the list, where known.
    pub entry: Option<Arc<str>>,
    /// Since when, and until when, as people read it.
    pub dates: String,
    /// Legal citation.
    pub citation: Option<Arc<str>>,
    /// SHA-256 of the entry, for decisions about it.
    pub digest: [u8; 32],
}

/// What to do about a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Remedy {
    /// One or two sentences.
    pub text: String,
    /// Named replacements, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
}

/// A judgement of a rule about a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Rule id: `managed-ai-lock-in`.
    pub rule: Arc<str>,
    /// Category for `--fail-on`: `sanctioned`, `export-control`, `lock-in`, …
    pub category: Arc<str>,
    /// Further words for `--fail-on` that mean it.
    pub words: Vec<Arc<str>>,
    /// True when nothing of somebody else brings it in: we ask for it ourselves.
    pub direct: bool,
    /// List entries it rests on.
    pub listed: Vec<ListedAs>,
    /// How bad, seen from the profile.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What it is about.
    pub subject: ComponentId,
    /// One sentence about this very case.
    pub message: String,
    /// When the loss would hurt, for findings about dependence.
    pub horizon: Option<Horizon>,
    /// Why: from a root of ours over the subject to the party, place or law. Never empty.
    pub witness: Vec<Step>,
    /// Where to look first; always in the scanned tree.
    pub primary: Place,
    /// Every component of an aggregated finding; empty for a finding about one.
    pub members: Vec<Member>,
    /// Components that were counted to come to it, where it is about what they have in common: one operator, one region.
    pub counted: Vec<Member>,
    /// Other places where the subject was seen.
    pub related: Vec<Place>,
    /// Law, list entry or document.
    pub citations: Vec<Citation>,
    /// When the law or listing holds.
    pub effective: Validity,
    /// The weakest mark among the facts the finding rests on.
    pub verification: Verification,
    /// What to do.
    pub remedy: Remedy,
    /// Stable identity.
    pub fingerprint: Fingerprint,
    /// False when the finding rests on facts too weak to fail a gate; the report says why.
    pub may_gate: bool,
    /// Notes a reader needs: one-source facts, overdue review, stayed law.
    pub notes: Vec<String>,
}
