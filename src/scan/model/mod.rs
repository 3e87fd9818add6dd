//! Scanners of model references.

pub mod model_reference;
pub(crate) mod reference;
