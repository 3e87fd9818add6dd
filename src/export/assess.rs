//! One assessment: all clauses are asked, all that speak are told, the weightiest gives the answer.

use super::answer::Answer;
use super::change;
use super::class::Class;
use super::figures::Figures;
use super::law::Law;
use super::party::{self, PartyFacts, SeatFact};
use super::past;
use super::review;
use super::rows::{
    Assessment, ClassRow, FigureRow, MachineRow, PartyRow, PolicyRow, ProductRow, RateRow, SeatRow, StepRow,
};
use super::steps::{self, Case};
use super::subject::Subject;
use crate::catalog::Catalog;
use crate::model::{CountryCode, Date, Verification};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Destination.
    pub to: Option<CountryCode>,
    /// Parties to the export.
    pub parties: Vec<PartyFacts>,
    /// The machine by which the product was named.
    pub machine: Option<MachineRow>,
}

impl Question {
    /// Goods that go to a country, for a party that is seated in another.
    #[must_use]
    pub fn with_seat(to: CountryCode, country: CountryCode) -> Self {
        let seat = SeatFact { country, why: String::new(), verification: Verification::TwoSource };
        let party = PartyFacts { role: "operator".to_owned(), seats: vec![seat], ..PartyFacts::default() };
        Self { to: Some(to), parties: vec![party], machine: None }
    }
}

/// What the law of a day says, without what would change it.
pub(super) struct Verdict {
    pub(super) class: Class,
    pub(super) answer: Answer,
    pub(super) policy: Option<PolicyRow>,
    pub(super) steps: Vec<StepRow>,
    pub(super) silent: Vec<String>,
}

/// What the law of a day says of a product.
#[must_use]
pub fn assess(catalog: &Catalog, subject: &Subject<'_>, question: &Question, day: Date) -> Assessment {
    let seats = seats(question);
    let verdict = judge(catalog, subject, question, &seats, day);
    let case = case(catalog, subject, question, &seats, &verdict.class, day);
    let exceptions = review::exceptions(&case, &verdict.steps);
    let holds = exceptions.iter().any(|row| row.state == "applies to this party");
    let changes = change::changes(&case, question, &verdict);
    let answer_text = words(&verdict, question, holds);
    Assessment {
        schema: "sovaudit-classify/1".to_owned(),
        rules: catalog.manifest().set.to_string(),
        as_of: day.to_string(),
        product: product(subject, day),
        family: None,
        machine: question.machine.clone(),
        figures: figures(subject, &verdict.class),
        class: class_row(&verdict.class, day),
        to: question.to,
        parties: question.parties.iter().map(party_row).collect(),
        answer: verdict.answer,
        answer_text,
        review: verdict.policy,
        steps: verdict.steps,
        exceptions,
        changes,
        not_evaluated: verdict.silent,
        disclaimer: "By the clauses evaluated; no legal advice.".to_owned(),
    }
}

/// The rule or guidance that prohibits dealing in a product itself, wherever it goes.
#[must_use]
pub fn prohibition(catalog: &Catalog, subject: &Subject<'_>, day: Date) -> Option<StepRow> {
    let verdict = judge(catalog, subject, &Question::default(), &[], day);
    verdict.steps.into_iter().find(|step| step.counts && step.result == Answer::Prohibited)
}

/// Where the parties are seated.
pub(super) fn seats(question: &Question) -> Vec<CountryCode> {
    question.parties.iter().flat_map(|party| &party.seats).map(|seat| seat.country).collect()
}

fn case<'a>(
    catalog: &'a Catalog,
    subject: &'a Subject<'a>,
    question: &'a Question,
    seats: &'a [CountryCode],
    class: &'a Class,
    day: Date,
) -> Case<'a> {
    Case { catalog, day, subject, class, to: question.to, parties: &question.parties, seats }
}

/// Asks every clause.
pub(super) fn judge(
    catalog: &Catalog,
    subject: &Subject<'_>,
    question: &Question,
    seats: &[CountryCode],
    day: Date,
) -> Verdict {
    let class = subject.class(&Law::on(catalog, day));
    let case = case(catalog, subject, question, seats, &class, day);
    let mut silent = Vec::new();
    let mut steps: Vec<StepRow> = steps::destinations(&case, &mut silent);
    steps.extend(steps::open_class(&case));
    steps.extend(question.parties.iter().flat_map(|party| party::steps(catalog, party, day)));
    steps.extend(steps::guidance(&case));
    steps.iter_mut().for_each(|step| past::rewrite(step, day));
    steps.sort_by_key(|step| (!step.counts, std::cmp::Reverse(step.result)));
    let counting = steps.iter().filter(|step| step.counts).map(|step| step.result).max();
    let asked = if question.to.is_some() { Answer::NoLicenceRequired } else { Answer::ClassOnly };
    // without a destination only what holds wherever the product goes is an answer
    let of_party = steps.iter().filter(|step| step.counts && matches!(&*step.about, "party" | "ownership"));
    let anywhere = of_party.map(|step| step.result).max().filter(|answer| *answer >= Answer::LicenceRequired);
    let counting = counting.filter(|answer| question.to.is_some() || *answer == Answer::Prohibited).max(anywhere);
    let answer = counting.map_or(asked, |answer| answer.max(asked));
    let mut policy = needs_review(&steps).then(|| review::policy(&case)).flatten();
    if let Some(policy) = &mut policy {
        policy.citation = past::on_day(&policy.citation, day);
    }
    silent.dedup();
    Verdict { class, answer, policy, steps, silent }
}

/// True where a clause of class or place asks for a licence.
fn needs_review(steps: &[StepRow]) -> bool {
    let asks = |step: &StepRow| matches!(&*step.about, "destination" | "headquarters" | "embargo");
    steps.iter().any(|step| asks(step) && step.counts && step.result >= Answer::LicenceRequired)
}

fn words(verdict: &Verdict, question: &Question, holds: bool) -> String {
    let mut text = verdict.answer.words().to_owned();
    let parts = verdict.steps.iter().find(|step| step.text.starts_with("for ") && step.about == "embargo");
    match verdict.answer {
        Answer::LicenceRequired if question.to.is_none() => {
            return format!("{text} for this party, wherever the product goes; name a destination with --to for more");
        }
        Answer::NoLicenceRequired if parts.is_some() => {
            text = "no licence required elsewhere by the clauses evaluated".to_owned();
        }
        Answer::LicenceRequired if holds => text.push_str(", unless the carve-out for this party is used"),
        Answer::LicenceRequired => {
            if let Some(policy) = &verdict.policy {
                text.push_str(&format!("; {}", policy.policy));
            }
        }
        _ => {}
    }
    let printed = verdict.steps.iter().any(|step| !step.counts && step.about == "destination");
    if printed && verdict.answer == Answer::NoLicenceRequired && question.to.is_some() {
        text.push_str("; the printed text, which is not enforced, asks for one");
    }
    text
}

fn product(subject: &Subject<'_>, day: Date) -> ProductRow {
    ProductRow {
        id: subject.id.to_owned(),
        name: subject.product.to_owned(),
        designer: subject.designer.map(str::to_owned),
        ultimate_parent: subject.parent.map(str::to_owned),
        designer_seats: subject.designers.clone(),
        foundry: subject.foundry.map(str::to_owned),
        fabricated_in: subject.fabricated_in.to_vec(),
        segment: subject.segment.to_owned(),
        data_centre: subject.figures.data_centre,
        source: past::on_day(subject.source, day),
        verification: subject.verification.as_str().to_owned(),
        part_of_name: None,
    }
}

fn figures(subject: &Subject<'_>, class: &Class) -> FigureRow {
    let known: &Figures = &subject.figures;
    let rates = subject.row.iter().flat_map(|row| &row.dense).filter_map(|(name, text)| {
        let rate = super::Rate::read(name, text);
        let tera = rate.map_or_else(|| text.trim().parse().ok(), |rate| Some(rate.tera))?;
        let performance = rate.map(super::Rate::performance);
        Some(RateRow { precision: name.to_string(), tera, bits: rate.map(|rate| rate.bits), performance })
    });
    let mut arithmetic = class.arithmetic();
    if let (Some(density), Some(bandwidth), Some(area)) = (known.memory_density(), known.bandwidth, known.memory_area) {
        arithmetic.push_str(&format!("{density:.2} GB/s per mm2 = {bandwidth} / {area}"));
    }
    FigureRow {
        rates: rates.collect(),
        die_area_mm2: known.area,
        interconnect_gbs: known.interconnect,
        memory_bandwidth_gbs: known.bandwidth,
        tpp: known.tpp(),
        performance_density: known.density(),
        memory_bandwidth_density: known.memory_density(),
        arithmetic,
    }
}

fn class_row(class: &Class, day: Date) -> ClassRow {
    ClassRow {
        class: class.class.clone(),
        criterion: class.criterion.clone(),
        citation: class.legal.as_deref().map(|legal| past::on_day(legal, day)),
        verification: class.verification.map(|mark| mark.as_str().to_owned()),
        inherits: class.inherits.clone(),
        missing: class.missing.iter().map(|word| (*word).to_owned()).collect(),
        bounds: class.bounds.clone(),
    }
}

fn party_row(party: &PartyFacts) -> PartyRow {
    let seats = party.seats.iter().map(|seat| SeatRow {
        country: seat.country,
        why: seat.why.clone(),
        verification: seat.verification.as_str().to_owned(),
    });
    PartyRow {
        role: party.role.clone(),
        name: party.name.clone(),
        organisation: party.organisation.clone(),
        seats: seats.collect(),
        entries: party.listed.len(),
    }
}
