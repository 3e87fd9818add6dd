//! Elixir and Erlang.

pub mod mix_exs;
pub mod mix_lock;
pub mod otp_app;
pub mod rebar_lock;

use crate::parse::{Node, ParseError, terms};
use crate::text::Span;

/// Entries that cannot be read after which the rest of a file is not tried.
const BROKEN_LIMIT: usize = 20;

/// Entries of a file, each read on its own, so that a broken one costs no other: every term after a place where
/// `begins` finds one. Problems go to `problem`, with the place where their entry begins.
fn entries<'t>(
    text: &'t str,
    begins: impl Fn(&'t str) -> Option<usize>,
    mut problem: impl FnMut(usize, &ParseError),
    mut entry: impl FnMut(usize, &Node),
) {
    let mut at = 0;
    let mut broken = 0;
    while let Some(found) = text.get(at..).and_then(&begins) {
        let start = at + found;
        match terms::term(text, start) {
            Ok((node, end)) => {
                entry(start, &node);
                at = end;
            }
            Err(error) => {
                problem(start, &error);
                broken += 1;
                if broken == BROKEN_LIMIT {
                    problem(start, &ParseError::new("too many broken entries; the rest is not read", error.span));
                    return;
                }
                at = text[start..].find('\n').map_or(text.len(), |line| start + line);
            }
        }
    }
}

/// The value of a keyword among the items of a tuple, or in a keyword list that is one of them: `only: :dev`.
fn option<'n>(items: &'n [Node], key: &str) -> Option<&'n Node> {
    let pair = |node: &'n Node| match node.list() {
        [name, value] if name.text() == Some(key) => Some(value),
        _ => None,
    };
    items.iter().find_map(|item| pair(item).or_else(|| item.list().iter().find_map(pair)))
}

/// Text of a node with its place.
fn text(node: Option<&Node>) -> Option<(&str, Span)> {
    node.and_then(|node| Some((node.text()?, node.span)))
}
