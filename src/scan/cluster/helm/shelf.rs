//! Files of charts that are no templates, as templates ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::template::Shelf;
use crate::scan::{Companions, SourceFile};
use crate::text::RelPath;

/// The files of a chart and its subcharts, by the path of the chart.
pub(super) struct Files<'a> {
    charts: BTreeMap<String, (RelPath, BTreeMap<String, Arc<SourceFile>>)>,
    companions: &'a Companions<'a>,
    /// Files that templates read.
    pub(super) used: BTreeSet<RelPath>,
}

impl<'a> Files<'a> {
    pub(super) fn new(companions: &'a Companions<'a>) -> Self {
        Self { charts: BTreeMap::new(), companions, used: BTreeSet::new() }
    }

    /// Adds the files of a chart.
    pub(super) fn add(&mut self, path: &str, folder: &RelPath, files: &[Arc<SourceFile>]) {
        let below = |file: &Arc<SourceFile>| {
            let rest = file.path().as_str().strip_prefix(folder.as_str())?.trim_start_matches('/');
            Some((rest.to_owned(), Arc::clone(file)))
        };
        self.charts.insert(path.to_owned(), (folder.clone(), files.iter().filter_map(below).collect()));
    }
}

impl Shelf for Files<'_> {
    fn get(&mut self, chart: &str, path: &str) -> Option<String> {
        let (folder, files) = self.charts.get(chart)?;
        let whole = folder.join(path).filter(|whole| is_below(whole, folder))?;
        let text = match files.get(path) {
            Some(file) => file.text().to_owned(),
            None => SourceFile::new(whole.clone(), (self.companions)(&whole)?, None).text().to_owned(),
        };
        self.used.insert(whole);
        Some(text)
    }

    fn glob(&self, chart: &str, pattern: &str) -> Vec<String> {
        let Some((_, files)) = self.charts.get(chart) else { return Vec::new() };
        let Ok(glob) = globset::GlobBuilder::new(pattern).literal_separator(true).build() else { return Vec::new() };
        let glob = glob.compile_matcher();
        files.keys().filter(|path| glob.is_match(path)).cloned().collect()
    }
}

/// True for what lies in the folder: a chart reads nothing outside of its own.
fn is_below(path: &RelPath, folder: &RelPath) -> bool {
    folder.is_root() || path.as_str().strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
}
