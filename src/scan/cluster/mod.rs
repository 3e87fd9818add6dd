//! Scanners of declared workloads and of what brings them into service.

mod along;
mod capture;
pub(in crate::scan) mod carried;
pub mod gitops;
mod gpu;
mod gpu_pool;
mod gpu_request;
pub mod helm;
mod kinds;
pub mod kubernetes;
pub mod kustomize;
mod logs;
mod manifest;
mod mirrors;
mod nodes;
mod owners;
mod places;
mod queues;
mod replicas;
mod scene;
mod settings;
mod sharing;
mod template;
mod tree;
mod workload;
