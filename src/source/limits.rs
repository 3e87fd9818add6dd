//! Every cap in one place, with the reason for its value.

/// Limits of one run. Reaching one is always a diagnostic, never silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest ordinary file handed to a scanner, in bytes.
    pub file_bytes: u64,
    /// Largest lock file, SBOM, plan or state, in bytes: real ones pass 32 MiB.
    pub large_file_bytes: u64,
    /// Largest source code file searched for endpoints and SDK use, in bytes: bigger ones are generated.
    pub code_bytes: u64,
    /// Files per target.
    pub files: u64,
    /// Decompressed bytes per archive.
    pub archive_bytes: u64,
    /// Decompressed to compressed size, judged after [`Self::ratio_after`].
    pub ratio: u64,
    /// Decompressed bytes after which the ratio counts.
    pub ratio_after: u64,
    /// Entries per archive.
    pub entries: u64,
    /// Bytes of a tar extension header (long names, pax records).
    pub header_bytes: u64,
    /// Layers of an image.
    pub layers: u64,
    /// Bytes of a manifest or image configuration.
    pub manifest_bytes: u64,
    /// Bytes of an image's files kept in memory for scanners.
    pub image_bytes: u64,
    /// Files of an image kept in memory for scanners.
    pub image_files: u64,
    /// Bytes unpacked of one archive that lies in the target (a Java archive with all that are in it): more than
    /// any real one has would only cost time.
    pub inner_archive_bytes: u64,
    /// Entries of an image's layers that are kept track of, eight bytes each: what a layer hides of those below.
    pub image_entries: u64,
    /// Facts one scanner may take from a small input, whatever its size.
    pub facts: usize,
    /// Bytes of input for which one more fact is allowed beyond [`Self::facts`]. Lock files hold a fact in 20 to 30
    /// bytes, so that a file within its size limit is never cut; memory grows with the input, by some 350 bytes per
    /// fact: 0.9 GB for a lock file of 59 MB, at most 6 GB for the largest one that is read.
    pub bytes_per_fact: usize,
}

impl Limits {
    /// Facts one scanner may take from an input of so many bytes.
    #[must_use]
    pub fn facts_of(&self, bytes: usize) -> usize {
        self.facts.max(bytes / self.bytes_per_fact.max(1))
    }
}

/// A limit that `--image-limit` sets.
pub struct ImageLimit {
    /// Its name there.
    pub name: &'static str,
    /// What it bounds, and what happens when it is reached.
    pub meaning: &'static str,
    /// Where it is kept.
    pub place: fn(&mut Limits) -> &mut u64,
}

/// The limits of images that users may set. That of the cache is no limit of reading: see
/// [`super::layer_cache::CACHE_BYTES`].
pub static IMAGE_LIMITS: &[ImageLimit] = &[
    ImageLimit {
        name: "layer-bytes",
        meaning: "bytes of a layer or archive after decompression; the rest of it is not read",
        place: |limits| &mut limits.archive_bytes,
    },
    ImageLimit {
        name: "ratio",
        meaning: "decompressed to compressed size; the rest of the layer is not read",
        place: |limits| &mut limits.ratio,
    },
    ImageLimit {
        name: "ratio-after",
        meaning: "decompressed bytes after which the ratio counts",
        place: |limits| &mut limits.ratio_after,
    },
    ImageLimit {
        name: "entries",
        meaning: "entries of a layer or archive; the rest of it is not read",
        place: |limits| &mut limits.entries,
    },
    ImageLimit {
        name: "header-bytes",
        meaning: "bytes of an extension header of tar; the entry is skipped",
        place: |limits| &mut limits.header_bytes,
    },
    ImageLimit { name: "layers", meaning: "layers of an image; it is refused", place: |limits| &mut limits.layers },
    ImageLimit {
        name: "manifest-bytes",
        meaning: "bytes of an index, manifest or configuration; the image is refused",
        place: |limits| &mut limits.manifest_bytes,
    },
    ImageLimit {
        name: "kept-bytes",
        meaning: "bytes of an image's files that are kept for scanners; further files are not read",
        place: |limits| &mut limits.image_bytes,
    },
    ImageLimit {
        name: "kept-files",
        meaning: "files of an image that are kept for scanners; further ones are not read",
        place: |limits| &mut limits.image_files,
    },
    ImageLimit {
        name: "image-entries",
        meaning: "entries of all layers whose effect on the layers below is kept track of",
        place: |limits| &mut limits.image_entries,
    },
];

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            file_bytes: 32 * MIB,
            large_file_bytes: 256 * MIB,
            code_bytes: MIB,
            files: 2_000_000,
            archive_bytes: 64 << 30,
            ratio: 200,
            ratio_after: 100 * MIB,
            entries: 5_000_000,
            header_bytes: MIB,
            layers: 1_000,
            manifest_bytes: 4 * MIB,
            image_bytes: 1 << 30,
            image_files: 200_000,
            inner_archive_bytes: 4 << 30,
            image_entries: 10_000_000,
            facts: 3_000_000,
            bytes_per_fact: 16,
        }
    }
}
