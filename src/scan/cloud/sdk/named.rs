//! Clients that another file makes, and the resources that calls name.

use super::arguments::{Arguments, arguments};
use super::facts::{Writer, host_in, share_hosts};
use super::outside::{Asked, Outside};
use super::reading::Call;
use super::resolve::{Target, below, fits};
use super::syntax::path;
use super::value::Value;
use crate::catalog::rows::{ResourceName, SdkCall, Service};
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
            // asked for its resources as well, it is told once
            if self.read_already.insert(place.start) {
                self.unresolved(place, &message);
            }
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
        // what stands in a call on a known client is asked of that client
        let mut decided = 0;
        for call in &reading.calls {
            let names = path(call.callee, reading.text).names;
            let Some(last) = names.last() else { continue };
            let mut given = arguments(call.node, call.arguments, reading.text);
            // `client.put_object().bucket("orders")`
            given.named.extend(reading.chained.get(&call.node.id()).into_iter().flatten().copied());
            if !self.catalog.may_name_resource(last, given.named.iter().map(|(name, _)| *name)) {
                continue;
            }
            let target = reading.target(call);
            let services: Vec<&'a Service> = match self.client_asked(call, &target) {
                Some(service) => {
                    decided = call.node.end_byte().max(decided);
                    service.into_iter().collect()
                }
                None if call.node.start_byte() < decided => continue,
                None => self.services_of_packages(&target),
            };
            let whole = names.join(".");
            let is_meant =
                |row: &&ResourceName| row.calls.is_empty() || row.calls.iter().any(|call| fits(call, &whole));
            let named = services.into_iter().find_map(|service| {
                let mut rows = self.catalog.resource_names(&service.id).filter(is_meant);
                let (name, span) = rows.find_map(|row| self.name_in(row, service, &given, call.scope))?;
                Some((service, name, span))
            });
            if let Some((service, name, span)) = named {
                let id = ComponentId::of("api", &service.id);
                self.out.attribute(&id, key::CALLED, name, self.file.at(span));
            }
        }
    }

    /// The name that an argument gives to a resource, with its place.
    fn name_in(
        &self,
        row: &ResourceName,
        service: &Service,
        given: &Arguments<'t>,
        scope: usize,
    ) -> Option<(String, Span)> {
        let node = given.find(std::slice::from_ref(&row.argument))?;
        let Value::Text { text, span, default_of: None } = self.reading.value(node, scope) else { return None };
        // what is filled in is not known
        if text.contains(['{', '%', '$']) {
            return None;
        }
        if !row.host {
            // addresses and long names end in the name
            let name = text.rsplit(['/', ':']).next().unwrap_or(&text);
            return (!name.is_empty()).then(|| (name.to_owned(), span));
        }
        let host = host_in(&text)?;
        self.catalog.service_by_host(&host).filter(|at| share_hosts(at, service))?;
        Some((host.split('.').next()?.to_owned(), span))
    }

    /// The service of the client that a call makes or is made on, when the client is known; of some only a run knows it.
    fn client_asked(&mut self, call: &Call<'t>, target: &Target) -> Option<Option<&'a Service>> {
        if let Some(client) = self.clients.get(&call.node.id()) {
            return Some(client.service);
        }
        if let Some(outside) = target.outside.as_ref().filter(|outside| outside.client.is_some()) {
            let last = path(call.callee, self.reading.text).last.unwrap_or(call.callee);
            return Some(self.asked_outside(outside, Span::new(last.start_byte(), last.end_byte())));
        }
        target.client.and_then(|client| self.clients.get(&client)).map(|client| client.service)
    }

    /// The services whose packages may make what is called: `new PutObjectCommand`.
    fn services_of_packages(&self, target: &Target) -> Vec<&'a Service> {
        let rows = || self.catalog.sdk_calls_of(self.reading.language.word());
        let of_row = |row: &'a SdkCall, full: &str| {
            let (capture, _) = below(full, &row.package)?;
            match row.sdk.as_deref().and_then(|sdk| sdk.split_once(':')) {
                Some((ecosystem, name)) => self.catalog.service_by_sdk(ecosystem, &name.replace('*', capture)),
                // whoever a client of that package speaks to
                None if row.compatible || row.self_hosted => None,
                None => self.catalog.service(row.service.as_deref()?),
            }
        };
        let makes = |row: &&SdkCall| !row.calls.iter().any(|call| call.starts_with("*."));
        let mut found: Vec<&'a Service> = Vec::new();
        for full in &target.fulls {
            let service = rows().filter(makes).find_map(|row| of_row(row, full));
            found.extend(service.filter(|service| !found.iter().any(|known| known.id == service.id)));
        }
        found
    }
}
