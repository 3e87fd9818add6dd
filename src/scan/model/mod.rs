//! Scanners of model references.

pub(crate) mod hosted;
pub mod model_reference;
pub(crate) mod reference;
