//! Which packages of one database need which: names are looked up once all are read.

use crate::model::{ComponentId, RelationKind};
use crate::scan::{Facts, Seen};
use crate::text::Lookup;

/// The packages of one database with what each provides and needs.
#[derive(Default)]
pub(super) struct Installed {
    packages: Vec<(ComponentId, Seen)>,
    providers: Lookup<String, usize>,
    needs: Vec<(usize, Vec<String>)>,
}

impl Installed {
    /// Adds a package under its name.
    pub(super) fn add(&mut self, id: &ComponentId, name: &str, seen: Seen) -> usize {
        self.packages.push((id.clone(), seen));
        let number = self.packages.len() - 1;
        self.providers.insert(name.to_owned(), number);
        number
    }

    /// The package answers to another name as well. A package of that name goes before.
    pub(super) fn provides(&mut self, number: usize, name: &str) {
        if self.providers.get(name).is_none() {
            self.providers.insert(name.to_owned(), number);
        }
    }

    /// The package needs one of these.
    pub(super) fn needs<'n>(&mut self, number: usize, names: impl Iterator<Item = &'n str>) {
        let names: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if !names.is_empty() {
            self.needs.push((number, names));
        }
    }

    /// True when some package needs this name and none answers to it.
    pub(super) fn is_open(&self) -> impl Fn(&str) -> bool + use<> {
        let open: std::collections::BTreeSet<String> = self
            .needs
            .iter()
            .flat_map(|(_, names)| names)
            .filter(|name| self.providers.get(name.as_str()).is_none())
            .cloned()
            .collect();
        move |name| open.contains(name)
    }

    /// Writes who needs whom: of alternatives the first that is installed. What nobody provides is not installed, and
    /// no edge can lead there.
    pub(super) fn write(self, out: &mut Facts<'_>) {
        for (number, names) in &self.needs {
            let (from, seen) = &self.packages[*number];
            let found = names.iter().find_map(|name| self.providers.get(name.as_str()));
            if let Some(to) = found.filter(|to| *to != number) {
                out.relation(from, RelationKind::DependsOn, &self.packages[*to].0, seen.clone());
            }
        }
    }
}
