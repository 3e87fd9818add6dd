//! Parsers on hostile input: no panic, no overflow of a small stack, a problem with a place, soon done.

mod hostile;
mod mutation;
mod scanning;

use std::time::{Duration, Instant};

use sovaudit::parse::{self, Node, ParseError};
use sovaudit::text::Span;

/// Stack of the threads that scan: what rayon and the standard library give a thread.
const STACK: usize = 2 << 20;

/// What a parser made of a text, reduced to what every format has.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    /// Nodes, elements, blocks or instructions.
    size: usize,
    spans: Vec<Span>,
    problems: Vec<ParseError>,
}

impl Read {
    fn of_nodes<'a>(roots: impl IntoIterator<Item = &'a Node>, problems: Vec<ParseError>) -> Self {
        let mut read = Self { size: 0, spans: Vec::new(), problems };
        for node in roots.into_iter().flat_map(Node::walk) {
            read.size += 1;
            read.spans.push(node.span);
            read.spans.extend(node.entries().iter().map(|entry| entry.key_span));
        }
        read
    }

    fn of_result(result: Result<Node, ParseError>) -> Self {
        match result {
            Ok(node) => Self::of_nodes([&node], Vec::new()),
            Err(problem) => Self::of_nodes([], vec![problem]),
        }
    }
}

/// A parser under its name.
type Parser = (&'static str, fn(&str) -> Read);

const JSON: Parser = ("json", |text| Read::of_result(parse::json::json(text)));
const JSONC: Parser = ("jsonc", |text| Read::of_result(parse::json::jsonc(text)));
const YAML: Parser = ("yaml", |text| {
    let read = parse::yaml::yaml(text);
    Read::of_nodes(&read.documents, read.problems.clone())
});
const TOML: Parser = ("toml", |text| {
    let (root, problems) = parse::toml::toml(text);
    Read::of_nodes([&root], problems)
});
const HCL: Parser = ("hcl", |text| {
    let read = parse::hcl::hcl(text);
    let size = read.chunks.iter().map(|chunk| chunk.body.iter().count()).sum();
    Read { size, spans: Vec::new(), problems: read.problems }
});
const DOCKERFILE: Parser = ("dockerfile", |text| {
    let (instructions, problems) = parse::dockerfile::dockerfile(text);
    for instruction in &instructions {
        let _ = parse::dockerfile::expand(&instruction.arguments, &|name| (name.len() < 3).then(|| name.to_owned()));
    }
    let spans = instructions.iter().flat_map(|each| [each.span, each.first_span]).collect();
    Read { size: instructions.len(), spans, problems }
});
const XML: Parser = ("xml", |text| {
    let parse::xml::Xml { root, problem } = parse::xml::xml_or_part(text);
    let mut read = Read { size: 0, spans: Vec::new(), problems: problem.into_iter().collect() };
    let mut open: Vec<_> = root.iter().collect();
    while let Some(element) = open.pop() {
        read.size += 1;
        read.spans.push(element.span);
        open.extend(element.groups());
    }
    read
});

/// Runs a parser on a small stack and demands that it ends soon.
fn read(parser: Parser, what: &str, text: String) -> Read {
    let (name, parse) = parser;
    let start = Instant::now();
    let length = text.len();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let read = parse(&text);
        check_spans(&read, &text);
        read
    });
    let read = thread.expect("a thread").join().unwrap_or_else(|_| panic!("{name} failed on {what}"));
    let took = start.elapsed();
    // far above what an unoptimised build needs, far below what anything worse than linear would take
    assert!(took < Duration::from_secs(20), "{name} took {took:?} for {what} ({length} bytes)");
    read
}

/// Every place lies in the text and does not cut a character in two.
fn check_spans(read: &Read, text: &str) {
    let places = read.spans.iter().chain(read.problems.iter().map(|problem| &problem.span));
    for span in places {
        assert!(span.start <= span.end, "{span:?} ends before it starts");
        assert!(span.start <= text.len(), "{span:?} starts after the text of {} bytes", text.len());
        assert!(text.is_char_boundary(span.start), "{span:?} starts inside a character");
    }
    for span in &read.spans {
        assert!(span.end <= text.len(), "{span:?} ends after the text of {} bytes", text.len());
        assert!(text.is_char_boundary(span.end), "{span:?} ends inside a character");
    }
    for problem in &read.problems {
        assert!(problem.message.len() < 1000, "a message of {} bytes", problem.message.len());
        assert!(!problem.message.contains('\n'), "a message of several lines: {:?}", problem.message);
    }
}
