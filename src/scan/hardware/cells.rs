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

/// A day as `2027-06-30`, where what is written can be read in one way only; anything else as written.
pub(super) fn day(text: &str) -> String {
    let text = text.trim();
    let date = text.get(..10).filter(|date| Date::parse(date).is_some());
    if let Some(date) = date {
        return date.to_owned();
    }
    match readings(text).as_slice() {
        [one] => one.clone(),
        _ => text.to_owned(),
    }
}

/// The days that a date of three numbers may mean, as `2027-06-30`: with dots the day comes first, with strokes the day or
/// the month, and a year in front is followed by the month.
pub(super) fn readings(text: &str) -> Vec<String> {
    // sheets write the hour behind the day
    let date = text.split_whitespace().next().unwrap_or_default();
    let Some(between) = ['.', '/', '-'].into_iter().find(|sign| date.contains(*sign)) else { return Vec::new() };
    let parts: Vec<&str> = date.split(between).collect();
    let [first, second, third] = parts.as_slice() else { return Vec::new() };
    let number = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() <= 2);
    let read = |year: &str, month: &str, day: &str| {
        let date = format!("{year}-{:02}-{:02}", number(month)?, number(day)?);
        Date::parse(&date).filter(|_| year.len() == 4).map(|_| date)
    };
    let orders = match between {
        '.' => [read(third, second, first), None],
        _ if first.len() == 4 => [read(first, second, third), None],
        _ => [read(third, second, first), read(third, first, second)],
    };
    let mut found: Vec<String> = orders.into_iter().flatten().collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_where_one_reading_is_possible() {
        for (text, wanted) in [
            ("2027-06-30", "2027-06-30"),
            ("2027-06-30T00:00:00Z", "2027-06-30"),
            ("30.6.2027", "2027-06-30"),
            ("31/12/2027", "2027-12-31"),
            ("12/31/2027 0:00", "2027-12-31"),
            ("31-12-2027", "2027-12-31"),
            ("2027/12/31", "2027-12-31"),
            ("5/5/2027", "2027-05-05"),
            // either of two days, and none
            ("03/04/2027", "03/04/2027"),
            ("31/31/2027", "31/31/2027"),
            ("31/12/27", "31/12/27"),
            ("soon", "soon"),
        ] {
            assert_eq!(day(text), wanted, "{text}");
        }
        assert_eq!(readings("03/04/2027"), ["2027-04-03", "2027-03-04"]);
    }
}
