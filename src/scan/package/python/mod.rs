//! Python: requirements, projects, lock files, what is installed.

pub mod installed_python;
mod pep508;
pub mod pyproject;
pub mod requirements;
mod requirements_lines;
pub mod uv_lock;
