//! `DESCRIPTION` of an R package or project of the tree: what it asks for.

use std::collections::BTreeMap;

use super::{description, first, is_base, listed};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `r-description`.
pub struct RDescription;

static META: ScannerMeta = ScannerMeta {
    id: "r-description",
    title: "R package",
    summary: "What the DESCRIPTION of a source package asks for, with its constraint, and the code hosts of `Remotes`. \
              An renv.lock in the folder or above answers it. R's own packages are not packages of others.",
    files: &["**/DESCRIPTION"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file",
};

const FIELDS: [(&str, &str); 5] = [
    ("Depends", scope::RUNTIME),
    ("Imports", scope::RUNTIME),
    ("LinkingTo", scope::BUILD),
    ("Suggests", scope::DEV),
    ("Enhances", scope::OPTIONAL),
];

impl Scanner for RDescription {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let (fields, stray) = description(file.text());
        // other files have that name as well; an installed package is another scanner's
        let is_r = fields.iter().any(|field| matches!(field.name, "Package" | "Imports"));
        if !is_r || first(&fields, "Built").is_some() {
            return Ok(());
        }
        for span in stray {
            out.problem(DiagnosticKind::Malformed, file, Some(span), "neither a field nor its continuation");
        }
        let project = toolkit::root(input, file, out);
        let remotes: BTreeMap<&str, (&str, Span)> = fields
            .iter()
            .filter(|field| field.name == "Remotes")
            .flat_map(listed)
            .map(|(remote, _, span)| (remote_name(remote), (remote, span)))
            .collect();
        for (name, scope) in FIELDS {
            for (name, constraint, span) in fields.iter().filter(|field| field.name == name).flat_map(listed) {
                if is_base(name) {
                    continue;
                }
                let id = Package::new("cran", name, None, file, span).require(constraint, scope, &project, out);
                match remotes.get(name) {
                    Some((remote, at)) => match remote_address(remote) {
                        Some(address) => toolkit::from_git(&id, &address, &file.at(*at), out),
                        None => {
                            let message = "a kind of remote that is not read";
                            out.problem(DiagnosticKind::Unsupported, file, Some(*at), message);
                        }
                    },
                    None => toolkit::from_default(&id, "cran", &file.at(span), out),
                }
            }
        }
        Ok(())
    }
}

/// Name of the package of a remote: `owner/name@ref`, `gitlab::owner/name`, `name=owner/other`.
fn remote_name(remote: &str) -> &str {
    if let Some((name, _)) = remote.split_once('=') {
        return name;
    }
    let path = remote.split(['@', '#']).next().unwrap_or(remote).trim_end_matches(".git");
    path.rsplit(['/', ':']).next().unwrap_or(path)
}

fn remote_address(remote: &str) -> Option<String> {
    let remote = remote.split_once('=').map_or(remote, |(_, remote)| remote);
    if remote.contains("://") {
        return Some(remote.split_once("::").map_or(remote, |(_, address)| address).to_owned());
    }
    let (kind, path) = remote.split_once("::").unwrap_or(("github", remote));
    let host = match kind {
        "github" => "github.com",
        "gitlab" => "gitlab.com",
        "bitbucket" => "bitbucket.org",
        _ => return None,
    };
    let path = path.split(['@', '#']).next().unwrap_or(path);
    Some(format!("https://{host}/{path}"))
}
