//! Gaia-X credentials: service offerings with the participant that provides them.

use std::collections::BTreeMap;

use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `gaia-x`.
pub struct GaiaX;

static META: ScannerMeta = ScannerMeta {
    id: "gaia-x",
    title: "Gaia-X credentials",
    summary: "Service offerings of JSON-LD credentials and presentations with their provider: legal name and did:web \
              domain. A participant without an offering is nobody that the system needs.",
    files: &[
        "**/*.jsonld",
        "**/*gaia-x*.json",
        "**/*self-description*.json",
        "**/*participant*.json",
        "**/*.vp.json",
        "**/*.vc.json",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Service],
    reference: "https://docs.gaia-x.eu/technical-committee/identity-credential-access-management/",
};

impl Scanner for GaiaX {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        // the names are those of other vocabularies too: the words in the file decide
        if !["gaia-x", "gx:", "gax-"].iter().any(|word| file.text().contains(word)) {
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        let parties = root.walk().filter(|node| is_a(node, &["LegalParticipant", "LegalPerson", "Participant"]));
        let named =
            parties.filter_map(|node| Some((said(node, &["id", "@id"])?.text()?, said(node, &["legalName", "name"])?)));
        let participants: BTreeMap<&str, &Node> = named.collect();
        for offering in root.walk().filter(|node| is_a(node, &["ServiceOffering"])) {
            write(offering, &participants, file, out);
        }
        Ok(())
    }
}

fn write(offering: &Node, participants: &BTreeMap<&str, &Node>, file: &SourceFile, out: &mut Facts<'_>) {
    let id = said(offering, &["id", "@id"]);
    let Some(name) = said(offering, &["name", "title", "serviceTitle"]).or(id) else { return };
    let Some(text) = name.text() else { return };
    let service = ComponentId::of("service", format_args!("gaia-x/{text}"));
    let project = ComponentId::project(&file.folder());
    out.component(&project, ComponentKind::Project, file.whole());
    out.component(&service, ComponentKind::Service, file.at(name.span));
    out.attribute(&service, key::NAME, text, file.at(name.span));
    out.relation(&project, RelationKind::Calls, &service, file.at(name.span));
    let Some(provider) = said(offering, &["providedBy", "offeredBy"]) else { return };
    let provider = said(provider, &["id", "@id"]).unwrap_or(provider);
    let Some(address) = provider.text() else { return };
    if let Some(domain) = domain(address) {
        out.attribute(&service, key::IDENTITY, format!("domain:{domain}"), file.at(provider.span));
    }
    if let Some((legal_name, text)) = participants.get(address).and_then(|node| Some((*node, node.text()?))) {
        out.attribute(&service, key::VENDOR, text, file.at(legal_name.span));
    }
}

/// `did:web:example.org:path` and `https://example.org/…`.
fn domain(address: &str) -> Option<String> {
    let host = match address.strip_prefix("did:web:") {
        Some(rest) => rest.split([':', '#', '/']).next()?.split("%3A").next()?.to_ascii_lowercase(),
        None => toolkit::host_of(address)?,
    };
    host.contains('.').then(|| host.strip_prefix("www.").unwrap_or(&host).to_owned())
}

/// True when the type, without its prefix, is one of some.
fn is_a(node: &Node, names: &[&str]) -> bool {
    let types = ["type", "@type"].iter().filter_map(|key| node.get(key));
    types.flat_map(|types| std::iter::once(types).chain(types.list())).filter_map(Node::text).any(|text| {
        let short = text.rsplit([':', '/', '#']).next().unwrap_or(text);
        names.contains(&short)
    })
}

/// The first of some properties, with or without prefix; `{ "@value": … }` gives what is in it.
fn said<'a>(node: &'a Node, names: &[&str]) -> Option<&'a Node> {
    let short = |key: &'a str| key.rsplit([':', '/', '#']).next().unwrap_or(key);
    let entry = names.iter().find_map(|name| node.entries().iter().find(|entry| short(&entry.key) == *name))?;
    Some(entry.value.get("@value").unwrap_or(&entry.value))
}
