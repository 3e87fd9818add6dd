//! Loads rules and profiles from the layers, and checks them.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Kind, LowAside, Rule};
use super::profile::ProfileFile;
use crate::catalog::tables::nearest;
use crate::catalog::{Catalog, Content, Layer, Override, RuleError, embedded};
use crate::model::ComponentKind;
use crate::text::Span;

/// Rules and profiles, by id.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// In id order.
    pub rules: Vec<Rule>,
    /// By id.
    pub profiles: BTreeMap<String, ProfileFile>,
    /// Rules and profiles of earlier layers that later ones replaced.
    pub overrides: Vec<Override>,
}

impl RuleSet {
    /// Loads all layers in order; a later file with the same id replaces the earlier.
    ///
    /// # Errors
    /// Every mistake found, each with its place.
    pub fn load(layers: &[Layer], catalog: &Catalog) -> Result<Self, Vec<RuleError>> {
        let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
        let mut profiles = BTreeMap::new();
        let mut errors = Vec::new();
        let mut overrides = Vec::new();
        for layer in layers {
            for (path, text) in &layer.files {
                match Content::of(path, text) {
                    Content::Finding => match toml::from_str::<Rule>(text) {
                        Ok(rule) => {
                            errors.extend(check(&rule, path, text, catalog));
                            let id = rule.id.clone();
                            if rules.insert(id.clone(), rule).is_some() {
                                overrides.push(replaced(layer, path, format!("rule/{id}")));
                            }
                        }
                        Err(error) => errors.push(RuleError::toml(path, text, &error)),
                    },
                    Content::Profile => match toml::from_str::<ProfileFile>(text) {
                        Ok(profile) => {
                            if let Err(word) = super::Profile::resolve(profile.clone(), catalog, catalog.date()) {
                                errors.push(RuleError::whole(path, word));
                            }
                            let id = profile.id.clone();
                            if profiles.insert(id.clone(), profile).is_some() {
                                overrides.push(replaced(layer, path, format!("profile/{id}")));
                            }
                        }
                        Err(error) => errors.push(RuleError::toml(path, text, &error)),
                    },
                    Content::Tables | Content::Reference | Content::Words => {}
                }
            }
        }
        let set = Self { rules: rules.into_values().collect(), profiles, overrides };
        if errors.is_empty() { Ok(set) } else { Err(errors) }
    }

    /// The set that comes with the program.
    ///
    /// # Errors
    /// As [`Self::load`]; never for a released binary: a test loads it.
    pub fn embedded(catalog: &Catalog) -> Result<Self, Vec<RuleError>> {
        Self::embedded_quickly().map_or_else(|| Self::load(&[Layer::embedded()], catalog), Ok)
    }

    /// As [`Self::embedded`], without the checks that the tests make of the same files.
    pub(crate) fn embedded_quickly() -> Option<Self> {
        let rules = embedded::all(Content::Finding)?.into_iter().map(|(_, rule): (_, Rule)| (rule.id.clone(), rule));
        let profiles = embedded::all(Content::Profile)?.into_iter();
        let profiles = profiles.map(|(_, profile): (_, ProfileFile)| (profile.id.clone(), profile)).collect();
        let rules: BTreeMap<String, Rule> = rules.collect();
        Some(Self { rules: rules.into_values().collect(), profiles, overrides: Vec::new() })
    }

    /// A rule by id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

fn replaced(layer: &Layer, path: &str, entry: String) -> Override {
    Override { layer: layer.name.clone(), file: path.to_owned(), entry }
}

/// What the types cannot say.
fn check(rule: &Rule, path: &str, text: &str, catalog: &Catalog) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| {
        let at = text.find(&format!("{field} =")).or_else(|| text.find(&format!("[{field}"))).unwrap_or(0);
        errors.push(RuleError::at(path, text, Span::new(at, at + field.len()), message));
    };
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml");
    if rule.id != name {
        wrong("id", format!("`id` is `{}` but the file is `{name}.toml`; they must be the same", rule.id));
    }
    let word = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !rule.id.split('-').all(word) {
        wrong("id", format!("`{}` is not in kebab-case: lower-case words joined by single hyphens", rule.id));
    }
    let section = match rule.kind {
        Kind::Match | Kind::Disagreement => None,
        Kind::Reach => Some(("reach", rule.reach.is_some())),
        Kind::Listed => Some(("listed", rule.listed.is_some())),
        Kind::Owned => Some(("owned", rule.owned.is_some())),
        Kind::ExportClass => Some(("export", rule.export.is_some())),
        Kind::Fleet => Some(("fleet", rule.fleet.is_some())),
        Kind::Tied => Some(("tied", rule.tied.is_some())),
        Kind::Concentration => Some(("concentration", rule.concentration.is_some())),
        Kind::Missing => Some(("missing", rule.missing.is_some())),
        Kind::Single => Some(("single", rule.single.is_some())),
        Kind::Screened => Some(("screened", rule.screened.is_some())),
        Kind::Noticed => Some(("noticed", rule.noticed.is_some())),
        Kind::Stated => Some(("stated", rule.stated.is_some())),
    };
    if let Some((section, false)) = section {
        wrong("kind", format!("this `kind` needs a section `[{section}]`"));
    }
    let kinds: BTreeSet<&str> = ComponentKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let selects = || std::iter::once(&rule.select).chain(&rule.also);
    for word in selects().flat_map(|select| &select.kind) {
        if !kinds.contains(word.as_str()) {
            let hint = nearest(word, &kinds).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            wrong("kind", format!("`{word}` is not a kind of component{hint}"));
        }
    }
    for pattern in selects().flat_map(|select| &select.id) {
        if globset::Glob::new(pattern).is_err() {
            wrong("id", format!("`{pattern}` is not a glob"));
        }
    }
    if let Some(super::file::Jurisdictions::Listed(words)) = rule.reach.as_ref().map(|reach| &reach.from)
        && let Err(message) = super::profile::countries(words, catalog, catalog.date())
    {
        wrong("from", message);
    }
    let rules: BTreeSet<&str> = catalog.tables().ownership_rule.iter().map(|row| &*row.id).collect();
    for word in rule.owned.iter().flat_map(|owned| &owned.rules).filter(|word| !rules.contains(word.as_str())) {
        let hint = nearest(word, &rules).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        wrong("rules", format!("`{word}` is not an ownership rule{hint}"));
    }
    let topics: BTreeSet<&str> = catalog.tables().notice.iter().map(|row| &*row.topic).collect();
    for word in rule.noticed.iter().flat_map(|noticed| &noticed.topics).filter(|word| !topics.contains(word.as_str())) {
        let hint = nearest(word, &topics).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        wrong("topics", format!("no notice is about `{word}`{hint}"));
    }
    for (field, message) in hardware(rule, catalog).into_iter().chain(never_aside(rule)) {
        wrong(field, message);
    }
    if rule.sources.is_empty() {
        wrong("id", "a rule needs at least one `[[source]]`".to_owned());
    }
    let flagged = rule.examples.iter().filter(|example| !example.flagged.is_empty()).count();
    if flagged == 0 || flagged == rule.examples.len() {
        wrong("id", "a rule needs an example that is flagged and one that is not".to_owned());
    }
    errors
}

/// Categories of findings that weigh the same wherever they are seen: sanctions, lists and export control.
const NEVER_ASIDE: [&str; 7] =
    ["sanctioned", "listed", "listed-registry", "related-party", "screened", "export-control", "government-bar"];

/// A finding about sanctions or export control has no low severity because only a test shows it.
fn never_aside(rule: &Rule) -> Option<(&'static str, String)> {
    let is_wrong = rule.low_aside != LowAside::Never && NEVER_ASIDE.contains(&rule.category.as_str());
    is_wrong.then(|| {
        let message =
            format!("a rule of the category `{}` weighs the same in tests and examples; leave it out", rule.category);
        ("low-aside", message)
    })
}

/// What rules about accelerators name and nothing defines, with the field.
fn hardware(rule: &Rule, catalog: &Catalog) -> Vec<(&'static str, String)> {
    let mut errors = Vec::new();
    let known: BTreeSet<&str> = catalog.tables().destination.iter().map(|row| &*row.id).collect();
    for word in rule.export.iter().flat_map(|export| &export.destinations) {
        if !known.contains(word.as_str()) {
            errors.push(("destinations", format!("`{word}` is not a destination row of `rules/export-control`")));
        }
    }
    let rows: BTreeSet<&str> = catalog.tables().guidance.iter().map(|row| &*row.id).collect();
    for word in rule.export.iter().flat_map(|export| &export.guidance).filter(|word| !rows.contains(word.as_str())) {
        errors.push(("guidance", format!("`{word}` is not a row of guidance of `rules/export-control`")));
    }
    for word in rule.export.iter().flat_map(|export| &export.operator_lists) {
        if catalog.list(word).is_none() {
            errors.push(("operator-lists", format!("`{word}` is not a list")));
        }
    }
    for word in rule.fleet.iter().flat_map(|fleet| &fleet.of) {
        if crate::supply::Of::parse(word).is_none() {
            errors.push(("of", format!("`{word}` is nothing that shares are taken of")));
        }
    }
    errors
}
