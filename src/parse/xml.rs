//! XML over `quick-xml`: entities are never expanded, depth and size are bounded.
//!
//! Of a broken document, what had ended before the break is kept, within the elements that are open there. Those are
//! marked as cut: they hold others, and readers that ask for entries never see them (see [`Element::group`]).
//!
//! As the tree of the other formats, an element keeps in mind what readers asked it for: see [`Element::misshapen`].

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::merge::{BOTH_READ, in_a_row};
pub use super::xml_element::Element;
use super::{MAX_DEPTH, ParseError};
use crate::text::Span;

/// Elements of a file in all.
const ELEMENT_LIMIT: usize = 2_000_000;

/// What could be read of a document.
#[derive(Debug, Default)]
pub struct Xml {
    /// The root; of a broken document, with what had ended before the break, and nothing when nothing had.
    pub root: Option<Element>,
    /// Why and where it breaks off.
    pub problem: Option<ParseError>,
}

/// Parses a document that has to be sound.
///
/// # Errors
/// The first syntax error, or a limit.
pub fn xml(text: &str) -> Result<Element, ParseError> {
    let Xml { root, problem } = xml_or_part(text);
    match problem {
        Some(problem) => Err(problem),
        None => root.ok_or_else(no_element),
    }
}

/// Parses a document up to its end or to where it breaks off. Of a document with an unfinished merge both sides are read,
/// one after the other.
#[must_use]
pub fn xml_or_part(text: &str) -> Xml {
    let whole = up_to_break(text);
    if whole.problem.is_none() {
        return whole;
    }
    let Some((row, conflicts)) = in_a_row(text) else { return whole };
    let both = up_to_break(&row);
    match (both.problem, conflicts.first()) {
        (None, Some(first)) => Xml { problem: Some(ParseError::new(BOTH_READ, *first)), ..both },
        _ => whole,
    }
}

fn up_to_break(text: &str) -> Xml {
    let mut reader = Reader::from_str(text);
    // the library passes over a byte order mark without counting it
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).saturating_add(mark).min(text.len());
    let mut builder = Builder::default();
    let problem = loop {
        let before = position(reader.buffer_position());
        let event = reader.read_event();
        let place = Span::new(before, position(reader.buffer_position()));
        match event {
            Err(error) => {
                let at = position(reader.error_position()).max(before);
                break Some(ParseError::new(error.to_string(), Span::new(at, at + 1)));
            }
            Ok(Event::Eof) => break builder.unclosed(),
            Ok(event) => {
                if let Err(problem) = builder.event(event, place) {
                    break Some(problem);
                }
            }
        }
    };
    let root = builder.finish();
    let problem = problem.or_else(|| root.is_none().then(no_element));
    Xml { root, problem }
}

fn no_element() -> ParseError {
    ParseError::new("no element", Span::default())
}

#[derive(Default)]
struct Builder {
    stack: Vec<Element>,
    root: Option<Element>,
    count: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, place: Span) -> Result<(), ParseError> {
        match event {
            Event::Start(start) => {
                let element = self.element(&start, place)?;
                self.stack.push(element);
            }
            Event::Empty(start) => {
                let element = self.element(&start, place)?;
                self.attach(element);
            }
            Event::End(_) => {
                if let Some(mut done) = self.stack.pop() {
                    done.span.end = place.end;
                    done.text.truncate(done.text.trim_end().len());
                    self.attach(done);
                }
            }
            Event::Text(part) => self.push_text(&part),
            Event::CData(part) => self.push_text(&part),
            Event::GeneralRef(name) => {
                let known = match &*name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => "",
                };
                let mut buffer = [0; 4];
                let by_number = name.resolve_char_ref().ok().flatten().map(|c| &*c.encode_utf8(&mut buffer));
                self.push_text(by_number.unwrap_or(known));
            }
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'_>, place: Span) -> Result<Element, ParseError> {
        self.count += 1;
        if self.count > ELEMENT_LIMIT || self.stack.len() >= MAX_DEPTH {
            return Err(ParseError::new("too many or too deeply nested elements", place));
        }
        element(start, place)
    }

    fn attach(&mut self, done: Element) {
        match self.stack.last_mut() {
            Some(parent) => parent.children.push(done),
            None if self.root.is_none() => self.root = Some(done),
            None => {}
        }
    }

    fn push_text(&mut self, text: &str) {
        if let Some(open) = self.stack.last_mut() {
            let text = if open.text.is_empty() { text.trim_start() } else { text };
            open.text.push_str(text);
        }
    }

    /// What is wrong when the text ends here.
    fn unclosed(&self) -> Option<ParseError> {
        let open = self.stack.last()?;
        Some(ParseError::new(format!("`<{}>` is not closed", open.name), open.span))
    }

    /// The root. What is open is cut, and left out where nothing had ended in it: its text may go on behind the break.
    fn finish(mut self) -> Option<Element> {
        while let Some(mut open) = self.stack.pop() {
            let Some(last) = open.children.last() else { continue };
            open.span.end = last.span.end;
            open.is_cut = true;
            open.text.clear();
            self.attach(open);
        }
        self.root
    }
}

fn element(start: &BytesStart<'_>, span: Span) -> Result<Element, ParseError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| ParseError::new(format!("in a tag: {error}"), span))?;
        let name = attribute.key.local_name().into_inner();
        let raw = attribute.value;
        // no value holds this sign: a quote is missing, and what stands between two others is no value
        if raw.contains('<') {
            return Err(ParseError::new(format!("the value of `{name}` has no closing quote"), span));
        }
        let value = quick_xml::escape::unescape(&raw).unwrap_or_else(|_| raw.clone());
        attributes.push((name.into(), value.into()));
    }
    let name = start.local_name().into_inner().into();
    Ok(Element { name, attributes, span, tag: span, ..Element::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "<p><l k=\"1\"><e n=\"a\">1</e><e n=\"b\"><v>2</v></e></l><l><e n=\"c\"/></l><t>text</t></p>";

    /// Entries of all lists, as `name=value`.
    fn entries(root: &Element) -> Vec<String> {
        let all = root.all_groups("l").flat_map(|list| list.all("e"));
        all.map(|entry| {
            let value = entry.child_text("v").unwrap_or_else(|| entry.text());
            format!("{}={value}", entry.attribute("n").unwrap_or_default())
        })
        .collect()
    }

    #[test]
    fn what_had_ended_before_the_break_is_kept_wherever_it_is() {
        let whole = entries(&xml(SOUND).expect("is sound"));
        assert_eq!(whole, ["a=1", "b=2", "c="]);
        let ends: Vec<usize> = [">1</e>", "</v></e>", "<e n=\"c\"/>"]
            .iter()
            .map(|end| SOUND.find(end).expect("is there") + end.len())
            .collect();
        for cut in 0..SOUND.len() {
            let Xml { root, problem } = xml_or_part(&SOUND[..cut]);
            assert!(problem.is_some(), "{cut}");
            let found = root.as_ref().map(entries).unwrap_or_default();
            let ended = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(found, whole[..ended], "{cut}");
            assert_eq!(root.and_then(|root| root.child_text("t").map(str::to_owned)).is_some(), cut >= SOUND.len() - 4);
        }
    }

    fn part(text: &str) -> (Vec<String>, String) {
        let Xml { root, problem } = xml_or_part(text);
        let problem = problem.expect("is broken");
        let at = text.get(problem.span.start..).unwrap_or_default();
        (root.as_ref().map(entries).unwrap_or_default(), format!("{}: {}", &at[..at.len().min(4)], problem.message))
    }

    #[test]
    fn tags_that_do_not_fit_end_what_is_read() {
        let (found, said) = part("<p><l><e n=\"a\">1</e><e n=\"b\">2</l></p>");
        assert_eq!(found, ["a=1"]);
        assert!(said.starts_with("</l>: ") && said.contains("`</e>`"), "{said}");
        // what has no end tag holds what was meant to stand beside it
        let (found, _) = part("<p><l><e n=\"a\">1<e n=\"b\">2<e n=\"c\">3</e><e n=\"d\">4</e></l></p>");
        assert_eq!(found, ["c=3", "d=4"]);
        let (found, said) = part("<p><l><e n=\"a\">1</e></l></p></q>");
        assert_eq!(found, ["a=1"]);
        assert!(said.starts_with("</q>: "), "{said}");
    }

    #[test]
    fn values_without_their_quotes_end_what_is_read() {
        let (found, said) = part("<p><l><e n=\"a\"/><e n=\"b\" v=\"1/>\n<e n=\"c/></l></p>");
        assert_eq!(found, ["a="]);
        assert_eq!(said, "<e n: the value of `v` has no closing quote");
        let (found, said) = part("<p><l><e n=\"a\"/><e n=b/><e n=\"c\"/></l></p>");
        assert_eq!(found, ["a="]);
        assert!(said.starts_with("<e n: in a tag: "), "{said}");
        let (found, said) = part("<p><l><e n=\"a\"/><e n=\"b");
        assert_eq!(found, ["a="]);
        assert!(said.starts_with("<e n: "), "{said}");
    }

    #[test]
    fn attributes_know_where_their_values_stand() {
        let text = "<p><e a='version=\"0\"'\n  x:Version = \"1\" b=\"\"/></p>";
        let root = xml(text).expect("is sound");
        let at = |name| root.children()[0].attribute_span(name, text).map(|span| &text[span.start..span.end]);
        assert_eq!((at("version"), at("b"), at("c")), (Some("1"), Some(""), None));
    }

    #[test]
    fn nothing_is_kept_of_what_holds_nothing() {
        for text in ["", "<p>", "<p><l>text", "<p", "no"] {
            assert!(xml_or_part(text).root.is_none(), "{text}");
        }
        let deep = format!("<p><l><e n=\"a\"/></l>{}", "<d>".repeat(MAX_DEPTH));
        assert_eq!(part(&deep).0, ["a="]);
    }
}
