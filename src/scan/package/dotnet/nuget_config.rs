//! `nuget.config`: the sources that NuGet asks.
//!
//! NuGet reads the file of a folder together with those of all folders above, from the farthest to the nearest, so that a
//! file can take away, turn off and map what others state. What is written for a folder is what comes of all of them.

use super::nuget_layers::{Effective, Layer, Mapping};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::scan::package::toolkit::{self, Of, Registry, Standing, list};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `nuget-config`.
pub struct NugetConfig;

static META: ScannerMeta = ScannerMeta {
    id: "nuget-config",
    title: "NuGet settings",
    summary: "Package sources that are asked, instead of or beside the public one, and which names come from which. A file is read \
              together with those of the folders above, as NuGet does: what one of them clears, turns off or maps holds for what \
              the others state. \
              Credentials and keys are never read; folders are the tree's own.",
    files: &["**/[nN][uU][gG][eE][tT].[cC][oO][nN][fF][iI][gG]"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://learn.microsoft.com/nuget/reference/nuget-config-file",
};

/// The public registry.
const PUBLIC: &str = "https://nuget.org";

/// Rows of files above that are written for one folder: each of many folders could repeat them all.
const MOST_FROM_ABOVE: usize = 256;

impl Scanner for NugetConfig {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.xml_or_part(out)?;
        anyhow::ensure!(&*root.name == "configuration", "the root element is `{}`: not NuGet settings", root.name);
        let folder = file.folder();
        let folder = if folder.name().eq_ignore_ascii_case(".nuget") { folder.parent() } else { folder };
        let project = toolkit::root_at(&folder, input, file, out);
        let layer = Layer::of(&input.files[0], &root);
        for (kind, span, message) in layer.problems() {
            out.problem(*kind, file, Some(*span), message.clone());
        }
        let above = Layer::above(&folder, input);
        let effective = Effective::of(std::iter::once(&layer).chain(above.iter().map(|layer| &**layer)));
        Writer { file, project: &project, from_above: 0 }.write(&effective, root.tag, out);
        Ok(())
    }
}

struct Writer<'a> {
    file: &'a SourceFile,
    project: &'a ComponentId,
    /// Rows of files above so far.
    from_above: usize,
}

impl Writer<'_> {
    fn write(&mut self, effective: &Effective<'_>, root: Span, out: &mut Facts<'_>) {
        if effective.is_cut() {
            let message = "too many sources and patterns in the folders above; those of the farther ones do not count";
            out.problem(DiagnosticKind::LimitReached, self.file, None, message);
        }
        if effective.is_mapped() {
            return self.mapped(effective, root, out);
        }
        let standing = if effective.is_alone() { Standing::Instead } else { Standing::Beside };
        for source in effective.sources() {
            self.row("*", standing, (source.address, source.file, source.span), out);
        }
        // a row that speaks of all keeps what the folders above say apart from what is left of it here
        if effective.is_stated() && effective.sources().next().is_none() {
            self.without_source(standing, root, out);
        }
    }

    /// Names come from what they are mapped to, or from nowhere.
    fn mapped(&mut self, effective: &Effective<'_>, root: Span, out: &mut Facts<'_>) {
        let mut is_told = false;
        for (file, span, patterns, to) in effective.mapped() {
            for pattern in patterns {
                is_told = true;
                match &to {
                    Mapping::Source(name) => {
                        let Some(source) = effective.source(name) else { continue };
                        self.row(pattern, Standing::Instead, (source.address, source.file, source.span), out);
                    }
                    // the user's own settings have it under this name, which no file of the tree has to state
                    Mapping::Public => self.row(pattern, Standing::Instead, (PUBLIC, file, span), out),
                    // the longest pattern counts, whether its source can be asked or not
                    Mapping::Nowhere => self.row(pattern, Standing::Blocked, ("", file, span), out),
                }
            }
        }
        if !is_told {
            self.without_source(Standing::Instead, root, out);
        }
    }

    /// No source of the tree is left: the user's own one is asked where that is beside, or none.
    fn without_source(&self, standing: Standing, root: Span, out: &mut Facts<'_>) {
        let seen = self.file.at(root).without_excerpt();
        if standing == Standing::Beside {
            let registry = Registry { ecosystem: list::NUGET, names: "*", standing, id: "", of: Of::All };
            registry.row(self.project, PUBLIC, &seen, out);
        } else {
            toolkit::no_registry(self.project, list::NUGET, Of::All, &seen, out);
        }
    }

    fn row(
        &mut self,
        names: &str,
        standing: Standing,
        (address, file, span): (&str, &SourceFile, Span),
        out: &mut Facts<'_>,
    ) {
        if file.path() != self.file.path() {
            self.from_above += 1;
            if self.from_above > MOST_FROM_ABOVE {
                if self.from_above == MOST_FROM_ABOVE + 1 {
                    let message =
                        format!("more than {MOST_FROM_ABOVE} sources of folders above; further ones do not count");
                    out.problem(DiagnosticKind::LimitReached, self.file, None, message);
                }
                return;
            }
        }
        // an address may hold a password
        let seen = file.at(span).without_excerpt();
        let registry = Registry { ecosystem: list::NUGET, names, standing, id: "", of: Of::All };
        if standing == Standing::Blocked {
            registry.blocked(self.project, &seen, out);
        } else {
            registry.write(self.project, address, &seen, out);
        }
    }
}
