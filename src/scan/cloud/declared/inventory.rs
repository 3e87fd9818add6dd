//! Ansible inventories: groups of machines, with the operator and the region that variables or names of hosts tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::variables::{ADDRESS, Beside, OPERATOR, PLACE, Variable, pairs, range, tell};
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::parse::{Node, Value};
use crate::scan::cluster::kubernetes::environment;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `ansible-inventory`.
pub struct AnsibleInventory;

static META: ScannerMeta = ScannerMeta {
    id: "ansible-inventory",
    title: "Ansible inventory",
    summary: "Groups of machines in inventories of both forms (INI and YAML), with variables of `group_vars` and \
              `host_vars` beside them. Operator and region where a variable says them (`provider`, `region`, \
              `datacenter` and such), else where a name of a host belongs to an operator. What plugins ask of a cloud \
              while they run is not known; addresses of machines are not told.",
    files: &[
        "**/hosts",
        "**/hosts.ini",
        "**/hosts.yml",
        "**/hosts.yaml",
        "**/inventory",
        "**/inventory.ini",
        "**/inventory.yml",
        "**/inventory.yaml",
        "**/inventories/**",
        "**/inventory/*.ini",
        "**/inventory/*.yml",
        "**/inventory/*.yaml",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Service],
    reference: "https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html",
};

/// Groups, hosts and levels of groups that are read.
const MOST: usize = 20_000;
const DEEPEST: usize = 20;
/// Groups that one host is part of, all levels together.
const ABOVE: usize = 160;

#[derive(Default)]
struct Group {
    hosts: BTreeSet<String>,
    children: BTreeSet<String>,
    variables: Vec<Variable>,
    span: Option<Span>,
}

#[derive(Default)]
struct Inventory {
    groups: BTreeMap<String, Group>,
    /// Variables of hosts, and how many machines a name means.
    hosts: BTreeMap<String, (Vec<Variable>, usize)>,
}

impl Scanner for AnsibleInventory {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let path = file.path().as_str();
        let is_of_variables = path.contains("group_vars/") || path.contains("host_vars/");
        if file.is_binary() || is_of_variables || path.ends_with("etc/hosts") {
            return Ok(());
        }
        let mut inventory = Inventory::default();
        let is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        if is_yaml {
            yaml(file, &mut inventory, out);
        } else if is_ini(file) {
            ini(file, &mut inventory, out);
        }
        if inventory.hosts.is_empty() {
            return Ok(());
        }
        let beside = variables(&mut inventory, input, out);
        let beside = beside.iter().filter_map(|one| Some(&Option::as_ref(one)?.file));
        let files: Vec<&SourceFile> = std::iter::once(file).chain(beside).collect();
        write(&inventory, &files, input.catalog, out);
        Ok(())
    }
}

/// True for a text whose sections and lines are those of an inventory, and no other settings.
fn is_ini(file: &SourceFile) -> bool {
    let mut sections = 0_usize;
    for line in lines(file.text()).map(|line| line.text.trim()).filter(|line| !line.starts_with(['#', ';'])) {
        if line.starts_with('[') {
            sections += 1;
        } else if sections == 0 && line.contains('=') && !line.contains("ansible_") {
            return false;
        }
    }
    let text = file.text();
    sections > 0
        && (text.contains("ansible_") || text.contains(":vars]") || text.contains(":children]") || {
            // hosts stand alone in their lines
            lines(text).all(|line| {
                let line = line.text.trim();
                line.is_empty() || line.starts_with(['#', ';', '[']) || !line.contains(' ') && !line.contains('=')
            })
        })
}

fn ini(file: &SourceFile, inventory: &mut Inventory, out: &mut Facts<'_>) {
    let mut section = ("ungrouped".to_owned(), String::new());
    for line in lines(file.text()) {
        let text = line.text.split(" #").next().unwrap_or("").trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if inventory.hosts.len() + inventory.groups.len() > MOST {
            let message = "more hosts and groups than are read; the rest is left out";
            out.problem(DiagnosticKind::LimitReached, file, Some(line.span), message);
            return;
        }
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (name, sort) = name.split_once(':').unwrap_or((name, ""));
            section = (name.to_owned(), sort.to_owned());
            let group = inventory.groups.entry(name.to_owned()).or_default();
            group.span.get_or_insert(span_within(&line, text));
            continue;
        }
        let group = inventory.groups.entry(section.0.clone()).or_default();
        let variable = |word: &str| {
            let (name, value) = word.split_once('=')?;
            let text = value.trim().trim_matches(['"', '\'']).to_owned();
            Some(Variable { name: name.trim().to_owned(), text, file: 0, span: span_within(&line, line.text.trim()) })
        };
        match section.1.as_str() {
            "vars" => group.variables.extend(variable(text)),
            "children" => drop(group.children.insert(text.to_owned())),
            _ => {
                let mut words = text.split_whitespace();
                let Some(name) = words.next() else { continue };
                group.hosts.insert(name.to_owned());
                group.span.get_or_insert(span_within(&line, name));
                let host = inventory.hosts.entry(name.to_owned()).or_insert_with(|| (Vec::new(), range(name)));
                host.0.extend(words.filter_map(variable));
            }
        }
    }
}

fn yaml(file: &SourceFile, inventory: &mut Inventory, out: &mut Facts<'_>) {
    if !file.yaml().documents.first().is_some_and(is_inventory) {
        return;
    }
    let Some(root) = file.yaml_or_part(out).first() else { return };
    let mut problems = Vec::new();
    let mut open: Vec<(&str, Span, &Node, usize)> =
        root.entries().iter().map(|entry| (&*entry.key, entry.key_span, &entry.value, 0)).collect();
    while let Some((name, span, node, depth)) = open.pop() {
        if depth > DEEPEST || inventory.hosts.len() + inventory.groups.len() > MOST {
            let message = "more hosts, groups or levels of groups than are read; the rest is left out";
            out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
            continue;
        }
        let group = inventory.groups.entry(name.to_owned()).or_default();
        group.span.get_or_insert(span);
        let inside = |name: &str| node.get(name).map_or(&[][..], Node::entries);
        group.variables.extend(pairs(inside("vars"), &mut problems));
        for host in inside("hosts") {
            group.hosts.insert(host.key.to_string());
            let known = inventory.hosts.entry(host.key.to_string()).or_insert_with(|| (Vec::new(), range(&host.key)));
            known.0.extend(pairs(host.value.entries(), &mut problems));
        }
        for child in inside("children") {
            group.children.insert(child.key.to_string());
            open.push((&child.key, child.key_span, &child.value, depth + 1));
        }
    }
    tell(&problems, file, out);
}

/// True for groups of machines, `all` among them or each with hosts, groups or variables: other files have such names.
fn is_inventory(root: &Node) -> bool {
    let is_table = |node: &Node| matches!(node.value, Value::Map(_));
    let has = |node: &Node, names: &[&str]| names.iter().any(|name| node.get(name).is_some());
    let is_group = |node: &Node| node.value == Value::Null || has(node, &["hosts", "children", "vars"]);
    let holds = |node: &Node| ["hosts", "children"].iter().any(|name| node.get(name).is_some_and(is_table));
    match root.get("all") {
        Some(all) => !is_table(all) || is_group(all),
        None => {
            let mut groups = root.entries().iter().map(|entry| &entry.value);
            groups.clone().all(is_group) && groups.any(holds)
        }
    }
}

/// Reads `group_vars` and `host_vars` beside the inventory and one folder above.
fn variables(inventory: &mut Inventory, input: &Input<'_>, out: &mut Facts<'_>) -> Vec<Arc<Option<Beside>>> {
    let mut files = Vec::new();
    let home = input.file().folder();
    for folder in [home.clone(), home.parent()] {
        for sort in ["group_vars", "host_vars"] {
            let Some(below) = folder.join(sort) else { continue };
            let from = input.paths.partition_point(|path| *path < below);
            let inside = input.paths[from..].iter().filter_map(|path| {
                let rest = path.as_str().strip_prefix(below.as_str())?.strip_prefix('/')?;
                let name = rest.split('/').next()?;
                let name = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")).unwrap_or(name);
                Some((path, name.to_owned()))
            });
            let near = |(path, _): &(&RelPath, String)| path.as_str().starts_with(below.as_str());
            for (path, name) in inside.take_while(near).take(MOST) {
                let is_known = match sort {
                    "group_vars" => name == "all" || inventory.groups.contains_key(&name),
                    _ => inventory.hosts.contains_key(&name),
                };
                // one that is not asked for is not read
                if !is_known {
                    continue;
                }
                let read = || {
                    let beside = input.companion(path).map(Beside::read);
                    let size = beside.as_ref().map_or(0, Beside::size);
                    (beside, size)
                };
                let file = input.memo.of(path, read);
                let Some(beside) = &*file else { continue };
                let found = beside.variables(files.len() + 1, out);
                if let Some((known, _)) = inventory.hosts.get_mut(&name).filter(|_| sort == "host_vars") {
                    known.extend(found);
                } else {
                    inventory.groups.entry(name).or_default().variables.extend(found);
                }
                files.push(file);
            }
        }
        if home.is_root() {
            break;
        }
    }
    files
}

/// Names of groups by what they hold.
type Holders<'g> = BTreeMap<&'g str, Vec<&'g str>>;

impl Inventory {
    /// The groups that hold each host, and those that hold each group.
    fn holders(&self) -> (Holders<'_>, Holders<'_>) {
        let (mut of_hosts, mut of_groups) = (Holders::new(), Holders::new());
        for (name, group) in &self.groups {
            group.hosts.iter().for_each(|host| of_hosts.entry(host).or_default().push(name));
            group.children.iter().for_each(|child| of_groups.entry(child).or_default().push(name));
        }
        (of_hosts, of_groups)
    }

    /// The groups of a host and those that they are part of, the nearest first, at last all; true where more are left.
    fn above<'g>(host: &str, (of_hosts, of_groups): &(Holders<'g>, Holders<'g>)) -> (Vec<&'g str>, bool) {
        let mut found: Vec<&str> = of_hosts.get(host).map_or(&[][..], Vec::as_slice).to_vec();
        let mut at = 0;
        while let Some(name) = found.get(at).copied().filter(|_| found.len() <= ABOVE) {
            let parents = of_groups.get(name).map_or(&[][..], Vec::as_slice).iter().take(ABOVE + 1);
            let new: Vec<&str> = parents.copied().filter(|parent| !found.contains(parent)).collect();
            found.extend(new);
            at += 1;
        }
        let is_cut = found.len() > ABOVE;
        found.truncate(ABOVE);
        found.retain(|name| *name != "all");
        found.push("all");
        (found, is_cut)
    }

    /// The first of some variables that a host has: of its own, of its groups, of all.
    fn variable<'v>(&'v self, host: &str, groups: &[&str], names: &[&str]) -> Option<&'v Variable> {
        let own = self.hosts.get(host).map_or(&[][..], |(own, _)| own.as_slice());
        let mut lists = vec![own];
        lists.extend(groups.iter().filter_map(|name| self.groups.get(*name)).map(|group| group.variables.as_slice()));
        let fits = |variable: &&Variable| {
            names.contains(&variable.name.as_str()) && !variable.text.is_empty() && !variable.text.contains("{{")
        };
        lists.into_iter().find_map(|list| list.iter().rev().find(fits))
    }
}

/// True for a variable that says where machines lie. Zones and locations are as often parts of a network or rooms: those
/// count where they are a region of the operator, or of any where nobody is named.
fn is_place(variable: &Variable, operator: Option<&str>, catalog: &Catalog) -> bool {
    let is_region = |id: &str| catalog.region(id, &variable.text).is_some();
    !matches!(variable.name.as_str(), "zone" | "location")
        || operator.map_or_else(|| catalog.tables().provider.iter().any(|row| is_region(&row.id)), is_region)
}

/// Machines of one group in one place.
#[derive(Default)]
struct Pool {
    count: usize,
    operator: Option<Seen>,
    region: Option<Seen>,
}

fn write(inventory: &Inventory, files: &[&SourceFile], catalog: &Catalog, out: &mut Facts<'_>) {
    let at = |variable: &Variable| files.get(variable.file).map(|file| file.at(variable.span));
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let holders = inventory.holders();
    let mut is_cut = false;
    for (name, group) in inventory
        .groups
        .iter()
        .filter(|(name, _)| *name != "all" && *name != "ungrouped")
        .chain(inventory.groups.iter().filter(|(name, _)| *name == "all" || *name == "ungrouped"))
    {
        let mut pools: BTreeMap<(String, String), Pool> = BTreeMap::new();
        let hosts: Vec<&String> = group.hosts.iter().filter(|host| done.insert(host)).collect();
        for host in hosts {
            let (groups, is_more) = Inventory::above(host, &holders);
            is_cut |= is_more;
            let operator = inventory.variable(host, &groups, &OPERATOR);
            let named = operator.and_then(|variable| {
                let found = catalog.provider_by_word(&variable.text)?;
                Some((found, at(variable)?))
            });
            let address = inventory.variable(host, &[], &ADDRESS).map_or(host.as_str(), |variable| &variable.text);
            let place = group.span.map_or_else(|| files[0].whole(), |span| files[0].at(span));
            let by_host = || catalog.provider_by_host(address).map(|found| (found, place.clone().inferred()));
            let operator = named.or_else(by_host);
            let of = operator.as_ref().map(|(provider, _)| &*provider.id);
            let region = inventory.variable(host, &groups, &PLACE).filter(|one| is_place(one, of, catalog));
            let region = region.and_then(|one| Some((one.text.clone(), at(one)?)));
            let region = region.or_else(|| {
                let (provider, _) = operator.as_ref()?;
                let part = address.split('.').find(|part| catalog.region(&provider.id, part).is_some())?;
                Some((part.to_owned(), place.clone().inferred()))
            });
            let id = operator.as_ref().map_or("", |(provider, _)| &*provider.id);
            let code = region.as_ref().map_or("", |(code, _)| code.as_str());
            let pool = pools.entry((id.to_owned(), code.to_owned())).or_default();
            pool.count += inventory.hosts.get(host.as_str()).map_or(1, |(_, count)| *count);
            pool.operator = pool.operator.take().or(operator.map(|(_, seen)| seen));
            pool.region = pool.region.take().or(region.map(|(_, seen)| seen));
        }
        let span = group.span.unwrap_or(Span::new(0, 0));
        pools.into_iter().for_each(|(place, pool)| told(name, span, &place, pool, files[0], out));
    }
    if is_cut {
        let message =
            format!("hosts with more than {ABOVE} groups above them: variables of the others are not looked at");
        out.problem(DiagnosticKind::LimitReached, files[0], None, message);
    }
}

/// The facts of one pool.
fn told(
    group: &str,
    span: Span,
    (operator, region): &(String, String),
    pool: Pool,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let place: Vec<&str> = [operator.as_str(), region].into_iter().filter(|part| !part.is_empty()).collect();
    let place = if place.is_empty() { String::new() } else { format!("@{}", place.join("/")) };
    let id = ComponentId::resource(file.path(), &format!("{group}{place}"));
    // where no section names the group, the place is that of a host, whose address is not told
    let seen = || file.at(span).without_excerpt();
    out.component(&id, ComponentKind::Service, seen());
    out.attribute(&id, key::RESOURCE_TYPE, "ansible/hosts", seen());
    out.attribute(&id, key::COUNT, pool.count.to_string(), seen());
    if let Some(found) = environment(&file.folder(), group) {
        out.attribute(&id, key::ENVIRONMENT, found, seen().inferred());
    }
    if let Some(at) = pool.operator {
        out.attribute(&id, key::PROVIDER, operator, at.without_excerpt());
    }
    if let Some(at) = pool.region {
        out.attribute(&id, key::REGION, region, at.without_excerpt());
    }
}
