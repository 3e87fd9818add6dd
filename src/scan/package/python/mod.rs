//! Python and conda: requirements, projects, lock files, settings, what is installed.

mod artefact;
mod beside;
mod conda;
pub mod conda_environment;
pub mod conda_lock;
mod ini;
pub mod installed_conda;
pub mod installed_python;
mod local;
pub mod pdm_lock;
mod pdm_sources;
mod pep508;
pub mod pip_config;
pub mod pipfile;
pub mod pipfile_lock;
pub mod pixi_lock;
pub mod pixi_toml;
pub mod poetry_lock;
pub mod pylock;
pub mod pyproject;
mod pyproject_tools;
mod python_words;
mod reach;
pub mod requirements;
mod requirements_files;
mod requirements_lines;
pub mod setup_cfg;
mod setup_lists;
pub mod setup_py;
mod setup_values;
mod tables;
pub mod uv_lock;

pub(crate) use pep508::ask_address;
