//! Bases that lie in other repositories, as Kustomize and its Git tools write them.

/// A repository or file elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remote {
    /// Address of the repository, or of the file itself.
    pub(super) address: String,
    /// Branch, tag or commit.
    pub(super) revision: Option<String>,
    /// A single file that is fetched by its address rather than with Git.
    pub(super) is_file: bool,
}

/// Reads an entry of `resources`; nothing for what can only be a path.
pub(super) fn remote(entry: &str) -> Option<Remote> {
    let text = entry.strip_prefix("git::").unwrap_or(entry);
    let (address, query) = text.split_once('?').map_or((text, ""), |(address, query)| (address, query));
    let revision = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ref=").or_else(|| pair.strip_prefix("version=")))
        .filter(|revision| !revision.is_empty())
        .map(str::to_owned);
    let has_scheme = address.contains("://");
    if !has_scheme && !address.starts_with("git@") {
        let host = address.split('/').next().unwrap_or("");
        let looks_like_host = host.contains('.') && !host.starts_with('.') && !host.ends_with(".yaml");
        if !looks_like_host || address.split('/').filter(|part| !part.is_empty()).count() < 3 {
            return None;
        }
    }
    let full =
        if has_scheme || address.starts_with("git@") { address.to_owned() } else { format!("https://{address}") };
    if let Some(found) = file(&full) {
        return Some(found);
    }
    Some(Remote { address: repository(&full), revision, is_file: false })
}

/// A manifest by its address: its repository and revision where the address tells them.
fn file(address: &str) -> Option<Remote> {
    let is_file = [".yaml", ".yml", ".json"].iter().any(|ending| address.ends_with(ending));
    if !is_file || !address.starts_with("http") {
        return None;
    }
    let rest = address.split_once("://")?.1;
    let parts: Vec<&str> = rest.split('/').collect();
    let of = |owner: &str, name: &str, revision: &str| Remote {
        address: format!("https://github.com/{owner}/{name}"),
        revision: Some(revision.to_owned()),
        is_file: true,
    };
    Some(match parts.as_slice() {
        ["raw.githubusercontent.com", owner, name, "refs", _, revision, ..] => of(owner, name, revision),
        ["raw.githubusercontent.com", owner, name, revision, ..] => of(owner, name, revision),
        ["github.com", owner, name, "releases", "download", revision, ..]
        | ["github.com", owner, name, "raw" | "blob", revision, ..] => of(owner, name, revision),
        ["github.com", owner, name, "releases", "latest", ..] => of(owner, name, "latest"),
        _ => Remote { address: address.to_owned(), revision: None, is_file: true },
    })
}

/// The address up to the repository: `//`, `.git/` or the third part of a path on a code host ends it.
fn repository(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let cut = rest.find("//").or_else(|| rest.find(".git/").map(|at| at + 4)).or_else(|| {
        let path = if scheme.is_empty() { rest.find(':').map(|at| at + 1)? } else { rest.find('/')? + 1 };
        let owner = path + rest[path..].find('/')? + 1;
        rest[owner..].find('/').map(|at| owner + at)
    });
    let rest = cut.map_or(rest, |at| &rest[..at]);
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_lie_elsewhere() {
        for (entry, address, revision) in [
            ("github.com/org/repo//config/default?ref=v1", "https://github.com/org/repo", Some("v1")),
            ("github.com/org/repo/config/default?ref=v1", "https://github.com/org/repo", Some("v1")),
            (
                "https://github.com/org/repo.git/deploy?ref=main&timeout=9",
                "https://github.com/org/repo.git",
                Some("main"),
            ),
            ("git@github.com:org/repo/base", "git@github.com:org/repo", None),
            ("ssh://git@git.example/org/repo//base", "ssh://git@git.example/org/repo", None),
            ("https://raw.githubusercontent.com/o/r/v2/a.yaml", "https://github.com/o/r", Some("v2")),
            ("https://github.com/o/r/releases/download/v3/a.yaml", "https://github.com/o/r", Some("v3")),
            ("https://files.example/a.yaml", "https://files.example/a.yaml", None),
        ] {
            let found = remote(entry).expect(entry);
            assert_eq!((found.address.as_str(), found.revision.as_deref()), (address, revision), "{entry}");
        }
        for path in ["../../base", "base", "app.yaml", "apps/v1.2/base", "a.b/c"] {
            assert_eq!(remote(path), None, "{path}");
        }
    }
}
