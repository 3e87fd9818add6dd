//! `sovaudit explain COMPONENT`: what it is, where it stands, who answers, and why it is here.

use std::collections::BTreeSet;
use std::io;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{organisation, terminal_width};
use crate::attribution::MAIL_OF_AUTHOR;
use crate::cli::ExplainArgs;
use crate::control::laws::{self, Legal, Mitigated};
use crate::control::{self, Answer, Assessment};
use crate::graph::{Control, EdgeId, Graph, NodeId, Path, ReachTest};
use crate::model::{Basis, ComponentId, ComponentKind, Evidence, Place, RelationKind, Sighting, key};
use crate::report::legal::{assessments, owned_rows, reach_rows};
use crate::report::shown;
use crate::scan::reads_lock_files;
use crate::scan::registries::is_public;
use crate::text::{clean_line, count, fill};

/// Places of a component that are shown.
const PLACES: usize = 8;
/// Names that a message suggests.
const SUGGESTED: usize = 8;

pub(super) fn explain(legal: &Legal<'_, '_>, arguments: &ExplainArgs, out: &mut dyn io::Write) -> anyhow::Result<()> {
    let graph = legal.graph;
    let node = find(graph, &arguments.what, &arguments.common.target)?;
    let ways = graph.introductions(node, arguments.paths.max(1));
    if arguments.format == "json" {
        let rows: Vec<serde_json::Value> = ways.paths.iter().map(|path| path_json(graph, path)).collect();
        let value = json!({
            "schema": "sovaudit-explain/1",
            "component": graph.node(node).id.as_str(),
            "kind": graph.node(node).kind.as_str(),
            "paths": rows,
            "more_paths": ways.is_partial,
            "reached_by": reach_rows(legal, node),
            "owned": organisations(graph, node).iter().flat_map(|id| owned_rows(legal.catalog, id, legal.day)).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut *out, &value)?;
        writeln!(out)?;
        return Ok(());
    }
    let about = graph.node(node);
    let width = terminal_width();
    let mut told = |text: &str, first: &str| {
        let rest = " ".repeat(first.chars().count() + 2);
        write!(out, "{}", fill(&clean_line(text), first, &rest, width))
    };
    told(&format!("{} ({})", about.id, about.kind.as_str()), "")?;
    told("", "")?;
    for row in graph.all_attributes(node) {
        told(&format!("{}: {}", row.key, row.value), "  ")?;
    }
    let is_organisation = about.kind == ComponentKind::Organisation;
    if is_organisation {
        // nobody writes an organisation down: it stands where what it answers for does
        organisation::told(graph, node, &mut told)?;
    } else {
        stands(graph, node, &mut told)?;
    }
    ownership(legal, node, &mut told)?;
    reached(legal, node, &mut told)?;
    if is_organisation {
        return Ok(());
    }
    let number =
        if ways.is_partial { format!("{} of more ways", ways.paths.len()) } else { count(ways.paths.len(), "way") };
    told("", "")?;
    told(&format!("Why it is here ({number}, shortest first):"), "")?;
    for path in &ways.paths {
        let mut words = vec![graph.label(path.start)];
        words.extend(path.steps.iter().map(|(_, to)| graph.label(*to)));
        told(&words.join(" -> "), "  ")?;
        let is_carried = |(edge, _): &(EdgeId, NodeId)| {
            let about = graph.edge(*edge);
            let child = graph.node(graph.ends(*edge).0).kind;
            about.kind == RelationKind::BasedOn && !about.is_supply && child == ComponentKind::Image
        };
        if path.steps.iter().rev().skip(1).any(is_carried) {
            told("as its base holds it; the image built on it was not looked into itself", "      ")?;
        }
        if std::iter::once(path.start)
            .chain(path.steps.iter().map(|(_, to)| *to))
            .any(|on_way| lists(graph, on_way, node))
        {
            told("a lock file in the image names it; no installed copy was seen there", "      ")?;
        }
        if let Some(place) =
            path.steps.last().and_then(|(edge, _)| graph.edge(*edge).evidence.iter().find_map(Evidence::place))
        {
            told(&with_step(&place, graph), "      ")?;
        }
    }
    Ok(())
}

/// A place with its layer, and the step of the build that made that.
fn with_step(place: &Place, graph: &Graph<'_>) -> String {
    let step = place.layer.as_deref().and_then(|digest| graph.layer_step(digest));
    step.map_or_else(|| place.with_layer(), |step| format!("{}, made by `{step}`", place.with_layer()))
}

/// Where a component stands, and who answers for it.
fn stands(graph: &Graph<'_>, node: NodeId, told: &mut dyn FnMut(&str, &str) -> io::Result<()>) -> io::Result<()> {
    let about = graph.node(node);
    // two scanners may see one place
    let mut known = BTreeSet::new();
    let places = about.evidence.into_iter().flatten().filter_map(Evidence::place);
    let places: Vec<String> =
        places.map(|place| with_step(&place, graph)).filter(|place| known.insert(place.clone())).collect();
    told("", "")?;
    told("Seen at:", "")?;
    for place in places.iter().take(PLACES) {
        told(place, "  ")?;
    }
    if places.len() > PLACES {
        told(&format!("and {}", count(places.len() - PLACES, "more place")), "  ")?;
    }
    let hosts: BTreeSet<String> = graph.outgoing_of(node, &[RelationKind::DistributedBy]).map(fetched(graph)).collect();
    if !hosts.is_empty() {
        told("", "")?;
        told("Fetched from:", "")?;
        hosts.iter().take(PLACES).try_for_each(|host| told(host, "  "))?;
        if hosts.len() > PLACES {
            told(&format!("and {}", count(hosts.len() - PLACES, "more host")), "  ")?;
        }
    }
    told("", "")?;
    told("Who answers:", "")?;
    let answers = answers(graph, node);
    answers.iter().try_for_each(|line| told(line, "  "))?;
    if answers.is_empty() {
        told("unknown", "  ")?;
    }
    Ok(())
}

/// A host that something is fetched from, with the place that says so.
fn fetched(graph: &Graph<'_>) -> impl Fn((EdgeId, NodeId)) -> String {
    |(edge, host)| {
        let ends = graph.ends(edge);
        let ecosystem = graph.attribute(ends.0, key::ECOSYSTEM).unwrap_or_default();
        let is_usual = is_public(ecosystem, graph.node(host).id.rest());
        let seen = || graph.edge(edge).evidence.iter().filter_map(Evidence::sighting);
        let stated = seen().find(|seen| seen.basis() != Basis::Inferred).or_else(|| graph.set_at(edge).next());
        match stated.or_else(|| seen().next().filter(|_| !is_usual)) {
            Some(seen) => format!("{} ({})", graph.label(host), seen.place()),
            None if is_usual => format!("{} (where its tool looks if nothing else is set)", graph.label(host)),
            None => graph.label(host).into_owned(),
        }
    }
}

/// True for an image of which only lock files name a package: it asks for it, and need not hold it.
fn lists(graph: &Graph<'_>, image: NodeId, package: NodeId) -> bool {
    graph.node(image).kind == ComponentKind::Image
        && graph.outgoing_of(image, &[RelationKind::Contains]).any(|(edge, to)| {
            let mut seen = graph.edge(edge).evidence.iter().filter_map(Evidence::sighting).peekable();
            to == package && seen.peek().is_some() && seen.all(|seen| reads_lock_files(seen.scanner()))
        })
}

/// The organisation itself, or the parties that answer for a component.
fn organisations(graph: &Graph<'_>, node: NodeId) -> BTreeSet<String> {
    let parties = Control::ALL.into_iter().flat_map(|control| graph.parties(node, control)).map(|path| path.end());
    let itself = (graph.node(node).kind == ComponentKind::Organisation).then_some(node);
    itself.into_iter().chain(parties).map(|node| graph.node(node).id.rest().to_owned()).collect()
}

/// Every rule under which a party is owned, with the chain, the shares, the sum and the figure.
fn ownership(
    legal: &Legal<'_, '_>,
    node: NodeId,
    told: &mut dyn FnMut(&str, &str) -> io::Result<()>,
) -> io::Result<()> {
    let catalog = legal.catalog;
    let mut has_title = false;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for id in organisations(legal.graph, node) {
        let name = catalog.organisation(&id).map_or(id.as_str(), |row| &row.name);
        let all = assessments(catalog, &id, legal.day);
        let pending: Vec<_> = catalog.owners(&id, legal.day).filter(|row| row.is_pending()).collect();
        if all.is_empty() && pending.is_empty() {
            continue;
        }
        if !has_title {
            has_title = true;
            told("", "")?;
            told("Who owns them, as the rules count it:", "")?;
        }
        // rules that count the same stakes are told together
        let mut chains: Vec<(String, Vec<&Assessment<'_>>)> = Vec::new();
        for one in &all {
            let may = if one.answer == Answer::Met { "" } else { "possibly " };
            let chain = format!("{name}: {may}{}", one.chain(catalog));
            match chains.iter_mut().find(|(known, _)| *known == chain) {
                Some((_, rules)) => rules.push(one),
                None => chains.push((chain, vec![one])),
            }
        }
        for (chain, rules) in chains {
            told(&chain, "  ")?;
            rules.iter().try_for_each(|one| told(&one.verdict(), "      "))?;
            // a stake is told once, however many rules count it
            let stakes = rules.iter().flat_map(|one| one.told(catalog, legal.day));
            stakes.filter(|stake| seen.insert(stake.clone())).try_for_each(|stake| told(&stake, "      "))?;
        }
        for row in pending {
            told(&format!("{name}: agreed on only, counts for nothing yet"), "  ")?;
            told(&control::told(row), "      ")?;
        }
    }
    Ok(())
}

/// Whose law reaches it, by which test, along which way, and what weakens it.
fn reached(legal: &Legal<'_, '_>, node: NodeId, told: &mut dyn FnMut(&str, &str) -> io::Result<()>) -> io::Result<()> {
    let graph = legal.graph;
    let all = legal.reached(node);
    if all.is_empty() {
        return Ok(());
    }
    told("", "")?;
    told("Reached by:", "")?;
    for one in &all {
        let way: Vec<String> = one.witness.nodes().map(|node| graph.label(node).into_owned()).collect();
        let lists = match (one.lists.join(", "), one.by_owners) {
            (none, _) if none.is_empty() => none,
            (lists, false) => format!(" on {lists}"),
            (lists, true) => format!(", owned by those on {lists}"),
        };
        told(&format!("{}, {}: {}{lists}", one.jurisdiction, one.test_name(), way.join(" -> ")), "  ")?;
        for (law, state) in &one.laws {
            told(&laws::told(law, *state), "      ")?;
        }
        if one.laws.is_empty() {
            told("no law in the tables asks this of such a component", "      ")?;
        }
        for Mitigated { row, evidence } in &one.mitigations {
            told(&format!("against it ({}): {} ({evidence}). {}", row.effect.as_str(), row.name, row.text), "      ")?;
        }
    }
    if all.iter().all(|one| one.test != ReachTest::Personnel) {
        told("T5 personnel: not known; no file shows it, an attestation in sovaudit.toml can", "  ")?;
    }
    Ok(())
}

/// One line for every party that answers.
fn answers(graph: &Graph<'_>, node: NodeId) -> Vec<String> {
    let mut lines = Vec::new();
    for control in Control::ALL {
        for party in graph.parties(node, control) {
            let seats: Vec<String> =
                graph.seats_of_control(party.end()).into_iter().map(|seat| graph.label(seat).into_owned()).collect();
            let from = if seats.is_empty() {
                "seat unknown".to_owned()
            } else {
                format!("controlled from {}", seats.join(", "))
            };
            let how = by_mail(graph, &party).map_or_else(String::new, |domain| {
                format!(", a hint only: an author or maintainer has a mail address at {domain}")
            });
            lines.push(format!("{}: {} ({from}){how}", control.as_str(), graph.label(party.end())));
        }
    }
    lines
}

/// The mail domain on which alone a relation of the way to a party rests.
fn by_mail<'g>(graph: &Graph<'g>, party: &Path) -> Option<&'g str> {
    party.steps.iter().find_map(|(edge, _)| {
        let domains = graph.edge(*edge).evidence.iter().map(|one| match one {
            Evidence::Cited(cited) => cited.entry.split_once(MAIL_OF_AUTHOR).map(|(_, domain)| domain.trim()),
            Evidence::Observed(_) => None,
        });
        // one better reason is enough
        domains.collect::<Option<Vec<&str>>>().and_then(|domains| domains.first().copied())
    })
}

/// The component with that id or name; a package also without its version when only one has it, and by the last part of
/// its name when nothing is called so.
fn find(graph: &Graph<'_>, what: &str, target: &str) -> anyhow::Result<NodeId> {
    match named(graph, what).as_slice() {
        [node] => Ok(*node),
        [] => {
            let near = similar(graph, what);
            let hint = if near.is_empty() {
                "a component is named by its id, as in the JSON report, or as the table shows it".to_owned()
            } else {
                format!("names that hold it: {}", near.join(", "))
            };
            Err(anyhow::anyhow!("nothing is called `{what}` in `{target}`")).context(hint)
        }
        many => {
            let parts: Vec<NodeId> = parts_of(graph, what).collect();
            let id = |node: &NodeId| graph.node(*node).id.as_str();
            // what of the vendor is called is what most questions are about
            let first = parts.first().or(many.first()).map_or("", id);
            let ids: BTreeSet<&str> = many.iter().chain(&parts).map(id).collect();
            let names: Vec<String> = ids.iter().take(SUGGESTED).map(|id| format!("`{id}`")).collect();
            bail!(
                "`{what}` can mean {} components: {}; ask for one of them, as in `sovaudit explain '{first}' {target}`",
                ids.len(),
                names.join(", ")
            )
        }
    }
}

/// Services of a vendor of that name: `openai/api`.
fn parts_of<'g>(graph: &'g Graph<'_>, what: &str) -> impl Iterator<Item = NodeId> + 'g {
    let start = format!("api:{}/", what.to_ascii_lowercase());
    graph.nodes_of(&[ComponentKind::Service]).filter(move |node| graph.node(*node).id.as_str().starts_with(&start))
}

/// The components of a name.
pub(super) fn named(graph: &Graph<'_>, what: &str) -> Vec<NodeId> {
    if let Some(node) = graph.find(&ComponentId::new(what)) {
        return vec![node];
    }
    let wanted = what.strip_prefix("pkg:").unwrap_or(what).replace("%40", "@");
    let is_called = |name: &str| name == wanted || without_version(name).is_some_and(|base| base == wanted);
    let fits = |node: &NodeId| {
        let label = short_label(graph, *node);
        // a package may be named with or without its ecosystem
        let bare = label.split_once('/').map_or(&*label, |(_, name)| name);
        // as the table shows it, by its name or by its id
        let (whole, rest) = (graph.label(*node), graph.node(*node).id.rest());
        let is_shown = |name: &str| shown(name) == wanted || name.strip_prefix("?/") == Some(&*wanted);
        is_called(&label) || is_called(bare) || is_shown(&whole) || is_shown(rest)
    };
    let found: Vec<NodeId> = graph.nodes().filter(fits).collect();
    if !found.is_empty() {
        return found;
    }
    // another name of a registry
    if let Some(node) = graph.find(&ComponentId::host(what.strip_prefix("host:").unwrap_or(what))) {
        return vec![node];
    }
    // names of NuGet that differ in capitals alone are one, of which the graph has one spelling; Go's stand in small letters
    let small =
        ["nuget/", "golang/"].iter().find_map(|of| wanted.strip_prefix(of)).unwrap_or(&wanted).to_ascii_lowercase();
    let is_any_case = |node: &NodeId| {
        let id = graph.node(*node).id.as_str();
        ["pkg:nuget/", "pkg:golang/"].iter().find_map(|of| id.strip_prefix(of)).is_some_and(|rest| {
            let name = rest.split(['?', '#']).next().unwrap_or(rest).to_ascii_lowercase();
            name == small || without_version(&name).is_some_and(|base| base == small)
        })
    };
    let found: Vec<NodeId> = graph.nodes().filter(is_any_case).collect();
    if !found.is_empty() {
        return found;
    }
    let ends = |node: &NodeId| {
        is_thing(graph, *node) && is_called(short_label(graph, *node).rsplit('/').next().unwrap_or_default())
    };
    graph.nodes().filter(ends).collect()
}

/// Names of components that hold a text.
pub(super) fn similar(graph: &Graph<'_>, what: &str) -> Vec<String> {
    let wanted = what.to_ascii_lowercase();
    let holds = |node: &NodeId| {
        let is_counted = is_thing(graph, *node) || graph.node(*node).kind.is_counted();
        is_counted && wanted.len() > 2 && short_label(graph, *node).to_ascii_lowercase().contains(&wanted)
    };
    graph.nodes().filter(holds).take(SUGGESTED).map(|node| format!("`{}`", short_label(graph, node))).collect()
}

/// Things that are held or run, as opposed to states, organisations and hosts.
fn is_thing(graph: &Graph<'_>, node: NodeId) -> bool {
    use ComponentKind::{Image, Model, Package, Project, Workload};
    matches!(graph.node(node).kind, Image | Model | Package | Project | Workload)
}

/// The label without scheme and qualifiers.
fn short_label(graph: &Graph<'_>, node: NodeId) -> String {
    let label = graph.label(node);
    let label = label.strip_prefix("pkg:").unwrap_or(&label);
    // `?/name` is an accelerator whose product is not known: the mark is no query there
    if label.starts_with("?/") {
        return shown(label);
    }
    label[..label.find('?').unwrap_or(label.len())].to_owned()
}

/// The name before `@1.2.3` or `:tag`.
fn without_version(name: &str) -> Option<&str> {
    let (base, version) = name.rsplit_once(['@', ':'])?;
    (!base.is_empty() && !version.contains('/')).then_some(base)
}

fn path_json(graph: &Graph<'_>, path: &Path) -> serde_json::Value {
    let mut steps = vec![json!({ "component": graph.node(path.start).id.as_str() })];
    steps.extend(path.steps.iter().map(|(edge, to)| {
        let about = graph.edge(*edge);
        let place = about.evidence.iter().find_map(Evidence::sighting);
        json!({
            "relation": about.kind.as_str(),
            "component": graph.node(*to).id.as_str(),
            "path": place.map(|seen| seen.path().to_string()),
            "layer": place.and_then(Sighting::layer),
            "line": place.and_then(Sighting::region).map(|region| region.start.line),
            "column": place.and_then(Sighting::region).map(|region| region.start.column),
        })
    }));
    json!(steps)
}
