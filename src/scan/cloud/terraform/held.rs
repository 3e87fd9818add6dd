//! Functions that read files of the tree: `file`, `templatefile`, `fileexists`. Nothing outside the target is read, and not
//! more than a bounded number of bytes for one root module.

use std::sync::Arc;

use hcl_edit::template::Template;

use super::scope::{Bound, Scope};
use super::templates::MAX_TEXT;
use super::value::{Reason, Value};
use crate::text::RelPath;

/// Bytes that the files of one root module may have in all.
const MOST_BYTES: usize = 8 << 20;
/// Names that a template may be given.
const MOST_NAMES: usize = 200;
/// Open brackets at which a template is not read: the parser takes stack for each.
const DEEPEST: usize = 24;

impl Scope<'_> {
    /// The module's folder as seen from the root module.
    pub(super) fn path_from_root(&self) -> String {
        let (Some(folder), root) = (self.folder, self.root_folder()) else { return ".".to_owned() };
        let parts = |path: &RelPath| -> Vec<String> {
            path.as_str().split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
        };
        let (from, to) = (parts(&root), parts(&folder.path));
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
        let all: Vec<String> = up.chain(to[shared..].iter().cloned()).collect();
        if all.is_empty() { ".".to_owned() } else { all.join("/") }
    }

    /// The value of a function that reads a file; nothing for other functions.
    pub(super) fn of_file(&self, name: &str, arguments: &[Value], depth: usize) -> Option<Value> {
        if !matches!(name, "file" | "templatefile" | "fileexists") {
            return None;
        }
        let Some(path) = arguments.first().and_then(Value::text) else {
            return Some(Value::because(&arguments.iter().collect::<Vec<_>>(), "a path must be text"));
        };
        let elsewhere = || Value::Unknown(Reason::Elsewhere(Arc::from(format!("the file {path}"))));
        let root = self.root_folder();
        let Some(at) = RelPath::new(format!("{root}/{path}").trim_start_matches("./")) else {
            return Some(elsewhere());
        };
        let Some(text) = self.held(&at) else {
            // it may be made before a run
            return Some(elsewhere());
        };
        Some(match (name, arguments.get(1)) {
            ("fileexists", _) => Value::Bool(true),
            ("file", _) if text.len() <= MAX_TEXT * 16 => Value::Text(text),
            ("templatefile", Some(Value::Object(names))) => {
                if depth_of(&text) > DEEPEST || names.len() > MOST_NAMES {
                    return Some(Value::Unknown(Reason::Limit));
                }
                let Ok(template) = text.parse::<Template>() else {
                    return Some(Value::Unknown(Reason::Syntax("broken templates")));
                };
                let names: Vec<(&String, &Value)> = names.iter().collect();
                self.filled(&template, &names, None, depth)
            }
            ("templatefile", other) => {
                Value::because(&other.into_iter().collect::<Vec<_>>(), "names must be an object")
            }
            _ => Value::Unknown(Reason::Limit),
        })
    }

    /// What `templatefile` gives with gaps where it is not known, see [`Self::with_gaps`].
    pub(super) fn template_file_with_gaps(&self, arguments: &[Value]) -> Option<(String, bool)> {
        let path = arguments.first()?.text()?;
        let Some(Value::Object(names)) = arguments.get(1) else { return None };
        let root = self.root_folder();
        let at = RelPath::new(format!("{root}/{path}").trim_start_matches("./"))?;
        let text = self.held(&at).filter(|text| depth_of(text) <= DEEPEST && names.len() <= MOST_NAMES)?;
        let template = text.parse::<Template>().ok()?;
        let names: Vec<(&String, &Value)> = names.iter().collect();
        self.gapped(&template, &names, None)
    }

    /// A file that a path names, with its text.
    pub(super) fn held_file(&self, path: Option<&Value>) -> Option<(RelPath, String)> {
        let path = path?.text()?;
        let at = RelPath::new(format!("{}/{path}", self.root_folder()).trim_start_matches("./"))?;
        let text = self.held(&at)?;
        Some((at, text))
    }

    fn gapped(
        &self,
        template: &Template,
        names: &[(&String, &Value)],
        outer: Option<&Bound<'_>>,
    ) -> Option<(String, bool)> {
        match names {
            [] => self.with_gaps(template, outer).ok(),
            [(name, value), rest @ ..] => self.gapped(template, rest, Some(&Bound { name, value, outer })),
        }
    }

    /// A template with its names, bound one after the other.
    fn filled(
        &self,
        template: &Template,
        names: &[(&String, &Value)],
        outer: Option<&Bound<'_>>,
        depth: usize,
    ) -> Value {
        match names {
            [] => self.template(template, outer, depth + 1),
            [(name, value), rest @ ..] => self.filled(template, rest, Some(&Bound { name, value, outer }), depth),
        }
    }

    fn held(&self, path: &RelPath) -> Option<String> {
        if self.budget.read.get() > MOST_BYTES {
            return None;
        }
        let bytes = self.tree?.companions?(path)?;
        self.budget.read.set(self.budget.read.get() + bytes.len());
        String::from_utf8(bytes).ok()
    }
}

/// Deepest bracket of a text.
fn depth_of(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        deepest = deepest.max(depth);
    }
    deepest
}
