//! What the kernel of a Linux machine tells of its hardware under `/sys` and `/proc`. Nothing is run.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::text::RelPath;

/// Files that are read; a `*` is any name of one level.
pub const PLACES: [&str; 27] = [
    "proc/cpuinfo",
    "proc/driver/nvidia/version",
    "proc/driver/nvidia/gpus/*/information",
    "proc/sys/kernel/osrelease",
    "sys/bus/pci/devices/*/class",
    "sys/bus/pci/devices/*/device",
    "sys/bus/pci/devices/*/fw_version",
    "sys/bus/pci/devices/*/mem_info_vram_total",
    "sys/bus/pci/devices/*/numa_node",
    "sys/bus/pci/devices/*/product_name",
    "sys/bus/pci/devices/*/subsystem_device",
    "sys/bus/pci/devices/*/subsystem_vendor",
    "sys/bus/pci/devices/*/uevent",
    "sys/bus/pci/devices/*/vbios_version",
    "sys/bus/pci/devices/*/vendor",
    "sys/class/dmi/id/bios_vendor",
    "sys/class/dmi/id/bios_version",
    "sys/class/dmi/id/board_name",
    "sys/class/dmi/id/board_vendor",
    "sys/class/dmi/id/product_name",
    "sys/class/dmi/id/sys_vendor",
    "sys/class/infiniband/*/device/device",
    "sys/class/infiniband/*/device/vendor",
    "sys/class/infiniband/*/fw_ver",
    "sys/class/infiniband/*/hca_type",
    "sys/class/ipmi/*/device/firmware_revision",
    "sys/module/*/version",
];

/// Bytes of one file: a machine of many processors tells some hundred kilobytes of them.
const LARGEST: u64 = 4 << 20;
/// Names of one level.
const MOST_NAMES: usize = 65_536;

/// Reads the places below a root: `/`, or a tree that was copied from another machine.
///
/// # Errors
/// When the root cannot be opened, or has neither `/sys` nor `/proc`.
pub fn read(root: &Path) -> anyhow::Result<Vec<(RelPath, Vec<u8>)>> {
    let root = root.canonicalize().with_context(|| format!("cannot open `{}`", root.display()))?;
    anyhow::ensure!(
        root.join("sys").is_dir() || root.join("proc").is_dir(),
        "`{}` has neither /sys nor /proc: hardware is read on Linux only; scan the output of a tool such as `lspci -nn`",
        root.display()
    );
    let mut found = Vec::new();
    for place in PLACES {
        for relative in expand(&root, place) {
            let Some(path) = RelPath::new(&relative) else { continue };
            // a copied tree may hold links that lead out of it
            let Ok(real) = root.join(&relative).canonicalize() else { continue };
            if real.starts_with(&root) && real.is_file() {
                found.extend(content(&real).map(|bytes| (path, bytes)));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The paths that a place means, sorted.
fn expand(root: &Path, place: &str) -> Vec<String> {
    let Some((before, after)) = place.split_once("/*/") else { return vec![place.to_owned()] };
    let Ok(entries) = std::fs::read_dir(root.join(before)) else { return Vec::new() };
    let mut names: Vec<(String, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .take(MOST_NAMES)
        .collect();
    names.sort();
    // parts of a device that machines are given are no devices of their own
    names.retain(|(_, path)| path.join("physfn").symlink_metadata().is_err());
    names.into_iter().map(|(name, _)| format!("{before}/{name}/{after}")).collect()
}

/// The kernel gives what it has when it is asked: sizes of such files mean nothing.
fn content(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
