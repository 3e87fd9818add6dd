//! Plain data, no input or output, no graph library: what a fact is and what it rests on.

mod component;
mod confidence;
mod draft;
mod evidence;
mod finding;
mod fingerprint;
mod gather;
mod host;
mod inventory;
pub mod key;
mod known;
mod pages;
mod place;
pub mod purl;
mod relation;
mod sheet;
mod time;

pub use component::{ComponentId, ComponentKind, component_name};
pub use confidence::{Confidence, Severity, Verification};
pub use draft::Draft;
pub use evidence::{Basis, Citation, Cited, Evidence, EvidenceSet};
pub use finding::{Finding, ListedAs, Member, Place, Remedy, Sentence, Step};
pub use fingerprint::{Fingerprint, fingerprint};
pub use inventory::{Fact, FactRef, Inventory};
pub use known::{Attribute, Known, Relation};
pub use place::CountryCode;
pub use relation::{Group, Horizon, RelationKind};
pub use sheet::{Sheet, Sighting, SpotId};
pub use time::{Date, Validity};
