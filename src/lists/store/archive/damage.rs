//! What can be wrong with an archive.

use std::{fmt, io};

use super::VERSION;

/// Why a file is no archive that can be used.
#[derive(Debug)]
pub enum Damage {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It does not begin as an archive does.
    NoArchive,
    /// Another format version.
    Version(u32),
    /// Written by a machine of the other byte order.
    ByteOrder,
    /// The file is shorter or longer than its head says.
    Length {
        /// What the head says.
        said: u64,
        /// What there is.
        found: u64,
    },
    /// Head and section table are not as they were written.
    Head,
    /// A section is not as it was written.
    Section(Box<str>),
    /// A section that must be there is not.
    Missing(Box<str>),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
            Self::NoArchive => f.write_str("it is no list archive of sovaudit"),
            Self::Version(version) => {
                write!(f, "it has format version {version}, and this program reads version {VERSION}")
            }
            Self::ByteOrder => f.write_str("it was written on a machine of another byte order"),
            Self::Length { said, found } => {
                write!(f, "it is cut off or grew: it should have {said} bytes and has {found}")
            }
            Self::Head => f.write_str("its head is damaged"),
            Self::Section(name) => write!(f, "its section `{name}` is damaged"),
            Self::Missing(name) => write!(f, "it has no section `{name}`"),
        }
    }
}

impl std::error::Error for Damage {}
