//! Nested stacks and applications: templates in the tree, or addresses that they are fetched from.

use super::places::beside_it;
use crate::model::{ComponentId, ComponentKind, RelationKind};
use crate::scan::cloud::declared::value::Resolved;
use crate::scan::cloud::declared::write::Resource;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input};

/// Types with the property that says where their template is.
const NESTED: [(&str, &str); 2] =
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];

/// Writes where nested templates come from.
pub(super) fn write(resources: &[Resource<'_>], _: &Input<'_>, out: &mut Facts<'_>) {
    for resource in resources {
        let Some((_, name)) = NESTED.iter().find(|(kind, _)| *kind == resource.kind) else { continue };
        for properties in &resource.variants {
            if let Some(address) = properties.get(name) {
                nested(resource, address, out);
            }
        }
    }
}

fn nested(resource: &Resource<'_>, address: &Resolved<'_>, out: &mut Facts<'_>) {
    let Some(text) = address.text() else { return };
    let seen = || address.at().without_excerpt();
    if let Some(host) = toolkit::host_of(&text) {
        toolkit::distributed_by(&resource.id, &host, &seen(), out);
        return;
    }
    // a path above the scanned folder is not ours to read
    let folder = resource.file.folder();
    let Some(path) = beside_it(&folder, &text) else { return };
    let project = ComponentId::project(&folder);
    let called = ComponentId::project(&path.parent());
    out.component(&project, ComponentKind::Project, resource.file.whole());
    out.component(&called, ComponentKind::Project, seen());
    out.relation(&project, RelationKind::DependsOn, &called, seen());
}
