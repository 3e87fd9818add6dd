//! Citations and notes as they could be written on a day: rows cite what was published later too.

use std::sync::LazyLock;

use regex::Regex;

use super::rows::StepRow;
use crate::model::Date;

/// Year before the first volume of the Federal Register.
const BEFORE_FIRST_VOLUME: u16 = 1935;

/// `2026-05-31` with the word before it, or `91 FR 1684`.
static DATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:(\w+) +)?\(?\b(\d{4}-\d{2}-\d{2})\b|\b(\d{2}) FR \d").expect("constant pattern, tested")
});

/// Words before a date that stands for a rule's own days and not for when something happened.
const OF_RULES: [&str; 8] = ["from", "since", "until", "till", "by", "before", "after", "to"];

/// The parts of a text, between semicolons, that were known on the day; the whole text when none was.
pub(super) fn on_day(text: &str, day: Date) -> String {
    let known: Vec<&str> = text.split("; ").filter(|part| !is_later(part, day)).collect();
    if known.is_empty() { text.to_owned() } else { known.join("; ") }
}

/// Rewrites what a step cites and notes.
pub(super) fn rewrite(step: &mut StepRow, day: Date) {
    if let Some(citation) = &mut step.citation {
        *citation = on_day(citation, day);
    }
    for note in &mut step.notes {
        *note = on_day(note, day);
    }
}

fn is_later(part: &str, day: Date) -> bool {
    DATED.captures_iter(part).any(|found| match (found.get(2), found.get(3)) {
        (Some(date), _) => {
            let is_of_rule = found.get(1).is_some_and(|word| OF_RULES.contains(&&*word.as_str().to_ascii_lowercase()));
            !is_of_rule && Date::parse(date.as_str()).is_some_and(|date| date > day)
        }
        (None, Some(volume)) => {
            let year = volume.as_str().parse::<u16>().map_or(0, |volume| BEFORE_FIRST_VOLUME + volume);
            Date::parse(&format!("{year}-01-01")).is_some_and(|first| first > day)
        }
        (None, None) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_parts_are_left_out() {
        let day = |text: &str| Date::parse(text).expect("a day");
        let law = "15 CFR 742.6(b)(10); 88 FR 73458; 91 FR 1684";
        assert_eq!(on_day(law, day("2023-12-01")), "15 CFR 742.6(b)(10); 88 FR 73458");
        assert_eq!(on_day(law, day("2026-02-01")), law);
        assert_eq!(on_day("15 CFR 742.6; BIS guidance of 2026-05-31", day("2026-05-30")), "15 CFR 742.6");
        let note = "compliance from 2025-05-15; BIS announced on 2025-05-13 that it does not enforce";
        assert_eq!(on_day(note, day("2025-03-01")), "compliance from 2025-05-15");
        assert_eq!(on_day(note, day("2025-05-13")), note);
        assert_eq!(on_day("91 FR 1684 (2026-01-15)", day("2020-01-01")), "91 FR 1684 (2026-01-15)", "never nothing");
    }
}
