//! Where the packages of an install command come from: its options, the variables that it sees, and what commands
//! before it configured.

use super::address::addresses;
use super::configured::{Configured, Settings};
use crate::model::ComponentId;
use crate::scan::package::toolkit::{self, host_of};
use crate::scan::{Facts, Seen};

/// Registries of one command that are written: real ones name a few.
const MOST: usize = 16;

/// The names by which the tools of an ecosystem are told a registry.
pub(super) struct Names {
    of: &'static str,
    /// Options that name what is asked in the place of the ecosystem's own.
    instead: &'static [&'static str],
    /// Options that name what is asked as well.
    beside: &'static [&'static str],
    /// The same as variables.
    pub(super) instead_variables: &'static [&'static str],
    pub(super) beside_variables: &'static [&'static str],
    /// The variable that says as [`NO_INDEX`] does.
    no_index_variable: &'static str,
}

static NAMES: [Names; 7] = [
    Names {
        of: "pypi",
        instead: &["-i", "--index-url"],
        beside: &["--extra-index-url", "-f", "--find-links"],
        instead_variables: &["PIP_INDEX_URL"],
        beside_variables: &["PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"],
        no_index_variable: "PIP_NO_INDEX",
    },
    Names {
        of: UV,
        instead: &["-i", "--index-url", "--default-index"],
        beside: &["--index", "--extra-index-url", "-f", "--find-links"],
        instead_variables: &["UV_DEFAULT_INDEX", "UV_INDEX_URL"],
        beside_variables: &["UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"],
        no_index_variable: "UV_NO_INDEX",
    },
    Names {
        of: "npm",
        instead: &["--registry"],
        beside: &[],
        instead_variables: &["NPM_CONFIG_REGISTRY", "npm_config_registry", "YARN_NPM_REGISTRY_SERVER"],
        beside_variables: &[],
        no_index_variable: "",
    },
    Names {
        of: "golang",
        instead: &[],
        beside: &[],
        instead_variables: &["GOPROXY"],
        beside_variables: &[],
        no_index_variable: "",
    },
    Names {
        of: "gem",
        instead: &["-s", "--source"],
        beside: &[],
        instead_variables: &[],
        beside_variables: &[],
        no_index_variable: "",
    },
    Names {
        of: "nuget",
        instead: &["--source", "--add-source", "-s"],
        beside: &[],
        instead_variables: &[],
        beside_variables: &[],
        no_index_variable: "",
    },
    Names {
        of: "cargo",
        instead: &["--index", "--registry"],
        beside: &[],
        instead_variables: &[],
        beside_variables: &[],
        no_index_variable: "",
    },
];

/// uv has the packages of pip, and names of its own.
pub(super) const UV: &str = "uv";

/// Says that the ecosystem's own registry is not asked, nor any beside it; pages of files still are.
const NO_INDEX: &str = "--no-index";
/// Options and variables that name pages of files.
const LINKS: [&str; 4] = ["-f", "--find-links", "PIP_FIND_LINKS", "UV_FIND_LINKS"];

impl Names {
    /// Those of a command of an ecosystem, which begins with some words.
    pub(super) fn of(ecosystem: &str, words: &[&str]) -> Option<&'static Self> {
        let of = if words.contains(&UV) { UV } else { ecosystem };
        NAMES.iter().find(|names| names.of == of)
    }
}

/// What the options of a command say.
#[derive(Default)]
pub(super) struct Said<'a> {
    instead: Option<&'a str>,
    beside: Vec<(&'static str, &'a str)>,
    no_index: bool,
}

impl<'a> Said<'a> {
    /// Takes an option; false when it is none of these. The value is that of the option, if it has one.
    pub(super) fn take(&mut self, names: &Names, option: &str, value: Option<&'a str>) -> bool {
        if names.instead.contains(&option) {
            self.instead = value;
            return true;
        }
        let Some(name) = names.beside.iter().find(|name| **name == option) else { return false };
        if self.beside.len() < MOST {
            self.beside.extend(value.map(|value| (*name, value)));
        }
        true
    }

    /// Takes a switch; false when it is none of these.
    pub(super) fn take_switch(&mut self, option: &str) -> bool {
        self.no_index |= option == NO_INDEX;
        option == NO_INDEX
    }
}

/// The hosts that may give the packages of a command.
pub(super) struct Source<'s> {
    /// What was configured of single scopes.
    settings: Option<&'s Settings>,
    hosts: Vec<String>,
    /// The ecosystem's own registry is asked.
    asks_own: bool,
}

impl<'s> Source<'s> {
    /// Options count before variables, and these before what was configured.
    pub(super) fn of(
        names: Option<&'static Names>,
        said: &Said<'_>,
        variable: &dyn Fn(&str) -> Option<String>,
        (configured, settings): (&Configured, Option<&'s Settings>),
    ) -> Self {
        let Some(names) = names else { return Self { settings, hosts: Vec::new(), asks_own: true } };
        let no_index = said.no_index
            || variable(names.no_index_variable)
                .map_or_else(|| settings.is_some_and(|all| all.no_index), |value| toolkit::is_true(&value));
        let told =
            said.instead.map(str::to_owned).or_else(|| names.instead_variables.iter().find_map(|name| variable(name)));
        let maybe = settings.filter(|_| told.is_none() && !no_index);
        let instead = told.or_else(|| settings.and_then(|all| all.instead.clone()));
        let asks_own = instead.is_none() && !no_index || maybe.is_some_and(|all| all.maybe_own);
        let mut hosts = Vec::new();
        if !no_index {
            let first = instead.as_deref().and_then(|text| text.split([',', '|', ' ']).next());
            hosts.extend(first.and_then(host_of));
        }
        let is_asked = |name: &str| !no_index || LINKS.contains(&name);
        let options = said.beside.iter().filter(|(name, _)| is_asked(name)).map(|(_, text)| (*text).to_owned());
        let variables = names.beside_variables.iter().filter(|name| is_asked(name)).filter_map(|name| variable(name));
        let beside = settings.into_iter().flat_map(|all| &all.beside).filter(|(name, _)| is_asked(name));
        let beside = beside.map(|(_, text)| text.clone());
        let maybe = maybe.into_iter().flat_map(|all| &all.maybe).cloned();
        let maybe = maybe.chain(configured.maybe_set(names, said.instead.is_some() || no_index));
        for text in options.chain(variables).chain(beside).chain(maybe) {
            hosts.extend(addresses(&text).into_iter().filter_map(|address| address.host));
        }
        hosts.sort_unstable();
        hosts.dedup();
        hosts.truncate(MOST);
        Self { settings, hosts, asks_own }
    }

    /// The package of that name comes from there.
    pub(super) fn write(&self, id: &ComponentId, name: (&str, &str), seen: &Seen, out: &mut Facts<'_>) {
        let (ecosystem, name) = name;
        let scope = name.split_once('/').map(|(scope, _)| scope).filter(|_| ecosystem == "npm");
        // npm asks the registry of a scope whatever else it is told
        let of_scope = scope.and_then(|scope| Some((scope, self.settings?)));
        if let Some(address) = of_scope.and_then(|(scope, settings)| settings.scopes.get(scope)) {
            if let Some(host) = host_of(address) {
                toolkit::distributed_by(id, &host, &seen.clone().without_excerpt(), out);
            }
            return;
        }
        let maybe = of_scope.and_then(|(scope, settings)| settings.maybe_scopes.get(scope)).into_iter().flatten();
        let maybe: Vec<String> = maybe.filter_map(|address| host_of(address)).collect();
        for host in self.hosts.iter().chain(&maybe) {
            toolkit::distributed_by(id, host, &seen.clone().without_excerpt(), out);
        }
        if self.asks_own {
            toolkit::from_default(id, ecosystem, seen, out);
        }
    }
}
