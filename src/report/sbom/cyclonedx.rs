//! CycloneDX 1.7, JSON.

use std::io;

use serde::Serialize;

use super::address::{absolute, iri};
use super::bill::{Bill, Part, Party};
use super::licence::Licence;
use crate::model::{ComponentKind, key};
use crate::report::{Format, Report};

/// Format `cyclonedx`.
pub struct CycloneDx;

impl Format for CycloneDx {
    fn id(&self) -> &'static str {
        "cyclonedx"
    }

    fn needs_inventory(&self) -> bool {
        true
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut bom = bom(report);
        bom.serial_number = Some(format!("urn:uuid:{}", super::uuid(&bom)?));
        serde_json::to_writer_pretty(&mut *out, &bom)?;
        out.write_all(b"\n")
    }
}

/// Id of the scanned target in the bill; component ids never begin so.
const TARGET: &str = "target";

/// Longest version that the schema allows.
const LONGEST_VERSION: usize = 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    services: Vec<Service>,
    dependencies: Vec<Dependency>,
    compositions: Vec<Composition>,
}

#[derive(Serialize)]
struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    tools: Tools,
    component: Component,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    #[serde(rename = "type")]
    ty: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Organisation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manufacturer: Option<Organisation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenceChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pedigree: Option<Pedigree>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    #[serde(rename = "bom-ref")]
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Organisation>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endpoints: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference>,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Organisation {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
}

#[derive(Serialize)]
struct Address {
    country: String,
}

#[derive(Serialize)]
struct Author {
    name: String,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum LicenceChoice {
    License(StatedLicence),
    #[serde(untagged)]
    Expression {
        expression: String,
        acknowledgement: &'static str,
    },
}

#[derive(Serialize)]
struct StatedLicence {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    acknowledgement: &'static str,
}

#[derive(Serialize)]
struct Reference {
    #[serde(rename = "type")]
    ty: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Pedigree {
    ancestors: Vec<Component>,
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Occurrence {
    location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    additional_context: String,
}

#[derive(Serialize)]
struct Property {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    depends_on: Vec<String>,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: Vec<String>,
}

fn bom(report: &Report) -> Bom {
    let bill = Bill::new(report);
    let is_service = |part: &&Part<'_>| part.kind == ComponentKind::Service;
    Bom {
        schema: "http://cyclonedx.org/schema/bom-1.7.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.7",
        serial_number: None,
        version: 1,
        metadata: metadata(report),
        components: bill
            .parts
            .iter()
            .enumerate()
            .filter(|(_, part)| !is_service(part))
            .map(|(at, part)| Component { pedigree: pedigree(&bill, at), ..component(part) })
            // needed by nothing, and marked with the layer that took it away
            .chain(bill.removed.iter().map(|part| Component { scope: Some("excluded"), ..component(part) }))
            .collect(),
        services: bill.parts.iter().filter(is_service).map(service).collect(),
        dependencies: dependencies(&bill),
        compositions: vec![Composition { aggregate: aggregate(report), assemblies: vec![TARGET.to_owned()] }],
    }
}

/// Whether everything is there: never claimed, and denied where files were lost.
fn aggregate(report: &Report) -> &'static str {
    if report.coverage.failed.is_empty() && report.coverage.partial.is_empty() { "unknown" } else { "incomplete" }
}

fn metadata(report: &Report) -> Metadata {
    let tool = Component {
        ty: "application",
        name: "sovaudit".to_owned(),
        version: Some(report.version.clone()),
        ..Component::default()
    };
    let target = Component {
        ty: "application",
        reference: Some(TARGET.to_owned()),
        name: report.name.clone(),
        ..Component::default()
    };
    let coverage = &report.coverage;
    let notes = [
        ("as-of", report.as_of.clone()),
        ("rules", report.rules.clone()),
        ("files-read", coverage.files_read.to_string()),
        ("files-read-in-part", coverage.partial.len().to_string()),
        ("files-not-read", coverage.failed.len().to_string()),
    ];
    Metadata {
        timestamp: report.created.clone(),
        tools: Tools { components: vec![tool] },
        component: target,
        properties: notes.into_iter().map(|(name, value)| property(name, value)).collect(),
    }
}

fn component(part: &Part<'_>) -> Component {
    let occurrences: Vec<Occurrence> = part
        .places()
        .map(|(place, context)| Occurrence {
            location: place.path.to_string(),
            line: place.line,
            additional_context: context,
        })
        .collect();
    Component {
        ty: component_type(part.kind),
        reference: Some(part.row.id.to_string()),
        supplier: part.supplier().map(organisation),
        manufacturer: part.designer().map(organisation),
        authors: part.values(key::AUTHOR).iter().map(|name| Author { name: name.to_string() }).collect(),
        group: part.group.clone(),
        name: part.name.clone(),
        version: version(part),
        scope: scope(part.values(key::SCOPE)),
        hashes: part.hashes.iter().map(|(alg, hex)| Hash { alg: alg.cyclonedx, content: hex.clone() }).collect(),
        licenses: part.licences.iter().map(choice).collect(),
        purl: part.purl.clone(),
        external_references: references(part),
        pedigree: None,
        evidence: (!occurrences.is_empty()).then_some(Evidence { occurrences }),
        properties: properties(part),
    }
}

/// What it was made of. Each ancestor stands among the components with all that is known of it, and here by its name.
fn pedigree(bill: &Bill<'_>, part: usize) -> Option<Pedigree> {
    let ancestor = |part: &Part<'_>| Component {
        ty: component_type(part.kind),
        group: part.group.clone(),
        name: part.name.clone(),
        version: version(part),
        purl: part.purl.clone(),
        ..Component::default()
    };
    let ancestors: Vec<Component> = bill.ancestors(part).iter().map(|at| ancestor(&bill.parts[*at])).collect();
    (!ancestors.is_empty()).then_some(Pedigree { ancestors })
}

fn component_type(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Package | ComponentKind::Repository => "library",
        ComponentKind::Image => "container",
        ComponentKind::Accelerator | ComponentKind::Device => "device",
        ComponentKind::Model => "machine-learning-model",
        ComponentKind::Dataset => "data",
        ComponentKind::Cluster => "platform",
        _ => "application",
    }
}

/// How strongly it is needed, by the strongest word of all places; `excluded` is what does not run in production.
fn scope(words: &[std::sync::Arc<str>]) -> Option<&'static str> {
    let has = |word: &str| words.iter().any(|known| **known == *word);
    if has("runtime") {
        Some("required")
    } else if has("optional") {
        Some("optional")
    } else if has("dev") || has("test") || has("build") {
        Some("excluded")
    } else {
        None
    }
}

fn version(part: &Part<'_>) -> Option<String> {
    part.version.filter(|version| version.chars().count() <= LONGEST_VERSION).map(str::to_owned)
}

fn organisation(party: &Party<'_>) -> Organisation {
    Organisation { name: party.name.to_owned(), address: party.seat.map(|seat| Address { country: seat.to_owned() }) }
}

fn choice(licence: &Licence) -> LicenceChoice {
    let acknowledgement = "declared";
    match licence {
        Licence::Id(id) => LicenceChoice::License(StatedLicence { id: Some(id.clone()), name: None, acknowledgement }),
        Licence::Name(name) => {
            LicenceChoice::License(StatedLicence { id: None, name: Some(name.clone()), acknowledgement })
        }
        Licence::Expression(text) => LicenceChoice::Expression { expression: text.clone(), acknowledgement },
    }
}

/// Where it is fetched from and where its source lies, as far as the values are addresses; all stand in the
/// properties as well.
fn references(part: &Part<'_>) -> Vec<Reference> {
    let of = |key: &str, ty: &'static str| {
        part.values(key)
            .iter()
            // the index of a registry is no address of the package
            .filter(|text| !text.starts_with("registry+") && !text.starts_with("sparse+"))
            .filter_map(move |text| Some(Reference { ty, url: iri(text)? }))
    };
    let mut found: Vec<Reference> = of(key::DOWNLOAD, "distribution").chain(of(key::SOURCE, "vcs")).collect();
    if part.kind == ComponentKind::Repository {
        let path = part.row.id.strip_prefix("repository:").unwrap_or_default();
        found.extend(absolute(&format!("https://{path}")).map(|url| Reference { ty: "vcs", url }));
    }
    found
}

fn properties(part: &Part<'_>) -> Vec<Property> {
    part.notes.iter().map(|(name, value)| property(name, value.clone())).collect()
}

fn property(name: &str, value: String) -> Property {
    Property { name: format!("sovaudit:{name}"), value }
}

fn service(part: &Part<'_>) -> Service {
    let mut properties = properties(part);
    // services have no evidence in the format
    for (place, context) in part.places() {
        let line = place.line.map_or_else(String::new, |line| format!(":{line}"));
        properties.push(property("location", format!("{}{line} ({context})", place.path)));
    }
    let mut endpoints: Vec<String> =
        part.places().filter_map(|(place, _)| endpoint(place.excerpt.as_deref()?)).collect();
    endpoints.sort();
    endpoints.dedup();
    Service {
        reference: part.row.id.to_string(),
        provider: part.supplier().map(organisation),
        name: part.name.clone(),
        version: version(part),
        endpoints,
        external_references: references(part),
        properties,
    }
}

/// The address that is called, where the words that name a service are one; without its query, which may hold keys.
fn endpoint(words: &str) -> Option<String> {
    let words = words.trim_matches(['"', '\'', '`']);
    let is_address = words.starts_with("https://") || words.starts_with("http://");
    let is_whole = !words.contains(char::is_whitespace) && !words.contains(['{', '}', '…']);
    (is_address && is_whole).then(|| absolute(words.split(['?', '#']).next().unwrap_or(words)))?
}

/// Parts without an entry here have no needs that are known, which is not the same as none.
fn dependencies(bill: &Bill<'_>) -> Vec<Dependency> {
    let needs = bill.needs();
    let id = |part: usize| bill.parts[part].row.id.to_string();
    let tops = bill.tops(&needs).into_iter().map(id).collect();
    let target = Dependency { reference: TARGET.to_owned(), depends_on: tops };
    let others = needs.iter().enumerate().filter(|(_, needs)| !needs.is_empty()).map(|(part, needs)| Dependency {
        reference: id(part),
        depends_on: needs.iter().map(|need| id(*need)).collect(),
    });
    std::iter::once(target).chain(others).collect()
}
