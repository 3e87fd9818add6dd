//! Entries of version catalogs that a Gradle script asks for: `libs.junit.jupiter`, `libs.bundles.testing`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Asking;
use super::gradle_above::above;
use super::gradle_catalog::{Catalog, Item, accessor};
use super::gradle_made::is_made;
use crate::diagnostic::DiagnosticKind;
use crate::scan::package::toolkit::Place;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::Span;

/// Names that a script may use as catalogs; others are read as computed.
const CATALOGS: usize = 8;
/// Members of a bundle that are asked for.
const MEMBERS: usize = 256;

/// The catalogs that a script uses.
#[derive(Default)]
pub(super) struct Catalogs {
    catalogs: BTreeMap<String, Option<(Arc<SourceFile>, Catalog)>>,
    /// Bundles that were asked for in a scope, and whether something was found: their members are asked for once.
    bundles: BTreeMap<(String, &'static str, Option<usize>), bool>,
}

impl Catalogs {
    /// Asks for an entry of a catalog in the folder or above; false where there is none.
    pub(super) fn ask(
        &mut self,
        (word, span): (&str, Span),
        scope: &'static str,
        (asking, owner, input): (Asking<'_>, Option<usize>, &Input<'_>),
        out: &mut Facts<'_>,
    ) -> bool {
        let Some((catalog, path)) = word.split_once('.') else { return false };
        let path = path.strip_suffix(".get").unwrap_or(path).to_owned();
        let of_bundle = path.starts_with("bundles.").then(|| (format!("{catalog}.{}", accessor(&path)), scope, owner));
        if let Some(found) = of_bundle.as_ref().and_then(|key| self.bundles.get(key)) {
            return *found;
        }
        let Some((file, catalog)) = self.catalog(catalog, asking.file, input) else { return false };
        let place = |item: &Item| [Place::new(file, item.version_span())];
        let bundle = path.strip_prefix("bundles.").and_then(|name| catalog.bundles.get(&accessor(name)));
        if let Some(item) = path.strip_prefix("plugins.").and_then(|name| catalog.plugins.get(&accessor(name))) {
            if is_made(&item.name, !item.version.is_empty(), &asking.file.folder(), input) {
                return true;
            }
            let id = asking.plugin(&item.name, &item.version, span, out);
            Asking::stated_at(&id, &item.version, &place(item), out);
            return true;
        }
        let one = accessor(&path);
        let names = bundle.map_or(std::slice::from_ref(&one), Vec::as_slice);
        if names.len() > MEMBERS {
            let message = format!("the bundle `{word}` has more than {MEMBERS} members; the others are not read");
            out.problem(DiagnosticKind::LimitReached, asking.file, Some(span), message);
        }
        let mut found = false;
        for item in names.iter().take(MEMBERS).filter_map(|name| catalog.libraries.get(name)) {
            let id = asking.ask(&item.name, &item.version, scope, span, out);
            Asking::stated_at(&id, &item.version, &place(item), out);
            found = true;
        }
        if let Some(key) = of_bundle {
            self.bundles.insert(key, found);
        }
        found
    }

    fn catalog(&mut self, name: &str, script: &SourceFile, input: &Input<'_>) -> Option<&(Arc<SourceFile>, Catalog)> {
        if !self.catalogs.contains_key(name) && self.catalogs.len() < CATALOGS {
            let path = format!("gradle/{name}.versions.toml");
            let found = above(input, script, &path).next().map(|file| {
                let catalog = Catalog::of(file.toml_root());
                (Arc::new(file), catalog)
            });
            self.catalogs.insert(name.to_owned(), found);
        }
        self.catalogs.get(name)?.as_ref()
    }
}
