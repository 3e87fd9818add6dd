//! Finds what costs more than bytes: pieces of the seeds are repeated until a file is large, and the time of a
//! file twice as large is compared.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use sovaudit::scan::{ScannerMeta, Selector};

use crate::{check, form};

/// Bytes of the smaller file; the larger has four times as many.
const SMALL: usize = 64 << 10;

/// Shorter runs say nothing of growth.
const WORTH_A_LOOK: Duration = Duration::from_millis(400);

/// Times longer that four times the bytes may take.
const RATIO: f64 = 9.0;

/// Most lines that are repeated together.
const LINES: [usize; 4] = [1, 2, 4, 12];

/// Tries every seed of a scanner in `folder/ID/`, and tells what grows too fast; gives the number of those.
///
/// # Errors
/// When a seed cannot be read.
pub fn look(meta: &'static ScannerMeta, folder: &Path) -> std::io::Result<usize> {
    let names = form::names(&[meta]);
    let selector = Selector::only(|other| other.id == meta.id);
    let mut found = 0;
    let mut seeds: Vec<_> =
        fs::read_dir(folder.join(meta.id))?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    seeds.sort();
    seeds.retain(|path| path.to_string_lossy().ends_with("-alone"));
    for seed in seeds {
        let files = form::files(&fs::read(&seed)?, &names);
        let Some((path, content)) = files.first() else { continue };
        let text = String::from_utf8_lossy(content).into_owned();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for size in LINES {
            for at in (0..lines.len().saturating_sub(size - 1)).step_by(size.div_ceil(2)) {
                for numbered in [false, true] {
                    let time = |bytes| {
                        let large = grown(&lines, at, size, bytes, numbered);
                        let start = Instant::now();
                        let facts = check::scan(&[(path.clone(), large.into_bytes())], &selector).len();
                        (start.elapsed(), facts)
                    };
                    let (large, facts) = time(4 * SMALL);
                    if large < WORTH_A_LOOK {
                        continue;
                    }
                    let (small, _) = time(SMALL);
                    let ratio = large.as_secs_f64() / small.as_secs_f64().max(0.001);
                    if ratio > RATIO {
                        found += 1;
                        println!(
                            "{}: {} lines {}..{}{}: {small:.0?} and {large:.0?}, {ratio:.0} times, {facts} components",
                            meta.id,
                            seed.file_name().unwrap_or_default().to_string_lossy(),
                            at + 1,
                            at + size,
                            if numbered { " numbered" } else { "" },
                        );
                    }
                }
            }
        }
    }
    Ok(found)
}

/// The text with some of its lines repeated up to so many bytes; with numbers, every copy has names of its own.
fn grown(lines: &[&str], at: usize, size: usize, bytes: usize, numbered: bool) -> String {
    let piece = lines[at..at + size].concat();
    let mut out = lines[..at].concat();
    let mut number = 0;
    while out.len() < bytes {
        number += 1;
        if numbered {
            out.push_str(&with_number(&piece, number));
        } else {
            out.push_str(&piece);
        }
    }
    out.push_str(&lines[at + size..].concat());
    out
}

/// A number after the first word of two letters or more in each line.
fn with_number(piece: &str, number: usize) -> String {
    let mut out = String::with_capacity(piece.len() + 8);
    for line in piece.split_inclusive('\n') {
        let letter = |c: char| c.is_ascii_alphabetic();
        let start = line.find(|c: char| letter(c)).unwrap_or(line.len());
        let end = line[start..].find(|c: char| !letter(c)).map_or(line.len(), |at| start + at);
        out.push_str(&line[..end]);
        if end > start + 1 {
            out.push_str(&number.to_string());
        }
        out.push_str(&line[end..]);
    }
    out
}
