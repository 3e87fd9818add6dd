//! Hosts that the steps of a build fetch from, and packages and images that they name.
//!
//! Commands are read as words, nothing is run. An address counts where a tool would fetch from it: as an argument,
//! in an option or variable that names a source, in a file of sources that a step writes or edits. What a step only
//! prints does not count.

mod address;
mod configured;
mod crates;
mod installs;
mod local;
mod node_words;
mod scripts;
mod sed;
mod sources;
mod tools;
mod words;
mod wrappers;

use std::collections::BTreeMap;

use address::{Address, addresses};
use configured::Configured;
use installs::Installer;
use local::Local;

use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::parse::Node;
use crate::parse::dockerfile::{Instruction, expand};
use crate::parse::shell::{Command, Word, commands, is_variable};
use crate::scan::package::toolkit;
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Longest value that a variable keeps, in bytes.
const VALUE_LIMIT: usize = 1 << 10;

/// Stages that are kept in mind for those built on them, of those in which something is configured.
const MOST_STAGES: usize = 100;

/// Bytes that the values of variables may add to the words of a file: values made of values grow fast.
const EXPANSION_BUDGET: usize = 16 << 20;

pub(crate) use scripts::{Left, fetched, of_script, source_address, source_variable};
pub(super) use words::is_source_file;
pub(crate) use wrappers::before;

/// Reads the build steps of one file, in order.
pub(super) struct Build<'a> {
    file: &'a SourceFile,
    project: &'a ComponentId,
    /// Character that joins lines.
    escape: char,
    /// `ARG` and `ENV`.
    variables: BTreeMap<String, String>,
    /// Variables of the step being read.
    local: Local,
    /// Those that stand before the command being read: no other sees them.
    of_command: BTreeMap<String, String>,
    /// Registries that commands configured for later ones of the stage.
    configured: Configured,
    /// The same at the end of earlier stages, by their names.
    stages: BTreeMap<String, Configured>,
    /// Name of the stage being read.
    stage: Option<String>,
    budget: usize,
    /// It was told that the budget has ended.
    is_cut: bool,
    /// What packages are for that its commands install, where they are read.
    installs: Option<&'static str>,
}

/// For what a variable holds.
#[derive(Clone, Copy)]
enum Holds {
    /// All steps behind it.
    File,
    /// The commands behind it of the same step.
    Step,
    /// The command that it stands before.
    Command,
}

/// A word with references replaced.
struct Arg<'p> {
    text: String,
    /// Place in the file.
    place: Where<'p>,
}

/// Where a word stands in the file.
enum Where<'p> {
    At(Span),
    /// That of a word before references are replaced. It is looked for when it is asked for: few words of a script say
    /// anything.
    Word(&'p str, &'p dyn Fn(&str) -> Span),
}

impl Arg<'_> {
    fn span(&self) -> Span {
        match self.place {
            Where::At(span) => span,
            Where::Word(word, place) => place(word),
        }
    }
}

impl<'a> Build<'a> {
    /// Begins a file.
    pub(super) fn new(file: &'a SourceFile, project: &'a ComponentId, escape: char) -> Self {
        Self {
            file,
            project,
            escape,
            variables: BTreeMap::new(),
            local: Local::default(),
            of_command: BTreeMap::new(),
            configured: Configured::default(),
            stages: BTreeMap::new(),
            stage: None,
            budget: EXPANSION_BUDGET,
            is_cut: false,
            installs: None,
        }
    }

    /// Reads the packages and images too that commands bring in by name.
    pub(super) fn with_installs(self, scope: &'static str) -> Self {
        Self { installs: Some(scope), ..self }
    }

    /// Value of an `ARG` or `ENV`.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.local.get(name).or_else(|| self.variables.get(name)).cloned()
    }

    /// `ARG` and `ENV`: values for later steps, and sources that tools take from variables.
    pub(super) fn declare(&mut self, instruction: &Instruction<'_>, out: &mut Facts<'_>) {
        self.local.clear();
        let all: Vec<Word> = self.commands(instruction).into_iter().flat_map(|(command, _)| command.words).collect();
        let offset = instruction.first_span.start;
        let mut words = all.iter().map(|word| self.place(word, offset)).collect::<Vec<Arg<'_>>>().into_iter();
        while let Some(word) = words.next() {
            match word.text.split_once('=') {
                Some((name, value)) => self.assign(name, value, &word, Holds::File, out),
                // the old form: `ENV NAME value`
                None if instruction.keyword == "ENV" => {
                    if let Some(value) = words.next() {
                        self.assign(&word.text, &value.text, &value, Holds::File, out);
                    }
                    break;
                }
                None => {}
            }
        }
    }

    /// `FROM`: what commands configured holds in stages that are built on theirs.
    pub(super) fn begin_stage(&mut self, base: &str, name: Option<String>, span: Span, out: &mut Facts<'_>) {
        let done = std::mem::take(&mut self.configured);
        let name = std::mem::replace(&mut self.stage, name);
        if let Some(name) = name.filter(|_| !done.is_empty()) {
            if self.stages.len() == MOST_STAGES && !self.stages.contains_key(&name) {
                let message =
                    format!("more than {MOST_STAGES} stages configure sources; stages built on others ask their own");
                out.problem(DiagnosticKind::LimitReached, self.file, Some(span), message);
            } else {
                self.stages.insert(name, done);
            }
        }
        self.configured = self.stages.get(base).cloned().unwrap_or_default();
    }

    /// `ADD`: what it fetches, and files of sources written in place.
    pub(super) fn add(&mut self, instruction: &Instruction<'_>, out: &mut Facts<'_>) {
        for (command, offset) in self.commands(instruction) {
            let args: Vec<Arg<'_>> = command.words.iter().map(|word| self.place(word, offset)).collect();
            for arg in args.iter().filter(|_| instruction.keyword == "ADD") {
                self.fetch(arg, addresses(&arg.text), out);
            }
            let writes_sources = args.iter().any(|arg| words::is_source_file(&arg.text));
            self.written_lines(&command, offset, writes_sources, out);
        }
    }

    /// `RUN`.
    pub(super) fn run(&mut self, instruction: &Instruction<'_>, out: &mut Facts<'_>) {
        self.local.clear();
        let all = self.commands(instruction);
        self.all(&all, out);
    }

    /// A script that stands in the file from a byte on. What it sets holds for the rest of it.
    pub(super) fn script(&mut self, text: &str, offset: usize, out: &mut Facts<'_>) {
        let all: Vec<(Command, usize)> =
            commands(text, self.escape).into_iter().map(|command| (command, offset)).collect();
        self.all(&all, out);
    }

    /// The commands of a script of which `place` tells where a word stands in the file.
    fn script_at(
        &mut self,
        (all, text): (&[Command], &str),
        place: &dyn Fn(&str) -> Span,
        fill: &dyn Fn(&str) -> String,
        of_file: &dyn Fn(&str) -> String,
        out: &mut Facts<'_>,
    ) {
        for command in all {
            self.local.enter(command);
            let args: Vec<Arg<'_>> = command
                .words
                .iter()
                .map(|word| Arg { text: fill(&word.text), place: Where::Word(&word.text, place) })
                .collect();
            let names: Vec<&str> = args.iter().map(|arg| arg.text.as_str()).collect();
            if !words::only_sends(&names) {
                self.command(&args, false, of_file, out);
            }
            self.written_settings(command, &args, text, 0);
        }
    }

    /// Files of settings that a command writes, whose here-documents stand in a text from a byte on.
    fn written_settings(&mut self, command: &Command, args: &[Arg<'_>], text: &str, offset: usize) {
        let lines = command.lines.iter().filter_map(|line| text.get(line.start + offset..line.end + offset));
        self.configured.read_written(command, args, lines, VALUE_LIMIT);
    }

    /// A command as a list of words.
    pub(super) fn words(&mut self, list: &[Node], out: &mut Facts<'_>) {
        let args: Vec<Arg<'_>> = list
            .iter()
            .filter_map(|word| Some(Arg { text: word.scalar()?.into_owned(), place: Where::At(word.span) }))
            .collect();
        self.command(&args, false, &str::to_owned, out);
    }

    /// A text that says where packages come from: the lines of a file of sources, or what stands in place of one.
    pub(super) fn sources(&mut self, text: &str, span: Span, out: &mut Facts<'_>) {
        let found = words::in_value(text);
        self.fetch(&Arg { text: text.to_owned(), place: Where::At(span) }, found, out);
    }

    fn all(&mut self, all: &[(Command, usize)], out: &mut Facts<'_>) {
        let mut sources: BTreeMap<usize, bool> = BTreeMap::new();
        for (command, _) in all {
            let tees = command.words.first().is_some_and(|word| word.text == "tee" || word.text == "sudo");
            let written = command.writes.iter().chain(command.words.iter().filter(|_| tees));
            let is_source = written.into_iter().any(|word| words::is_source_file(&word.text));
            *sources.entry(command.pipeline).or_default() |= is_source;
        }
        for (command, offset) in all {
            self.local.enter(command);
            let writes_sources = sources.get(&command.pipeline).copied().unwrap_or(false);
            let args: Vec<Arg<'_>> = command.words.iter().map(|word| self.place(word, *offset)).collect();
            self.command(&args, writes_sources, &str::to_owned, out);
            self.written_settings(command, &args, self.file.text(), *offset);
            self.written_lines(command, *offset, writes_sources, out);
        }
        self.local = Local::of(self.local.ended());
        if self.budget == 0 && !std::mem::replace(&mut self.is_cut, true) {
            let place = all.last().and_then(|(command, offset)| Some(command.words.first()?.span.shifted(*offset)));
            let message = "variables add more to the words of the file than is filled in; what comes later stays open";
            out.problem(DiagnosticKind::LimitReached, self.file, place, message);
        }
    }

    /// The commands of an instruction, with the offset of their spans in the file.
    fn commands(&self, instruction: &Instruction<'_>) -> Vec<(Command, usize)> {
        let offset = instruction.first_span.start;
        let text = self.file.text().get(offset..instruction.span.end).unwrap_or_default();
        if text.starts_with('[') {
            return vec![(exec_form(text), offset)];
        }
        commands(text, self.escape).into_iter().map(|command| (command, offset)).collect()
    }

    fn place(&mut self, word: &Word, offset: usize) -> Arg<'static> {
        let span = word.span.shifted(offset);
        if !(word.expands && word.text.contains('$') && self.budget > 0) {
            return Arg { text: word.text.clone(), place: Where::At(span) };
        }
        let (text, _) = expand(&word.text, &|name| self.variable(name));
        self.budget = self.budget.saturating_sub(text.len());
        Arg { text, place: Where::At(span) }
    }

    fn assign(&mut self, name: &str, value: &str, word: &Arg<'_>, holds: Holds, out: &mut Facts<'_>) {
        if words::is_source_variable(name) {
            let start = word.text.len() - value.len();
            let found = words::in_value(value).into_iter();
            let found =
                found.map(|Address { host, range }| Address { host, range: range.start + start..range.end + start });
            self.fetch(word, found.collect(), out);
        }
        if value.len() <= VALUE_LIMIT {
            let variables = match holds {
                Holds::File => &mut self.variables,
                Holds::Step => return self.local.insert(name, value),
                Holds::Command => &mut self.of_command,
            };
            variables.insert(name.to_owned(), value.to_owned());
        }
    }

    /// One command: assignments and wrappers before it are passed over.
    fn command(&mut self, args: &[Arg<'_>], writes_sources: bool, fill: &dyn Fn(&str) -> String, out: &mut Facts<'_>) {
        let (before, rest) = args.split_at(before(args.iter().map(|arg| arg.text.as_str())));
        self.of_command.clear();
        let declares = before.iter().any(|arg| wrappers::is_declaration(&arg.text));
        let holds = if rest.is_empty() || declares { Holds::Step } else { Holds::Command };
        for arg in before {
            if let Some((name, value)) = wrappers::assignment(&arg.text) {
                self.assign(name, value, arg, holds, out);
            }
        }
        if before.len() > 1 {
            let words: Vec<&str> = before.iter().map(|arg| arg.text.as_str()).collect();
            for name in wrappers::taken_back(&words) {
                self.of_command.insert(name.to_owned(), String::new());
            }
            if wrappers::is_unexport(&words) {
                self.take_back(rest);
                return;
            }
        }
        let Some((first, rest)) = rest.split_first() else { return };
        let program = first.text.rsplit('/').next().unwrap_or_default();
        match program {
            _ if words::only_speaks(program) => {
                let text: String = rest.iter().map(|arg| arg.text.as_str()).collect::<Vec<_>>().join(" ");
                let is_source_line = !words::in_written_text(&text, false).is_empty();
                for arg in rest.iter().filter(|_| writes_sources || is_source_line) {
                    self.fetch(arg, addresses(&arg.text), out);
                }
            }
            "sed" | "perl" => self.edits(rest, out),
            "git" if rest.iter().any(|arg| new_address(&arg.text).is_some()) => {
                // `git config url.NEW.insteadOf OLD`: only the new address is fetched from
                for arg in rest {
                    let found = new_address(&arg.text).map(addresses).unwrap_or_default();
                    let found = found.into_iter().map(|address| address.moved("url.".len())).collect();
                    self.fetch(arg, found, out);
                }
            }
            // of a function it takes the name alone
            "unset" if rest.iter().all(|arg| arg.text != "-f") => self.take_back(rest),
            // what containers are told is theirs
            _ if installs::is_runner(program) => self.brings_in(program, rest, fill, out),
            _ => {
                self.arguments(program, rest, out);
                self.configured.read(program, rest, VALUE_LIMIT);
                self.brings_in(program, rest, fill, out);
            }
        }
    }

    /// Variables that the commands behind do not see, whatever was set for them: tools take an empty one as none.
    fn take_back(&mut self, names: &[Arg<'_>]) {
        for name in names.iter().map(|arg| arg.text.as_str()).filter(|name| is_variable(name)) {
            self.local.insert(name, "");
        }
    }

    /// Packages and images that a command names.
    fn brings_in(&self, program: &str, rest: &[Arg<'_>], fill: &dyn Fn(&str) -> String, out: &mut Facts<'_>) {
        let Some(scope) = self.installs else { return };
        let variable = |name: &str| {
            let filled = || Some(fill(&format!("${name}"))).filter(|value| !value.contains('$') && !value.is_empty());
            let set = self.of_command.get(name).cloned().or_else(|| self.variable(name)).or_else(filled);
            // tools take an empty one as none
            set.filter(|value| !value.is_empty())
        };
        let (user, file, configured) = (self.project, self.file, &self.configured);
        Installer { user, file, scope, variable: &variable, configured }.command(program, rest, out);
    }

    fn arguments(&mut self, program: &str, args: &[Arg<'_>], out: &mut Facts<'_>) {
        let mut before = "";
        for (at, arg) in args.iter().enumerate() {
            let text = arg.text.as_str();
            let (option, value) = match text.split_once('=') {
                Some((option, value)) if option.starts_with('-') || is_variable(option) => (option, Some(value)),
                _ => (text, None),
            };
            let is_other = words::takes_other_value(program, before)
                || words::takes_other_value(program, option) && value.is_some()
                || text.starts_with("mirror.")
                || text.starts_with("-H") && words::is_download(program);
            let in_place = words::is_source_option(program, before)
                || value.is_some() && (words::is_source_option(program, option) || words::is_source_variable(option))
                || before.to_ascii_lowercase().ends_with("registry") && at >= 2
                || words::is_bare_download(program, before, text);
            if !is_other {
                let start = value.filter(|_| in_place).map_or(0, |value| text.len() - value.len());
                let found = if in_place { words::in_value(&text[start..]) } else { addresses(text) };
                let found = found
                    .into_iter()
                    .map(|Address { host, range }| Address { host, range: range.start + start..range.end + start });
                self.fetch(arg, found.collect(), out);
            }
            before = text;
        }
    }

    /// `sed` and `perl` with their scripts.
    fn edits(&mut self, args: &[Arg<'_>], out: &mut Facts<'_>) {
        let edits_sources = args.iter().any(|arg| words::is_source_file(&arg.text));
        let takes_script = |text: &str| {
            !text.starts_with("--") && text.starts_with('-') && text.ends_with('e') || text == "--expression"
        };
        let named = args.iter().any(|arg| takes_script(&arg.text) || arg.text.starts_with("--expression="));
        let mut is_script = !named;
        for arg in args {
            if arg.text.starts_with("--expression=") || is_script && !arg.text.starts_with('-') {
                self.fetch(arg, sed::written_hosts(&arg.text, edits_sources), out);
                is_script = false;
            } else if named {
                is_script = takes_script(&arg.text);
            }
        }
    }

    /// Lines of here-documents that a command writes into a file.
    fn written_lines(&mut self, command: &Command, offset: usize, writes_sources: bool, out: &mut Facts<'_>) {
        for line in &command.lines {
            let span = line.shifted(offset);
            let text = self.file.text().get(span.start..span.end).unwrap_or_default();
            let found = words::in_written_text(text, writes_sources);
            if !found.is_empty() {
                self.fetch(&Arg { text: text.to_owned(), place: Where::At(span) }, found, out);
            }
        }
    }

    /// Writes the hosts found in a word, each at its own place where the word stands in the file as it is.
    fn fetch(&self, arg: &Arg<'_>, found: Vec<Address>, out: &mut Facts<'_>) {
        if found.is_empty() {
            return;
        }
        let place = arg.span();
        let raw = self.file.text().get(place.start..place.end).unwrap_or_default();
        let mut from = 0;
        let mut stands_as_is = true;
        for Address { host, range } in found {
            let text = arg.text.get(range).unwrap_or_default();
            let at = raw.get(from..).filter(|_| stands_as_is).and_then(|rest| rest.find(text));
            let span = match at {
                Some(at) => {
                    from += at + text.len();
                    Span::new(place.start + from - text.len(), place.start + from)
                }
                None => {
                    stands_as_is = false;
                    place
                }
            };
            let Some(host) = host else {
                let message = "an address whose host depends on a variable without a value";
                out.problem(DiagnosticKind::Unresolved, self.file, Some(span), message);
                continue;
            };
            let seen = self.file.at(span);
            toolkit::distributed_by(self.project, &host, &seen, out);
            out.attribute(&ComponentId::host(&host), key::FETCHED_BY, "build", seen);
        }
    }
}

/// `["word", "word"]`: the words of the form without a shell.
fn exec_form(text: &str) -> Command {
    let mut command = Command::default();
    let mut at = 0;
    while let Some(open) = text[at..].find('"') {
        let start = at + open;
        let Some(length) = text[start + 1..].find('"') else { break };
        let end = start + length + 2;
        let word = Word { text: text[start + 1..end - 1].to_owned(), span: Span::new(start, end), expands: false };
        command.words.push(word);
        at = end;
    }
    command
}

/// The address of `url.ADDRESS.insteadOf`.
fn new_address(word: &str) -> Option<&str> {
    let rest = word.strip_prefix("url.")?;
    rest.strip_suffix(".insteadOf").or_else(|| rest.strip_suffix(".insteadof"))
}
