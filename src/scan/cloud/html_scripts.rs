//! Pages and templates of pages: the hosts that a visitor's browser fetches from.
//!
//! Tags are cut out of the text, no document is built: templates are seldom well formed, and broken pages are pages.

use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `html-scripts`.
pub struct HtmlScripts;

/// Longest tag that is read, in bytes: images written into attributes are longer, and name no host.
const TAG_LIMIT: usize = 16 << 10;

/// Attributes of a tag that are read.
const ATTRIBUTES: usize = 64;

static META: ScannerMeta = ScannerMeta {
    id: "html-scripts",
    title: "Pages and page templates",
    summary: "Hosts from which a page has the browser fetch scripts, styles, frames, pictures and media, with whether a \
              script or style is held to a hash (`integrity`). Addresses without a host are the tree's own; those put \
              together at run time, comments, and links that a person follows do not count.",
    files: &[
        "**/*.html",
        "**/*.htm",
        "**/*.xhtml",
        "**/*.jinja",
        "**/*.jinja2",
        "**/*.j2",
        "**/*.njk",
        "**/*.twig",
        "**/*.hbs",
        "**/*.ejs",
        "**/*.vue",
        "**/*.svelte",
    ],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://html.spec.whatwg.org/multipage/scripting.html",
};

impl Scanner for HtmlScripts {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = input.root_subject(file);
        let mut at = 0;
        let before = out.len();
        while let Some(tag) = next_tag(file.text(), &mut at) {
            fetches(&tag, &project, file, out);
        }
        if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}

/// An opening tag.
struct Tag<'a> {
    name: String,
    /// Names in lower case, values without quotes, with the places of the values.
    attributes: Vec<(String, &'a str, Span)>,
}

impl<'a> Tag<'a> {
    fn get(&self, name: &str) -> Option<(&'a str, Span)> {
        self.attributes.iter().find(|(is, ..)| is == name).map(|(_, value, span)| (*value, *span))
    }
}

/// The next tag behind `at`, past comments and the text of scripts and styles.
fn next_tag<'a>(text: &'a str, at: &mut usize) -> Option<Tag<'a>> {
    loop {
        let open = *at + text.get(*at..)?.find('<')?;
        let rest = &text[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            // a comment without end is the rest of the file
            *at = open + 4 + comment.find("-->")? + 3;
            continue;
        }
        let length = rest[1..].bytes().take_while(u8::is_ascii_alphanumeric).count().min(TAG_LIMIT);
        if length == 0 {
            *at = open + 1;
            continue;
        }
        let name = rest[1..=length].to_ascii_lowercase();
        let (attributes, end) = attributes(text, open + 1 + length);
        *at = end;
        if matches!(name.as_str(), "script" | "style") {
            // what stands inside is another language; without an end it is the rest of the file
            *at = end_of(text, end, &name);
        }
        return Some(Tag { name, attributes });
    }
}

/// Where `</name` stands, or the end of the text.
fn end_of(text: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = text[at..].find("</") {
        at += found + 2;
        if text.as_bytes()[at..].get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes())) {
            return at;
        }
    }
    text.len()
}

/// Attributes from a place inside of a tag, and the place behind the tag.
fn attributes(text: &str, from: usize) -> (Vec<(String, &str, Span)>, usize) {
    let limit = text.floor_char_boundary(text.len().min(from + TAG_LIMIT));
    let bytes = &text.as_bytes()[..limit];
    let mut found = Vec::new();
    let mut at = from;
    let skip = |mut at: usize, is: &dyn Fn(u8) -> bool| {
        while bytes.get(at).is_some_and(|byte| is(*byte)) {
            at += 1;
        }
        at
    };
    loop {
        at = skip(at, &|byte| byte.is_ascii_whitespace() || byte == b'/');
        match bytes.get(at) {
            None => return (found, at.max(from)),
            Some(b'>') => return (found, at + 1),
            Some(_) => {}
        }
        // a first `=` is part of a name, by the standard
        let end = skip(at + 1, &|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/'));
        let name = text[text.floor_char_boundary(at)..text.ceil_char_boundary(end).min(limit)].to_ascii_lowercase();
        let equals = skip(end, &|byte| byte.is_ascii_whitespace());
        if bytes.get(equals) != Some(&b'=') {
            at = end;
            continue;
        }
        let start = skip(equals + 1, &|byte| byte.is_ascii_whitespace());
        let (start, end, next) = match bytes.get(start) {
            Some(quote @ (b'"' | b'\'')) => {
                let end = skip(start + 1, &|byte| byte != *quote);
                (start + 1, end, end + 1)
            }
            _ => {
                let end = skip(start, &|byte| !byte.is_ascii_whitespace() && byte != b'>');
                (start, end, end)
            }
        };
        // a value that the limit cuts is none
        if end < limit && found.len() < ATTRIBUTES {
            found.push((name, &text[start..end], Span::new(start, end)));
        }
        at = next.min(limit);
    }
}

/// Writes the host that a tag has the browser fetch from.
fn fetches(tag: &Tag<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let address = match tag.name.as_str() {
        "script" | "img" | "iframe" | "frame" | "embed" | "source" | "video" | "audio" | "track" | "input" => "src",
        "link" if is_fetched(tag) => "href",
        "object" => "data",
        _ => return,
    };
    let Some((value, span)) = tag.get(address) else { return };
    let Some(host) = host(value) else { return };
    let seen = || file.at(span).without_excerpt();
    let id = ComponentId::host(&host);
    out.component(&id, ComponentKind::Host, seen());
    out.attribute(&id, key::FETCHED_BY, "page", seen());
    // losing the host is felt at once, by everybody who looks at the page
    out.relation(project, RelationKind::Calls, &id, seen());
    if matches!(tag.name.as_str(), "script" | "link") {
        let is_held = tag.get("integrity").is_some_and(|(hash, _)| hash.trim_start().starts_with("sha"));
        out.attribute(&id, key::PAGE_INTEGRITY, if is_held { "with-hash" } else { "without-hash" }, seen());
    }
}

/// True for links whose far end the browser fetches by itself.
fn is_fetched(tag: &Tag<'_>) -> bool {
    const KINDS: [&str; 6] = ["stylesheet", "preload", "modulepreload", "prefetch", "icon", "manifest"];
    let kinds = tag.get("rel").map_or("", |(kinds, _)| kinds);
    kinds.split_ascii_whitespace().any(|kind| KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known)))
}

/// The host of an absolute address; none for what a template fills in.
fn host(address: &str) -> Option<String> {
    let address = address.trim();
    let rest = match address.split_once("//")? {
        ("", rest) => rest,
        (scheme, rest) if scheme.eq_ignore_ascii_case("https:") || scheme.eq_ignore_ascii_case("http:") => rest,
        _ => return None,
    };
    let host = toolkit::host_of(&format!("https://{rest}"))?;
    let is_name = host.contains('.') && !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_name.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<(String, Vec<(String, &str)>)> {
        let mut at = 0;
        let all = std::iter::from_fn(|| next_tag(text, &mut at));
        all.map(|tag| (tag.name, tag.attributes.into_iter().map(|(name, value, _)| (name, value)).collect())).collect()
    }

    #[test]
    fn tags_are_cut_out_of_anything() {
        let found = tags("a < b <!-- <p x=1> --> <SCRIPT async SRC = 'u'>if (a<b) {}</script ><a b=c/d>");
        assert_eq!(found[0], ("script".to_owned(), vec![("src".to_owned(), "u")]));
        assert_eq!(found[1], ("a".to_owned(), vec![("b".to_owned(), "c/d")]));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_is_broken_ends_somewhere() {
        for text in
            ["<", "<a", "<a b", "<a b=", "<a b='", "<a ü='ä", "<a =", "<script>", "<script src='x", "<!--", "<a/", "</"]
        {
            for end in 0..=text.len() {
                if let Some(part) = text.get(..end) {
                    let _ = tags(part);
                }
            }
        }
        let long = format!("<img src='{}'><img src='//a.example/x'>", "ä".repeat(TAG_LIMIT));
        assert!(tags(&long).len() >= 2);
    }

    #[test]
    fn hosts_of_addresses() {
        assert_eq!(host("https://CDN.example.org/a.js").as_deref(), Some("cdn.example.org"));
        assert_eq!(host("//cdn.example.org/a.js").as_deref(), Some("cdn.example.org"));
        for other in
            ["/a.js", "a.js", "{{ base }}/a.js", "https://{{ host }}/a.js", "data:text/js,//x.y/", "//127.0.0.1/a"]
        {
            assert_eq!(host(other), None, "{other}");
        }
    }
}
