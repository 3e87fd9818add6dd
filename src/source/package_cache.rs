//! A package cache of this machine, where the user points at one: files are looked up by name, never searched for.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::directory::{self, Folders, ReadError};
use crate::text::RelPath;

/// Folders that one listing may have; caches of big machines hold some ten thousand.
const LISTED: usize = 200_000;

/// A cache.
#[derive(Debug)]
pub struct PackageCache {
    root: PathBuf,
    /// As the user names it.
    name: String,
}

/// What stands under a name.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The file's bytes.
    Found(Vec<u8>),
    /// Nothing.
    Absent,
    /// A link, here or on the way; it is not followed.
    Link,
    /// Something that cannot be read, with the reason.
    Unreadable(String),
}

impl PackageCache {
    /// Opens a folder. A link that the user names is the user's choice; those below it are not followed.
    ///
    /// # Errors
    /// When it is no folder that can be opened.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let root = path.canonicalize().with_context(|| format!("cannot open the package cache `{shown}`"))?;
        anyhow::ensure!(root.is_dir(), "the package cache `{shown}` is no folder");
        Ok(Self { root, name: shown.to_string() })
    }

    /// What the user calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True when a file or folder stands there, and no link on the way.
    #[must_use]
    pub fn holds(&self, path: &RelPath) -> bool {
        self.state(path) == State::There
    }

    /// Looks up a file of at most `limit` bytes.
    #[must_use]
    pub fn find(&self, path: &RelPath, limit: u64) -> Lookup {
        match self.state(path) {
            State::Absent => Lookup::Absent,
            State::Link => Lookup::Link,
            State::Closed(reason) => Lookup::Unreadable(reason),
            State::There => match directory::read_without_links(&self.root, path, limit, &Folders::default()) {
                Ok(bytes) => Lookup::Found(bytes),
                Err(ReadError::Io(reason)) => Lookup::Unreadable(reason),
                Err(ReadError::TooLarge { size, limit }) => {
                    Lookup::Unreadable(format!("file has {size} bytes, the limit is {limit}"))
                }
            },
        }
    }

    /// Names of the folders directly below a folder, sorted; none when it is absent or behind a link.
    #[must_use]
    pub fn folders(&self, path: &RelPath) -> Vec<String> {
        self.names(path, fs::FileType::is_dir)
    }

    /// Names of the files directly below a folder, sorted; none when it is absent or behind a link.
    #[must_use]
    pub fn files(&self, path: &RelPath) -> Vec<String> {
        self.names(path, fs::FileType::is_file)
    }

    /// Opens a file to read a part of it.
    ///
    /// # Errors
    /// What stands there when it is no file that can be opened.
    pub fn stream(&self, path: &RelPath) -> Result<fs::File, Lookup> {
        match self.state(path) {
            State::Absent => Err(Lookup::Absent),
            State::Link => Err(Lookup::Link),
            State::Closed(reason) => Err(Lookup::Unreadable(reason)),
            State::There => fs::File::open(self.root.join(path.as_str()))
                .map_err(|error| Lookup::Unreadable(error.kind().to_string())),
        }
    }

    fn names(&self, path: &RelPath, wanted: impl Fn(&fs::FileType) -> bool) -> Vec<String> {
        if self.state(path) != State::There {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir(self.root.join(path.as_str())) else { return Vec::new() };
        let is_wanted = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| wanted(&kind));
        let names =
            entries.filter_map(Result::ok).filter(is_wanted).filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.take(LISTED).collect();
        names.sort_unstable();
        names
    }

    fn state(&self, path: &RelPath) -> State {
        let mut at = self.root.clone();
        for part in path.as_str().split('/').filter(|part| !part.is_empty()) {
            at.push(part);
            match fs::symlink_metadata(&at) {
                Ok(about) if about.is_symlink() => return State::Link,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    return State::Closed(error.kind().to_string());
                }
                // a file in the place of a folder, or a name too long to exist, is nothing there as well
                Err(_) => return State::Absent,
            }
        }
        State::There
    }
}

#[derive(PartialEq, Eq)]
enum State {
    There,
    Absent,
    Link,
    Closed(String),
}
