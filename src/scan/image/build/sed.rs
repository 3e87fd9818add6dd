//! What `sed` scripts put in the place of a host.

use super::address::{Address, addresses, host_in_place};

/// Where distributions and ecosystems keep packages, as builds that turn to a mirror replace them.
const PACKAGE_HOSTS: [&str; 24] = [
    "debian.org",
    "ubuntu.com",
    "alpinelinux.org",
    "centos.org",
    "fedoraproject.org",
    "rockylinux.org",
    "almalinux.org",
    "opensuse.org",
    "archlinux.org",
    "kernel.org",
    "gnu.org",
    "pypi.org",
    "pythonhosted.org",
    "npmjs.org",
    "npmjs.com",
    "nodejs.org",
    "golang.org",
    "rust-lang.org",
    "crates.io",
    "rubygems.org",
    "maven.org",
    "github.com",
    "githubusercontent.com",
    "huggingface.co",
];

/// Hosts that the substitutions of a script write, and addresses in lines that it adds.
///
/// What is written counts where a host of packages is replaced, or where `edits_sources` says that the file lists
/// package sources: `s/app.dev/app.prod/` is none of ours.
pub(super) fn written_hosts(script: &str, edits_sources: bool) -> Vec<Address> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = script[at..].chars().next() {
        at += match c {
            's' => substitution(script, at, edits_sources, &mut found),
            'a' | 'i' | 'c' if script[at + 1..].starts_with([' ', '\t', '\\', '\n']) => {
                let text = &script[at..];
                let end = text.find('\n').unwrap_or(text.len());
                found.extend(addresses(&text[..end]).into_iter().map(|address| address.moved(at)));
                end
            }
            // an address before the command: `/deb/`, `\|deb|`
            '/' | '\\' => {
                let (skipped, delimiter) = match c {
                    '/' => (1, '/'),
                    _ => match script[at + 1..].chars().next() {
                        Some(delimiter) => (1 + delimiter.len_utf8(), delimiter),
                        None => break,
                    },
                };
                skipped + part(&script[at + skipped..], delimiter).map_or(script.len(), |(_, after)| after)
            }
            c => c.len_utf8(),
        };
        if at >= script.len() {
            break;
        }
    }
    found
}

/// `s<d>from<d>to<d>flags`; gives its length.
fn substitution(script: &str, start: usize, edits_sources: bool, found: &mut Vec<Address>) -> usize {
    let Some(delimiter) = script[start + 1..].chars().next().filter(|c| !c.is_alphanumeric() && *c != '\n') else {
        return 1;
    };
    let from_at = start + 1 + delimiter.len_utf8();
    let Some((from, after)) = part(&script[from_at..], delimiter) else { return script.len() - start };
    let to_at = from_at + after;
    let Some((to, after)) = part(&script[to_at..], delimiter) else { return script.len() - start };
    let from = from.replace("\\.", ".").replace("\\/", "/");
    let (text, offsets) = unescaped(to);
    let counts = edits_sources || PACKAGE_HOSTS.iter().any(|host| from.contains(host));
    let hosts = if counts { host_in_place(&text) } else { Vec::new() };
    for Address { host, range } in hosts {
        let place = |at: usize| offsets.get(at).copied().unwrap_or(to.len());
        let end = range.end.checked_sub(1).map_or(0, |last| place(last) + 1).min(to.len());
        found.push(Address { host, range: to_at + place(range.start)..to_at + end });
    }
    let end = to_at + after;
    let flags = script[end..].find([';', '\n', '}']).map_or(script.len(), |at| end + at);
    flags - start
}

/// Text up to the delimiter, and the length with it.
fn part(text: &str, delimiter: char) -> Option<(&str, usize)> {
    let mut skip = false;
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut skip) {
            continue;
        }
        if c == '\\' {
            skip = true;
        } else if c == delimiter {
            return Some((&text[..at], at + c.len_utf8()));
        }
    }
    None
}

/// The text without backslashes before punctuation, and where each of its bytes stood.
fn unescaped(text: &str) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len());
    let mut offsets = Vec::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && chars.peek().is_some_and(|(_, next)| next.is_ascii_punctuation()) {
            continue;
        }
        out.push(c);
        offsets.extend(at..at + c.len_utf8());
    }
    (out, offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(script: &str) -> Vec<&str> {
        written_hosts(script, false).into_iter().map(|address| &script[address.range]).collect()
    }

    #[test]
    fn hosts_that_replace_hosts() {
        assert_eq!(written("s@debian.org@mirrors.example.cn@g"), ["mirrors.example.cn"]);
        assert_eq!(
            written(r"s/\(security\|deb\)\.debian\.org/m\.example\.cn\/x/g;s|pypi.org|b.example.org|"),
            [r"m\.example\.cn", "b.example.org"]
        );
        assert_eq!(
            written("/^deb/s#https\\?://.*archive.ubuntu.com/#https://m.example.cn/#"),
            ["https://m.example.cn/"]
        );
        assert_eq!(written("1i deb https://m.example.cn/debian stable main"), ["https://m.example.cn/debian"]);
        assert_eq!(
            written("s/foo.bar/app.prod/;s|http://a.b|http://c.d|;s/main.conf/other.org/;s/x/y/;y/abc/def/;s"),
            [""; 0]
        );
        assert_eq!(written_hosts("s/main/m.example.cn/", true).len(), 1);
    }
}
