//! Images that earlier runs have scanned, each with the digests of its layers, in a folder of the user beside the layers: so
//! that the base of a later image is known by its content.
//!
//! One small text file per image, named by its first layer and by what it is, written beside its place and moved there in one
//! step. Each ends with a digest of itself; one that is damaged counts as absent. A record is never changed: the day in it is
//! that of the first scan, so that the same cache gives the same answers.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::archive::Digest;
use super::kept;
use crate::model::purl::ImageReference;

/// Records that are kept; what was used longest ago goes.
const RECORDS: usize = 2_000;
/// Bytes of one record: an image of a thousand layers has less.
const LARGEST: u64 = 512 << 10;
/// Bytes of all records.
const ALL: u64 = 16 << 20;
const ENDING: &str = "image";
const FIRST_LINE: &str = "sovaudit-image 1";

/// An image as an earlier run saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRecord {
    /// The day of the scan that saw it first, UTC.
    pub day: String,
    /// Its reference, where it has one.
    pub reference: Option<ImageReference>,
    /// A name for people where it has none.
    pub name: String,
    /// Digest of its manifest, or of its configuration where there was no manifest.
    pub digest: Digest,
    /// True when `digest` is that of a manifest.
    pub has_manifest: bool,
    /// True when it came from the registry that its reference names.
    pub is_fetched: bool,
    /// Operating system and architecture, as its configuration states them: `linux/arm64`.
    pub platform: Option<String>,
    /// Digests of its layers as they are stored, compared with their content; bottom first.
    pub layers: Vec<String>,
    /// Digests of its layers unpacked, as its configuration lists them.
    pub diff_ids: Vec<String>,
}

/// The records of a user.
#[derive(Clone, Debug)]
pub struct ImageRecords {
    folder: PathBuf,
}

impl ImageRecords {
    /// Those of the user: `$XDG_CACHE_HOME/sovaudit/images` or `~/.cache/sovaudit/images`; `None` without a home.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        Some(Self::at(kept::folder()?.join("images")))
    }

    /// In a folder, which is made when something is to be kept.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The images that begin with the same layer as an image with these unpacked digests, in the order of their file names.
    #[must_use]
    pub fn beginning_with(&self, diff_ids: &[String]) -> Vec<ImageRecord> {
        let Some(first) = diff_ids.first() else { return Vec::new() };
        let start = format!("{}-", short(first));
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let fits = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            name.starts_with(&start) && path.extension().is_some_and(|ending| ending == ENDING)
        };
        let mut paths: Vec<PathBuf> = names.filter(fits).collect();
        paths.sort();
        paths.iter().filter_map(|path| read(path)).collect()
    }

    /// Keeps a record, unless it is there. That it cannot be kept is no failure of a scan.
    pub fn put(&self, record: &ImageRecord) {
        let Some(first) = record.diff_ids.first() else { return };
        let name = record.reference.as_ref().map_or_else(|| record.name.clone(), ImageReference::full_name);
        let what = format!("{name}\n{}\n{}", record.digest, record.is_fetched);
        let path = self.folder.join(format!("{}-{}", short(first), short(&what))).with_extension(ENDING);
        if read(&path).is_some() {
            kept::touch(&path);
        } else if self.write(&path, &written(record)).is_some() {
            kept::make_room(&self.folder, ENDING, RECORDS, ALL);
        }
    }

    fn write(&self, path: &Path, text: &str) -> Option<()> {
        if text.len() as u64 > LARGEST {
            return None;
        }
        kept::make_private(&self.folder)?;
        let mut file = tempfile::Builder::new().prefix(kept::NEW).tempfile_in(&self.folder).ok()?;
        file.write_all(text.as_bytes()).ok()?;
        file.persist(path).ok()?;
        Some(())
    }
}

/// The day of now, UTC.
#[must_use]
pub fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// 32 digits that stand for a text.
fn short(text: &str) -> String {
    let digest = Digest::sha256(text.as_bytes()).to_string();
    digest.split(':').next_back().unwrap_or_default().chars().take(32).collect()
}

/// One `word value` a line; the digest of all lines is the last.
fn written(record: &ImageRecord) -> String {
    let mut lines = vec![FIRST_LINE.to_owned(), format!("day {}", record.day)];
    if let Some(reference) = &record.reference {
        lines.push(format!("reference {}", reference.full_name()));
    }
    // a name may hold anything: as JSON it is one line
    lines.push(format!("name {}", serde_json::Value::from(record.name.as_str())));
    let what = if record.has_manifest { "manifest" } else { "configuration" };
    lines.push(format!("{what} {}", record.digest));
    lines.push(format!("fetched {}", record.is_fetched));
    // it may hold anything as well
    lines.extend(record.platform.as_ref().map(|text| format!("platform {}", serde_json::Value::from(text.as_str()))));
    lines.extend(record.layers.iter().map(|layer| format!("layer {layer}")));
    lines.extend(record.diff_ids.iter().map(|layer| format!("unpacked {layer}")));
    let text = lines.join("\n") + "\n";
    let sum = Digest::sha256(text.as_bytes());
    format!("{text}sum {sum}\n")
}

fn read(path: &Path) -> Option<ImageRecord> {
    let mut text = String::new();
    File::open(path).ok()?.take(LARGEST + 1).read_to_string(&mut text).ok()?;
    parsed(&text)
}

fn parsed(text: &str) -> Option<ImageRecord> {
    let (lines, sum) = text.strip_suffix('\n')?.rsplit_once("\nsum ")?;
    let lines = &text[..=lines.len()];
    if Digest::sha256(lines.as_bytes()).to_string() != sum {
        return None;
    }
    let mut lines = lines.lines();
    lines.next().filter(|line| *line == FIRST_LINE)?;
    let (mut day, mut name, mut digest) = (None, None, None);
    let (mut reference, mut has_manifest, mut is_fetched, mut platform) = (None, false, false, None);
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for line in lines {
        let (word, value) = line.split_once(' ')?;
        match word {
            "day" => day = Some(value.to_owned()),
            "reference" => reference = Some(ImageReference::parse(value)?),
            "name" => name = serde_json::from_str::<String>(value).ok(),
            "manifest" | "configuration" => {
                has_manifest = word == "manifest";
                digest = Digest::parse(value);
            }
            "fetched" => is_fetched = value == "true",
            // records of earlier versions have none
            "platform" => platform = serde_json::from_str::<String>(value).ok(),
            "layer" => layers.push(value.to_owned()),
            "unpacked" => diff_ids.push(value.to_owned()),
            _ => return None,
        }
    }
    Some(ImageRecord {
        day: day?,
        reference,
        name: name?,
        digest: digest?,
        has_manifest,
        is_fetched,
        platform,
        layers,
        diff_ids,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, layers: &[&str]) -> ImageRecord {
        let all = |prefix: &str| layers.iter().map(|layer| format!("{prefix}{layer}")).collect();
        ImageRecord {
            day: "2026-11-23".to_owned(),
            reference: ImageReference::parse(name),
            name: "a \n \"name\"".to_owned(),
            digest: Digest::sha256(name.as_bytes()),
            has_manifest: true,
            is_fetched: false,
            platform: Some("linux/arm64".to_owned()),
            layers: all("stored-"),
            diff_ids: all("unpacked-"),
        }
    }

    #[test]
    fn what_was_kept_is_found_by_its_first_layer() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = ImageRecords::at(folder.path().join("deep/down"));
        let (a, b, c) = (record("a.example/a", &["1"]), record("a.example/b", &["1", "2"]), record("c", &["3"]));
        [&a, &b, &c].into_iter().for_each(|record| records.put(record));
        let mut found = records.beginning_with(&["unpacked-1".to_owned(), "other".to_owned()]);
        found.sort_by_key(|record| record.layers.len());
        assert_eq!(found, [a.clone(), b]);
        assert_eq!(records.beginning_with(&[]), []);
        // the first day stays
        records.put(&ImageRecord { day: "2027-01-01".to_owned(), ..a.clone() });
        assert!(records.beginning_with(&["unpacked-1".to_owned()]).contains(&a));
    }

    #[test]
    fn damaged_records_are_none() {
        let text = written(&record("a.example/a:1", &["1", "2"]));
        assert_eq!(parsed(&text), Some(record("a.example/a:1", &["1", "2"])));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(String::from_utf8(bytes).ok().as_deref().and_then(parsed), None, "{at}");
            assert_eq!(parsed(&text[..at]), None, "{at}");
        }
    }

    #[test]
    fn the_number_of_records_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = ImageRecords::at(folder.path().to_path_buf());
        for number in 0..RECORDS + 5 {
            fs::write(folder.path().join(format!("{number}.image")), b"old").expect("can be written");
        }
        fs::write(folder.path().join("other"), b"no record").expect("can be written");
        records.put(&record("a.example/a", &["1"]));
        // and the file that is none of ours
        let left = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, RECORDS + 1);
        assert!(folder.path().join("other").exists());
        assert_eq!(records.beginning_with(&["unpacked-1".to_owned()]).len(), 1);
    }
}
