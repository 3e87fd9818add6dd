//! Scripts that the image of a database runs when it starts for the first time.

use crate::model::{ComponentId, key};
use crate::parse::Node;
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Where images of databases look for scripts.
const FOLDER: &str = "/docker-entrypoint-initdb.d";

/// Scripts of a service of a compose file, by its volumes: `./copy.sql:/docker-entrypoint-initdb.d/1.sql`.
pub(super) fn mounted(volumes: Option<&Node>, workload: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    // what one that is written elsewhere names beside it is not beside this file
    for volume in volumes.into_iter().flat_map(Node::list).filter(|_| !file.is_part()) {
        let pair = match volume.text() {
            Some(text) => text.split_once(':').map(|(from, rest)| (from, rest.split(':').next().unwrap_or(rest))),
            None => volume.text_at("source").zip(volume.text_at("target")),
        };
        if let Some((from, to)) = pair {
            runs(workload, (from, to), file, volume.span, out);
        }
    }
}

/// Scripts that a Dockerfile copies there.
pub(super) fn copied(arguments: &str, span: Span, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    if let Some((to, from)) = words.split_last()
        && !words.iter().any(|word| word.starts_with("--from"))
    {
        for from in from.iter().filter(|word| !word.starts_with("--")) {
            // the context is what the file lies in, however the path begins
            let from = format!("./{}", from.trim_start_matches('/'));
            runs(project, (&from, to), file, span, out);
        }
    }
}

fn runs(of: &ComponentId, (from, to): (&str, &str), file: &SourceFile, span: Span, out: &mut Facts<'_>) {
    let is_there = to.strip_prefix(FOLDER).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_there
        && from.starts_with('.')
        && let Some(path) = file.folder().join(from)
    {
        out.attribute(of, key::FIRST_RUNS, path.as_str(), file.at(span));
    }
}
