//! Export control: the class of an accelerator from its figures, and what the law of a day says of sending it somewhere.
//!
//! ```text
//! row ──► Figures ──► Law::outcome ──► Class ──┐
//!         rates,      clauses of       word,   ├──► assess ──► Assessment ──► text, JSON
//!         area        the day          bounds  │    destinations, headquarters, letters, parties,
//! destination, parties ────────────────────────┘    guidance, review, exceptions, what would change it
//! ```
//! Every clause is a row of `rules/export-control`. Nothing here knows a figure of the law, a country or a product, and
//! no figure of a product is guessed: what is missing makes the class indeterminate, unless one criterion decides alone.

mod answer;
mod assess;
mod change;
mod class;
mod figures;
mod fit;
mod law;
mod party;
mod past;
mod range;
mod review;
mod rows;
mod steps;
mod subject;
mod text;

pub use answer::Answer;
pub use assess::{Question, assess, prohibition};
pub use class::{Class, classify};
pub use figures::{Figures, Input, Rate, bits};
pub use law::{Law, Outcome};
pub use party::{ListedFact, OwnedFact, PartyFacts, SeatFact};
pub use range::{Range, ranges};
pub use rows::{
    Assessment, ClassRow, ExceptionRow, FamilyRow, FigureRow, MachineRow, MemberRow, PartyRow, PolicyRow, ProductRow,
    RateRow, SeatRow, StepRow,
};
pub use steps::{Bearing, LETTER, bearing};
pub use subject::Subject;
pub use text::write;

/// The JSON Schema of an assessment.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Assessment).to_value()
}
