//! Python: requirements, projects, lock files, what is installed.

pub mod installed_python;
pub mod pyproject;
pub mod requirements;
pub mod uv_lock;
