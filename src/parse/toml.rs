//! TOML through the `toml` crate's recovering parser.
//!
//! Lock files are one long list of tables, `[[package]]` upon `[[package]]`: large ones are cut at such lines and read by
//! several threads. Where anything about the pieces is not as in a sound file, the whole is read by one.

mod rows;

use std::sync::Arc;
use std::thread::Builder;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::mend::{Mended, Of, mended};
use super::merge::{Maps, both_sides};
use super::text::Source;
use super::{Entry, Node, ParseError, Text, Value};
use crate::text::Span;
use crate::threads::{Home, STACK, for_one_file};
use rows::Rows;

/// How many syntax errors are worth showing: one missing bracket can cause a dozen.
const SHOWN: usize = 5;

/// Bytes that are worth a thread, and how many threads there are at most.
const LEAST: usize = 128 << 10;
const MOST: usize = 16;

/// Parses TOML and keeps what could be read. The crate refuses hostile nesting itself.
#[must_use]
pub fn toml(text: &str) -> (Node, Vec<ParseError>) {
    toml_of(&Arc::new(text.to_owned()))
}

/// As [`toml()`], for a text that the tree shares.
#[must_use]
pub fn toml_of(text: &Arc<String>) -> (Node, Vec<ParseError>) {
    let threads = if text.len() < 2 * LEAST { 1 } else { for_one_file().min(text.len() / LEAST).min(MOST) };
    match in_pieces(text, threads) {
        Some(root) => (root, Vec::new()),
        None => whole(text),
    }
}

/// Reads the whole; of a file with an unfinished merge, both sides.
fn whole(text: &Arc<String>) -> (Node, Vec<ParseError>) {
    let (root, mut problems) = one_side(text);
    if problems.is_empty() {
        return (root, problems);
    }
    let read = |side: &Arc<String>| {
        let (root, problems) = one_side(side);
        (vec![root], problems)
    };
    if let Some((both, told)) = both_sides(text, Maps::Tables, read) {
        return (both.into_iter().next().unwrap_or(root), told);
    }
    let sound = |text: &Arc<String>| match one_side(text) {
        (root, problems) if problems.is_empty() => Ok(root),
        (_, mut problems) => Err(problems.swap_remove(0)),
    };
    // the crate goes on behind an error as well, which may be enough or lead astray
    match mended(text, &problems[0], Of::Toml, sound) {
        Mended::Read(mended, told) if mended.walk().count() > root.walk().count() => return (mended, told),
        Mended::Ended(problem) => problems.push(problem),
        _ => {}
    }
    (root, problems)
}

fn one_side(text: &Arc<String>) -> (Node, Vec<ParseError>) {
    let source = &Source::of(text);
    if let Some(rows) = rows::rows(text, source, 0)
        && let Some(value) = without_rows(rows, source, 0)
    {
        // the crate gives the root no place
        return (Node::new(Span::default(), value), Vec::new());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<ParseError> = errors
        .iter()
        .map(|error| ParseError::new(error.message(), error.span().map_or_else(Span::default, Span::from)))
        .collect();
    problems.sort_by_key(|problem| problem.span);
    problems.truncate(SHOWN);
    let span = Span::from(table.span());
    (Node::new(span, Tree { source, offset: 0, rows: None }.map(table.into_inner())), problems)
}

/// What a text without its plain lists says, with these; nothing when it is not sound.
fn without_rows(mut rows: Rows, source: &Source, offset: usize) -> Option<Value> {
    let rest = std::mem::take(&mut rows.rest);
    let mut tree = Tree { source, offset, rows: Some(rows) };
    let value = tree.map(DeTable::parse(&rest).ok()?.into_inner());
    tree.rows.is_some_and(|rows| rows.all_taken()).then_some(value)
}

/// The same tree, read by so many threads. Nothing when the text is no list of tables, or not sound.
fn in_pieces(text: &Arc<String>, threads: usize) -> Option<Node> {
    let cuts = if threads > 1 { cuts(text, threads)? } else { return None };
    let ends = cuts.iter().copied().skip(1).chain([text.len()]);
    let places: Vec<(usize, usize)> = cuts.iter().copied().zip(ends).collect();
    let source = Source::of(text);
    std::thread::scope(|scope| {
        let home = Home::here();
        let begin = |(helper, (start, end)): (usize, &(usize, usize))| {
            let (source, start, text) = (source.apart(), *start, &text[*start..*end]);
            let builder = Builder::new().name("scan-toml".to_owned()).stack_size(STACK);
            let read = move || {
                home.leave(helper);
                piece(text, &source, start)
            };
            builder.spawn_scoped(scope, read).ok()
        };
        let running: Vec<_> = places.iter().enumerate().skip(1).map(begin).collect::<Option<_>>()?;
        let mut all = piece(&text[..places[0].1], &source, 0)?;
        for thread in running {
            all = united(all, thread.join().ok()??)?;
        }
        // the crate gives the root no place
        Some(Node::new(Span::default(), Value::Map(all)))
    })
}

/// The entries of a piece; nothing when it is not sound.
fn piece(text: &str, source: &Source, offset: usize) -> Option<Vec<Entry>> {
    let value = match rows::rows(text, source, offset) {
        Some(rows) => without_rows(rows, source, offset)?,
        None => Tree { source, offset, rows: None }.map(DeTable::parse(text).ok()?.into_inner()),
    };
    match value {
        Value::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Where pieces of about the same length begin: at a line with the header of a list of tables, the first such header of
/// the text. No such line stands in a text of several lines, which are not looked for: with any, nothing is cut.
fn cuts(text: &str, threads: usize) -> Option<Vec<usize>> {
    let bytes = text.as_bytes();
    if rows::has_long_texts(bytes) {
        return None;
    }
    let begin = memchr::memmem::find(bytes, b"\n[[")?;
    let end = begin + 1 + memchr::memchr(b'\n', &bytes[begin + 1..])?;
    let header = &bytes[begin..=end];
    let name = header.strip_prefix(b"\n[[")?.strip_suffix(b"]]\n")?;
    if !name.iter().all(|byte| rows::is_bare(*byte)) {
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
    /// Lists that the crate read as empty ones.
    rows: Option<Rows>,
}

impl Tree<'_> {
    fn span(&self, span: std::ops::Range<usize>) -> Span {
        Span::from(span).shifted(self.offset)
    }

    /// A text of the crate's, which may have read a copy.
    fn text(&self, span: Span, text: std::borrow::Cow<'_, str>) -> Text {
        match self.rows {
            Some(_) => Text::near(self.source, span.start, text),
            None => Text::of_cow(self.source, text),
        }
    }

    fn map(&mut self, table: DeTable<'_>) -> Value {
        let entry = |(key, value): (Spanned<std::borrow::Cow<'_, str>>, Spanned<DeValue<'_>>)| {
            let key_span = self.span(key.span());
            Entry { key_span, key: self.text(key_span, key.into_inner()), value: self.node(value) }
        };
        let mut entries: Vec<Entry> = table.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.key_span);
        Value::Map(entries)
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let span = self.span(value.span());
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(self.text(span, text)),
            DeValue::Integer(number) => Value::Number(self.text(span, number.as_str().into())),
            DeValue::Float(number) => Value::Number(self.text(span, number.as_str().into())),
            DeValue::Boolean(truth) => Value::Bool(truth),
            DeValue::Datetime(date) => Value::Number(date.to_string().into()),
            DeValue::Array(items) => Value::List(self.list(span, items)),
            DeValue::Table(table) => self.map(table),
        };
        Node::new(span, value)
    }

    fn list(&mut self, span: Span, items: DeArray<'_>) -> Vec<Node> {
        match self.rows.as_mut().filter(|_| items.is_empty()).and_then(|rows| rows.take(span.start)) {
            Some(items) => items,
            None => items.into_iter().map(|item| self.node(item)).collect(),
        }
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

    /// Lists as lock files have them, whole and with something odd in the middle.
    fn with_lists(odd: &str) -> String {
        let mut text = "requires = [\n    \"a >= 1\",\n    \"b\"\n]\n\n".to_owned();
        for number in 0..120 {
            text.push_str(&format!(
                "[[package]]\nname = \"p{number}\"\nneeds = [\n    \"x\",\n \"é{number}\",\n]\nwheels = [\n"
            ));
            for wheel in 0..3 {
                text.push_str(&format!(
                    "    {{ url = \"https://host/{number}/{wheel}.whl\", size = {number}, hash=\"\" }},\n"
                ));
            }
            text.push_str(if number == 60 { odd } else { "" });
            text.push_str("]\nmarker = \"a = [\"\nempty = []\n\n");
        }
        text
    }

    fn as_the_crate_reads_it(text: &str) -> Option<Node> {
        let source = Source::of(&shared(text));
        let table = DeTable::parse(text).ok()?.into_inner();
        Some(Node::new(Span::default(), Tree { source: &source, offset: 0, rows: None }.map(table)))
    }

    #[test]
    fn plain_lists_are_read_as_the_crate_reads_them() {
        let odd = [
            "",
            "  {a = 1},",
            "  {}\n",
            "  {a = 1,},\n",
            "  { a = 1, a = 2 },\n",
            "  { a.b = 1, a.c = 2 },\n",
            "  \"\\u00e9\",\n",
            "  'x',\n",
            "  1, 2,\n",
            "  01,\n",
            "  0,\n",
            "  1.5,\n",
            "  { \"a b\" = 1 },\n",
            "  # x\n",
            "\n",
            "  [\"a\"],\n",
            "  true,\n",
            "  {a = [1]},\n",
            "  { a = 1 }\n",
            "  {a = 1}\n  {a = 1}\n",
            "  \"a\" # x\n",
            "  \"\t\",\n",
            "  \"\u{1}\",\n",
            "  \"\u{7f}\",\n",
            "  \"a\n\",\n",
            "\t\"a\",\n",
            "  \"a\",\r\n",
            "  { a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1, i = 1 },\n",
            "],\n",
            "] # end\nx = [\n",
            "]\n# y = [\n# z\nx = [\n",
            "]\nx.y = [\n \"a\",\n",
            "]\nx = [ [\n 1,\n],\n",
            "]\nx = 1\nx = [\n 2,\n",
            "]\n[y]\nx = [\n 2,\n",
            "]\nx = \"\"\"\ny = [\n 1,\n]\n\"\"\"\nz = [\n",
            "]\n= [\n 1,\n",
            "]\n-1 = [\n 1,\n",
            "  -1,\n",
            "  99999999999999999999999,\n",
        ];
        for odd in odd {
            let text = with_lists(odd);
            let (found, problems) = toml(&text);
            match as_the_crate_reads_it(&text) {
                Some(sound) => assert!(found == sound && problems.is_empty(), "{odd}"),
                None => {
                    let (table, errors) = DeTable::parse_recoverable(&text);
                    assert!(errors.iter().any(|error| error.message() == problems[0].message), "{odd}");
                    assert_eq!(found.entries().len(), table.get_ref().len(), "{odd}");
                }
            }
        }
        let text = with_lists("");
        let rows = rows::rows(&text, &Source::of(&shared(&text)), 0).expect("has plain lists");
        assert!(rows.rest.trim_matches(' ').len() == text.len() && !rows.rest.contains(".whl"));
    }

    #[test]
    fn any_change_of_a_byte_is_read_as_the_crate_reads_it() {
        let text = with_lists("");
        let bytes = *b"\"',[]{}=#\n\\ \t1a.-";
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).expect("31 bits") % below
        };
        for _ in 0..400 {
            let mut changed = text.clone().into_bytes();
            for _ in 0..=next(2) {
                let at = next(changed.len());
                changed[at] = bytes[next(bytes.len())];
            }
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let (found, problems) = toml(&changed);
            match as_the_crate_reads_it(&changed) {
                Some(sound) => assert!(found == sound && problems.is_empty()),
                None => assert!(!problems.is_empty()),
            }
        }
    }

    #[test]
    fn other_line_ends_and_dotted_headers_are_read_whole() {
        assert!(in_pieces(&shared(&lock("").replace('\n', "\r\n")), 4).is_none());
        assert!(in_pieces(&shared(&lock("").replace("[[package]]", "[[a.b]]")), 4).is_none());
    }
}
