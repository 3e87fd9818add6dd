//! The lines of a requirements file: what each of them is, before anything is made of it.

use std::borrow::Cow;

use crate::parse::lines::{Line, lines, span_within};
use crate::text::Span;

/// A statement of a requirements file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// What it says.
    pub(super) what: What<'a>,
    /// The words that say it, on its first line.
    pub(super) span: Span,
}

/// What a statement says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What<'a> {
    /// A requirement, its own options included, and what a comment of the tool that wrote it says of who needs it.
    Requirement { text: Cow<'a, str>, via: Vec<&'a str> },
    /// Another file of requirements, or of constraints.
    Include { path: Cow<'a, str>, constrains: bool },
    /// A registry or a page that is asked.
    Index { address: Cow<'a, str>, role: Role },
    /// The own index is not asked.
    NoIndex,
    /// An option that says nothing about packages.
    Setting,
    /// Not an option of such files.
    Unknown,
}

/// How an address is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Instead of the ecosystem's own.
    Own,
    /// Beside it.
    Extra,
    /// A page or folder of files beside it: `--find-links`.
    Links,
}

/// Options that say how packages are installed, not which.
const SETTINGS: [&str; 12] = [
    "pre",
    "prefer-binary",
    "no-binary",
    "only-binary",
    "require-hashes",
    "trusted-host",
    "use-feature",
    "process-dependency-links",
    "always-unzip",
    "Z",
    "no-use-wheel",
    "use-wheel",
];

/// The statements of a text.
pub(super) fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut found: Vec<Statement<'_>> = Vec::new();
    let mut open: Option<(Cow<'_, str>, Span)> = None;
    let mut in_via = false;
    for line in lines(text) {
        if open.is_none()
            && let Some(comment) = line.text.trim_start().strip_prefix('#')
        {
            in_via = line.text.starts_with([' ', '\t']) && via(comment.trim(), in_via, found.last_mut());
            continue;
        }
        in_via = false;
        let continued = line.text.strip_suffix('\\');
        let part = continued.unwrap_or(line.text);
        let (part, comment) = cut_comment(part);
        match &mut open {
            Some((text, _)) => {
                text.to_mut().push(' ');
                text.to_mut().push_str(part.trim());
            }
            None => open = Some((Cow::Borrowed(part.trim()), span_within(&line, part.trim()))),
        }
        if continued.is_none()
            && let Some((text, span)) = open.take()
            && !text.is_empty()
        {
            found.push(Statement { what: what(text), span });
            in_via = comment.is_some_and(|comment| via(comment.trim(), false, found.last_mut()));
        }
    }
    found.extend(open.filter(|(text, _)| !text.is_empty()).map(|(text, span)| Statement { what: what(text), span }));
    found
}

/// The words of a line before its comment, and the comment.
fn cut_comment(text: &str) -> (&str, Option<&str>) {
    let mark =
        text.match_indices('#').map(|(at, _)| at).find(|at| *at == 0 || text[..*at].ends_with(char::is_whitespace));
    mark.map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])))
}

/// Reads `via a, b` or a further line of such a list into the requirement above; true when it is one.
fn via<'a>(comment: &'a str, further: bool, above: Option<&mut Statement<'a>>) -> bool {
    let Some(Statement { what: What::Requirement { via, .. }, .. }) = above else { return false };
    let names = match comment.strip_prefix("via") {
        Some(names) if names.is_empty() || names.starts_with(' ') => names,
        _ if further => comment,
        _ => return false,
    };
    via.extend(names.split(',').map(str::trim).filter(|name| !name.is_empty()));
    true
}

/// What one line says, continuations joined.
pub(super) fn what(text: Cow<'_, str>) -> What<'_> {
    if !text.starts_with('-') {
        return What::Requirement { text, via: Vec::new() };
    }
    let option = text.trim_start_matches('-');
    let cut = option.find(['=', ' ', '\t']).unwrap_or(option.len());
    let name = &option[..cut];
    let value_at = text.len() - option[cut..].trim_start_matches(['=', ' ', '\t']).len();
    let value = || slice(&text, value_at);
    match name {
        "r" | "requirement" => What::Include { path: value(), constrains: false },
        "c" | "constraint" => What::Include { path: value(), constrains: true },
        "i" | "index-url" | "pypi-url" => What::Index { address: value(), role: Role::Own },
        "extra-index-url" => What::Index { address: value(), role: Role::Extra },
        "f" | "find-links" => What::Index { address: value(), role: Role::Links },
        "e" | "editable" => What::Requirement { text: value(), via: Vec::new() },
        "no-index" => What::NoIndex,
        name if SETTINGS.contains(&name) => What::Setting,
        _ => What::Unknown,
    }
}

/// The text from `at` on, without quotes around it.
fn slice<'a>(text: &Cow<'a, str>, at: usize) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text[at..].trim().trim_matches(['"', '\''])),
        Cow::Owned(text) => Cow::Owned(text[at..].trim().trim_matches(['"', '\'']).to_owned()),
    }
}

/// True when the comments above the first statement say that a tool wrote the file.
pub(super) fn is_generated(text: &str) -> bool {
    let head = lines(text).map(|line: Line<'_>| line.text).take_while(|line| line.is_empty() || line.starts_with('#'));
    head.into_iter().any(|line| line.contains("autogenerated by"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_with_continuations_comments_and_reasons() {
        let text = "a==1 \\\n    --hash=sha256:x\n    # via\n    #   -r all.in\n    #   b\nb  # via c, d\n# via e\n-e ./x\n--index-url=https://h.example/s # why\n--what\n";
        let found = statements(text);
        assert_eq!(
            found[0].what,
            What::Requirement { text: "a==1 --hash=sha256:x".into(), via: vec!["-r all.in", "b"] }
        );
        assert_eq!(found[0].span, Span::new(0, 4));
        assert_eq!(found[1].what, What::Requirement { text: "b".into(), via: vec!["c", "d"] });
        assert_eq!(found[2].what, What::Requirement { text: "./x".into(), via: Vec::new() });
        assert_eq!(found[3].what, What::Index { address: "https://h.example/s".into(), role: Role::Own });
        assert_eq!(found[4].what, What::Unknown);
    }
}
