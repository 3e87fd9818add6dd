//! What the command line and the configuration say of images.

use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};

use crate::cli::{Common, ImageArgs};
use crate::config::Config;

use crate::source::image::{ImageOptions, Layers, Mirror};
use crate::source::image_manifest::Platform;
use crate::source::image_records::ImageRecords;
use crate::source::layer_cache::{CACHE_BYTES, LayerCache};
use crate::source::{IMAGE_LIMITS, Limits};
use crate::target::Target;
use crate::text::clean_line;

/// Options for images are refused where there is none: whoever writes them expects something of them.
pub(super) fn check(common: &Common, target: &Target) -> anyhow::Result<()> {
    let images = &common.images;
    if images.pull && !matches!(target, Target::Directory(_) | Target::Cluster(_)) {
        bail!(
            "`--pull` fetches the images that a folder or cluster names, and `{}` is neither; leave it out",
            common.target
        );
    }
    if matches!(target, Target::Image(_)) || images.pull {
        return Ok(());
    }
    let given = [
        ("--platform", images.platform.is_some()),
        ("--show-removed", images.show_removed),
        ("--registry-mirror", !images.registry_mirror.is_empty()),
        ("--insecure-registry", !images.insecure_registry.is_empty()),
        // a cluster's context may name a program, too
        ("--trust-credential-helpers", images.trust_credential_helpers && !matches!(target, Target::Cluster(_))),
        ("--no-cache", images.no_cache),
        ("--image-limit", !images.image_limit.is_empty() && !matches!(target, Target::RootFs(_))),
    ];
    if let Some((option, _)) = given.iter().find(|(_, is_given)| *is_given) {
        bail!("`{option}` is for images, and `{}` is none; leave it out, or add --pull", common.target);
    }
    Ok(())
}

/// How images are fetched and read.
pub(super) fn options(args: &ImageArgs, config: &Config) -> anyhow::Result<ImageOptions> {
    let mirrors = args.registry_mirror.iter().chain(&config.registry_mirrors);
    let cache_bytes = number_of(args, "cache-bytes")?.unwrap_or(CACHE_BYTES);
    let cache = if args.no_cache || cache_bytes == 0 { None } else { LayerCache::of_user(cache_bytes) };
    let records = if cache.is_some() { ImageRecords::of_user() } else { None };
    Ok(ImageOptions {
        platform: args.platform.as_deref().map(Platform::parse).transpose()?,
        insecure_registries: args.insecure_registry.clone(),
        credential_helpers: args.trust_credential_helpers,
        mirrors: mirrors.map(|text| Mirror::parse(text)).collect::<anyhow::Result<_>>()?,
        layers: Arc::new(Layers::new(cache, rayon::current_num_threads())),
        records,
        ..ImageOptions::default()
    })
}

/// The limits, with those changed that the command line names.
pub(super) fn limits(args: &ImageArgs) -> anyhow::Result<Limits> {
    let mut limits = Limits::default();
    for text in &args.image_limit {
        let (name, number) = pair(text)?;
        if let Some(limit) = IMAGE_LIMITS.iter().find(|limit| limit.name == name) {
            *(limit.place)(&mut limits) = number;
        } else if name != "cache-bytes" {
            let known: Vec<&str> = IMAGE_LIMITS.iter().map(|limit| limit.name).chain(["cache-bytes"]).collect();
            bail!("there is no limit `{}` for images; choose one of {}", clean_line(name), known.join(", "));
        }
    }
    Ok(limits)
}

fn number_of(args: &ImageArgs, name: &str) -> anyhow::Result<Option<u64>> {
    let all = args.image_limit.iter().map(|text| pair(text)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(all.into_iter().rev().find(|(other, _)| *other == name).map(|(_, number)| number))
}

/// `name=number`, with `K`, `M`, `G` or `T` for powers of 1,024.
fn pair(text: &str) -> anyhow::Result<(&str, u64)> {
    let wrong = || format!("`--image-limit {}` needs the form NAME=NUMBER, such as layer-bytes=128G", clean_line(text));
    let (name, value) = text.split_once('=').with_context(wrong)?;
    let (digits, power) = match value.as_bytes().last() {
        Some(b'K' | b'k') => (&value[..value.len() - 1], 10),
        Some(b'M' | b'm') => (&value[..value.len() - 1], 20),
        Some(b'G' | b'g') => (&value[..value.len() - 1], 30),
        Some(b'T' | b't') => (&value[..value.len() - 1], 40),
        _ => (value, 0),
    };
    ensure!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()), wrong());
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << power));
    Ok((name, number.with_context(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(limits: &[&str]) -> ImageArgs {
        ImageArgs { image_limit: limits.iter().map(|text| (*text).to_owned()).collect(), ..ImageArgs::default() }
    }

    #[test]
    fn limits_are_named_and_have_units() {
        let found =
            limits(&args(&["layer-bytes=128G", "ratio=500", "layers=5000", "cache-bytes=0"])).expect("are known");
        assert_eq!((found.archive_bytes, found.ratio, found.layers), (128 << 30, 500, 5000));
        assert_eq!(number_of(&args(&["cache-bytes=1", "cache-bytes=3k"]), "cache-bytes").expect("is read"), Some(3072));
        for wrong in ["layers", "layers=", "layers=-1", "layers=1Q", "layers=99999999999T", "size=1"] {
            assert!(limits(&args(&[wrong])).is_err(), "{wrong}");
        }
    }
}
