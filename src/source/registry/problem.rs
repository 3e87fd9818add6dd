//! What errors of the client library mean.

use std::time::Duration;

use oci_distribution::errors::{OciDistributionError, OciErrorCode};

use crate::text::{clean_line, shorten};

/// What is wrong, for the words of a message.
pub(super) enum Sort {
    Unauthorised,
    NotFound,
    RateLimited,
    Tls(String),
    Unreachable(String),
    Other(String),
}

pub(super) fn sort_of(error: &OciDistributionError) -> Sort {
    match error {
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            Sort::Unauthorised
        }
        OciDistributionError::ImageManifestNotFoundError(_) => Sort::NotFound,
        OciDistributionError::ServerError { code, message, .. } => match code {
            401 | 403 => Sort::Unauthorised,
            404 => Sort::NotFound,
            429 => Sort::RateLimited,
            _ => Sort::Other(format!("status {code} {}", shorten(&clean_line(message), 200))),
        },
        OciDistributionError::RegistryError { envelope, .. } => {
            let first = envelope.errors.first();
            match first.map(|error| &error.code) {
                Some(OciErrorCode::Unauthorized | OciErrorCode::Denied) => Sort::Unauthorised,
                Some(
                    OciErrorCode::ManifestUnknown
                    | OciErrorCode::NameUnknown
                    | OciErrorCode::NotFound
                    | OciErrorCode::BlobUnknown
                    | OciErrorCode::ManifestBlobUnknown,
                ) => Sort::NotFound,
                Some(OciErrorCode::Toomanyrequests) => Sort::RateLimited,
                _ => Sort::Other(shorten(&clean_line(&envelope.to_string()), 200).into_owned()),
            }
        }
        OciDistributionError::RequestError(request) => {
            let chain = chain(request);
            let lower = chain.to_ascii_lowercase();
            if ["certificate", "tls", "handshake", "invalidcontenttype", "corrupt message"]
                .iter()
                .any(|word| lower.contains(word))
            {
                Sort::Tls(innermost(request))
            } else if request.is_connect() || request.is_timeout() {
                Sort::Unreachable(innermost(request))
            } else {
                Sort::Other(shorten(&clean_line(&chain), 300).into_owned())
            }
        }
        other => Sort::Other(shorten(&clean_line(&other.to_string()), 300).into_owned()),
    }
}

/// True when the same request may succeed a moment later: the registry is busy, or the connection broke. Who refuses,
/// does not know the image or is not there will not have changed its mind.
pub(super) fn may_pass(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ServerError { code, .. } => matches!(code, 429 | 500 | 502..=504),
        OciDistributionError::RequestError(error) => {
            !error.is_connect() && (error.is_timeout() || error.is_request() || error.is_body() || error.is_decode())
        }
        OciDistributionError::IoError(error) => !is_wrong_content(error),
        OciDistributionError::RegistryError { envelope, .. } => {
            envelope.errors.iter().any(|error| matches!(error.code, OciErrorCode::Toomanyrequests))
        }
        _ => false,
    }
}

/// True when the library has found another digest.
pub(super) fn is_wrong_content(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<oci_distribution::errors::DigestError>())
}

/// The address of a request that was refused for now: it may tell how long to wait.
pub(super) fn refused_for_now(error: &OciDistributionError) -> Option<&str> {
    match error {
        OciDistributionError::ServerError { code: 429 | 503, url, .. } => Some(url),
        OciDistributionError::RegistryError { url, .. } if may_pass(error) => Some(url),
        _ => None,
    }
}

/// The seconds of a `Retry-After` header.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        words.push_str(": ");
        words.push_str(&error.to_string());
        next = error.source();
    }
    words
}

pub(in crate::source) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    shorten(&clean_line(&last.to_string()), 200).into_owned()
}
