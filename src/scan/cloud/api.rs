//! Writing the use of a known hosted service.

use crate::catalog::Catalog;
use crate::catalog::rows::Service;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::package::toolkit::host_of;
use crate::scan::{Facts, Seen, SourceFile};
use crate::text::Span;

/// The component of a hosted service as used by code: one per service, whoever uses it.
pub(crate) fn calls_service(user: &ComponentId, service: &Service, seen: &Seen, out: &mut Facts<'_>) -> ComponentId {
    let id = ComponentId::of("api", &service.id);
    out.component(&id, ComponentKind::Service, seen.clone());
    out.attribute(&id, key::SERVICE, &service.id, seen.clone());
    out.relation(user, RelationKind::Calls, &id, seen.clone());
    id
}

/// Addresses in a setting's value: those of known services are calls.
pub(crate) fn calls_in(
    user: &ComponentId,
    text: &str,
    catalog: &Catalog,
    file: &SourceFile,
    span: Span,
    out: &mut Facts<'_>,
) {
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'')) {
        let word = word.rsplit_once('=').map_or(word, |(_, value)| value);
        if !word.contains("://") {
            continue;
        }
        if let Some(host) = host_of(word)
            && let Some(service) = catalog.service_by_host(&host)
        {
            let id = calls_service(user, service, &file.at(span), out);
            if let Some(region) = region_in_host(&host, service, catalog) {
                out.attribute(&id, key::REGION, region, file.at(span).inferred());
            }
        }
    }
}

/// The label of a host that is a region of the service's provider.
pub(crate) fn region_in_host(host: &str, service: &Service, catalog: &Catalog) -> Option<String> {
    let provider = service.provider.as_deref()?;
    host.split('.')
        .flat_map(|label| std::iter::once(label).chain(label.strip_suffix("-aiplatform")))
        .find(|label| catalog.region(provider, label).is_some_and(|region| region.code.eq_ignore_ascii_case(label)))
        .map(str::to_owned)
}
