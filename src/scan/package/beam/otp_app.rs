//! `*.app`: applications of Erlang and Elixir as they lie in releases and images.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::{Node, terms};
use crate::scan::package::toolkit::Package;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `otp-app`.
pub struct OtpApp;

static META: ScannerMeta = ScannerMeta {
    id: "otp-app",
    title: "Erlang applications",
    summary: "Name and version of each application resource file, as in releases and images. Those without a version \
              are parts of a build.",
    files: &["**/ebin/*.app"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package],
    reference: "https://www.erlang.org/doc/apps/kernel/app.html",
};

impl Scanner for OtpApp {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let Some(start) = file.text().find("{application") else {
            out.problem(DiagnosticKind::Malformed, file, None, "no `{application, …}`");
            return Ok(());
        };
        let (node, _) = terms::term(file.text(), start).map_err(|error| file.parse_error(&error))?;
        let items = node.list();
        let (name, version) = (super::text(items.get(1)), super::option(items, "vsn").and_then(Node::text));
        let Some((name, span)) = name else {
            out.problem(DiagnosticKind::Malformed, file, Some(node.span), "an application without a name");
            return Ok(());
        };
        let Some(version) = version.filter(|version| version.starts_with(|c: char| c.is_ascii_digit())) else {
            return Ok(());
        };
        // `lib/name-1.0/ebin/name.app`: what holds it is the folder of all
        let folder = file.folder().parent().parent();
        let root = input.root_subject_at(&folder);
        out.component(&root, input.root_kind(), file.whole());
        Package::new("otp", name, Some(version), file, span).write(&root, out);
        Ok(())
    }
}
