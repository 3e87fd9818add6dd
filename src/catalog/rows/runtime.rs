//! Software of the makers of accelerators: what holds it needs their hardware.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::Verification;

rows! {
    /// A runtime or library of an accelerator's maker.
    Runtime {
        /// Stable id.
        id: Text,
        /// Product name.
        product: Text,
        /// Organisation id of the maker of the hardware that it runs on.
        vendor: Text,
        /// Beginnings of the names of its libraries, up to the version: `libcudart.so.`.
        #[serde(default)]
        libraries: Vec<Text>,
        /// Packages that hold it, as `type:name`; a name that ends in `*` is the beginning of one.
        #[serde(default)]
        packages: Vec<Text>,
        /// Environment variables that tell its version.
        #[serde(default)]
        variables: Vec<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
}
