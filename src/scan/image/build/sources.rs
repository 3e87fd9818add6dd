//! Where the packages of an install command come from: its options, the variables that it sees, and what commands
//! before it configured.

use std::collections::BTreeMap;

use super::Arg;
use super::address::addresses;
use super::tools::without_version;
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
    instead_variables: &'static [&'static str],
    beside_variables: &'static [&'static str],
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
const UV: &str = "uv";

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
    /// Registries of single scopes.
    scopes: Option<&'s BTreeMap<String, String>>,
    hosts: Vec<String>,
    /// The ecosystem's own registry is asked.
    asks_own: bool,
}

impl<'s> Source<'s> {
    /// Options count before variables, and these before what was configured.
    pub(super) fn of(
        names: Option<&Names>,
        said: &Said<'_>,
        variable: &dyn Fn(&str) -> Option<String>,
        configured: Option<&'s Settings>,
    ) -> Self {
        let scopes = configured.map(|all| &all.scopes).filter(|scopes| !scopes.is_empty());
        let Some(names) = names else { return Self { scopes, hosts: Vec::new(), asks_own: true } };
        let no_index = said.no_index
            || variable(names.no_index_variable)
                .map_or_else(|| configured.is_some_and(|all| all.no_index), |value| toolkit::is_true(&value));
        let instead = said
            .instead
            .map(str::to_owned)
            .or_else(|| names.instead_variables.iter().find_map(|name| variable(name)))
            .or_else(|| configured.and_then(|all| all.instead.clone()));
        let asks_own = instead.is_none() && !no_index;
        let mut hosts = Vec::new();
        if !no_index {
            let first = instead.as_deref().and_then(|text| text.split([',', '|', ' ']).next());
            hosts.extend(first.and_then(host_of));
        }
        let is_asked = |name: &str| !no_index || LINKS.contains(&name);
        let options = said.beside.iter().filter(|(name, _)| is_asked(name)).map(|(_, text)| (*text).to_owned());
        let variables = names.beside_variables.iter().filter(|name| is_asked(name)).filter_map(|name| variable(name));
        let configured = configured.into_iter().flat_map(|all| &all.beside).filter(|(name, _)| is_asked(name));
        for text in options.chain(variables).chain(configured.map(|(_, text)| text.clone())) {
            hosts.extend(addresses(&text).into_iter().filter_map(|address| address.host));
        }
        hosts.sort_unstable();
        hosts.dedup();
        hosts.truncate(MOST);
        Self { scopes, hosts, asks_own }
    }

    /// The package of that name comes from there.
    pub(super) fn write(&self, id: &ComponentId, name: (&str, &str), seen: &Seen, out: &mut Facts<'_>) {
        let (ecosystem, name) = name;
        let scope = name.split_once('/').map(|(scope, _)| scope).filter(|_| ecosystem == "npm");
        // npm asks the registry of a scope whatever else it is told
        if let Some(address) = scope.and_then(|scope| self.scopes?.get(scope)) {
            if let Some(host) = host_of(address) {
                toolkit::distributed_by(id, &host, &seen.clone().without_excerpt(), out);
            }
            return;
        }
        for host in &self.hosts {
            toolkit::distributed_by(id, host, &seen.clone().without_excerpt(), out);
        }
        if self.asks_own {
            toolkit::from_default(id, ecosystem, seen, out);
        }
    }
}

/// What a tool was told to ask.
#[derive(Clone, Default)]
pub(super) struct Settings {
    instead: Option<String>,
    /// As options name them.
    beside: BTreeMap<&'static str, String>,
    no_index: bool,
    /// Registries of npm's scopes, by the scope with its sign.
    scopes: BTreeMap<String, String>,
}

/// Registries that commands configured for those behind them, by the tool that keeps the setting.
#[derive(Clone, Default)]
pub(super) struct Configured(BTreeMap<&'static str, Settings>);

/// What a setting means.
enum Meaning<'t> {
    /// For packages of a scope of npm.
    Scope(&'t str),
    Instead,
    Beside(&'static str),
    NoIndex,
}

/// The meaning of a tool's setting, where it says what is asked.
fn meaning<'t>(keeper: &str, name: &'t str) -> Option<Meaning<'t>> {
    if let Some(scope) = name.strip_suffix(":registry").filter(|_| keeper == "npm") {
        return scope.starts_with('@').then_some(Meaning::Scope(scope));
    }
    if keeper != "pip" {
        let is_registry =
            if keeper == "go" { name == "GOPROXY" } else { matches!(name, "registry" | "npmRegistryServer") };
        return is_registry.then_some(Meaning::Instead);
    }
    let (section, name) = name.split_once('.')?;
    let name = name.trim_start_matches("--");
    matches!(section, "global" | "install" | "user" | "site").then_some(())?;
    Some(match name {
        "index-url" => Meaning::Instead,
        "extra-index-url" => Meaning::Beside("--extra-index-url"),
        "find-links" => Meaning::Beside("--find-links"),
        "no-index" => Meaning::NoIndex,
        _ => return None,
    })
}

impl Configured {
    /// Reads `npm config set registry X`, `pip config set global.index-url X`, `go env -w GOPROXY=X`, and what takes these
    /// back.
    pub(super) fn read(&mut self, program: &str, args: &[Arg<'_>], longest: usize) {
        let Some(keeper) = keeper(program) else { return };
        let mut words: Vec<&str> = args.iter().take(LONGEST).map(|arg| arg.text.as_str()).collect();
        let writes = words.contains(&"-w");
        let unsets = words.contains(&"-u");
        words.retain(|word| !word.starts_with('-'));
        if program.starts_with("python") && words.first() != Some(&"pip") {
            return;
        }
        let rest = words.strip_prefix(&["pip"]).unwrap_or(&words);
        let rest = match rest {
            ["config" | "c", rest @ ..] | rest if keeper != "go" => rest,
            ["env", rest @ ..] => rest,
            _ => return,
        };
        let of_go = || rest.iter().find(|word| word.starts_with("GOPROXY")).copied();
        let (verb, setting) = match (keeper, rest) {
            ("go", _) if writes => ("set", of_go().unwrap_or_default()),
            ("go", _) if unsets => ("unset", of_go().unwrap_or_default()),
            ("go", _) => return,
            (_, [verb, setting, ..]) => (*verb, *setting),
            _ => return,
        };
        let (name, own) = setting.split_once('=').map_or((setting, None), |(name, value)| (name, Some(value)));
        let Some(meaning) = meaning(keeper, name) else { return };
        let value = match verb {
            "set" => {
                let value = own.or_else(|| rest.get(2).copied().filter(|_| keeper != "go"));
                let Some(value) = value.filter(|value| value.len() <= longest) else { return };
                Some(value.to_owned())
            }
            "unset" | "delete" | "rm" => None,
            _ => return,
        };
        let settings = self.0.entry(keeper).or_default();
        match meaning {
            Meaning::Instead => settings.instead = value,
            Meaning::Scope(scope) => {
                settings.scopes.remove(scope);
                if settings.scopes.len() < MOST_SCOPES {
                    settings.scopes.extend(value.map(|value| (scope.to_owned(), value)));
                }
            }
            Meaning::NoIndex => settings.no_index = value.is_some_and(|value| toolkit::is_true(&value)),
            Meaning::Beside(name) => {
                settings.beside.remove(name);
                settings.beside.extend(value.map(|value| (name, value)));
            }
        }
    }

    /// Nothing is configured.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a program that installs was told.
    pub(super) fn of(&self, program: &str, words: &[&str]) -> Option<&Settings> {
        // uv does not read what pip was told
        let keeper = keeper(program).filter(|_| !words.contains(&UV))?;
        self.0.get(keeper)
    }
}

/// Scopes that have a registry of their own; real ones are a few.
const MOST_SCOPES: usize = 64;

/// Words of a command that configures, at most.
const LONGEST: usize = 12;

/// Which tool's settings a program reads and writes.
fn keeper(program: &str) -> Option<&'static str> {
    match without_version(program) {
        "pip" | "python" | "pipx" => Some("pip"),
        "npm" | "pnpm" => Some("npm"),
        "yarn" => Some("yarn"),
        "go" => Some("go"),
        _ => None,
    }
}
