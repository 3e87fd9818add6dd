//! Items that ask for packages, give versions, and take references away.

use std::sync::Arc;

use super::{Around, At, REFERENCES, Removal, SHARED, Shared, VERSIONS, Version, self_expand};
use crate::parse::xml::Element;
use crate::scan::SourceFile;
use crate::scan::package::dotnet::elements::{is_private, joined, metadata, metadata_span};
use crate::scan::package::toolkit::{MOST_PLACES, Place};

impl Around<'_> {
    pub(super) fn item(&mut self, item: &Element, conditions: &[&str], file: &Arc<SourceFile>) {
        let central = &*item.name == "PackageVersion";
        let is_own = self.own.as_ref() == Some(file.path());
        self.known.items += 1;
        let at = At { place: if is_own { item.tag.start } else { self.place }, order: self.known.items };
        if !is_own {
            self.include(item, conditions);
            self.share(item, conditions, file, at);
        }
        self.remove(item, conditions, at);
        let name = item.attribute("Update").or_else(|| item.attribute("Include").filter(|_| central));
        let Some(name) = name.filter(|_| central || &*item.name == "PackageReference") else { return };
        let Some(version) = metadata(item, "Version") else { return };
        let (text, made_of) = self.expand_placed(version);
        let own = std::iter::once(Place::new(file, metadata_span(item, "Version", file.text())));
        let places: Vec<Place> = own.chain(made_of).take(MOST_PLACES).collect();
        let condition = joined(conditions, item);
        for name in name.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            let into = if central { &mut self.known.versions } else { &mut self.known.updates };
            let name = self_expand(&self.known.properties, name, &mut Vec::new()).to_ascii_lowercase();
            let all = into.entry_or(name, Vec::new);
            if condition.is_none() {
                all.retain(|known| known.condition.is_some());
            }
            if condition.is_none() || all.len() < VERSIONS {
                all.push(Version { text: text.clone(), condition: condition.clone(), places: places.clone(), at });
            }
        }
    }

    /// Notes which packages are referenced around the project, and which are not any more.
    fn include(&mut self, item: &Element, conditions: &[&str]) {
        if &*item.name != "PackageReference" {
            return;
        }
        let removed = item.attribute("Remove").filter(|_| joined(conditions, item).is_none());
        for (names, is_in) in [(item.attribute("Include"), true), (removed, false)] {
            let names = names.unwrap_or("").split(';').map(|name| self.expand(name).to_ascii_lowercase());
            let names: Vec<String> = names.collect();
            names.into_iter().for_each(|name| self.known.included.insert(name, is_in));
        }
    }

    fn remove(&mut self, item: &Element, conditions: &[&str], at: At) {
        let Some(names) = item.attribute("Remove").filter(|_| REFERENCES.contains(&&*item.name)) else { return };
        let conditions: Vec<Box<str>> =
            conditions.iter().copied().chain(item.attribute("Condition")).map(Into::into).collect();
        for name in names.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            let all = self
                .known
                .removed
                .entry_or(removal(&item.name, &self_expand(&self.known.properties, name, &mut Vec::new())), Vec::new);
            // of those that hold for sure the last one tells it all
            if conditions.is_empty() {
                all.retain(|known| !known.conditions.is_empty());
            }
            if conditions.is_empty() || all.len() < VERSIONS {
                all.push(Removal { conditions: conditions.clone(), at });
            }
        }
    }

    fn share(&mut self, item: &Element, conditions: &[&str], file: &Arc<SourceFile>, at: At) {
        let Some(names) = item.attribute("Include").filter(|_| REFERENCES.contains(&&*item.name)) else { return };
        // each is one of every project that takes the file in
        self.known.names += 1 + memchr::memchr_iter(b';', names.as_bytes()).count();
        if self.known.names > SHARED {
            self.known.is_cut = true;
            return;
        }
        let version = ["VersionOverride", "Version"].iter().find_map(|key| metadata(item, key));
        self.known.shared.push(Arc::new(Shared {
            file: Arc::clone(file),
            span: item.tag,
            sort: item.name.clone(),
            names: names.into(),
            version: version.map(Into::into),
            is_override: metadata(item, "VersionOverride").is_some(),
            is_private: is_private(item),
            conditions: conditions.iter().copied().chain(item.attribute("Condition")).map(Into::into).collect(),
            at,
        }));
    }
}

/// The word under which it is kept that references of a name are taken away.
pub(super) fn removal(sort: &str, name: &str) -> String {
    format!("{sort} {name}").to_ascii_lowercase()
}
