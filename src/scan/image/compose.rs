//! Compose files: services as workloads with images, models, endpoints and accelerators.

use std::collections::BTreeMap;

use super::reference::needs_image;
use super::{dockerfile, first_start};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::dockerfile::expand;
use crate::parse::lines::{Line, lines, span_within};
use crate::parse::{Entry, Node};
use crate::scan::cloud::api::{calls_in, setting};
use crate::scan::model::reference::{Hub, needs_model, needs_models_of, uses_modelscope};
use crate::scan::model::setting::{needs_model_of_setting, setting_model};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::bare_secret;

/// Variables of one file beside a Compose file, and the letters of a value.
const MOST_VARIABLES: usize = 1_000;
const LONGEST_VALUE: usize = 1 << 10;

/// Scanner `compose`.
pub struct Compose;

/// What compose files tell of, wherever they are written.
pub(super) const KINDS: [ComponentKind; 8] = [
    ComponentKind::Workload,
    ComponentKind::Image,
    ComponentKind::Host,
    ComponentKind::Service,
    ComponentKind::Model,
    ComponentKind::Accelerator,
    ComponentKind::Project,
    ComponentKind::Repository,
];

static META: ScannerMeta = ScannerMeta {
    id: "compose",
    title: "Compose file",
    summary: "Services with their images, addresses of known services and models in their environment and in their \
              `env_file`, models that the platform serves, reserved accelerators, services that they extend, and projects \
              that are included from elsewhere. Variables are those of `.env` beside the file, else their defaults.",
    files: &["**/docker-compose*.yml", "**/docker-compose*.yaml", "**/compose*.yml", "**/compose*.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &KINDS,
    reference: "https://github.com/compose-spec/compose-spec/blob/main/spec.md",
};

impl Scanner for Compose {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        documents(input.file(), input, out);
        Ok(())
    }
}

/// Reads a compose file, which may be a part of another.
pub(super) fn documents(file: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) {
    let set = variables(file, input, out);
    for document in file.yaml_or_part(out) {
        included(document, input, file, out);
        for service in document.get("services").map_or(&[][..], Node::entries) {
            scan_service(service, document, &set, input, file, out);
        }
    }
}

/// Variables of the `.env` beside a file, which Compose reads unless it is told otherwise.
fn variables(file: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) -> BTreeMap<String, String> {
    let path = file.folder().join(".env").filter(|_| !file.is_part() && file.text().contains('$'));
    let Some(settings) = path.and_then(|path| input.companion(&path)) else { return BTreeMap::new() };
    let stated = |line: &Line<'_>| line.text.contains('=') && !line.text.trim_start().starts_with('#');
    if let Some(next) = lines(settings.text()).filter(stated).nth(MOST_VARIABLES) {
        let message = format!("more than {MOST_VARIABLES} variables; this one and those behind it count as not set");
        out.problem(DiagnosticKind::LimitReached, &settings, Some(span_within(&next, next.text)), message);
    }
    let all = lines(settings.text()).filter(stated).take(MOST_VARIABLES).filter_map(|line| {
        let text = line.text.trim();
        let (name, value) = text.split_once('=')?;
        let name = name.trim().trim_start_matches("export ").trim();
        // what stands in single quotes and what refers to others is left as it is
        let value = value.trim().split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        (!name.is_empty() && value.len() <= LONGEST_VALUE && !value.contains('$'))
            .then(|| (name.to_owned(), value.to_owned()))
    });
    all.collect()
}

fn scan_service(
    service: &Entry,
    document: &Node,
    set: &BTreeMap<String, String>,
    input: &Input<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let fill =
        |text: &str| if text.contains('$') { expand(text, &|name| set.get(name).cloned()).0 } else { text.to_owned() };
    let workload = ComponentId::workload(&file.folder(), "compose", "", &service.key);
    out.component(&workload, ComponentKind::Workload, file.at(service.key_span));
    let build = service.value.get("build").is_some();
    if let Some(image) = service.value.get("image")
        && let Some(text) = image.text()
    {
        let text = fill(text);
        // with `build`, `image` names the result, which may exist nowhere yet
        if !build {
            needs_image(&workload, RelationKind::DependsOn, &text, file, image.span, out);
        }
    }
    // what one that is written elsewhere names beside it is not beside this file
    if let Some(context) = service.value.get("build").filter(|_| !file.is_part()) {
        let folder = context.text().or_else(|| context.text_at("context")).unwrap_or(".");
        // a user with a password is of an address, and no part of the name of a folder
        let without_user = bare_secret(folder).filter(|(start, _)| *start == 0);
        let without_user = without_user.map(|(_, end)| format!("git{}", &folder[end..]));
        let folder = without_user.as_deref().unwrap_or(folder);
        // Docker knows GitHub without a scheme
        let full = folder.starts_with("github.com/").then(|| format!("https://{folder}"));
        let folder = full.as_deref().unwrap_or(folder);
        if toolkit::host_of(folder).is_some() || without_user.is_some() {
            // a repository, whose branch and folder stand behind `#`
            let (address, branch) = folder.split_once('#').unwrap_or((folder, ""));
            let branch = branch.split(':').next().filter(|branch| !branch.is_empty());
            toolkit::needs_repository(&workload, address, branch, &file.at(context.span), out);
        } else if let Some(folder) = file.folder().join(folder) {
            out.relation(&workload, RelationKind::DependsOn, &ComponentId::project(&folder), file.at(context.span));
        }
    }
    // a text is the folder alone
    let described = service.value.get("build").filter(|build| build.text().is_none());
    if let Some(inline) = described.and_then(|build| build.get("dockerfile_inline")) {
        dockerfile::inline(inline, &workload, file, out);
    }
    let environment = environment(&service.value);
    let mut settings = environment.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.scalar()?)));
    let hub = Hub::of_setting(settings.any(|setting| uses_modelscope(&setting)));
    for (name, value) in environment {
        let Some(text) = value.scalar() else { continue };
        let text = if set.is_empty() { text } else { fill(&text).into() };
        calls_in(&workload, &text, input.catalog, file, value.span, out);
        setting(&workload, name, &text, input.catalog, &file.at(value.span), out);
        needs_model_of_setting(hub, &workload, (name, &text), input.catalog, &file.at(value.span), out);
    }
    for key in ["command", "entrypoint"] {
        if let Some(command) = service.value.get(key) {
            let joined = command.text().map_or_else(
                || command.list().iter().filter_map(Node::text).collect::<Vec<_>>().join(" "),
                str::to_owned,
            );
            needs_models_of(hub, &workload, &joined, file, command.span, out);
        }
    }
    for path in service.value.get("env_file").into_iter().flat_map(paths).filter(|_| !file.is_part()) {
        if let Some(settings) = file.folder().join(path).and_then(|path| input.companion(&path)) {
            env_file(&workload, &settings, input, out);
        }
    }
    served(&service.value, document, &workload, file, out);
    extended(&service.value, &workload, file, out);
    devices(&service.value, &workload, file, out);
    given(&service.value, &workload, file, out);
    first_start::mounted(service.value.get("volumes"), &workload, file, out);
    for need in service.value.get("depends_on").into_iter().flat_map(names) {
        let other = ComponentId::workload(&file.folder(), "compose", "", &need.0);
        out.relation(&workload, RelationKind::DependsOn, &other, file.at(need.1));
    }
}

/// `env_file` as a path, a list of paths, or a list of maps.
fn paths(node: &Node) -> Vec<&str> {
    node.any_shape();
    let listed = node.list().iter();
    node.text().into_iter().chain(listed.filter_map(|item| item.text_at("path").or_else(|| item.text()))).collect()
}

/// What a file of settings says of a service that is started with it.
fn env_file(workload: &ComponentId, settings: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) {
    for line in lines(settings.text()) {
        let text = line.text.trim_start();
        let Some((name, value)) = text.split_once('=').filter(|_| !text.starts_with('#')) else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        let span = span_within(&line, value);
        calls_in(workload, value, input.catalog, settings, span, out);
        setting(workload, name, value, input.catalog, &settings.at(span), out);
        let name = name.trim_start_matches("export ");
        setting_model(workload, (name, value), input.catalog, &settings.at(span), out);
    }
}

/// `models`: names of models that the file describes and the platform pulls (`ai/smollm2` of Docker Hub).
fn served(service: &Node, document: &Node, workload: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    for (name, _) in service.get("models").into_iter().flat_map(names) {
        let model = document.at(&["models", &name, "model"]);
        if let Some((node, text)) = model.and_then(|node| Some((node, node.text()?))) {
            match text.strip_prefix("hf.co/") {
                Some(id) => {
                    needs_model(workload, id, file, node.span, out);
                }
                None => {
                    needs_image(workload, RelationKind::DependsOn, text, file, node.span, out);
                }
            }
        }
    }
}

/// `extends`: a service of this or another file that it is made from.
fn extended(service: &Node, workload: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(base) = service.get("extends") else { return };
    base.any_shape();
    let Some(name) = base.text().or_else(|| base.text_at("service")) else { return };
    if file.is_part() && base.get("file").is_some() {
        return;
    }
    let folder = base.text_at("file").and_then(|path| Some(file.folder().join(path)?.parent()));
    let other = ComponentId::workload(&folder.unwrap_or_else(|| file.folder()), "compose", "", name);
    out.relation(workload, RelationKind::BasedOn, &other, file.at(base.span));
}

/// `include`: projects that are fetched from repositories and registries; files of the tree are read by their names.
fn included(document: &Node, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(list) = document.get("include") else { return };
    let project = input.root_subject(file);
    for item in list.list() {
        let Some(path) = paths(item.get("path").unwrap_or(item)).first().copied() else { continue };
        if let Some(image) = path.strip_prefix("oci://") {
            needs_image(&project, RelationKind::DependsOn, image, file, item.span, out);
        } else if path.contains("://") || path.starts_with("git@") {
            let (address, revision) =
                path.split_once('#').map_or((path, None), |(at, rest)| (at, rest.split(':').next()));
            toolkit::needs_repository(&project, address, revision, &file.at(item.span), out);
        } else {
            continue;
        }
        out.component(&project, input.root_kind(), file.whole());
    }
}

/// `environment` as a map or as a list of `NAME=value`.
fn environment(service: &Node) -> Vec<(&str, &Node)> {
    let Some(node) = service.get("environment") else { return Vec::new() };
    let mut found: Vec<(&str, &Node)> = node.entries().iter().map(|entry| (&*entry.key, &entry.value)).collect();
    found.extend(node.list().iter().filter_map(|item| Some((item.text()?.split('=').next()?, item))));
    found
}

fn names(node: &Node) -> Vec<(String, crate::text::Span)> {
    let listed = node.list().iter().filter_map(|item| Some((item.text()?.to_owned(), item.span)));
    listed.chain(node.entries().iter().map(|entry| (entry.key.to_string(), entry.key_span))).collect()
}

/// Device files and runtimes of vendors' accelerators.
const DEVICE_FILES: [(&str, &str); 8] = [
    ("/dev/nvidia", "nvidia"),
    ("/dev/kfd", "amd"),
    ("/dev/hl", "intel"),
    ("/dev/davinci", "huawei"),
    ("/dev/neuron", "amazon"),
    ("/dev/cambricon_dev", "cambricon"),
    ("/dev/mtgpu", "moore-threads"),
    ("/dev/iluvatar", "iluvatar"),
];
const RUNTIMES: [(&str, &str); 3] = [("amd", "amd"), ("habana", "intel"), ("ascend", "huawei")];

/// Device files that a service is given, and runtimes of vendors other than NVIDIA.
fn given(service: &Node, workload: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let mut found: std::collections::BTreeMap<&str, (usize, crate::text::Span)> = std::collections::BTreeMap::new();
    for device in service.get("devices").map_or(&[][..], Node::list) {
        device.any_shape();
        let path = device.text().or_else(|| device.text_at("source")).unwrap_or_default();
        let path = path.split(':').next().unwrap_or(path);
        let vendor = DEVICE_FILES.iter().find(|(begin, _)| path.starts_with(begin)).map(|(_, vendor)| *vendor);
        // `/dev/davinci_manager` is no device of its own, `/dev/kfd` stands for all there are
        let is_one = path.ends_with(|c: char| c.is_ascii_digit());
        if let Some(vendor) = vendor {
            let entry = found.entry(vendor).or_insert((0, device.span));
            entry.0 += usize::from(is_one);
        }
    }
    let runtime = service.get("runtime").and_then(|node| Some((node.text()?, node.span)));
    if let Some((vendor, span)) = runtime
        .and_then(|(text, span)| RUNTIMES.iter().find(|(name, _)| *name == text).map(|(_, vendor)| (*vendor, span)))
    {
        found.entry(vendor).or_insert((0, span));
    }
    for (vendor, (count, span)) in found {
        let id = ComponentId::unknown_accelerator(&format!("compose:{vendor}"));
        out.component(&id, ComponentKind::Accelerator, file.at(span).inferred());
        out.relation(workload, RelationKind::RunsOn, &id, file.at(span).inferred());
        if count > 0 {
            out.attribute(workload, key::COUNT, count.to_string(), file.at(span));
        }
    }
}

/// `deploy.resources.reservations.devices` with a GPU capability, and `runtime: nvidia`.
fn devices(service: &Node, workload: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let all = service.get("gpus").or_else(|| service.get("runtime").filter(|node| node.text() == Some("nvidia")));
    if let Some(node) = all {
        node.any_shape();
        let id = ComponentId::unknown_accelerator("compose:nvidia");
        out.component(&id, ComponentKind::Accelerator, file.at(node.span).inferred());
        out.relation(workload, RelationKind::RunsOn, &id, file.at(node.span).inferred());
    }
    for device in service.at(&["deploy", "resources", "reservations", "devices"]).map_or(&[][..], Node::list) {
        let gpu =
            device.get("capabilities").is_some_and(|list| list.list().iter().any(|word| word.text() == Some("gpu")));
        if !gpu {
            continue;
        }
        let driver = device.text_at("driver").unwrap_or("gpu");
        let id = ComponentId::unknown_accelerator(&format!("compose:{driver}"));
        out.component(&id, ComponentKind::Accelerator, file.at(device.span));
        out.relation(workload, RelationKind::RunsOn, &id, file.at(device.span));
        if let Some(count) = device.get("count").and_then(Node::scalar) {
            out.attribute(workload, key::COUNT, count, file.at(device.span));
        }
    }
}
