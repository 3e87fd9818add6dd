//! Julia.

pub mod julia_manifest;
pub mod julia_project;

/// Packages that come with Julia and have no version in older manifests.
const STANDARD: [&str; 44] = [
    "ArgTools",
    "Artifacts",
    "Base64",
    "CRC32c",
    "Core",
    "Base",
    "Dates",
    "DelimitedFiles",
    "Distributed",
    "Downloads",
    "FileWatching",
    "Future",
    "InteractiveUtils",
    "JuliaSyntaxHighlighting",
    "LazyArtifacts",
    "LibCURL",
    "LibGit2",
    "Libdl",
    "LinearAlgebra",
    "Logging",
    "Markdown",
    "Mmap",
    "NetworkOptions",
    "OpenBLAS_jll",
    "Pkg",
    "Printf",
    "Profile",
    "REPL",
    "Random",
    "SHA",
    "Serialization",
    "SharedArrays",
    "Sockets",
    "SparseArrays",
    "Statistics",
    "StyledStrings",
    "SuiteSparse",
    "TOML",
    "Tar",
    "Test",
    "UUIDs",
    "Unicode",
    "Zlib_jll",
    "p7zip_jll",
];

/// True for what Julia itself consists of.
fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name)
}
