//! `yarn.lock`, of version 1 and of Berry (versions 2 and later).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::overrides;
use super::spec::{self, Spec, split_at_sign};
use super::yarn_text::{Block, blocks};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `yarn-lock`.
pub struct YarnLock;

static META: ScannerMeta = ScannerMeta {
    id: "yarn-lock",
    title: "Yarn lock file",
    summary: "Exact packages of version 1 and of Berry with edges, integrity, conditions and the address each is \
              fetched from; aliases and patched packages under their real name. Berry says what each workspace folder \
              asks for; for version 1 the manifests say it. Berry's checksums are of Yarn's own archives and left out.",
    files: &["**/yarn.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://yarnpkg.com/configuration/manifest",
};

impl Scanner for YarnLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let (blocks, berry) = blocks(file, out);
        if blocks.is_empty() && !berry && !file.text().trim_start().starts_with('#') && !file.text().trim().is_empty() {
            anyhow::bail!("no entries: not a Yarn lock file");
        }
        let project = toolkit::locked_root("npm", input, file, out);
        let lock = Lock { project, input, file, berry };
        let mut entries = Entries::default();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for block in &blocks {
            if let Some((name, _)) = split_at_sign(block.patterns[0]) {
                *count.entry(name).or_default() += 1;
            }
        }
        let mut all = Vec::with_capacity(blocks.len());
        let written = out.in_parts(file, &blocks, |_, block, out| lock.write(block, &count, out));
        for (block, locked) in blocks.iter().zip(written) {
            let Some(locked) = locked else { continue };
            for (name, range) in block.patterns.iter().filter_map(|pattern| split_at_sign(pattern)) {
                entries.by_pattern.insert((name, range), all.len());
                let one = entries.by_name.entry(name).or_insert(Some(all.len()));
                *one = one.filter(|at| *at == all.len());
            }
            all.push((block, locked));
        }
        let beside = file.folder().join("package.json").and_then(|path| input.companion(&path));
        let root = beside.as_ref().and_then(|manifest| manifest.jsonc_root().ok());
        entries.resolutions = root.map(resolutions).unwrap_or_default();
        out.in_parts(file, &all, |_, (block, locked), out| {
            for (table, name, range) in &block.rows {
                if !matches!(*table, "dependencies" | "optionalDependencies") {
                    continue;
                }
                let seen = file.at(name.span);
                match entries.find(name.text, range) {
                    Some(to) => locked.needs(&all[to].1, &seen, out),
                    // what only other systems need may be absent
                    None if *table == "optionalDependencies" || is_own(range) => {}
                    None => {
                        let message = format!("no entry for `{}@{range}`", name.text);
                        out.problem(DiagnosticKind::Unresolved, file, Some(name.span), message);
                    }
                }
            }
        });
        Ok(())
    }
}

/// The entries by what asks for them.
#[derive(Default)]
struct Entries<'t> {
    by_pattern: BTreeMap<(&'t str, &'t str), usize>,
    /// Nothing for names that several entries have.
    by_name: BTreeMap<&'t str, Option<usize>>,
    /// By name and, where only that one is replaced, range: what the manifest puts in its place.
    resolutions: BTreeMap<(String, Option<String>), String>,
}

/// `resolutions` of a manifest.
fn resolutions(manifest: &Node) -> BTreeMap<(String, Option<String>), String> {
    let rows = manifest.get("resolutions").map_or(&[][..], Node::entries);
    let one = |entry: &Entry| {
        let (name, range) = overrides::named(&entry.key);
        Some(((name, range.map(str::to_owned)), entry.value.text()?.to_owned()))
    };
    rows.iter().filter_map(one).collect()
}

impl Entries<'_> {
    fn find(&self, name: &str, range: &str) -> Option<usize> {
        if let Some(found) = self.by_pattern.get(&(name, range)) {
            return Some(*found);
        }
        // before version 8 Berry leaves `npm:` out of ranges, not of keys
        if let Some(found) = self.by_pattern.get(&(name, format!("npm:{range}").as_str())) {
            return Some(*found);
        }
        // resolutions put other ranges in the place of what packages ask for
        let asked = range.strip_prefix("npm:").unwrap_or(range).to_owned();
        let told = self.resolutions.get(&(name.to_owned(), Some(asked)));
        if let Some(to) = told.or_else(|| self.resolutions.get(&(name.to_owned(), None))) {
            let found = |range: &str| self.by_pattern.get(&(name, range)).copied();
            if let Some(found) = found(to).or_else(|| found(&format!("npm:{to}"))) {
                return Some(found);
            }
        }
        self.by_name.get(name).copied().flatten()
    }
}

fn is_own(range: &str) -> bool {
    spec::spec(range) == Spec::Own
}

/// What every step needs.
struct Lock<'a> {
    project: ComponentId,
    input: &'a Input<'a>,
    file: &'a SourceFile,
    berry: bool,
}

impl Lock<'_> {
    fn write(&self, block: &Block<'_>, count: &BTreeMap<&str, usize>, out: &mut Facts<'_>) -> Option<Locked> {
        let file = self.file;
        let (asked, range) = split_at_sign(block.patterns[0])?;
        let resolution = block.field("resolution").filter(|_| self.berry);
        let (name, reference) = resolution.and_then(|word| split_at_sign(word.text)).unwrap_or((asked, range));
        let meaning = spec::spec(reference);
        if meaning == Spec::Own && !spec::is_archive(reference) {
            // `link:../a::locator=…` is seen from the folder that the locator names
            return Some(match reference.contains("::") && !reference.ends_with("workspace%3A.") {
                true => Locked::own(&self.project),
                false => self.member(reference.split("::").next().unwrap_or(reference), out),
            });
        }
        let name = match &meaning {
            Spec::Range { name: Some(real), .. } => real,
            _ => name,
        };
        let Some(version) = block.field("version") else {
            let message = format!("the entry `{}` has no version", block.patterns[0]);
            out.problem(DiagnosticKind::Malformed, file, Some(block.span), message);
            return None;
        };
        let id = Package::new("npm", name, Some(version.text), file, block.span).write(&self.project, out);
        let seen = file.at(block.span);
        if count.get(asked).is_some_and(|count| *count > 1) {
            for (_, range) in block.patterns.iter().filter_map(|pattern| split_at_sign(pattern)) {
                if let Spec::Range { range, .. } = spec::spec(range) {
                    out.attribute(&id, key::REQUIREMENT, range, seen.clone());
                }
            }
        }
        if let Some(integrity) = block.field("integrity") {
            out.attribute(&id, key::INTEGRITY, integrity.text, file.at(integrity.span));
        }
        if let Some(conditions) = block.field("conditions") {
            out.attribute(&id, key::CONDITION, conditions.text, file.at(conditions.span));
        }
        self.source(&id, block, &meaning, reference, out);
        Some(Locked::package(id))
    }

    /// Where the package comes from.
    fn source(&self, id: &ComponentId, block: &Block<'_>, meaning: &Spec<'_>, reference: &str, out: &mut Facts<'_>) {
        let seen = self.file.at(block.span);
        match (block.field("resolved"), meaning) {
            (Some(resolved), Spec::Address(_)) => {
                spec::fetched(id, resolved.text, &self.file.at(resolved.span), out);
            }
            (Some(resolved), _) if toolkit::host_of(resolved.text).is_some() => {
                toolkit::fetched_from(id, resolved.text, &self.file.at(resolved.span), out);
            }
            (None, Spec::Address(address)) => spec::fetched(id, address, &seen, out),
            // an archive in the tree
            (_, Spec::Own) => {}
            _ => match reference.split_once("__archiveUrl=") {
                Some((_, address)) => {
                    let address = address.split('&').next().unwrap_or(address);
                    toolkit::fetched_from(id, &decoded(address), &seen, out);
                }
                None => toolkit::from_default(id, "npm", &seen, out),
            },
        }
    }

    fn member(&self, folder: &str, out: &mut Facts<'_>) -> Locked {
        spec::member(folder, &self.project, self.input, self.file, out)
    }
}

/// Percent-encoding of addresses undone, as far as Yarn uses it.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("%3A", ":").replace("%2F", "/").replace("%40", "@"))
}
