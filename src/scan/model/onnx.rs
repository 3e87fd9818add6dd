//! ONNX files: a message of Protocol Buffers whose graph is passed over.

use std::io::{self, Read};

use super::weight_file::{Whole, attribute, based_on, said, say, source, write};
use crate::model::{Basis, ComponentKind, key};
use crate::scan::extract::{Stream, damaged};
use crate::scan::package::toolkit;
use crate::scan::{Extractor, Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `onnx`.
pub struct Onnx;

static META: ScannerMeta = ScannerMeta {
    id: "onnx",
    title: "ONNX model files",
    summary: "Producer with version, domain, model version and the properties that an ONNX file states (author, licence, \
              source). The graph and its weights are not read.",
    files: &["**/*.onnx"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Image, ComponentKind::Model, ComponentKind::Host],
    reference: "https://github.com/onnx/onnx/blob/main/onnx/onnx.proto",
};

/// Longest text kept, and most properties.
const LONGEST: u64 = 64 << 10;
const MOST_PROPERTIES: usize = 1000;
/// Most fields of the message itself; real ones have some dozens, and one for each function.
const MOST_FIELDS: usize = 1_000_000;

impl Extractor for Onnx {
    fn may_be(&self, path: &RelPath, _: u64) -> bool {
        path.name().ends_with(".onnx")
    }

    fn is(&self, _: &RelPath, _: u64, head: &[u8]) -> bool {
        !head.is_empty() && !head.starts_with(b"version https://git-lfs")
    }

    fn extract(&self, file: &mut Stream<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        say(out, "onnx", "1");
        let input = &mut *file.bytes;
        let (mut fields, mut properties) = (0, 0);
        while let Some((field, kind)) = tag(input)? {
            fields += 1;
            if fields > MOST_FIELDS {
                return Err(damaged("more fields than are read"));
            }
            match (field, kind) {
                (1, 0) => say(out, "ir_version", &varint(input)?.to_string()),
                (2..=4, 2) => {
                    let name = ["producer_name", "producer_version", "domain"][field as usize - 2];
                    let value = text(input)?;
                    say(out, name, &value);
                }
                (5, 0) => say(out, "model_version", &varint(input)?.to_string()),
                (14, 2) => {
                    properties += 1;
                    if properties > MOST_PROPERTIES {
                        return Err(damaged("more properties than are read"));
                    }
                    let (name, value) = property(input)?;
                    say(out, &name, &value);
                }
                (_, 0) => drop(varint(input)?),
                (_, 1) => pass(input, 8)?,
                (_, 2) => {
                    let length = varint(input)?;
                    pass(input, length)?;
                }
                (_, 5) => pass(input, 4)?,
                _ => return Err(damaged("this is no message of Protocol Buffers")),
            }
        }
        Ok(())
    }
}

/// Number and kind of the next field; nothing at the end.
fn tag(input: &mut dyn Read) -> io::Result<Option<(u64, u64)>> {
    let mut first = [0_u8; 1];
    if input.read(&mut first)? == 0 {
        return Ok(None);
    }
    let mut start = &first[..];
    let tag = varint(&mut (&mut start).chain(input))?;
    Ok(Some((tag >> 3, tag & 7)))
}

fn varint(input: &mut dyn Read) -> io::Result<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let mut byte = [0_u8; 1];
        input.read_exact(&mut byte)?;
        value |= u64::from(byte[0] & 0x7F) << shift;
        if byte[0] & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(damaged("a number without end"))
}

fn pass(input: &mut dyn Read, count: u64) -> io::Result<()> {
    let passed = io::copy(&mut input.take(count), &mut io::sink())?;
    if passed == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn text(input: &mut dyn Read) -> io::Result<String> {
    let length = varint(input)?;
    let mut bytes = Vec::new();
    input.take(length.min(LONGEST)).read_to_end(&mut bytes)?;
    pass(input, length - bytes.len() as u64)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Key and value of a property.
fn property(input: &mut dyn Read) -> io::Result<(String, String)> {
    let length = varint(input)?;
    if length > LONGEST {
        pass(input, length)?;
        return Ok(Default::default());
    }
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes)?;
    let mut rest = bytes.as_slice();
    let (mut name, mut value) = (String::new(), String::new());
    while let Some((field, kind)) = tag(&mut rest)? {
        match (field, kind) {
            (1, 2) => name = text(&mut rest)?,
            (2, 2) => value = text(&mut rest)?,
            _ => break,
        }
    }
    Ok((name, value))
}

impl Scanner for Onnx {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn extractor(&self) -> Option<&dyn Extractor> {
        Some(self)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        let model = write("onnx", Whole::File, input, file, out);
        let any = |names: &[&str]| names.iter().find_map(|name| said(text, name));
        let producer = any(&["producer_name"]);
        let producer = producer.map(|name| format!("{name} {}", any(&["producer_version"]).unwrap_or_default()));
        attribute(&model, key::BUILT_WITH, producer.as_deref().map(str::trim), file, out);
        attribute(&model, key::VENDOR, any(&["domain"]), file, out);
        attribute(&model, key::VERSION, any(&["model_version"]).filter(|version| *version != "0"), file, out);
        attribute(&model, key::NAME, any(&["name", "model_name", "title"]), file, out);
        attribute(&model, key::ARCHITECTURE, any(&["model_type", "architecture"]), file, out);
        attribute(&model, key::LICENSE, any(&["license", "licence", "model_license"]), file, out);
        if let Some(author) = any(&["author", "model_author"]) {
            toolkit::author(&model, author, &file.whole(), out);
        }
        if let Some(address) = any(&["source", "url", "repository"]) {
            source(&model, address, file, out);
        }
        if let Some(base) = any(&["base_model"]) {
            based_on(&model, base, file, out);
        }
        Ok(())
    }
}
