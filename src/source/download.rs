//! Fetching published lists, only when `--online` asks for it.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use reqwest::redirect::Policy;

use super::registry::{innermost, is_loopback, prepare_tls};
use crate::text::{clean_line, shorten};

const CONNECT: Duration = Duration::from_secs(30);
/// Silence of a server after which it is given up.
const SILENCE: Duration = Duration::from_secs(60);
/// One authority makes its file on request, which takes a minute or more.
const WHOLE: Duration = Duration::from_secs(1800);
const REDIRECTS: usize = 5;

/// Fetches `address`, which has no scheme, into `out`; gives the number of bytes. Only this machine is spoken to in the
/// clear.
///
/// # Errors
/// When the server cannot be reached or trusted, refuses, or sends more than `limit` bytes.
pub fn fetch(address: &str, limit: u64, out: &mut dyn Write) -> anyhow::Result<u64> {
    let shown = clean_line(address).into_owned();
    ensure!(
        !address.contains("://") && !address.starts_with('/') && !address.contains('@'),
        "`{shown}` is no address without scheme, such as lists.example/file.xml"
    );
    prepare_tls()?;
    let host = host(address);
    let local = is_loopback(host);
    let url = format!("{}://{address}", if local { "http" } else { "https" });
    let client = reqwest::Client::builder()
        .user_agent(concat!("sovaudit/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE)
        .redirect(Policy::limited(REDIRECTS))
        // also after a redirect
        .https_only(!local)
        .build()
        .map_err(|error| anyhow::anyhow!("the HTTP client cannot start: {}", innermost(&error)))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let failed = |error: reqwest::Error| anyhow::anyhow!("`{shown}` cannot be fetched: {}", innermost(&error));
        let mut answer = client.get(&url).send().await.map_err(failed)?;
        let status = answer.status();
        if !status.is_success() {
            let hint = match status.as_u16() {
                401 | 403 | 429 => {
                    "the server refuses programs or too many questions: fetch the file with a browser and import it"
                }
                404 | 410 => "the list has moved: fetch the file from the authority's page and import it",
                _ => "try again later, or fetch the file by hand and import it",
            };
            bail!("`{shown}` answers with status {}; {hint}", status.as_u16());
        }
        let too_large = || anyhow::anyhow!("`{shown}` sends more than {} MiB", limit >> 20);
        let said = answer.content_length();
        ensure!(said.is_none_or(|length| length <= limit), too_large());
        let mut size = 0;
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            size += chunk.len() as u64;
            ensure!(size <= limit, too_large());
            out.write_all(&chunk).context("cannot write the download")?;
        }
        ensure!(size > 0, "`{shown}` sends nothing");
        Ok(size)
    })
}

fn host(address: &str) -> &str {
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Name for a file that is fetched: the last word of its address.
#[must_use]
pub fn file_name(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    if plain.trim_matches('.').is_empty() { "list".to_owned() } else { shorten(&plain, 80).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_name() {
        assert_eq!(host("127.0.0.1:80/a"), "127.0.0.1");
        assert_eq!(host("[::1]:80/a"), "::1");
        assert_eq!(host("lists.example?x"), "lists.example");
        assert_eq!(file_name("lists.example/v1/SDN.XML?token=secret"), "SDN.XML");
        assert_eq!(file_name("lists.example/.."), "list");
        for address in ["https://lists.example/a", "/etc/passwd", "user:word@lists.example/a"] {
            assert!(fetch(address, 1, &mut std::io::sink()).is_err(), "{address}");
        }
    }
}
