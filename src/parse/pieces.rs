//! Large JSON read by several threads.
//!
//! Each begins at a place that looks like the beginning of an element of a long list or of an entry of a long map. Its
//! work counts only where the one who reads from the start comes to that very place, with a list or map open: then
//! what follows is what the other has read. A place that was chosen badly costs time and changes nothing.

use std::thread::{Builder, Scope, ScopedJoinHandle};

use super::strict::{Piece, Reader};
use crate::threads::{Home, STACK, for_one_file};

/// Bytes that are worth a thread, and how many threads there are at most.
const LEAST: usize = 1 << 20;
const MOST: usize = 16;

/// How far a good place is looked for.
const WINDOW: usize = 256 << 10;

/// What begins at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// An element of a list.
    Item,
    /// A key with its value.
    Entry,
}

/// What other threads read, in the order of the text.
#[derive(Default)]
pub(super) struct Pieces<'s> {
    left: std::collections::VecDeque<Running<'s>>,
}

struct Running<'s> {
    start: usize,
    sort: Sort,
    thread: ScopedJoinHandle<'s, Option<Piece>>,
}

impl<'s> Pieces<'s> {
    /// Begins to read at some places.
    pub(super) fn spawn<'t: 's>(scope: &'s Scope<'s, '_>, starts: Vec<(usize, Sort)>, like: &Reader<'t, '_>) -> Self {
        let stops = starts.iter().skip(1).map(|(start, _)| *start).chain([usize::MAX]).collect::<Vec<_>>();
        let home = Home::here();
        let begin = |(helper, ((start, sort), stop)): (usize, ((usize, Sort), usize))| {
            let reader = like.apart();
            let builder = Builder::new().name("scan-json".to_owned()).stack_size(STACK);
            let read = move || {
                home.leave(helper + 1);
                reader.piece(start, stop, sort)
            };
            let thread = builder.spawn_scoped(scope, read).ok()?;
            Some(Running { start, sort, thread })
        };
        Self { left: starts.into_iter().zip(stops).enumerate().map_while(begin).collect() }
    }

    /// Where the next one begins; behind every text when there is none.
    pub(super) fn next(&self) -> usize {
        self.left.front().map_or(usize::MAX, |running| running.start)
    }

    /// Gives the next one up.
    pub(super) fn skip(&mut self) {
        self.left.pop_front();
    }

    /// The next one, when it is of the sort and could be read.
    pub(super) fn take(&mut self, sort: Sort) -> Option<Piece> {
        let running = self.left.pop_front()?;
        (running.sort == sort).then(|| running.thread.join().ok().flatten()).flatten()
    }
}

/// Places to begin at, for as many threads as may read it beside this one; none outside of a pool and in small texts.
pub(super) fn starts(text: &str) -> Vec<(usize, Sort)> {
    let threads = if text.len() < 2 * LEAST { 1 } else { for_one_file().min(text.len() / LEAST).min(MOST) };
    starts_for(text.as_bytes(), threads)
}

/// Places that part a text for so many threads.
pub(super) fn starts_for(bytes: &[u8], threads: usize) -> Vec<(usize, Sort)> {
    let near = (1..threads).map(|thread| bytes.len() / threads * thread);
    let mut found: Vec<(usize, Sort)> = near.filter_map(|near| start(bytes, near)).collect();
    found.dedup();
    found
}

/// The outermost place behind a byte where an element or entry seems to begin, the first of several.
fn start(bytes: &[u8], near: usize) -> Option<(usize, Sort)> {
    let window = &bytes[near..(near + WINDOW).min(bytes.len())];
    // no text of sound JSON holds a line break; without any, an object that follows another is a good sign
    let begin = match memchr::memchr(b'\n', window) {
        Some(line) => line + 1,
        None => memchr::memmem::find(window, b"},{\"")? + 1,
    };
    let (mut depth, mut best, mut at) = (0_i64, None, begin);
    while at < window.len() {
        match window[at] {
            b'"' => match end_of_text(&window[at + 1..]) {
                Some(end) => at += 1 + end,
                None => break,
            },
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if best.is_none_or(|(least, _)| depth < least) => best = Some((depth, at + 1)),
            _ => {}
        }
        at += 1;
    }
    let (_, behind) = best?;
    let space = window[behind..].iter().position(|byte| !byte.is_ascii_whitespace())?;
    let begin = behind + space;
    Some((near + begin, sort_of(&window[begin..])?))
}

/// An entry begins with a key and a colon.
fn sort_of(bytes: &[u8]) -> Option<Sort> {
    if bytes.first() != Some(&b'"') {
        return Some(Sort::Item);
    }
    let behind = 2 + end_of_text(&bytes[1..])?;
    let next = bytes[behind..].iter().find(|byte| !byte.is_ascii_whitespace())?;
    Some(if *next == b':' { Sort::Entry } else { Sort::Item })
}

/// The closing quote of a text.
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::parse::strict::read;
    use crate::parse::{MAX_DEPTH, Node, PassedOver};

    const TEXT: &str = r#"{"a": [{"k": "x,\"{", "l": []}, [1, 2], "z", {}, -1e3], "b": {"c": {"d": [[], 0, {"e": null}]}, "f": "}"},
        "g": [
            {"h": 1},
            {"h": 2}
        ]
    }"#;

    fn read_with(text: &str, starts: Vec<(usize, Sort)>) -> Option<Node> {
        read(&Arc::new(text.to_owned()), 0, PassedOver::default(), starts)
    }

    #[test]
    fn a_start_anywhere_changes_nothing() {
        let whole = read_with(TEXT, Vec::new());
        assert!(whole.is_some());
        for at in 0..TEXT.len() {
            for sort in [Sort::Item, Sort::Entry] {
                assert_eq!(read_with(TEXT, vec![(at, sort)]), whole, "{at} {sort:?}");
                let two = vec![(at, sort), ((at + 9).min(TEXT.len()), sort)];
                assert_eq!(read_with(TEXT, two), whole, "{at} {sort:?} and another");
            }
        }
    }

    #[test]
    fn what_is_not_sound_is_not_read_by_many_either() {
        let rows = (0..40).map(|at| format!("  {{\"at\": {at}}}")).collect::<Vec<_>>();
        let sound = format!("[\n{}\n]", rows.join(",\n"));
        for threads in 2..6 {
            let starts = starts_for(sound.as_bytes(), threads);
            assert!(!starts.is_empty());
            assert_eq!(read_with(&sound, starts.clone()), read_with(&sound, Vec::new()));
            for bad in ["at\": 3}", "at\": 20}", "at\": 39}"] {
                let broken = sound.replace(bad, &bad.replace('}', "]"));
                assert_eq!(read_with(&broken, starts.clone()), None, "{bad}");
            }
        }
        let deep = "[".repeat(MAX_DEPTH) + "1, [[2]]" + &"]".repeat(MAX_DEPTH);
        let inner = deep.find(", ").expect("is there") + 2;
        assert_eq!(read_with(&deep, vec![(inner, Sort::Item)]), None, "a piece counts from where it stands");
    }

    #[test]
    fn starts_are_the_outermost_members() {
        let pretty = "{\n \"items\": [\n  {\"a\": [1, 2]},\n  {\"b\": 1,\n   \"c\": 2},\n  {\"d\": 3}\n ]\n}";
        let found = starts_for(pretty.as_bytes(), 2);
        assert_eq!(found, [(pretty.find("{\"d").expect("is there"), Sort::Item)]);
        let compact = r#"{"items":[{"a":"},{\""},{"b":[1,2],"c":{"x":1}},{"d":3}]}"#;
        let found = starts_for(compact.as_bytes(), 3);
        assert!(found.iter().all(|(at, sort)| *sort == Sort::Item && compact[*at..].starts_with('{')), "{found:?}");
    }
}
