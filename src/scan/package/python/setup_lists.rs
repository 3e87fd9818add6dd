//! Lists of requirements in a build script: literal ones, those that names are given, and what is added to them. Nothing
//! is evaluated: both sides of a condition count, and what is no plain text is a place that is told.

use std::collections::{BTreeMap, BTreeSet};

use super::python_words::{Word, words};
use crate::scan::package::toolkit::scope;
use crate::text::Span;

/// Requirements of one script: a name that is followed many times repeats its list.
pub(super) const LIMIT: usize = 10_000;

/// Words that are looked at: names that lead to each other could ask for any number.
const STEPS: usize = 1_000_000;

/// Names that are followed one from the other.
const NAMES: usize = 8;

/// A requirement as a plain text.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
    pub(super) scope: &'static str,
    /// The condition under which the list that holds it counts; mostly empty.
    pub(super) marker: &'a str,
}

/// What was found: plain texts, and places where something is computed.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) texts: Vec<Asked<'a>>,
    pub(super) computed: BTreeSet<Span>,
    steps: usize,
}

impl Found<'_> {
    pub(super) fn is_full(&self) -> bool {
        self.texts.len() + self.computed.len() >= LIMIT || self.steps >= STEPS
    }
}

/// What a statement does to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// `name = value`.
    Set,
    /// `name += value`, `name.extend(value)`, `name.update(value)`.
    More,
    /// `name.append(item)`.
    Item,
    /// Something is taken out.
    Less,
}

/// A change of a name, or of what it holds under a key.
#[derive(Clone, Copy)]
struct Changed {
    change: Change,
    /// `name["key"] = value`.
    keyed: bool,
    /// Where the name stands, as a number of a word.
    at: usize,
    /// Where the value begins.
    value: usize,
    /// It stands at the beginning of a line, under no condition.
    is_sure: bool,
}

/// A name that is being followed, with those that led to it.
#[derive(Clone, Copy, Default)]
struct Way<'a> {
    name: &'a str,
    /// Where it is read in a change of its own: only what is said before counts there.
    before: Option<usize>,
    depth: usize,
    /// Of a dictionary, only what it holds under this key is asked for.
    key: Option<&'a str>,
    /// The condition in the name of the extra that led here.
    marker: &'a str,
}

/// The scope of an extra, and its condition: `"test:sys_platform=='win32'"`. Without a name it is no extra.
fn of_extra<'a>(name: &'a str, scope: &'static str) -> (&'static str, &'a str) {
    match name.split_once(':') {
        Some((extra, marker)) if scope == scope::OPTIONAL => {
            (if extra.trim().is_empty() { scope::RUNTIME } else { scope }, marker.trim())
        }
        _ => (scope, ""),
    }
}

/// The words of a script, and what names are given.
pub(super) struct Script<'a> {
    pub(super) words: Vec<(Word<'a>, Span)>,
    /// A statement begins with the word.
    begins: Vec<bool>,
    changes: BTreeMap<&'a str, Vec<Changed>>,
}

impl<'a> Script<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let words = words(text);
        let (mut begins, mut depth, mut end) = (Vec::with_capacity(words.len()), 0_usize, 0);
        let mut names = Vec::new();
        for (at, (word, span)) in words.iter().enumerate() {
            let between = text.get(end..span.start).unwrap_or("");
            end = span.end;
            begins.push(depth == 0 && between.contains('\n') && !between.contains('\\'));
            match word {
                Word::Sign('(' | '[' | '{') => depth += 1,
                Word::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
                // keywords of calls are no assignments
                Word::Name(name) if depth == 0 => {
                    names.push((*name, at, span.start == 0 || text[..span.start].ends_with('\n')));
                }
                _ => {}
            }
        }
        let mut script = Self { words, begins, changes: BTreeMap::new() };
        for (name, at, is_sure) in names {
            if let Some((change, keyed, value)) = script.change(at) {
                let changed = Changed { change, keyed, at, value, is_sure };
                script.changes.entry(name).or_default().push(changed);
            }
        }
        script
    }

    /// What the words behind a name do to it: the change, whether it is of a key, and where the value begins. No more than
    /// a few words are looked at, since every name is asked.
    fn change(&self, name: usize) -> Option<(Change, bool, usize)> {
        let at = name + 1;
        if self.begins.get(at).copied().unwrap_or(true) {
            return None;
        }
        let is_of_key = self.is_sign(at, '[') && self.is_sign(at + 2, ']');
        let behind_key = if is_of_key {
            Some(at + 3)
        } else {
            // `name.setdefault("key", [])`
            let is_made = self.is_sign(at, '.') && self.is_name(at + 1, "setdefault") && self.is_sign(at + 2, '(');
            let is_empty = self.is_sign(at + 5, '[') && self.is_sign(at + 6, ']') && self.is_sign(at + 7, ')');
            (is_made && is_empty).then_some(at + 8)
        };
        if let Some(at) = behind_key {
            let (change, value) = self.plain_change(at)?;
            return Some((change, true, value));
        }
        let is_typed = self.begins[name] && self.is_sign(at, ':');
        let at = if is_typed { self.behind_type(at + 1)? } else { at };
        let (change, value) = self.plain_change(at)?;
        Some((change, false, value))
    }

    fn plain_change(&self, at: usize) -> Option<(Change, usize)> {
        if self.is_sign(at, '=') {
            return (!self.is_sign(at + 1, '=')).then_some((Change::Set, at + 1));
        }
        if self.is_sign(at + 1, '=') && (self.is_sign(at, '+') || self.is_sign(at, '|')) {
            return Some((Change::More, at + 2));
        }
        let Some((Word::Name(called), _)) = self.words.get(at + 1).filter(|_| self.is_sign(at, '.')) else {
            return None;
        };
        let value = at + 3;
        self.is_sign(at + 2, '(').then_some(())?;
        match *called {
            "append" => Some((Change::Item, value)),
            "insert" if self.is_sign(value + 1, ',') => Some((Change::Item, value + 2)),
            "extend" | "update" => Some((Change::More, value)),
            "remove" | "pop" | "clear" => Some((Change::Less, value)),
            _ => None,
        }
    }

    /// The sign of assignment behind the type of a name (`name: list[str] = …`), on the same line.
    fn behind_type(&self, from: usize) -> Option<usize> {
        const WORDS: usize = 16;
        (from..from + WORDS)
            .take_while(|at| self.begins.get(*at) == Some(&false))
            .find(|at| self.is_sign(*at, '=') && !self.is_sign(*at + 1, '='))
    }

    pub(super) fn is_sign(&self, at: usize, sign: char) -> bool {
        matches!(self.words.get(at), Some((Word::Sign(is), _)) if *is == sign)
    }

    pub(super) fn is_name(&self, at: usize, name: &str) -> bool {
        matches!(self.words.get(at), Some((Word::Name(is), _)) if *is == name)
    }

    fn span(&self, at: usize) -> Span {
        self.words.get(at).or(self.words.last()).map_or_else(Span::default, |(_, span)| *span)
    }

    /// Reads what a keyword of `setup` is given: the words behind its name, which stands as a name or as the key of a
    /// dictionary. Gives the place up to which the script was read.
    pub(super) fn keyword(&self, at: usize, scope: &'static str, is_map: bool, found: &mut Found<'a>) -> Option<usize> {
        let (change, keyed, value) = match self.words[at].0 {
            Word::Text(_) if self.is_sign(at + 1, ':') => (Change::Set, false, at + 2),
            // `kwargs["install_requires"] = […]`: the bracket is in the place of the name
            Word::Text(_) if self.is_sign(at + 1, ']') => self.change(at + 1)?,
            Word::Text(_) => return None,
            _ => self.change(at)?,
        };
        let changed = Changed { change, keyed, at, value, is_sure: false };
        Some(self.changed(changed, scope, is_map, Way::default(), found))
    }

    fn changed(&self, it: Changed, scope: &'static str, is_map: bool, way: Way<'a>, found: &mut Found<'a>) -> usize {
        if it.keyed
            && let (Some(asked), Some(key)) = (way.key, self.key_of(it))
            && asked != key
        {
            return it.value;
        }
        let (scope, way) = match self.key_of(it).filter(|_| it.keyed) {
            Some(key) => {
                let (scope, marker) = of_extra(key, scope);
                (scope, Way { key: None, marker, ..way })
            }
            None if it.keyed => (scope, Way { key: None, ..way }),
            None => (scope, way),
        };
        match it.change {
            Change::Set | Change::More if it.keyed && !is_map => {}
            Change::Set | Change::More => return self.any(it.value, scope, is_map && !it.keyed, way, found),
            Change::Item if is_map == it.keyed => {
                return self.item(it.value, scope, way, found);
            }
            Change::Item | Change::Less => {}
        }
        found.computed.insert(self.span(it.at));
        it.value
    }

    /// The key of `name["key"] = …` and of `name.setdefault("key", []).append(…)`, where it is a plain text.
    fn key_of(&self, it: Changed) -> Option<&'a str> {
        let at = if self.is_sign(it.at + 1, '[') { it.at + 2 } else { it.at + 4 };
        self.text_at(at)
    }

    fn text_at(&self, at: usize) -> Option<&'a str> {
        match self.words.get(at)?.0 {
            Word::Text(text) => text,
            _ => None,
        }
    }

    fn any(&self, at: usize, scope: &'static str, is_map: bool, way: Way<'a>, found: &mut Found<'a>) -> usize {
        if is_map { self.map(at, scope, way, found) } else { self.value(at, scope, way, found) }
    }

    /// Follows a name to all that it is given; false when that is nothing.
    fn follow(&self, name: &'a str, scope: &'static str, is_map: bool, way: Way<'a>, found: &mut Found<'a>) -> bool {
        let before = way.before.filter(|_| way.name == name).unwrap_or(usize::MAX);
        let changes = self.changes.get(name).map_or(&[][..], Vec::as_slice);
        let changes = &changes[..changes.partition_point(|one| one.at < before)];
        found.steps += changes.len();
        // what is said without condition takes the place of what was said before
        let first = changes.iter().rposition(|one| one.is_sure && !one.keyed && one.change == Change::Set).unwrap_or(0);
        let is_given = changes.iter().any(|one| one.change == Change::Set && !one.keyed);
        if !is_given || way.depth >= NAMES {
            return false;
        }
        let changes = &changes[first..];
        let gone = self.gone(changes);
        for (number, one) in changes.iter().enumerate() {
            if found.is_full() {
                break;
            }
            if gone.contains(&number) {
                continue;
            }
            let way = Way { name, before: Some(one.at), depth: way.depth + 1, ..way };
            self.changed(*one, scope, is_map, way, found);
        }
        true
    }

    /// Numbers of the changes of a key that a later one without condition takes the place of.
    fn gone(&self, changes: &[Changed]) -> BTreeSet<usize> {
        let mut set: BTreeSet<&str> = BTreeSet::new();
        let mut gone = BTreeSet::new();
        for (number, one) in changes.iter().enumerate().rev().filter(|(_, one)| one.keyed) {
            let Some(key) = self.key_of(*one) else { continue };
            if set.contains(key) {
                gone.insert(number);
            } else if one.is_sure && one.change == Change::Set {
                set.insert(key);
            }
        }
        gone
    }

    /// True where a value ends: nothing is added to it or taken of it.
    fn ends(&self, at: usize) -> bool {
        match self.words.get(at) {
            _ if self.begins.get(at) == Some(&true) => true,
            Some((Word::Sign(sign), _)) => matches!(sign, ',' | ')' | '}' | ']' | ';'),
            Some((Word::Name(name), _)) => !matches!(*name, "if" | "for" | "or" | "and"),
            Some((Word::Text(_), _)) => false,
            None => true,
        }
    }

    /// Reads lists that are joined by `+`; gives the place up to which the script was read.
    fn value(&self, start: usize, scope: &'static str, way: Way<'a>, found: &mut Found<'a>) -> usize {
        let mut at = start;
        loop {
            let end = match self.term(at, scope, way, found) {
                Some(end) => end,
                None => {
                    found.computed.insert(self.span(at));
                    // what is added to it may be literal
                    let Some(plus) = self.plus_behind(at) else { return at + 1 };
                    plus
                }
            };
            if self.is_sign(end, '+') && !self.begins[end] && !found.is_full() {
                at = end + 1;
                continue;
            }
            if !self.ends(end) {
                found.computed.insert(self.span(end));
            }
            return end;
        }
    }

    /// The plus behind something that is computed, where it is not far.
    fn plus_behind(&self, from: usize) -> Option<usize> {
        const WORDS: usize = 64;
        let mut depth = 0_usize;
        for (at, (word, _)) in self.words.iter().enumerate().skip(from).take(WORDS) {
            match word {
                _ if self.begins[at] && at > from => return None,
                Word::Sign('(' | '[' | '{') => depth += 1,
                Word::Sign(')' | ']' | '}') if depth > 0 => depth -= 1,
                Word::Sign('+') if depth == 0 => return Some(at),
                Word::Sign(',' | ')' | ']' | '}' | ';') if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }

    /// Reads one list, one text, or what a name is given; gives the place behind it, nothing for what is computed.
    fn term(&self, at: usize, scope: &'static str, way: Way<'a>, found: &mut Found<'a>) -> Option<usize> {
        found.steps += 1;
        match self.words.get(at)?.0 {
            Word::Sign('[') if let Some((name, end)) = self.each_of_values(at + 1) => {
                self.follow(name, scope, true, Way { key: None, ..way }, found).then_some(end)
            }
            Word::Sign('[' | '(') => Some(self.list(at + 1, scope, way, found)),
            // one text may hold a line for each requirement
            Word::Text(Some(_)) => {
                self.text(at, scope, way, found);
                Some(at + 1)
            }
            Word::Name("list" | "tuple" | "sorted" | "set" | "frozenset")
                if self.is_sign(at + 1, '(') && way.depth < NAMES =>
            {
                let end = self.value(at + 2, scope, Way { depth: way.depth + 1, ..way }, found);
                Some(end + usize::from(self.is_sign(end, ')')))
            }
            Word::Name(name) if self.ends(at + 1) || self.is_sign(at + 1, '+') => {
                self.follow(name, scope, false, way, found).then_some(at + 1)
            }
            // `EXTRAS["cli"]`
            Word::Name(name) if self.is_sign(at + 1, '[') && self.is_sign(at + 3, ']') => {
                let key = Some(self.text_at(at + 2)?);
                self.follow(name, scope, true, Way { key, ..way }, found).then_some(at + 4)
            }
            _ => {
                let (name, end) = self.all_values(at)?;
                self.follow(name, scope, true, Way { key: None, ..way }, found).then_some(end)
            }
        }
    }

    /// Reads the items of a list up to its end; gives the place behind it.
    fn list(&self, mut at: usize, scope: &'static str, way: Way<'a>, found: &mut Found<'a>) -> usize {
        while at < self.words.len() && !found.is_full() {
            found.steps += 1;
            if self.is_sign(at, ']') || self.is_sign(at, ')') {
                return at + 1;
            }
            at = if self.is_sign(at, ',') { at + 1 } else { self.item(at, scope, way, found) };
        }
        at
    }

    /// Reads an item of a list: a text, a name that is given one, `*name` of a list. Gives the place behind it.
    fn item(&self, at: usize, scope: &'static str, way: Way<'a>, found: &mut Found<'a>) -> usize {
        let end = self.behind(at);
        found.steps += end - at;
        let is_open = self.is_sign(at, '*');
        let one = at + usize::from(is_open);
        let is_read = match self.words.get(one) {
            Some((Word::Text(Some(_)), _)) if end == one + 1 && !is_open => {
                self.text(one, scope, way, found);
                true
            }
            Some((Word::Name(name), _)) if end == one + 1 => self.follow(name, scope, false, way, found),
            // `*EXTRAS["cli"]`
            Some((Word::Name(_), _)) if is_open => self.term(one, scope, way, found) == Some(end),
            _ => false,
        };
        if !is_read {
            found.computed.insert(self.span(at));
        }
        end
    }

    fn text(&self, at: usize, scope: &'static str, way: Way<'a>, found: &mut Found<'a>) {
        let (Word::Text(Some(text)), span) = self.words[at] else { return };
        for text in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            found.texts.push(Asked { text, span, scope, marker: way.marker });
        }
    }

    /// The place of the comma or bracket that ends the item at `at`.
    fn behind(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for (offset, (word, _)) in self.words.get(at..).unwrap_or_default().iter().enumerate() {
            match word {
                Word::Sign('(' | '[' | '{') => depth += 1,
                Word::Sign(',' | ')' | ']' | '}') if depth == 0 => return at + offset.max(1),
                Word::Sign(')' | ']' | '}') => depth -= 1,
                _ => {}
            }
        }
        self.words.len().max(at)
    }

    /// Reads a dictionary of lists; gives the place up to which the script was read.
    fn map(&self, start: usize, scope: &'static str, way: Way<'a>, found: &mut Found<'a>) -> usize {
        found.steps += 1;
        if !self.is_sign(start, '{') {
            let is_given = match self.words.get(start) {
                Some((Word::Name(name), _)) if self.ends(start + 1) => self.follow(name, scope, true, way, found),
                _ => false,
            };
            if !is_given {
                found.computed.insert(self.span(start));
            }
            return start + 1;
        }
        let mut entries: Vec<usize> = Vec::new();
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        let mut at = start + 1;
        while at < self.words.len() && !self.is_sign(at, '}') && found.steps < STEPS {
            if self.is_sign(at, ',') {
                at += 1;
                continue;
            }
            let end = self.behind(at);
            found.steps += end - at;
            entries.push(at);
            if let Some(key) = self.text_at(at).filter(|_| self.is_sign(at + 1, ':')) {
                last.insert(key, at);
            }
            at = end;
        }
        let behind = at;
        for at in entries {
            if found.is_full() {
                break;
            }
            if matches!(self.words[at].0, Word::Text(_)) && self.is_sign(at + 1, ':') {
                let key = self.text_at(at);
                let is_other = key.is_some_and(|is| way.key.is_some_and(|key| is != key));
                // of a key that is written twice, Python keeps the later value
                let is_gone = key.is_some_and(|key| last.get(key) != Some(&at));
                if !is_other && !is_gone {
                    let (scope, marker) = of_extra(key.unwrap_or_default(), scope);
                    self.value(at + 2, scope, Way { key: None, marker, ..way }, found);
                }
            } else if self.is_sign(at, '*') && self.is_sign(at + 1, '*') && way.depth < NAMES {
                self.map(at + 2, scope, Way { depth: way.depth + 1, ..way }, found);
            } else {
                found.computed.insert(self.span(at));
            }
        }
        if !self.ends(behind + 1) {
            found.computed.insert(self.span(behind + 1));
        }
        behind + 1
    }
}
