//! Where versions stand that manifests take from another place: central versions, properties, catalogs, constraints.

use std::sync::Arc;

use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, key};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// Places that one version is told with: its entry, and the properties that it is made of.
pub(crate) const MOST_PLACES: usize = 4;

/// Says which entries of a file of central versions nobody uses, in how the users are called: they are not counted.
pub(crate) fn tell_unused(mut unused: Vec<(&str, Span)>, user: &str, file: &SourceFile, out: &mut Facts<'_>) {
    const SHOWN: usize = 8;
    unused.sort_by_key(|(_, span)| *span);
    let Some((_, first)) = unused.first() else { return };
    let mut names: Vec<String> = unused.iter().take(SHOWN).map(|(name, _)| format!("`{name}`")).collect();
    if unused.len() > SHOWN {
        names.push(format!("and {} more", unused.len() - SHOWN));
    }
    let (count, entries) = (unused.len(), if unused.len() == 1 { "entry is" } else { "entries are" });
    let message = format!("{count} {entries} used by no {user} and not counted: {}", names.join(", "));
    out.problem(DiagnosticKind::Unresolved, file, Some(*first), message);
}

/// A place in a file that was read.
#[derive(Clone)]
pub(crate) struct Place {
    file: Arc<SourceFile>,
    span: Span,
}

impl Place {
    /// A place; the file stays open as long as it is known.
    pub(crate) fn new(file: &Arc<SourceFile>, span: Span) -> Self {
        Self { file: Arc::clone(file), span }
    }
}

/// Writes at which places a version stands that was asked for in another one. Nothing there says that the package is
/// asked for: [`crate::scan::reconcile`] tells both apart by that.
pub(crate) fn stated_at(id: &ComponentId, version: Option<&str>, text: &str, places: &[Place], out: &mut Facts<'_>) {
    // an entry without a version states none
    for place in places.iter().filter(|_| !text.is_empty()) {
        stated(id, version, text, &place.file.at(place.span), out);
    }
}

/// As [`stated_at`], for a place that was seen.
pub(crate) fn stated(id: &ComponentId, version: Option<&str>, text: &str, seen: &Seen, out: &mut Facts<'_>) {
    out.component(id, ComponentKind::Package, seen.clone());
    if let Some(version) = version {
        out.attribute(id, key::VERSION, version, seen.clone());
    }
    out.attribute(id, key::REQUIREMENT, text, seen.clone());
}
