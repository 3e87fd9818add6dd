//! Files of PyTorch: archives with a pickle, and bare pickles of older versions. Nothing is ever loaded: the names that loading
//! would call are read from the instructions.

use std::cell::Cell;
use std::io::{self, BufReader, Read};

use super::weight_file::{Whole, all_said, say, write};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::pickle;
use crate::parse::zip_stream::{self, Visitor};
use crate::scan::extract::Stream;
use crate::scan::{Extractor, Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `pytorch`.
pub struct Pytorch;

static META: ScannerMeta = ScannerMeta {
    id: "pytorch",
    title: "PyTorch model files",
    summary: "Checkpoints and TorchScript archives by their content, and callables that loading one would run beside those \
              that rebuild tensors. Nothing of the file is run or loaded.",
    files: &["**/*.{pt,pth,ckpt,bin}"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Image, ComponentKind::Model],
    reference: "https://docs.pytorch.org/docs/stable/notes/serialization.html",
};

/// Most bytes read of a pickle.
const LONGEST: u64 = 16 << 20;
/// Most names told of a file.
const MOST_NAMES: usize = 200;
/// How a bare checkpoint begins: the number that older versions of PyTorch write first.
const BARE: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";

/// Modules whose callables rebuild tensors and plain values.
const HARMLESS: [&str; 8] = [
    "torch.",
    "collections.OrderedDict",
    "collections.defaultdict",
    "numpy.core.multiarray.",
    "numpy._core.multiarray.",
    "numpy.dtype",
    "numpy.ndarray",
    "_codecs.encode",
];

impl Extractor for Pytorch {
    fn may_be(&self, path: &RelPath, _: u64) -> bool {
        let ending = path.name().rsplit_once('.').map_or("", |(_, ending)| ending);
        matches!(ending, "pt" | "pth" | "ckpt" | "bin") || path.parent().name() == "blobs"
    }

    fn is(&self, _: &RelPath, _: u64, head: &[u8]) -> bool {
        // the first entry lies in a folder named after the file
        let is_first = |ending: &[u8]| memchr::memmem::find(&head[..head.len().min(512)], ending).is_some();
        let is_archive = head.starts_with(b"PK\x03\x04") && (is_first(b"/data.pkl") || is_first(b"/version"));
        is_archive || head.starts_with(BARE)
    }

    fn extract(&self, file: &mut Stream<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut start = [0_u8; 2];
        file.bytes.read_exact(&mut start)?;
        let mut whole = start.as_slice().chain(&mut *file.bytes);
        if start == *b"PK" {
            say(out, "form", "archive");
            let left = Cell::new(file.limits.inner_archive_bytes);
            return zip_stream::read(&mut BufReader::new(whole), &mut Archive { out }, &left);
        }
        say(out, "form", "pickle");
        let mut bytes = Vec::new();
        whole.by_ref().take(LONGEST).read_to_end(&mut bytes)?;
        // a number, a version, what the machine was, then the object
        let mut rest = bytes.as_slice();
        for _ in 0..4 {
            let Some((names, length)) = pickle::names(rest) else { break };
            names.iter().for_each(|name| say(out, "name", name));
            rest = &rest[length..];
        }
        Ok(())
    }
}

struct Archive<'a> {
    out: &'a mut Vec<u8>,
}

impl Visitor for Archive<'_> {
    fn wants(&mut self, name: &str) -> bool {
        if name.contains("/code/") {
            say(self.out, "script", name);
        }
        name.ends_with(".pkl")
    }

    fn entry(&mut self, _: &str, data: &mut dyn Read, _: &Cell<u64>) -> io::Result<()> {
        let mut bytes = Vec::new();
        data.take(LONGEST).read_to_end(&mut bytes)?;
        if let Some((names, _)) = pickle::names(&bytes) {
            names.iter().for_each(|name| say(self.out, "name", name));
        }
        Ok(())
    }
}

impl Scanner for Pytorch {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn extractor(&self) -> Option<&dyn Extractor> {
        Some(self)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        let is_script = all_said(text).any(|(name, _)| name == "script");
        let format = if is_script { "torchscript" } else { "pytorch" };
        let model = write(format, Whole::Folder, input, file, out);
        // code of a TorchScript archive is named by its own modules
        let own = |name: &str| is_script && name.starts_with("__torch__.");
        let is_known = |name: &str| HARMLESS.iter().any(|known| name.starts_with(known)) || own(name);
        let names = all_said(text).filter(|(key, value)| *key == "name" && !is_known(value));
        for (at, (_, name)) in names.take(MOST_NAMES + 1).enumerate() {
            if at == MOST_NAMES {
                let message = format!("more than {MOST_NAMES} names of code; the others are not listed");
                out.problem(DiagnosticKind::LimitReached, file, None, message);
                break;
            }
            out.attribute(&model, key::PICKLED, name, file.whole());
        }
        Ok(())
    }
}
