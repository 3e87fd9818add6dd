//! Who made a package and where it comes from, as its purl and its vendor's page say.

use super::bom::{Part, What};
use crate::model::purl::Purl;
use crate::model::{ComponentId, key};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Seen};

/// What a purl says of who made a package and where it comes from.
pub(super) fn origin(id: &ComponentId, stated: &Purl, part: &Part<'_>, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(namespace) = &stated.namespace {
        match stated.kind.as_str() {
            "deb" | "rpm" | "apk" => {
                out.attribute(id, key::IDENTITY, format!("distribution:{namespace}"), seen.clone())
            }
            "github" | "gitlab" => {
                out.attribute(id, key::IDENTITY, format!("{}:{namespace}", stated.kind), seen.clone());
            }
            _ => {}
        }
    }
    let qualifier = |name: &str| stated.qualifiers.get(name);
    if let Some(address) = qualifier("vcs_url") {
        toolkit::repository(id, address, seen, out);
    }
    let is_told = part.details.iter().any(|detail| {
        detail.what == What::Host || detail.what == What::Download && toolkit::host_of(&detail.text).is_some()
    });
    match (qualifier("download_url"), qualifier("repository_url")) {
        (Some(address), _) => toolkit::fetched_from(id, address, seen, out),
        (None, Some(address)) => {
            // with or without scheme
            let address = if address.contains("://") { address.clone() } else { format!("https://{address}") };
            if let Some(host) = toolkit::host_of(&address) {
                toolkit::distributed_by(id, &host, seen, out);
            }
        }
        (None, None) if !is_told => toolkit::from_default(id, &stated.kind, seen, out),
        _ => {}
    }
}

/// A vendor's page: the owner on a code host, else the domain.
pub(super) fn vendor_site(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    if toolkit::owner_of_address(address).is_some() {
        toolkit::repository_owner_of(id, address, seen, out);
    } else if let Some(host) = toolkit::host_of(address) {
        let domain = host.strip_prefix("www.").unwrap_or(&host);
        out.attribute(id, key::IDENTITY, format!("domain:{domain}"), seen.clone().inferred());
    }
}
