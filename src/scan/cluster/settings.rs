//! Settings and volumes that say of a workload what it calls and where its data lies.

use std::collections::BTreeSet;

use super::carried;
use super::manifest::Object;
use super::workload::Ground;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::model::reference::setting_gives_model;

/// Objects of one deployment of which maps of settings are looked at that no workload in it takes: more are a dump.
const FEW: usize = 500;
/// Longest value that is a setting and no file.
const LONGEST_SETTING: usize = 500;

/// Settings that workloads of other files take: what they name is needed by what stands in the folder.
pub(super) fn untaken(
    objects: &[Object<'_>],
    taken: &BTreeSet<(&str, &str)>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    let is_left = |object: &&Object<'_>| {
        object.kind == "ConfigMap" && !taken.contains(&(object.namespace, object.name)) && objects.len() <= FEW
    };
    let project = ComponentId::project(ground.folder);
    for object in objects.iter().filter(is_left) {
        let before = out.len();
        for entry in object.node.get("data").map_or(&[][..], Node::entries) {
            let Some(text) = entry.value.scalar() else { continue };
            carried::settings_file(&text, &project, ground, entry.value.span, out);
            if text.len() <= LONGEST_SETTING && !text.contains('\n') {
                ground.calls(&project, &text, entry.value.span, out);
                if setting_gives_model(&entry.key, &text, ground.catalog) {
                    ground.model(&project, &text, entry.value.span, out);
                }
            }
        }
        if out.len() > before {
            out.component(&project, ComponentKind::Project, ground.at(object.name_span));
        }
    }
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
