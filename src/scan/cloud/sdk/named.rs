//! Clients that another file makes, and the resources that calls name.

use super::facts::Writer;
use super::outside::{Asked, Outside};
use super::reading::Call;
use super::resolve::{Target, below};
use super::syntax::arguments;
use super::value::Value;
use crate::catalog::rows::Service;
use crate::model::{ComponentId, key};
use crate::scan::cloud::api::calls_service;
use crate::text::Span;

impl<'a, 't> Writer<'a, 't, '_, '_> {
    /// The service of a client that another file makes: this project calls it as well.
    pub(super) fn asked_outside(&mut self, outside: &Outside, place: Span) -> Option<&'a Service> {
        let client = outside.client.as_ref()?;
        let Some(service) = client.service.as_deref().and_then(|id| self.catalog.service(id)) else {
            let message =
                format!("asked of a client that `{}` makes: whom it speaks to is only known at run time", outside.path);
            self.unresolved(place, &message);
            return None;
        };
        let seen = self.file.at(place);
        let seen = if client.is_default { seen.inferred() } else { seen };
        calls_service(self.project, service, &seen, self.out);
        Some(service)
    }

    /// The names under which rows know what a call calls, for certain.
    pub(super) fn makers(&self, target: &Target) -> Vec<String> {
        let rows = self.rows(target);
        let is_known =
            |full: &&String| rows.iter().any(|found| !found.is_guess && below(full, &found.row.package).is_some());
        target.fulls.iter().filter(is_known).cloned().collect()
    }

    /// Whom the client speaks to that a call makes.
    pub(super) fn client_of(&self, call: usize) -> Option<Asked> {
        let client = self.clients.get(&call)?;
        Some(Asked { service: client.service.map(|service| service.id.clone()), is_default: client.is_default })
    }

    /// Resources that calls name: `s3.put_object(Bucket="orders")`.
    pub(super) fn named_resources(&mut self) {
        let reading = self.reading;
        if self.clients.is_empty() {
            return;
        }
        for call in &reading.calls {
            let Some(service) = self.service_asked(call) else { continue };
            let names: Vec<Box<str>> = self.catalog.resource_names(&service.id).map(Into::into).collect();
            if names.is_empty() {
                continue;
            }
            let given = arguments(call.node, call.arguments, reading.text);
            let value = given.find(&names).map(|node| reading.value(node, call.scope));
            if let Some(Value::Text { text, span, default_of: None }) = value
                && !text.contains('{')
            {
                // addresses and long names end in the name
                let name = text.rsplit(['/', ':']).next().unwrap_or(&text);
                let id = ComponentId::of("api", &service.id);
                self.out.attribute(&id, key::CALLED, name, self.file.at(span));
            }
        }
    }

    /// The service of the client that a call is made on, or whose package makes what is called (`new PutObjectCommand`).
    fn service_asked(&self, call: &Call<'t>) -> Option<&'a Service> {
        let target = self.reading.target(call);
        if let Some(client) = target.client.and_then(|client| self.clients.get(&client)) {
            return client.service;
        }
        let of_package = |full: &String| {
            let name = full.strip_prefix("@aws-sdk/client-")?.split('.').next()?;
            self.catalog.service_by_sdk("npm", &format!("@aws-sdk/client-{name}"))
        };
        target.fulls.iter().find_map(of_package)
    }
}
