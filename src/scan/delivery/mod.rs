//! Scanners of pipelines that build and roll out.

pub mod github_actions;
pub mod gitlab_ci;
