//! A root file system that lies unpacked in a folder: a mounted disk, a build's `rootfs`, what `umoci unpack` leaves.
//!
//! It is read as the one layer of an image. Links are not followed, so that nothing outside of the folder is ever read.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::Limits;
use super::layers::{Budget, FileBytes, LooseFiles, Squashed, Wanter, squash};
use super::tar_entries::again;
use crate::diagnostic::DiagnosticKind;
use crate::text::RelPath;

/// Files that tell the operating system.
const OS_RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
/// Databases of what is installed.
const DATABASES: [&str; 7] = [
    "var/lib/dpkg",
    "lib/apk/db",
    "usr/lib/apk/db",
    "var/lib/rpm",
    "usr/lib/sysimage/rpm",
    "var/lib/pacman",
    "var/lib/opkg",
];
/// What the running kernel shows; no files of the image.
const KERNEL: [&str; 3] = ["dev", "proc", "sys"];

/// True when a folder is the root of a file system: it tells the operating system and holds a database of packages.
#[must_use]
pub fn is_rootfs(folder: &Path) -> bool {
    // links count: `etc/os-release` mostly is one, and an absolute one leads elsewhere from here
    OS_RELEASE.iter().any(|path| folder.join(path).symlink_metadata().is_ok())
        && DATABASES.iter().any(|path| folder.join(path).is_dir())
}

/// What was read of a root file system.
pub struct RootFs {
    /// Wanted files; they have no layer.
    pub content: Squashed,
    /// Entries seen.
    pub entries: u64,
}

/// Reads a root file system.
///
/// # Errors
/// When the folder itself cannot be opened; everything below is a diagnostic.
pub fn read_rootfs(folder: &Path, wanter: &dyn Wanter, limits: &Limits) -> anyhow::Result<RootFs> {
    let root = folder.canonicalize().with_context(|| format!("cannot open the folder `{}`", folder.display()))?;
    fs::read_dir(&root).with_context(|| format!("cannot open the folder `{}`", folder.display()))?;
    let budget = Budget::new(limits);
    let mut walk = Walk { root: &root, files: LooseFiles::new("rootfs", wanter, limits, &budget), seen: 0, limits };
    walk.all();
    let layer = walk.files.finish();
    let entries = layer.entries;
    let diagnostics = layer.diagnostics.clone();
    let mut content = squash(&[(Arc::from("rootfs"), Arc::new(layer))]);
    content.diagnostics.extend(diagnostics);
    Ok(RootFs { content, entries })
}

struct Walk<'a> {
    root: &'a Path,
    files: LooseFiles<'a>,
    seen: u64,
    limits: &'a Limits,
}

impl Walk<'_> {
    fn all(&mut self) {
        let mut folders = vec![RelPath::root()];
        while let Some(folder) = folders.pop() {
            let names = match self.names(&folder) {
                Ok(names) => names,
                Err(error) => {
                    self.unreadable(&folder, &error);
                    continue;
                }
            };
            for (name, kind) in names {
                self.seen += 1;
                if self.seen > self.limits.entries {
                    let message = format!("more than {} entries; the rest was not read", self.limits.entries);
                    self.files.problem("trees", DiagnosticKind::LimitReached, &folder, &message);
                    return;
                }
                let Some(path) = folder.join(&name) else { continue };
                if kind.is_dir() {
                    if !KERNEL.contains(&path.as_str()) {
                        folders.push(path);
                    }
                } else if kind.is_symlink() {
                    let target = fs::read_link(self.root.join(path.as_str())).unwrap_or_default();
                    self.files.symlink(&path, &target.to_string_lossy());
                } else if kind.is_file() {
                    self.file(&path);
                } else {
                    let message = "a device, socket or pipe; not read";
                    self.files.problem("devices", DiagnosticKind::Unsupported, &path, message);
                }
            }
        }
    }

    /// The entries of a folder, sorted.
    fn names(&mut self, folder: &RelPath) -> io::Result<Vec<(String, FileType)>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join(folder.as_str()))? {
            let entry = entry?;
            match entry.file_name().into_string() {
                Ok(name) => names.push((name, entry.file_type()?)),
                Err(name) => {
                    let shown = name.to_string_lossy();
                    let path = folder.join(&shown).unwrap_or_else(RelPath::root);
                    let message = "the name is not UTF-8; not read";
                    self.files.problem("names that are not UTF-8", DiagnosticKind::Malformed, &path, message);
                }
            }
        }
        names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(names)
    }

    fn file(&mut self, path: &RelPath) {
        match open(&self.root.join(path.as_str())) {
            Ok((file, size)) => {
                self.files.file(path, size, &mut Loose { file, left: size, head: Vec::new(), given: 0 });
            }
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn unreadable(&mut self, path: &RelPath, error: &io::Error) {
        self.files.problem("files that cannot be read", DiagnosticKind::Unreadable, path, &error.kind().to_string());
    }
}

/// Opens a regular file and nothing else, whatever has taken its place since it was listed.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let listed = fs::symlink_metadata(path)?;
    let mut options = OpenOptions::new();
    options.read(true);
    let file = options.open(path)?;
    let about = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if (listed.dev(), listed.ino()) != (about.dev(), about.ino()) {
            return Err(io::ErrorKind::NotFound.into());
        }
    }
    if listed.is_file() && about.is_file() { Ok((file, about.len())) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// The bytes of one file: as many as it had when it was opened.
struct Loose {
    file: File,
    left: u64,
    head: Vec<u8>,
    given: usize,
}

impl FileBytes for Loose {
    fn look(&mut self, most: usize) -> io::Result<&[u8]> {
        let count = self.left.min(most as u64);
        (&mut self.file).take(count).read_to_end(&mut self.head)?;
        self.left -= self.head.len() as u64;
        Ok(&self.head)
    }

    fn seen(&self) -> &[u8] {
        &self.head
    }
}

impl Read for Loose {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(count) = again(&self.head, &mut self.given, buffer) {
            return Ok(count);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read(&mut buffer[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}
