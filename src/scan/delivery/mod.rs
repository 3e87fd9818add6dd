//! Scanners of pipelines that build and roll out.

pub mod azure_pipelines;
pub mod circleci;
pub mod cloud_build;
mod deploy;
mod follow;
pub mod github_actions;
pub mod gitlab_ci;
mod inherited;
pub mod jenkinsfile;
mod named;
mod step;
pub mod tekton;
mod variables;
