//! Where Arch Linux packages are fetched from: `etc/pacman.conf` and its lists of mirrors.

use super::apt_sources::{Root, place_of};
use super::os_release::filesystem;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, Horizon, RelationKind};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::host_of;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};

/// Scanner `pacman-mirrors`.
pub struct PacmanMirrors;

static META: ScannerMeta = ScannerMeta {
    id: "pacman-mirrors",
    title: "Arch Linux package mirrors",
    summary: "Hosts that a file system fetches its packages from: one of those that a file lists. Commented lines do not \
              count.",
    files: &["**/etc/pacman.conf", "**/etc/pacman.d/*mirrorlist"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Host],
    reference: "https://man.archlinux.org/man/pacman.conf.5",
};

impl Scanner for PacmanMirrors {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = filesystem(input, file, "/etc/");
        let mut found: Vec<(String, Seen)> = Vec::new();
        for line in lines(file.text()) {
            let Some((name, address)) = line.text.split_once('=') else { continue };
            let address = address.trim();
            if name.trim() != "Server" || address.starts_with("file:") {
                continue;
            }
            let span = span_within(&line, address);
            match host_of(address) {
                Some(host) => found.push((host, place_of(address, span, file))),
                None => {
                    out.problem(
                        DiagnosticKind::Malformed,
                        file,
                        Some(span),
                        "mirror without a host that could be read",
                    );
                }
            }
        }
        write(&root, &found, file, out);
        Ok(())
    }
}

/// Servers of one file hold the same: losing one of several is no loss.
fn write(root: &Root, found: &[(String, Seen)], file: &SourceFile, out: &mut Facts<'_>) {
    let group = (found.len() > 1).then(|| format!("mirrors {}", file.path()));
    for (host, seen) in found {
        out.component(&root.0, root.1, file.whole());
        let host = ComponentId::host(host);
        out.component(&host, ComponentKind::Host, seen.clone());
        let horizon = Some(Horizon::NextDeploy);
        out.relation_with(&root.0, RelationKind::DependsOn, &host, group.as_deref(), horizon, seen.clone());
    }
}
