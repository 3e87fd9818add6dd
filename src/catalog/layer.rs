//! Layers of rule files: the embedded set, and folders given by the user.

use std::fmt;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::text::{LineColumn, LineIndex, Span};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// The text of an embedded file.
pub(super) fn embedded_text(path: &str) -> Option<&'static str> {
    EMBEDDED.get_file(path)?.contents_utf8()
}

/// Largest rule file of a user's folder.
const LARGEST: u64 = 64 << 20;

/// Files of one origin.
#[derive(Clone, Debug)]
pub struct Layer {
    /// `embedded`, or the folder as given.
    pub name: String,
    /// Path below the rules folder, and text; sorted by path.
    pub files: Vec<(String, String)>,
}

impl Layer {
    /// The files in the binary.
    #[must_use]
    pub fn embedded() -> Self {
        Self::of(&EMBEDDED)
    }

    /// The files in a folder of the binary.
    pub(crate) fn embedded_in(folder: &str) -> Self {
        EMBEDDED.get_dir(folder).map_or_else(|| Self::of(&Dir::new(folder, &[])), Self::of)
    }

    fn of(folder: &Dir<'_>) -> Self {
        let mut files = Vec::new();
        let mut open = vec![folder];
        while let Some(folder) = open.pop() {
            open.extend(folder.dirs());
            for file in folder.files() {
                let path = file.path().to_string_lossy().replace('\\', "/");
                if let Some(text) = file.contents_utf8().filter(|_| path.ends_with(".toml")) {
                    files.push((path, text.to_owned()));
                }
            }
        }
        files.sort();
        Self { name: "embedded".to_owned(), files }
    }

    /// Text of a file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|(name, _)| name == path).map(|(_, text)| text.as_str())
    }
}

/// What a rule file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A rule with its examples.
    Finding,
    /// A profile.
    Profile,
    /// Rows of tables.
    Tables,
    /// Text for people and generators.
    Reference,
    /// Words and legal forms for the comparison of names.
    Words,
}

impl Content {
    /// By the folder for the layout of the embedded files; elsewhere by the keys of the file itself, so that one file
    /// anywhere in a user's folder is enough. Only rules and profiles have such keys above the first table.
    #[must_use]
    pub fn of(path: &str, text: &str) -> Self {
        match path.split_once('/').map(|(folder, _)| folder) {
            Some("findings") => return Self::Finding,
            Some("profiles") => return Self::Profile,
            Some("reference") => return Self::Reference,
            Some("screening") => return Self::Words,
            _ => {}
        }
        let keys: Vec<&str> = text
            .lines()
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.split_once('='))
            .map(|(key, _)| key.trim())
            .collect();
        let has = |known: &[&str]| known.iter().any(|key| keys.contains(key));
        if has(&["kind", "category", "severity", "why", "remedy"]) {
            Self::Finding
        } else if has(&["id", "about", "home", "trusted", "refused", "fail-on"]) {
            Self::Profile
        } else {
            Self::Tables
        }
    }
}

/// An entry of an earlier layer that a later one replaced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// Name of the later layer.
    pub layer: String,
    /// File below it.
    pub file: String,
    /// `table/id`, `rule/id` or `profile/id`.
    pub entry: String,
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} in {}", self.layer, self.entry, self.file)
    }
}

/// Reads a user's rules folder.
///
/// # Errors
/// When the folder or a file in it cannot be read, or when it holds no rule file.
pub fn read_folder(folder: &Path) -> anyhow::Result<Layer> {
    use crate::source::{Limits, directory};
    let limits = Limits::default();
    let is_table = |path: &crate::text::RelPath| path.as_str().ends_with(".toml");
    let walk = directory::walk(folder, &globset::GlobSet::empty(), &limits, is_table, || true)?;
    let read_elsewhere = |sort: &directory::Sort| matches!(sort, directory::Sort::LinkToFile(end) if walk.candidates.iter().any(|candidate| candidate.path == *end));
    if let Some(thing) = walk.irregular.iter().find(|thing| !read_elsewhere(&thing.sort)) {
        anyhow::bail!("cannot read `{}`: {}", thing.path, thing.sort.message());
    }
    let mut files = Vec::new();
    for candidate in walk.candidates {
        let bytes = directory::read(folder, &candidate.path, LARGEST)
            .map_err(|error| anyhow::anyhow!("cannot read rule file `{}`: {error:?}", candidate.path))?;
        let text =
            String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("rule file `{}` is not UTF-8", candidate.path))?;
        files.push((candidate.path.to_string(), text));
    }
    anyhow::ensure!(!files.is_empty(), "it holds no rule file: no file whose name ends with `.toml`");
    Ok(Layer { name: folder.display().to_string(), files })
}

/// A mistake in a rule file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleError {
    /// File below the rules folder.
    pub file: String,
    /// Place, where known.
    pub at: Option<LineColumn>,
    /// The line itself.
    pub line: Option<String>,
    /// What is wrong and what was expected.
    pub message: String,
}

impl RuleError {
    /// A mistake at a span of a file.
    #[must_use]
    pub fn at(file: &str, text: &str, span: Span, message: impl Into<String>) -> Self {
        let lines = LineIndex::new(text);
        let at = lines.line_column(text, span.start);
        let line = lines.line_span(text, at.line).map(|line| text[line.start..line.end].to_owned());
        Self { file: file.to_owned(), at: Some(at), line, message: message.into() }
    }

    /// A mistake of a file as a whole.
    #[must_use]
    pub fn whole(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), at: None, line: None, message: message.into() }
    }

    /// A TOML error with its place.
    #[must_use]
    pub fn toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().map_or_else(Span::default, Span::from);
        Self::at(file, text, span, error.message())
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(at) = self.at {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(line) = &self.line {
            write!(f, "\n  | {}", crate::text::shorten(line.trim_end(), 160))?;
        }
        Ok(())
    }
}
