//! Manifests that no lock file answers.

use std::sync::Arc;

use crate::model::Sighting;
use crate::text::LineColumn;

/// What stays open of one manifest.
#[derive(Default)]
pub(super) struct Alone {
    /// The first place.
    pub(super) at: Option<LineColumn>,
    /// Requirements that state which versions will do, and those that state nothing.
    with: usize,
    without: usize,
    /// The scanner that reads it.
    scanner: Arc<str>,
}

impl Alone {
    /// Adds an open requirement.
    pub(super) fn add(&mut self, place: &Sighting, has_constraint: bool) {
        let at = place.region().map(|at| at.start);
        self.at = [self.at, at].into_iter().flatten().min();
        if *self.scanner != *place.scanner() {
            self.scanner = Arc::from(place.scanner());
        }
        *if has_constraint { &mut self.with } else { &mut self.without } += 1;
    }

    /// Adds what stays open of the same manifest beside.
    pub(super) fn append(&mut self, other: &Self) {
        self.at = [self.at, other.at].into_iter().flatten().min();
        self.scanner = Arc::clone(&other.scanner);
        self.with += other.with;
        self.without += other.without;
    }

    /// What is said of the manifest.
    pub(super) fn told(&self) -> String {
        let why = match &*self.scanner {
            // its tool knows none
            "maven-pom" => "this tool has no lock files, and the manifest does not fix everything",
            "shell-script" => "no lock file answers this script",
            "dockerfile" => "no lock file answers these build steps",
            "pre-commit" => "no lock file answers these hooks",
            _ => "no lock file answers this manifest",
        };
        let are = |count: usize| if count == 1 { "requirement is" } else { "requirements are" };
        let its = |count: usize| if count == 1 { "its" } else { "their" };
        let (with, without) = (self.with, self.without);
        match (with, without) {
            (_, 0) => format!("{why}: {with} {} listed with {} constraint", are(with), its(with)),
            (0, _) => format!("{why}: {without} {} listed, without a constraint", are(without)),
            _ => {
                let all = with + without;
                format!("{why}: {all} {} listed, {with} with {} constraint", are(all), its(with))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_told_where_there_are_any() {
        let told = |with, without| Alone { with, without, ..Alone::default() }.told();
        assert!(told(1, 0).ends_with(": 1 requirement is listed with its constraint"));
        assert!(told(0, 2).ends_with(": 2 requirements are listed, without a constraint"));
        assert!(told(2, 1).ends_with(": 3 requirements are listed, 2 with their constraint"));
    }
}
