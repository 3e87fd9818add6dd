//! Scanners of declared workloads and of what brings them into service.

pub mod gitops;
mod gpu;
pub mod helm;
pub mod kubernetes;
pub mod kustomize;
mod manifest;
mod places;
mod template;
mod tree;
mod workload;
