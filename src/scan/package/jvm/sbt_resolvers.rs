//! Resolvers of an sbt build that are written as literals.

use super::Asking;
use super::gradle_script::{Placed, Token};
use crate::scan::Facts;
use crate::scan::package::toolkit::{self, Standing, list};
use crate::text::Span;

/// Where things go, and not where they come from.
const PUBLISHING: [&str; 1] = ["publishTo"];

/// Resolvers in place of those that sbt has by itself.
const ALONE: &str = "externalResolvers";

/// Reads resolvers on the way through a file.
pub(super) struct Resolvers<'t> {
    /// The setting that is being given a value, and whether that replaces what it had.
    setting: Option<(&'t str, bool)>,
    /// How many blocks and brackets stand around what is read, and around that setting.
    depth: usize,
    of_setting: usize,
    /// The central repository is left out of those that sbt has by itself.
    is_alone: bool,
}

impl<'t> Resolvers<'t> {
    pub(super) fn of(tokens: &[Placed<'t>]) -> Self {
        let is_left_out = |three: &[Placed<'_>]| {
            three[0].word() == Some("mavenCentral") && three[1].is('=') && three[2].word() == Some("false")
        };
        Self { setting: None, depth: 0, of_setting: 0, is_alone: tokens.windows(3).any(is_left_out) }
    }

    /// Reads what begins with the tokens: a setting, or `"name" at "https://…"` and its like.
    pub(super) fn read(&mut self, tokens: &[Placed<'t>], asking: Asking<'_>, out: &mut Facts<'_>) {
        let Some((first, rest)) = tokens.split_first() else { return };
        self.follow(first, rest);
        let Some((address, span)) = address(first, rest) else { return };
        if self.setting.is_some_and(|(setting, _)| PUBLISHING.contains(&setting)) {
            return;
        }
        let is_alone = self.is_alone || self.setting == Some((ALONE, true));
        let standing = if is_alone { Standing::Instead } else { Standing::Beside };
        // the address may hold a password
        let seen = asking.file.at(span).without_excerpt();
        let ecosystem = asking.list.unwrap_or(list::OF_MAVEN[0]);
        toolkit::registry(asking.project, ecosystem, "*", standing, address, &seen, out);
    }
}

impl<'t> Resolvers<'t> {
    /// Which setting is given a value: up to the next one, or a value of its own outside of its blocks.
    fn follow(&mut self, first: &Placed<'t>, rest: &[Placed<'t>]) {
        match first.token {
            Token::Sign('{' | '(') => self.depth += 1,
            Token::Sign('}' | ')') => self.depth = self.depth.saturating_sub(1),
            Token::Word("val" | "def" | "lazy") if self.depth <= self.of_setting => self.setting = None,
            Token::Word(word) => {
                let is_set = match rest {
                    [sign, same, ..] if sign.is(':') && same.is('=') => Some(true),
                    [sign, same, ..] if sign.is('+') && (same.is('=') || same.is('+')) => Some(false),
                    _ => None,
                };
                if let Some(is_set) = is_set {
                    self.setting = Some((last(word), is_set));
                    self.of_setting = self.depth;
                }
            }
            _ => {}
        }
    }
}

/// The name of a setting without what it is for: `ThisBuild / resolvers`, `Global.resolvers`.
fn last(word: &str) -> &str {
    word.rsplit('.').next().unwrap_or(word)
}

/// The address in `"name" at "https://…"`, `Resolver.url("name", url("https://…"))` and `MavenRepository("name", "https://…")`.
fn address<'t>(first: &Placed<'t>, rest: &[Placed<'t>]) -> Option<(&'t str, Span)> {
    let text = |one: &Placed<'t>| match one.token {
        Token::Text(text, false) => Some((text, one.span)),
        _ => None,
    };
    match (&first.token, rest) {
        (Token::Text(..), [at, address, ..]) if at.word() == Some("at") => text(address),
        (Token::Word("Resolver.url"), [open, _, comma, url, inner, address, ..])
            if open.is('(') && comma.is(',') && matches!(url.word(), Some("url" | "uri" | "new")) && inner.is('(') =>
        {
            text(address)
        }
        (Token::Word("MavenRepository" | "MavenRepo"), [open, _, comma, address, ..])
            if open.is('(') && comma.is(',') =>
        {
            text(address)
        }
        _ => None,
    }
}
