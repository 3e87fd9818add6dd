//! Values that one stack exports and another imports, where both templates are in the tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::places::Beside;
use super::root_of;
use super::template::{Call, Template};
use crate::model::ComponentId;
use crate::parse::Node;
use crate::scan::cloud::declared::value::{Mention, Reason, Resolved, Value};
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

/// Files that are looked at for exports.
const MOST_FILES: usize = 4_000;
/// Bytes that are looked at.
const MOST_BYTES: usize = 64 << 20;
/// Least that the known end of a name must have to tell an export.
const SHORTEST_END: usize = 3;

/// What a stack gives to all others.
#[derive(Clone, Debug, PartialEq)]
struct Export {
    /// The value, where it is a text that is known.
    value: Option<String>,
    /// The resource whose value it is.
    of: Option<ComponentId>,
}

/// Every export of a tree, by its name; what is not known of a name stands as `*`.
#[derive(Default)]
struct Exports(BTreeMap<String, Vec<Export>>);

impl Exports {
    /// The one export of a name. A name whose beginning is not known is told by its end, where only one ends so.
    fn find(&self, name: &str) -> Option<(&Export, bool)> {
        if !name.contains('*')
            && let Some([one]) = self.0.get(name).map(Vec::as_slice)
        {
            return Some((one, true));
        }
        let end = |text: &str| text.rsplit_once('*').map(|(_, end)| end.to_owned());
        let fits = |known: &str| match (end(known), end(name)) {
            (Some(known), Some(wanted)) => known == wanted && known.len() >= SHORTEST_END,
            (Some(known), None) => known.len() >= SHORTEST_END && name.ends_with(&known),
            (None, _) => false,
        };
        let mut all = self.0.iter().filter(|(known, _)| fits(known)).flat_map(|(_, exports)| exports);
        all.next().filter(|_| all.next().is_none()).map(|one| (one, false))
    }
}

impl<'a> Template<'a> {
    /// `ImportValue`: the value where its export is known, else whose it is.
    pub(super) fn imported(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let shape = self.argument(call, depth).text().unwrap_or_else(|| self.shape_of_argument(call));
        let unknown = || Resolved::unknown(self.file, node.span, Reason::Elsewhere(Arc::from(shape.as_str())));
        let Some(input) = self.calls.map(|calls| calls.input) else { return unknown() };
        let exports = input.memo.once::<Exports>(|| all(input));
        let Some((export, is_exact)) = exports.find(&shape) else { return unknown() };
        let mut found = match &export.value {
            Some(text) if is_exact => Resolved::new(self.file, node.span, Value::Text(text.clone())),
            _ => unknown(),
        };
        if let Some(to) = export.of.clone() {
            found.mentions.push(Mention { to, file: self.file, span: node.span });
        }
        found
    }
}

/// Reads the exports of every template of the tree.
fn all(input: &Input<'_>) -> Exports {
    let mut exports = Exports::default();
    let mut bytes = 0;
    let may_be =
        |path: &&RelPath| [".yaml", ".yml", ".json", ".template"].iter().any(|end| path.as_str().ends_with(end));
    for path in input.paths.iter().filter(may_be).take(MOST_FILES) {
        let Some(file) = input.companion(path) else { continue };
        bytes += file.text().len();
        if bytes > MOST_BYTES {
            break;
        }
        if file.text().contains("Export") && file.text().contains("Outputs") {
            read(&file, &mut exports);
        }
    }
    exports
}

fn read(file: &SourceFile, exports: &mut Exports) {
    let Some((yaml, root)) = root_of(file) else { return };
    let beside = Beside { settings: None, manifest: None };
    let template = Template::new(file, yaml, root, &beside);
    for (_, output) in template.declared_outputs() {
        let (Some(name), Some(value)) = (output.at(&["Export", "Name"]), output.get("Value")) else { continue };
        let name = template.value(name, 0).text().unwrap_or_else(|| template.shape(name));
        let value = template.value(value, 0);
        let of = value.all_mentions().first().map(|mention| mention.to.clone());
        let export = Export { value: value.text(), of };
        let known = exports.0.entry(name).or_default();
        if !known.contains(&export) {
            known.push(export);
        }
    }
}
