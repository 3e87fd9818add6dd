//! What is known of a party to the export: seats, entries of lists, owners. Found by others; judged here.

use super::answer::Answer;
use super::rows::StepRow;
use crate::catalog::Catalog;
use crate::catalog::rows::{Enforcement, PartyEffect};
use crate::model::{CountryCode, Date, Verification};
use crate::screening::Level;

/// A party to the export.
#[derive(Clone, Debug, Default)]
pub struct PartyFacts {
    /// What it is: `end user`, `operator`.
    pub role: String,
    /// Its name, where it was named.
    pub name: Option<String>,
    /// The organisation of the catalog that bears the name.
    pub organisation: Option<String>,
    /// It and everybody above it, by id.
    pub group: Vec<String>,
    /// Where it and its last owner are seated.
    pub seats: Vec<SeatFact>,
    /// Entries of lists that it may be.
    pub listed: Vec<ListedFact>,
    /// Rules under which it counts as owned by listed parties.
    pub owned: Vec<OwnedFact>,
}

/// A seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatFact {
    /// Where.
    pub country: CountryCode,
    /// Whose, and who says so.
    pub why: String,
    /// How well it is checked.
    pub verification: Verification,
}

/// An entry of a list.
#[derive(Clone, Debug)]
pub struct ListedFact {
    /// List id.
    pub list: String,
    /// Entry.
    pub entry: String,
    /// The party as the list names it.
    pub party: String,
    /// How sure the match is.
    pub level: Level,
    /// Since when it is listed.
    pub since: Option<Date>,
    /// Legal citation of the entry.
    pub citation: Option<String>,
    /// Why it may not have held on the day.
    pub unsure: Option<&'static str>,
    /// How well the entry is checked.
    pub verification: Verification,
}

/// A rule under which a party counts as owned by listed ones.
#[derive(Clone, Debug)]
pub struct OwnedFact {
    /// Rule id.
    pub rule: String,
    /// `BIS affiliates rule: 62 % held by …`.
    pub text: String,
    /// True when the shares decide it.
    pub is_sure: bool,
    /// What is not verified of the rule.
    pub note: Option<String>,
    /// Legal citation.
    pub citation: String,
    /// How well the rule is checked.
    pub verification: Verification,
    /// Look at the rule again by.
    pub review_by: Date,
    /// First day of the rule.
    pub from: Option<Date>,
}

/// What lists and ownership say of a party.
pub(super) fn steps(catalog: &Catalog, party: &PartyFacts, day: Date) -> Vec<StepRow> {
    let listed = party.listed.iter().filter_map(|entry| listed(catalog, entry, day));
    let owned = party.owned.iter().map(|rule| owned(rule, day));
    listed.chain(owned).collect()
}

fn listed(catalog: &Catalog, entry: &ListedFact, day: Date) -> Option<StepRow> {
    // a weak match clears nobody: a person has to look at it
    if entry.level == Level::Info {
        return None;
    }
    let rows = &catalog.tables().list_effect;
    // some lists are written in two ways
    let same = |id: &str| id.replace('-', "") == entry.list.replace('-', "");
    let row = rows.iter().find(|row| same(&row.list));
    let effect = row.map_or(PartyEffect::Note, |row| row.effect);
    let regime = row.and_then(|row| row.regime.as_deref());
    // where the product is sent from is not asked
    let is_sure = entry.level <= Level::Probable && entry.unsure.is_none() && regime.is_none();
    let answer = match effect {
        PartyEffect::Note | PartyEffect::NoExceptions => Answer::NoLicenceRequired,
        _ if !is_sure => Answer::Indeterminate,
        PartyEffect::LicenceForSome => Answer::Indeterminate,
        PartyEffect::Licence => Answer::LicenceRequired,
        PartyEffect::Prohibited => Answer::Prohibited,
    };
    let scope = row.map_or("no row says what this list means for exports", |row| &*row.scope);
    let unsure = entry.unsure.map_or_else(String::new, |why| format!("; {why}"));
    let text =
        format!("{} match with {} ({} {}{unsure}): {scope}", entry.level.word(), entry.party, entry.list, entry.entry);
    let mut step = StepRow::new(&format!("list/{}", entry.list), "party", answer, text);
    step.citation = entry.citation.clone().or_else(|| row.map(|row| row.citation.to_string()));
    if let Some(regime) = regime {
        regime.clone_into(&mut step.regime);
    }
    step.policy = row.and_then(|row| row.policy.as_deref()).map(str::to_owned);
    step.verify(row.map_or(entry.verification, |row| row.verification.min(entry.verification)));
    step.effective_from = entry.since.map(|day| day.to_string());
    step.review(row.map(|row| row.review_by), day);
    Some(step)
}

fn owned(rule: &OwnedFact, day: Date) -> StepRow {
    let is_weak = !rule.is_sure || rule.verification == Verification::Recalled;
    let answer = if is_weak { Answer::Indeterminate } else { Answer::LicenceRequired };
    let mut step = StepRow::new(&format!("ownership/{}", rule.rule), "ownership", answer, rule.text.clone());
    step.citation = Some(rule.citation.clone());
    if rule.verification == Verification::Recalled {
        step.enforcement = Enforcement::Unknown.as_str().to_owned();
    }
    step.notes.extend(rule.note.clone());
    step.verify(rule.verification);
    step.effective_from = rule.from.map(|day| day.to_string());
    step.review(Some(rule.review_by), day);
    step
}
