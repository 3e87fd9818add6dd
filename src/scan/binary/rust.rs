//! The crates that cargo-auditable writes into a program: JSON packed by zlib, in a section of its own.
//!
//! The table of sections stands at the end of a file, where no stream has been; the packed JSON is known by how it begins.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use serde::Deserialize;

use super::window::Window;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, RelationKind};
use crate::scan::package::toolkit::{Package, scope};
use crate::scan::{Facts, SourceFile, extract};

/// First byte of a zlib stream.
pub(super) const FIRST: u8 = 0x78;

/// True for the beginning of a zlib stream with packed data: a stored block is no way to pack text, and a fourth sort of
/// block does not exist.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [FIRST, 0x01 | 0x5E | 0x9C | 0xDA, block, ..] if matches!(block >> 1 & 3, 1 | 2))
}

/// How the JSON begins.
const START: &[u8] = b"{\"packages\":[";
/// Packed bytes that are enough to tell: the tables of a block stand before its first byte.
pub(super) const ENOUGH: usize = 512;
/// Most bytes of the JSON.
const MOST: usize = 1 << 20;

/// Unpacks what looks like audit data.
pub(super) struct Inflate(Decompress);

impl Inflate {
    pub(super) fn new() -> Self {
        Self(Decompress::new(true))
    }

    /// The audit data that begins at `at` of what is in sight, if it is that.
    pub(super) fn audit(&mut self, window: &mut Window<'_>, at: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(start) = window.sight().get(at..).map(|rest| &rest[..rest.len().min(ENOUGH)]) else { return Ok(None) };
        let mut first = [0_u8; START.len()];
        self.0.reset(true);
        let result = self.0.decompress(start, &mut first, FlushDecompress::None);
        if result.is_err() || first != *START {
            return Ok(None);
        }
        self.0.reset(true);
        let mut out = Vec::with_capacity(4096);
        loop {
            let read = usize::try_from(self.0.total_in()).unwrap_or(usize::MAX);
            if window.sight().len() <= at.saturating_add(read) {
                if window.is_ended() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                window.more()?;
            }
            out.reserve(64 << 10);
            let status = self.0.decompress_vec(&window.sight()[at + read..], &mut out, FlushDecompress::None);
            match status {
                Ok(Status::StreamEnd) => return Ok(Some(out)),
                Ok(_) if out.len() <= MOST => {}
                Ok(_) => return Err(extract::damaged(format!("audit data of more than {MOST} bytes"))),
                Err(_) => return Err(extract::damaged("audit data that cannot be unpacked")),
            }
        }
    }
}

#[derive(Deserialize)]
struct Audit {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    dependencies: Vec<usize>,
}

/// Writes the crates of a program.
pub(super) fn write(root: &ComponentId, text: &str, file: &SourceFile, out: &mut Facts<'_>) {
    let audit: Audit = match serde_json::from_str(text) {
        Ok(audit) => audit,
        Err(error) => {
            let message = format!("audit data that is no JSON of the known form: {error}");
            out.problem(DiagnosticKind::Malformed, file, None, message);
            return;
        }
    };
    let ids: Vec<ComponentId> = audit
        .packages
        .iter()
        .map(|one| {
            let package = Package::whole("cargo", &one.name, Some(&one.version), file);
            let id = package.write(root, out);
            let scope = if one.kind == "build" { scope::BUILD } else { scope::RUNTIME };
            out.attribute(&id, crate::model::key::SCOPE, scope, file.whole());
            if one.source == "git" {
                out.attribute(&id, crate::model::key::FETCHED_AS, "git", file.whole());
            }
            id
        })
        .collect();
    for (one, id) in audit.packages.iter().zip(&ids) {
        for other in one.dependencies.iter().filter_map(|at| ids.get(*at)) {
            out.relation(id, RelationKind::DependsOn, other, file.whole());
        }
    }
}
