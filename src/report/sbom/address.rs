//! Addresses as the schemas of bills of materials accept them.

use std::fmt::Write as _;

/// Text as an IRI reference: what may not stand in one is percent-encoded. `None` when it is no address at all and
/// encoding would only hide that.
pub(super) fn iri(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (scheme, rest) = match scheme(text) {
        Some(scheme) => text.split_at(scheme + 1),
        // `git@host:owner/name`, as git reads it
        None => match text.split_once(':') {
            Some((host, path)) if host.contains('@') && !host.contains('/') => {
                return iri(&format!("ssh://{host}/{}", path.trim_start_matches('/')));
            }
            // a first part with a colon would be read as a scheme
            Some((first, _)) if !first.contains(['/', '?', '#']) => return None,
            _ => ("", text),
        },
    };
    let authority = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    if authority.is_some_and(|authority| !is_authority(authority)) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    out.push_str(scheme);
    encode(rest, &mut out);
    Some(out)
}

/// As [`iri`], and it says of itself where it leads: it has a scheme.
pub(super) fn absolute(text: &str) -> Option<String> {
    iri(text).filter(|address| scheme(address).is_some())
}

/// Position of the colon after a scheme.
fn scheme(text: &str) -> Option<usize> {
    let colon = text.find(':')?;
    let mut bytes = text[..colon].bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on = bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    (starts && goes_on).then_some(colon)
}

/// `user@host:port` of plain characters; addresses of other forms are not passed on.
fn is_authority(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    is_name(host)
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && text.rsplit_once('@').is_none_or(|(user, _)| is_name(&user.replace(':', "")))
}

fn encode(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut in_fragment = false;
    for (at, byte) in bytes.iter().enumerate() {
        let is_escape =
            *byte == b'%' && bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        let is_first_hash = *byte == b'#' && !in_fragment;
        in_fragment |= is_first_hash;
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(byte) || is_escape || is_first_hash {
            out.push(char::from(*byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_escaped_or_refused() {
        let is = |text: &str, wanted: &str| assert_eq!(iri(text).as_deref(), Some(wanted), "{text}");
        is("https://host.example/a b/é[1]", "https://host.example/a%20b/%C3%A9%5B1%5D");
        is("https://host.example/a%20b%zz#x#y", "https://host.example/a%20b%25zz#x%23y");
        is("git+ssh://git@host.example:22/a.git", "git+ssh://git@host.example:22/a.git");
        is("git@host.example:a/b.git", "ssh://git@host.example/a/b.git");
        is("github:owner/name", "github:owner/name");
        is("../local\u{1b}", "../local%1B");
        for text in ["", " ", "1:2", "http://[::1]/x", "http://a b/", "https://host.example:x/", "https://${HOST}/x"] {
            assert_eq!(iri(text), None, "{text}");
        }
        assert_eq!(absolute("a/b"), None);
    }
}
