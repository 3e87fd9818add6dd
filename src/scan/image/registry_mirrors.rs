//! Mirrors that container engines ask in the place of a registry.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::host_of;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `registry-mirrors`.
pub struct RegistryMirrors;

static META: ScannerMeta = ScannerMeta {
    id: "registry-mirrors",
    title: "Mirrors of image registries",
    summary: "Settings of Docker, containerd, CRI-O, Podman, k3s and RKE2 that name mirrors of a registry. An image of it \
              comes from one of them or from the registry itself, so that losing one of several stops nothing. Which \
              machines the settings are for is not asked: they hold for the images of the whole tree.",
    files: &[
        "**/daemon.json",
        "**/certs.d/*/hosts.toml",
        "**/registries.conf",
        "**/registries.conf.d/*.conf",
        "**/registries.yaml",
        "**/containerd/config.toml",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Host],
    reference: "https://github.com/containerd/containerd/blob/main/docs/hosts.md",
};

/// The registry of names without one.
const DOCKER: &str = "docker.io";

impl Scanner for RegistryMirrors {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        match file.path().name() {
            "daemon.json" => {
                let root = file.json_or_part(out)?;
                for mirror in root.get("registry-mirrors").map_or(&[][..], Node::list) {
                    mirrored(DOCKER, mirror, file, out);
                }
            }
            "registries.yaml" => {
                for root in file.yaml_or_part(out) {
                    endpoints(root.get("mirrors"), file, out);
                }
            }
            "hosts.toml" => {
                let root = file.toml_or_part(out);
                let folder = file.folder();
                let own = root.text_at("server").and_then(host_of);
                let registry = own.unwrap_or_else(|| folder.name().to_owned());
                for host in root.get("host").map_or(&[][..], Node::entries) {
                    named(&registry, &host.key, host.key_span, file, out);
                }
            }
            "config.toml" => {
                let root = file.toml_or_part(out);
                for plugin in root.get("plugins").map_or(&[][..], Node::entries) {
                    endpoints(plugin.value.at(&["registry", "mirrors"]), file, out);
                }
            }
            _ => {
                for registry in file.toml_or_part(out).get("registry").map_or(&[][..], Node::list) {
                    let Some(name) = registry.text_at("location").or_else(|| registry.text_at("prefix")) else {
                        continue;
                    };
                    for mirror in registry.get("mirror").map_or(&[][..], Node::list) {
                        if let Some(place) = mirror.get("location") {
                            mirrored(name, place, file, out);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// `docker.io: {endpoint: [address, …]}`.
fn endpoints(mirrors: Option<&Node>, file: &SourceFile, out: &mut Facts<'_>) {
    for registry in mirrors.map_or(&[][..], Node::entries) {
        for mirror in registry.value.get("endpoint").map_or(&[][..], Node::list) {
            mirrored(&registry.key, mirror, file, out);
        }
    }
}

fn mirrored(registry: &str, mirror: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(text) = mirror.text() {
        named(registry, text, mirror.span, file, out);
    }
}

fn named(registry: &str, mirror: &str, span: Span, file: &SourceFile, out: &mut Facts<'_>) {
    let seen = file.at(span);
    if registry == "*" {
        let message = "a mirror of every registry is not followed: which registries images come from is not said here";
        out.problem(DiagnosticKind::Unsupported, file, Some(span), message);
        return;
    }
    if !write(registry, mirror, if mirror.contains('@') { seen.without_excerpt() } else { seen }, out) {
        out.problem(DiagnosticKind::Malformed, file, Some(span), "a mirror without a host that could be read");
    }
}

/// Writes a mirror of a registry, both as addresses, hosts or beginnings of names of images; false when one is no host.
pub(in crate::scan) fn write(registry: &str, mirror: &str, seen: Seen, out: &mut Facts<'_>) -> bool {
    let host = |text: &str| {
        let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        host_of(&address)
    };
    // of a part of a registry only: what else it has comes from nowhere else
    let bare = registry.split_once("://").map_or(registry, |(_, rest)| rest).trim_end_matches('/');
    let part = bare.split_once('/').map(|(_, part)| part.to_owned());
    // `*` is for every registry
    let (Some(registry), Some(mirror)) = (host(registry.trim_start_matches("*.")), host(mirror)) else { return false };
    let registry = if registry.ends_with(".docker.io") { DOCKER.to_owned() } else { registry };
    if registry != mirror && !mirror.ends_with(".docker.io") {
        let of = ComponentId::host(&registry);
        out.component(&of, ComponentKind::Host, seen.clone());
        let value = part.map_or_else(|| mirror.clone(), |part| format!("{mirror} for {part}"));
        out.attribute(&of, key::MIRRORED_AT, value, seen);
    }
    true
}
