//! Declared infrastructure other than Terraform: each format is evaluated into one tree of values with places
//! (`value`), and one writer (`write`) turns a resource of that tree into facts. What an argument or a type means
//! is data (`rules/catalog/resource-types.toml`, `rules/catalog/arguments.toml`).

pub mod ansible;
pub mod azure;
pub mod cloudformation;
mod copies;
pub mod custom_resource;
pub mod inventory;
mod machines;
pub mod nomad;
mod place;
pub mod pulumi;
pub mod ray;
pub mod serverless;
mod settings;
pub mod shell;
pub mod skypilot;
pub mod slurm;
pub(crate) mod value;
mod variables;
pub(crate) mod write;
