//! Runtimes of accelerators that lie in a file system: CUDA, ROCm, CANN and their kin, by their libraries and by the files
//! that tell their version.

use crate::catalog::Catalog;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `accelerator-runtime`.
pub struct AcceleratorRuntime;

static META: ScannerMeta = ScannerMeta {
    id: "accelerator-runtime",
    title: "Runtimes of accelerators",
    summary: "CUDA, cuDNN, NCCL, TensorRT, ROCm, CANN, MUSA, oneAPI, Neuron, Gaudi and other runtimes with version, by the \
              names of their libraries and by the version files of CUDA, ROCm and CANN. A table of the rules says whose \
              hardware each needs.",
    files: &[
        "**/libcudart.so.*",
        "**/libcublas.so.*",
        "**/libcudnn.so.*",
        "**/libnccl.so.*",
        "**/libnvinfer.so.*",
        "**/libamdhip64.so.*",
        "**/libMIOpen.so.*",
        "**/librccl.so.*",
        "**/libascendcl.so*",
        "**/libhccl.so*",
        "**/libmusart.so.*",
        "**/libsycl.so.*",
        "**/libnrt.so.*",
        "**/libSynapse.so*",
        "**/libcnrt.so.*",
        "**/libtpu.so*",
        "**/libxpurt.so*",
        "**/libgalaxyhip.so.*",
        "**/libmcruntime.so*",
        "**/usr/local/cuda*/version.json",
        "**/usr/local/cuda*/version.txt",
        "**/opt/rocm*/.info/version",
        "**/ascend_toolkit_install.info",
    ],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/",
};

impl Scanner for AcceleratorRuntime {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn needs_no_content(&self, path: &RelPath) -> bool {
        path.name().starts_with("lib")
    }

    fn reads_installed(&self) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let name = file.path().name();
        let found: Vec<(String, Option<String>)> = if name.starts_with("lib") {
            library(input.catalog, name).into_iter().collect()
        } else {
            match name {
                "version.json" => cuda_parts(file.json_or_part(out)?),
                "version.txt" => {
                    let version =
                        file.text().split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
                    vec![("cuda-runtime".to_owned(), version.map(str::to_owned))]
                }
                // `6.1.0-82`: the release and the number of its build
                "version" => {
                    let version = file.text().trim();
                    let version = version.split_once('-').map_or(version, |(release, _)| release);
                    vec![("rocm".to_owned(), Some(version.to_owned()))]
                }
                _ => {
                    let version = file.text().lines().find_map(|line| line.strip_prefix("version="));
                    vec![("cann".to_owned(), version.map(|text| text.trim().to_owned()))]
                }
            }
        };
        for (id, version) in found {
            let root = toolkit::root(input, file, out);
            write(&root, &id, version.as_deref(), input.catalog, &file.whole(), out);
        }
        Ok(())
    }
}

/// Runtime and version of a library; some carry no version in their names.
fn library(catalog: &Catalog, name: &str) -> Option<(String, Option<String>)> {
    if let Some((row, version)) = catalog.runtime_by_library(name) {
        return Some((row.id.to_string(), Some(release_of(version))));
    }
    let bare = |row: &&crate::catalog::rows::Runtime| {
        row.libraries.iter().any(|beginning| beginning.trim_end_matches('.') == name)
    };
    catalog.runtimes().iter().find(bare).map(|row| (row.id.to_string(), None))
}

/// The release that a library is of: AMD's libraries end in it, as `6.1.60100` for 6.1.0.
fn release_of(version: &str) -> String {
    let Some((before, last)) = version.rsplit_once('.') else { return version.to_owned() };
    let number = last.parse::<u32>().ok().filter(|_| last.len() >= 5 && last.len() <= 6);
    let release = number.map(|number| (number / 10_000, number / 100 % 100, number % 100));
    match release {
        Some((major, minor, patch)) if before.split('.').next() == Some(major.to_string().as_str()) => {
            format!("{major}.{minor}.{patch}")
        }
        _ => version.to_owned(),
    }
}

/// The parts of a CUDA installation: `{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}, …}`.
fn cuda_parts(root: &crate::parse::Node) -> Vec<(String, Option<String>)> {
    let named = [("cuda_cudart", "cuda-runtime"), ("cuda", "cuda-runtime"), ("libcublas", "cublas")];
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for (part, id) in named {
        let version = root.get(part).and_then(|part| part.text_at("version"));
        if let Some(version) = version.filter(|_| found.iter().all(|(other, _)| other != id)) {
            found.push((id.to_owned(), Some(version.to_owned())));
        }
    }
    found
}

/// Writes a runtime of the table; what the table does not know is nobody's.
pub(super) fn write(
    root: &ComponentId,
    id: &str,
    version: Option<&str>,
    catalog: &Catalog,
    seen: &Seen,
    out: &mut Facts<'_>,
) {
    let Some(row) = catalog.runtime(id) else { return };
    let is_version = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.len() <= 64
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_' | b'~'))
    };
    let version = version.filter(is_version);
    let package = purl::build("generic", Some(&row.vendor), &row.id, version, &[]);
    out.component(&package, ComponentKind::Package, seen.clone());
    out.attribute(&package, key::NAME, &*row.product, seen.clone());
    out.attribute(&package, key::ECOSYSTEM, "generic", seen.clone());
    if let Some(version) = version {
        out.attribute(&package, key::VERSION, version, seen.clone());
    }
    out.relation(root, RelationKind::Contains, &package, seen.clone());
}
