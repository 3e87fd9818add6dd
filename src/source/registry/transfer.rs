//! Bytes of a registry: with patience, from where they broke off, through a bounded pipe.

use std::io::{self, Read};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use oci_distribution::client::{BlobResponse, SizedStream};
use oci_distribution::errors::{OciDistributionError, Result};
use oci_distribution::manifest::OciDescriptor;
use oci_distribution::{Client, Reference};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::problem::{is_wrong_content, may_pass, refused_for_now, seconds};
use crate::source::archive::LimitReached;
use crate::source::image::Retries;

/// Chunks of a layer that wait for the reader.
const CHUNKS: usize = 16;
/// The longest time that a registry may make us wait.
const LONGEST: Duration = Duration::from_secs(60);

/// Tries again what may pass, with growing pauses.
pub(super) async fn patiently<T>(retries: Retries, work: impl AsyncFn() -> Result<T>) -> Result<T> {
    let mut tried = 0;
    loop {
        match work().await {
            Err(error) if tried < retries.times && may_pass(&error) => {
                if !pause(&error, tried, retries).await {
                    return Err(error);
                }
            }
            result => return result,
        }
        tried += 1;
    }
}

/// Waits: as long as the registry asks for, else twice as long as the time before. False when it asks for more than
/// anybody waits.
async fn pause(error: &OciDistributionError, tried: u32, retries: Retries) -> bool {
    let asked = match refused_for_now(error) {
        Some(url) => retry_after(url).await,
        None => None,
    };
    if asked.is_some_and(|asked| asked > LONGEST) {
        return false;
    }
    let own = retries.pause.saturating_mul(1 << tried.min(10));
    tokio::time::sleep(asked.map_or(own, |asked| asked.max(own)).min(LONGEST)).await;
    true
}

/// The client library does not show the header, so the address is asked for its head alone.
async fn retry_after(url: &str) -> Option<Duration> {
    let client = reqwest::Client::builder()
        .user_agent(concat!("sovaudit/", env!("CARGO_PKG_VERSION")))
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .ok()?;
    let answer = client.head(url).send().await.ok()?;
    seconds(answer.headers().get("retry-after")?.to_str().ok()?)
}

fn descriptor(digest: &str) -> OciDescriptor {
    OciDescriptor { digest: digest.to_owned(), ..OciDescriptor::default() }
}

/// A small blob.
pub(super) async fn document(client: &Client, reference: &Reference, digest: &str, limit: u64) -> Result<Vec<u8>> {
    let mut stream = client.pull_blob_stream(reference, &descriptor(digest)).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() as u64 > limit {
            let message = format!("the document has more than {limit} bytes");
            return Err(LimitReached::error(message).into());
        }
    }
    Ok(bytes)
}

/// Fetches a blob into a pipe. What broke off goes on where it was; the reader compares the digest of all of it.
async fn download(
    client: Client,
    reference: Reference,
    digest: String,
    retries: Retries,
    sender: Sender<Vec<u8>>,
) -> Result<()> {
    let mut sent: u64 = 0;
    let mut tried = 0;
    loop {
        let before = sent;
        match portion(&client, &reference, &digest, &mut sent, &sender).await {
            // counted anew when there was progress
            Err(error) if may_pass(&error) => {
                tried = if sent > before { 0 } else { tried };
                if tried >= retries.times || !pause(&error, tried, retries).await {
                    return Err(error);
                }
                tried += 1;
            }
            result => return result,
        }
    }
}

/// One connection's share of a blob.
async fn portion(
    client: &Client,
    reference: &Reference,
    digest: &str,
    sent: &mut u64,
    sender: &Sender<Vec<u8>>,
) -> Result<()> {
    let descriptor = descriptor(digest);
    let (mut stream, mut known): (SizedStream, u64) = if *sent == 0 {
        (client.pull_blob_stream(reference, &descriptor).await?, 0)
    } else {
        match client.pull_blob_stream_partial(reference, &descriptor, *sent, None).await? {
            BlobResponse::Partial(stream) => (stream, 0),
            // from the start again: what was sent is passed over
            BlobResponse::Full(stream) => (stream, *sent),
        }
    };
    while let Some(chunk) = stream.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            // the reader has seen all of it and says it in our words
            Err(error) if is_wrong_content(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let passed = usize::try_from(known).unwrap_or(usize::MAX).min(chunk.len());
        known -= passed as u64;
        if passed < chunk.len() {
            let rest = chunk[passed..].to_vec();
            *sent += rest.len() as u64;
            if sender.send(rest).await.is_err() {
                // the reader has enough
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A blob on its way: the reader's end of the pipe, which ends when the download ends, for whatever reason.
pub(super) struct Piped {
    task: JoinHandle<Result<()>>,
    receiver: Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    position: usize,
}

impl Piped {
    /// Starts a download.
    pub(super) fn start(
        runtime: &Runtime,
        client: &Client,
        reference: &Reference,
        digest: String,
        retries: Retries,
    ) -> Self {
        let (sender, receiver) = channel(CHUNKS);
        let task = runtime.spawn(download(client.clone(), reference.clone(), digest, retries, sender));
        Self { task, receiver, chunk: Vec::new(), position: 0 }
    }

    /// How the download ended. What is still on its way is given up.
    pub(super) fn finish(self, runtime: &Runtime) -> anyhow::Result<Result<()>> {
        drop(self.receiver);
        runtime.block_on(self.task).context("the download of a layer was broken off")
    }
}

impl Read for Piped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position == self.chunk.len() {
            match self.receiver.blocking_recv() {
                Some(chunk) => (self.chunk, self.position) = (chunk, 0),
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.chunk.len() - self.position);
        buffer[..count].copy_from_slice(&self.chunk[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }
}
