//! From calls to facts, by the rows of the catalog.

use std::collections::{BTreeMap, BTreeSet};

use super::arguments::{Arguments, arguments, object, settings};
use super::clients::{Region, is_handed_on, is_on_its_own, is_session};
use super::reading::{Call, Reading};
use super::resolve::{Target, below, fits};
use super::syntax::{of, path};
use super::value::Value;
use crate::catalog::Catalog;
use crate::catalog::rows::{SdkCall, Service};
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::scan::cloud::address::{addresses, bare_address};
use crate::scan::cloud::api::{calls_service, region_in_host};
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// Writes what one file says.
pub(super) struct Writer<'a, 't, 'o, 'm> {
    pub(super) reading: &'a Reading<'t>,
    pub(super) catalog: &'a Catalog,
    pub(super) file: &'a SourceFile,
    pub(super) project: &'a ComponentId,
    pub(super) out: &'o mut Facts<'m>,
    /// Services of the clients made, by the call that makes them.
    pub(super) clients: BTreeMap<usize, Client<'a>>,
    /// Packages of which a call was understood: what they are imported for is known.
    pub(super) understood: BTreeSet<&'a str>,
    /// Services without a region of their own, and regions that hold for the rest of the file.
    /// True with those that may be made with what the file says.
    without_region: BTreeMap<&'a str, (ComponentId, &'a Service, bool)>,
    regions: BTreeMap<&'a str, (String, Seen)>,
    /// Of sessions, by the call that makes them, and by provider.
    pub(super) sessions: BTreeMap<usize, Region>,
    session_regions: BTreeMap<&'a str, (String, Seen)>,
    /// Names by the call that makes what they stand for, made when they are needed.
    pub(super) named: Option<BTreeMap<usize, &'t str>>,
    /// Where the literals begin that were read as addresses of clients.
    pub(super) read_already: BTreeSet<usize>,
}

/// Whom a client speaks to.
#[derive(Clone, Copy)]
pub(super) struct Client<'a> {
    /// Absent where only a run knows.
    pub(super) service: Option<&'a Service>,
    /// The address is the default of a setting.
    pub(super) is_default: bool,
    /// An argument makes it one of another service than that of its SDK.
    pub(super) is_switched: bool,
}

/// A row that a call fits.
pub(super) struct Match<'a> {
    pub(super) row: &'a SdkCall,
    /// What the `*` of its package stands for.
    capture: String,
    /// True for a call on an object whose maker is not known.
    pub(super) is_guess: bool,
}

impl<'a, 't> Writer<'a, 't, '_, '_> {
    /// Everything but the places of texts.
    pub(super) fn calls(&mut self) {
        let reading = self.reading;
        let found: Vec<(Call<'t>, Target, Vec<Match<'a>>)> = reading
            .calls
            .iter()
            .filter_map(|call| {
                let target = reading.target(call);
                let rows = self.rows(&target);
                (!rows.is_empty()).then_some((*call, target, rows))
            })
            .collect();
        // sessions before clients, and those before what is asked of them
        for stage in 0..3 {
            for (call, target, rows) in &found {
                for row in rows.iter().filter(|found| stage_of(found.row) == stage) {
                    self.call(call, target, row, rows.len() > 1);
                }
            }
        }
        self.named_resources();
        for (id, service, may_be_of_session) in self.without_region.values() {
            let Some(provider) = service.provider.as_deref() else { continue };
            let of_session = || self.session_regions.get(provider).filter(|_| *may_be_of_session);
            if let Some((region, seen)) = self.regions.get(provider).or_else(of_session) {
                self.out.attribute(id, key::REGION, region, seen.clone());
            }
        }
    }

    /// The rows that a call fits; one on an object from elsewhere fits those of every imported package.
    pub(super) fn rows(&self, target: &Target) -> Vec<Match<'a>> {
        let language = self.reading.language.word();
        // as written, and as imported when the file gives it another name
        let written = target.names.last().map(String::as_str);
        let imported = target.fulls.iter().filter_map(|full| full.rsplit(['.', '/']).next());
        let names: BTreeSet<&str> = written.into_iter().chain(imported).collect();
        let mut found: Vec<Match<'a>> = Vec::new();
        if target.is_outside {
            // the file that makes it tells of it
            return found;
        }
        for row in names.into_iter().flat_map(|name| self.catalog.sdk_calls(language, name)) {
            if found.iter().any(|known| std::ptr::eq(known.row, row)) {
                continue;
            }
            let known = target.fulls.iter().find_map(|full| {
                let (capture, rest) = below(full, &row.package)?;
                row.calls.iter().any(|call| fits(call, rest)).then_some(capture)
            });
            if let Some(capture) = known {
                found.push(Match { row, capture: capture.to_owned(), is_guess: false });
                continue;
            }
            let on_any = |call: &str| call.starts_with("*.") && fits(call, &target.names.join("."));
            if target.is_known || !row.calls.iter().any(|call| on_any(call)) {
                continue;
            }
            let imported = self.reading.imports.all.iter().any(|import| below(&import.full(), &row.package).is_some());
            if imported {
                found.push(Match { row, capture: String::new(), is_guess: true });
            }
        }
        found
    }

    fn call(&mut self, call: &Call<'t>, target: &Target, found: &Match<'a>, is_one_of_several: bool) {
        let reading = self.reading;
        let row = found.row;
        let mut given = arguments(call.node, call.arguments, reading.text);
        if let Some(chained) = reading.chained.get(&call.node.id()) {
            given.named.extend(chained.iter().copied());
        }
        for name in given.positional.clone().into_iter().filter(|node| node.kind() == "identifier") {
            // `client.send(new Command(input))`, where `input` is an object of the file
            if let [binding] = reading.values(of(name, reading.text), call.scope).as_slice()
                && let Some(value) = binding.value
            {
                object(value, reading.text, &mut given);
            }
        }
        for (_, name) in given.named.clone().into_iter().filter(|(_, node)| node.kind() == "identifier") {
            // `HuggingFaceModel(env=hub)`, where `hub` is a dictionary of the file
            if let [binding] = reading.values(of(name, reading.text), call.scope).as_slice() {
                settings(binding.value, reading.text, &mut given);
            }
        }
        let last = path(call.callee, reading.text).last.unwrap_or(call.callee);
        let place = Span::new(last.start_byte(), last.end_byte());
        if !found.is_guess || !is_one_of_several {
            self.understood.insert(&row.package);
        }
        if let Some(provider) = row.provider.as_deref() {
            let region = self.region(row, Some(provider), &given, call.scope, place);
            if is_session(target) {
                self.sessions.insert(call.node.id(), region.clone());
            }
            let regions = if is_handed_on(target) { &mut self.session_regions } else { &mut self.regions };
            if let Some(region) = region {
                regions.entry(provider).or_insert(region);
            }
            return;
        }
        let service = if asks_client(row) && row.compatible {
            // whoever the client speaks to
            self.asked(target, row, place).filter(|_| !(found.is_guess && is_one_of_several))
        } else if found.is_guess && is_one_of_several && row.client.is_empty() {
            None
        } else if let Some(service) = self.made_as(target, row).filter(|_| asks_client(row)) {
            Some(service)
        } else {
            self.set_later(call, row, &mut given);
            self.client((call, target), found, &given, place)
        };
        if let Some(service) = service {
            self.machines(row, service, &given, call.scope);
        }
        if row.routed {
            self.routed(row, &given, call.scope);
        } else if !row.model.is_empty() {
            self.model(row, service, &given, call.scope);
        }
    }

    /// Writes the service that a call makes a client of.
    fn client(
        &mut self,
        (call, target): (&Call<'t>, &Target),
        found: &Match<'a>,
        given: &Arguments<'t>,
        place: Span,
    ) -> Option<&'a Service> {
        let row = found.row;
        let (service, place) = self.service(row, &found.capture, given, call.scope, place)?;
        let switched = self.switched(row, given);
        let service = switched.unwrap_or(service);
        let mut seen = self.file.at(place);
        let mut service = Some(service);
        let mut region_of_host = None;
        let mut fixed = None;
        // true when the client may speak to anybody
        let mut is_open = false;
        let mut is_default = false;
        let endpoint = given.find(&row.endpoint).map(|node| self.reading.value(node, call.scope));
        if row.self_hosted && !self.is_hosted(endpoint.as_ref(), place) {
            return None;
        }
        let is_known = match endpoint {
            Some(Value::Text { text, span, default_of }) => {
                let host = host_in(&text);
                let named = host.as_deref().and_then(|host| self.catalog.service_by_host(host));
                // of services at the same hosts it is the one that the SDK is for
                let is_own = |named: &&Service| service.is_some_and(|own| share_hosts(own, named));
                let named = if named.as_ref().is_some_and(is_own) { service } else { named };
                self.read_already.insert(span.start);
                if let Some(named) = named {
                    service = Some(named);
                    seen = self.file.at(span);
                    region_of_host = region_in_host(host.as_deref().unwrap_or_default(), named, self.catalog);
                } else if row.compatible {
                    let own = service.take();
                    // a part that is filled in at run time leaves the host open
                    let whole = host.as_deref().filter(|host| text.to_ascii_lowercase().contains(*host));
                    if let Some((host, own)) = whole.zip(own) {
                        let seen = self.file.at(span);
                        self.unknown_host(host, own, &if default_of.is_some() { seen.inferred() } else { seen });
                    }
                }
                if default_of.is_none() && service.is_some() && named.is_some() {
                    fixed = host.map(|host| (host, self.file.at(span)));
                }
                if let Some(name) = default_of {
                    seen = seen.inferred();
                    is_default = true;
                    self.unresolved(span, &format!("the address is a default, `{name}` may have another"));
                }
                true
            }
            Some(Value::Nothing) | None => {
                is_open = row.compatible && given.is_open;
                !is_open
            }
            Some(_) => {
                self.unresolved(place, "the address that this client speaks to is only known at run time");
                is_open = row.compatible;
                !is_open
            }
        };
        if !row.endpoint.is_empty() || !row.client.is_empty() || !asks_client(row) {
            let is_switched = switched.is_some();
            let client = Client { service: service.filter(|_| is_known), is_default, is_switched };
            self.clients.insert(call.node.id(), client);
        }
        let service = service?;
        let seen = if is_open { seen.inferred() } else { seen };
        let id = calls_service(self.project, service, &seen, self.out);
        if let Some((host, seen)) = fixed {
            self.out.attribute(&id, key::FIXED, format!("address {host}"), seen);
        }
        if is_open {
            self.out.attribute(&id, key::ADDRESS, "not-known", seen.clone());
        }
        let region_of_host = region_of_host.map(|region| (region, seen));
        self.client_region((id, service), (call, target), row, given, (place, region_of_host));
        Some(service).filter(|_| is_known)
    }

    /// Writes the region of a client: what its call says, its address, or the session that it is made on.
    fn client_region(
        &mut self,
        (id, service): (ComponentId, &'a Service),
        (call, target): (&Call<'t>, &Target),
        row: &SdkCall,
        given: &Arguments<'t>,
        (place, region_of_host): (Span, Option<(String, Seen)>),
    ) {
        let region = self.region(row, service.provider.as_deref(), given, call.scope, place);
        if let Some((region, seen)) = region {
            if !seen.is_inferred() {
                self.out.attribute(&id, key::FIXED, format!("region {region}"), seen.clone());
            }
            self.out.attribute(&id, key::REGION, region, seen);
        } else if let Some((region, seen)) = region_of_host {
            self.out.attribute(&id, key::REGION, region, seen.inferred());
        } else if let Some(made_on) = self.session_of(target).cloned() {
            if let Some((region, seen)) = made_on {
                self.out.attribute(&id, key::REGION, region, seen);
            }
        } else if !row.region.is_empty() || row.sdk.is_some() {
            let known = self.without_region.entry(&service.id).or_insert((id, service, false));
            known.2 |= !is_on_its_own(target, given);
        }
    }

    /// True when an address is one of a known service. Where only a run knows it, that is told; without one, and at
    /// another one, it is the user's own.
    fn is_hosted(&mut self, endpoint: Option<&Value>, place: Span) -> bool {
        match endpoint {
            Some(Value::Text { text, .. }) => {
                host_in(text).is_some_and(|host| self.catalog.service_by_host(&host).is_some())
            }
            Some(Value::Unknown | Value::Symbol { .. }) => {
                self.unresolved(place, "the address that this client speaks to is only known at run time");
                false
            }
            Some(Value::Nothing) | None => false,
        }
    }

    /// The service that a row means, and where the file says so.
    fn service(
        &mut self,
        row: &'a SdkCall,
        capture: &str,
        given: &Arguments<'t>,
        scope: usize,
        place: Span,
    ) -> Option<(&'a Service, Span)> {
        if !row.client.is_empty() {
            return match self.reading.value(given.find(&row.client)?, scope) {
                Value::Text { text, span, default_of: None } => Some((self.catalog.service_by_client(&text)?, span)),
                Value::Text { .. } | Value::Unknown => {
                    self.unresolved(place, "which service this is a client of is only known at run time");
                    None
                }
                _ => None,
            };
        }
        if let Some((ecosystem, name)) = row.sdk.as_deref().and_then(|sdk| sdk.split_once(':')) {
            return Some((self.catalog.service_by_sdk(ecosystem, &name.replace('*', capture))?, place));
        }
        Some((self.catalog.service(row.service.as_deref()?)?, place))
    }

    /// The region that an argument says.
    fn region(
        &mut self,
        row: &SdkCall,
        provider: Option<&str>,
        given: &Arguments<'t>,
        scope: usize,
        place: Span,
    ) -> Option<(String, Seen)> {
        let mut is_unknown = false;
        for name in &row.region {
            let Some(node) = given.find(std::slice::from_ref(name)) else { continue };
            let is_position = name.parse::<usize>().is_ok();
            match self.reading.value(node, scope) {
                Value::Text { text, span, default_of } if is_region(&text, provider, is_position, self.catalog) => {
                    let seen = self.file.at(span);
                    let Some(name) = default_of else { return Some((text, seen)) };
                    self.unresolved(span, &format!("the region is a default, `{name}` may have another"));
                    return Some((text, seen.inferred()));
                }
                Value::Symbol { name, span } => match self.catalog.region_by_symbol(provider?, &name) {
                    Some(code) => return Some((code.to_owned(), self.file.at(span))),
                    None => is_unknown |= !is_position,
                },
                Value::Unknown => is_unknown |= !is_position,
                _ => {}
            }
        }
        if is_unknown {
            self.unresolved(place, "the region is only known at run time");
        }
        None
    }

    /// The service of the client that something is asked of.
    fn asked(&mut self, target: &Target, row: &'a SdkCall, place: Span) -> Option<&'a Service> {
        if let Some(outside) = &target.outside {
            return self.asked_outside(outside, place);
        }
        if let Some(client) = target.client {
            match self.clients.get(&client) {
                Some(client) => return client.service,
                None if target.is_known => return None,
                None => {}
            }
        }
        if target.is_known {
            // the module itself is the client, at an address set for all of it
            let root = target.names.first()?;
            let address = ["api_base", "base_url"].iter().find_map(|name| {
                let values = self.reading.values(&format!("{root}.{name}"), 0);
                values.into_iter().find_map(|binding| binding.value)
            });
            return match address.map(|node| self.reading.value(node, 0)) {
                None | Some(Value::Nothing) => self.catalog.service(row.service.as_deref()?),
                Some(Value::Text { text, default_of: None, .. }) => self.catalog.service_by_host(&host_in(&text)?),
                Some(_) => None,
            };
        }
        // made elsewhere: the one client of the file, when there is one
        let all: BTreeSet<Option<&str>> =
            self.clients.values().map(|client| client.service.map(|row| &*row.id)).collect();
        let only = all.iter().next().copied().flatten().filter(|_| all.len() == 1)?;
        self.catalog.service(only)
    }

    pub(super) fn unresolved(&mut self, span: Span, message: &str) {
        self.out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
    }
}

impl<'a, 't, 'o, 'm> Writer<'a, 't, 'o, 'm> {
    pub(super) fn new(
        reading: &'a Reading<'t>,
        catalog: &'a Catalog,
        file: &'a SourceFile,
        project: &'a ComponentId,
        out: &'o mut Facts<'m>,
    ) -> Self {
        Self {
            reading,
            catalog,
            file,
            project,
            out,
            clients: BTreeMap::new(),
            understood: BTreeSet::new(),
            without_region: BTreeMap::new(),
            regions: BTreeMap::new(),
            sessions: BTreeMap::new(),
            session_regions: BTreeMap::new(),
            named: None,
            read_already: BTreeSet::new(),
        }
    }
}

/// When a row is read: what later ones need comes first.
fn stage_of(row: &SdkCall) -> usize {
    if row.provider.is_some() { 0 } else { 1 + usize::from(asks_client(row)) }
}

/// True for calls on a client, as opposed to those that make one.
fn asks_client(row: &SdkCall) -> bool {
    row.client.is_empty()
        && row.endpoint.is_empty()
        && row.hub.is_none()
        && row.calls.iter().any(|call| call.starts_with("*."))
}

/// True for services that answer at the same hosts.
pub(super) fn share_hosts(a: &Service, b: &Service) -> bool {
    a.id == b.id || a.hosts.iter().any(|host| b.hosts.contains(host))
}

/// The host of an address or of a value that is one.
pub(super) fn host_in(text: &str) -> Option<String> {
    addresses(text).into_iter().next().or_else(|| bare_address(text.trim())).map(|address| address.host)
}

/// What may be a region. A position may hold something else: there it must be one of the provider's.
fn is_region(text: &str, provider: Option<&str>, is_position: bool, catalog: &Catalog) -> bool {
    let is_known = provider.is_some_and(|provider| catalog.region(provider, text).is_some());
    is_known
        || !is_position
            && (2..=40).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) fn first_line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}
