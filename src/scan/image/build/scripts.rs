//! Scripts of pipelines and of the tree, read as the steps of a build are.

use std::collections::BTreeMap;

use super::configured::Configured;
use super::local::Local;
use super::{Arg, Build, words};
use crate::model::ComponentId;
use crate::parse::shell::Command;
use crate::scan::package::toolkit::scope;
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Puts into a text what its variables hold.
pub(crate) type Fill<'a> = dyn Fn(&str) -> String + 'a;

/// What scripts leave behind on a machine for those after them.
#[derive(Clone, Default)]
pub(crate) struct Left {
    configured: Configured,
    /// Variables of the shell by which tools are told sources.
    shell: BTreeMap<String, String>,
}

impl Left {
    /// Variables of a shell that are kept; real scripts set a few of those that tell sources.
    const MOST: usize = 64;

    /// What holds behind a script that may not have been run: what was left before it, or what it left.
    pub(crate) fn possibly(self, then: Self) -> Self {
        Self { configured: self.configured.possibly(then.configured), shell: self.shell }
    }

    /// A variable holds this or what it held before, where it is one by which tools are told sources; false where it is none.
    pub(crate) fn may_hold(&mut self, name: &str, value: &str) -> bool {
        let is_source = words::is_source_variable(name);
        if is_source {
            self.configured.may_hold(name, value.to_owned());
        }
        is_source
    }

    /// A variable was set for certain, whatever it may have held before.
    pub(crate) fn holds(&mut self, name: &str) {
        self.configured.holds(name);
    }

    /// A tool is told a registry, for a scope or for all packages.
    pub(crate) fn tell(&mut self, tool: &str, scope: Option<&str>, address: &str) {
        self.configured.set(tool, scope, address);
    }

    /// What comes next has a shell of its own.
    pub(crate) fn end_shell(&mut self) {
        self.shell.clear();
    }
}

/// Hosts that the commands of a script of a pipeline fetch from, as a step of a build does. `place` tells where a word
/// stands in the file, `fill` puts in the variables that the file and the script set, `of_file` those of the file: what
/// the script sets holds from there on only. `left` is what scripts before it left on the same machine, and then what it
/// leaves as well.
pub(crate) fn fetched(
    user: &ComponentId,
    script: (&[Command], &str),
    place: &dyn Fn(&str) -> Span,
    (fill, of_file): (&Fill<'_>, &Fill<'_>),
    left: &mut Left,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let mut build = Build::new(file, user, '\\').with_installs(scope::BUILD);
    build.configured = std::mem::take(&mut left.configured);
    build.local = Local::of(std::mem::take(&mut left.shell));
    build.script_at(script, place, fill, of_file, out);
    left.configured = build.configured;
    let shell = build.local.ended().into_iter().filter(|(name, _)| words::is_source_variable(name));
    left.shell = shell.take(Left::MOST).collect();
}

/// What the commands of a script that is a file of the tree fetch and bring in, as a step of a build does. What it is all
/// for, the script does not say.
pub(crate) fn of_script(user: &ComponentId, all: &[Command], file: &SourceFile, out: &mut Facts<'_>) {
    let mut build = Build::new(file, user, '\\').with_installs("");
    for command in all {
        build.local.enter(command);
        let args: Vec<Arg<'_>> = command.words.iter().map(|word| build.place(word, 0)).collect();
        let names: Vec<&str> = args.iter().map(|arg| arg.text.as_str()).collect();
        if !words::only_sends(&names) {
            build.command(&args, false, &str::to_owned, out);
        }
        build.written_settings(command, &args, file.text(), 0);
    }
}

/// A variable that a pipeline sets for its steps: sources that tools take from it, as of `ENV`.
pub(crate) fn source_variable(
    user: &ComponentId,
    (name, value): (&str, &str),
    span: Span,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if words::is_source_variable(name) {
        source_address(user, value, span, file, out);
    }
}

/// An address that a step of a pipeline tells tools as their source.
pub(crate) fn source_address(user: &ComponentId, address: &str, span: Span, file: &SourceFile, out: &mut Facts<'_>) {
    Build::new(file, user, '\\').sources(address, span, out);
}
