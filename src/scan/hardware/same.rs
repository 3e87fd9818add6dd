//! Captures of one machine that lie far apart: those that list the same devices, by UUID or serial number.
//!
//! What tells a device from all others is written as a digest while files are read, compared once all are, and taken out
//! again: reports have neither the numbers nor the digests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::machine::devices;
use crate::model::{ComponentId, EvidenceSet, Fact, FactRef, Inventory, RelationKind, key};
use crate::scan::computed::rename;
use crate::text::RelPath;

/// Digests of what tells a device, the first the best; nothing where it has nothing to itself.
pub(super) fn digests(marks: &[&str]) -> Option<String> {
    let all: Vec<String> = marks.iter().filter_map(|mark| digest(mark)).collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// Equal for one device in whatever way a tool writes it: `GPU-8f3A…`, `8f3a…`, `0x87FC…`. Nothing for short numbers and for
/// words and fillings that many devices have.
fn digest(mark: &str) -> Option<String> {
    let text = mark.trim().to_ascii_lowercase();
    let text = text.strip_prefix("gpu-").or_else(|| text.strip_prefix("0x")).unwrap_or(&text);
    let letters: BTreeSet<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let is_uuid = text.len() == 36 && text.matches('-').count() == 4;
    let is_sound = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.len() >= 8
        && letters.len() > 2
        // what firmware says where nobody wrote a number
        && !"01234567890123456789".contains(text)
        && !"98765432109876543210".contains(text)
        // made of other numbers only, where the device has no serial number
        && !(is_uuid && text.ends_with("-000000000000"));
    is_sound.then(|| Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// A device as one file tells it.
struct Told {
    machine: ComponentId,
    file: RelPath,
    /// Without its prefix; empty where the file counts it in another form.
    accelerator: String,
    /// Which of the file's devices it is.
    number: String,
    marks: Vec<String>,
    evidence: EvidenceSet,
}

/// Machines that list the same devices become one, and devices of one machine that several captures tell in parts add up.
#[must_use]
pub(in crate::scan) fn unite(mut inventory: Inventory) -> Inventory {
    let mut told = take(&mut inventory);
    if told.is_empty() {
        return inventory;
    }
    without_shared(&mut told);
    let names = one_name(&told);
    rename(&mut inventory, &names.iter().map(|(from, to)| (from.clone(), vec![to.clone()])).collect());
    let mut machines: BTreeMap<ComponentId, Vec<Told>> = BTreeMap::new();
    for one in told {
        let name = names.get(&one.machine).unwrap_or(&one.machine).clone();
        if name != one.machine {
            let fact = Fact::Attribute { of: name.clone(), key: key::ALSO, value: Arc::from(one.machine.rest()) };
            inventory.extend(fact, one.evidence.clone());
        }
        machines.entry(name).or_default().push(one);
    }
    let mut other_names: BTreeSet<(ComponentId, ComponentId)> = BTreeSet::new();
    for (machine, told) in machines {
        let found = count(&mut inventory, &machine, &told);
        other_names.extend(found.into_iter().map(|name| (machine.clone(), name)));
    }
    withdraw(&mut inventory, &other_names);
    inventory
}

/// Takes the marks out of the inventory.
fn take(inventory: &mut Inventory) -> Vec<Told> {
    let is_mark = |fact: FactRef<'_>| matches!(fact, FactRef::Attribute { key: key::DEVICE_MARK, .. });
    let mut told = Vec::new();
    let machines = inventory.beginning_with("machine:");
    let rows = machines.flat_map(|(of, known)| known.attributes().iter().map(move |row| (of, row)));
    for (of, row) in rows.filter(|(_, row)| row.key == key::DEVICE_MARK) {
        let Some((marks, rest)) = row.value.split_once(' ') else { continue };
        let Some((number, accelerator)) = rest.split_once(' ') else { continue };
        for evidence in row.evidence.iter() {
            let Some(file) = evidence.path() else { continue };
            told.push(Told {
                machine: of.clone(),
                file: file.clone(),
                accelerator: accelerator.to_owned(),
                number: number.to_owned(),
                marks: marks.split(',').map(str::to_owned).collect(),
                evidence: EvidenceSet::of(evidence.clone()),
            });
        }
    }
    if !told.is_empty() {
        inventory.retain(|fact| !is_mark(fact));
    }
    told
}

/// What several devices of one list have tells none of them: a number of the board that they share, or a filling.
fn without_shared(told: &mut [Told]) {
    let mut users: BTreeMap<(&ComponentId, &RelPath, &str), BTreeSet<&str>> = BTreeMap::new();
    for one in told.iter().filter(|one| !one.accelerator.is_empty()) {
        for mark in &one.marks {
            users.entry((&one.machine, &one.file, mark)).or_default().insert(&one.number);
        }
    }
    let shared: BTreeSet<String> =
        users.into_iter().filter(|(_, devices)| devices.len() > 1).map(|((.., mark), _)| mark.to_owned()).collect();
    for one in told {
        one.marks.retain(|mark| !shared.contains(mark));
    }
}

/// For machines that have a device in common the first of their names, by each of the others.
fn one_name(told: &[Told]) -> BTreeMap<ComponentId, ComponentId> {
    let mut names: BTreeMap<ComponentId, ComponentId> = BTreeMap::new();
    let mut holders: BTreeMap<&str, &ComponentId> = BTreeMap::new();
    for one in told {
        for mark in &one.marks {
            let holder = *holders.entry(mark).or_insert(&one.machine);
            let (a, b) = (first(&mut names, holder), first(&mut names, &one.machine));
            if a != b {
                let (one, other) = if a < b { (a, b) } else { (b, a) };
                names.insert(other, one);
            }
        }
    }
    let all: Vec<ComponentId> = names.keys().cloned().collect();
    all.into_iter().map(|from| (from.clone(), first(&mut names, &from))).collect()
}

/// The name at the end of a chain of names, which is shortened on the way.
fn first(names: &mut BTreeMap<ComponentId, ComponentId>, of: &ComponentId) -> ComponentId {
    let mut at = of.clone();
    while let Some(next) = names.get(&at).cloned() {
        if let Some(after) = names.get(&next).cloned() {
            names.insert(at, after.clone());
            at = after;
        } else {
            at = next;
        }
    }
    at
}

/// Writes how many devices of each product the files of a machine tell together, where that is more than any of them says;
/// gives the names of no known product whose devices other files tell by their product.
fn count(inventory: &mut Inventory, machine: &ComponentId, told: &[Told]) -> Vec<ComponentId> {
    let mut files: BTreeMap<&RelPath, Vec<&Told>> = BTreeMap::new();
    for one in told.iter().filter(|one| !one.accelerator.is_empty() && !one.marks.is_empty()) {
        files.entry(&one.file).or_default().push(one);
    }
    // each device by the first of its marks, with what files call it
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found: Vec<BTreeSet<&str>> = Vec::new();
    for all in files.values() {
        for one in all {
            let at = one.marks.iter().find_map(|mark| known.get(mark.as_str()).copied()).unwrap_or_else(|| {
                found.push(BTreeSet::new());
                found.len() - 1
            });
            found[at].insert(&one.accelerator);
            one.marks.iter().for_each(|mark| {
                known.entry(mark).or_insert(at);
            });
        }
    }
    let is_known = |name: &&&str| !name.starts_with("?/");
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut other_names: BTreeMap<&str, u64> = BTreeMap::new();
    for names in &found {
        let Some(product) = names.iter().find(is_known).or_else(|| names.first()) else { continue };
        *counts.entry(product).or_default() += 1;
        for name in names.iter().filter(|name| *name != product && !is_known(name)) {
            *other_names.entry(name).or_default() += 1;
        }
    }
    let stated = stated(inventory, machine);
    let stated = |name: &str| stated.get(name).copied().unwrap_or_default();
    let more: BTreeMap<&str, u64> = counts.into_iter().filter(|(name, number)| *number > stated(name)).collect();
    let others: Vec<ComponentId> = other_names
        .into_iter()
        .filter(|(name, number)| *number >= stated(name).max(more.get(name).copied().unwrap_or_default()))
        .map(|(name, _)| ComponentId::of("accelerator", name))
        .collect();
    for one in told {
        if let Some(number) = more.get(one.accelerator.as_str()) {
            let id = ComponentId::of("accelerator", &one.accelerator);
            let (of, value) = (machine.clone(), Arc::from(devices(&id, *number)));
            inventory.extend(Fact::Attribute { of, key: key::DEVICES, value }, one.evidence.clone());
        }
    }
    others
}

/// The largest number of each accelerator that a file says of a machine.
fn stated(inventory: &Inventory, machine: &ComponentId) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let known = inventory.known(machine);
    for text in known.into_iter().flat_map(|known| known.values(key::DEVICES)) {
        let Some((of, number)) = text.rsplit_once(' ') else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        let most = found.entry(of.to_owned()).or_default();
        *most = number.max(*most);
    }
    found
}

/// Takes back that machines have accelerators whose devices other captures tell by their product.
pub(super) fn withdraw(inventory: &mut Inventory, names: &BTreeSet<(ComponentId, ComponentId)>) {
    if names.is_empty() {
        return;
    }
    let is_one = |machine: &ComponentId, id: &ComponentId| names.contains(&(machine.clone(), id.clone()));
    let is_count = |machine: &ComponentId, value: &str| {
        value.rsplit_once(' ').is_some_and(|(of, _)| is_one(machine, &ComponentId::of("accelerator", of)))
    };
    inventory.retain(|fact| match fact {
        FactRef::Relation { from, kind: RelationKind::RunsOn, to, .. } => !is_one(from, to),
        FactRef::Attribute { of, key: key::DEVICES, value } => !is_count(of, value),
        _ => true,
    });
    let held: BTreeSet<ComponentId> = inventory.relations().map(|(_, row)| row.to.clone()).collect();
    let gone: BTreeSet<&ComponentId> = names.iter().map(|(_, id)| id).filter(|id| !held.contains(*id)).collect();
    inventory.retain(|fact| match fact {
        FactRef::Component { id, .. } | FactRef::Attribute { of: id, .. } => !gone.contains(id),
        FactRef::Relation { from, .. } => !gone.contains(from),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_in_all_their_forms() {
        let same = digest("GPU-8f3a1c52-09d4-7be1-a6c0-55e2b7f41d90");
        assert!(same.is_some());
        assert_eq!(digest("8F3A1C52-09D4-7BE1-A6C0-55E2B7F41D90"), same);
        assert_eq!(digest("0x87fc3ea34b2236f3"), digest("0x87FC3EA34B2236F3"));
        for filling in [
            "",
            "N/A",
            "GPU-1",
            "GPU-00000000-0000-0000-0000-000000000001",
            "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "<redacted>",
            "00ff1900-0000-1000-8000-000000000000",
            "0000000000000",
            "0123456789",
            "1234567890",
            "987654321",
        ] {
            assert_eq!(digest(filling), None, "{filling}");
        }
    }
}
