//! Several products that one name means: one answer where all of them have it, else a list to choose from.

use anyhow::bail;

use super::find::several;
use crate::export::{Assessment, FamilyRow, MemberRow};

/// The assessment of the only product, or of all where class, answer, review and the clauses that count are the same.
pub(super) fn one(what: &str, mut all: Vec<Assessment>, is_part: bool) -> anyhow::Result<Assessment> {
    if all.len() < 2 {
        let mut only = all.pop().ok_or_else(|| anyhow::anyhow!("no product is known as `{what}`"))?;
        if is_part {
            only.product.part_of_name = Some(what.trim().to_owned());
        }
        return Ok(only);
    }
    let same = all.windows(2).all(|pair| gist(&pair[0]) == gist(&pair[1]));
    if !same {
        let line = |one: &Assessment| {
            let answer = one.to.map_or_else(String::new, |_| format!("  {}", one.answer_text));
            format!("  {:22} {:30} {}{answer}", one.product.id, one.product.name, one.class.class)
        };
        bail!("{}", several(what, &all.iter().map(line).collect::<Vec<_>>()));
    }
    let member = |one: &Assessment| MemberRow {
        id: one.product.id.clone(),
        name: one.product.name.clone(),
        arithmetic: one.figures.arithmetic.clone(),
    };
    let members = all.iter().map(member).collect();
    let made = |one: &Assessment| (one.product.foundry.clone(), one.product.fabricated_in.clone());
    let is_made_alike = all.windows(2).all(|pair| made(&pair[0]) == made(&pair[1]));
    let is_designed_alike = all.windows(2).all(|pair| pair[0].product.designer == pair[1].product.designer);
    let mut first = all.swap_remove(0);
    first.family = Some(FamilyRow { name: what.trim().to_owned(), members });
    if !is_made_alike {
        (first.product.foundry, first.product.fabricated_in) = (None, Vec::new());
    }
    if !is_designed_alike {
        first.product.designer = None;
    }
    // figures are those of each product; how far they are from a bound is, too
    first.changes = vec!["name one product to see what would change its answer".to_owned()];
    for exception in &mut first.exceptions {
        exception.conditions.retain(|condition| !condition.starts_with("at most "));
    }
    Ok(first)
}

/// What must be the same for one answer to be that of all.
#[derive(PartialEq)]
struct Gist<'a> {
    class: &'a str,
    answer: &'a str,
    review: Option<(&'a str, Option<&'a str>)>,
    counting: Vec<&'a str>,
    exceptions: Vec<(&'a str, &'a str)>,
}

fn gist(one: &Assessment) -> Gist<'_> {
    Gist {
        class: &one.class.class,
        answer: &one.answer_text,
        review: one.review.as_ref().map(|review| (&*review.id, review.open.as_deref())),
        counting: one.steps.iter().filter(|step| step.counts).map(|step| &*step.clause).collect(),
        exceptions: one.exceptions.iter().map(|row| (&*row.id, &*row.state)).collect(),
    }
}
