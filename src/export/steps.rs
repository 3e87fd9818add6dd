//! What each clause says of a destination, of the seats of parties, and of the product itself.

use super::answer::Answer;
use super::class::{Class, INDETERMINATE};
use super::fit::{Facts, Fit};
use super::law::Law;
use super::party::{PartyFacts, SeatFact};
use super::rows::StepRow;
use super::subject::Subject;
use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, Destination, Enforcement, Guidance, GuidanceEffect};
use crate::model::{CountryCode, Date, Validity};

/// Standing of a destination row whose requirement was made known by letters to companies.
pub const LETTER: &str = "letter";

/// What a destination row says of a product that goes to its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// A licence is required.
    Licence,
    /// A licence is required if the product is subject to US export law, which is not evaluated for designers seated
    /// elsewhere.
    Origin,
}

/// Whether a destination row speaks of a product on a day; `None` when it does not.
#[must_use]
pub fn bearing(to: &Destination, product: &Accelerator, class: &Class, as_of: Date) -> Option<Bearing> {
    let is_american =
        [product.vendor_country, product.ultimate_parent_country].iter().any(|seat| seat.as_str() == "US");
    bears(to, product.licence_letter.is_some(), is_american, class.paragraph(), as_of)
}

fn bears(to: &Destination, has_letter: bool, is_american: bool, class: &str, as_of: Date) -> Option<Bearing> {
    if !(Validity { from: to.from, to: to.to }).holds_on(as_of) {
        return None;
    }
    if !to.is_for_any_class() {
        return (*to.class == *class).then_some(Bearing::Licence);
    }
    match &*to.standing {
        LETTER => has_letter.then_some(Bearing::Licence),
        _ if is_american => Some(Bearing::Licence),
        _ => Some(Bearing::Origin),
    }
}

/// Everything that clauses look at.
pub(super) struct Case<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) day: Date,
    pub(super) subject: &'a Subject<'a>,
    pub(super) class: &'a Class,
    pub(super) to: Option<CountryCode>,
    pub(super) parties: &'a [PartyFacts],
    pub(super) seats: &'a [CountryCode],
}

impl<'a> Case<'a> {
    pub(super) fn facts(&self) -> Facts<'a> {
        Facts {
            catalog: self.catalog,
            day: self.day,
            class: self.class.paragraph(),
            figures: &self.subject.figures,
            product: self.subject.id,
            to: self.to,
            seats: self.seats,
            designers: &self.subject.designers,
            fabricated_in: self.subject.fabricated_in,
        }
    }

    fn bearing(&self, row: &Destination) -> Option<Bearing> {
        let subject = self.subject;
        bears(row, subject.letter.is_some(), subject.is_american(), self.class.paragraph(), self.day)
    }
}

/// What the rows of destinations say; what they leave open goes to `silent`.
pub(super) fn destinations(case: &Case<'_>, silent: &mut Vec<String>) -> Vec<StepRow> {
    let Some(to) = case.to else { return Vec::new() };
    let mut steps = Vec::new();
    let mut asks_seats = false;
    for row in &case.catalog.tables().destination {
        let Some(bearing) = case.bearing(row) else {
            let members = || case.catalog.group_members(&row.set, case.day);
            // letters went out before the first one that a row tells of
            if !row.headquarters && &*row.standing == LETTER && members().is_some_and(|all| all.contains(&to)) {
                silent.push("individual \"is informed\" letters to companies are not evaluated".to_owned());
            }
            continue;
        };
        if row.headquarters {
            asks_seats |= to.as_str() != "US" && &*row.standing != LETTER;
            steps.extend(headquarters(case, row, to));
        } else {
            steps.extend(destination(case, row, to, bearing));
        }
    }
    if asks_seats && case.parties.is_empty() {
        silent.push("the headquarters rule: no party was named (--end-user, --end-user-parent)".to_owned());
    }
    steps
}

fn destination(case: &Case<'_>, row: &Destination, to: CountryCode, bearing: Bearing) -> Option<StepRow> {
    let is_member = case.catalog.group_members(&row.set, case.day).is_some_and(|members| members.contains(&to));
    let parts = case.catalog.group_parts(&row.set, to, case.day);
    if !is_member && parts.is_empty() {
        return None;
    }
    let about = match &*row.standing {
        LETTER => "letter",
        _ if row.is_for_any_class() => "embargo",
        _ => "destination",
    };
    let (answer, text) = match bearing {
        Bearing::Origin => (
            Answer::Indeterminate,
            "embargoed or specially controlled destination; whether a product designed outside the US is subject to \
             that law is open"
                .to_owned(),
        ),
        Bearing::Licence if !is_member => (Answer::LicenceRequired, format!("for {} only", parts.join(", "))),
        Bearing::Licence => {
            (Answer::LicenceRequired, format!("{to}: {}", case.catalog.why_in_group(&row.set, to, case.day)))
        }
    };
    let mut step = of_row(case, row, about, answer, text);
    // the rest of the country is another question
    step.counts &= is_member;
    Some(step)
}

fn headquarters(case: &Case<'_>, row: &Destination, to: CountryCode) -> Vec<StepRow> {
    if to.as_str() == "US" {
        return Vec::new();
    }
    let members = case.catalog.group_members(&row.set, case.day).unwrap_or_default();
    let mut steps = Vec::new();
    for party in case.parties {
        let seated: Vec<&SeatFact> = party.seats.iter().filter(|seat| members.contains(&seat.country)).collect();
        for seat in &seated {
            let text = format!("{}: {}", party.role, seat.why);
            let mut step = of_row(case, row, "headquarters", Answer::LicenceRequired, text);
            step.verify(row.verification.min(seat.verification));
            steps.push(step);
        }
        if party.seats.is_empty() {
            let text = format!("{}: the seat of its last owner is not known; --end-user-parent says it", party.role);
            steps.push(of_row(case, row, "headquarters", Answer::Indeterminate, text));
        }
    }
    steps
}

fn of_row(case: &Case<'_>, row: &Destination, about: &str, answer: Answer, text: String) -> StepRow {
    let enforcement = row.enforcement_on(case.day);
    let mut step = StepRow::new(&row.id, about, answer, text);
    step.counts = matches!(enforcement, Enforcement::Enforced | Enforcement::Unknown);
    if enforcement == Enforcement::Unknown {
        step.result = step.result.min(Answer::Indeterminate);
    }
    step.standing = Some(row.standing.to_string());
    step.enforcement = match enforcement {
        Enforcement::Enforced if &*row.standing == LETTER => "by company letter, in no printed rule".to_owned(),
        other => other.as_str().to_owned(),
    };
    row.certainty.as_str().clone_into(&mut step.certainty);
    step.policy = row.policy.as_deref().map(str::to_owned);
    if &*row.standing == LETTER {
        step.notes.extend(case.subject.letter.map(str::to_owned));
    }
    step.notes.extend(row.note.as_deref().map(str::to_owned));
    let during = Validity { from: row.from, to: row.to };
    step.cite(&row.citation, during, row.verification, row.review_by, case.day);
    step
}

/// What guidance says of the product, and of where it goes.
pub(super) fn guidance(case: &Case<'_>) -> Vec<StepRow> {
    let facts = case.facts();
    let rows = case.catalog.tables().guidance.iter();
    rows.filter(|row| Validity { from: row.from, to: row.to }.holds_on(case.day))
        .filter_map(|row| match facts.fit(&row.when) {
            Fit::No => None,
            Fit::Yes => Some(of_guidance(case, row)),
            Fit::Open(input) => {
                let mut step = of_guidance(case, row);
                step.result = step.result.min(Answer::Indeterminate);
                step.notes.push(format!("whether it speaks of this product hangs on its {}", input.as_str()));
                Some(step)
            }
        })
        .collect()
}

fn of_guidance(case: &Case<'_>, row: &Guidance) -> StepRow {
    let enforcement = row.enforcement_on(case.day);
    let (answer, counts) = match row.effect {
        GuidanceEffect::Prohibited => (Answer::Prohibited, true),
        GuidanceEffect::Licence => (Answer::LicenceRequired, true),
        GuidanceEffect::Open => (Answer::Indeterminate, true),
        GuidanceEffect::Note => (Answer::NoLicenceRequired, false),
    };
    let mut step = StepRow::new(&row.id, "guidance", answer, format!("{}: {}", row.title, row.text));
    step.counts = counts && matches!(enforcement, Enforcement::Enforced | Enforcement::Unknown);
    enforcement.as_str().clone_into(&mut step.enforcement);
    row.certainty.as_str().clone_into(&mut step.certainty);
    step.regime = row.regime.to_string();
    step.conditions = row.conditions.iter().map(ToString::to_string).collect();
    let during = Validity { from: row.from, to: row.to };
    step.cite(&row.citation, during, row.verification, row.review_by, case.day);
    step
}

/// The class itself, where it is open and somebody asks where the product may go. Whatever it is, no licence is asked for
/// where no clause of any class speaks of the place and the parties.
pub(super) fn open_class(case: &Case<'_>) -> Option<StepRow> {
    let to = case.to?;
    if case.class.class != INDETERMINATE {
        return None;
    }
    let missing = case.class.missing.join(", ");
    let law = Law::on(case.catalog, case.day);
    let is_free = !law.is_silent() && !case.catalog.tables().destination.iter().any(|row| may_ask(case, row, to));
    let (answer, text) = if is_free {
        (Answer::NoLicenceRequired, format!("indeterminate ({missing}); for {to} no class asks for a licence"))
    } else {
        (Answer::Indeterminate, format!("class indeterminate: {missing}"))
    };
    let mut step = StepRow::new("class", "class", answer, text);
    step.verify(case.subject.verification);
    Some(step)
}

/// True when a row for some class asks for a licence there, or for one of the parties.
fn may_ask(case: &Case<'_>, row: &Destination, to: CountryCode) -> bool {
    let is_of_day = Validity { from: row.from, to: row.to }.holds_on(case.day)
        && matches!(row.enforcement_on(case.day), Enforcement::Enforced | Enforcement::Unknown);
    if row.is_for_any_class() || !is_of_day {
        return false;
    }
    let members = case.catalog.group_members(&row.set, case.day).unwrap_or_default();
    if row.headquarters {
        let mut parties = case.parties.iter().map(|party| &party.seats);
        let may_be =
            |seats: &Vec<SeatFact>| seats.is_empty() || seats.iter().any(|seat| members.contains(&seat.country));
        return to.as_str() != "US" && parties.any(may_be);
    }
    members.contains(&to)
}
