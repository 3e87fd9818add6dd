//! Log-ins, from the files of Docker and Podman. A credential helper they name is a program: it is only run when allowed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use serde_json::Value;

use crate::text::clean_line;

/// Bytes that a file of credentials may have.
const LARGEST: u64 = 4 << 20;

/// What is known of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// User and password, or `<token>` and an identity token, as is the convention.
    Login(String, String),
    /// A helper would know, and may not be run.
    Helper(String),
    /// Nothing.
    Nothing,
}

/// Looks for a log-in: in `$REGISTRY_AUTH_FILE`, in the Docker configuration, in Podman's files. The first file that knows
/// the registry counts.
pub(super) fn of(registry: &str, repository: &str, helpers: bool) -> anyhow::Result<Found> {
    let mut helper = Found::Nothing;
    for path in files() {
        let Some(text) = read(&path)? else { continue };
        let found = in_file(&text, registry, repository, helpers)
            .with_context(|| format!("credentials in `{}`", path.display()))?;
        match found {
            Found::Login(..) => return Ok(found),
            Found::Helper(_) if helper == Found::Nothing => helper = found,
            Found::Helper(_) | Found::Nothing => {}
        }
    }
    Ok(helper)
}

/// The files that may hold credentials, in the order in which they are asked.
fn files() -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = folder("HOME");
    let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let docker = folder("DOCKER_CONFIG").or_else(|| in_home(".docker")).map(|folder| folder.join("config.json"));
    let runtime = folder("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json"));
    let settings = folder("XDG_CONFIG_HOME").or_else(|| in_home(".config"));
    let settings = settings.map(|folder| folder.join("containers/auth.json"));
    [folder("REGISTRY_AUTH_FILE"), docker, runtime, settings].into_iter().flatten().collect()
}

/// The text of a file; `None` when there is none.
fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    use std::io::Read as _;
    let Ok(file) = std::fs::File::open(path) else { return Ok(None) };
    let mut bytes = Vec::new();
    if file.take(LARGEST + 1).read_to_end(&mut bytes).is_err() {
        return Ok(None);
    }
    if bytes.len() as u64 > LARGEST {
        bail!("`{}` has more than {LARGEST} bytes, so it is no file of credentials", path.display());
    }
    Ok((!bytes.is_empty()).then_some(bytes))
}

fn in_file(text: &[u8], registry: &str, repository: &str, helpers: bool) -> anyhow::Result<Found> {
    let config: Value = serde_json::from_slice(text).context("the file is no valid JSON")?;
    let keys = keys(registry, repository);
    let named = |list: &str| {
        let helpers = config.get(list)?;
        keys.iter().find_map(|key| Some((key, helpers.get(key)?.as_str()?.to_owned())))
    };
    if let Some((key, name)) = named("credHelpers") {
        return ask(&name, key, registry, helpers);
    }
    let auths = config.get("auths");
    if let Some(entry) = auths.and_then(|auths| keys.iter().find_map(|key| auths.get(key)))
        && let Some((user, password)) = login(entry)
            .with_context(|| format!("the entry of `{}` cannot be read; log in again", clean_line(registry)))?
    {
        return Ok(Found::Login(user, password));
    }
    match config.get("credsStore").and_then(Value::as_str) {
        Some(name) => ask(name, keys.last().map_or(registry, String::as_str), registry, helpers),
        None => Ok(Found::Nothing),
    }
}

/// What a registry may be called in such files: Podman knows parts of it, from the narrowest to the widest.
fn keys(registry: &str, repository: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut path = repository;
    loop {
        keys.push(format!("{registry}/{path}"));
        match path.rfind('/') {
            Some(cut) => path = &path[..cut],
            None => break,
        }
    }
    keys.push(registry.to_owned());
    for version in ["", "/v1/", "/v2/"] {
        keys.push(format!("https://{registry}{version}"));
    }
    if registry == "docker.io" {
        keys.extend(["index.docker.io".to_owned(), "https://index.docker.io/v1/".to_owned()]);
    } else {
        // the name that helpers know
        keys.push(registry.to_owned());
    }
    keys
}

fn login(entry: &Value) -> anyhow::Result<Option<(String, String)>> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(token) = text("identitytoken") {
        return Ok(Some(("<token>".to_owned(), token.to_owned())));
    }
    if let Some(auth) = text("auth") {
        let bytes = base64::engine::general_purpose::STANDARD.decode(auth).context("it is no base64")?;
        let pair = String::from_utf8(bytes).context("it is no text")?;
        // some tools fill up with zero bytes
        let pair = pair.trim_end_matches('\0');
        let (user, password) = pair.split_once(':').context("it is no `user:password`")?;
        return Ok(Some((user.to_owned(), password.to_owned())));
    }
    Ok(text("username").zip(text("password")).map(|(user, password)| (user.to_owned(), password.to_owned())))
}

fn ask(helper: &str, key: &str, registry: &str, helpers: bool) -> anyhow::Result<Found> {
    let helper = clean_line(helper).into_owned();
    if !helpers {
        return Ok(Found::Helper(helper));
    }
    let config = serde_json::json!({ "auths": {}, "credHelpers": { key: helper } }).to_string();
    match docker_credential::get_credential_from_reader(config.as_bytes(), key) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Found::Login(user, password)),
        Ok(DockerCredential::IdentityToken(token)) => Ok(Found::Login("<token>".to_owned(), token)),
        // the error's own text may repeat what a helper printed
        Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if stdout.contains("credentials not found") => {
            Ok(Found::Nothing)
        }
        Err(_) => {
            bail!("the credential helper `{helper}` failed for `{registry}`; run `docker login {registry}` again")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login_of(password: &str) -> Found {
        Found::Login("user".to_owned(), password.to_owned())
    }

    #[test]
    fn credential_helpers_run_only_when_allowed() {
        // "user:secret", "user:hub"
        let config = br#"{
            "credsStore": "sovaudit-test-missing", "credHelpers": { "h.example": "sovaudit-test-missing" },
            "auths": { "a.example": { "auth": "dXNlcjpzZWNyZXQ=" }, "https://index.docker.io/v1/": { "auth": "dXNlcjpodWI=" } }
        }"#;
        let found = |registry: &str| in_file(config, registry, "team/app", false).expect("no helper is needed");
        let helper = Found::Helper("sovaudit-test-missing".to_owned());
        assert_eq!(found("a.example"), login_of("secret"));
        assert_eq!(found("docker.io"), login_of("hub"));
        assert_eq!(found("h.example"), helper);
        assert_eq!(found("b.example"), helper);
        // the helper does not exist, so trying to run it is an error
        assert!(in_file(config, "h.example", "team/app", true).is_err());
    }

    #[test]
    fn narrower_entries_come_first_and_tokens_are_passwords() {
        // "user:all", "user:team"
        let config = br#"{ "auths": {
            "r.example": { "auth": "dXNlcjphbGw=" }, "r.example/team": { "auth": "dXNlcjp0ZWFt" },
            "https://t.example": { "identitytoken": "abc" }, "plain.example": { "username": "user", "password": "word" },
            "odd.example": { "auth": "%%%" }, "empty.example": {}
        } }"#;
        let found = |registry: &str, repository: &str| in_file(config, registry, repository, false);
        assert_eq!(found("r.example", "team/app").expect("is readable"), login_of("team"));
        assert_eq!(found("r.example", "teams/app").expect("is readable"), login_of("all"));
        let token = Found::Login("<token>".to_owned(), "abc".to_owned());
        assert_eq!(found("t.example", "a").expect("is readable"), token);
        assert_eq!(found("plain.example", "a").expect("is readable"), login_of("word"));
        assert_eq!(found("empty.example", "a").expect("is readable"), Found::Nothing);
        let error = format!("{:#}", found("odd.example", "a").expect_err("is damaged"));
        assert!(error.contains("log in again") && !error.contains("%%%"), "{error}");
    }
}
