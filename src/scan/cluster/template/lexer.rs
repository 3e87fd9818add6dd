//! Words of Go templates.

use crate::text::Span;

/// One word of an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `.name`
    Field(String),
    /// `$name`; `$` alone is empty.
    Variable(String),
    /// A function or keyword.
    Word(String),
    /// A text in quotes or backquotes.
    Text(String),
    /// A number as written.
    Number(String),
    /// `.`
    Dot,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `|`
    Pipe,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    /// `,`
    Comma,
    /// A space: `.a .b` are two arguments, `.a.b` is one.
    Space,
}

/// Literal text, or an action with its words and their places.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(Span),
    Action { words: Vec<(Token, usize)>, span: Span },
}

/// Cuts a template into pieces.
///
/// # Errors
/// What is not closed or no word, with its place.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, (usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut trims = false;
    while at < text.len() {
        let Some(open) = text[at..].find("{{").map(|open| at + open) else {
            push_text(text, at, text.len(), trims, false, &mut found);
            break;
        };
        let after = &text[open + 2..];
        let trims_before = after.starts_with('-') && after[1..].starts_with(char::is_whitespace);
        push_text(text, at, open, trims, trims_before, &mut found);
        let mut start = open + 2 + usize::from(trims_before);
        start += text[start..].len() - text[start..].trim_start().len();
        if text[start..].starts_with("/*") {
            let close = text[start..].find("*/").ok_or((open, "a comment that is not closed".to_owned()))?;
            let rest = &text[start + close + 2..];
            let end = rest.find("}}").ok_or((open, "an action that is not closed".to_owned()))?;
            trims = rest[..end].trim_start() == "-";
            at = start + close + 2 + end + 2;
            continue;
        }
        let mut words = Vec::new();
        let mut here = start;
        loop {
            let rest = &text[here..];
            if rest.is_empty() {
                return Err((open, "an action that is not closed".to_owned()));
            }
            if rest.starts_with("}}") {
                trims = false;
                here += 2;
                break;
            }
            let trimmed = rest.trim_start();
            if trimmed.len() < rest.len() && trimmed.starts_with("-}}") {
                trims = true;
                here += rest.len() - trimmed.len() + 3;
                break;
            }
            let (token, length) = word(rest).map_err(|message| (here, message))?;
            words.push((token, here));
            here += length;
        }
        found.push(Piece::Action { words, span: Span::new(open, here) });
        at = here;
    }
    Ok(found)
}

fn push_text(text: &str, start: usize, end: usize, trims: bool, trims_end: bool, found: &mut Vec<Piece>) {
    let (mut start, mut end) = (start, end);
    if trims {
        start = end - text[start..end].trim_start().len();
    }
    if trims_end {
        end = start + text[start..end].trim_end().len();
    }
    if start < end {
        found.push(Piece::Text(Span::new(start, end)));
    }
}

fn word(rest: &str) -> Result<(Token, usize), String> {
    let first = rest.chars().next().unwrap_or(' ');
    let name = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    Ok(match first {
        c if c.is_whitespace() => (Token::Space, rest.len() - rest.trim_start().len()),
        '(' => (Token::Open, 1),
        ')' => (Token::Close, 1),
        '|' => (Token::Pipe, 1),
        ',' => (Token::Comma, 1),
        ':' if rest.starts_with(":=") => (Token::Declare, 2),
        '=' => (Token::Assign, 1),
        '$' => {
            let length = name(&rest[1..]);
            (Token::Variable(rest[1..=length].to_owned()), 1 + length)
        }
        '"' => quoted(rest)?,
        '\'' => {
            let end = rest[1..].find('\'').ok_or("a character that is not closed")?;
            let code = rest[1..=end].chars().next().map_or(0, u32::from);
            (Token::Number(code.to_string()), end + 2)
        }
        '`' => {
            let end = rest[1..].find('`').ok_or("a text that is not closed")?;
            (Token::Text(rest[1..=end].to_owned()), end + 2)
        }
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest),
        '.' => match name(&rest[1..]) {
            0 => (Token::Dot, 1),
            length => (Token::Field(rest[1..=length].to_owned()), 1 + length),
        },
        c if c.is_ascii_digit() => number(rest),
        '-' | '+' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest),
        c if c.is_alphabetic() || c == '_' => {
            let length = name(rest);
            (Token::Word(rest[..length].to_owned()), length)
        }
        other => return Err(format!("`{other}` is no word of a template")),
    })
}

fn number(rest: &str) -> (Token, usize) {
    let sign = usize::from(rest.starts_with(['-', '+']));
    let end = rest[sign..].find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')));
    let length = end.map_or(rest.len(), |end| sign + end);
    (Token::Number(rest[..length].replace('_', "")), length)
}

fn quoted(rest: &str) -> Result<(Token, usize), String> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(out), at + 1)),
            '\n' => break,
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(kind @ ('x' | 'u' | 'U')) => {
                    let digits = match kind {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let code: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                    out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                }
                Some(other) => out.push(other),
                None => break,
            },
            c => out.push(c),
        }
    }
    Err("a text that is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(template: &str) -> Vec<String> {
        let pieces = pieces(template).expect("is sound");
        pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(span) => Some(template[span.start..span.end].to_owned()),
                Piece::Action { .. } => None,
            })
            .collect()
    }

    #[test]
    fn spaces_are_trimmed_where_a_dash_says_so() {
        assert_eq!(texts("a \n{{- .x -}}\n  b {{ .y }} c"), ["a", "b ", " c"]);
        assert_eq!(texts("a\n{{- /* words }} */ -}}\nb"), ["a", "b"]);
        assert!(pieces("{{ .x ").is_err());
        assert!(pieces("{{ \"x }}\n").is_err());
        assert!(pieces("{{ /* }}").is_err());
    }

    #[test]
    fn words_of_actions() {
        let pieces = pieces("{{ $a := printf \"%s-\\\"x\" .Values.b|f -1 }}").expect("is sound");
        let Some(Piece::Action { words, .. }) = pieces.first() else { panic!("an action") };
        let words: Vec<&Token> = words.iter().map(|(word, _)| word).filter(|word| **word != Token::Space).collect();
        assert_eq!(words.len(), 9);
        assert_eq!(*words[3], Token::Text("%s-\"x".to_owned()));
        assert_eq!(*words[8], Token::Number("-1".to_owned()));
    }
}
