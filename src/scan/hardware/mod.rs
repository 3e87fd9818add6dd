//! Scanners of observed hardware.

pub mod lspci;
pub mod nvidia_smi;
