//! Which environment a component belongs to, where somebody says it: names and folders do not always tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Cite, Work};
use crate::catalog::Catalog;
use crate::model::{
    ComponentId, ComponentKind, Confidence, Date, Evidence, Fact, FactRef, Inventory, Known, Verification, key,
};

/// An environment and what belongs to it. Of several that fit a component the first counts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Environment {
    /// Its name; rules know `prod`, `staging` and `dev`.
    pub name: String,
    /// Globs over the files that declare a component.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Globs over Kubernetes namespaces.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Globs over Terraform workspaces, as the folders of their states are named (`terraform.tfstate.d/NAME`).
    #[serde(default)]
    pub workspaces: Vec<String>,
    /// Labels or tags that name an environment, as `key=value`: keys `environment`, `env`, `stage` and `tier`.
    #[serde(default)]
    pub labels: Vec<String>,
}

impl Environment {
    /// What is wrong with it.
    #[must_use]
    pub fn mistake(&self) -> Option<String> {
        if self.name.trim().is_empty() {
            return Some("an environment needs a name".to_owned());
        }
        let all = [&self.paths, &self.namespaces, &self.workspaces];
        if all.iter().all(|globs| globs.is_empty()) && self.labels.is_empty() {
            return Some(format!("environment `{}` says of nothing that it belongs to it", self.name));
        }
        if let Some(bad) = all.into_iter().flatten().find(|glob| Glob::new(glob).is_err()) {
            return Some(format!("`{bad}` of environment `{}` is no glob", self.name));
        }
        let bad = self.labels.iter().find(|label| !label.contains('='));
        bad.map(|label| format!("`{label}` of environment `{}` is no label: write key=value", self.name))
    }

    fn matcher(&self) -> Matcher<'_> {
        let set = |globs: &[String]| {
            let mut builder = GlobSetBuilder::new();
            // checked when the configuration was read
            for glob in globs.iter().filter_map(|glob| Glob::new(glob).ok()) {
                builder.add(glob);
            }
            builder.build().unwrap_or_else(|_| GlobSet::empty())
        };
        Matcher {
            of: self,
            paths: set(&self.paths),
            namespaces: set(&self.namespaces),
            workspaces: set(&self.workspaces),
        }
    }
}

struct Matcher<'e> {
    of: &'e Environment,
    paths: GlobSet,
    namespaces: GlobSet,
    workspaces: GlobSet,
}

impl Matcher<'_> {
    fn fits(&self, known: &Known) -> bool {
        let places = || known.kinds().iter().flat_map(|(_, evidence)| evidence.iter().filter_map(Evidence::path));
        let workspace = |path: &str| {
            let (_, rest) = path.split_once("terraform.tfstate.d/")?;
            rest.split('/').next().map(str::to_owned)
        };
        places().any(|path| self.paths.is_match(path.as_str()))
            || known.values(key::NAMESPACE).any(|name| self.namespaces.is_match(&**name))
            || places().filter_map(|path| workspace(path.as_str())).any(|name| self.workspaces.is_match(name))
            || known.values(key::ENVIRONMENT_LABEL).any(|label| self.of.labels.iter().any(|own| **own == **label))
    }
}

/// Puts components into the environments that the configuration says, whatever names say.
#[must_use]
pub fn put(inventory: Inventory, environments: &[Environment], catalog: &Catalog, as_of: Date) -> Inventory {
    if environments.is_empty() {
        return inventory;
    }
    let matchers: Vec<Matcher<'_>> = environments.iter().map(Environment::matcher).collect();
    let is_asked = |known: &Known| {
        known.kinds().iter().any(|(kind, _)| matches!(kind, ComponentKind::Service | ComponentKind::Workload))
    };
    let found: Vec<(ComponentId, usize)> = inventory
        .iter()
        .filter(|(_, known)| is_asked(known))
        .filter_map(|(id, known)| Some((id.clone(), matchers.iter().position(|one| one.fits(known))?)))
        .collect();
    let changed: BTreeSet<&ComponentId> = found.iter().map(|(id, _)| id).collect();
    let mut work = Work::new(inventory, catalog, as_of);
    work.inventory.retain(|fact| match fact {
        FactRef::Attribute { of, key, .. } => key != key::ENVIRONMENT || !changed.contains(of),
        _ => true,
    });
    for (id, at) in &found {
        let cite = Cite {
            entry: format!("configuration/environment/{}", at + 1),
            source: "configuration of the target",
            verification: Verification::TwoSource,
            confidence: Confidence::Certain,
        };
        let value = Arc::from(environments[*at].name.trim());
        let fact = Fact::Attribute { of: id.clone(), key: key::ENVIRONMENT, value };
        work.inventory.add(fact, Work::evidence(&cite));
    }
    work.inventory
}
