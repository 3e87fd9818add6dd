//! Writing an image reference, the same from every file that can hold one.

use crate::diagnostic::DiagnosticKind;
use crate::model::purl::ImageReference;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// `user` needs the image that `text` names. A reference that is not complete (template, unknown
/// argument, a program that a tool builds an image of) is a diagnostic; nothing is guessed.
pub(crate) fn needs_image(
    user: &ComponentId,
    relation: RelationKind,
    text: &str,
    file: &SourceFile,
    span: Span,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    if let Some(program) = text.strip_prefix("ko://") {
        let message =
            format!("the image is built by ko from the Go program `{program}`: what it is called is not known");
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        return None;
    }
    let Some(reference) = ImageReference::parse(text) else {
        let kind = if text.contains(['$', '{', '<']) { DiagnosticKind::Unresolved } else { DiagnosticKind::Malformed };
        out.problem(kind, file, Some(span), format!("image reference `{text}` cannot be resolved from this file"));
        return None;
    };
    let id = write_image(&reference, &file.at(span), out);
    out.relation(user, relation, &id, file.at(span));
    Some(id)
}

/// The image, how it is pinned, and the registry that serves it.
pub(crate) fn write_image(reference: &ImageReference, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    write_as(reference, reference.pinned(), seen, out)
}

/// As [`write_image`], where the content of the image is known by a digest, in its reference or beside it.
pub(crate) fn write_pinned(reference: &ImageReference, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    write_as(reference, "digest", seen, out)
}

fn write_as(reference: &ImageReference, pinned: &str, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    let id = reference.id();
    out.component(&id, ComponentKind::Image, seen.clone());
    out.attribute(&id, key::NAME, reference.full_name(), seen.clone());
    out.attribute(&id, key::PINNED, pinned, seen.clone());
    if let Some(version) = reference.digest.as_ref().or(reference.tag.as_ref()) {
        out.attribute(&id, key::VERSION, version, seen.clone());
    }
    out.attribute(&id, key::IDENTITY, format!("image:{}/{}", reference.host(), reference.repository), seen.clone());
    let host = ComponentId::host(reference.host());
    out.component(&host, ComponentKind::Host, seen.clone());
    out.relation(&id, RelationKind::DistributedBy, &host, seen.clone());
    id
}
