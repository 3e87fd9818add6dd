//! What the readers of conda's formats share: match specifications, file names of packages, channels.

use crate::model::{ComponentId, key};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Seen};
use crate::text::{bare_secret, token};

/// A match specification in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec<'a> {
    /// Channel, if one is named.
    pub(super) channel: Option<&'a str>,
    /// Name of the package.
    pub(super) name: &'a str,
    /// What is asked of the version, as written.
    pub(super) constraint: &'a str,
    /// The exact version, when no other fits.
    pub(super) version: Option<&'a str>,
}

impl<'a> Spec<'a> {
    /// Reads `channel::name=1.0=build`, `name >=1,<2`, `name 1.0 build`, `name[version='>=1']`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (channel, rest) = match text.split_once("::") {
            Some((channel, rest)) => (Some(channel.trim()), rest.trim()),
            None => (None, text),
        };
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let (name, constraint) = rest.split_at(rest.find(|c| !is_of_name(c)).unwrap_or(rest.len()));
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let constraint = constraint.trim();
        let channel = channel.or_else(|| bracketed(constraint, "channel"));
        let starts = constraint.starts_with(['=', '<', '>', '!', '~', '[', '*', '('])
            || constraint.starts_with(|c: char| c.is_ascii_digit());
        if !constraint.is_empty() && !starts {
            return None;
        }
        // what stands in brackets is more than a range, and an address there may hold a password
        let constraint = match constraint.split_once('[') {
            Some((before, _)) if before.trim().is_empty() => bracketed(constraint, "version").unwrap_or(""),
            Some((before, _)) => before.trim(),
            None => constraint,
        };
        Some(Self { channel, name, constraint, version: exact(constraint) })
    }
}

/// The value of a key between the brackets behind a name: `[channel=conda-forge, version='>=1']`.
fn bracketed<'a>(constraint: &'a str, key: &str) -> Option<&'a str> {
    let inner = &constraint[constraint.find('[')? + 1..];
    let inner = inner.rsplit_once(']').map_or(inner, |(inner, _)| inner);
    let values = inner.split(',').filter_map(|pair| pair.split_once('='));
    let mut values = values.filter(|(found, _)| found.trim() == key).map(|(_, value)| value.trim());
    values.next().map(|value| value.trim_matches(['"', '\''])).filter(|value| !value.is_empty())
}

/// `==1.0`, `=1.0=build`, `1.0 build`, `1.0.0`; `=1.0` stands for every version that begins so.
pub(super) fn exact(constraint: &str) -> Option<&str> {
    let version = match constraint.strip_prefix("==") {
        Some(version) => version.split(['=', ' ']).next()?,
        None => {
            let rest = constraint.strip_prefix('=').unwrap_or(constraint).trim();
            if rest.len() == constraint.len() && rest.split('.').count() >= 3 && super::pep508::is_version(rest) {
                return Some(rest);
            }
            let (version, build) = rest.split_once(['=', ' '])?;
            let build = build.trim();
            (!build.is_empty() && !build.contains(['<', '>', '=', '|', ','])).then_some(version)?
        }
    };
    super::pep508::is_version(version).then_some(version)
}

/// Name and version that the file name of a package states: `name-1.0-build.conda`.
pub(super) fn of_file(address: &str) -> Option<(&str, &str)> {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.strip_suffix(".conda").or_else(|| file.strip_suffix(".tar.bz2"))?;
    let (rest, _build) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    (!name.is_empty() && !version.is_empty()).then_some((name, version))
}

/// What the address of a package says: where it is fetched from, its channel, and the hash behind `#`.
pub(super) fn from_file(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    let (address, hash) = address.split_once('#').unwrap_or((address, ""));
    toolkit::fetched_from(id, address, seen, out);
    channel_of(id, address, seen, out);
    if !hash.is_empty() {
        let kind = if hash.len() == 64 { "sha256" } else { "md5" };
        out.attribute(id, key::INTEGRITY, format!("{kind}:{}", hash.trim_start_matches("sha256:")), seen.clone());
    }
}

/// The package comes from a channel: the host of its address, or the one that the tools take names for. The channel
/// is who publishes it when it can come from no other.
pub(super) fn from_channel(id: &ComponentId, channel: &str, is_only: bool, seen: &Seen, out: &mut Facts<'_>) {
    match toolkit::host_of(channel) {
        Some(host) => toolkit::distributed_by(id, &host, seen, out),
        None => toolkit::distributed_by(id, host_of_channel(channel), &seen.clone().inferred(), out),
    }
    let name = channel_name(channel);
    if is_only && !name.is_empty() {
        out.attribute(id, key::IDENTITY, format!("conda:{name}"), seen.clone().inferred());
    }
}

/// As [`from_channel`], of the channel that an entry names itself: no other channel is asked, whatever the file or its
/// settings say of the rest.
pub(super) fn from_own_channel(id: &ComponentId, channel: &str, seen: &Seen, out: &mut Facts<'_>) {
    match toolkit::host_of(channel) {
        Some(host) => toolkit::distributed_by(id, &host, &seen.clone().without_excerpt(), out),
        None => toolkit::distributed_by(id, host_of_channel(channel), seen, out),
    }
    let name = channel_name(channel);
    if !name.is_empty() {
        out.attribute(id, key::IDENTITY, format!("conda:{name}"), seen.clone().inferred());
    }
}

/// The channel in which a package is published, where its address tells it.
pub(super) fn channel_of(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(name) = channel_in(address) {
        out.attribute(id, key::IDENTITY, format!("conda:{name}"), seen.clone().inferred());
    }
}

/// The channel in an address of a package: `https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3.1-0.conda`. What a mirror
/// of somebody's own calls its folders says nothing.
fn channel_in(address: &str) -> Option<&str> {
    let (host, path) = parts(address)?;
    let mut folders = path.rsplit('/').skip(2).filter(|folder| !folder.is_empty());
    match host.to_ascii_lowercase().as_str() {
        DEFAULTS => folders.next().map(|_| "defaults"),
        // labels of a channel stand below it: `conda-forge/label/broken`
        "conda.anaconda.org" | "prefix.dev" | "repo.prefix.dev" => folders.last(),
        _ => None,
    }
}

/// Host of the channels that are `defaults` together.
const DEFAULTS: &str = "repo.anaconda.com";

/// Host of an address, without user and port, and its path without the token of the channel in it.
fn parts(address: &str) -> Option<(&str, &str)> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let path = token(rest).map(|(_, end)| &rest[end..]);
    let (host, whole) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    Some((host.split(':').next().unwrap_or(host), path.unwrap_or(whole)))
}

/// Host of the channels that are written as names.
fn host_of_channel(name: &str) -> &'static str {
    match name.split('/').next().unwrap_or(name) {
        "defaults" | "main" | "anaconda" | "msys2" | "free" | "pkgs" | "r" => DEFAULTS,
        _ => "conda.anaconda.org",
    }
}

/// The name of a channel: the last part of its address, or what is written before its platform and label.
fn channel_name(channel: &str) -> &str {
    let Some((host, path)) = parts(channel) else {
        let channel = bare_secret(channel).map_or(channel, |(_, end)| channel[end..].trim_start_matches('/'));
        return match channel.split('/').next().unwrap_or(channel) {
            "pkgs" => "defaults",
            name => name,
        };
    };
    let mut folders: Vec<&str> = path.split('/').filter(|folder| !folder.is_empty()).collect();
    if host.eq_ignore_ascii_case(DEFAULTS) && !folders.is_empty() {
        return "defaults";
    }
    if folders.len() > 1 && folders.last().is_some_and(|last| is_platform(last)) {
        folders.pop();
    }
    // `…/nvidia/label/cuda-12.4.0`
    let end = folders.iter().position(|folder| *folder == "label").unwrap_or(folders.len());
    end.checked_sub(1).map_or("", |at| folders[at])
}

/// True for the folder of a channel that holds the packages of one platform.
fn is_platform(folder: &str) -> bool {
    let systems = ["linux-", "osx-", "win-", "emscripten-", "wasi-", "freebsd-", "zos-"];
    folder == "noarch" || systems.iter().any(|system| folder.starts_with(system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_in_addresses() {
        for (address, channel) in [
            ("https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda", Some("conda-forge")),
            ("https://conda.anaconda.org/conda-forge/label/broken/noarch/x-1-0.tar.bz2#abc", Some("conda-forge")),
            ("https://prefix.dev/conda-forge/noarch/x-1-0.conda", Some("conda-forge")),
            ("https://repo.anaconda.com/pkgs/main/linux-64/x-1-0.conda", Some("defaults")),
            ("https://mirror.example/conda-forge/linux-64/x-1-0.conda", None),
            ("https://u:p@conda.anaconda.org/t/tk-1/ours/linux-64/x-1-0.conda", Some("ours")),
            ("https://conda.anaconda.org/x-1-0.conda", None),
            ("conda-forge/linux-64/x-1-0.conda", None),
        ] {
            assert_eq!(channel_in(address), channel, "{address}");
        }
    }

    #[test]
    fn names_of_channels() {
        for (channel, name) in [
            ("nvidia", "nvidia"),
            ("conda-forge/linux-64", "conda-forge"),
            ("nvidia/label/cuda-12.4.0", "nvidia"),
            ("pkgs/main", "defaults"),
            ("https://conda.example/ours/noarch", "ours"),
            ("https://conda.anaconda.org/nvidia/label/cuda-12.4.0/linux-64", "nvidia"),
            ("https://conda.example", ""),
            ("https://repo.anaconda.com/pkgs/main", "defaults"),
            ("https://repo.anaconda.com/pkgs/r/linux-64", "defaults"),
            ("t/tk-1/ours", "ours"),
            ("https://conda.example/t/tk-1/ours", "ours"),
            ("https://conda.example/t/tk-1", ""),
        ] {
            assert_eq!(channel_name(channel), name, "{channel}");
        }
    }

    #[test]
    fn match_specifications() {
        let parts = |text| Spec::parse(text).map(|spec| (spec.channel, spec.name, spec.constraint, spec.version));
        assert_eq!(parts("numpy"), Some((None, "numpy", "", None)));
        assert_eq!(parts("conda-forge::numpy=1.26"), Some((Some("conda-forge"), "numpy", "=1.26", None)));
        assert_eq!(parts("conda-forge/linux-64::numpy=1.26").and_then(|found| found.0), Some("conda-forge/linux-64"));
        assert_eq!(parts("https://h.example/c::numpy").map(|found| found.1), Some("numpy"));
        assert_eq!(parts("numpy[version='>=1', channel=\"nvidia\"]").and_then(|found| found.0), Some("nvidia"));
        assert_eq!(parts("numpy==1.26.4"), Some((None, "numpy", "==1.26.4", Some("1.26.4"))));
        assert_eq!(parts("numpy=1.26.4=py310_0").and_then(|found| found.3), Some("1.26.4"));
        assert_eq!(parts("numpy 1.26.4 py310_0").and_then(|found| found.3), Some("1.26.4"));
        assert_eq!(parts("numpy >=1.2, <2").and_then(|found| found.3), None);
        assert_eq!(parts("numpy 1.26.4").and_then(|found| found.3), Some("1.26.4"));
        assert_eq!(parts("numpy=1.26.4").and_then(|found| found.3), None);
        assert_eq!(parts("python 3.10.*").and_then(|found| found.3), None);
        assert_eq!(parts("not a spec"), None);
        assert_eq!(of_file("https://h.example/c/linux-64/lib-x-1.2-h0_1.conda"), Some(("lib-x", "1.2")));
    }
}
