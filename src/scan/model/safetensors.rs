//! Safetensors files: a head of JSON, then weights.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _};

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::weight_file::{Whole, attribute, based_on, said, say, source, write};
use crate::model::{Basis, ComponentKind, key};
use crate::scan::extract::{Stream, damaged};
use crate::scan::package::toolkit;
use crate::scan::{Extractor, Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `safetensors`.
pub struct Safetensors;

static META: ScannerMeta = ScannerMeta {
    id: "safetensors",
    title: "Safetensors model files",
    summary: "What the head of a safetensors file states: framework, architecture, title, author, licence, base model and the \
              number format of the weights, which are not read themselves.",
    files: &["**/*.safetensors", "**/blobs/*"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Image, ComponentKind::Model, ComponentKind::Host],
    reference: "https://huggingface.co/docs/safetensors/index#format",
};

/// Longest head that the format allows.
const LONGEST_HEAD: u64 = 100_000_000;
/// Values kept of one head.
const MOST_VALUES: usize = 1000;

impl Extractor for Safetensors {
    fn may_be(&self, path: &RelPath, _: u64) -> bool {
        path.name().ends_with(".safetensors") || path.parent().name() == "blobs"
    }

    fn is(&self, path: &RelPath, size: u64, head: &[u8]) -> bool {
        let length = head.first_chunk::<8>().map(|length| u64::from_le_bytes(*length));
        let is_sound = length.is_some_and(|length| length <= LONGEST_HEAD && length.saturating_add(8) <= size)
            && head.get(8) == Some(&b'{');
        // what has the name and is something else is told as damaged
        is_sound || path.name().ends_with(".safetensors") && !head.starts_with(b"version https://git-lfs")
    }

    fn extract(&self, file: &mut Stream<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut length = [0_u8; 8];
        file.bytes.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEAD {
            return Err(damaged("the head is longer than the format allows"));
        }
        say(out, "safetensors", "1");
        let head: Head =
            serde_json::from_reader(io::BufReader::new((&mut *file.bytes).take(length))).map_err(|error| {
                if error.is_eof() { io::ErrorKind::UnexpectedEof.into() } else { damaged(format!("the head: {error}")) }
            })?;
        for (name, value) in head.stated.iter().take(MOST_VALUES) {
            say(out, name, value);
        }
        // a model has one number format, apart from a few tensors
        if let Some((format, _)) = head.formats.iter().max_by_key(|(_, count)| **count) {
            say(out, "dtype", format);
        }
        Ok(())
    }
}

/// The head without the places of the tensors, of which there may be a hundred thousand.
#[derive(Default)]
struct Head {
    stated: BTreeMap<String, String>,
    formats: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Tensor {
    dtype: Option<String>,
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Head;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the head of a safetensors file")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
                let mut head = Head::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        head.stated = map.next_value()?;
                    } else if head.formats.len() < 64 {
                        let tensor: Tensor = map.next_value()?;
                        *head.formats.entry(tensor.dtype.unwrap_or_default()).or_default() += 1;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(head)
            }
        }
        from.deserialize_map(Entries)
    }
}

impl Scanner for Safetensors {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn extractor(&self) -> Option<&dyn Extractor> {
        Some(self)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        let model = write("safetensors", Whole::Folder, input, file, out);
        let any = |names: &[&str]| names.iter().find_map(|name| said(text, name));
        attribute(&model, key::NAME, any(&["modelspec.title", "ss_output_name", "name"]), file, out);
        attribute(&model, key::ARCHITECTURE, any(&["modelspec.architecture", "architecture"]), file, out);
        attribute(&model, key::LICENSE, any(&["modelspec.license", "license"]), file, out);
        attribute(&model, key::QUANTIZATION, any(&["dtype"]), file, out);
        if let Some(author) = any(&["modelspec.author", "author"]) {
            toolkit::author(&model, author, &file.whole(), out);
        }
        if let Some(address) = any(&["modelspec.url", "source", "url"]) {
            source(&model, address, file, out);
        }
        if let Some(base) = any(&["base_model", "modelspec.merged_from", "ss_sd_model_name", "base_model_name_or_path"])
        {
            based_on(&model, base, file, out);
        }
        Ok(())
    }
}
