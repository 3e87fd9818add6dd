//! Jenkinsfiles, as far as they are literal: agents, libraries, registries, shell steps.

use std::cell::Cell;
use std::sync::LazyLock;

use regex::Regex;

use super::step::Pipeline;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::cloud::code::Code;
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `jenkinsfile`.
pub struct Jenkinsfile;

static META: ScannerMeta = ScannerMeta {
    id: "jenkinsfile",
    title: "Jenkinsfile",
    summary: "Images of agents and stages, shared libraries, registries that are signed in to, and what shell steps push \
              and call, where they are literal. Groovy is not run: what it computes is not found.",
    files: &["**/Jenkinsfile", "**/Jenkinsfile.*", "**/*.jenkinsfile", "**/*.Jenkinsfile"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Delivery,
        ComponentKind::Host,
        ComponentKind::Image,
        ComponentKind::Model,
        ComponentKind::Package,
        ComponentKind::Repository,
        ComponentKind::Service,
    ],
    reference: "https://www.jenkins.io/doc/book/pipeline/syntax/",
};

/// What is looked for in a line.
const PATTERNS: [(&str, What); 7] = [
    (r#"^\s*image\s+['"]([^'"]+)['"]"#, What::Image),
    (r#"\bagent\s*\{\s*docker\s*\{?\s*(?:image\s+)?['"]([^'"]+)['"]"#, What::Image),
    (r#"^\s*docker\s+['"]([^'"]+)['"]"#, What::Image),
    (r#"docker\.image\(\s*['"]([^'"]+)['"]\s*\)\.(?:inside|pull|withRun)"#, What::Image),
    (r#"(?:docker\.withRegistry\(|registryUrl)\s*['"]([^'"]+)['"]"#, What::Registry),
    (r#"(?:vaultUrl\s*:?\s*|VAULT_ADDR\s*=\s*)['"]([^'"]+)['"]"#, What::Registry),
    (r#"\bremote:\s*['"]((?:https?://|git@|ssh://)[^'"]+)['"]"#, What::Library),
];

static FOUND: LazyLock<Vec<(Regex, What)>> = LazyLock::new(|| {
    let made = PATTERNS.iter().map(|(text, what)| (Regex::new(text).expect("constant pattern, tested"), *what));
    made.collect()
});

/// `sh 'one line'`, `sh(script: "…")`.
static SHELL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\b(?:sh|bat)\b\s*\(?\s*(?:script:\s*)?("""|'''|"|')"#).expect("constant pattern, tested")
});

#[derive(Clone, Copy)]
enum What {
    Image,
    Registry,
    Library,
}

impl Scanner for Jenkinsfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if !["pipeline", "node", "@Library", "stage"].iter().any(|word| text.contains(word)) {
            return Ok(());
        }
        let id = ComponentId::of("delivery", format_args!("jenkins/{}", file.path()));
        let followed = Cell::new(0);
        let pipeline = Pipeline::new(&id, file, input, &followed);
        out.component(&id, ComponentKind::Delivery, file.whole());
        out.attribute(&id, key::RESOURCE_TYPE, "jenkins/pipeline", file.whole());
        let mut reader = Code::of("Jenkinsfile.groovy");
        for line in lines(text) {
            for code in reader.of_line(line.text) {
                for (pattern, what) in FOUND.iter() {
                    for found in pattern.captures_iter(code).filter_map(|found| found.get(1)) {
                        let span = span_within(&line, found.as_str());
                        match what {
                            What::Image => {
                                needs_image(&id, RelationKind::DependsOn, found.as_str(), file, span, out);
                            }
                            What::Registry => {
                                pipeline.registry(found.as_str().trim_start_matches("http://"), span, out)
                            }
                            What::Library => {
                                toolkit::needs_repository(&id, found.as_str(), None, &file.at(span), out);
                            }
                        }
                    }
                }
            }
        }
        scripts(text, &pipeline, out);
        Ok(())
    }
}

/// Shell steps, over several lines too.
fn scripts(text: &str, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| SHELL.captures(rest)) {
        let Some(quote) = found.get(1) else { break };
        let start = from + quote.end();
        let line = text[..from + quote.start()].rfind('\n').map_or(0, |at| at + 1);
        let is_comment = text[line..from + quote.start()].trim_start().starts_with("//");
        let Some(length) = text[start..].find(quote.as_str()) else { break };
        // one quote ends at its line
        let body = &text[start..start + length];
        if !is_comment && (quote.len() == 3 || !body.contains('\n')) {
            pipeline.script(body, Span::new(start, start + length), &str::to_owned, out);
        }
        from = start + length + quote.len();
    }
}
