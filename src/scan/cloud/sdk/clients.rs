//! Clients that speak to somebody else than their SDK is made for, and the sessions that clients are made on.

use std::collections::BTreeMap;

use super::arguments::Arguments;
use super::facts::Writer;
use super::reading::Call;
use super::resolve::{Target, outermost};
use super::syntax::{of, path};
use crate::catalog::rows::{SdkCall, Service};
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::Seen;
use crate::text::is_public_host;

/// The region that a session has, with the place that says so.
pub(super) type Region = Option<(String, Seen)>;

impl<'a, 't> Writer<'a, 't, '_, '_> {
    /// The host of a client that no table knows: who owns it is open, what it is for is not.
    pub(super) fn unknown_host(&mut self, host: &str, service: &Service, seen: &Seen) {
        if !is_public_host(host) {
            return;
        }
        let id = ComponentId::host(host);
        self.out.component(&id, ComponentKind::Host, seen.clone());
        self.out.attribute(&id, key::CAPABILITY, &service.capability, seen.clone());
        self.out.relation(self.project, RelationKind::Calls, &id, seen.clone());
    }

    /// Adds the address that is set after the call: `config := DefaultConfig(key); config.BaseURL = address`.
    pub(super) fn set_later(&mut self, call: &Call<'t>, row: &SdkCall, given: &mut Arguments<'t>) {
        if !row.compatible || row.endpoint.is_empty() || given.find(&row.endpoint).is_some() {
            return;
        }
        let reading = self.reading;
        let names = self.named.get_or_insert_with(|| {
            let values = reading.names.iter().flat_map(|(name, all)| all.iter().map(|binding| (*name, binding.value)));
            let made = values.filter_map(|(name, value)| Some((outermost(value?, reading.text).id(), name)));
            made.collect::<BTreeMap<usize, &'t str>>()
        });
        let Some(name) = names.get(&call.node.id()).copied() else { return };
        for endpoint in row.endpoint.iter().filter(|endpoint| endpoint.parse::<usize>().is_err()) {
            let full = format!("{name}.{endpoint}");
            let Some((full, _)) = reading.names.get_key_value(full.as_str()) else { continue };
            let set = reading.values(full, call.scope);
            let value = set.iter().rfind(|set| set.at > call.node.start_byte()).and_then(|set| set.value);
            given.named.extend(value.map(|value| (full.rsplit('.').next().unwrap_or(full), value)));
        }
    }

    /// The other service that an argument makes the call a client of.
    pub(super) fn switched(&self, row: &SdkCall, given: &Arguments<'t>) -> Option<&'a Service> {
        let (name, wanted) = row.switch.as_deref().map(|switch| switch.split_once('=').unwrap_or((switch, "true")))?;
        let (_, value) = given.named.iter().find(|(is, _)| *is == name)?;
        let last = path(*value, self.reading.text).names.last().copied().unwrap_or_default();
        let is_on = last == wanted || of(*value, self.reading.text).eq_ignore_ascii_case(wanted);
        self.catalog.service(row.switched.as_deref().filter(|_| is_on)?)
    }

    /// The service of the client that something is asked of, where that was made one of another service.
    pub(super) fn made_as(&self, target: &Target, row: &SdkCall) -> Option<&'a Service> {
        let own = row.service.as_deref()?;
        let client = match target.client {
            Some(client) => self.clients.get(&client)?,
            None if target.is_known || self.clients.len() != 1 => return None,
            None => self.clients.values().next()?,
        };
        client.service.filter(|service| client.is_switched && &*service.id != own)
    }

    /// What the session says on which a client is made: nothing for a client that is made on none.
    pub(super) fn session_of(&self, target: &Target) -> Option<&Region> {
        self.sessions.get(&target.client?)
    }
}

/// True for a call that makes a session: what it says holds for what is made on it.
pub(super) fn is_session(target: &Target) -> bool {
    target.names.last().is_some_and(|name| name == "Session")
}

/// True for what holds only where a client is made on it or given it.
pub(super) fn is_handed_on(target: &Target) -> bool {
    is_session(target) || target.names.last().is_some_and(|name| name == "Config")
}

/// True for a client that is made by the package itself, with nothing that holds settings.
pub(super) fn is_on_its_own(target: &Target, given: &Arguments<'_>) -> bool {
    // what is given in words alone hands nothing on: `boto3.client("s3")`, but not `Session(boto3.Session())`
    let is_handed = |kind: &str| matches!(kind, "call" | "call_expression" | "identifier" | "attribute");
    target.is_known
        && target.client.is_none()
        && !given.is_open
        && given.named.iter().all(|(name, _)| *name != "config" && !name.contains("session"))
        && !given.positional.iter().any(|node| is_handed(node.kind()))
}
