//! What npm and its kin install besides `name@range`: addresses, repositories on code hosts, packages under other names.

use super::Arg;
use super::installs::Installer;
use super::sources::Source;
use crate::scan::Facts;
use crate::scan::package::javascript::spec::{self, Spec};
use crate::scan::package::toolkit::{Package, Unnamed};

/// A word of an install command, as far as it is one of these.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// A folder, an archive of the tree, what the workspace has: nothing is fetched.
    Own,
    /// An address, with the name that the command gives what is there.
    Address(Option<&'a str>, std::borrow::Cow<'a, str>),
    /// A package under the name by which the registry knows it: ecosystem, name, range.
    Package(&'static str, std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>),
}

/// Reads a word; nothing for a plain `name@range`, and for what is no package at all.
pub(super) fn word(text: &str) -> Option<Word<'_>> {
    if text.starts_with(['.', '/', '~', '-']) || text.contains(['\\', '*', '{', '<', '`', '$', ' ']) {
        return None;
    }
    let named = spec::split_at_sign(text).filter(|(name, _)| *name != "git" && is_name(name));
    let (name, value) = named.map_or((None, text), |(name, value)| (Some(name), value));
    match spec::spec(value) {
        Spec::Own | Spec::Catalog => Some(Word::Own),
        // `a/b/c` is a folder
        Spec::Address(_) if !value.contains(':') && !is_repository(value) => None,
        Spec::Address(address) => Some(Word::Address(name, address)),
        Spec::Range { ecosystem, name: Some(real), range } => Some(Word::Package(ecosystem, real, range)),
        Spec::Range { .. } => None,
    }
}

/// `name` or `@scope/name`.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
    };
    match text.strip_prefix('@') {
        Some(rest) => rest.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
        None => is_part(text),
    }
}

/// `owner/name`, with or without a revision: npm takes it from GitHub.
fn is_repository(text: &str) -> bool {
    let path = text.split('#').next().unwrap_or(text);
    path.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

impl Installer<'_> {
    /// Writes what a word of npm installs that is no plain `name@range`; false for that.
    pub(super) fn of_npm(&self, arg: &Arg<'_>, source: &Source<'_>, out: &mut Facts<'_>) -> bool {
        match word(&arg.text) {
            None => return false,
            Some(Word::Own) => {}
            Some(Word::Address(None, address)) => {
                if let Some(unnamed) = Unnamed::parse(&address) {
                    unnamed.require(self.scope, arg.span(), self.user, self.file, out);
                }
            }
            Some(Word::Address(Some(name), address)) => {
                let package = Package::new("npm", name, None, self.file, arg.span());
                let package = package.at_fixed_revision(spec::is_at_fixed_revision(&address));
                let id = package.require("", self.scope, self.user, out);
                spec::at_address(&id, &address, &self.file.at(arg.span()), out);
            }
            Some(Word::Package(ecosystem, name, range)) => {
                let package = Package::new(ecosystem, &name, spec::exact(&range), self.file, arg.span());
                let id = package.require(&range, self.scope, self.user, out);
                source.write(&id, (ecosystem, &name), &self.file.at(arg.span()), out);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_npm() {
        let address = |name, text: &'static str| Some(Word::Address(name, text.into()));
        assert_eq!(word("a@https://h.example/a.tgz"), address(Some("a"), "https://h.example/a.tgz"));
        let ssh = "git+ssh://git@h.example/o/r.git#v1.2";
        assert_eq!(word("@s/a@git+ssh://git@h.example/o/r.git#v1.2"), address(Some("@s/a"), ssh));
        assert_eq!(word(ssh), address(None, ssh));
        assert_eq!(word("git@h.example:o/r.git"), address(None, "git@h.example:o/r.git"));
        assert_eq!(word("o/r#main"), address(None, "https://github.com/o/r#main"));
        assert_eq!(word("a@o/r"), address(Some("a"), "https://github.com/o/r"));
        assert_eq!(word("gitlab:o/r"), address(None, "https://gitlab.com/o/r"));
        let package = |name: &'static str, range: &'static str| Some(Word::Package("npm", name.into(), range.into()));
        assert_eq!(word("npm:other@1"), package("other", "1"));
        assert_eq!(word("a@npm:@s/other@1.0.0"), package("@s/other", "1.0.0"));
        assert_eq!(word("a@file:../a"), Some(Word::Own));
        for plain in ["a", "a@1", "@s/a", "@s/a@^1", "./a", "a/b/c", "a b", "a@$X", "x.tgz/y/z"] {
            assert_eq!(word(plain), None, "{plain}");
        }
    }
}
