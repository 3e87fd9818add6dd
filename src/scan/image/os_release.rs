//! The operating system of a file system: `etc/os-release`.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `os-release`.
pub struct OsRelease;

static META: ScannerMeta = ScannerMeta {
    id: "os-release",
    title: "Operating system release file",
    summary: "Name and version of the distribution a file system holds.",
    files: &["**/etc/os-release", "**/usr/lib/os-release"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image],
    reference: "https://www.freedesktop.org/software/systemd/man/latest/os-release.html",
};

/// Where release files lie.
const NAMES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

impl Scanner for OsRelease {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let marker = if file.path().as_str().contains("usr/lib/") { "/usr/lib/" } else { "/etc/" };
        let root = filesystem(input, file, marker);
        for line in lines(file.text()) {
            let Some((name, value)) = line.text.split_once('=') else { continue };
            let value = unquoted(value);
            let key = match name.trim() {
                _ if value.is_empty() => continue,
                "ID" => key::DISTRIBUTION,
                "VERSION_ID" => key::DISTRIBUTION_VERSION,
                _ => continue,
            };
            out.component(&root.0, root.1, file.whole());
            out.attribute(&root.0, key, value, file.at(span_within(&line, value)));
        }
        if out.is_empty() {
            let message = "neither `ID` nor `VERSION_ID` is set; the distribution is unknown";
            out.problem(DiagnosticKind::Malformed, file, None, message);
        }
        Ok(())
    }
}

/// The distribution (`ID`) that a release file among the files of a root file system names; empty when none does.
pub(crate) fn distribution_of<'f>(files: impl Iterator<Item = (&'f RelPath, &'f [u8])>) -> String {
    let release = files.into_iter().find(|(path, _)| NAMES.contains(&path.as_str()));
    let text = release.map_or_else(Default::default, |(_, bytes)| String::from_utf8_lossy(bytes));
    let named = text.lines().filter_map(|line| line.split_once('=')).find(|(name, _)| name.trim() == "ID");
    named.map_or_else(String::new, |(_, value)| unquoted(value).to_ascii_lowercase())
}

/// What holds the packages of a file system: the image being scanned, else the folder above the
/// path that `marker` begins.
pub(super) fn filesystem(input: &Input<'_>, file: &SourceFile, marker: &str) -> (ComponentId, ComponentKind) {
    let path = format!("/{}", file.path());
    let above = path.find(marker).map_or("", |cut| &path[..cut]);
    let folder = RelPath::new(above.trim_start_matches('/')).unwrap_or_else(RelPath::root);
    (input.root_subject_at(&folder), input.root_kind())
}

/// The distribution of a file system.
pub(super) struct Distribution {
    /// `debian`; the database's usual one when no release file says.
    pub(super) id: String,
    /// Version as the release file has it.
    version: Option<String>,
    /// True when the release file says so.
    pub(super) is_stated: bool,
}

impl Distribution {
    /// Reads the release file of the file system that `file` belongs to; `marker` begins the path below its root.
    pub(super) fn of(input: &Input<'_>, file: &SourceFile, marker: &str, usual: &str) -> Self {
        let path = format!("/{}", file.path());
        let above = path.find(marker).map_or("", |cut| &path[..cut]).trim_start_matches('/');
        let release = NAMES.iter().find_map(|name| input.companion(&RelPath::new(&format!("./{above}/{name}"))?));
        let value = |name: &str| {
            let found = lines(release.as_ref()?.text()).find_map(|line| {
                let (key, value) = line.text.split_once('=')?;
                (key.trim() == name).then(|| unquoted(value).to_ascii_lowercase())
            });
            found.filter(|value| !value.is_empty())
        };
        let stated = value("ID");
        let is_stated = stated.is_some();
        Self { id: stated.unwrap_or_else(|| usual.to_owned()), version: value("VERSION_ID"), is_stated }
    }

    /// Qualifiers of the purl of a package: architecture and `distro`.
    pub(super) fn qualifiers<'a>(
        &self,
        architecture: Option<&'a str>,
        distro: &'a mut String,
    ) -> Vec<(&'static str, &'a str)> {
        let mut qualifiers: Vec<(&'static str, &'a str)> =
            architecture.map(|name| ("arch", name)).into_iter().collect();
        if let Some(version) = self.version.as_ref().filter(|_| self.is_stated) {
            *distro = format!("{}-{version}", self.id);
            qualifiers.push(("distro", distro));
        }
        qualifiers
    }

    /// Evidence for what depends on the distribution: deduced when no release file says which it is.
    pub(super) fn evidence(&self, seen: Seen) -> Seen {
        if self.is_stated { seen } else { seen.inferred() }
    }
}

/// A value as the shell would read it: without the quotes around it.
fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}
