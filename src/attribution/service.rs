//! Declared resources and used services: what they are, who operates them, where they lie.

use super::{Cite, Seen, Work};
use crate::catalog::Catalog;
use crate::catalog::rows::{Provider, Region, Service};
use crate::model::{ComponentId, ComponentKind, Confidence, RelationKind, Verification, key};

pub(super) fn link(work: &mut Work<'_>) {
    for seen in work.components(|kind| matches!(kind, ComponentKind::Service | ComponentKind::Delivery)) {
        one(work, &seen);
    }
}

fn one(work: &mut Work<'_>, seen: &Seen) {
    let catalog = work.catalog;
    let resource_type = seen.first(key::RESOURCE_TYPE).unwrap_or("");
    let service = match seen.first(key::SERVICE) {
        Some(id) => catalog.service(id),
        None => catalog.service_by_type(resource_type),
    };
    if let Some(service) = service {
        describe(work, &seen.id, service, checked(catalog, seen, resource_type, service));
    }
    let Some((provider, region)) = operator(work, seen, service, resource_type) else {
        // a service without a cloud behind it: its supplier answers
        if let Some(organisation) = service.and_then(|service| service.organisation.as_deref())
            && let Some(service) = service
        {
            supplied_by(work, &seen.id, organisation, service);
        } else {
            super::party::provider(work, seen);
        }
        beneath(work, seen, service);
        return;
    };
    if let Some(region) = region {
        place(work, &seen.id, region, Confidence::Certain);
    }
    // instances of one resource may lie in several regions
    for other in seen.all(key::REGION).skip(1).filter_map(|code| catalog.region(&provider.id, code)) {
        place(work, &seen.id, other, Confidence::Certain);
    }
    provided_by(work, &seen.id, provider, region, Confidence::Certain);
}

/// How well it is checked that this is the service: what names the service by its type may be known less well than
/// the service.
fn checked(catalog: &Catalog, seen: &Seen, resource_type: &str, service: &Service) -> Verification {
    if seen.first(key::SERVICE).is_some() || catalog.service_by_terraform(resource_type).is_some() {
        return service.verification;
    }
    catalog.resource_type(resource_type).map_or(service.verification, |row| row.verification.min(service.verification))
}

fn describe(work: &mut Work<'_>, id: &ComponentId, service: &Service, checked: Verification) {
    let cite = Cite { verification: checked, ..service_cite(service) };
    work.note(id, key::SERVICE, &service.id, &cite);
    work.note(id, key::CAPABILITY, &service.capability, &cite);
    work.note(id, key::DATA_CLASS, if service.stateful { "stateful" } else { "stateless" }, &cite);
    work.note(id, key::LOCK_IN, service.effort_max.as_deref().unwrap_or(&service.effort), &cite);
    work.note(id, key::API, if service.open_api { "open" } else { "proprietary" }, &cite);
}

fn service_cite(service: &Service) -> Cite<'_> {
    Cite {
        entry: format!("service/{}", service.id),
        source: &service.source,
        verification: service.verification,
        confidence: Confidence::Certain,
    }
}

/// The cloud that runs a resource, and the region, where the catalog knows it.
fn operator<'c>(
    work: &Work<'c>,
    seen: &Seen,
    service: Option<&'c Service>,
    resource_type: &str,
) -> Option<(&'c Provider, Option<&'c Region>)> {
    let catalog = work.catalog;
    let by_host = seen
        .all(key::IDENTITY)
        .filter_map(|identity| identity.strip_prefix("operator-host:"))
        .find_map(|host| catalog.provider_by_host(host));
    let backend = seen.first(key::PROVIDER).filter(|_| resource_type.starts_with("terraform-backend/"));
    let usual = service
        .and_then(|service| service.provider.as_deref())
        .and_then(|id| catalog.provider(id))
        .or_else(|| catalog.provider_by_type(backend.unwrap_or(resource_type)));
    let provider = by_host.or(usual)?;
    let region = seen.first(key::REGION).and_then(|code| catalog.region(&provider.id, code));
    // a partition run by another legal person: the region table says so
    let realm = region.and_then(|region| catalog.provider_of_realm(region));
    Some((realm.unwrap_or(provider), region))
}

pub(super) fn provided_by(
    work: &mut Work<'_>,
    id: &ComponentId,
    provider: &Provider,
    region: Option<&Region>,
    confidence: Confidence,
) {
    let in_eu = region.and_then(|region| region.country).is_some_and(|country| {
        work.catalog.group_members("eu", work.as_of).is_some_and(|members| members.contains(&country))
    }) || region.and_then(|region| region.within.as_deref()) == Some("eu");
    let organisation = provider.eu_entity.as_deref().filter(|_| in_eu).unwrap_or(&provider.organisation);
    let Some(node) = work.organisation(organisation) else { return };
    let cite = Cite {
        entry: format!("provider/{}", provider.id),
        source: &provider.source,
        verification: provider.verification,
        confidence,
    };
    work.relate(id, RelationKind::ProvidedBy, &node, &cite);
}

/// The clouds of others that a service runs on, and where there: who operates those can stop it as well.
fn beneath(work: &mut Work<'_>, seen: &Seen, service: Option<&Service>) {
    let catalog = work.catalog;
    let named: Vec<&Provider> = seen.all(key::CLOUD).filter_map(|word| catalog.provider_by_word(word)).collect();
    if named.is_empty() && service.is_none() {
        return;
    }
    let mut clouds: Vec<(&Provider, Option<&Region>)> = Vec::new();
    for text in seen.all(key::REGION) {
        let mut at: Vec<(&Provider, &Region)> =
            named.iter().filter_map(|cloud| Some((*cloud, catalog.region_named(&cloud.id, text)?))).collect();
        if at.is_empty() {
            let written = catalog.provider_and_region(text);
            at.extend(written.and_then(|(cloud, rest)| Some((cloud, catalog.region_named(&cloud.id, rest)?))));
        }
        // clouds call different regions by one name: where several are meant, nobody says whose this is
        let confidence = if at.len() > 1 { Confidence::Possible } else { Confidence::Certain };
        for (cloud, region) in at {
            place(work, &seen.id, region, confidence);
            clouds.push((catalog.provider_of_realm(region).unwrap_or(cloud), Some(region)));
        }
    }
    for cloud in named {
        if !clouds.iter().any(|(_, region)| region.is_some_and(|region| region.provider == cloud.id)) {
            clouds.push((cloud, None));
        }
    }
    for (cloud, region) in clouds {
        provided_by(work, &seen.id, cloud, region, Confidence::Certain);
    }
}

fn supplied_by(work: &mut Work<'_>, id: &ComponentId, organisation: &str, service: &Service) {
    if let Some(node) = work.organisation(organisation) {
        let cite = service_cite(service);
        work.relate(id, RelationKind::ProvidedBy, &node, &cite);
    }
}

/// Where something is; the region itself is where it is for certain.
pub(super) fn place(work: &mut Work<'_>, id: &ComponentId, region: &Region, confidence: Confidence) {
    let node = ComponentId::region(&region.provider, &region.code);
    let cite = Cite {
        entry: format!("region/{}/{}", region.provider, region.code),
        source: &region.source,
        verification: region.verification,
        confidence: Confidence::Certain,
    };
    let here = Cite { entry: cite.entry.clone(), confidence, ..cite };
    work.component(&node, ComponentKind::Region, &cite);
    work.relate(id, RelationKind::HostedIn, &node, &here);
    if let Some(country) = region.country {
        let state = ComponentId::jurisdiction(country.as_str());
        work.component(&state, ComponentKind::Jurisdiction, &cite);
        work.relate(&node, RelationKind::HostedIn, &state, &cite);
        work.note(id, key::COUNTRY, country.as_str(), &here);
    } else if let Some(group) = &region.within {
        // in some state of a bloc: its law reaches there, and no state's is said to
        let bloc = group.to_ascii_uppercase();
        let state = ComponentId::jurisdiction(&bloc);
        work.component(&state, ComponentKind::Jurisdiction, &cite);
        work.relate(&node, RelationKind::HostedIn, &state, &cite);
        work.note(id, key::WITHIN, &bloc, &here);
    }
}
