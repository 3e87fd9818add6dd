//! GGUF files: what llama.cpp and its kin run.

use std::io::{self, Read};

use super::weight_file::{Whole, all_said, attribute, based_on, said, say, source, write};
use crate::model::{Basis, ComponentKind, key};
use crate::scan::extract::{Stream, damaged};
use crate::scan::package::toolkit;
use crate::scan::{Extractor, Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `gguf`.
pub struct Gguf;

static META: ScannerMeta = ScannerMeta {
    id: "gguf",
    title: "GGUF model files",
    summary: "Architecture, name, author, organisation, licence, quantisation, source and base models as the head of a GGUF \
              file states them. The weights are not read.",
    files: &["**/*.gguf", "**/blobs/sha256-*"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Image, ComponentKind::Model, ComponentKind::Host],
    reference: "https://github.com/ggml-org/ggml/blob/master/docs/gguf.md",
};

/// Longest text that is kept of a value, and most values: vocabularies are passed over.
const LONGEST: u64 = 64 << 10;
const MOST_VALUES: u64 = 100_000;

/// Names of `general.file_type`.
const FILE_TYPES: [(u64, &str); 24] = [
    (0, "F32"),
    (1, "F16"),
    (2, "Q4_0"),
    (3, "Q4_1"),
    (7, "Q8_0"),
    (8, "Q5_0"),
    (9, "Q5_1"),
    (10, "Q2_K"),
    (11, "Q3_K_S"),
    (12, "Q3_K_M"),
    (13, "Q3_K_L"),
    (14, "Q4_K_S"),
    (15, "Q4_K_M"),
    (16, "Q5_K_S"),
    (17, "Q5_K_M"),
    (18, "Q6_K"),
    (19, "IQ2_XXS"),
    (20, "IQ2_XS"),
    (21, "Q2_K_S"),
    (23, "IQ3_XXS"),
    (24, "IQ1_S"),
    (25, "IQ4_NL"),
    (30, "IQ4_XS"),
    (32, "BF16"),
];

impl Extractor for Gguf {
    fn may_be(&self, path: &RelPath, _: u64) -> bool {
        path.name().ends_with(".gguf") || path.parent().name() == "blobs"
    }

    fn is(&self, _: &RelPath, _: u64, head: &[u8]) -> bool {
        head.starts_with(b"GGUF")
    }

    fn extract(&self, file: &mut Stream<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut input = Values { input: &mut *file.bytes, wide: true };
        input.fixed::<4>()?;
        let version = u32::from_le_bytes(input.fixed()?);
        say(out, "gguf", &version.to_string());
        if !(1..=3).contains(&version) {
            return Err(damaged("a GGUF version that is not known; nothing more of it was read"));
        }
        input.wide = version > 1;
        input.length()?;
        let count = input.length()?;
        if count > MOST_VALUES {
            return Err(damaged(format!("{count} values in the head of the file")));
        }
        for _ in 0..count {
            let name = input.text()?;
            let kind = u32::from_le_bytes(input.fixed()?);
            let value = input.value(kind, 0)?;
            if let Some(value) = value.filter(|_| name.starts_with("general.")) {
                say(out, &name, &value);
            }
        }
        Ok(())
    }
}

/// Reads the values of a head.
struct Values<'a> {
    input: &'a mut dyn Read,
    /// Lengths have eight bytes; four in the first version.
    wide: bool,
}

impl Values<'_> {
    fn fixed<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0_u8; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn length(&mut self) -> io::Result<u64> {
        if self.wide { Ok(u64::from_le_bytes(self.fixed()?)) } else { Ok(u64::from(u32::from_le_bytes(self.fixed()?))) }
    }

    fn pass(&mut self, count: u64) -> io::Result<()> {
        let passed = io::copy(&mut (&mut *self.input).take(count), &mut io::sink())?;
        if passed == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// A text, cut where it is too long.
    fn text(&mut self) -> io::Result<String> {
        let length = self.length()?;
        let mut bytes = Vec::new();
        (&mut *self.input).take(length.min(LONGEST)).read_to_end(&mut bytes)?;
        self.pass(length - bytes.len() as u64)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A value as text; nothing for lists and for numbers that nobody asks for.
    fn value(&mut self, kind: u32, depth: usize) -> io::Result<Option<String>> {
        Ok(match kind {
            0 | 1 | 7 => Some(u8::from_le_bytes(self.fixed()?).to_string()),
            2 | 3 => Some(u16::from_le_bytes(self.fixed()?).to_string()),
            4 | 5 => Some(u32::from_le_bytes(self.fixed()?).to_string()),
            6 => {
                self.pass(4)?;
                None
            }
            8 => Some(self.text()?),
            9 => {
                self.list(depth)?;
                None
            }
            10 | 11 => Some(u64::from_le_bytes(self.fixed()?).to_string()),
            12 => {
                self.pass(8)?;
                None
            }
            other => return Err(damaged(format!("a value of the unknown kind {other}"))),
        })
    }

    fn list(&mut self, depth: usize) -> io::Result<()> {
        let kind = u32::from_le_bytes(self.fixed()?);
        let count = self.length()?;
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                for _ in 0..count {
                    let length = self.length()?;
                    self.pass(length)?;
                }
                return Ok(());
            }
            9 if depth < 4 => {
                for _ in 0..count {
                    self.list(depth + 1)?;
                }
                return Ok(());
            }
            other => return Err(damaged(format!("a list of the unknown kind {other}"))),
        };
        self.pass(count.checked_mul(size).ok_or_else(|| damaged("a list of impossible length"))?)
    }
}

impl Scanner for Gguf {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn extractor(&self) -> Option<&dyn Extractor> {
        Some(self)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        let model = write("gguf", Whole::File, input, file, out);
        let said = |name: &str| said(text, &format!("general.{name}"));
        attribute(&model, key::NAME, said("name").or_else(|| said("basename")), file, out);
        attribute(&model, key::ARCHITECTURE, said("architecture"), file, out);
        attribute(&model, key::LICENSE, said("license"), file, out);
        attribute(&model, key::VERSION, said("version"), file, out);
        attribute(&model, key::VENDOR, said("organization"), file, out);
        if let Some(author) = said("author") {
            toolkit::author(&model, author, &file.whole(), out);
        }
        let kind = said("file_type").and_then(|number| number.parse::<u64>().ok());
        let kind = kind.and_then(|number| FILE_TYPES.iter().find(|(of, _)| *of == number));
        attribute(&model, key::QUANTIZATION, kind.map(|(_, name)| *name), file, out);
        for name in ["source.repo_url", "repo_url", "source.url", "url", "source.huggingface.repository"] {
            if let Some(address) = said(name) {
                source(&model, address, file, out);
                break;
            }
        }
        for (name, value) in all_said(text) {
            if name.starts_with("general.base_model.") && name.ends_with(".repo_url") {
                based_on(&model, value, file, out);
            }
        }
        Ok(())
    }
}
