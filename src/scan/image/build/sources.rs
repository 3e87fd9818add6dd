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
}

static NAMES: [Names; 7] = [
    Names {
        of: "pypi",
        instead: &["-i", "--index-url"],
        beside: &["--extra-index-url", "-f", "--find-links"],
        instead_variables: &["PIP_INDEX_URL"],
        beside_variables: &["PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"],
    },
    Names {
        of: UV,
        instead: &["-i", "--index-url", "--default-index"],
        beside: &["--index", "--extra-index-url", "-f", "--find-links"],
        instead_variables: &["UV_DEFAULT_INDEX", "UV_INDEX_URL"],
        beside_variables: &["UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"],
    },
    Names {
        of: "npm",
        instead: &["--registry"],
        beside: &[],
        instead_variables: &["NPM_CONFIG_REGISTRY", "npm_config_registry", "YARN_NPM_REGISTRY_SERVER"],
        beside_variables: &[],
    },
    Names { of: "golang", instead: &[], beside: &[], instead_variables: &["GOPROXY"], beside_variables: &[] },
    Names { of: "gem", instead: &["-s", "--source"], beside: &[], instead_variables: &[], beside_variables: &[] },
    Names {
        of: "nuget",
        instead: &["--source", "--add-source", "-s"],
        beside: &[],
        instead_variables: &[],
        beside_variables: &[],
    },
    Names {
        of: "cargo",
        instead: &["--index", "--registry"],
        beside: &[],
        instead_variables: &[],
        beside_variables: &[],
    },
];

/// uv has the packages of pip, and names of its own.
const UV: &str = "uv";

/// Says that the ecosystem's own registry is not asked, nor any beside it; pages of files still are.
const NO_INDEX: &str = "--no-index";
/// The same as variables, where they are not empty, of pip and of uv.
const NO_INDEX_VARIABLES: [(&str, &str); 2] = [("pypi", "PIP_NO_INDEX"), (UV, "UV_NO_INDEX")];
/// Values of such a variable that leave it off.
const OFF: [&str; 6] = ["", "0", "false", "no", "off", "n"];
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
pub(super) struct Source {
    hosts: Vec<String>,
    /// The ecosystem's own registry is asked.
    asks_own: bool,
}

impl Source {
    /// Options count before variables, and these before what was configured.
    pub(super) fn of(
        names: Option<&Names>,
        said: &Said<'_>,
        variable: &dyn Fn(&str) -> Option<String>,
        configured: Option<&str>,
    ) -> Self {
        let Some(names) = names else { return Self { hosts: Vec::new(), asks_own: true } };
        let is_on = |name: &str| variable(name).is_some_and(|value| !OFF.contains(&&*value.to_ascii_lowercase()));
        let no_index = said.no_index || NO_INDEX_VARIABLES.iter().any(|(of, name)| *of == names.of && is_on(name));
        let instead = said
            .instead
            .map(str::to_owned)
            .or_else(|| names.instead_variables.iter().find_map(|name| variable(name)))
            .or_else(|| configured.map(str::to_owned));
        let asks_own = instead.is_none() && !no_index;
        let mut hosts = Vec::new();
        if !no_index {
            let first = instead.as_deref().and_then(|text| text.split([',', '|', ' ']).next());
            hosts.extend(first.and_then(host_of));
        }
        let is_asked = |name: &str| !no_index || LINKS.contains(&name);
        let options = said.beside.iter().filter(|(name, _)| is_asked(name)).map(|(_, text)| (*text).to_owned());
        let variables = names.beside_variables.iter().filter(|name| is_asked(name)).filter_map(|name| variable(name));
        for text in options.chain(variables) {
            hosts.extend(addresses(&text).into_iter().filter_map(|address| address.host));
        }
        hosts.sort_unstable();
        hosts.dedup();
        hosts.truncate(MOST);
        Self { hosts, asks_own }
    }

    /// The package comes from there.
    pub(super) fn write(&self, id: &ComponentId, ecosystem: &str, seen: &Seen, out: &mut Facts<'_>) {
        for host in &self.hosts {
            toolkit::distributed_by(id, host, &seen.clone().without_excerpt(), out);
        }
        if self.asks_own {
            toolkit::from_default(id, ecosystem, seen, out);
        }
    }
}

/// Registries that commands configured for those behind them, by the tool that keeps the setting.
#[derive(Clone, Default)]
pub(super) struct Configured(BTreeMap<&'static str, String>);

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
        let is_registry = match keeper {
            "pip" => matches!(name, "global.index-url" | "install.index-url" | "user.index-url" | "site.index-url"),
            "go" => name == "GOPROXY",
            _ => matches!(name, "registry" | "npmRegistryServer"),
        };
        match verb {
            _ if !is_registry => {}
            "set" => {
                let value = own
                    .or_else(|| rest.get(2).copied().filter(|_| keeper != "go"))
                    .filter(|value| value.len() <= longest);
                if let Some(value) = value {
                    self.0.insert(keeper, value.to_owned());
                }
            }
            "unset" | "delete" | "rm" => drop(self.0.remove(keeper)),
            _ => {}
        }
    }

    /// Nothing is configured.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a program that installs was told.
    pub(super) fn of(&self, program: &str, words: &[&str]) -> Option<&str> {
        // uv does not read what pip was told
        let keeper = keeper(program).filter(|_| !words.contains(&UV))?;
        self.0.get(keeper).map(String::as_str)
    }
}

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
