//! Variables of a shell, and what shells within it set, which ends with them.

use std::collections::BTreeMap;

use crate::parse::shell::Command;

/// The variables of a shell.
#[derive(Default)]
pub(super) struct Local {
    values: BTreeMap<String, String>,
    /// Where each shell within ends that is being read, and how much had been set before it.
    shells: Vec<(usize, usize)>,
    /// What was set in them, with what stood there before: to keep all variables anew for each of many would take long.
    before: Vec<(String, Option<String>)>,
}

impl Local {
    pub(super) fn of(values: BTreeMap<String, String>) -> Self {
        Self { values, ..Self::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&String> {
        self.values.get(name)
    }

    pub(super) fn insert(&mut self, name: &str, value: &str) {
        let before = self.values.insert(name.to_owned(), value.to_owned());
        if !self.shells.is_empty() {
            self.before.push((name.to_owned(), before));
        }
    }

    /// Begins a command, in the shell that it runs in.
    pub(super) fn enter(&mut self, command: &Command) {
        let start = command.words.first().map_or(usize::MAX, |word| word.span.start);
        while self.shells.last().is_some_and(|(end, _)| *end <= start) {
            self.leave();
        }
        if let Some(shell) = command.subshell
            && self.shells.last().is_none_or(|(end, _)| *end != shell.end)
        {
            self.shells.push((shell.end, self.before.len()));
        }
    }

    fn leave(&mut self) {
        let Some((_, had)) = self.shells.pop() else { return };
        for (name, before) in self.before.drain(had..).rev() {
            match before {
                Some(value) => self.values.insert(name, value),
                None => self.values.remove(&name),
            };
        }
    }

    /// What is left when all shells within have ended.
    pub(super) fn ended(&mut self) -> BTreeMap<String, String> {
        while !self.shells.is_empty() {
            self.leave();
        }
        std::mem::take(&mut self.values)
    }

    /// Begins another shell.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
