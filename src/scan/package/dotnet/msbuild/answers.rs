//! What is asked of the surroundings of a project.

use std::sync::Arc;

use super::items::removal;
use super::{Around, At, Shared, Value, Version, expanded, self_expand};
use crate::scan::package::toolkit::Place;
use crate::text::RelPath;

impl Around<'_> {
    /// The references of the files around a project.
    pub(in crate::scan::package::dotnet) fn shared(&self) -> &[Arc<Shared>] {
        &self.known.shared
    }

    /// Whether a condition holds that compares what is known; nothing for others.
    pub(in crate::scan::package::dotnet) fn holds(&self, condition: &str) -> Option<bool> {
        let (first, second, is_same) = match condition.split_once("==") {
            Some((first, second)) => (first, second, true),
            None => condition.split_once("!=").map(|(first, second)| (first, second, false))?,
        };
        let side = |text: &str| {
            let text = text.trim();
            let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            let text = self.surely(inner.unwrap_or(text));
            (!text.contains(['$', '@', '%', '\'', '(', '='])).then(|| text.trim().to_ascii_lowercase())
        };
        Some((side(first)? == side(second)?) == is_same)
    }

    /// The text with the properties that are known; others stay as `$(Name)`.
    pub(in crate::scan::package::dotnet) fn expand(&self, text: &str) -> String {
        self_expand(&self.known.properties, text, &mut Vec::new())
    }

    /// As [`Self::expand`], of properties whose values hang on no condition alone.
    pub(super) fn surely(&self, text: &str) -> String {
        let is_sure = |value: &Value| value.is_sure;
        expanded(&self.known.properties, text, &is_sure, &mut Vec::new())
    }

    /// A path with what is known of it filled in, seen from the folder of the file that it stands in.
    pub(in crate::scan::package::dotnet) fn path(&self, text: &str) -> String {
        let text = text.replace("$(MSBuildThisFileDirectory)", "./").replace("$(MSBuildProjectDirectory)", ".");
        self.expand(&text).replace('\\', "/")
    }

    /// The value of a property that hangs on no condition.
    pub(in crate::scan::package::dotnet) fn sure_property(&self, name: &str) -> Option<&str> {
        let value = self.known.properties.get(&name.to_ascii_lowercase())?.as_ref()?;
        value.is_sure.then_some(&*value.text)
    }

    /// The files that were read around the project, and its own.
    pub(in crate::scan::package::dotnet) fn seen(&self) -> &[RelPath] {
        &self.known.seen
    }

    /// True when references of the files around are more than are followed.
    pub(in crate::scan::package::dotnet) fn is_cut(&self) -> bool {
        self.known.is_cut
    }

    /// True for a package that a file around the project references.
    pub(in crate::scan::package::dotnet) fn includes(&self, name: &str) -> bool {
        self.known.included.get(&name.to_ascii_lowercase()) == Some(&true)
    }

    /// True where a reference that is read at a time is taken away later, by an item whose conditions hold.
    pub(in crate::scan::package::dotnet) fn is_removed(
        &self,
        sort: &str,
        name: &str,
        at: At,
        holds: &dyn Fn(&str) -> Option<bool>,
    ) -> bool {
        let keys = [removal(sort, name), removal(sort, &format!("@({sort})"))];
        let later = keys.iter().filter_map(|key| self.known.removed.get(key)).flatten().filter(|one| one.at > at);
        later.into_iter().any(|one| one.conditions.iter().all(|condition| holds(condition) == Some(true)))
    }

    /// The versions that items give to a reference with a version after it was read.
    pub(in crate::scan::package::dotnet) fn updates(&self, name: &str, at: At) -> impl Iterator<Item = &Version> {
        let all = self.known.updates.get(&name.to_ascii_lowercase());
        all.into_iter().flatten().filter(move |version| version.at > at)
    }

    /// True where central versions and global references do not hold; where no file says so, a file with them is enough.
    pub(in crate::scan::package::dotnet) fn is_central_off(&self) -> bool {
        self.sure_property("ManagePackageVersionsCentrally").is_some_and(|text| text.eq_ignore_ascii_case("false"))
    }

    /// As [`Self::expand`], with the places of the properties that are filled in.
    pub(in crate::scan::package::dotnet) fn expand_placed(&self, text: &str) -> (String, Vec<Place>) {
        let mut places = Vec::new();
        let text = self_expand(&self.known.properties, text, &mut places);
        (text, places)
    }

    /// True for a property that no file of the tree sets.
    pub(in crate::scan::package::dotnet) fn is_unset(&self, name: &str) -> bool {
        self.known.properties.get(&name.to_ascii_lowercase()).is_none()
    }

    /// The versions that other items give to a reference without one.
    pub(in crate::scan::package::dotnet) fn versions(&self, name: &str) -> &[Version] {
        let name = name.to_ascii_lowercase();
        let central = || self.known.versions.get(&name).filter(|_| !self.is_central_off());
        self.known.updates.get(&name).or_else(central).map_or(&[], Vec::as_slice)
    }
}
