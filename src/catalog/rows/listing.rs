//! Sanctions and entity lists, and their entries.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{Date, Verification};

rows! {
    /// An entry of a sanctions or entity list.
    Listing {
        /// Stable id of the row.
        id: Text,
        /// Organisation it names; absent for parties the catalog does not hold.
        #[serde(default)]
        organisation: Option<Text>,
        /// `entity` (names match), `group`, `list`.
        kind: Text,
        /// `organisation` when the entry names the organisation itself, `related-party` when it names an officer,
        /// owner or part of it.
        #[serde(default)]
        about: Option<Text>,
        /// Name as listed.
        entity: Text,
        /// Other names.
        #[serde(default)]
        aliases: Vec<Text>,
        /// Country as listed.
        #[serde(default)]
        country: Option<Text>,
        /// List id.
        list: Text,
        /// Day it was listed.
        #[serde(default)]
        listed: Option<Date>,
        /// The time of listing when no day is known: `2022`, `2022-06`, `2022-03 to 2022-06` for some day between,
        /// `2022-04-05 and 2025-08-14` for twice.
        #[serde(default)]
        listed_text: Option<Text>,
        /// Day it was taken off: the first on which it no longer holds.
        #[serde(default)]
        delisted: Option<Date>,
        /// The time it was taken off when no day is known, as in `listed_text`.
        #[serde(default)]
        delisted_text: Option<Text>,
        /// Days on which sources disagree whether it held: `2026-02-17 to 2026-06-08`, the last not included.
        #[serde(default)]
        doubtful: Option<Text>,
        /// Legal citation.
        #[serde(default)]
        citation: Option<Text>,
        /// What the listing forbids.
        #[serde(default)]
        policy: Option<Text>,
        /// Programme or footnote.
        #[serde(default)]
        programme: Option<Text>,
        /// `listed`, `in-force`, `removed`, `not-listed`, `uncertain`, `guidance`.
        status: Text,
        /// Entry number on the list.
        #[serde(default)]
        entry: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// Fields that were checked.
        #[serde(default)]
        verified_fields: Vec<Text>,
        /// True when an imported list has it, and not the rules.
        #[serde(skip)]
        imported: bool,
    }
    /// What a list means.
    List {
        /// `US-SDN`, …
        id: Text,
        /// Other ids of the same list, as other tools and earlier rules write it.
        #[serde(default)]
        also: Vec<Text>,
        /// The order under which every entry of the list stands; files of lists often leave it out.
        #[serde(default)]
        citation: Option<Text>,
        /// Who publishes it.
        publisher: Text,
        /// Legal effect in one line.
        effect: Text,
        /// `block`, `review`, `warn`, `rule`.
        consequence: Text,
        /// The same in words.
        consequence_text: Text,
        /// The measure by which entries block, where entries of the list say their measures.
        #[serde(default)]
        measure: Option<Text>,
        /// Whose list.
        jurisdiction: Text,
    }
    /// What entries of a list rest on, for files that do not say it of each.
    ListCitation {
        /// The list.
        list: Text,
        /// Programme, as the entries of the list name it; absent where it is so for all that no other row is about.
        #[serde(default)]
        programme: Option<Text>,
        /// Legal citation.
        citation: Text,
    }
    /// Where a list is published; `rules import --online` fetches it from there.
    ListSource {
        /// Name of the download: `us-sdn`. Files that are read together have one name.
        id: Text,
        /// The list that it carries, or the first of them.
        list: Text,
        /// Address without scheme: always HTTPS.
        url: Text,
        /// Format in which it comes, in words.
        format: Text,
        /// Terms under which the data may be used.
        licence: Text,
        /// What to know when it cannot be fetched.
        #[serde(default)]
        note: Option<Text>,
    }
}

rows! {
    /// A host that everybody shares: one under which everybody has mail or pages identifies nobody; one from which everybody
    /// gets an ecosystem's public packages is no registry of one's own.
    SharedHost {
        /// Domain.
        host: Text,
        /// `mail`, `site` or `packages`.
        #[serde(rename = "use")]
        service: Text,
    }
}

rows! {
    /// Weights that installed libraries bring along, and that no model of whoever uses the library is among.
    LibraryData {
        /// Glob over the path below the root of the file system.
        pattern: Text,
        /// What they are for: `tests`, `examples`, `parts of a metric`.
        what: Text,
    }
}

rows! {
    /// Paths that are no part of what is deployed.
    Aside {
        /// Glob over the path below the target, in lower case.
        pattern: Text,
        /// What lies there: `tests`, `examples`, `documentation`.
        what: Text,
    }
}
