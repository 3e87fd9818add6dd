//! What commands configured for those behind them: which registries a tool is told, for certain or perhaps.

use std::collections::{BTreeMap, BTreeSet};

use super::Arg;
use super::sources::{Names, UV};
use super::tools::without_version;
use crate::parse::shell::{Command, Word};
use crate::scan::package::toolkit;

/// What a tool was told to ask.
#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) instead: Option<String>,
    /// As options name them.
    pub(super) beside: BTreeMap<&'static str, String>,
    pub(super) no_index: bool,
    /// Registries of npm's scopes, by the scope with its sign.
    pub(super) scopes: BTreeMap<String, String>,
    /// What may be asked in the place of the one that is set, the ecosystem's own among them, and so of scopes: only a run
    /// knows whether the command was run.
    pub(super) maybe: BTreeSet<String>,
    pub(super) maybe_own: bool,
    pub(super) maybe_scopes: BTreeMap<String, BTreeSet<String>>,
}

impl Settings {
    /// Adds what holds where commands were run that may not have been.
    fn add_possible(&mut self, then: Self) {
        if then.instead != self.instead {
            self.maybe_own |= then.instead.is_none();
            self.add(then.instead);
        }
        self.maybe_own |= then.maybe_own;
        self.no_index &= then.no_index;
        then.maybe.into_iter().for_each(|address| self.add(Some(address)));
        for (name, address) in then.beside {
            if self.beside.get(name).is_some_and(|known| *known != address) {
                self.add(Some(address));
            } else {
                self.beside.insert(name, address);
            }
        }
        let of_maybe = then.maybe_scopes.into_iter();
        let maybe = of_maybe.flat_map(|(scope, all)| all.into_iter().map(move |one| (scope.clone(), one)));
        for (scope, address) in then.scopes.into_iter().chain(maybe) {
            if self.scopes.get(&scope) != Some(&address)
                && (self.maybe_scopes.len() < MOST_SCOPES || self.maybe_scopes.contains_key(&scope))
            {
                let all = self.maybe_scopes.entry(scope).or_default();
                if all.len() < MOST_POSSIBLE {
                    all.insert(address);
                }
            }
        }
    }

    fn add(&mut self, address: Option<String>) {
        if self.maybe.len() < MOST_POSSIBLE {
            self.maybe.extend(address);
        }
    }

    /// Sets what is asked, for certain: whatever was possible before is not.
    fn set(&mut self, meaning: &Meaning<'_>, value: Option<String>) {
        match meaning {
            Meaning::Instead => {
                self.instead = value;
                self.maybe.clear();
                self.maybe_own = false;
            }
            Meaning::Scope(scope) => {
                self.scopes.remove(*scope);
                self.maybe_scopes.remove(*scope);
                if self.scopes.len() < MOST_SCOPES {
                    self.scopes.extend(value.map(|value| ((*scope).to_owned(), value)));
                }
            }
            Meaning::NoIndex => self.no_index = value.is_some_and(|value| toolkit::is_true(&value)),
            Meaning::Beside(name) => {
                self.beside.remove(name);
                self.beside.extend(value.map(|value| (*name, value)));
            }
        }
    }
}

/// Registries that commands configured for those behind them, by the tool that keeps the setting.
#[derive(Clone, Default)]
pub(super) struct Configured {
    tools: BTreeMap<&'static str, Settings>,
    /// What variables may hold that tell sources.
    variables: BTreeMap<String, BTreeSet<String>>,
}

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
        // no command of NuGet's that sets a source is read here
        let Some(keeper) = keeper(program).filter(|keeper| *keeper != "nuget") else { return };
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
        self.tools.entry(keeper).or_default().set(&meaning, value);
    }

    /// Settings that a command writes into a file that a tool reads: `echo "registry=https://…" > .npmrc`. `lines` are those
    /// of its here-documents.
    pub(super) fn read_written<'t>(
        &mut self,
        command: &Command,
        args: &'t [Arg<'_>],
        lines: impl Iterator<Item = &'t str>,
        longest: usize,
    ) {
        let Some(keeper) = command.writes.iter().find_map(written_for) else { return };
        let speaks = args.first().is_some_and(|program| matches!(&*program.text, "echo" | "printf"));
        let said = args.iter().skip(1).filter(|_| speaks).map(|arg| arg.text.as_str());
        let said = said.flat_map(|text| text.split("\\n").flat_map(str::lines));
        // of pip's sections these are what installs read; a line may be written without the one before it
        let mut is_read = true;
        for line in said.chain(lines).map(str::trim) {
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                is_read = matches!(section.trim(), "global" | "install");
            }
            let Some((name, value)) = line.split_once('=').filter(|_| is_read) else { continue };
            let name = name.trim();
            let name = if keeper == "pip" { format!("global.{}", name.replace('_', "-")) } else { name.to_owned() };
            let value = value.trim().trim_matches(['"', '\'']);
            if let Some(meaning) = meaning(keeper, &name).filter(|_| value.len() <= longest) {
                self.tools.entry(keeper).or_default().set(&meaning, Some(value.to_owned()));
            }
        }
    }

    /// Sets the registry of a tool, of one of its scopes or of all packages.
    pub(super) fn set(&mut self, tool: &str, scope: Option<&str>, address: &str) {
        let Some(keeper) = keeper(tool) else { return };
        let meaning = match scope {
            Some(scope) => Meaning::Scope(scope),
            // a source that is added is one of several
            None if keeper == "nuget" => Meaning::Beside("--add-source"),
            None => Meaning::Instead,
        };
        self.tools.entry(keeper).or_default().set(&meaning, Some(address.to_owned()));
    }

    /// What holds behind commands that may not have been run: what was configured before them, or what is now.
    pub(super) fn possibly(mut self, then: Self) -> Self {
        for (keeper, settings) in then.tools {
            self.tools.entry(keeper).or_default().add_possible(settings);
        }
        for (name, values) in then.variables {
            values.into_iter().for_each(|value| self.may_hold(&name, value));
        }
        self
    }

    /// A variable that tells a source holds this, or what it held before.
    pub(super) fn may_hold(&mut self, name: &str, value: String) {
        if self.variables.len() < MOST_SCOPES || self.variables.contains_key(name) {
            let all = self.variables.entry(name.to_owned()).or_default();
            if all.len() < MOST_POSSIBLE {
                all.insert(value);
            }
        }
    }

    /// A variable was set for certain.
    pub(super) fn holds(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// What variables of a tool may hold: those that name what is asked as well, and unless another thing is said, those of
    /// what is asked in its place.
    pub(super) fn maybe_set(&self, names: &'static Names, is_said: bool) -> impl Iterator<Item = String> + use<'_> {
        let instead = names.instead_variables.iter().filter(move |_| !is_said);
        let all = instead.chain(names.beside_variables);
        all.filter_map(|name| self.variables.get(*name)).flatten().cloned()
    }

    /// Nothing is configured.
    pub(super) fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// What a program that installs was told.
    pub(super) fn of(&self, program: &str, words: &[&str]) -> Option<&Settings> {
        // uv does not read what pip was told
        let keeper = keeper(program).filter(|_| !words.contains(&UV))?;
        self.tools.get(keeper)
    }
}

/// Which tool reads the settings of a file that a command writes: those of the folder that commands work in, of the user
/// and of the machine.
fn written_for(file: &Word) -> Option<&'static str> {
    let path = file.text.trim_start_matches("./");
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_home = matches!(folder, "~" | "$HOME" | "${HOME}" | "/root") || folder.starts_with("/home/");
    match name {
        ".npmrc" if folder.is_empty() || is_home => Some("npm"),
        "npmrc" if folder == "/etc" || folder == "/usr/etc" => Some("npm"),
        "pip.conf" if folder == "/etc" || folder.ends_with("/.pip") || folder.ends_with("/.config/pip") => Some("pip"),
        _ => None,
    }
}

/// Scopes that have a registry of their own, and variables that may tell one; real ones are a few.
const MOST_SCOPES: usize = 64;

/// Addresses that may be asked in the place of one.
const MOST_POSSIBLE: usize = 16;

/// Words of a command that configures, at most.
const LONGEST: usize = 12;

/// Which tool's settings a program reads and writes.
fn keeper(program: &str) -> Option<&'static str> {
    match without_version(program) {
        "pip" | "python" | "pipx" => Some("pip"),
        "npm" | "pnpm" => Some("npm"),
        "yarn" => Some("yarn"),
        "go" => Some("go"),
        "dotnet" => Some("nuget"),
        _ => None,
    }
}
