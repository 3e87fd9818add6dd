//! Gaia-X credentials: service offerings with the participant that provides them.

mod token;

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Entry, Node, Value};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `gaia-x`.
pub struct GaiaX;

static META: ScannerMeta = ScannerMeta {
    id: "gaia-x",
    title: "Gaia-X credentials",
    summary: "Service offerings of credentials and presentations with their provider (legal name, did:web domain, country \
              of the headquarters) and label: JSON-LD, and VC 2.0 as JWT, whose payload is read and whose signature is \
              not checked. Everything is a claim of the issuer. A participant without an offering is nobody that the \
              system needs.",
    files: &[
        "**/*.jsonld",
        "**/*gaia-x*.json",
        "**/*self-description*.json",
        "**/*participant*.json",
        "**/*.vp.json",
        "**/*.vc.json",
        "**/*.jwt",
        "**/*.vp.jwt",
        "**/*.vc.jwt",
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
        let is_token = file.path().name().ends_with(".jwt");
        // the names are those of other vocabularies too: the words in the file decide
        let is_ours = ["gaia-x", "gx:", "gax-"].iter().any(|word| file.text().contains(word));
        let mut claims = tokens(file, is_token);
        if is_token {
            if claims.is_empty() {
                out.problem(DiagnosticKind::Malformed, file, None, "no token with a payload that can be read");
            }
        } else if !is_ours && claims.is_empty() {
            tell_of_no_object(file, out);
            return Ok(());
        } else if is_ours {
            let root = file.json_or_part(out)?;
            let _ = root.entries();
            for item in root.list() {
                let _ = item.entries();
            }
            if claims.is_empty() {
                root.walk().for_each(ask_for_objects);
            }
            let is_signed = root.walk().any(|node| said(node, &["proof"]).is_some());
            claims.push(Claim { root: Root::File(root), is_signed, file });
        }
        // what one credential says of a participant counts for the offerings of all
        let mut parties = Parties::default();
        for claim in &claims {
            parties.read(claim);
        }
        for claim in &claims {
            for offering in claim.node().walk().filter(|node| is_a(node, &["ServiceOffering"])).flat_map(subjects) {
                write(offering, claim, &parties, input, out);
            }
        }
        Ok(())
    }
}

/// What was read, and where it stands in the file.
struct Claim<'f> {
    root: Root<'f>,
    is_signed: bool,
    file: &'f SourceFile,
}

enum Root<'f> {
    File(&'f Node),
    /// The payload of a token, and the token's place.
    Token(Node, Span),
}

impl Claim<'_> {
    fn node(&self) -> &Node {
        match &self.root {
            Root::File(node) => node,
            Root::Token(node, _) => node,
        }
    }

    /// The place of a node; one in a token has no line of its own, and nobody vouches for it.
    fn at(&self, node: &Node) -> Seen {
        match &self.root {
            Root::File(_) => self.file.at(node.span),
            Root::Token(_, span) => self.file.at(*span).inferred().without_excerpt(),
        }
    }
}

/// The tokens of a file: a file of one, or texts in JSON.
fn tokens(file: &SourceFile, is_token: bool) -> Vec<Claim<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    // nothing but tokens is looked for in files of another kind
    while let Some((start, end)) = file.text().get(from..).and_then(token::find).filter(|_| found.len() < TOKENS) {
        let span = Span::new(from + start, from + end);
        let payloads = token::read(&file.text()[span.start..span.end]).into_iter();
        found.extend(payloads.map(|one| Claim {
            root: Root::Token(one.payload, span),
            is_signed: one.is_signed,
            file,
        }));
        from = span.end;
    }
    let is_gaia_x = |claim: &Claim<'_>| {
        let words = claim.node().walk().filter_map(token::text_of);
        words.into_iter().any(|text| text.contains("gaia-x") || text.starts_with("gx:"))
    };
    found.retain(|claim| is_token || is_gaia_x(claim));
    found
}

/// Tokens of one file that are read.
const TOKENS: usize = 500;

/// Participants and labels by the id that offerings name them by.
#[derive(Default)]
struct Parties {
    names: BTreeMap<String, (String, Seen)>,
    countries: BTreeMap<String, (String, Seen)>,
    labels: BTreeMap<String, (String, Seen)>,
}

impl Parties {
    fn read(&mut self, claim: &Claim<'_>) {
        for node in claim.node().walk() {
            if is_a(node, &["LegalParticipant", "LegalPerson", "Participant"]) {
                for subject in subjects(node) {
                    self.party(subject, claim);
                }
            }
            if is_a(node, &["LabelCredential", "Label"]) {
                for subject in subjects(node) {
                    let level = said(subject, &["labelLevel", "level", "hasLevel"]);
                    if let (Some(id), Some(level)) = (text_at(subject, &["id", "@id"]), level)
                        && let Some(text) = level.text()
                    {
                        self.labels.insert(id.to_owned(), (text.to_owned(), claim.at(level)));
                    }
                }
            }
        }
    }

    fn party(&mut self, subject: &Node, claim: &Claim<'_>) {
        let Some(id) = text_at(subject, &["id", "@id"]) else { return };
        if let Some(name) = said(subject, &["legalName", "name"])
            && let Some(text) = name.text()
        {
            self.names.insert(id.to_owned(), (text.to_owned(), claim.at(name)));
        }
        let address = said(subject, &["headquartersAddress", "headquarterAddress", "legalAddress"]);
        let code = address.and_then(|node| said(node, &["countryCode", "countrySubdivisionCode", "country-name"]));
        if let Some((node, text)) = code.and_then(|node| Some((node, node.text()?))) {
            // `BE-BRU` is in `BE`
            let country = text.split('-').next().unwrap_or(text).to_ascii_uppercase();
            self.countries.insert(id.to_owned(), (country, claim.at(node)));
        }
    }
}

/// What a credential speaks of; a node that is no credential speaks of itself.
fn subjects(node: &Node) -> Vec<&Node> {
    match said(node, &["credentialSubject"]).map(|subject| (&subject.value, subject)) {
        Some((Value::List(items), _)) => items.iter().collect(),
        Some((Value::Map(_), subject)) => vec![subject],
        _ => vec![node],
    }
}

fn text_at<'a>(node: &'a Node, names: &[&str]) -> Option<&'a str> {
    said(node, names)?.text()
}

fn write(offering: &Node, claim: &Claim<'_>, parties: &Parties, input: &Input<'_>, out: &mut Facts<'_>) {
    let file = claim.file;
    let id = said(offering, &["id", "@id"]);
    let Some(name) = said(offering, &["name", "title", "serviceTitle"]).or(id) else { return };
    let Some(text) = name.text() else { return };
    let service = ComponentId::of("service", format_args!("gaia-x/{text}"));
    let project = ComponentId::project(&file.folder());
    out.component(&project, ComponentKind::Project, file.whole());
    out.component(&service, ComponentKind::Service, claim.at(name));
    out.attribute(&service, key::NAME, text, claim.at(name));
    out.attribute(&service, key::SIGNATURE, if claim.is_signed { "unchecked" } else { "unsigned" }, claim.at(name));
    out.relation(&project, RelationKind::Calls, &service, claim.at(name));
    if let Some((label, seen)) = id.and_then(token::text_of).and_then(|id| parties.labels.get(id)) {
        out.attribute(&service, key::LABEL, format!("gaia-x {label}"), seen.clone());
    }
    let Some(provider) = said(offering, &["providedBy", "offeredBy"]) else { return };
    let provider = said(provider, &["id", "@id"]).unwrap_or(provider);
    let Some(address) = provider.text() else { return };
    let domain = domain(address);
    if domain.is_none() && !parties.names.contains_key(address) {
        let message = "the provider is neither an address nor a participant of the file";
        let span = matches!(claim.root, Root::File(_)).then_some(provider.span);
        out.problem(DiagnosticKind::Unresolved, file, span, message);
    }
    if let Some(domain) = domain {
        out.attribute(&service, key::IDENTITY, format!("domain:{domain}"), claim.at(provider));
    }
    if let Some((name, seen)) = parties.names.get(address) {
        out.attribute(&service, key::VENDOR, name, seen.clone());
    }
    if let Some((country, seen)) = parties.countries.get(address) {
        let known = crate::model::CountryCode::new(country).filter(|code| input.catalog.is_country(*code));
        if known.is_some() {
            out.attribute(&service, key::VENDOR_COUNTRY, country, seen.clone());
        }
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
