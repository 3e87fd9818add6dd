//! Source code read with a parser: clients of hosted services, models, addresses.
//!
//! A word search over the whole text decides first: a file that names no SDK, hub or host is not parsed. Which call
//! means what stands in the rule files (`sdk_call`); this module knows languages, not services.

mod arguments;
mod clients;
mod facts;
mod imports;
mod machines;
mod models;
mod modules;
mod named;
mod notebook;
mod offered;
mod outside;
mod reading;
mod resolve;
mod syntax;
mod texts;
mod types;
mod value;

use facts::Writer;
use reading::Reading;
use syntax::Language;

use super::endpoint;
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `sdk-use`.
pub struct SdkUse;

static META: ScannerMeta = ScannerMeta {
    id: "sdk-use",
    title: "SDK use in source code",
    summary: "Clients of hosted services with region and address, the models and data sets that calls name, imported \
              SDKs, and addresses of known services in literals, read with a parser: comments, documentation and \
              sentences do not count. Constants are followed, and clients that another file of the tree makes: modules of \
              Python, JavaScript and TypeScript, packages of a module of Go, classes of Java and C# in files of their name, \
              modules of a crate of Rust. Where a client is handed over, its declared type tells whose it is. Of a setting \
              with a default the default is read and told; what only a run knows is unresolved. Calls that name a bucket, \
              table, topic, account or vault are evidence of the declared resource of that name. Notebooks in Python are \
              read as one file, without the notebook's own commands. Which calls count is data, see rules/catalog/\
              sdk-calls.toml.",
    files: &[
        "**/*.py",
        "**/*.js",
        "**/*.mjs",
        "**/*.cjs",
        "**/*.jsx",
        "**/*.ts",
        "**/*.mts",
        "**/*.cts",
        "**/*.tsx",
        "**/*.go",
        "**/*.java",
        "**/*.rs",
        "**/*.cs",
        "**/*.ipynb",
    ],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Service,
        ComponentKind::Model,
        ComponentKind::Dataset,
        ComponentKind::Host,
    ],
    reference: "https://tree-sitter.github.io/tree-sitter/",
};

/// True for files that this scanner reads, so that others leave them to it.
pub(crate) fn reads(name: &str) -> bool {
    Language::of(name).is_some()
}

/// Bytes of a line, on average, that only programs write.
const LINE: usize = 400;

impl Scanner for SdkUse {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn may_tell(&self, _: &RelPath, bytes: &[u8], catalog: &Catalog) -> bool {
        // what is no text is for the scan to judge
        std::str::from_utf8(bytes).map_or(true, |text| catalog.may_use_services(text))
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if file.is_binary() || !input.catalog.may_use_services(file.text()) {
            return Ok(());
        }
        if !file.path().name().ends_with(".ipynb") {
            let Some(language) = Language::of(file.path().name()) else { return Ok(()) };
            read(file, language, input, out);
        } else if let Some(code) = notebook::python(file, out)? {
            read(&code, Language::Python, input, out);
        } else {
            endpoint::read_lines(input, out);
        }
        Ok(())
    }
}

/// Reads code; `file` is the input's or the code in it.
fn read(file: &SourceFile, language: Language, input: &Input<'_>, out: &mut Facts<'_>) {
    let text = file.text();
    if is_made(text) {
        return;
    }
    let Some(tree) = syntax::parse(text, language) else {
        let message = "too large or too broken for the parser: read line by line";
        out.problem(DiagnosticKind::LimitReached, file, None, message);
        endpoint::read_lines(input, out);
        return;
    };
    let project = input.root_subject(file);
    let mut reading = Reading::new(&tree, text, language);
    if !outside::resolve(&mut reading, file, input) {
        let message = "more clients of other files than are looked for: what some calls are made on is not known";
        out.problem(DiagnosticKind::LimitReached, file, None, message);
    }
    let write = |reading: &Reading<'_>, room: usize| {
        let mut found = Facts::new(&META, META.id, room);
        let mut writer = Writer::new(reading, input.catalog, file, &project, &mut found);
        writer.calls();
        writer.imports();
        writer.texts();
        found
    };
    let mut found = write(&reading, out.room());
    // what calls are given may be told by other files: then it is written anew
    if outside::tell(&mut reading, file, input) {
        found = write(&reading, out.room());
    }
    let is_empty = found.is_empty();
    out.absorb(found);
    if !is_empty {
        out.component(&project, input.root_kind(), file.whole());
    }
}

/// True for bundles and minified code.
fn is_made(text: &str) -> bool {
    text.len() > LINE * 8 && text.len() / (1 + memchr::memchr_iter(b'\n', text.as_bytes()).count()) > LINE
}
