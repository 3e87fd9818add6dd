//! Gaia-X credentials: service offerings with the participant that provides them.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Entry, Node, Value};
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
            tell_of_no_object(file, out);
            return Ok(());
        }
        let root = file.json_or_part(out)?;
        let _ = root.entries();
        for item in root.list() {
            let _ = item.entries();
        }
        root.walk().for_each(ask_for_objects);
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
    let domain = domain(address);
    if domain.is_none() && !participants.contains_key(address) {
        let message = "the provider is neither an address nor a participant of the file";
        out.problem(DiagnosticKind::Unresolved, file, Some(provider.span), message);
    }
    if let Some(domain) = domain {
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

/// A credential or presentation by its name that holds no object at all, such as a token, is not read, and said so.
fn tell_of_no_object(file: &SourceFile, out: &mut Facts<'_>) {
    let name = file.path().name();
    if !name.contains("gaia-x") && ![".vp.json", ".vc.json", ".jsonld"].iter().any(|end| name.ends_with(end)) {
        return;
    }
    let Ok(root) = file.json() else { return };
    let what = match &root.value {
        Value::Text(_) => "a text",
        Value::List(items) if !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Text(_))) => {
            "a list of texts"
        }
        _ => return,
    };
    let message = format!("the file is {what} where an object is expected, and was not read");
    out.problem(DiagnosticKind::Malformed, file, Some(root.span), message);
}

/// The entries, for looking at what may be anything: nothing is expected with this.
fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

/// What stands under these keys are objects, one or several; anything else, such as a token that holds them in
/// encoded form, is not read, and said so.
fn ask_for_objects(node: &Node) {
    const OBJECTS: [&str; 3] = ["@graph", "credentialSubject", "verifiableCredential"];
    for entry in entries(node).iter().filter(|entry| OBJECTS.contains(&short(&entry.key))) {
        // asking is enough: what is no object is told by the engine
        let _ = entry.value.entries();
        for item in entry.value.list() {
            let _ = item.entries();
        }
    }
}

/// True when the type, without its prefix, is one of some: one word, or a list of words.
fn is_a(node: &Node, names: &[&str]) -> bool {
    let types = entries(node).iter().filter(|entry| ["type", "@type"].contains(&&*entry.key)).map(|entry| &entry.value);
    types
        .flat_map(|types| std::iter::once(types).chain(types.list()))
        .filter_map(Node::text)
        .any(|text| names.contains(&short(text)))
}

/// A name without its prefix.
fn short(name: &str) -> &str {
    name.rsplit([':', '/', '#']).next().unwrap_or(name)
}

/// The first of some properties, with or without prefix; `{ "@value": … }` gives what is in it.
fn said<'a>(node: &'a Node, names: &[&str]) -> Option<&'a Node> {
    let of = |name: &str| entries(node).iter().find(|entry| short(&entry.key) == name);
    let value = &names.iter().find_map(|name| of(name))?.value;
    Some(entries(value).iter().find(|entry| &*entry.key == "@value").map_or(value, |entry| &entry.value))
}
