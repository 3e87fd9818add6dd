//! Notebooks: the Python of their cells as one file, each line at its place in the notebook.

use crate::parse::{Node, Value};
use crate::scan::origin::Origin;
use crate::scan::{Facts, SourceFile};
use crate::text::Region;

/// Lines of a notebook that are read.
const MOST_LINES: usize = 200_000;

/// The code of a notebook in Python; nothing for other languages and for what is no notebook.
///
/// # Errors
/// What is no JSON from the first value on.
pub(super) fn python(file: &SourceFile, out: &mut Facts<'_>) -> anyhow::Result<Option<SourceFile>> {
    let root = file.json_or_part(out)?;
    Ok(code(root, file))
}

fn code(root: &Node, file: &SourceFile) -> Option<SourceFile> {
    let language = [["metadata", "kernelspec", "language"], ["metadata", "language_info", "name"]];
    let stated = language.iter().find_map(|way| root.at(way)?.text());
    if stated.is_some_and(|language| !language.eq_ignore_ascii_case("python")) {
        return None;
    }
    let mut code = Code::default();
    for cell in root.get("cells")?.list().iter().filter(|cell| cell.text_at("cell_type") == Some("code")) {
        code.cell(cell.get("source")?, file);
    }
    Some(file.part(&code.text, Origin::Each(code.places.into())))
}

#[derive(Default)]
struct Code {
    text: String,
    /// Of each line of the text.
    places: Vec<Region>,
}

impl Code {
    /// A list of lines, or all of them as one text.
    fn cell(&mut self, source: &Node, file: &SourceFile) {
        let parts = if matches!(source.value, Value::List(_)) { source.list() } else { std::slice::from_ref(source) };
        let first = parts.iter().find_map(Node::text).unwrap_or_default();
        // a cell of another language, and its lines
        let is_foreign = first.trim_start().starts_with("%%");
        for part in parts {
            let region = file.region(part.span);
            for line in part.text().unwrap_or_default().lines() {
                if self.places.len() >= MOST_LINES {
                    return;
                }
                // commands of the notebook are no Python
                let is_command = is_foreign || line.trim_start().starts_with(['%', '!', '?']);
                if !is_command {
                    self.text.push_str(line);
                }
                self.text.push('\n');
                self.places.push(region);
            }
        }
    }
}
