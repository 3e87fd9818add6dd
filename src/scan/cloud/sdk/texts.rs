//! Imports, and addresses in literals, of which no call told what they are for.

use super::facts::Writer;
use super::resolve::below;
use super::syntax::inside;
use crate::model::key;
use crate::scan::cloud::address::{addresses, bare_address};
use crate::scan::cloud::api::{address_by_number, calls_service, is_fetched_from, region_in_host};
use crate::scan::cloud::endpoint::{is_link, service_of_import};
use crate::text::Span;

impl Writer<'_, '_, '_, '_> {
    /// SDKs that are imported, where no call says more.
    pub(super) fn imports(&mut self) {
        let language = self.reading.language;
        for import in &self.reading.imports.all {
            let full = import.full();
            // types, errors and stubs for checkers are no use of a service
            if full.split(['.', '/']).any(|part| matches!(part, "types" | "type_defs" | "literals" | "errors")) {
                continue;
            }
            if self.understood.iter().any(|package| below(&full, package).is_some()) {
                continue;
            }
            let mut rows = self.catalog.sdk_calls_of(language.word()).filter(|row| !row.self_hosted);
            let by_row = rows.find_map(|row| {
                let (capture, rest) = below(&full, &row.package)?;
                if let Some((ecosystem, name)) = row.sdk.as_deref().and_then(|sdk| sdk.split_once(':')) {
                    return Some((self.catalog.service_by_sdk(ecosystem, &name.replace('*', capture))?, row));
                }
                // a name that the row speaks of
                let is_named =
                    row.calls.iter().any(|call| !rest.is_empty() && call.split('.').next() == rest.rsplit('.').next());
                Some((self.catalog.service(row.service.as_deref().filter(|_| is_named)?)?, row))
            });
            let file = self.file.path().name();
            let by_package = || {
                service_of_import(&full, file, self.catalog)
                    .or_else(|| service_of_import(&import.module, file, self.catalog))
                    .map(|service| (service, self.speaks_to_others(&full)))
            };
            let found = by_row.map(|(service, row)| (service, row.compatible && row.sdk.is_none())).or_else(by_package);
            let Some((service, is_compatible)) = found.filter(|(service, _)| !is_fetched_from(service)) else {
                continue;
            };
            let seen = self.file.at(import.span);
            let seen = if is_compatible { seen.inferred() } else { seen };
            let id = calls_service(self.project, service, &seen, self.out);
            if is_compatible {
                self.out.attribute(&id, key::ADDRESS, "not-known", seen);
            }
        }
    }

    /// True when clients of an imported package may be told to speak to somebody else.
    fn speaks_to_others(&self, full: &str) -> bool {
        let mut rows = self.catalog.sdk_calls_of(self.reading.language.word());
        rows.any(|row| row.compatible && !row.package.contains('*') && below(full, &row.package).is_some())
    }

    /// Addresses of known services in literals.
    pub(super) fn texts(&mut self) {
        let text = self.reading.text;
        for node in &self.reading.strings {
            let range = inside(*node, text);
            let literal = text.get(range.clone()).unwrap_or_default();
            if literal.contains("://")
                && let Some(address) = address_by_number(literal)
            {
                let seen = self.file.at(Span::new(range.start, range.end));
                self.out.attribute(self.project, key::STATIC_ADDRESS, address, seen);
            }
            if !literal.contains('.') || self.read_already.contains(&range.start) {
                continue;
            }
            let bare = bare_address(literal.trim());
            let found = if bare.is_some() { Vec::new() } else { addresses(literal) };
            for address in found.into_iter().filter(|address| is_used(literal, address.span.start)).chain(bare) {
                let service = self.catalog.service_by_host(&address.host).filter(|service| !is_fetched_from(service));
                let Some(service) = service.filter(|_| !is_link(&literal[address.span.end..])) else { continue };
                let seen = self.file.at(address.span.shifted(range.start)).inferred();
                let id = calls_service(self.project, service, &seen, self.out);
                if let Some(region) = region_in_host(&address.host, service, self.catalog) {
                    self.out.attribute(&id, key::REGION, region, seen);
                }
            }
        }
    }
}

/// True when an address in a literal is used: the literal is one word, or a line of a text for a shell or a setting.
/// In a sentence it is only mentioned.
fn is_used(literal: &str, at: usize) -> bool {
    let before = &literal[..at];
    let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
    let words = line.trim_start();
    if !literal.trim().contains(char::is_whitespace) || words.starts_with("http") && !literal.contains(' ') {
        return true;
    }
    let word = words.rsplit(char::is_whitespace).next().unwrap_or_default();
    words.starts_with("curl ") || words.starts_with("wget ") || word.contains(['=', '"', '\''])
}
