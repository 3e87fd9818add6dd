//! What there are ten thousand of: one a line, made by all threads, some hundred at a time.

use rayon::prelude::*;
use serde::ser::{Error as _, Serialize, SerializeSeq as _, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::EvidenceRow;
use crate::model::Evidence;

/// Rows whose texts are held together.
const AT_ONCE: usize = 1_024;

/// Each row without line breaks.
pub(super) fn one_a_line<R: Serialize + Sync, S: Serializer>(rows: &[R], serializer: S) -> Result<S::Ok, S::Error> {
    let mut all = serializer.serialize_seq(Some(rows.len()))?;
    for some in rows.chunks(AT_ONCE) {
        let lines: serde_json::Result<Vec<Box<RawValue>>> =
            some.par_iter().with_min_len(64).map(|row| to_raw_value(row)).collect();
        for line in lines.map_err(S::Error::custom)? {
            all.serialize_element(&line)?;
        }
    }
    all.end()
}

/// Evidence as [`EvidenceRow`]s, each made when it is written: together they are most of a report.
pub(super) fn evidence<S: Serializer>(all: &[Evidence], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(EvidenceRow::from))
}
