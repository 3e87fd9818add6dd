//! Objects that tell the machines of a cluster which mirrors to ask (`ImageDigestMirrorSet` and its like).

use super::manifest::Object;
use super::workload::Ground;
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::image::registry_mirrors;

/// Kinds with the list of their mirrors.
const KINDS: [(&str, &str); 3] = [
    ("ImageDigestMirrorSet", "imageDigestMirrors"),
    ("ImageTagMirrorSet", "imageTagMirrors"),
    ("ImageContentSourcePolicy", "repositoryDigestMirrors"),
];

/// Writes the mirrors that an object names.
pub(super) fn write(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let Some((_, list)) = KINDS.iter().find(|(kind, _)| *kind == object.kind) else { return };
    for row in object.node.at(&["spec", list]).map_or(&[][..], Node::list) {
        let Some(source) = row.text_at("source") else { continue };
        for mirror in row.get("mirrors").map_or(&[][..], Node::list) {
            if let Some(text) = mirror.text() {
                registry_mirrors::write(source, text, ground.at(mirror.span), out);
            }
        }
    }
}
