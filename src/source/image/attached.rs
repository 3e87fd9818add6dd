//! What lies beside an image and speaks of it: bills of materials and provenance, as BuildKit adds them to an index, as
//! layouts hold them, and as registries list them (OCI referrers).
//!
//! It is further evidence and never more than that: when it cannot be read, the image still can.

use std::collections::BTreeSet;

use anyhow::Context as _;
use base64::Engine as _;
use serde_json::Value;

use super::open::matching;
use super::{Attesting, Descriptor, Location, Store, problem};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::source::Limits;
use crate::source::archive::Digest;
use crate::source::image_manifest::artifact;

/// Manifests about one image, and documents of each, that are read.
const MANIFESTS: usize = 16;
const DOCUMENTS: usize = 16;
/// Bytes that a document may have.
const LARGEST: u64 = 64 << 20;
/// Bytes that all documents of one image may have.
const ALL: u64 = 256 << 20;

/// A document beside an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Digest of the blob that it was read from.
    pub digest: Digest,
    /// The type of its predicate, or its media type.
    pub kind: String,
    /// The document: of a statement what it states.
    pub bytes: Vec<u8>,
}

/// Reads what is attached to the image of a manifest.
pub(super) fn of(
    store: &dyn Store,
    image: &Digest,
    attesting: &[Attesting],
    limits: &Limits,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Attached> {
    let mut manifests: BTreeSet<Digest> = BTreeSet::new();
    let mut unsaid: BTreeSet<Digest> = BTreeSet::new();
    for entry in attesting {
        match &entry.about {
            Some(about) if about == image => {
                manifests.insert(entry.digest.clone());
            }
            Some(_) => {}
            None => {
                unsaid.insert(entry.digest.clone());
            }
        }
    }
    match store.referrers(image) {
        Ok(found) => manifests.extend(found.into_iter().map(|entry| entry.digest)),
        // many registries have no such list
        Err(error) => {
            let message = format!("what is attached to the image cannot be listed: {error:#}");
            diagnostics.push(problem(DiagnosticKind::Unresolved, &message));
        }
    }
    let count = manifests.len() + unsaid.len();
    if count > MANIFESTS {
        let message = format!("{count} manifests are about the image, {MANIFESTS} of them are read");
        diagnostics.push(problem(DiagnosticKind::LimitReached, &message));
    }
    let all = manifests.iter().map(|digest| (digest, true)).chain(unsaid.iter().map(|digest| (digest, false)));
    let mut out = Vec::new();
    let mut room = Room { read: BTreeSet::new(), left: ALL };
    for (digest, is_said) in all.take(MANIFESTS) {
        match one(store, digest, is_said, image, limits, &mut room) {
            Ok(documents) => out.extend(documents),
            Err(error) => {
                let message = format!("manifest `{digest}`, which is about the image: {error:#}");
                diagnostics.push(problem(DiagnosticKind::Unreadable, &message));
            }
        }
    }
    out
}

/// What was read so far for one image: each document once, and not more than it may have.
struct Room {
    read: BTreeSet<Digest>,
    left: u64,
}

/// The documents of one manifest. What says itself that it is about another image gives nothing.
fn one(
    store: &dyn Store,
    digest: &Digest,
    is_said: bool,
    image: &Digest,
    limits: &Limits,
    room: &mut Room,
) -> anyhow::Result<Vec<Attached>> {
    let bytes = matching(store.manifest(digest, limits.manifest_bytes)?, digest)?;
    let (about, parts) = artifact(&bytes).context("it is no manifest")?;
    let is_ours = about.map_or(is_said, |about| about == *image);
    if !is_ours {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for part in parts.iter().filter(|part| may_speak(part)).take(DOCUMENTS) {
        if !room.read.insert(part.digest.clone()) {
            continue;
        }
        let bytes = store.document(&Location::Blob(part.digest.clone()), LARGEST.min(room.left))?;
        room.left = room.left.saturating_sub(bytes.len() as u64);
        let bytes = matching(bytes, &part.digest)?;
        out.extend(statement(part, bytes));
    }
    Ok(out)
}

/// Signatures and the like are passed over.
fn may_speak(part: &Descriptor) -> bool {
    const TYPES: [&str; 6] = ["in-toto", "spdx", "cyclonedx", "dsse", "slsa", "text/"];
    let kind = part.media_type.to_ascii_lowercase();
    TYPES.iter().any(|word| kind.contains(word))
}

/// A document as it lies there, or what a signed or unsigned statement holds. Signatures are not checked.
fn statement(part: &Descriptor, bytes: Vec<u8>) -> Option<Attached> {
    let kind = part.artifact.clone().unwrap_or_else(|| part.media_type.clone());
    let digest = part.digest.clone();
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else {
        return Some(Attached { digest, kind, bytes });
    };
    if let Some(payload) = value.get("payload").and_then(Value::as_str) {
        let payload = base64::engine::general_purpose::STANDARD.decode(payload).ok()?;
        value = serde_json::from_slice(&payload).ok()?;
    } else if value.get("predicateType").is_none() {
        return Some(Attached { digest, kind, bytes });
    }
    let kind = value.get("predicateType").and_then(Value::as_str).map_or(kind, str::to_owned);
    let mut predicate = value.get_mut("predicate")?.take();
    // cosign puts documents into a wrapper of its own
    if let Some(data) = predicate.get_mut("Data") {
        predicate = data.take();
    }
    let bytes = match predicate {
        Value::String(text) => text.into_bytes(),
        other => other.to_string().into_bytes(),
    };
    Some(Attached { digest, kind, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(media_type: &str, bytes: &[u8]) -> Option<(String, String)> {
        let digest = Digest::sha256(bytes);
        let part = Descriptor { media_type: media_type.to_owned(), digest, platform: None, name: None, artifact: None };
        let attached = may_speak(&part).then(|| statement(&part, bytes.to_vec()))??;
        Some((attached.kind, String::from_utf8(attached.bytes).expect("is text")))
    }

    #[test]
    fn documents_are_taken_out_of_their_wrappers() {
        let some = |kind: &str, text: &str| Some((kind.to_owned(), text.to_owned()));
        let plain = br#"{"bomFormat":"CycloneDX"}"#;
        assert_eq!(
            read("application/vnd.cyclonedx+json", plain),
            some("application/vnd.cyclonedx+json", r#"{"bomFormat":"CycloneDX"}"#)
        );
        let stated = br#"{"_type":"x","predicateType":"https://spdx.dev/Document","predicate":{"a":1}}"#;
        assert_eq!(read("application/vnd.in-toto+json", stated), some("https://spdx.dev/Document", r#"{"a":1}"#));
        let payload = base64::engine::general_purpose::STANDARD.encode(stated);
        let signed =
            format!(r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[]}}"#);
        assert_eq!(
            read("application/vnd.dsse.envelope.v1+json", signed.as_bytes()),
            some("https://spdx.dev/Document", r#"{"a":1}"#)
        );
        let wrapped = br#"{"predicateType":"t","predicate":{"Data":"SPDXVersion: SPDX-2.3","Timestamp":"x"}}"#;
        assert_eq!(read("application/vnd.in-toto+json", wrapped), some("t", "SPDXVersion: SPDX-2.3"));
        assert_eq!(read("application/vnd.dev.cosign.simplesigning.v1+json", b"{}"), None);
    }
}
