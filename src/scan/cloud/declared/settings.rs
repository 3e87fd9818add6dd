//! What the settings of a declared program name: hosts of known services and models.

use super::place::pairs;
use super::value::Resolved;
use super::write::{Resource, scalars, unresolved};
use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::Facts;
use crate::scan::cloud::api::{calls_in, setting};
use crate::scan::model::reference::needs_model;
use crate::scan::model::setting::setting_model;

/// Names with values.
pub(super) fn write(resource: &Resource<'_>, settings: &Resolved<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    for (name, value) in pairs(settings) {
        let Some(text) = value.text() else { continue };
        calls_in(&resource.id, &text, catalog, value.file, value.span, out);
        setting(&resource.id, &name, &text, catalog, &value.at(), out);
        setting_model(&resource.id, (&name, &text), catalog, &value.at(), out);
    }
}

/// A model of a hub by its id, else a model of the cloud by its own name.
pub(super) fn model(resource: &Resource<'_>, value: &Resolved<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    for value in scalars(value) {
        let Some(text) = value.text().filter(|text| !text.is_empty()) else {
            if let Some(reason) = value.value.unknown().filter(|_| value.mentions.is_empty()) {
                unresolved("model", resource, value, reason, out);
            }
            continue;
        };
        if needs_model(&resource.id, &text, value.file, value.span, out) {
            continue;
        }
        let Some(provider) = catalog.provider_by_type(&resource.kind) else { continue };
        // names of a cloud's interface end in the model's own
        let name = text.rsplit('/').next().unwrap_or(&text);
        let model = ComponentId::model(&provider.id, name);
        out.component(&model, ComponentKind::Model, value.at());
        out.attribute(&model, key::NAME, name, value.at());
        out.relation(&resource.id, RelationKind::DependsOn, &model, value.at());
    }
}
