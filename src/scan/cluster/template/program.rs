//! Templates by name, what they write, and what they may ask for.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::parser::{File, Part, parse};
use crate::text::Span;

/// Parsed text of a file, or of a value that `tpl` runs.
pub(in crate::scan::cluster) struct Code {
    pub(super) text: Rc<str>,
    /// Where the file stands in the row of files; nothing for texts of values.
    pub(super) start: Option<usize>,
}

/// Templates by name; files write, definitions are called.
#[derive(Default)]
pub(in crate::scan::cluster) struct Program {
    pub(super) files: BTreeMap<String, (Rc<Code>, Rc<Vec<Part>>)>,
    pub(super) defines: BTreeMap<String, (Rc<Code>, Rc<Vec<Part>>)>,
}

/// A stretch of output and what made it.
#[derive(Clone, Debug)]
pub(in crate::scan::cluster) struct Stretch {
    /// Where it begins in the output.
    pub(in crate::scan::cluster) start: usize,
    /// Literal text or action of a template.
    pub(in crate::scan::cluster) place: Span,
    /// The output is the template's own text.
    pub(in crate::scan::cluster) is_literal: bool,
    /// Values that had a say.
    pub(in crate::scan::cluster) values: Vec<Span>,
}

/// What a template wrote.
#[derive(Debug, Default)]
pub(in crate::scan::cluster) struct Output {
    pub(in crate::scan::cluster) text: String,
    pub(in crate::scan::cluster) stretches: Vec<Stretch>,
}

/// Why a template could not be run, and the action.
#[derive(Debug)]
pub(in crate::scan::cluster) struct Failure {
    pub(in crate::scan::cluster) message: String,
    pub(in crate::scan::cluster) at: Option<Span>,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, at: None }
    }
}

/// Other files of charts, which templates may ask for.
pub(in crate::scan::cluster) trait Shelf {
    /// The text of a file of a chart.
    fn get(&mut self, chart: &str, path: &str) -> Option<String>;
    /// Paths of a chart's files that fit a pattern.
    fn glob(&self, chart: &str, pattern: &str) -> Vec<String>;
}

impl Program {
    /// Adds a file under its name. Its own definitions take the place of others of the name.
    ///
    /// # Errors
    /// The first thing that is no template, with its place in the file.
    pub(in crate::scan::cluster) fn add(
        &mut self,
        name: &str,
        text: &str,
        start: usize,
    ) -> Result<(), (usize, String)> {
        let code = Rc::new(Code { text: Rc::from(text), start: Some(start) });
        let File { parts, defines } = parse(text)?;
        self.defines.extend(defines.into_iter().map(|(name, parts)| (name, (Rc::clone(&code), parts))));
        // a file is a template like any other: checksums of configuration are made so
        self.defines.insert(name.to_owned(), (Rc::clone(&code), Rc::clone(&parts)));
        self.files.insert(name.to_owned(), (code, parts));
        Ok(())
    }
}
