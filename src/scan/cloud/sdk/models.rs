//! Models and data sets that calls name.

use super::arguments::Arguments;
use super::facts::{Writer, first_line};
use super::syntax::of;
use super::value::Value;
use crate::catalog::rows::{SdkCall, Service};
use crate::model::{ComponentId, RelationKind};
use crate::scan::model::hosted::{needs_hosted_model, routed_model};
use crate::scan::model::reference::{
    Hub, hub_id, needs_dataset, needs_model_of, needs_plain_model, setting_names_model, uses_modelscope,
};
use crate::text::Span;

impl<'t> Writer<'_, 't, '_, '_> {
    pub(super) fn model(&mut self, row: &SdkCall, service: Option<&Service>, given: &Arguments<'t>, scope: usize) {
        for name in &row.model {
            let Some(node) = given.find(std::slice::from_ref(name)) else { continue };
            match self.reading.value(node, scope) {
                Value::Text { text, span, default_of } => {
                    if let Some(name) = &default_of {
                        self.unresolved(span, &format!("the model is a default, `{name}` may have another"));
                    }
                    // a setting of a container says what it loads from the hub
                    let is_loaded = setting_names_model(name);
                    self.named_model(row, service, (&text, span), default_of.is_some(), is_loaded);
                }
                Value::Unknown | Value::Symbol { .. } => {
                    let what = if row.dataset { "data set" } else { "model" };
                    let place =
                        Span::new(node.start_byte(), node.start_byte() + first_line(of(node, self.reading.text)));
                    self.unresolved(place, &format!("which {what} is used is only known at run time"));
                }
                Value::Nothing => {}
            }
            // the first that is given decides, except where a row speaks of several at once
            if row.model[0].parse::<usize>().is_ok() || row.service.is_some() {
                break;
            }
        }
    }

    pub(super) fn named_model(
        &mut self,
        row: &SdkCall,
        service: Option<&Service>,
        (text, span): (&str, Span),
        is_default: bool,
        is_loaded: bool,
    ) {
        let usual = |hub: Hub| {
            // servers of models ask the hub that a setting of the same file names
            let by_setting = matches!(&*row.package, "vllm" | "sglang") && uses_modelscope(self.file.text());
            if by_setting { Hub::of_setting(true) } else { hub }
        };
        let hub = row.hub.as_deref().and_then(Hub::named).map(usual);
        let seen = self.file.at(span);
        let seen = if is_default { seen.inferred() } else { seen };
        match hub {
            Some(hub) if row.dataset => needs_dataset(hub, self.project, text, &seen, self.out),
            // an inference service of a hub loads nothing here
            Some(hub) if row.service.is_some() && is_loaded => {
                let model = needs_model_of(hub, self.project, text, &seen, self.out);
                if let (Some(model), Some(service)) = (model, service) {
                    self.out.relation(&model, RelationKind::RunsOn, &ComponentId::of("api", &service.id), seen);
                }
            }
            Some(_) if row.service.is_some() => {
                needs_hosted_model(self.project, text, service, row.deployment, self.catalog, &seen, self.out);
            }
            Some(hub) => {
                if hub_id(text).is_some() {
                    needs_model_of(hub, self.project, text, &seen, self.out);
                } else {
                    needs_plain_model(hub, self.project, text, &seen, self.out);
                }
            }
            None => needs_hosted_model(self.project, text, service, row.deployment, self.catalog, &seen, self.out),
        }
    }

    /// A model whose name says the provider: `bedrock/anthropic.claude-…`.
    pub(super) fn routed(&mut self, row: &SdkCall, given: &Arguments<'t>, scope: usize) {
        let Some(node) = given.find(&row.model) else { return };
        match self.reading.value(node, scope) {
            Value::Text { text, span, default_of } => {
                let seen = self.file.at(span);
                let seen = if default_of.is_some() { seen.inferred() } else { seen };
                let is_elsewhere = given.find(&row.endpoint).is_some();
                routed_model(self.project, &text, is_elsewhere, self.catalog, &seen, self.out);
            }
            Value::Unknown | Value::Symbol { .. } => {
                let place = Span::new(node.start_byte(), node.start_byte() + first_line(of(node, self.reading.text)));
                self.unresolved(place, "which model is used is only known at run time");
            }
            Value::Nothing => {}
        }
    }
}
