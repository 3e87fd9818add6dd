//! TOML through the `toml` crate's recovering parser.
//!
//! Lock files are one long list of tables, `[[package]]` upon `[[package]]`: large ones are cut at such lines and read by
//! several threads. Where anything about the pieces is not as in a sound file, the whole is read by one.

use std::sync::Arc;
use std::thread::Builder;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::merge::{Maps, both_sides};
use super::text::Source;
use super::{Entry, Node, ParseError, Text, Value};
use crate::text::Span;

/// How many syntax errors are worth showing: one missing bracket can cause a dozen.
const SHOWN: usize = 5;

/// Bytes that are worth a thread, and how many threads there are at most.
const LEAST: usize = 128 << 10;
const MOST: usize = 16;

/// As much stack as the threads of the pool have.
const STACK: usize = 8 << 20;

/// Parses TOML and keeps what could be read. The crate refuses hostile nesting itself.
#[must_use]
pub fn toml(text: &str) -> (Node, Vec<ParseError>) {
    toml_of(&Arc::new(text.to_owned()))
}

/// As [`toml()`], for a text that the tree shares.
#[must_use]
pub fn toml_of(text: &Arc<String>) -> (Node, Vec<ParseError>) {
    let is_in_pool = text.len() >= 2 * LEAST && rayon::current_thread_index().is_some();
    let threads = if is_in_pool { rayon::current_num_threads().min(text.len() / LEAST).min(MOST) } else { 1 };
    match in_pieces(text, threads) {
        Some(root) => (root, Vec::new()),
        None => whole(text),
    }
}

/// Reads the whole; of a file with an unfinished merge, both sides.
fn whole(text: &Arc<String>) -> (Node, Vec<ParseError>) {
    let (root, problems) = one_side(text);
    if problems.is_empty() {
        return (root, problems);
    }
    let read = |side: &Arc<String>| {
        let (root, problems) = one_side(side);
        (vec![root], problems)
    };
    let Some((both, told)) = both_sides(text, Maps::Tables, read) else { return (root, problems) };
    (both.into_iter().next().unwrap_or(root), told)
}

fn one_side(text: &Arc<String>) -> (Node, Vec<ParseError>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<ParseError> = errors
        .iter()
        .map(|error| ParseError::new(error.message(), error.span().map_or_else(Span::default, Span::from)))
        .collect();
    problems.sort_by_key(|problem| problem.span);
    problems.truncate(SHOWN);
    let span = Span::from(table.span());
    let tree = Tree { source: &Source::of(text), offset: 0 };
    (Node::new(span, tree.map(table.into_inner())), problems)
}

/// The same tree, read by so many threads. Nothing when the text is no list of tables, or not sound.
fn in_pieces(text: &Arc<String>, threads: usize) -> Option<Node> {
    let cuts = if threads > 1 { cuts(text, threads)? } else { return None };
    let ends = cuts.iter().copied().skip(1).chain([text.len()]);
    let places: Vec<(usize, usize)> = cuts.iter().copied().zip(ends).collect();
    let source = Source::of(text);
    std::thread::scope(|scope| {
        let begin = |(start, end): &(usize, usize)| {
            let (source, start, text) = (source.apart(), *start, &text[*start..*end]);
            let work = move || piece(text, &Tree { source: &source, offset: start });
            Builder::new().name("scan-toml".to_owned()).stack_size(STACK).spawn_scoped(scope, work).ok()
        };
        let running: Vec<_> = places[1..].iter().map(begin).collect::<Option<_>>()?;
        let mut all = piece(&text[..places[0].1], &Tree { source: &source, offset: 0 })?;
        for thread in running {
            all = united(all, thread.join().ok()??)?;
        }
        // the crate gives the root no place
        Some(Node::new(Span::default(), Value::Map(all)))
    })
}

/// The entries of a piece; nothing when it is not sound.
fn piece(text: &str, tree: &Tree<'_>) -> Option<Vec<Entry>> {
    match tree.map(DeTable::parse(text).ok()?.into_inner()) {
        Value::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Where pieces of about the same length begin: at a line with the header of a list of tables, the first such header of
/// the text. No such line stands in a text of several lines, which are not looked for: with any, nothing is cut.
fn cuts(text: &str, threads: usize) -> Option<Vec<usize>> {
    let bytes = text.as_bytes();
    let has_long_texts = [b"\"\"\"", b"'''"].iter().any(|quotes| memchr::memmem::find(bytes, *quotes).is_some());
    if has_long_texts {
        return None;
    }
    let begin = memchr::memmem::find(bytes, b"\n[[")?;
    let end = begin + 1 + memchr::memchr(b'\n', &bytes[begin + 1..])?;
    let header = &bytes[begin..=end];
    let name = header.strip_prefix(b"\n[[")?.strip_suffix(b"]]\n")?;
    if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return None;
    }
    let mut cuts = vec![0];
    for thread in 1..threads {
        let near = (text.len() / threads * thread).max(begin + 1);
        let Some(found) = memchr::memmem::find(&bytes[near..], header) else { break };
        if cuts.last().is_some_and(|last| near + found + 1 > *last) {
            cuts.push(near + found + 1);
        }
    }
    (cuts.len() > 1).then_some(cuts)
}

/// The entries of two pieces that follow each other. Only lists may stand in both, and real lock files have few entries
/// beside them: each is looked for among all.
fn united(mut all: Vec<Entry>, more: Vec<Entry>) -> Option<Vec<Entry>> {
    const MOST: usize = 64;
    if all.len().max(more.len()) > MOST {
        return None;
    }
    for entry in more {
        match all.iter_mut().find(|known| known.key == entry.key) {
            None => all.push(entry),
            Some(known) => match (&mut known.value.value, entry.value.value) {
                (Value::List(items), Value::List(rest)) => items.extend(rest),
                _ => return None,
            },
        }
    }
    Some(all)
}

/// Makes our tree of the crate's.
struct Tree<'s> {
    source: &'s Source,
    /// Where the piece that was read begins.
    offset: usize,
}

impl Tree<'_> {
    fn span(&self, span: std::ops::Range<usize>) -> Span {
        Span::from(span).shifted(self.offset)
    }

    fn map(&self, table: DeTable<'_>) -> Value {
        let mut entries: Vec<Entry> = table
            .into_iter()
            .map(|(key, value)| Entry {
                key_span: self.span(key.span()),
                key: Text::of_cow(self.source, key.into_inner()),
                value: self.node(value),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span);
        Value::Map(entries)
    }

    fn node(&self, value: Spanned<DeValue<'_>>) -> Node {
        let (source, span) = (self.source, self.span(value.span()));
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(Text::of_cow(source, text)),
            DeValue::Integer(number) => Value::Number(Text::of(source, number.as_str())),
            DeValue::Float(number) => Value::Number(Text::of(source, number.as_str())),
            DeValue::Boolean(truth) => Value::Bool(truth),
            DeValue::Datetime(date) => Value::Number(date.to_string().into()),
            DeValue::Array(items) => Value::List(items.into_iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => self.map(table),
        };
        Node::new(span, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(text: &str) -> Arc<String> {
        Arc::new(text.to_owned())
    }

    fn lock(tail: &str) -> String {
        let mut text = "version = 4\n\n[manifest]\nmembers = [\"a\"]\n\n".to_owned();
        for number in 0..40 {
            text.push_str(&format!(
                "[[package]]\nname = \"p{number}\"\nsource = {{ registry = \"x\" }}\nneeds = [\n \"[[package]]\",\n]\n"
            ));
            if number % 3 == 0 {
                text.push_str("\n[package.metadata]\nday = 2026-11-26\n\n[[package.part]]\nat = 1\n\n");
            }
        }
        text + tail
    }

    #[test]
    fn pieces_give_the_tree_of_the_whole() {
        for tail in ["", "[metadata]\nhash = \"0\"\n", "[[other]]\na = 1\n[[other]]\na = 2\n"] {
            let text = shared(&lock(tail));
            let (sound, problems) = whole(&text);
            assert!(problems.is_empty(), "{problems:?}");
            for threads in 2..9 {
                let found = in_pieces(&text, threads).expect("can be cut");
                assert_eq!(found.span, sound.span);
                assert!(found == sound, "{threads} {tail}");
            }
        }
    }

    #[test]
    fn what_is_no_plain_list_is_read_whole() {
        let twice = lock("[manifest]\nmore = 1\n");
        let broken = lock("[[package]]\nname = \n");
        let long = lock("[[package]]\ntext = \"\"\"\n[[package]]\n\"\"\"\n");
        let open = lock("[[package]]\nlist = [\n");
        let many: String = (0..99).map(|number| format!("[a{number}]\n")).collect();
        for text in [twice, broken, long, open, lock(&many), "a = 1\n".repeat(9), String::new()] {
            assert!(in_pieces(&shared(&text), 4).is_none(), "{text}");
        }
    }

    #[test]
    fn other_line_ends_and_dotted_headers_are_read_whole() {
        assert!(in_pieces(&shared(&lock("").replace('\n', "\r\n")), 4).is_none());
        assert!(in_pieces(&shared(&lock("").replace("[[package]]", "[[a.b]]")), 4).is_none());
    }
}
