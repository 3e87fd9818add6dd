//! SPDX 2.3, JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::address::absolute;
use super::bill::{Bill, Part, Party};
use super::licence::{Licence, list_version};
use crate::model::{ComponentKind, RelationKind, key};
use crate::report::{Format, Report};
use crate::text::hex;

/// Format `spdx`.
pub struct Spdx;

impl Format for Spdx {
    fn id(&self) -> &'static str {
        "spdx"
    }

    fn needs_inventory(&self) -> bool {
        true
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &document(report)?)?;
        out.write_all(b"\n")
    }
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const TARGET: &str = "SPDXRef-target";
const UNKNOWN: &str = "NOASSERTION";
/// What is said of packages and images that only lock files in an image name.
const LISTED: &str = "a lock file in the image names it; it was not seen installed";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) spdx_version: &'static str,
    pub(super) data_license: &'static str,
    #[serde(rename = "SPDXID")]
    pub(super) id: &'static str,
    pub(super) name: String,
    pub(super) document_namespace: String,
    pub(super) creation_info: CreationInfo,
    pub(super) packages: Vec<Package>,
    pub(super) relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) has_extracted_licensing_infos: Vec<ExtractedLicence>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreationInfo {
    pub(super) created: String,
    pub(super) creators: Vec<String>,
    pub(super) license_list_version: String,
    pub(super) comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Package {
    #[serde(rename = "SPDXID")]
    pub(super) id: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version_info: Option<String>,
    pub(super) supplier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) originator: Option<String>,
    pub(super) download_location: String,
    pub(super) files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) checksums: Vec<Checksum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_info: Option<String>,
    pub(super) license_concluded: &'static str,
    pub(super) license_declared: String,
    pub(super) copyright_text: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) external_refs: Vec<ExternalRef>,
    pub(super) primary_package_purpose: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) annotations: Vec<Annotation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checksum {
    pub(super) algorithm: &'static str,
    pub(super) checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExternalRef {
    pub(super) reference_category: &'static str,
    pub(super) reference_type: &'static str,
    pub(super) reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Annotation {
    pub(super) annotation_date: String,
    pub(super) annotation_type: &'static str,
    pub(super) annotator: String,
    pub(super) comment: String,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub(super) struct Relationship {
    pub(super) spdx_element_id: String,
    pub(super) relationship_type: &'static str,
    pub(super) related_spdx_element: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExtractedLicence {
    pub(super) license_id: String,
    pub(super) extracted_text: String,
    pub(super) name: String,
}

/// The document, with the namespace that its words give.
pub(super) fn document(report: &Report) -> io::Result<Document> {
    let mut document = words(report);
    // the default place for documents whose maker has no web site
    let name = word(&document.name);
    document.document_namespace = format!("https://spdx.org/spdxdocs/{name}-{}", super::uuid(&document)?);
    Ok(document)
}

fn words(report: &Report) -> Document {
    let bill = Bill::new(report);
    let tool = format!("Tool: sovaudit-{}", report.version);
    // the format must have a time; the day is a parameter of the run, so that the same facts give the same bytes
    let created = report.created.clone().unwrap_or_else(|| format!("{}T00:00:00Z", report.as_of));
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut packages = vec![target(report)];
    for part in &bill.parts {
        let declared = declared(part, &mut names);
        packages.push(package(part, declared, &created, &tool));
    }
    let infos = names.into_iter().map(|(id, text)| ExtractedLicence {
        license_id: id,
        name: text.clone(),
        extracted_text: text,
    });
    let comment = format!(
        "Rule set {}, as of {}. Annotations `sovaudit:jurisdiction` name the states that in the end control who answers \
         for a package.",
        report.rules, report.as_of
    );
    Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: report.name.clone(),
        document_namespace: String::new(),
        creation_info: CreationInfo {
            created,
            creators: vec![tool],
            license_list_version: list_version().to_owned(),
            comment,
        },
        packages,
        relationships: relationships(&bill),
        has_extracted_licensing_infos: infos.collect(),
    }
}

/// The scanned target, which holds the others.
fn target(report: &Report) -> Package {
    Package {
        id: TARGET.to_owned(),
        name: report.name.clone(),
        version_info: None,
        supplier: UNKNOWN.to_owned(),
        originator: None,
        download_location: UNKNOWN.to_owned(),
        files_analyzed: false,
        checksums: Vec::new(),
        source_info: None,
        license_concluded: UNKNOWN,
        license_declared: UNKNOWN.to_owned(),
        copyright_text: UNKNOWN,
        external_refs: Vec::new(),
        primary_package_purpose: "APPLICATION",
        annotations: Vec::new(),
    }
}

fn package(part: &Part<'_>, declared: String, created: &str, tool: &str) -> Package {
    let location = part.values(key::DOWNLOAD).iter().find_map(|text| location(part, text));
    let supplier = part.supplier().map_or_else(|| UNKNOWN.to_owned(), organisation);
    let notes: Vec<String> = part.notes.iter().map(|(name, value)| format!("sovaudit:{name}={value}")).collect();
    let places: Vec<String> = part
        .places()
        .map(|(place, context)| {
            let line = place.line.map_or_else(String::new, |line| format!(":{line}"));
            format!("{}{line} ({context})", place.path)
        })
        .collect();
    let purl = part.purl.clone().map(|purl| ExternalRef {
        reference_category: "PACKAGE-MANAGER",
        reference_type: "purl",
        reference_locator: purl,
    });
    Package {
        id: element(part),
        name: full_name(part),
        version_info: part.version.map(str::to_owned),
        supplier,
        originator: part.designer().map(organisation),
        download_location: location.unwrap_or_else(|| UNKNOWN.to_owned()),
        files_analyzed: false,
        checksums: part
            .hashes
            .iter()
            .map(|(alg, hex)| Checksum { algorithm: alg.spdx, checksum_value: hex.clone() })
            .collect(),
        source_info: (!places.is_empty()).then(|| format!("seen in {}", places.join("; "))),
        license_concluded: UNKNOWN,
        license_declared: declared,
        copyright_text: UNKNOWN,
        external_refs: purl.into_iter().collect(),
        primary_package_purpose: purpose(part.kind),
        annotations: vec![Annotation {
            annotation_date: created.to_owned(),
            annotation_type: "OTHER",
            annotator: tool.to_owned(),
            comment: notes.join("\n"),
        }],
    }
}

/// The name as its ecosystem writes it.
fn full_name(part: &Part<'_>) -> String {
    let stated = part.values(key::NAME).first().filter(|_| part.kind == ComponentKind::Package);
    match (stated, &part.group) {
        (Some(name), _) => name.to_string(),
        (None, Some(group)) => format!("{group}/{}", part.name),
        (None, None) => part.name.clone(),
    }
}

/// Parentheses would be read as a mail address.
fn organisation(party: &Party<'_>) -> String {
    format!("Organization: {}", party.name.replace('(', "[").replace(')', "]"))
}

/// Where a package can be fetched, in the forms that the specification names: `git+https://host/path@commit`.
fn location(part: &Part<'_>, text: &str) -> Option<String> {
    const SCHEMES: [&str; 8] = ["https://", "http://", "ftp://", "ssh://", "git+", "hg+", "svn+", "bzr+"];
    let address = absolute(text)?;
    let is_git = address.starts_with("git+")
        || part.kind == ComponentKind::Repository
        || part.values(key::FETCHED_AS).iter().any(|word| **word == *"git");
    if !is_git {
        return SCHEMES.iter().any(|scheme| address.starts_with(scheme)).then_some(address);
    }
    let (base, fragment) = address.split_once('#').unwrap_or((&address, ""));
    let (base, query) = base.split_once('?').unwrap_or((base, ""));
    let path =
        base.find("://").and_then(|at| base[at + 3..].find('/').map(|slash| at + 3 + slash)).unwrap_or(base.len());
    // an `@` at the beginning of a part belongs to its name
    let asked = base[path..].rfind('@').map(|at| path + at).filter(|at| !base[..*at].ends_with('/'));
    let named = |text: &'_ str, names: &[&str]| {
        let parts = text.split('&').filter_map(|part| part.split_once('='));
        parts.filter(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned()).next()
    };
    // of several addresses and commits no file says which belong together
    let alone = |key: &str| Some(part.values(key)).filter(|all| all.len() == 1).map(|all| all[0].to_string());
    let revision = alone(key::DOWNLOAD).and_then(|_| alone(key::REVISION));
    // npm writes it behind `#`, Yarn as one of several words, Cargo what was asked for behind `?`
    let revision = revision
        .or_else(|| Some(fragment.to_owned()).filter(|text| !text.is_empty() && !text.contains(['=', ':'])))
        .or_else(|| named(fragment, &["commit"]))
        .or_else(|| asked.map(|at| base[at + 1..].to_owned()))
        .or_else(|| named(query, &["rev", "tag", "branch"]));
    let is_plain = |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/+".contains(&byte));
    let revision = revision.filter(is_plain).map_or_else(String::new, |revision| format!("@{revision}"));
    let folder = named(fragment, &["subdirectory"]).map_or_else(String::new, |folder| format!("#{folder}"));
    let start = if base.starts_with("git+") { "" } else { "git+" };
    Some(format!("{start}{}{revision}{folder}", &base[..asked.unwrap_or(base.len())]))
}

fn purpose(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Package => "LIBRARY",
        ComponentKind::Image => "CONTAINER",
        ComponentKind::Accelerator | ComponentKind::Device => "DEVICE",
        ComponentKind::Repository => "SOURCE",
        ComponentKind::Project | ComponentKind::Workload => "APPLICATION",
        _ => "OTHER",
    }
}

/// An id of the format: a word that people recognise, and a hash of the whole id, so that no two are the same.
fn element(part: &Part<'_>) -> String {
    format!("SPDXRef-{}-{}-{}", part.row.kind, word(&part.name), digest(&part.row.id))
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes())[..16])
}

/// At most 40 of the characters that ids allow.
fn word(text: &str) -> String {
    let chars = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' });
    chars.take(40).collect()
}

/// The licence expression; what is no expression of the list gets an id of this document.
fn declared(part: &Part<'_>, names: &mut BTreeMap<String, String>) -> String {
    let several = part.licences.len() > 1;
    let terms: Vec<String> = part
        .licences
        .iter()
        .map(|licence| match licence {
            Licence::Id(id) => id.clone(),
            // references lead out of this document
            Licence::Expression(text) if !text.contains("Ref-") => {
                if several {
                    format!("({text})")
                } else {
                    text.clone()
                }
            }
            Licence::Expression(text) | Licence::Name(text) => {
                let id = format!("LicenseRef-{}-{}", word(text), digest(text));
                names.insert(id.clone(), text.clone());
                id
            }
        })
        .collect();
    if terms.is_empty() { UNKNOWN.to_owned() } else { terms.join(" AND ") }
}

fn relationships(bill: &Bill<'_>) -> Vec<Relationship> {
    let relation = |from: &str, ty, to: &str, comment| Relationship {
        spdx_element_id: from.to_owned(),
        relationship_type: ty,
        related_spdx_element: to.to_owned(),
        comment,
    };
    let ids: Vec<String> = bill.parts.iter().map(element).collect();
    let mut found = vec![relation(DOCUMENT, "DESCRIBES", TARGET, None)];
    for top in bill.tops(&bill.needs()) {
        found.push(relation(TARGET, "CONTAINS", &ids[top], None));
    }
    let other = bill.edges.iter().filter(|(_, kind, _)| *kind != RelationKind::Contains);
    let told_otherwise: BTreeSet<(usize, usize)> = other.map(|(from, _, to)| (*from, *to)).collect();
    for (from, kind, to) in &bill.edges {
        // that the image needs it is said once
        let is_listed = bill.listed.contains(&(*from, *to));
        if is_listed && *kind == RelationKind::Contains && told_otherwise.contains(&(*from, *to)) {
            continue;
        }
        let (near, far) = (ids[*from].as_str(), ids[*to].as_str());
        let is_direct = matches!(bill.parts[*from].kind, ComponentKind::Project);
        found.push(match kind {
            RelationKind::Contains if is_listed => relation(near, "DEPENDS_ON", far, Some(LISTED)),
            RelationKind::Contains => relation(near, "CONTAINS", far, None),
            RelationKind::DependsOn => match narrower(&bill.parts[*to]).filter(|_| is_direct) {
                Some(ty) => relation(far, ty, near, None),
                None => relation(near, "DEPENDS_ON", far, is_listed.then_some(LISTED)),
            },
            RelationKind::BasedOn => relation(near, "DESCENDANT_OF", far, None),
            other => relation(near, "DEPENDS_ON", far, Some(other.as_str())),
        });
    }
    found
}

/// The word for a dependency that is needed for one purpose only.
fn narrower(part: &Part<'_>) -> Option<&'static str> {
    match part.values(key::SCOPE) {
        [only] => match &**only {
            "dev" => Some("DEV_DEPENDENCY_OF"),
            "build" => Some("BUILD_DEPENDENCY_OF"),
            "test" => Some("TEST_DEPENDENCY_OF"),
            "optional" => Some("OPTIONAL_DEPENDENCY_OF"),
            _ => None,
        },
        _ => None,
    }
}
