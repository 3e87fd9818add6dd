//! R.

pub mod installed_r;
pub mod r_description;
pub mod renv_lock;

use crate::parse::lines::{Line, lines, span_within};
use crate::text::Span;

/// Packages that R itself consists of.
const BASE: [&str; 14] = [
    "base",
    "compiler",
    "datasets",
    "graphics",
    "grDevices",
    "grid",
    "methods",
    "parallel",
    "splines",
    "stats",
    "stats4",
    "tcltk",
    "tools",
    "utils",
];

/// True for R and what it consists of: no packages of others.
fn is_base(name: &str) -> bool {
    name == "R" || BASE.contains(&name)
}

/// A field of a DESCRIPTION file: its name, and its lines with their places.
struct Field<'a> {
    name: &'a str,
    lines: Vec<(&'a str, Span)>,
}

/// The fields of a DESCRIPTION file, and lines that belong to none.
fn description(text: &str) -> (Vec<Field<'_>>, Vec<Span>) {
    let (mut fields, mut stray): (Vec<Field<'_>>, Vec<Span>) = (Vec::new(), Vec::new());
    for line in lines(text) {
        if line.text.trim().is_empty() {
            continue;
        }
        let value = |line: &Line<'_>, part: &str| span_within(line, part);
        if line.text.starts_with([' ', '\t']) {
            let part = line.text.trim();
            match fields.last_mut() {
                Some(field) => field.lines.push((part, value(&line, part))),
                None => stray.push(line.span),
            }
            continue;
        }
        match line.text.split_once(':').filter(|(name, _)| !name.contains(' ')) {
            Some((name, rest)) => {
                let part = rest.trim();
                fields.push(Field { name, lines: vec![(part, value(&line, part))] });
            }
            None => stray.push(line.span),
        }
    }
    (fields, stray)
}

/// The first line of a field.
fn first<'a>(fields: &[Field<'a>], name: &str) -> Option<(&'a str, Span)> {
    let field = fields.iter().find(|field| field.name == name)?;
    field.lines.first().copied().filter(|(text, _)| !text.is_empty())
}

/// Name and constraint of the items of a field that lists packages: `cli (>= 3.4), R6`.
fn listed<'a>(field: &Field<'a>) -> impl Iterator<Item = (&'a str, &'a str, Span)> {
    field.lines.iter().flat_map(|(text, span)| {
        text.split(',').filter_map(move |item| {
            let offset = item.as_ptr() as usize - text.as_ptr() as usize;
            let skipped = item.len() - item.trim_start().len();
            let item = item.trim();
            let start = span.start + offset + skipped;
            let (name, rest) = item.split_once(['(', ' ']).unwrap_or((item, ""));
            let constraint = rest.trim_matches(|c: char| matches!(c, '(' | ')') || c.is_whitespace());
            (!name.is_empty()).then(|| (name, constraint, Span::new(start, start + item.len())))
        })
    })
}
