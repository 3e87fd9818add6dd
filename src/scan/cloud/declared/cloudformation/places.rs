//! Where a template is deployed to, and with which values: files that stand beside it.

use crate::parse::Node;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::RelPath;

/// Files beside a template that say more of it.
pub(super) struct Beside {
    /// `samconfig.toml` of the serverless transform.
    pub(super) settings: Option<SourceFile>,
    /// `manifest.json` that the CDK writes.
    pub(super) manifest: Option<SourceFile>,
}

/// Looks for the files that the tools which made the template read.
pub(super) fn beside(file: &SourceFile, root: &Node, input: &Input<'_>, out: &mut Facts<'_>) -> Beside {
    let companion = |name: &str| input.companion(&beside_it(&file.folder(), name)?);
    let is_serverless = root.entry("Transform").is_some();
    let is_synthesised = file.path().name().ends_with(".template.json");
    let manifest = is_synthesised.then(|| companion("manifest.json")).flatten();
    if let Some(manifest) = &manifest {
        // what cannot be read of it is told here: no other scanner asks for it
        if let Err(error) = manifest.json_or_part(out) {
            out.problem_of(manifest, &error);
        }
    }
    Beside { settings: is_serverless.then(|| companion("samconfig.toml")).flatten(), manifest }
}

/// The path of another file from a folder; nothing for one outside of the target.
pub(super) fn beside_it(folder: &RelPath, path: &str) -> Option<RelPath> {
    RelPath::new(format!("{folder}/{path}").trim_start_matches('/'))
}

/// A text of such a file with its place.
pub(super) struct Told<'b> {
    /// The file.
    pub(super) file: &'b SourceFile,
    /// What stands there.
    pub(super) node: &'b Node,
    /// The text, or the part of it that is meant.
    pub(super) text: String,
}

impl Beside {
    /// Says what of the files is not what it has to be.
    pub(super) fn tell_odd_shapes(&self, out: &mut Facts<'_>) {
        for file in self.settings.iter().chain(&self.manifest) {
            file.tell_odd_shapes(out);
        }
    }

    /// Regions that the template is deployed to.
    pub(super) fn regions(&self, template: &SourceFile) -> Vec<Told<'_>> {
        let mut found: Vec<Told<'_>> = Vec::new();
        if let Some(file) = &self.settings {
            for node in sections(file).into_iter().filter_map(|section| section.get("region")) {
                found.extend(node.text().map(|text| Told { file, node, text: text.to_owned() }));
            }
        }
        if let Some(file) = &self.manifest
            && let Ok(root) = file.json()
        {
            for stack in root.get("artifacts").map_or(&[][..], Node::entries) {
                let is_stack = stack.value.text_at("type").is_some_and(|kind| kind == "aws:cloudformation:stack");
                if !is_stack {
                    continue;
                }
                let is_it = stack.value.at(&["properties", "templateFile"]).and_then(Node::text)
                    == Some(template.path().name());
                let Some(node) = stack.value.get("environment").filter(|_| is_it) else { continue };
                // `aws://account/region`, both may be `unknown-…`
                let region = node.text().and_then(|text| text.rsplit('/').next()).unwrap_or_default();
                if !region.is_empty() && !region.starts_with("unknown") {
                    found.push(Told { file, node, text: region.to_owned() });
                }
            }
        }
        found
    }

    /// Values of parameters: `Name=value` or a list of them.
    pub(super) fn parameters(&self) -> Vec<(String, Told<'_>)> {
        let mut found = Vec::new();
        let Some(file) = &self.settings else { return found };
        for node in sections(file).into_iter().filter_map(|section| section.get("parameter_overrides")) {
            let one = std::slice::from_ref(node);
            for node in if node.list().is_empty() { one } else { node.list() } {
                let Some(text) = node.text() else { continue };
                for (name, value) in text.split_whitespace().filter_map(|word| word.split_once('=')) {
                    let text = value.trim_matches(['"', '\'']).to_owned();
                    found.push((name.to_owned(), Told { file, node, text }));
                }
            }
        }
        found
    }
}

/// `[environment.command.parameters]` of every environment and command.
fn sections(file: &SourceFile) -> Vec<&Node> {
    let environments = file.toml_root().entries().iter().filter(|entry| entry.value.is_map());
    let commands = environments.flat_map(|environment| environment.value.entries());
    commands.filter_map(|command| command.value.is_map().then(|| command.value.get("parameters")).flatten()).collect()
}
