//! Kubernetes objects in YAML and JSON files: documents, lists, templates.

use crate::diagnostic::DiagnosticKind;
use crate::model::ComponentId;
use crate::parse::Node;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::{RelPath, Span};

/// One object.
pub(super) struct Object<'a> {
    /// `apiVersion`.
    pub(super) api: &'a str,
    /// `kind`.
    pub(super) kind: &'a str,
    /// `metadata.name`, or `generateName`.
    pub(super) name: &'a str,
    /// Where the name stands.
    pub(super) name_span: Span,
    /// `metadata.namespace`.
    pub(super) namespace: &'a str,
    /// The whole object.
    pub(super) node: &'a Node,
}

impl Object<'_> {
    /// The workload id of the object.
    pub(super) fn workload(&self, folder: &RelPath) -> ComponentId {
        ComponentId::workload(folder, self.kind, self.namespace, self.name)
    }

    /// The id of the service that the object stands for.
    pub(super) fn resource(&self, folder: &RelPath) -> ComponentId {
        let name = [self.kind, self.namespace, self.name].into_iter().filter(|part| !part.is_empty());
        ComponentId::resource(folder, &name.collect::<Vec<_>>().join("/"))
    }

    /// API group without version.
    pub(super) fn group(&self) -> &str {
        self.api.split_once('/').map_or("", |(group, _)| group)
    }
}

/// True when a file can hold Kubernetes objects at all.
pub(super) fn may_hold_objects(text: &str) -> bool {
    text.contains("apiVersion") && text.contains("kind")
}

/// True for a file that is a template of a chart: the chart is rendered as a whole.
pub(super) fn is_of_chart(input: &Input<'_>) -> bool {
    let path = input.file().path().as_str();
    path.match_indices("templates/").any(|(at, _)| {
        let folder = RelPath::new(&path[..at]).filter(|_| at == 0 || path[..at].ends_with('/'));
        let chart = folder.and_then(|folder| folder.join("Chart.yaml"));
        chart.is_some_and(|chart| input.companion(&chart).is_some())
    })
}

/// True for templates that only a template engine can read.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") && text.contains("}}")
}

/// Every object of a file; lists are opened. What cannot be read is a diagnostic, written only by
/// the scanner that `reports`, so that two scanners of one file do not say it twice.
pub(super) fn objects<'a>(file: &'a SourceFile, reports: bool, out: &mut Facts<'_>) -> Vec<Object<'a>> {
    let mut roots: Vec<&'a Node> = Vec::new();
    if file.path().name().ends_with(".json") {
        match file.json() {
            Ok(root) => roots.push(root),
            Err(error) if reports => {
                out.problem(DiagnosticKind::Malformed, file, Some(error.span), &error.message);
            }
            Err(_) => {}
        }
    } else {
        let yaml = file.yaml();
        roots.extend(&yaml.documents);
        if reports {
            report(file, &yaml.problems, out);
        }
    }
    opened(roots)
}

/// The objects of some roots; lists are opened.
pub(super) fn opened<'a>(roots: impl IntoIterator<Item = &'a Node>) -> Vec<Object<'a>> {
    let mut found = Vec::new();
    let mut open: Vec<&'a Node> = roots.into_iter().collect();
    open.reverse();
    while let Some(node) = open.pop() {
        let (Some(api), Some(kind)) = (node.text_at("apiVersion"), node.text_at("kind")) else { continue };
        if kind.ends_with("List") && node.get("items").is_some() {
            open.extend(node.get("items").map_or(&[][..], Node::list).iter().rev());
            continue;
        }
        let name = node.at(&["metadata", "name"]).or_else(|| node.at(&["metadata", "generateName"]));
        found.push(Object {
            api,
            kind,
            name: name.and_then(Node::text).unwrap_or("unnamed"),
            name_span: name.or_else(|| node.get("kind")).map_or(node.span, |node| node.span),
            namespace: node.at(&["metadata", "namespace"]).and_then(Node::text).unwrap_or(""),
            node,
        });
    }
    found
}

fn report(file: &SourceFile, problems: &[crate::parse::ParseError], out: &mut Facts<'_>) {
    let Some(first) = problems.first() else { return };
    if is_template(file.text()) {
        let message = "a template that must be rendered before it can be read; render it and scan the result";
        out.problem(DiagnosticKind::Unsupported, file, Some(first.span), message);
        return;
    }
    for problem in problems {
        out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
    }
}
