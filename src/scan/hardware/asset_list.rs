//! Lists of assets as CSV: which accelerators stand where, how many, whose, since when and until when.

use std::borrow::Cow;

use super::assets::{Assets, Row};
use super::columns::{Column, Columns};
use crate::catalog::Catalog;
use crate::catalog::sku::{Asked, Sku};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::lines;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `asset-list`.
pub struct AssetList;

static META: ScannerMeta = ScannerMeta {
    id: "asset-list",
    title: "List of assets (CSV)",
    summary: "Accelerators and other hardware by site, country, holder, dates of purchase and refresh, and spares, from CSV with \
              a head line: columns are recognised by their words, or named under `[[asset-list]]` in `sovaudit.toml`. \
              Exports of NetBox are such lists. Rows are counted, serial numbers and host names are not kept.",
    files: &[
        "**/*{asset,inventory,inventa,bestand,hardware,gpu,accelerator,fleet,netbox,device,dcim,server,cmdb}*.{csv,tsv}",
        "**/*{Asset,Inventory,Inventa,Bestand,Hardware,GPU,Accelerator,Fleet,NetBox,Device,DCIM,Server,CMDB}*.{csv,tsv}",
    ],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Cluster, ComponentKind::Accelerator, ComponentKind::Device, ComponentKind::Jurisdiction],
    reference: "https://www.rfc-editor.org/rfc/rfc4180",
};

/// Lines before the head: titles, dates of the export.
const TITLES: usize = 10;
/// Longest name of an accelerator in a cell.
const LONGEST: usize = 64;

impl Scanner for AssetList {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let mapping = input.assets.iter().find(|mapping| mapping.is_about(file.path()));
        let Some((columns, delimiter, start)) = head(file.text(), mapping, input.catalog) else {
            if mapping.is_some() {
                let message = "no line near the beginning names the columns that `sovaudit.toml` maps";
                out.problem(DiagnosticKind::Malformed, file, None, message);
            } else if let Some((name, at)) = named(file.text(), input.catalog) {
                let message = format!(
                    "`{name}` is an accelerator, and no line near the beginning has heads that are known; name the list's \
                     own under `[[asset-list]]` in sovaudit.toml: files = \"{}\", columns = {{ accelerator = \"…\", \
                     count = \"…\", site = \"…\" }}",
                    file.path()
                );
                out.problem(DiagnosticKind::Unresolved, file, Some(at), message);
            }
            return Ok(());
        };
        let mut assets = Assets::new(file, input.catalog);
        let mut misshapen = 0_usize;
        read(file, delimiter, start, |record, place| {
            if record.len() < columns.least() {
                misshapen += 1;
                return;
            }
            let mut row = Row { place, ..Row::default() };
            fill(&mut row, record, &columns, file.text());
            if let Some(mapping) = mapping {
                mapping.complete(&mut row);
            }
            assets.add(&row);
        });
        if misshapen > 0 && !assets.is_empty() {
            let message = format!("{misshapen} rows have fewer columns than the head names and were not read");
            out.problem(DiagnosticKind::Malformed, file, None, message);
        }
        assets.write(out);
        Ok(())
    }
}

/// The first cell that names an accelerator by its maker or by at least two words, in a table whose heads nobody knows.
fn named<'t>(text: &'t str, catalog: &Catalog) -> Option<(&'t str, Span)> {
    const ROWS: usize = 50;
    lines(text).take(ROWS).find_map(|line| {
        let cells: Vec<&str> =
            line.text.split([',', ';', '\t', '|']).map(|cell| cell.trim().trim_matches('"')).collect();
        let is_name = |cell: &&&str| {
            cell.contains([' ', '-'])
                && cell.len() < LONGEST
                && !matches!(catalog.sku(Asked { name: Some(cell), ..Asked::default() }), Sku::Unknown)
        };
        let cell = cells.iter().filter(|_| cells.len() > 1).find(is_name)?;
        let at = line.span.start + line.text.find(cell)?;
        Some((*cell, Span::new(at, at + cell.len())))
    })
}

/// The columns, the delimiter, and where the rows begin.
fn head(text: &str, mapping: Option<&crate::scan::AssetMapping>, catalog: &Catalog) -> Option<(Columns, u8, usize)> {
    for line in lines(text).take(TITLES) {
        for delimiter in [b',', b';', b'\t', b'|'] {
            if !line.text.as_bytes().contains(&delimiter) && delimiter != b',' {
                continue;
            }
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(delimiter)
                .from_reader(line.text.as_bytes());
            let mut record = csv::StringRecord::new();
            if !reader.read_record(&mut record).unwrap_or(false) {
                continue;
            }
            let columns = match mapping {
                Some(mapping) => mapping.columns(&record, catalog),
                None => Columns::recognise(&record, catalog),
            };
            if let Some(columns) = columns {
                let after = (line.span.end + 1).min(text.len());
                let start = if text[line.span.end..].starts_with('\r') { after + 1 } else { after };
                return Some((columns, delimiter, start.min(text.len())));
            }
        }
    }
    None
}

fn read(file: &SourceFile, delimiter: u8, start: usize, mut each: impl FnMut(&csv::StringRecord, Span)) {
    let text = file.text();
    // a position between characters cannot happen: what lies before is a line break
    let rest = text.get(start..).unwrap_or_default();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(rest.as_bytes());
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).unwrap_or(false) {
        let at = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let at = start.saturating_add(at).min(text.len());
        // the position is that of the end of the line before
        let skipped = text[at..].len() - text[at..].trim_start_matches(['\n', '\r']).len();
        let at = at + skipped;
        // where the reader stands now: rows may end with a lone carriage return
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        each(&record, Span::new(at, start.saturating_add(end).clamp(at, text.len())));
    }
}

fn fill<'r>(row: &mut Row<'r>, record: &'r csv::StringRecord, columns: &Columns, text: &str) {
    let get = |column: Column| {
        let value = columns.at(column).and_then(|at| record.get(at)).map(str::trim)?;
        (!value.is_empty()).then_some(value)
    };
    row.accelerator = get(Column::Accelerator);
    row.model = get(Column::Model);
    row.maker = get(Column::Maker);
    row.pci = get(Column::Pci);
    row.sort = get(Column::Sort);
    row.site = get(Column::Site).map(Cow::Borrowed);
    row.country = get(Column::Country).map(Cow::Borrowed);
    row.holder = get(Column::Holder).map(Cow::Borrowed);
    row.operator = get(Column::Operator).map(Cow::Borrowed);
    row.purchased = get(Column::Purchased);
    row.refresh = get(Column::Refresh);
    row.status = get(Column::Status);
    row.spares = get(Column::Spares);
    row.is_of_machines = columns.at(Column::Accelerator).is_some() && columns.at(Column::Model).is_some();
    row.count = get(Column::Count);
    row.each = get(Column::Each);
    // the cell alone: a row holds serial numbers
    let line = &text[row.place.start..row.place.end];
    let cell = row.accelerator.or(row.model).or(row.pci).unwrap_or_default();
    row.place = match line.find(cell).filter(|_| !cell.is_empty()) {
        Some(at) => Span::new(row.place.start + at, row.place.start + at + cell.len()),
        None => Span::new(row.place.start, row.place.start),
    };
}
