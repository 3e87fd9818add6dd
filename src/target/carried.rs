//! Weights that installed packages bring: parts of these packages, and no models of the image beside them. Who publishes the
//! package has published them too, unless they say otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read};

use super::left_out::Kept;
use super::of_packages::LISTS;
use crate::model::{ComponentId, ComponentKind, Evidence, Fact, FactRef, Inventory, RelationKind, key};
use crate::source::layers::{Content, FileHead, LayeredFile, Visitor};
use crate::text::RelPath;

/// Endings of files of weights.
const ENDINGS: [&str; 7] = [".safetensors", ".gguf", ".onnx", ".pt", ".pth", ".ckpt", ".bin"];

/// Longest line of a list.
const LONGEST: u64 = 8 << 10;

/// Reads the list of the files of an installed Python distribution.
pub(super) static RECORDS: Records = Records;

/// The visitor of `NAME-VERSION.dist-info/RECORD`: keeps the lines of weights.
pub(super) struct Records;

impl Visitor for Records {
    fn name(&self) -> &'static str {
        "distribution-weights/1"
    }

    fn visit(&self, _: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let mut stream = BufReader::new(stream);
        let (mut kept, mut line) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            if (&mut stream).take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            // `PATH,DIGEST,SIZE`; a path with a comma stands in quotes, and is not told
            let path = line.split(|byte| *byte == b',').next().unwrap_or(&line);
            if is_weights(path) {
                kept.extend_from_slice(path);
                kept.push(b'\n');
            }
        }
        Ok((!kept.is_empty()).then_some(kept))
    }
}

/// True for the name of a file of weights.
pub(super) fn is_weights(path: &[u8]) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending.as_bytes()))
}

/// True for such a list.
pub(super) fn is_record(path: &RelPath) -> bool {
    path.name() == "RECORD" && path.parent().name().ends_with(".dist-info")
}

/// What tells which package a file is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// The file that says what is installed.
    ToldBy(RelPath),
    /// The name of a package of Debian or its kin.
    Debian(String),
}

/// Weights by path, and whose they are.
#[derive(Default)]
pub(super) struct Carried(BTreeMap<RelPath, Owner>);

/// Takes the lists of Python distributions out of what was kept, and reads whose weights are.
pub(super) fn take_out(kept: &mut Kept<'_>) -> Carried {
    let mut found = BTreeMap::new();
    let is = |file: &LayeredFile, visitor: &str| matches!(&file.content, Content::Record(name) if **name == *visitor);
    kept.files.retain(|file| {
        let is_record = is(file, RECORDS.name());
        let folder = file.path.parent();
        if is_record && let Some(told) = folder.join("METADATA") {
            let paths = lines(file).filter_map(|line| RelPath::new(&format!("{}/{line}", folder.parent())));
            found.extend(paths.map(|path| (path, Owner::ToldBy(told.clone()))));
        }
        if is(file, LISTS.name()) && file.path.name().ends_with(".list") {
            let package = super::of_packages::package(&file.path);
            let paths = super::of_packages::parts(file).0.lines().filter_map(RelPath::new);
            found.extend(paths.map(|path| (path, Owner::Debian(package.to_owned()))));
        }
        !is_record
    });
    Carried(found)
}

fn lines(file: &LayeredFile) -> impl Iterator<Item = &str> {
    std::str::from_utf8(&file.bytes).unwrap_or_default().lines()
}

impl Carried {
    /// Whose a file is: a package of Node is told by its place.
    fn owner(&self, path: &RelPath) -> Option<Owner> {
        if let Some(owner) = self.0.get(path) {
            return Some(owner.clone());
        }
        let (above, below) = path.as_str().rsplit_once("node_modules/")?;
        let depth = if below.starts_with('@') { 2 } else { 1 };
        let name: Vec<&str> = below.split('/').take(depth).collect();
        let is_within = below.split('/').count() > depth;
        let told = RelPath::new(&format!("{above}node_modules/{}/package.json", name.join("/")))?;
        is_within.then_some(Owner::ToldBy(told))
    }

    /// Puts the weights of packages below these instead of below what holds both.
    pub(super) fn put(&self, mut inventory: Inventory) -> Inventory {
        let mut moved: Vec<(ComponentId, Owner, Evidence)> = Vec::new();
        for (fact, evidence) in inventory.facts() {
            if let FactRef::Relation { kind: RelationKind::Contains, to, .. } = fact
                && to.as_str().starts_with("model:")
            {
                let owned = evidence.iter().filter_map(|one| Some((self.owner(one.sighting()?.path())?, one)));
                moved.extend(owned.map(|(owner, one)| (to.clone(), owner, one.clone())));
            }
        }
        if moved.is_empty() {
            return inventory;
        }
        let packages = packages(&inventory, &moved.iter().map(|(_, owner, _)| owner).collect());
        moved.retain(|(_, owner, _)| packages.contains_key(owner));
        let parts: BTreeMap<&RelPath, &ComponentId> =
            moved.iter().filter_map(|(model, _, one)| Some((one.sighting()?.path(), model))).collect();
        inventory.retain_evidence(|fact, evidence| {
            let FactRef::Relation { kind: RelationKind::Contains, to, .. } = fact else { return true };
            let part = evidence.sighting().and_then(|seen| parts.get(seen.path()));
            part.is_none_or(|model| *model != to)
        });
        for (model, owner, evidence) in &moved {
            let Some(package) = packages.get(owner) else { continue };
            publish(&mut inventory, package, model);
            let (from, to) = (package.clone(), model.clone());
            let kind = RelationKind::Contains;
            inventory.add(Fact::Relation { from, kind, to, group: None, horizon: None }, evidence.clone());
        }
        inventory
    }
}

/// The packages that owners are.
fn packages(inventory: &Inventory, owners: &BTreeSet<&Owner>) -> BTreeMap<Owner, ComponentId> {
    let mut found = BTreeMap::new();
    for (fact, evidence) in inventory.facts() {
        let FactRef::Component { id, kind: ComponentKind::Package } = fact else { continue };
        let told = evidence.iter().filter_map(Evidence::sighting).map(|seen| Owner::ToldBy(seen.path().clone()));
        let named = id.as_str().strip_prefix("pkg:deb/").and_then(|rest| {
            let name = rest[..rest.find(['@', '?']).unwrap_or(rest.len())].rsplit('/').next()?;
            Some(Owner::Debian(name.to_owned()))
        });
        for owner in told.chain(named).filter(|owner| owners.contains(owner)) {
            found.insert(owner, id.clone());
        }
    }
    found
}

/// Gives a model that says nothing of whose it is the keys of its package.
fn publish(inventory: &mut Inventory, package: &ComponentId, model: &ComponentId) {
    let says = |id: &ComponentId, keys: &[&str]| {
        inventory.known(id).is_some_and(|known| keys.iter().any(|key| known.values(key).next().is_some()))
    };
    if says(model, &[key::IDENTITY, key::VENDOR, key::AUTHOR]) {
        return;
    }
    let Some(known) = inventory.known(package) else { return };
    let keys = known.attributes().iter().filter(|row| row.key == key::IDENTITY || row.key == key::VENDOR);
    let keys: Vec<_> = keys.map(|row| (row.key, row.value.clone(), row.evidence.clone())).collect();
    for (key, value, evidence) in keys {
        inventory.extend(Fact::Attribute { of: model.clone(), key, value }, evidence);
    }
}
