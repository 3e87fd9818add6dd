//! Variables that a workflow or pipeline sets itself, put in where steps name them: `${{ env.SERVICE }}`, `$SERVICE`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::DiagnosticKind;
use crate::parse::shell::{Command, Word, commands, is_variable};
use crate::parse::{Entry, Node};
use crate::scan::{Facts, SourceFile};

/// Variables of one workflow, and the letters of a value.
const MOST: usize = 1_000;
const LONGEST: usize = 1 << 10;
/// Bytes of one mention.
const LONGEST_NAME: usize = 256;
/// Letters that values may add to one text.
const MOST_ADDED: usize = 1 << 16;

/// Variables with literal values, over those that were set before: a step has a few of its own, and a workflow many steps.
#[derive(Debug, Default)]
pub(super) struct Variables<'b> {
    before: Option<&'b Self>,
    /// What only a run knows has no value and hides what was set before.
    own: BTreeMap<String, Option<String>>,
}

impl Variables<'_> {
    /// The same with those of a table over them; a value that names known ones is filled.
    pub(super) fn with(&self, table: Option<&Node>) -> Variables<'_> {
        let entries = table.map_or(&[][..], Node::entries);
        self.over(entries.iter().map(|entry| (&*entry.key, entry.value.scalar())))
    }

    /// As [`Self::with`], with names and what is set for them.
    pub(super) fn over<'n>(&self, set: impl Iterator<Item = (&'n str, Option<Cow<'n, str>>)>) -> Variables<'_> {
        let known = |value: String| Some(value).filter(|value| value.len() <= LONGEST && !value.contains('$'));
        let own =
            set.take(MOST).map(|(name, value)| (name.to_owned(), value.and_then(|value| known(self.fill(&value)))));
        Variables { before: Some(self), own: own.collect() }
    }

    /// What is set for a name.
    pub(super) fn get(&self, name: &str) -> Option<&String> {
        match self.own.get(name) {
            Some(value) => value.as_ref(),
            None => self.before?.get(name),
        }
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.before.is_none_or(Variables::is_empty)
    }

    /// Those that a script sets: literal values, and of names that are set in two ways none.
    pub(super) fn of_script(commands: &[Command], fill: &dyn Fn(&str) -> String) -> Self {
        let (mut all, mut closed) = (Self::default(), BTreeSet::new());
        for command in commands {
            for (name, value, word) in command.assignments().into_iter().flatten() {
                let value = if word.expands { fill(&all.fill(value)) } else { value.to_owned() };
                let is_open = value.contains(['$', '`']) || value.len() > LONGEST;
                let is_other = all.get(name).is_some_and(|known| *known != value);
                if is_open || is_other || closed.contains(name) || all.own.len() >= MOST {
                    all.own.remove(name);
                    closed.insert(name.to_owned());
                } else {
                    all.own.insert(name.to_owned(), Some(value));
                }
            }
        }
        all
    }

    /// Sets one more.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        if value.len() <= LONGEST && !value.contains('$') && self.own.len() < MOST {
            self.own.insert(name.to_owned(), Some(value.to_owned()));
        }
    }

    /// Sets what a script left for all behind it.
    pub(super) fn keep(&mut self, left: Vec<(String, Option<String>)>) {
        for (name, value) in left {
            if self.own.len() < MOST || self.own.contains_key(&name) {
                self.own.insert(name, value);
            }
        }
    }

    /// A text with what is known put in; the rest stays as it is.
    pub(super) fn fill(&self, text: &str) -> String {
        let dollar = |text: &str| memchr::memchr(b'$', text.as_bytes());
        // most words name nothing
        if dollar(text).is_none() || self.is_empty() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut left = MOST_ADDED;
        while let Some(at) = dollar(rest) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let found = named(rest).and_then(|(name, length)| Some((self.get(name)?, length)));
            match found.and_then(|(value, length)| Some((value, length, left.checked_sub(value.len())?))) {
                Some((value, length, still)) => {
                    left = still;
                    out.push_str(value);
                    rest = &rest[length..];
                }
                None => {
                    out.push('$');
                    rest = &rest[1..];
                }
            }
        }
        out.push_str(rest);
        out
    }
}

/// Says of the variables of a workflow or job that there are more than are kept.
pub(super) fn tell_cut<'n>(entries: impl IntoIterator<Item = &'n Entry>, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(next) = entries.into_iter().nth(MOST) {
        let message = format!("more than {MOST} variables; this one and those behind it count as not set");
        out.problem(DiagnosticKind::LimitReached, file, Some(next.key_span), message);
    }
}

/// What a script leaves in the file of the system for the steps behind it: `echo "NAME=value" >> "$GITHUB_ENV"`. What only
/// a run knows has no value.
pub(super) fn left_in(script: &str, file: &str, fill: &dyn Fn(&str) -> String) -> Vec<(String, Option<String>)> {
    let mut left = Vec::new();
    if memchr::memmem::find(script.as_bytes(), file.as_bytes()).is_none() {
        return left;
    }
    let is_file = |word: &Word| word.text.trim_matches(['$', '{', '}']) == file;
    for command in commands(script, '\\').iter().filter(|command| command.writes.iter().any(is_file)) {
        let speaks = command.words.first().is_some_and(|word| matches!(&*word.text, "echo" | "printf"));
        let said = command.words.iter().skip(1).filter(|_| speaks).map(|word| word.text.as_str());
        let lines = command.lines.iter().filter_map(|line| script.get(line.start..line.end));
        for text in said.flat_map(str::lines).chain(lines).take(MOST) {
            // `printf 'A=1\n'`, and the line of a shell that reads the file
            let text = text.trim().trim_end_matches("\\n");
            let text = text.strip_prefix("export ").unwrap_or(text);
            if let Some((name, value)) = text.split_once('=').filter(|(name, _)| is_variable(name)) {
                let value = fill(value.trim_matches(['"', '\'']));
                let is_known = value.len() <= LONGEST && !value.contains(['$', '`']);
                left.push((name.to_owned(), is_known.then_some(value)));
            }
        }
    }
    left
}

/// The variable that a text begins with, and how long its mention is.
fn named(text: &str) -> Option<(&str, usize)> {
    // a mention that never closes is not looked for to the end
    let text = &text[..text.floor_char_boundary(LONGEST_NAME)];
    if let Some(inside) = text.strip_prefix("${{") {
        let end = inside.find("}}")?;
        let name = inside[..end].trim().strip_prefix("env.")?;
        return is_variable(name).then_some((name, end + 5));
    }
    if let Some(inside) = text.strip_prefix("${") {
        let end = inside.find('}')?;
        let name = &inside[..end];
        return is_variable(name).then_some((name, end + 3));
    }
    let inside = text.strip_prefix('$')?;
    let end = inside.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(inside.len());
    is_variable(&inside[..end]).then_some((&inside[..end], end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_put_in() {
        let text = "{SERVICE: llm, REGION: eu-west-1, OPEN: '${{ secrets.X }}', HOST: 'r.${{ env.REGION }}.example'}";
        let root = &crate::parse::yaml::yaml(text).documents[0];
        let none = Variables::default();
        let variables = none.with(Some(root));
        let later = variables.with(Some(root));
        assert_eq!(variables.fill("$SERVICE ${SERVICE}x ${{ env.SERVICE }} $SERVICES"), "llm llmx llm $SERVICES");
        assert_eq!(
            variables.fill("${{ env.OPEN }} ${{ github.sha }} $(date) $"),
            "${{ env.OPEN }} ${{ github.sha }} $(date) $"
        );
        assert_eq!(later.fill("$HOST"), "r.eu-west-1.example");
        assert_eq!(Variables::default().fill("$A"), "$A");
    }

    #[test]
    fn what_a_script_sets_twice_is_not_known() {
        let text = "A=x\nexport B=$A-y C=$(date)\nD=1\nD=2\nE=1 run\nA=x\n";
        let all = Variables::of_script(&crate::parse::shell::commands(text, '\\'), &str::to_owned);
        assert_eq!(all.fill("$A $B $C $D $E"), "x x-y $C $D $E");
    }
}
