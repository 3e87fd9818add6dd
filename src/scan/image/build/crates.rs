//! `cargo install --git ADDRESS`: programs that are built from a repository.

use super::Arg;
use super::installs::Installer;
use crate::model::key;
use crate::scan::Facts;
use crate::scan::package::toolkit::{self, Package, Revision, Unnamed};

/// Where the crates of a command come from.
pub(super) struct Repository<'a> {
    address: &'a Arg<'a>,
    /// The option and its value are one word.
    text: &'a str,
    revision: Option<Revision<'a>>,
}

/// The value of an option with the word that it stands in: `--git ADDRESS`, `--git=ADDRESS`.
fn value<'a>(name: &str, args: &'a [Arg<'a>]) -> Option<(&'a Arg<'a>, &'a str)> {
    args.iter().enumerate().find_map(|(at, arg)| {
        let rest = arg.text.strip_prefix("--")?.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(own) => Some((arg, own)),
            None => rest.is_empty().then(|| args.get(at + 1)).flatten().map(|next| (next, next.text.as_str())),
        }
    })
}

impl<'a> Repository<'a> {
    /// Reads the words behind the verb.
    pub(super) fn of(args: &'a [Arg<'a>]) -> Option<Self> {
        let (address, text) = value("git", args)?;
        let is_known = |text: &&str| !text.contains('$');
        let revision = Revision::stated(|word| value(word, args).map(|(_, text)| text).filter(is_known));
        Some(Self { address, text, revision })
    }

    /// Writes the crates that are named, or the repository where none is.
    pub(super) fn crates(&self, named: &[&Arg<'_>], installer: &Installer<'_>, out: &mut Facts<'_>) {
        // what is only known at run time is told with the address
        if self.text.contains('$') {
            return;
        }
        let (file, scope, user) = (installer.file, installer.scope, installer.user);
        let is_crate = |arg: &&&Arg<'_>| !arg.text.contains(['$', '/', ':']) && !arg.text.is_empty();
        let is_fixed = self.revision.is_some_and(|revision| revision.is_fixed);
        let mut is_named = false;
        for arg in named.iter().filter(is_crate) {
            is_named = true;
            let name = arg.text.split('@').next().unwrap_or_default();
            let package = Package::new("cargo", name, None, file, arg.span()).at_fixed_revision(is_fixed);
            let id = package.require("", scope, user, out);
            let revision = self.revision.map(|revision| revision.text);
            toolkit::from_repository(&id, self.text, revision, &file.at(arg.span()), out);
        }
        if is_named {
            return;
        }
        // a branch says which state is taken and fixes none
        let fixed = self.revision.filter(|revision| revision.is_fixed);
        let address = match fixed {
            Some(revision) => format!("git+{}@{}", self.text, revision.text),
            None => format!("git+{}", self.text),
        };
        let Some(unnamed) = Unnamed::parse(&address) else { return };
        let id = unnamed.require(scope, self.address.span(), user, file, out);
        if let Some(revision) = self.revision.filter(|_| fixed.is_none()) {
            out.attribute(&id, key::REVISION, revision.text, file.at(self.address.span()));
        }
    }
}
