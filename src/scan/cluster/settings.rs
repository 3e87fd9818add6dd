//! Settings and volumes that say of a workload what it calls and where its data lies.

use std::collections::BTreeSet;

use super::carried;
use super::manifest::Object;
use super::workload::Ground;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::model::setting::setting_model;

/// Objects of one deployment of which maps of settings are looked at that no workload in it takes: more are a dump.
const FEW: usize = 500;
/// Longest value that is a setting and no file.
const LONGEST_SETTING: usize = 500;
/// Lines of a file of settings.
const MOST_LINES: usize = 500;

/// Settings that workloads of other files take: what they name is needed by what stands in the folder, or by the image.
pub(super) fn untaken(
    objects: &[Object<'_>],
    taken: &BTreeSet<(&str, &str)>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    let is_left =
        |object: &&Object<'_>| object.kind == "ConfigMap" && !taken.contains(&(object.namespace, object.name));
    let mut left = objects.iter().filter(is_left);
    if objects.len() > FEW {
        if let Some(first) = left.next() {
            let (file, span) = ground.places.place(first.name_span);
            let message = format!(
                "{} maps of settings that no workload here takes, among more than {FEW} objects: they were not read",
                1 + left.count()
            );
            out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
        }
        return;
    }
    let user = ground.input.root_subject_at(ground.folder);
    for object in left {
        let before = out.len();
        for entry in object.node.get("data").map_or(&[][..], Node::entries) {
            let Some(text) = entry.value.scalar() else { continue };
            carried::settings_file((&entry.key, &text), &user, ground, entry.value.span, out);
            for (name, value) in pairs(&entry.key, &text) {
                // an address in a sentence is called by nobody
                if value.contains(char::is_whitespace) {
                    continue;
                }
                ground.calls(&user, value, entry.value.span, out);
                setting_model(&user, (name, value), ground.catalog, &ground.at(entry.value.span), out);
            }
        }
        if out.len() > before {
            out.component(&user, ground.input.root_kind(), ground.at(object.name_span));
        }
    }
}

/// The settings of an entry: itself, or the lines of a file of settings.
fn pairs<'t>(key: &'t str, text: &'t str) -> Vec<(&'t str, &'t str)> {
    let clean = |value: &'t str| value.trim().trim_matches(['"', '\'']);
    if key.ends_with(".env") || key.ends_with(".properties") {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).take(MOST_LINES);
        return lines
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.trim(), clean(value)))
            .collect();
    }
    if text.len() > LONGEST_SETTING { Vec::new() } else { vec![(key, clean(text))] }
}

/// A volume of the pod's own whose driver tells whose storage it is.
pub(super) fn inline_volume(id: &ComponentId, driver: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let Some(word) = driver.text() else { return };
    let Some(mark) = ground.catalog.object_mark("provisioner", word) else { return };
    let volume = ComponentId::resource(ground.folder, &format!("CSIDriver/{word}"));
    out.component(&volume, ComponentKind::Service, ground.at(driver.span));
    out.attribute(&volume, key::RESOURCE_TYPE, "storage.k8s.io/CSIDriver", ground.at(driver.span));
    out.attribute(&volume, key::MARK, format!("provisioner {word}"), ground.at(driver.span));
    if let Some(service) = &mark.service {
        out.attribute(&volume, key::SERVICE, service, ground.at(driver.span));
    }
    out.relation(id, RelationKind::DependsOn, &volume, ground.at(driver.span));
}
