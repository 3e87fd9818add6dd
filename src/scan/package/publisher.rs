//! Who publishes a package, as far as files state it: keys of attribution from names, repositories and mail addresses.

use super::address::{owner_of_address, repository_owner, without_secrets};
use crate::model::{ComponentId, key, purl};
use crate::scan::{Facts, Seen};

/// Longest name of an author that is kept.
const LONGEST_NAME: usize = 200;

/// A repository that the package says it comes from: its address, and its owner as a key.
pub(crate) fn repository(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    out.attribute(id, key::SOURCE, without_secrets(address), seen.clone());
    repository_owner_of(id, address, seen, out);
}

/// The owner of a repository's address as a key; an address that is none gives nothing.
pub(crate) fn repository_owner_of(id: &ComponentId, address: &str, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(owner) = owner_of_address(address) {
        out.attribute(id, key::IDENTITY, owner, seen.clone().inferred());
    }
}

/// The domain of an author or maintainer's mail address, as a weak key: `Name <user@corp.example>`.
pub(crate) fn mail(id: &ComponentId, text: &str, seen: &Seen, out: &mut Facts<'_>) {
    for part in text.split(',') {
        // addresses that hide the sender belong to whoever hosts them, not to an employer
        if let Some(domain) = crate::scan::image::dpkg::mail_domain(part).filter(|domain| !domain.contains("noreply")) {
            out.attribute(id, key::IDENTITY, format!("mail:{domain}"), seen.clone().inferred());
        }
    }
}

/// An author or maintainer: the name without what stands in brackets, and the mail domain as a weak key.
pub(crate) fn author(id: &ComponentId, text: &str, seen: &Seen, out: &mut Facts<'_>) {
    let seen = seen.clone().inferred().without_excerpt();
    let name = text.split(['<', '(']).next().unwrap_or(text).trim().trim_matches('"').trim();
    if !name.is_empty() && !name.contains('@') && name.len() <= LONGEST_NAME {
        out.attribute(id, key::AUTHOR, name, seen.clone());
    }
    // `Name <mail> (page)`
    let mail = text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(text, |(mail, _)| mail);
    self::mail(id, mail, &seen, out);
}

/// Whose repository a path of gopkg.in means: `gopkg.in/OWNER/NAME.v1` is `github.com/OWNER/NAME`, `gopkg.in/NAME.v1` is
/// `github.com/go-NAME/NAME`.
fn behind_gopkg(path: &str) -> Option<String> {
    let rest = path.strip_prefix("gopkg.in/")?;
    let is_version =
        |text: &str| text.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let (owner, name) = rest.split_once('/').map_or((None, rest), |(owner, name)| (Some(owner), name));
    let stem = name.rsplit_once('.').filter(|(stem, version)| !stem.is_empty() && is_version(version))?.0;
    let is_good = owner.is_none_or(|owner| !owner.is_empty() && !name.contains('/'));
    is_good.then(|| owner.map_or_else(|| format!("github:go-{stem}"), |owner| format!("github:{owner}")))
}

/// Keys under which the catalog may know the publisher of a name.
pub(super) fn identities(ecosystem: &str, name: &str) -> Vec<String> {
    // names that belong to no ecosystem say nothing of a publisher
    if matches!(ecosystem, "generic" | "device") {
        return Vec::new();
    }
    let mut keys = vec![[ecosystem, ":", name].concat()];
    match ecosystem {
        "npm" => keys.extend(purl::npm_parts(name).0.map(|scope| ["npm:", scope].concat())),
        "golang" => keys.extend(repository_owner(name).or_else(|| behind_gopkg(name))),
        "swift" | "carthage" => keys.extend(repository_owner(name)),
        // a part of a pod is published by whoever publishes the pod
        "cocoapods" => keys.extend(name.split_once('/').map(|(pod, _)| format!("cocoapods:{pod}"))),
        // prefixes are looked up by the catalog: `maven:com.huaweicloud.sdk`, `composer:vendor`, `nuget:Corp.Product`
        "maven" => keys.extend(name.split_once(':').map(|(group, _)| format!("maven:{group}"))),
        "composer" => keys.extend(name.split_once('/').map(|(vendor, _)| format!("composer:{vendor}"))),
        _ => {}
    }
    keys
}
