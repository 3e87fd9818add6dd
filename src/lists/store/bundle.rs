//! Lists and rule files in one signed file, for sites without a network.
//!
//! A bundle is a tar archive: `bundle.json` first, then the files that it names with size and SHA-256, in that order
//! and nothing else. The signature is minisign's, in a file beside it. Nothing is read of a bundle before its signature
//! holds, and nothing of it is ever unpacked to a path of its choosing.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use minisign_verify::{PublicKey, Signature};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::archive::{Archive, replace};
use super::folder::{Store, source_of};
use super::manifest::{Manifest, Source};
use crate::catalog::Layer;
use crate::lists::Party;
use crate::model::Date;
use crate::text::clean_line;
use crate::text::hex;

const CONTENTS: &str = "bundle.json";
const FORMAT: u32 = 1;
/// Largest bundle that is read.
const LARGEST: u64 = 4 << 30;
const LARGEST_CONTENTS: u64 = 16 << 20;
const MOST_FILES: usize = 10_000;

/// What a bundle says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contents {
    /// Version of the form.
    pub sovaudit_bundle: u32,
    /// Higher in every later bundle.
    pub number: u64,
    /// Day of making.
    pub made: Date,
    /// Last day on which it is accepted.
    pub expires: Date,
    files: Vec<Member>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    path: String,
    bytes: u64,
    sha256: String,
}

/// A bundle that may be imported.
#[derive(Debug)]
pub struct Bundle {
    /// What it says of itself.
    pub contents: Contents,
    /// Id of the key that signed it.
    pub key: String,
    /// Sources with their parties.
    pub sources: Vec<(String, Source, Vec<Party>)>,
    /// Rule files, by the folder they came from.
    pub layers: Vec<Layer>,
}

/// Number, day of making and last day of a bundle that is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Higher in every later bundle.
    pub number: u64,
    /// Day of making.
    pub made: Date,
    /// Last day on which it is accepted.
    pub expires: Date,
}

/// True for the first bytes of a bundle.
#[must_use]
pub fn is_bundle(head: &[u8]) -> bool {
    head.get(..100).is_some_and(|name| name.starts_with(b"bundle.json\0"))
}

/// Writes a bundle: the same store, rule files and stamp give the same bytes. Gives the number of its files.
///
/// # Errors
/// Damaged archives, and those of the file system.
pub fn write(path: &Path, store: &Store, manifest: &Manifest, layers: &[Layer], stamp: Stamp) -> anyhow::Result<usize> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, source) in &manifest.sources {
        let file = store.check(source).with_context(|| {
            format!("the archive `{}` in the store is damaged: import its list again", source.stored.file)
        })?;
        files.push((format!("lists/{name}"), std::fs::read(file)?));
    }
    for (position, layer) in layers.iter().enumerate() {
        let folder = Path::new(&layer.name).file_name().map(|name| name.to_string_lossy().into_owned());
        let folder: String = folder.unwrap_or_default().chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        for (file, text) in &layer.files {
            files.push((format!("rules/{position:02}-{folder}/{file}"), text.clone().into_bytes()));
        }
    }
    ensure!(!files.is_empty(), "there is nothing to bundle: import lists first, or name a folder with --rules");
    files.sort();
    let members = files.iter().map(|(path, bytes)| Member {
        path: path.clone(),
        bytes: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
    });
    let Stamp { number, made, expires } = stamp;
    let contents = Contents { sovaudit_bundle: FORMAT, number, made, expires, files: members.collect() };
    let first = (CONTENTS.to_owned(), serde_json::to_vec_pretty(&contents)?);
    replace(path, |out| {
        let mut tar = tar::Builder::new(out);
        for (name, bytes) in [&first].into_iter().chain(&files) {
            // everything that could differ between two machines is the same in all bundles
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            tar.append_data(&mut header, name, bytes.as_slice())?;
        }
        tar.finish()
    })
    .with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(files.len())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// The key of a word that is a key, or the name of a file with one.
///
/// # Errors
/// When it is neither.
pub fn public_key(word: &str) -> anyhow::Result<(PublicKey, String)> {
    let text = match PublicKey::from_base64(word.trim()) {
        Ok(_) => word.to_owned(),
        Err(_) => {
            let mut text = String::new();
            let file = File::open(word).with_context(|| {
                format!("`{}` is neither a minisign public key nor the name of a file with one", clean_line(word))
            })?;
            file.take(4096).read_to_string(&mut text).with_context(|| format!("cannot read the key file `{word}`"))?;
            text
        }
    };
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let key = PublicKey::from_base64(line);
    let key = key.map_err(|_| anyhow::anyhow!("`{}` holds no minisign public key", clean_line(word)))?;
    Ok((key, hex(&Sha256::digest(line.as_bytes())[..8])))
}

/// Reads a bundle, once its signature holds.
///
/// # Errors
/// A missing or wrong signature, a bundle that expired or is older than one accepted before, content that is not what it
/// says.
pub fn read(
    store: &Store,
    path: &Path,
    signature: &Path,
    key: &str,
    today: Date,
    manifest: Option<&Manifest>,
) -> anyhow::Result<Bundle> {
    let (key, id) = public_key(key)?;
    let mut copy = verified(store, path, signature, &key)?;
    copy.rewind()?;
    let mut tar = tar::Archive::new(copy);
    let mut entries = tar.entries()?;
    let mut next = |limit: u64| entries.next().transpose()?.map(|entry| member(entry, limit)).transpose();
    let (name, bytes) = next(LARGEST_CONTENTS)?.context("the bundle is empty")?;
    ensure!(name == CONTENTS, "the bundle does not begin with `{CONTENTS}`");
    let contents: Contents = serde_json::from_slice(&bytes).with_context(|| format!("`{CONTENTS}` of the bundle"))?;
    acceptable(&contents, today, manifest.and_then(|manifest| manifest.bundles.get(&id)).copied())?;
    let mut bundle = Bundle { contents, key: id, sources: Vec::new(), layers: Vec::new() };
    for expected in std::mem::take(&mut bundle.contents.files) {
        let (name, bytes) = next(expected.bytes)?.context("the bundle ends before its last file")?;
        let same = name == expected.path && bytes.len() as u64 == expected.bytes;
        ensure!(same && hex(&Sha256::digest(&bytes)) == expected.sha256, "`{name}` is not what the bundle names there");
        add(&mut bundle, &name, bytes).with_context(|| format!("`{name}` of the bundle"))?;
    }
    ensure!(next(0)?.is_none(), "the bundle has more files than it names");
    Ok(bundle)
}

/// Copies the bundle while its signature is checked, so that what is read is what was signed.
fn verified(store: &Store, path: &Path, signature: &Path, key: &PublicKey) -> anyhow::Result<File> {
    let shown = path.display();
    let mut text = String::new();
    let file = File::open(signature).with_context(|| {
        format!(
            "`{shown}` has no signature: `{}` must lie beside it; make it with `minisign -Sm FILE`",
            signature.display()
        )
    })?;
    file.take(8192).read_to_string(&mut text).with_context(|| format!("cannot read `{}`", signature.display()))?;
    let wrong = |error: minisign_verify::Error| match error {
        minisign_verify::Error::UnexpectedKeyId => {
            anyhow::anyhow!("`{shown}` was signed with another key than --verify-key names; nothing was imported")
        }
        minisign_verify::Error::InvalidSignature => anyhow::anyhow!(
            "the signature does not fit `{shown}`: one of them was changed on the way; nothing was imported"
        ),
        other => anyhow::anyhow!("the signature of `{shown}` cannot be used: {other}; nothing was imported"),
    };
    let signature = Signature::decode(&text).map_err(wrong)?;
    let mut verifier = key.verify_stream(&signature).map_err(wrong)?;
    std::fs::create_dir_all(store.folder())?;
    let mut copy = tempfile::tempfile_in(store.folder()).context("cannot write into the data directory")?;
    let mut from = File::open(path).with_context(|| format!("cannot read `{shown}`"))?.take(LARGEST + 1);
    let (mut buffer, mut size) = (vec![0; 1 << 16], 0);
    loop {
        let count = from.read(&mut buffer).with_context(|| format!("cannot read `{shown}`"))?;
        if count == 0 {
            break;
        }
        size += count as u64;
        ensure!(size <= LARGEST, "`{shown}` is larger than {} GiB", LARGEST >> 30);
        verifier.update(&buffer[..count]);
        copy.write_all(&buffer[..count]).context("cannot write into the data directory")?;
    }
    verifier.finalize().map_err(wrong)?;
    Ok(copy)
}

fn acceptable(contents: &Contents, today: Date, accepted: Option<u64>) -> anyhow::Result<()> {
    let Contents { sovaudit_bundle, number, made, expires, files } = contents;
    ensure!(*sovaudit_bundle == FORMAT, "the bundle has form {sovaudit_bundle}, and this program reads form {FORMAT}");
    ensure!(
        today <= *expires,
        "the bundle of {made} expired on {expires}; make a new one with `sovaudit rules bundle`; nothing was imported"
    );
    if let Some(accepted) = accepted.filter(|accepted| number < accepted) {
        bail!("the bundle has number {number}, and number {accepted} was accepted before; nothing was imported");
    }
    ensure!(files.len() <= MOST_FILES, "the bundle names {} files", files.len());
    Ok(())
}

/// Name and bytes of the next file.
fn member(mut entry: tar::Entry<'_, impl Read>, limit: u64) -> anyhow::Result<(String, Vec<u8>)> {
    let name = String::from_utf8(entry.path_bytes().into_owned()).context("a file name in the bundle is not UTF-8")?;
    let shown = clean_line(&name).into_owned();
    ensure!(entry.header().entry_type() == tar::EntryType::Regular, "`{shown}` in the bundle is no plain file");
    let stays_inside = name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    ensure!(stays_inside && !name.contains(['\\', ':', '\0']), "`{shown}` in the bundle is no name that is accepted");
    ensure!(entry.size() <= limit, "`{shown}` in the bundle is larger than the bundle says");
    let mut bytes = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or(0).min(1 << 26));
    entry.read_to_end(&mut bytes).with_context(|| format!("`{shown}` in the bundle"))?;
    Ok((name, bytes))
}

fn add(bundle: &mut Bundle, name: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
    if let Some(source) = name.strip_prefix("lists/") {
        let (about, parties) = source_of(&Archive::from_bytes(&bytes)?)?;
        bundle.sources.push((source.to_owned(), about, parties));
        return Ok(());
    }
    let Some((folder, file)) = name.strip_prefix("rules/").and_then(|rest| rest.split_once('/')) else {
        bail!("it is neither a list nor a rule file");
    };
    ensure!(file.ends_with(".toml"), "it is no rule file");
    let file = (file.to_owned(), String::from_utf8(bytes).ok().context("it is not UTF-8")?);
    let layer = format!("bundle/{folder}");
    match bundle.layers.last_mut().filter(|last| last.name == layer) {
        Some(last) => last.files.push(file),
        None => bundle.layers.push(Layer { name: layer, files: vec![file] }),
    }
    Ok(())
}

/// Where the signature of a file lies.
#[must_use]
pub fn signature_of(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// The first bytes of a file, for [`is_bundle`].
///
/// # Errors
/// Those of the file system.
pub fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    File::open(path)?.take(512).read_to_end(&mut bytes)?;
    Ok(bytes)
}
