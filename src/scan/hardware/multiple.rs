//! Numbers that names in lists have: `8x H100 SXM5`, `NVIDIA L4 (4x)`, `A100 80GB PCIe x2`.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::catalog::Catalog;
use crate::catalog::sku::{Asked, Sku};

/// `8x H100`, `4 × NVIDIA L40S`, also behind the name of a server.
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s(,;+/])(\d{1,3}) ?[xX×*] ?[A-Za-z]").expect("constant pattern, tested"));

/// `(4x)`, `(x4)`, ` x2` at the end.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s*\((?:(\d{1,3}) ?[xX×]|[xX×] ?(\d{1,3}))\)\s*$|\s+[xX×] ?(\d{1,3})\s*$")
        .expect("constant pattern, tested")
});

/// How many accelerators a name says, and the name without the number. A number that is a part of the product's name
/// (`MLU370 X8`) or the width of its bus (`PCIe x16`) is none.
pub(super) fn split<'n>(name: &'n str, catalog: &Catalog) -> (u64, Cow<'n, str>) {
    let ids = |name: &str| match catalog.sku(Asked { name: Some(name), ..Asked::default() }) {
        Sku::One(row) => vec![&row.id],
        Sku::Several(rows) => rows.into_iter().map(|row| &row.id).collect(),
        Sku::Unknown => Vec::new(),
    };
    let number = |parts: &Captures<'_>| {
        let group = (1..parts.len()).find_map(|at| parts.get(at));
        group.and_then(|group| group.as_str().parse::<u64>().ok()).filter(|number| *number > 0)
    };
    for parts in BEFORE.captures_iter(name) {
        let Some((group, count)) = parts.get(1).zip(number(&parts)) else { continue };
        let rest = name[group.end()..].trim_start_matches([' ', 'x', 'X', '×', '*']);
        if !ids(rest).is_empty() {
            let before = name[..group.start()].trim_end_matches([' ', '(', ',', ';', '+', '/']);
            let whole = if before.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(format!("{before} {rest}")) };
            return (count, whole);
        }
    }
    if let Some(parts) = BEHIND.captures(name)
        && let Some((all, count)) = parts.get(0).zip(number(&parts))
        && !is_width(&name[..all.start()], count, parts.get(3).is_some())
    {
        let rest = &name[..all.start()];
        let product = ids(rest);
        // `X8` may be a part of the product's own name
        let own = format!("x{count}");
        let is_own = product.iter().any(|id| id.split('-').any(|part| *part == *own));
        if !product.is_empty() && !is_own && product == ids(name) {
            return (count, Cow::Borrowed(rest));
        }
    }
    (1, Cow::Borrowed(name))
}

/// `PCIe 4.0 x8` says how wide a bus is; so does `x16` wherever it stands without brackets.
fn is_width(before: &str, count: u64, is_bare: bool) -> bool {
    let last = before.rsplit([' ', '-']).find(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
    let last = last.unwrap_or_default().to_ascii_lowercase();
    let is_bus = last.starts_with("pci") || last.starts_with("gen");
    is_bare && count == 16 || is_bus && matches!(count, 1 | 4 | 8 | 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_names() {
        let catalog = Catalog::embedded();
        for (name, count, rest) in [
            ("8x H100 SXM5 80GB", 8, "H100 SXM5 80GB"),
            ("8xH100 SXM5", 8, "H100 SXM5"),
            ("4 x NVIDIA L40S", 4, "NVIDIA L40S"),
            ("NVIDIA L4 (4x)", 4, "NVIDIA L4"),
            ("NVIDIA L4 (x4)", 4, "NVIDIA L4"),
            ("A100 80GB PCIe x2", 2, "A100 80GB PCIe"),
            ("2× MI300X", 2, "MI300X"),
            ("PowerEdge R750xa, 2x NVIDIA L40S", 2, "PowerEdge R750xa NVIDIA L40S"),
            ("NVIDIA A2", 1, "NVIDIA A2"),
            ("MI300X", 1, "MI300X"),
            ("MLU370 X8", 1, "MLU370 X8"),
            ("MLU370-X8", 1, "MLU370-X8"),
            ("A100 80GB PCIe x16", 1, "A100 80GB PCIe x16"),
            ("NVIDIA L4 PCIe 4.0 x8", 1, "NVIDIA L4 PCIe 4.0 x8"),
            ("L40S x16", 1, "L40S x16"),
            ("Some Card 9000 x2", 1, "Some Card 9000 x2"),
            ("", 1, ""),
        ] {
            assert_eq!(split(name, &catalog), (count, Cow::Borrowed(rest)), "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_panics(name in ".{0,60}") {
            static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);
            let _ = split(&name, &CATALOG);
        }
    }
}
