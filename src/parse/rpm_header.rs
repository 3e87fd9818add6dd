//! A package header of rpm, as its databases hold it: an index of tags and the data they point into.

/// Tags.
pub mod tag {
    /// Name.
    pub const NAME: u32 = 1000;
    /// Upstream's version.
    pub const VERSION: u32 = 1001;
    /// The distribution's release of it.
    pub const RELEASE: u32 = 1002;
    /// Counts restarts of the version numbers.
    pub const EPOCH: u32 = 1003;
    /// Who made the package.
    pub const VENDOR: u32 = 1011;
    /// Licence.
    pub const LICENSE: u32 = 1014;
    /// Who built it, with mail address.
    pub const PACKAGER: u32 = 1015;
    /// Homepage.
    pub const URL: u32 = 1020;
    /// Architecture.
    pub const ARCH: u32 = 1022;
    /// File name of the source package.
    pub const SOURCE_RPM: u32 = 1044;
    /// Of each file the digest of its content; empty for what is no file.
    pub const FILE_DIGESTS: u32 = 1035;
    /// What it provides.
    pub const PROVIDE_NAME: u32 = 1047;
    /// What it needs.
    pub const REQUIRE_NAME: u32 = 1049;
    /// Of each file the number of its folder.
    pub const DIR_INDEXES: u32 = 1116;
    /// Names of files.
    pub const BASE_NAMES: u32 = 1117;
    /// Folders.
    pub const DIR_NAMES: u32 = 1118;
    /// How digests of files are made.
    pub const FILE_DIGEST_ALGORITHM: u32 = 5011;
}

/// SHA-256, as rpm numbers it.
const SHA_256: u32 = 8;

/// Most values read of one tag.
const MOST_VALUES: usize = 200_000;

/// A package header.
pub struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

impl<'a> Header<'a> {
    /// A header from its bytes; `None` when they are cut.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let entries = usize::try_from(word(bytes, 0)?).ok()?;
        let length = usize::try_from(word(bytes, 4)?).ok()?;
        let start = entries.checked_mul(16)?.checked_add(8)?;
        Some(Self { index: bytes.get(8..start)?, data: bytes.get(start..start.checked_add(length)?)? })
    }

    /// Type, count and data of a tag.
    fn find(&self, tag: u32) -> Option<(u32, usize, &'a [u8])> {
        let entry = self.index.chunks_exact(16).find(|entry| word(entry, 0) == Some(tag))?;
        let offset = usize::try_from(word(entry, 8)?).ok()?;
        let count = usize::try_from(word(entry, 12)?).ok()?;
        Some((word(entry, 4)?, count.min(MOST_VALUES), self.data.get(offset..)?))
    }

    /// The text of a tag, the first of several.
    #[must_use]
    pub fn text(&self, tag: u32) -> Option<String> {
        self.texts(tag).next().filter(|text| !text.is_empty() && text != "(none)")
    }

    /// All texts of a tag.
    pub fn texts(&self, tag: u32) -> impl Iterator<Item = String> + use<'a> {
        // text, list of texts, translated text
        let (count, data) = match self.find(tag) {
            Some((6, _, data)) => (1, data),
            Some((8 | 9, count, data)) => (count, data),
            _ => (0, &[][..]),
        };
        let mut rest = data;
        (0..count).map_while(move |_| {
            let end = memchr::memchr(0, rest)?;
            let text = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            Some(text)
        })
    }

    /// The number of a tag.
    #[must_use]
    pub fn number(&self, tag: u32) -> Option<u32> {
        self.numbers(tag).next()
    }

    /// All numbers of a tag.
    pub fn numbers(&self, tag: u32) -> impl Iterator<Item = u32> + use<'a> {
        let (count, data) = match self.find(tag) {
            Some((4, count, data)) => (count, data),
            _ => (0, &[][..]),
        };
        (0..count).map_while(move |at| word(data, at * 4))
    }

    /// Full paths of the files of the package, each with the SHA-256 of its content in hexadecimal digits; nothing where
    /// digests are made otherwise.
    pub fn files_with_digests(&self) -> impl Iterator<Item = (String, String)> + use<'a> {
        let is_known = self.number(tag::FILE_DIGEST_ALGORITHM) == Some(SHA_256);
        let digests = is_known.then(|| self.texts(tag::FILE_DIGESTS)).into_iter().flatten();
        self.paths()
            .zip(digests)
            .filter_map(|(path, digest)| Some((path?, digest)))
            .filter(|(_, digest)| digest.len() == 64)
    }

    /// Full paths of the files of the package.
    pub fn files(&self) -> impl Iterator<Item = String> + use<'a> {
        self.paths().flatten()
    }

    /// The path of each file; nothing for one whose folder is missing.
    fn paths(&self) -> impl Iterator<Item = Option<String>> + use<'a> {
        let folders: Vec<String> = self.texts(tag::DIR_NAMES).collect();
        self.texts(tag::BASE_NAMES)
            .zip(self.numbers(tag::DIR_INDEXES))
            .map(move |(name, folder)| Some(format!("{}{name}", folders.get(usize::try_from(folder).ok()?)?)))
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
