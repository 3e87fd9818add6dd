//! Dockerfiles: instructions with spans, and expansion of `ARG` references.
//!
//! Read line by line: continuations are joined, comment lines inside them dropped, here-documents
//! skipped to their end. An unknown instruction is a problem and the next line is read.

use super::ParseError;
use super::lines::{Line, lines};
use crate::text::Span;

const KEYWORDS: [&str; 18] = [
    "FROM",
    "RUN",
    "CMD",
    "LABEL",
    "EXPOSE",
    "ENV",
    "ADD",
    "COPY",
    "ENTRYPOINT",
    "VOLUME",
    "USER",
    "WORKDIR",
    "ARG",
    "ONBUILD",
    "STOPSIGNAL",
    "HEALTHCHECK",
    "SHELL",
    "MAINTAINER",
];

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction<'a> {
    /// In capitals.
    pub keyword: &'static str,
    /// Everything after the keyword, continuations joined by spaces.
    pub arguments: String,
    /// From the keyword to the end of the last line.
    pub span: Span,
    /// The first line's text after the keyword, a slice of the file.
    pub first: &'a str,
    /// Where `first` stands.
    pub first_span: Span,
}

/// Reads a Dockerfile.
#[must_use]
pub fn dockerfile(text: &str) -> (Vec<Instruction<'_>>, Vec<ParseError>) {
    let escape = escape_character(text);
    let mut instructions = Vec::new();
    let mut problems = Vec::new();
    let mut all = lines(text).peekable();
    while let Some(line) = all.next() {
        let trimmed = line.text.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let word_end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let word = trimmed[..word_end].to_ascii_uppercase();
        let Some(keyword) = KEYWORDS.into_iter().find(|keyword| *keyword == word) else {
            problems.push(ParseError::new(format!("`{}` is not an instruction", &trimmed[..word_end]), line.span));
            continue;
        };
        let first = trimmed[word_end..].trim();
        let first_span = super::lines::span_within(&line, first);
        let mut span = Span::new(line.span.start + (line.text.len() - trimmed.len()), line.span.end);
        let mut arguments = String::new();
        let mut part: &str = first;
        loop {
            let open = part.trim_end().strip_suffix(escape);
            arguments.push_str(open.unwrap_or(part).trim());
            if open.is_none() {
                break;
            }
            arguments.push(' ');
            let next = next_part(&mut all);
            let Some(next) = next else { break };
            span.end = next.span.end;
            part = next.text;
        }
        if matches!(keyword, "RUN" | "COPY" | "ADD") {
            for end in here_documents(&arguments) {
                for body in all.by_ref() {
                    span.end = body.span.end;
                    if body.text.trim() == end {
                        break;
                    }
                    arguments.push('\n');
                    arguments.push_str(body.text);
                }
            }
        }
        instructions.push(Instruction { keyword, arguments, span, first, first_span });
    }
    (instructions, problems)
}

/// The next line of a continuation; comment and empty lines inside one are dropped.
fn next_part<'a>(all: &mut impl Iterator<Item = Line<'a>>) -> Option<Line<'a>> {
    all.find(|line| {
        let text = line.text.trim_start();
        !text.is_empty() && !text.starts_with('#')
    })
}

/// The `# escape=` directive; only comment lines may stand before it.
fn escape_character(text: &str) -> char {
    for line in lines(text) {
        let Some(comment) = line.text.trim_start().strip_prefix('#') else { break };
        if let Some(value) = comment.trim().strip_prefix("escape=") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

/// Words that end here-documents opened by `<<WORD` or `<<-"WORD"`.
fn here_documents(arguments: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in arguments.split("<<").skip(1) {
        let part = part.strip_prefix('-').unwrap_or(part);
        let word: String = part
            .trim_start_matches(['"', '\''])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if !word.is_empty() && part.starts_with(|c: char| c.is_ascii_alphabetic() || "\"'_".contains(c)) {
            found.push(word);
        }
    }
    found
}

/// Expands `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`. The second value is false
/// when a name without default was not known; its reference then stays as written.
#[must_use]
pub fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> (String, bool) {
    let mut out = String::new();
    let mut resolved = true;
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (reference, after) = match rest.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (&inner[..end], &inner[end + 1..]),
                None => (inner, ""),
            },
            None => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        let name_end = reference.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(reference.len());
        let (name, modifier) = reference.split_at(name_end);
        let value = lookup(name).filter(|value| !value.is_empty());
        let chosen = match (modifier.get(..2), value) {
            (Some(":-"), None) => Some(modifier[2..].to_owned()),
            (Some(":+"), Some(_)) => Some(modifier[2..].to_owned()),
            (Some(":+"), None) => Some(String::new()),
            (_, value) => value,
        };
        match chosen {
            Some(value) => out.push_str(&value),
            None => {
                resolved = false;
                out.push_str("${");
                out.push_str(reference);
                out.push('}');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    (out, resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_heredocs_and_unknown_words() {
        let text = "ARG BASE=nginx\nFROM ${BASE}:1 AS web\nRUN pip install \\\n  # why\n  torch \\\n  numpy\nRUN <<EOF\nFROM not a stage\nEOF\nFOO x\nCOPY . .\n";
        let (found, problems) = dockerfile(text);
        let words: Vec<&str> = found.iter().map(|i| i.keyword).collect();
        assert_eq!(words, ["ARG", "FROM", "RUN", "RUN", "COPY"]);
        assert_eq!(found[2].arguments, "pip install torch numpy");
        assert_eq!(&text[found[1].first_span.start..found[1].first_span.end], "${BASE}:1 AS web");
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn expansion() {
        let known = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(expand("$A-${A}-${B:-d}-${A:+y}", &known), ("x-x-d-y".into(), true));
        assert_eq!(expand("r/${B}:1", &known), ("r/${B}:1".into(), false));
    }
}
