//! Names as BIS and the State Department write them: with legal phrases, aliases in parentheses and characters that were
//! lost on the way.

use super::cells::{Build as _, squeeze};
use crate::lists::{NameRole, Party};

/// Phrases after which a name ends.
const ENDS: &[&str] = &[
    "; and any successor",
    ", and any successor",
    "; any successor",
    "and any successor, sub-unit",
    "; and all subsidiaries",
    ", including all operating units",
    "; including all operating units",
    ", wherever located",
    ", its successors",
    "; its successors",
    ", and its sub-units",
];

/// Adds the name and the aliases in it.
pub(super) fn add_names(party: &mut Party, text: &str) {
    let text = repaired(&squeeze(text));
    let lower = text.to_ascii_lowercase();
    let end = ENDS.iter().filter_map(|phrase| lower.find(phrase)).min().unwrap_or(text.len());
    let text = text[..end].trim();
    let text =
        text.strip_prefix("Affiliated Entity:").or_else(|| text.strip_prefix("Affiliated Entities:")).unwrap_or(text);
    let (text, inside) = without_parentheses(text);
    let mut pieces = split_known(&text);
    let (first, main) = if pieces.is_empty() { (NameRole::Primary, String::new()) } else { pieces.remove(0) };
    let role = match first {
        _ if party.names.is_empty() => NameRole::Primary,
        NameRole::Former => NameRole::Former,
        _ => NameRole::Alias,
    };
    party.add_name(&main, role, false);
    for (role, name) in pieces.into_iter().chain(inside) {
        party.add_name(&name, role, false);
    }
}

/// `?` in a word stands for an apostrophe that was lost.
pub(super) fn repaired(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphabetic());
    let lost = |at: usize| letter(at.checked_sub(1)) && letter(Some(at + 1));
    chars.iter().enumerate().map(|(at, c)| if *c == '?' && lost(at) { '\'' } else { *c }).collect()
}

/// Takes out aliases and abbreviations in parentheses; places and the like stay.
fn without_parentheses(text: &str) -> (String, Vec<(NameRole, String)>) {
    let (mut out, mut found) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        let Some((inside, after)) = after.split_once(')') else { break };
        out.push_str(before);
        let known = split_known(inside);
        // before the first marker there is nothing, or the parenthesis is part of the name
        let abbreviation = (2..=12).contains(&inside.len())
            && inside.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '&'));
        if inside.trim_start().get(..5).is_some_and(|start| role_of(start).is_some()) {
            found.extend(known.into_iter().filter(|(_, name)| !name.is_empty()));
        } else if abbreviation {
            found.push((NameRole::Alias, inside.to_owned()));
        } else {
            out.push('(');
            out.push_str(inside);
            out.push(')');
        }
        rest = after;
    }
    out.push_str(rest);
    (squeeze(&out), found)
}

fn role_of(marker: &str) -> Option<NameRole> {
    match &*marker.to_ascii_lowercase() {
        marker if marker.starts_with("a.k.a") || marker.starts_with("d.b.a") => Some(NameRole::Alias),
        marker if marker.starts_with("f.k.a") => Some(NameRole::Former),
        _ => None,
    }
}

/// `X, a.k.a. Y; Z f.k.a. W`: the names, each with what it is.
fn split_known(text: &str) -> Vec<(NameRole, String)> {
    let mut all = Vec::new();
    let mut role = NameRole::Primary;
    let mut name = String::new();
    let close = |role: NameRole, name: &mut String, all: &mut Vec<(NameRole, String)>| {
        for piece in name.split(';') {
            let piece = piece.trim().trim_start_matches("and ").trim_start_matches("the following").trim();
            let piece = piece.trim_start_matches(['-', ':', ',', ' ']).trim_end_matches([',', ':', ' ']);
            let piece = piece.strip_suffix(" and").unwrap_or(piece);
            let role = if all.is_empty() || role != NameRole::Primary { role } else { NameRole::Alias };
            if !piece.is_empty() {
                all.push((role, piece.to_owned()));
            }
        }
        name.clear();
    };
    for word in text.split(' ') {
        let bare = word.trim_start_matches(['(', '"']);
        if let Some(found) = role_of(bare).filter(|_| bare.len() <= 8) {
            close(role, &mut name, &mut all);
            role = found;
            continue;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    close(role, &mut name, &mut all);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let mut party = Party::default();
        add_names(&mut party, text);
        party.names.iter().map(|name| format!("{:?} {}", name.role, name.text)).collect()
    }

    #[test]
    fn boilerplate_goes_and_aliases_stay() {
        assert_eq!(
            names("Sinobright Import and Export Company; and any successor, sub-unit, or subsidiary thereof"),
            ["Primary Sinobright Import and Export Company"]
        );
        assert_eq!(
            names(" Acme Institute of Xi?an (a.k.a. Xi?an Acme; the Acme Lab and f.k.a. Old Acme)"),
            ["Primary Acme Institute of Xi'an", "Alias Xi'an Acme", "Alias the Acme Lab", "Former Old Acme"]
        );
        assert_eq!(
            names("Academy of Aerospace Solid Propulsion Technology (AASPT)"),
            ["Primary Academy of Aerospace Solid Propulsion Technology", "Alias AASPT"]
        );
        assert_eq!(
            names("Acme (Shanghai) Co., Ltd., a.k.a. Acme SH, including all operating units wherever located"),
            ["Primary Acme (Shanghai) Co., Ltd.", "Alias Acme SH"]
        );
        assert_eq!(names("Why? Ltd"), ["Primary Why? Ltd"]);
        assert_eq!(names(""), Vec::<String>::new());
    }
}
