//! Kind `disagreement`: what is declared and what is observed of the accelerators at one place, side by side.

use std::collections::BTreeMap;

use crate::fleet::{Claim, Fleet, Pool, Way, is_unknown};
use crate::graph::{NodeId, Path};
use crate::model::ComponentKind;
use crate::rules::draft::{Hit, seen};
use crate::rules::file::Rule;
use crate::rules::run::{Hits, View};

/// Evaluates the rule: one hit for every product of which declarations and observations say different things.
pub fn evaluate(view: &View<'_>, _rule: &Rule, out: &mut Hits) {
    let mut fleet = Fleet::of(view.graph);
    // what has no place may be anywhere: only machines that somebody configures are compared with machines that are seen
    for pool in fleet.pools.iter_mut().filter(|pool| pool.place.is_none()) {
        let is_machine = |claim: &Claim| view.graph.node(claim.holder).kind == ComponentKind::Cluster;
        pool.claims.retain(|claim| claim.way >= Way::Recorded || is_machine(claim));
    }
    // a list that has spares only says nothing of what runs
    for pool in &mut fleet.pools {
        pool.claims.retain(|claim| claim.way != Way::Recorded || claim.count != Some(0));
    }
    fleet.pools.retain(|pool| !pool.claims.is_empty());
    let mut places: BTreeMap<Option<NodeId>, Vec<&Pool>> = BTreeMap::new();
    for pool in &fleet.pools {
        places.entry(pool.place).or_default().push(pool);
    }
    for pools in places.values() {
        let observed: Vec<&Claim> = claims(pools, |way| way >= Way::Recorded);
        let declared: Vec<&Claim> = claims(pools, |way| way == Way::Declared);
        if observed.is_empty() {
            continue;
        }
        for pool in pools.iter().filter(|pool| !is_unknown(view.graph, pool.accelerator)) {
            if let Some((message, theirs)) = disagreement(view, pool, &observed, &declared) {
                hit(view, pool, message, &theirs, out);
            }
        }
    }
}

fn claims<'p>(pools: &[&'p Pool], wanted: impl Fn(Way) -> bool) -> Vec<&'p Claim> {
    pools.iter().flat_map(|pool| &pool.claims).filter(|claim| wanted(claim.way)).collect()
}

/// What is wrong with a product at its place, and who says otherwise.
fn disagreement<'p>(
    view: &View<'_>,
    pool: &'p Pool,
    observed: &[&'p Claim],
    declared: &[&'p Claim],
) -> Option<(String, Vec<&'p Claim>)> {
    let label = view.graph.label(pool.accelerator);
    let place = pool.place.map_or_else(String::new, |place| format!(" in `{}`", view.graph.label(place)));
    let own: Vec<&Claim> = pool.claims.iter().filter(|claim| claim.way >= Way::Recorded).collect();
    let is_whole = observed.iter().any(|claim| claim.is_whole);
    let is_recorded = |claims: &[&Claim]| claims.iter().all(|claim| claim.way == Way::Recorded);
    let words = |claims: &[&Claim]| if is_recorded(claims) { "recorded" } else { "observed" };
    let seen = pool.by(Way::Observed).or_else(|| pool.by(Way::Recorded));
    let stated = |claim: &&Claim| claim.way == Way::Declared && claim.count.is_some();
    match (pool.by(Way::Declared), seen) {
        (Some(_), None) if is_whole => {
            let message = format!("`{label}` is declared{place}, and other accelerators are {} there", words(observed));
            Some((message, observed.to_vec()))
        }
        // a pod that waits for what no node has
        (None, None)
            if is_whole && pool.by(Way::Asked).is_some() && observed.iter().any(|claim| claim.way == Way::Observed) =>
        {
            let message = format!("`{label}` is asked for{place}, and none of the nodes there has one");
            Some((message, observed.to_vec()))
        }
        (None, Some(found)) if !declared.is_empty() => {
            let message =
                format!("{found} `{label}` {}{place}, and only other accelerators are declared there", words(&own));
            Some((message, declared.to_vec()))
        }
        (Some(wanted), Some(found)) if pool.claims.iter().filter(stated).count() > 0 => {
            let is_more = found > wanted;
            let is_less = found < wanted && own.iter().any(|claim| claim.is_whole);
            (is_more || is_less).then(|| {
                let message = format!("{wanted} `{label}` are declared{place}, and {found} are {}", words(&own));
                (message, own)
            })
        }
        _ => None,
    }
}

fn hit(view: &View<'_>, pool: &Pool, message: String, theirs: &[&Claim], out: &mut Hits) {
    // the finding stands where the product is declared, or asked for; else where it was seen
    let Some(first) = pool.claims.iter().min_by_key(|claim| (claim.way != Way::Declared, claim.way, claim.holder))
    else {
        return;
    };
    let place = pool.place.map_or_else(String::new, |place| view.graph.node(place).id.to_string());
    let mut hit = Hit::new(first.holder, format!("{}/{place}", view.graph.node(pool.accelerator).id), message);
    let holders = theirs.iter().map(|claim| claim.holder).filter(|holder| *holder != first.holder);
    let edge = view.graph.outgoing(first.holder).find(|(_, to)| *to == pool.accelerator);
    hit.tail = Path { start: first.holder, steps: edge.into_iter().collect() };
    hit.more = holders.filter_map(|holder| seen(view, holder).first().map(|one| one.place())).take(10).collect();
    out.hits.push(hit);
}
