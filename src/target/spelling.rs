//! How users write images: as Docker, Podman, skopeo, Syft and Trivy call the places they lie in. What names a place that is
//! not read is refused here, with what to write in its stead, and never taken for the name of an image in a registry.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};

use super::Target;
use crate::model::purl::ImageReference;
use crate::source::archive::Digest;
use crate::source::image::ImageTarget;
use crate::text::clean_line;

/// Places that other tools read, and how to get an image out of them.
const ELSEWHERE: [(&str, &str); 9] = [
    ("docker-daemon:", "write it to a file with `docker save NAME -o image.tar` and scan that"),
    ("podman:", "write it to a file with `podman save NAME -o image.tar` and scan that"),
    ("containers-storage:", "write it to a file with `podman save NAME -o image.tar` and scan that"),
    ("containerd:", "write it to a file with `ctr images export image.tar NAME` and scan that"),
    ("oci-model:", "copy it to a layout with `oras copy --to-oci-layout` and scan the folder"),
    ("sif:", "scan its root file system: `rootfs:FOLDER`"),
    ("singularity:", "scan its root file system: `rootfs:FOLDER`"),
    ("ostree:", "copy it to a layout with `skopeo copy ostree:NAME oci:FOLDER` and scan the folder"),
    ("tarball:", "write `docker-archive:FILE` or only the file"),
];

/// Reads the spellings that begin with a word for the place; `None` where the text has none.
pub(super) fn prefixed(text: &str) -> anyhow::Result<Option<Target>> {
    for prefix in ["oci-layout:", "oci-dir:", "oci:"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return within(rest, ImageTarget::OciLayout, Path::is_dir).map(Some);
        }
    }
    for prefix in ["oci-archive:", "docker-archive:"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return within(rest, ImageTarget::Archive, Path::is_file).map(Some);
        }
    }
    if let Some(rest) = text.strip_prefix("docker://") {
        return registry(rest, text).map(Some);
    }
    // `registry:2` and `docker:27` are images of Docker Hub, `registry:5000/app` one of a host with that name
    let after = |word: &str| text.strip_prefix(word).filter(|rest| !is_port(rest));
    if let Some(rest) = after("registry:").filter(|rest| rest.contains(['/', ':', '@'])) {
        return registry(rest, text).map(Some);
    }
    if after("docker:").is_some_and(|rest| rest.contains(['/', ':'])) {
        bail!(
            "`{}` names an image of a Docker daemon, which is not asked: write it to a file with `docker save NAME -o \
             image.tar` and scan that, or write `docker://NAME:TAG` for the image of the registry",
            clean_line(text)
        );
    }
    if let Some((prefix, instead)) = ELSEWHERE.iter().find(|(prefix, _)| text.starts_with(prefix)) {
        bail!("`{}` cannot be scanned: images are not read from `{prefix}`; {instead}", clean_line(text));
    }
    if let Some(rest) = text.strip_prefix("dir:") {
        let path = Path::new(rest);
        ensure!(path.is_dir(), "`{}`: there is no folder `{}`", clean_line(text), clean_line(rest));
        let is_copied = path.join("version").is_file() && path.join("manifest.json").is_file();
        ensure!(
            !is_copied,
            "`{}` is an image as `skopeo copy … dir:FOLDER` writes it, which is not read; write `skopeo copy dir:{} \
             oci:FOLDER` and scan that folder",
            clean_line(text),
            clean_line(rest)
        );
        return Ok(Some(Target::Directory(path.to_path_buf())));
    }
    if let Some(rest) = text.strip_prefix("file:") {
        let path = Path::new(rest);
        ensure!(path.is_file(), "`{}`: there is no file `{}`", clean_line(text), clean_line(rest));
        return Ok(Some(Target::File(path.to_path_buf())));
    }
    Ok(None)
}

/// `5000/app`: what follows a host.
fn is_port(rest: &str) -> bool {
    rest.split_once('/').is_some_and(|(port, _)| port.parse::<u16>().is_ok())
}

/// `PATH` or `PATH:NAME`, where NAME is the name or tag of one image of several. Of several ways to divide the text, the
/// longest path that is there counts.
fn within(text: &str, of: impl Fn(PathBuf) -> ImageTarget, is_there: impl Fn(&Path) -> bool) -> anyhow::Result<Target> {
    ensure!(!text.is_empty(), "a path must follow, such as `oci:FOLDER` or `docker-archive:FILE`");
    if !is_there(Path::new(text)) {
        let divided = text.rmatch_indices(':').map(|(at, _)| (&text[..at], &text[at + 1..]));
        if let Some((path, name)) = divided.into_iter().find(|(path, _)| is_there(Path::new(path))) {
            ensure!(!name.is_empty(), "a name must follow `{}:`, or leave the colon out", clean_line(path));
            return Ok(Target::Image(ImageTarget::Named(Box::new(of(PathBuf::from(path))), name.to_owned())));
        }
    }
    Ok(Target::Image(of(PathBuf::from(text))))
}

/// An image of a registry; `whole` is what the user wrote.
pub(super) fn registry(text: &str, whole: &str) -> anyhow::Result<Target> {
    let Some(reference) = ImageReference::parse(text) else {
        bail!("`{}` is no image reference: write it as `docker://REGISTRY/NAME:TAG`", clean_line(whole));
    };
    if let Some(digest) = reference.digest.as_deref().filter(|digest| Digest::parse(digest).is_none()) {
        bail!(
            "`{}`: `{}` is no digest; write `@sha256:` and all 64 digits (0-9, a-f)",
            clean_line(whole),
            clean_line(digest)
        );
    }
    Ok(Target::Image(ImageTarget::Registry(reference)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(target: ImageTarget, name: &str) -> Target {
        Target::Image(ImageTarget::Named(Box::new(target), name.to_owned()))
    }

    #[test]
    fn the_words_of_other_tools_are_understood() {
        let folder = tempfile::tempdir().expect("a folder");
        let layout = folder.path().join("a:b");
        std::fs::create_dir(&layout).expect("can be made");
        let archive = folder.path().join("image.tar");
        std::fs::write(&archive, b"x").expect("can be written");
        let read = |text: String| Target::parse(&text).expect("is understood");
        let of_layout = || ImageTarget::OciLayout(layout.clone());
        for prefix in ["oci", "oci-dir", "oci-layout"] {
            assert_eq!(read(format!("{prefix}:{}", layout.display())), Target::Image(of_layout()));
            assert_eq!(read(format!("{prefix}:{}:v1", layout.display())), named(of_layout(), "v1"));
            let long = "registry.example:5000/app:v1";
            assert_eq!(read(format!("{prefix}:{}:{long}", layout.display())), named(of_layout(), long));
        }
        for prefix in ["oci-archive", "docker-archive"] {
            let of_archive = ImageTarget::Archive(archive.clone());
            assert_eq!(read(format!("{prefix}:{}", archive.display())), Target::Image(of_archive.clone()));
            assert_eq!(read(format!("{prefix}:{}:app:1", archive.display())), named(of_archive, "app:1"));
        }
        assert_eq!(read("registry:ghcr.io/a/b:1".to_owned()), read("docker://ghcr.io/a/b:1".to_owned()));
        assert_eq!(read("registry:2".to_owned()), read("docker://registry:2".to_owned()));
        assert!(prefixed("registry:5000/team/app:1").expect("is no mistake").is_none(), "a host with its port");
        assert_eq!(read("docker:27-dind".to_owned()), read("docker://docker:27-dind".to_owned()));
    }

    #[test]
    fn what_is_not_read_never_becomes_a_question_to_a_registry() {
        let refused = [
            ("docker-daemon:app:1", "docker save"),
            ("docker:app:1", "docker save"),
            ("podman:app:1", "podman save"),
            ("containers-storage:localhost/app", "podman save"),
            ("containerd:app:1", "ctr images export"),
            ("dir:/nowhere", "no folder"),
            ("file:/nowhere", "no file"),
            ("app@sha256:abc", "all 64 digits"),
            ("docker://app:1@sha256:abc", "all 64 digits"),
            ("docker://", "no image reference"),
        ];
        for (text, word) in refused {
            let error = Target::parse(text).expect_err(text).to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
