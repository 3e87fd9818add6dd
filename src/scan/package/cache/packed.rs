//! Metadata of Python distributions that lie packed in a folder, as `pip download` and `pip wheel` leave them.

use std::io::{self, BufReader, Read};

use zip::ZipArchive;

use crate::source::Limits;
use crate::source::archive::Unpacked;
use crate::source::package_cache::{Lookup, PackageCache};
use crate::source::tar_entries::{EntryKind, TarEntries};
use crate::text::RelPath;

/// Files that a wheel may have; those with a browser in them have some ten thousand.
const MOST_FILES: usize = 500_000;

/// Name and version of a packed distribution, as its file's name has them: `demo_lib-4.0-py3-none-any.whl`,
/// `demo-lib-4.0.tar.gz`.
pub(super) fn distribution(file: &str) -> Option<(&str, &str)> {
    if let Some(stem) = file.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        return parts.next().zip(parts.next());
    }
    file.strip_suffix(".tar.gz")?.rsplit_once('-')
}

/// True for the path of a packed distribution.
pub(super) fn is_packed(path: &RelPath) -> bool {
    distribution(path.name()).is_some()
}

/// The metadata in a packed distribution, and its path within.
pub(super) fn metadata(cache: &PackageCache, path: &RelPath, limits: &Limits) -> Result<(String, Vec<u8>), Lookup> {
    let file = cache.stream(path)?;
    let found = if path.name().ends_with(".whl") { wheel(file, limits) } else { source_archive(file, limits) };
    found.map_err(|error| Lookup::Unreadable(error.to_string()))?.ok_or(Lookup::Absent)
}

/// `NAME-VERSION.dist-info/METADATA`.
fn wheel(file: std::fs::File, limits: &Limits) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(io::Error::other)?;
    if archive.len() > MOST_FILES {
        return Err(io::Error::other("the wheel has too many files"));
    }
    let is_metadata = |name: &str| {
        name.strip_suffix("/METADATA").is_some_and(|folder| folder.ends_with(".dist-info") && !folder.contains('/'))
    };
    let found = archive.file_names().filter_map(Result::ok).find(|name| is_metadata(name)).map(|name| name.to_string());
    let Some(name) = found else { return Ok(None) };
    let entry = archive.by_name(&name).map_err(io::Error::other)?;
    let bytes = whole(entry, limits)?;
    Ok(Some((name, bytes)))
}

/// `NAME-VERSION/PKG-INFO`.
fn source_archive(file: std::fs::File, limits: &Limits) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut entries = TarEntries::new(BufReader::new(Unpacked::new(file, limits)?), limits);
    while let Some(entry) = entries.next_entry()? {
        let Ok(path) = entry.path else { continue };
        let is_top = path.name() == "PKG-INFO" && path.as_str().matches('/').count() == 1;
        if is_top && entry.kind == EntryKind::File {
            let bytes = entries.read_data(limits.file_bytes)?;
            return Ok(bytes.map(|bytes| (path.as_str().to_owned(), bytes)));
        }
    }
    Ok(None)
}

fn whole(reader: impl Read, limits: &Limits) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limits.file_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.file_bytes {
        return Err(io::Error::other(format!("its metadata has more than {} bytes", limits.file_bytes)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_what_they_hold() {
        assert_eq!(distribution("demo_lib-4.0-py3-none-any.whl"), Some(("demo_lib", "4.0")));
        assert_eq!(distribution("torch-2.9.0+cpu-1-cp313-cp313-linux_x86_64.whl"), Some(("torch", "2.9.0+cpu")));
        assert_eq!(distribution("demo-lib-4.0.tar.gz"), Some(("demo-lib", "4.0")));
        assert_eq!(distribution("demo.zip"), None);
        assert_eq!(distribution("demo.whl"), None);
    }
}
