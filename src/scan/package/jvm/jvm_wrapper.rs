//! The wrappers of Maven and Gradle: which version of the build tool is fetched, and from where.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `jvm-wrapper`.
pub struct JvmWrapper;

static META: ScannerMeta = ScannerMeta {
    id: "jvm-wrapper",
    title: "Maven and Gradle wrappers",
    summary: "The build tool with its version, the address it is fetched from, and its checksum.",
    files: &["**/maven-wrapper.properties", "**/gradle-wrapper.properties"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://maven.apache.org/wrapper/",
};

impl Scanner for JvmWrapper {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let folder = file.folder();
        let folder = if folder.name() == "wrapper" { folder.parent().parent() } else { folder };
        let project = toolkit::root_at(&folder, input, file, out);
        let mut tool = None;
        let mut sum = None;
        for line in lines(file.text()) {
            let text = line.text.trim();
            let Some((name, value)) = text.split_once('=').filter(|_| !text.starts_with(['#', '!'])) else { continue };
            let (value, span) = (value.trim(), span_within(&line, value.trim()));
            match name.trim() {
                "distributionUrl" | "wrapperUrl" => {
                    // properties files escape the colon
                    let address = value.replace("\\:", ":");
                    let Some((ecosystem, name, version)) = tool_of(&address) else {
                        let message = "no tool with a version stands in this address";
                        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
                        continue;
                    };
                    let package = Package::new(ecosystem, name, Some(version), file, span);
                    let id = package.require("", scope::BUILD, &project, out);
                    toolkit::fetched_from(&id, &address, &file.at(span), out);
                    if name != "org.apache.maven.wrapper:maven-wrapper" {
                        tool = Some(id);
                    }
                }
                "distributionSha256Sum" => sum = Some((value, span)),
                _ => {}
            }
        }
        if let (Some(id), Some((value, span))) = (tool, sum) {
            out.attribute(&id, key::INTEGRITY, format!("sha256:{value}"), file.at(span));
        }
        Ok(())
    }
}

/// The tool and version of `…/gradle-8.5-bin.zip`, `…/apache-maven-3.9.6-bin.zip`, `…/maven-wrapper-3.2.0.jar`.
fn tool_of(address: &str) -> Option<(&'static str, &'static str, &str)> {
    let file = address.rsplit('/').next()?;
    let tools = [
        ("gradle-", "generic", "gradle"),
        ("apache-maven-", "maven", "org.apache.maven:apache-maven"),
        ("maven-mvnd-", "maven", "org.apache.maven.daemon:mvnd"),
        ("maven-wrapper-", "maven", "org.apache.maven.wrapper:maven-wrapper"),
    ];
    let (rest, ecosystem, name) =
        tools.iter().find_map(|(start, ecosystem, name)| Some((file.strip_prefix(start)?, *ecosystem, *name)))?;
    let rest = [".zip", ".tar.gz", ".jar"].iter().find_map(|end| rest.strip_suffix(end))?;
    let version = rest.strip_suffix("-bin").or_else(|| rest.strip_suffix("-all")).unwrap_or(rest);
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((ecosystem, name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_of_addresses() {
        let read = |address| tool_of(address).map(|(_, name, version)| (name, version));
        assert_eq!(read("https://x.example/gradle-8.10.2-all.zip"), Some(("gradle", "8.10.2")));
        assert_eq!(read("https://x.example/a/apache-maven-3.9.6-bin.zip").map(|one| one.1), Some("3.9.6"));
        assert_eq!(read("https://x.example/tool.zip"), None);
    }
}
