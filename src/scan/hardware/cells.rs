//! Counts and dates as lists of assets write them.

use crate::model::Date;

/// A count: one where nothing is said, nothing where what is said is no number.
pub(super) fn number(text: Option<&str>) -> Option<u64> {
    let Some(text) = text else { return Some(1) };
    let text = text.trim();
    let found = match text.split_once('.') {
        // `8.0` as sheets write it
        Some((whole, rest)) if rest.len() < 3 && rest.bytes().all(|byte| byte == b'0') => grouped(whole, ',')?,
        // `1.200` can only be meant as groups, `1.000` may be one or a thousand
        Some((_, "000")) => return None,
        Some(_) => grouped(text, '.')?,
        None => [',', ' ', '\u{a0}'].into_iter().find_map(|between| grouped(text, between))?,
    };
    (found <= 100_000_000).then_some(found)
}

/// `1,200,000`: digits, in groups of three where there are several.
fn grouped(text: &str, between: char) -> Option<u64> {
    let sound = text.split(between).enumerate().all(|(at, group)| {
        group.bytes().all(|byte| byte.is_ascii_digit()) && if at == 0 { !group.is_empty() } else { group.len() == 3 }
    });
    let first = text.split(between).next().unwrap_or_default();
    let plain: String = text.chars().filter(|c| *c != between).collect();
    (sound && (first.len() <= 3 || plain == text)).then(|| plain.parse().ok()).flatten()
}

/// True for a day, and for a year or a month that stands for its days.
pub(super) fn is_date(text: &str) -> bool {
    Date::parse(text).is_some()
        || Date::parse(&format!("{text}-01")).is_some()
        || Date::parse(&format!("{text}-01-01")).is_some()
}

/// A day as `2027-06-30`, from the orders that leave no doubt; anything else as written.
pub(super) fn day(text: &str) -> String {
    let text = text.trim();
    let date = text.get(..10).filter(|date| Date::parse(date).is_some());
    if let Some(date) = date {
        return date.to_owned();
    }
    let parts: Vec<&str> = text.split('.').collect();
    if let [day, month, year] = parts.as_slice()
        && year.len() == 4
        && let (Ok(day), Ok(month)) = (day.parse::<u8>(), month.parse::<u8>())
    {
        let date = format!("{year}-{month:02}-{day:02}");
        if Date::parse(&date).is_some() {
            return date;
        }
    }
    text.to_owned()
}
