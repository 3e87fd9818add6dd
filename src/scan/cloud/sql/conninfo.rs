//! Texts that say how a database is reached. Their passwords are never given to anybody.

use std::ops::Range;

use crate::scan::package::toolkit::host_of;

/// Where a database is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At a host, with where its name stands.
    Host(String, Range<usize>),
    /// On the machine itself.
    Own,
    /// Only a run knows.
    Unknown,
}

/// The place that a connection's text says: `host=a port=5432 dbname=b`, `postgresql://user@a/b`.
pub(super) fn place(text: &str, at: &Range<usize>) -> Place {
    let inner = &text[at.clone()];
    if let Some(scheme) = inner.find("://") {
        if !matches!(&inner[..scheme], "postgres" | "postgresql") {
            return Place::Unknown;
        }
        return match host_of(inner) {
            Some(host) => found(&host, inner, at),
            None => Place::Unknown,
        };
    }
    let mut address = None;
    for (name, value) in pairs(inner) {
        match name {
            "host" => return host(&inner[value.clone()], at.start + value.start),
            "hostaddr" => address = Some(value),
            // what a file of services says stands elsewhere
            "service" => return Place::Unknown,
            _ => {}
        }
    }
    match address {
        Some(value) => host(&inner[value.clone()], at.start + value.start),
        None if inner.contains('=') => Place::Own,
        None => Place::Unknown,
    }
}

/// A host as written, at its place. Of several the first counts.
pub(super) fn host(written: &str, start: usize) -> Place {
    let name = written.split(',').next().unwrap_or_default();
    if name.is_empty() || name.starts_with('/') || is_own(name) {
        return Place::Own;
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if name.bytes().all(is_plain) && name.len() <= LONGEST {
        Place::Host(name.to_ascii_lowercase(), start..start + name.len())
    } else {
        Place::Unknown
    }
}

/// Longest name of a host.
const LONGEST: usize = 253;

fn is_own(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name == "::1" || name.starts_with("127.")
}

/// A host where it stands behind the user of an address.
fn found(name: &str, inner: &str, at: &Range<usize>) -> Place {
    let after = inner.find("://").map_or(0, |scheme| scheme + 3);
    let authority = &inner[after..];
    let end = authority.find(['/', '?']).unwrap_or(authority.len());
    let user = authority[..end].rfind('@').map_or(0, |user| user + 1);
    let start = after + user;
    match inner.get(start..start + name.len()) {
        Some(written) if written.eq_ignore_ascii_case(name) => host(written, at.start + start),
        _ => Place::Unknown,
    }
}

/// Names and values of `name = value`, with or without quotes.
fn pairs(inner: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let bytes = inner.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let skip = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            at
        };
        let start = skip(at);
        let equals = start + inner.get(start..)?.find('=')?;
        let name = inner[start..equals].trim();
        let mut from = skip(equals + 1);
        // the quotes of a literal are written twice
        while bytes.get(from) == Some(&b'\'') {
            from += 1;
        }
        // behind an empty value stands what follows it
        let is_empty = bytes.get(from).is_none_or(u8::is_ascii_whitespace);
        let is_quoted = from > 0 && bytes[from - 1] == b'\'' && !is_empty;
        let rest = &inner[from..];
        // a quote behind a backslash is part of the value
        let end = match is_quoted {
            true => rest.match_indices('\'').map(|(at, _)| at).find(|at| !rest[..*at].ends_with('\\')),
            false => rest.find(|c: char| c.is_ascii_whitespace()),
        };
        let end = from + end.unwrap_or(rest.len());
        at = end;
        while bytes.get(at) == Some(&b'\'') {
            at += 1;
        }
        Some((name, from..end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(String, String)> {
        match place(text, &(0..text.len())) {
            Place::Host(name, at) => Some((name, text[at].to_owned())),
            _ => None,
        }
    }

    #[test]
    fn hosts_of_connections() {
        let is = |name: &str| Some((name.to_owned(), name.to_owned()));
        assert_eq!(of("host=db.example.eu port=5432 password=s3cret"), is("db.example.eu"));
        assert_eq!(of("password=a'b host = 'db.example.eu'"), is("db.example.eu"));
        assert_eq!(of("dbname=x hostaddr=10.0.0.1"), is("10.0.0.1"));
        assert_eq!(of("host=a.eu,b.eu"), is("a.eu"));
        assert_eq!(of("postgresql://u:p%40ss@db.example.eu:5432/x?sslmode=require"), is("db.example.eu"));
        assert_eq!(of("host=${PRIMARY}"), None);
        assert_eq!(place("host=${PRIMARY}", &(0..15)), Place::Unknown);
        assert_eq!(place("dbname=x", &(0..8)), Place::Own);
        assert_eq!(place("host=localhost", &(0..14)), Place::Own);
        assert_eq!(place("service=main", &(0..12)), Place::Unknown);
    }
}
