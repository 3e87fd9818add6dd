//! Checks of the rows of export control.

use std::collections::BTreeSet;

use super::layer::{Layer, RuleError};
use super::rows::When;
use super::tables::{Tables, locate, nearest};

/// Conditions that name a group, a country or a product which nothing defines.
pub(super) fn check(tables: &Tables, layers: &[Layer], products: &BTreeSet<&str>) -> Vec<RuleError> {
    let derived = tables.derived_group.iter().map(|row| &*row.id);
    let groups: BTreeSet<&str> = tables.group.iter().map(|row| &*row.id).chain(derived).collect();
    let policies = tables.licence_policy.iter().map(|row| (&row.id, &row.when));
    let exceptions = tables.licence_exception.iter().map(|row| (&row.id, &row.when));
    let guidance = tables.guidance.iter().map(|row| (&row.id, &row.when));
    let mut errors = Vec::new();
    for row in tables.destination.iter().filter(|row| !groups.contains(&*row.set)) {
        let near = nearest(&row.set, &groups).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let message = format!("`set` of a `destination` names `{}`, which nothing defines{near}", row.set);
        errors.push(locate(layers, "set", &row.set, message));
    }
    for (id, when) in policies.chain(exceptions).chain(guidance) {
        for word in places(when) {
            if super::groups::code(word).is_none() && !groups.contains(&**word) {
                let message = format!("`{id}` names `{word}`, which is neither a country's code nor a group");
                errors.push(locate(layers, "id", id, message));
            }
        }
        for word in when.products.iter().chain(&when.not_products).filter(|word| !products.contains(&***word)) {
            errors.push(locate(layers, "id", id, format!("`{id}` names the product `{word}`, which nothing defines")));
        }
    }
    for row in tables.accelerator_link.iter().filter(|row| !products.contains(&*row.accelerator)) {
        let message = format!("`{}` has links and is no accelerator", row.accelerator);
        errors.push(locate(layers, "accelerator", &row.accelerator, message));
    }
    errors
}

/// Ties to platforms and stops of designers that nothing defines.
pub(super) fn check_supply(tables: &Tables, layers: &[Layer], organisations: &BTreeSet<&str>) -> Vec<RuleError> {
    let platforms: BTreeSet<&str> = tables.platform.iter().map(|row| &*row.id).collect();
    let ties: BTreeSet<&str> = tables.stack_tie.iter().map(|row| &*row.id).collect();
    let mut errors = Vec::new();
    let mut wrong = |id: &str, word: &str, what: &str| {
        errors.push(locate(layers, "id", id, format!("`{id}` names the {what} `{word}`, which nothing defines")));
    };
    for row in &tables.stack_tie {
        for word in row.platforms.iter().filter(|word| !platforms.contains(&***word)) {
            wrong(&row.id, word, "platform");
        }
    }
    for row in &tables.platform {
        for word in row.maker.iter().filter(|word| !organisations.contains(&***word)) {
            wrong(&row.id, word, "organisation");
        }
    }
    for row in &tables.supply_stop {
        if !organisations.contains(&*row.designer) {
            wrong(&row.id, &row.designer, "organisation");
        }
        for word in row.only_with.iter().filter(|word| !ties.contains(&***word)) {
            wrong(&row.id, word, "tie");
        }
    }
    errors
}

fn places(when: &When) -> impl Iterator<Item = &Box<str>> {
    let destinations = when.to.iter().chain(&when.not_to);
    let seats = when.headquarters.iter().chain(&when.not_headquarters).chain(&when.reaches).chain(&when.not_reaches);
    let makers = when.designers.iter().chain(&when.not_designers).chain(&when.fabricated_in);
    destinations.chain(seats).chain(makers)
}
