//! What a part of a bill of materials is in our terms: which image, which model, which product.

use super::bom::{Part, Said, What};
use crate::catalog::Catalog;
use crate::catalog::sku::{Asked, Sku};
use crate::model::purl::{ImageReference, Purl};
use crate::model::{ComponentId, purl};
use crate::scan::model::reference::hub_id;

/// A model or data set: its id, the name a person uses, and whether the hub has it.
pub(super) struct Hubbed {
    pub(super) id: ComponentId,
    pub(super) name: String,
    pub(super) organisation: Option<String>,
}

/// A text as a reference that leads out of the document.
pub(super) fn is_outside(reference: &str) -> bool {
    reference.starts_with("urn:cdx:") || reference.starts_with("DocumentRef-")
}

/// The name with its group.
pub(super) fn grouped(part: &Part<'_>) -> String {
    let name = part.name.map_or("", |said| said.text);
    match part.group {
        Some(group) => format!("{}/{name}", group.text),
        None => name.to_owned(),
    }
}

/// A version that is one: not a range, as some tools write there what a manifest asks for.
pub(super) fn exact<'a>(said: Option<Said<'a>>) -> Option<Said<'a>> {
    said.filter(|said| {
        let ranges = |c: char| matches!(c, '<' | '>' | '=' | '^' | '~' | '*' | '|' | ',' | ' ');
        // `~` and `^` stand inside of Debian's and RPM's own versions
        !said.text.starts_with(ranges) && !said.text.contains(['<', '>', '=', '*', '|', ',', ' '])
    })
}

/// The image that a part is: by the full name that people use, else by the purl, else by name and version.
pub(super) fn image(part: &Part<'_>, purl: Option<&Purl>) -> Option<ImageReference> {
    let located = purl.and_then(Purl::image);
    let named = part.name.and_then(|said| ImageReference::parse(said.text));
    match (named, located) {
        // the name has the tag that manifests use; the purl has the digest, which is told apart from the id
        (Some(named), Some(located))
            if named.registry == located.registry
                && named.repository == located.repository
                && (named.tag.is_some() || named.digest.is_some()) =>
        {
            Some(named)
        }
        (_, Some(located)) => Some(located),
        // a purl that does not say from where is no reason to look at a public registry
        (Some(mut named), None) if purl.is_none() || part.name.is_some_and(|said| said.text.contains('/')) => {
            let version = part.version.map(|said| said.text).filter(|text| !text.contains([':', ' ', '+']));
            if named.tag.is_none() && named.digest.is_none() {
                named.tag = version.map(str::to_owned);
            }
            Some(named)
        }
        _ => None,
    }
}

/// The digest that version or purl state of an image.
pub(super) fn digest(part: &Part<'_>, purl: Option<&Purl>) -> Option<String> {
    let stated = purl.and_then(|purl| purl.version.as_deref()).into_iter().chain(part.version.map(|said| said.text));
    stated.filter(|text| text.starts_with("sha256:")).map(str::to_owned).next()
}

/// A model: on the hub that purl or addresses name, else known by its name alone.
pub(super) fn model(part: &Part<'_>, purl: Option<&Purl>) -> Hubbed {
    let from_purl = purl.filter(|purl| purl.kind == "huggingface").map(Purl::full_name);
    let pages =
        part.details.iter().filter(|detail| matches!(detail.what, What::Download | What::Site | What::Repository));
    let from_page = || pages.filter(|page| page.text.contains("huggingface.co/")).find_map(|page| hub_id(&page.text));
    if let Some(name) = from_purl.or_else(|| from_page().map(str::to_owned)) {
        let organisation = name.split_once('/').map(|(organisation, _)| organisation.to_owned());
        return Hubbed { id: ComponentId::model("huggingface", &name), name, organisation };
    }
    let name = grouped(part);
    match purl {
        Some(purl) => Hubbed { id: purl.id(), name: purl.full_name(), organisation: None },
        None => Hubbed { id: ComponentId::model("generic", &name), name, organisation: None },
    }
}

/// A data set, as [`model`].
pub(super) fn dataset(part: &Part<'_>, purl: Option<&Purl>) -> Hubbed {
    let from_purl = purl.filter(|purl| purl.kind == "huggingface").map(Purl::full_name);
    let pages =
        part.details.iter().filter(|detail| matches!(detail.what, What::Download | What::Site | What::Repository));
    let mut from_page = pages.filter_map(|page| {
        let (_, rest) = page.text.split_once("huggingface.co/datasets/")?;
        hub_id(rest)
    });
    let name = from_purl.or_else(|| from_page.next().map(str::to_owned));
    if let Some(name) = name {
        let name = name.strip_prefix("datasets/").unwrap_or(&name).to_owned();
        let organisation = name.split_once('/').map(|(organisation, _)| organisation.to_owned());
        return Hubbed { id: ComponentId::of("dataset", format_args!("huggingface/{name}")), name, organisation };
    }
    let name = grouped(part);
    match purl {
        Some(purl) => Hubbed { id: purl.id(), name: purl.full_name(), organisation: None },
        None => Hubbed { id: ComponentId::of("dataset", format_args!("generic/{name}")), name, organisation: None },
    }
}

/// The accelerator that a device is, when its PCI id or name means one product, or one of several.
pub(super) fn accelerator(part: &Part<'_>, catalog: &Catalog) -> Option<ComponentId> {
    let name = part.name?.text;
    let said = |what| part.details.iter().find(|detail| detail.what == what).map(|detail| &*detail.text);
    // a name alone is often that of a family: the maker stands beside it
    let whole = said(What::Vendor).map(|vendor| format!("{vendor} {name}"));
    for name in [Some(name), whole.as_deref()].into_iter().flatten() {
        let asked = Asked { pci: said(What::PciId), name: Some(name), is_exact: true, ..Asked::default() };
        match catalog.sku(asked) {
            Sku::One(row) => return Some(ComponentId::accelerator(&row.id)),
            Sku::Several(_) => return Some(ComponentId::unknown_accelerator(name)),
            Sku::Unknown => {}
        }
    }
    None
}

/// Products that a device of no known product may be.
pub(super) fn candidates(id: &ComponentId, part: &Part<'_>, catalog: &Catalog) -> Vec<String> {
    let number = part.details.iter().find(|detail| detail.what == What::PciId).map(|detail| &*detail.text);
    let Some(name) = id.rest().strip_prefix("?/") else { return Vec::new() };
    match catalog.sku(Asked { pci: number, name: Some(name), is_exact: true, ..Asked::default() }) {
        Sku::Several(rows) => rows.iter().map(|row| row.id.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// The id of a part without purl.
pub(super) fn generic(part: &Part<'_>, version: Option<&str>) -> ComponentId {
    let name = part.name.map_or("", |said| said.text);
    purl::build("generic", part.group.map(|said| said.text), name, version, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::sbom::bom::Sort;
    use crate::text::Span;

    fn said(text: &str) -> Option<Said<'_>> {
        Some(Said { text, span: Span::default() })
    }

    #[test]
    fn versions_and_ranges() {
        for good in ["1.2.3", "v1", "2:1.0~rc1-3", "1.0^git1", "latest"] {
            assert!(exact(said(good)).is_some(), "{good}");
        }
        for range in ["^1.2", "~> 1.2", ">= 1", "1.x || 2.x", "1.*", "=1", "~1"] {
            assert!(exact(said(range)).is_none(), "{range}");
        }
    }

    #[test]
    fn images_by_name_and_purl() {
        let read = |name, version: Option<&'static str>, purl: Option<&str>| {
            let mut part = Part::new(Sort::Image, Span::default());
            (part.name, part.version) = (said(name), version.and_then(said));
            let purl = purl.map(|text| purl::parse(text).expect("is sound"));
            image(&part, purl.as_ref()).map(|image| image.full_name())
        };
        let located = Some("pkg:oci/y@sha256:00?repository_url=ghcr.io/x/y");
        assert_eq!(read("ghcr.io/x/y:1", Some("sha256:00"), None).as_deref(), Some("ghcr.io/x/y:1"));
        assert_eq!(read("ghcr.io/x/y:1", None, located).as_deref(), Some("ghcr.io/x/y:1"));
        assert_eq!(read("y", None, located).as_deref(), Some("ghcr.io/x/y@sha256:00"));
        assert_eq!(read("nginx", Some("1.27"), None).as_deref(), Some("docker.io/library/nginx:1.27"));
        assert_eq!(read("y", None, Some("pkg:oci/y@sha256:00")), None);
        assert_eq!(read("My Image", None, None), None);
    }
}
