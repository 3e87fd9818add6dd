//! Which words of build tools say where bytes come from.

use super::address::{Address, addresses, host_in_place};
use super::installs::is_runner;
use super::wrappers;

/// Options whose value is an address or a bare host.
const SOURCE_OPTIONS: [&str; 14] = [
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--index",
    "--default-index",
    "--registry",
    "--repository",
    "--source",
    "--channel",
    "--override-channels-from",
    "--keyserver",
    "--channel-alias",
    "--mirror",
    "--repo",
];

/// Short options, with the program that gives them this meaning.
const SHORT_OPTIONS: [(&str, &str); 8] = [
    ("pip", "-i"),
    ("pip3", "-i"),
    ("python", "-i"),
    ("python3", "-i"),
    ("uv", "-i"),
    ("apk", "-X"),
    ("conda", "-c"),
    ("mamba", "-c"),
];

/// Options of download tools whose value is sent, named or written, not fetched.
const OTHER_VALUES: [&str; 20] = [
    "-H",
    "--header",
    "-A",
    "--user-agent",
    "-e",
    "--referer",
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--post-data",
    "-F",
    "--form",
    "-x",
    "--proxy",
    "-o",
    "--output",
    "-u",
    "--user",
];

/// Variables that tools take their sources from.
const VARIABLES: [&str; 47] = [
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "UV_NO_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_FIND_LINKS",
    "UV_PYTHON_INSTALL_MIRROR",
    "PDM_PYPI_URL",
    "PYTHON_BUILD_MIRROR_URL",
    "NPM_CONFIG_REGISTRY",
    "YARN_REGISTRY",
    "YARN_NPM_REGISTRY_SERVER",
    "COREPACK_NPM_REGISTRY",
    "BUN_CONFIG_REGISTRY",
    "NVM_NODEJS_ORG_MIRROR",
    "FNM_NODE_DIST_MIRROR",
    "N_NODE_MIRROR",
    "NODEJS_ORG_MIRROR",
    "ELECTRON_MIRROR",
    "ELECTRON_BUILDER_BINARIES_MIRROR",
    "SASS_BINARY_SITE",
    "PUPPETEER_DOWNLOAD_HOST",
    "PUPPETEER_DOWNLOAD_BASE_URL",
    "PLAYWRIGHT_DOWNLOAD_HOST",
    "CYPRESS_DOWNLOAD_MIRROR",
    "DENO_MIRROR",
    "GOPROXY",
    "GOSUMDB",
    "RUSTUP_DIST_SERVER",
    "RUSTUP_UPDATE_ROOT",
    "HF_ENDPOINT",
    "MODELSCOPE_DOMAIN",
    "CONDA_CHANNELS",
    "CONDA_CHANNEL_ALIAS",
    "HOMEBREW_BOTTLE_DOMAIN",
    "HOMEBREW_API_DOMAIN",
    "HOMEBREW_BREW_GIT_REMOTE",
    "HOMEBREW_CORE_GIT_REMOTE",
    "FLUTTER_STORAGE_BASE_URL",
    "PUB_HOSTED_URL",
    "JULIA_PKG_SERVER",
    "COMPOSER_REPO_PACKAGIST",
    "HEX_MIRROR",
];

/// Starts of further variables.
const VARIABLE_STARTS: [&str; 5] =
    ["NPM_CONFIG_", "CARGO_REGISTRIES_", "CARGO_SOURCE_", "POETRY_REPOSITORIES_", "BUNDLE_MIRROR__"];

/// Files that tell a tool its sources, by the end of their path.
const SOURCE_FILES: [&str; 25] = [
    ".list",
    ".sources",
    ".repo",
    "apk/repositories",
    "pip.conf",
    "pip.ini",
    "npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "condarc",
    ".cargo/config",
    ".cargo/config.toml",
    "cargo/config",
    "cargo/config.toml",
    "settings.xml",
    "mirrorlist",
    ".pydistutils.cfg",
    "uv.toml",
    "gemrc",
    "init.gradle",
    ".bowerrc",
    "daemon.json",
    "registries.conf",
    "Renviron",
    "Rprofile.site",
];

/// Tools whose commands fetch what a build needs from the addresses that they name.
const FETCHERS: [&str; 42] = [
    "pip",
    "pip3",
    "python",
    "python3",
    "uv",
    "uvx",
    "pipx",
    "poetry",
    "pdm",
    "conda",
    "mamba",
    "micromamba",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "bun",
    "deno",
    "gem",
    "bundle",
    "cargo",
    "rustup",
    "go",
    "apt",
    "apt-get",
    "add-apt-repository",
    "apk",
    "yum",
    "dnf",
    "microdnf",
    "zypper",
    "mvn",
    "gradle",
    "composer",
    "dotnet",
    "nuget",
    "helm",
    "brew",
    "git",
    "curl",
    "wget",
    "aria2c",
];

/// Options by which a download tool sends something.
const SENDS: [&str; 14] = [
    "-X",
    "--request",
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-urlencode",
    "--json",
    "-F",
    "--form",
    "-T",
    "--upload-file",
    "--post-data",
    "--post-file",
];

/// True for a command of a pipeline that fetches nothing: pipelines also call services, tell people, and push.
pub(super) fn only_sends(words: &[&str]) -> bool {
    let (before, rest) = words.split_at(wrappers::before(words.iter().copied()));
    let Some((program, rest)) = rest.split_first() else { return false };
    let program = program.rsplit('/').next().unwrap_or_default();
    // takes back what commands before it set
    if program == "unset" || wrappers::is_unexport(before) {
        return false;
    }
    let pushes = |word: &&str| matches!(*word, "push" | "publish" | "upload" | "remote" | "twine");
    !(FETCHERS.contains(&program) || is_runner(program) || is_numbered_pip(program))
        || is_download(program) && rest.iter().any(|word| SENDS.iter().any(|option| word.starts_with(option)))
        || rest.first().is_some_and(pushes)
        || program.starts_with("python") && !rest.contains(&"pip")
}

/// `pip3.11`, `python3.11`.
fn is_numbered_pip(program: &str) -> bool {
    let name = program.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    matches!(name, "pip" | "python")
}

/// True when a tool takes its source from the variable.
pub(super) fn is_source_variable(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let by_start = VARIABLE_STARTS.iter().any(|start| upper.starts_with(start));
    VARIABLES.contains(&upper.as_str()) || by_start && !upper.ends_with("PROXY")
}

/// True when a file tells a tool its sources.
pub(in crate::scan::image) fn is_source_file(path: &str) -> bool {
    SOURCE_FILES.iter().any(|end| path.ends_with(end))
}

/// True when the value of an option says where a program fetches from.
pub(super) fn is_source_option(program: &str, option: &str) -> bool {
    SOURCE_OPTIONS.contains(&option) || SHORT_OPTIONS.contains(&(program, option))
}

/// True when the next word is no address that is fetched.
pub(super) fn takes_other_value(program: &str, option: &str) -> bool {
    is_download(program) && OTHER_VALUES.contains(&option) || option.ends_with("proxy")
}

/// `curl`, `wget` and their kin: addresses without a scheme are usual there.
pub(super) fn is_download(program: &str) -> bool {
    matches!(program, "curl" | "wget" | "aria2c" | "axel" | "http" | "fetch")
}

/// True for an argument such as `get.example.org/install.sh` of a download tool.
pub(super) fn is_bare_download(program: &str, before: &str, text: &str) -> bool {
    is_download(program)
        && text.contains('/')
        && !text.starts_with(['-', '.', '/'])
        && !matches!(before, "-O" | "-P" | "-T" | "-K" | "--output-document" | "--directory-prefix" | "--cacert")
}

/// Commands that speak of addresses without fetching from them.
pub(super) fn only_speaks(program: &str) -> bool {
    matches!(
        program,
        "echo"
            | "printf"
            | "cat"
            | "tee"
            | "test"
            | "["
            | "[["
            | "grep"
            | "egrep"
            | "awk"
            | "cut"
            | "tr"
            | "case"
            | ":"
    )
}

/// Addresses in a line of a file that a build step writes: all of them in a file of sources; else those of lines
/// that are made for one (`deb https://…`).
pub(super) fn in_written_text(text: &str, is_source_file: bool) -> Vec<Address> {
    let start = text.trim_start();
    let is_source_line = start.starts_with("deb ") || start.starts_with("deb [");
    if is_source_file || is_source_line { addresses(text) } else { Vec::new() }
}

/// What a variable or option value names: addresses, or a bare host.
pub(super) fn in_value(value: &str) -> Vec<Address> {
    if value.contains([' ', ',', '|']) { addresses(value) } else { host_in_place(value) }
}
