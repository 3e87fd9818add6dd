//! A file of repositories that sbt asks in place of those that it has by itself.
//!
//! It is one of the user's, or one that the options of sbt name. The resolvers of a build come on top.

use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Standing, list};
use crate::scan::{Facts, Input, SourceFile, registries};
use crate::text::{RelPath, Span};

/// Files with options of sbt, and the option that names the file of repositories.
const OPTIONS: [&str; 2] = [".sbtopts", ".jvmopts"];
const OPTION: &str = "sbt.repository.config=";

/// The word for the central repository.
const CENTRAL: &str = "maven-central";

/// A repository with its address.
struct Stated<'t> {
    address: &'t str,
    span: Span,
}

/// Writes the repositories of a file for the build in the folder above it.
pub(super) fn read(input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let mut is_inside = false;
    let mut has_central = false;
    let mut all: Vec<Stated<'_>> = Vec::new();
    for line in lines(file.text()) {
        let text = line.text.trim();
        if text.starts_with('[') {
            is_inside = text == "[repositories]";
        } else if is_inside && !text.starts_with('#') {
            has_central |= text == CENTRAL;
            // `name: address, pattern`
            let Some((_, rest)) = text.split_once(':') else { continue };
            let address = rest.split(',').next().unwrap_or(rest).trim();
            let Some(host) = toolkit::host_of(address) else { continue };
            has_central |= registries::is_public(list::OF_MAVEN[0], &host);
            all.push(Stated { address, span: span_within(&line, address) });
        }
    }
    if all.is_empty() {
        return;
    }
    let folder = file.folder().parent();
    let project = toolkit::root_at(&folder, input, file, out);
    // one that nothing names is read by some users only
    let is_alone = !has_central && is_named(file.path(), &folder, input);
    let standing = if is_alone { Standing::Instead } else { Standing::Beside };
    for Stated { address, span } in all {
        // the address may hold a password
        let seen = file.at(span).without_excerpt();
        for list in [list::OF_MAVEN[0], list::PLUGINS] {
            toolkit::registry(&project, list, "*", standing, address, &seen, out);
        }
    }
}

/// True where options of sbt beside the build name the file.
fn is_named(path: &RelPath, folder: &RelPath, input: &Input<'_>) -> bool {
    OPTIONS.iter().filter_map(|name| input.companion(&folder.join(name)?)).any(|options| {
        let words = options.text().split_whitespace();
        let mut stated = words.filter_map(|word| word.split_once(OPTION)).map(|(_, stated)| stated);
        stated.any(|stated| folder.join(stated).is_some_and(|named| named == *path))
    })
}
