//! Helm charts: rendered as far as their templates can be evaluated, else read by their values and
//! the words of their templates.

pub(super) mod chart;
mod render;
mod shelf;
mod trace;
pub(super) mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::render::{Chart, is_rendered, render};
use self::trace::Trace;
use super::gitops;
use super::kubernetes::environment;
use super::manifest::{is_template, opened};
use super::places::{Places as _, moved};
use super::scene;
use super::workload::{self, Ground};
use crate::diagnostic::DiagnosticKind;
use crate::model::purl::ImageReference;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::parse::lines::{lines, span_within};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `helm`.
pub struct Helm;

static META: ScannerMeta = ScannerMeta {
    id: "helm",
    title: "Helm chart",
    summary: "Charts with their subcharts, also those that lie elsewhere in the tree (`file://`), rendered with their \
              values: the workloads as templates make them. Values \
              files whose name says an environment (`values-prod.yaml`) are rendered over the chart's own, one \
              deployment each. Chart dependencies with their repository, and images that values name. Templates that \
              need what only a cluster or another chart knows say so; then images come from values and from literal \
              lines, as inferred.",
    files: &[
        "**/Chart.yaml",
        "**/Chart.lock",
        "**/requirements.yaml",
        "**/values*.yaml",
        "**/values*.yml",
        "**/templates/**/*.yaml",
        "**/templates/**/*.yml",
        "**/templates/**/*.tpl",
        "**/templates/**/*.json",
        "**/files/**/*.yaml",
        "**/files/**/*.yml",
    ],
    unit: Unit::Below("Chart.yaml"),
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Package,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Workload,
        ComponentKind::Accelerator,
        ComponentKind::Model,
        ComponentKind::Dataset,
        ComponentKind::Cluster,
        ComponentKind::Service,
        ComponentKind::Delivery,
        ComponentKind::Repository,
    ],
    reference: "https://helm.sh/docs/topics/charts/",
};

/// Charts elsewhere in the tree that are put together with those of one folder, and files of each.
const MOST_BESIDE: usize = 40;
const MOST_FILES: usize = 500;
/// Things that were taken to be empty which a message names.
const NAMED: usize = 4;

/// Repositories of images, to tell which images of values are in use.
type Used = BTreeSet<(String, String)>;

impl Scanner for Helm {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let files: BTreeMap<&RelPath, &Arc<SourceFile>> = input.files.iter().map(|file| (file.path(), file)).collect();
        let mut used: BTreeMap<RelPath, Used> = BTreeMap::new();
        let charts = charts(&files);
        let others = beside(&files, input);
        let mut files = files;
        files.extend(others.iter().map(|file| (file.path(), file)));
        for folder in charts {
            let Some(chart) = Chart::of(&folder, &files) else { continue };
            if let Some(first) = chart.left_out().first() {
                let message = format!(
                    "the chart is put together of itself, or of too many others: `{first}` and what is like it is left out"
                );
                out.problem(DiagnosticKind::LimitReached, &chart.about, None, message);
            }
            if chart.has_templates() {
                rendered(&chart, &files, input, used.entry(folder).or_default(), out);
            }
        }
        for file in input.files {
            plain(file, &used, out);
        }
        Ok(())
    }
}

/// Files of charts elsewhere in the tree that the charts here are put together with.
fn beside(files: &BTreeMap<&RelPath, &Arc<SourceFile>>, input: &Input<'_>) -> Vec<Arc<SourceFile>> {
    let mut open: Vec<RelPath> = Vec::new();
    for (path, file) in files.iter().filter(|(path, _)| path.name() == "Chart.yaml") {
        open.extend(render::beside(file, &path.parent()));
    }
    let mut found: Vec<Arc<SourceFile>> = Vec::new();
    let mut seen: BTreeSet<RelPath> = BTreeSet::new();
    while let Some(folder) = open.pop() {
        let is_here = folder.join("Chart.yaml").is_none_or(|path| files.contains_key(&path));
        if is_here || !seen.insert(folder.clone()) || seen.len() > MOST_BESIDE {
            continue;
        }
        let from = input.paths.partition_point(|path| *path < folder);
        let inside = input.paths[from..].iter().take_while(|path| path.as_str().starts_with(folder.as_str()));
        for path in inside.filter(|path| is_below(path, &folder)).take(MOST_FILES) {
            let Some(file) = input.companion(path) else { continue };
            if path.name() == "Chart.yaml" {
                open.extend(render::beside(&file, &path.parent()));
            }
            found.push(Arc::new(file));
        }
    }
    found
}

/// Folders of charts that are no part of another one.
fn charts(files: &BTreeMap<&RelPath, &Arc<SourceFile>>) -> Vec<RelPath> {
    let all: BTreeSet<RelPath> =
        files.keys().filter(|path| path.name() == "Chart.yaml").map(|path| path.parent()).collect();
    let is_part = |folder: &RelPath| folder.parent().name() == "charts" && all.contains(&folder.parent().parent());
    all.iter().filter(|folder| !is_part(folder)).cloned().collect()
}

/// Values files of the chart's folder that speak of an environment.
fn overlays(chart: &Chart, files: &BTreeMap<&RelPath, &Arc<SourceFile>>) -> Vec<(RelPath, Arc<SourceFile>)> {
    let mut found = Vec::new();
    for (path, file) in files {
        let name = path.name();
        let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
        let says = RelPath::new(&stem.replace('.', "-")).and_then(|stem| environment(&stem, "")).is_some();
        if says && path.parent() == chart.folder && name.starts_with("values") && !is_template(file.text()) {
            found.extend(chart.folder.join(stem).map(|folder| (folder, Arc::clone(file))));
        }
    }
    found
}

/// Renders a chart for each of its environments.
fn rendered(
    chart: &Chart,
    files: &BTreeMap<&RelPath, &Arc<SourceFile>>,
    input: &Input<'_>,
    used: &mut Used,
    out: &mut Facts<'_>,
) {
    let overlays = overlays(chart, files);
    if overlays.is_empty() {
        written(chart, &chart.folder, &[], input, used, out);
    }
    for (folder, file) in &overlays {
        written(chart, folder, std::slice::from_ref(file), input, used, out);
    }
}

/// Renders a chart once and writes what it makes.
fn written(
    chart: &Chart,
    folder: &RelPath,
    over: &[Arc<SourceFile>],
    input: &Input<'_>,
    used: &mut Used,
    out: &mut Facts<'_>,
) {
    let result = render(chart, over, input.companions);
    let project = ComponentId::project(&chart.folder);
    for (file, at, message) in &result.failed {
        let message = format!("not rendered: {message}; images are taken from values and from literal lines");
        match at {
            Some(span) => {
                let (file, span) = result.sources.place(*span);
                out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
            }
            None => out.problem(DiagnosticKind::Unresolved, file, None, message),
        }
        literal_images(file, &project, out);
    }
    if !result.assumed.is_empty() {
        let named: Vec<&str> = result.assumed.iter().take(NAMED).map(String::as_str).collect();
        let more = result.assumed.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message = format!("rendered as if empty: {}{more}", named.join("; "));
        out.problem(DiagnosticKind::Unresolved, &chart.about, None, message);
    }
    for path in &result.used {
        out.attribute(&project, key::EVALUATED, path.as_str(), chart.about.whole());
    }
    let trace = Trace::new(&result.sources, &result.rendered);
    let mut roots: Vec<Node> = Vec::new();
    for (output, start) in result.rendered.iter().zip(trace.starts()) {
        let read = crate::parse::yaml::yaml(&output.text);
        if let Some(problem) = read.problems.first() {
            let (file, span) = trace.place(problem.span.shifted(start));
            let message = format!("what the template makes is no YAML: {}", problem.message);
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
            literal_images(&output.file, &project, out);
        }
        roots.extend(read.documents.iter().map(|node| moved(node, start)));
    }
    let ground = Ground { folder, catalog: input.catalog, input, places: &trace };
    let objects = opened(&roots);
    scene::write(&objects, &ground, out);
    for object in &objects {
        workload::Parts::of(object.node).images().for_each(|image| {
            used.extend(ImageReference::parse(image).map(|image| (image.registry, image.repository)));
        });
        gitops::write(object, &ground, out);
    }
}

/// Images that a template names without an action.
fn literal_images(file: &SourceFile, project: &ComponentId, out: &mut Facts<'_>) {
    if !is_rendered(file) {
        return;
    }
    for line in lines(file.text()) {
        let text = line.text.trim_start().trim_start_matches("- ");
        let Some(image) = text.strip_prefix("image:") else { continue };
        let image = image.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\'']);
        if !image.is_empty() && !image.contains("{{") {
            values::write(image, span_within(&line, image), project, true, file, out);
        }
    }
}

/// What a file says by itself: dependencies, and images of values that no rendered template uses.
fn plain(file: &SourceFile, used: &BTreeMap<RelPath, Used>, out: &mut Facts<'_>) {
    let name = file.path().name();
    let is_template_file = file.path().as_str().split('/').rev().skip(1).any(|part| part == "templates");
    // values may hold texts for templates, and are YAML all the same
    let is_values = name.starts_with("values") && file.yaml().problems.is_empty();
    if is_template_file || is_template(file.text()) && !is_values {
        return;
    }
    let is_chart = matches!(name, "Chart.yaml" | "Chart.lock");
    let project = ComponentId::project(&file.folder());
    let before = out.len();
    if is_chart || name == "requirements.yaml" && used.contains_key(&file.folder()) {
        let is_lock = name == "Chart.lock";
        for document in file.yaml_or_part(out) {
            for need in document.get("dependencies").map_or(&[][..], Node::list) {
                match is_lock {
                    true => chart::needs(need, true, "repository", &project, file, out),
                    false => chart::asked(need, &project, file, out),
                }
            }
        }
        if is_lock {
            out.attribute(&project, key::LOCKS, "helm", file.whole().resolved());
        }
    } else if name.starts_with("values") {
        // values of subcharts are used by the chart above
        let home =
            used.keys().filter(|folder| is_below(file.path(), folder)).max_by_key(|folder| folder.as_str().len());
        let known = home.and_then(|home| used.get(home));
        let inferred = known.is_some();
        let is_used = |image: &ImageReference| {
            known.is_some_and(|used| used.contains(&(image.registry.clone(), image.repository.clone())))
        };
        let mut said: BTreeSet<usize> = BTreeSet::new();
        for document in file.yaml_or_part(out) {
            values::unused_images(document, &project, inferred, &is_used, file, out);
            said.extend(document.walk().filter_map(|node| node.get("image")).map(|image| image.span.start));
        }
        images_in_texts(file, &said, &is_used, &project, out);
    }
    if out.len() > before {
        out.component(&project, ComponentKind::Project, file.whole());
    }
}

/// Images of lines within texts of the values: settings of programs that templates pass on.
fn images_in_texts(
    file: &SourceFile,
    said: &BTreeSet<usize>,
    is_used: &dyn Fn(&ImageReference) -> bool,
    project: &ComponentId,
    out: &mut Facts<'_>,
) {
    for line in lines(file.text()) {
        let Some(image) = line.text.trim_start().trim_start_matches("- ").strip_prefix("image:") else { continue };
        let image = image.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\'']);
        let span = span_within(&line, image);
        let is_whole = image.contains('/') && image.contains(':') && !image.contains(['{', '$', ' ']);
        let is_said = (span.start.saturating_sub(1)..=span.start).any(|at| said.contains(&at));
        if is_whole && !is_said && !ImageReference::parse(image).is_some_and(|image| is_used(&image)) {
            values::write(image, span, project, true, file, out);
        }
    }
}

fn is_below(path: &RelPath, folder: &RelPath) -> bool {
    folder.is_root() || path.as_str().strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
}
