//! Lookups of declared resources: type to service and provider, argument to role.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use aho_corasick::AhoCorasick;

use super::rows::{Argument, Copy, Provider, ResourceType, Role, Service};
use super::{Catalog, Tables};

/// Names and patterns, in any case. An exact name wins, then the pattern with most letters.
#[derive(Debug, Default)]
pub(super) struct PatternIndex {
    exact: BTreeMap<Box<str>, usize>,
    /// What stands before and after the `*`, longest first.
    patterns: Vec<(Pattern, usize)>,
}

/// A text with at most two `*`: at the beginning and somewhere after it.
#[derive(Debug)]
struct Pattern {
    parts: Vec<Box<str>>,
    letters: usize,
}

impl Pattern {
    fn new(text: &str) -> Self {
        let parts: Vec<Box<str>> = text.to_ascii_lowercase().split('*').map(Into::into).collect();
        let letters = parts.iter().map(|part| part.len()).sum();
        Self { parts, letters }
    }

    /// Each part after the first is looked for as early as possible, the last at the end.
    fn fits(&self, name: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|all| **all == *name);
        };
        let Some(mut rest) = name.strip_prefix(&**first) else { return false };
        for part in middle {
            let Some(at) = rest.find(&**part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(&**last)
    }
}

impl PatternIndex {
    /// Reads names in the order of their rows; of two rows with one name the first counts.
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut found = Self::default();
        for (at, name) in names.enumerate() {
            if name.contains('*') {
                found.patterns.push((Pattern::new(name), at));
            } else {
                found.exact.entry(name.to_ascii_lowercase().into()).or_insert(at);
            }
        }
        found.patterns.sort_by_key(|(pattern, at)| (std::cmp::Reverse(pattern.letters), *at));
        found
    }

    fn find(&self, name: &str) -> Option<usize> {
        let name = name.to_ascii_lowercase();
        if let Some(at) = self.exact.get(&*name) {
            return Some(*at);
        }
        self.patterns.iter().find(|(pattern, _)| pattern.fits(&name)).map(|(_, at)| *at)
    }
}

/// Indices of the tables of declared resources.
#[derive(Debug, Default)]
pub(super) struct Declared {
    types: PatternIndex,
    families: PatternIndex,
    /// What in a text tells that it may hold objects of a family of custom resources.
    words: Option<AhoCorasick>,
    /// Rows by name with the types they are for; those for some types before those for all.
    arguments: BTreeMap<Box<str>, Vec<(Vec<Pattern>, usize)>>,
    /// Rows of copies by type.
    copies: BTreeMap<Box<str>, Vec<usize>>,
}

impl Declared {
    pub(super) fn of(tables: &Tables) -> Self {
        let mut arguments: BTreeMap<Box<str>, Vec<(Vec<Pattern>, usize)>> = BTreeMap::new();
        for (at, row) in tables.argument.iter().enumerate() {
            let types = row.types.iter().map(|name| Pattern::new(name)).collect();
            arguments.entry(row.name.clone()).or_default().push((types, at));
        }
        arguments.values_mut().for_each(|rows| rows.sort_by_key(|(types, at)| (types.is_empty(), *at)));
        let mut copies: BTreeMap<Box<str>, Vec<usize>> = BTreeMap::new();
        for (at, row) in tables.copy.iter().enumerate() {
            copies.entry(row.of.clone()).or_default().push(at);
        }
        let families = tables.resource_family.iter().map(|row| &*row.pattern);
        // `*.services.k8s.aws/*`: the part that holds most
        let groups = families.filter(|pattern| pattern.ends_with("/*") && pattern.starts_with("*."));
        let words: BTreeSet<&str> =
            groups.filter_map(|pattern| pattern.split('*').max_by_key(|part| part.len())).collect();
        Self {
            words: AhoCorasick::new(words).ok(),
            types: PatternIndex::of(tables.resource_type.iter().map(|row| &*row.name)),
            families: PatternIndex::of(tables.resource_family.iter().map(|row| &*row.pattern)),
            arguments,
            copies,
        }
    }
}

impl Catalog {
    /// The service that a resource of a declared type belongs to: of Terraform, else of any other format.
    #[must_use]
    pub fn service_by_type(&self, resource_type: &str) -> Option<&Service> {
        self.service_by_terraform(resource_type).or_else(|| self.service(&self.resource_type(resource_type)?.service))
    }

    /// The provider of a resource of a declared type: of Terraform, else of any other format.
    #[must_use]
    pub fn provider_by_type(&self, resource_type: &str) -> Option<&Provider> {
        self.provider_by_terraform(resource_type).or_else(|| {
            let at = self.declared.families.find(resource_type)?;
            self.provider(&self.tables.resource_family[at].provider)
        })
    }

    /// True where a cloud runs what a resource is everywhere at once, so that the region it is configured with is not
    /// its place. Clouds that others run apart have such services of their own: there the region tells whose they are.
    pub fn is_everywhere(&self, resource_type: &str, region: &str, argument: impl Fn(&str) -> Option<String>) -> bool {
        let Some(at) = self.declared.families.find(resource_type) else { return false };
        let row = &self.tables.resource_family[at];
        let holds = |when: &str| {
            when.split_once('=').is_some_and(|(name, wanted)| argument(name).is_some_and(|text| text == wanted))
        };
        let is_apart =
            || self.region(&row.provider, region).is_some_and(|region| self.provider_of_realm(region).is_some());
        row.global && row.when.as_deref().is_none_or(holds) && !is_apart()
    }

    /// Beginnings of the names of modules of Ansible's collections for clouds: `amazon.aws.`.
    pub fn collections(&self) -> impl Iterator<Item = &str> {
        let beginning = |pattern: &'_ str| -> Option<usize> {
            let end = pattern.find('*')?;
            let is_it = end > 0 && pattern[..end].matches('.').count() == 2 && !pattern.contains([':', '/']);
            is_it.then_some(end)
        };
        self.tables.resource_family.iter().filter_map(move |row| Some(&row.pattern[..beginning(&row.pattern)?]))
    }

    /// Programs whose commands make resources: `gcloud`.
    pub fn command_lines(&self) -> impl Iterator<Item = &str> {
        self.tables.resource_family.iter().filter_map(|row| row.pattern.strip_suffix(" *"))
    }

    /// The type that a command is the name of, where it makes one: `gcloud container clusters create`.
    #[must_use]
    pub fn made_by_command(&self, words: &str) -> Option<&str> {
        let (program, _) = words.split_once(' ')?;
        let row = self.command_lines().any(|known| known == program).then(|| self.resource_type(words))??;
        row.name.eq_ignore_ascii_case(words).then_some(&*row.name)
    }

    /// True when a text may speak of custom resources that stand for a provider's: a quick look.
    #[must_use]
    pub fn may_name_custom_resources(&self, text: &str) -> bool {
        self.declared.words.as_ref().is_none_or(|words| words.is_match(text))
    }

    /// The row of a type of a format other than Terraform.
    #[must_use]
    pub fn resource_type(&self, name: &str) -> Option<&ResourceType> {
        self.declared.types.find(name).map(|at| &self.tables.resource_type[at])
    }

    /// Every row of arguments of a role.
    pub fn arguments_as(&self, role: super::rows::Role) -> impl Iterator<Item = &super::rows::Argument> {
        self.tables.argument.iter().filter(move |row| row.role == role)
    }

    /// What resources of a type say of copies.
    pub fn copies(&self, resource_type: &str) -> impl Iterator<Item = &Copy> {
        let rows = self.declared.copies.get(resource_type).map_or(&[][..], Vec::as_slice);
        rows.iter().map(|at| &self.tables.copy[*at])
    }

    /// What an argument means at a resource of a type, with its rank: `path` is the way to it in snake case, and the
    /// row that names more of it wins.
    #[must_use]
    pub fn argument(&self, resource_type: &str, path: &[String]) -> Option<(usize, &Argument)> {
        let (last, above) = path.split_last()?;
        let above =
            above.last().and_then(|above| self.arguments_named(resource_type, &format!("{above}.{last}")).next());
        above.or_else(|| self.arguments_named(resource_type, last).next())
    }

    /// The row that gives an argument a role at a resource of a type, with its rank: one name may be a count here and a
    /// machine type there.
    #[must_use]
    pub fn argument_as(&self, resource_type: &str, name: &str, role: Role) -> Option<(usize, &Argument)> {
        self.arguments_named(resource_type, name).find(|(_, row)| row.role == role)
    }

    /// True where rows know arguments below one of a resource, so that a table in its place is a part of the resource.
    #[must_use]
    pub fn has_arguments_below(&self, resource_type: &str, name: &str) -> bool {
        let beginning = format!("{name}.");
        let below = self.declared.arguments.range::<str, _>((Bound::Included(&*beginning), Bound::Unbounded));
        let mut below =
            below.take_while(|(full, _)| full.starts_with(&beginning)).flat_map(|(_, rows)| rows).peekable();
        if below.peek().is_none() {
            return false;
        }
        let kind = resource_type.to_ascii_lowercase();
        below.any(|(types, _)| types.iter().any(|pattern| pattern.fits(&kind)))
    }

    /// Rows of a name that speak of a type, those for some types first.
    fn arguments_named<'c>(
        &'c self,
        resource_type: &str,
        name: &str,
    ) -> impl Iterator<Item = (usize, &'c Argument)> + use<'c> {
        let rows = self.declared.arguments.get(name).map_or(&[][..], Vec::as_slice);
        let kind = if rows.is_empty() { String::new() } else { resource_type.to_ascii_lowercase() };
        rows.iter()
            .filter(move |(types, _)| types.is_empty() || types.iter().any(|pattern| pattern.fits(&kind)))
            .map(|(_, at)| (*at, &self.tables.argument[*at]))
    }

    /// Names of blocks of which an argument has a role only there: `guest_accelerator`.
    pub fn blocks_with(&self, role: Role) -> impl Iterator<Item = &str> {
        let rows = self.tables.argument.iter().filter(move |row| row.role == role);
        rows.filter_map(|row| row.name.split_once('.').map(|(block, _)| block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_wins_and_case_does_not_matter() {
        let names = ["AWS::*", "AWS::S3::*", "AWS::S3::Bucket", "*.services.k8s.aws/*", "s3.services.k8s.aws/*"];
        let index = PatternIndex::of(names.into_iter());
        assert_eq!(index.find("aws::s3::bucket"), Some(2));
        assert_eq!(index.find("AWS::S3::BucketPolicy"), Some(1));
        assert_eq!(index.find("AWS::SQS::Queue"), Some(0));
        assert_eq!(index.find("sqs.services.k8s.aws/Queue"), Some(3));
        assert_eq!(index.find("s3.services.k8s.aws/Bucket"), Some(4));
        assert_eq!(index.find("Microsoft.Storage/storageAccounts"), None);
    }
}
