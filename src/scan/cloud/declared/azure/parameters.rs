//! Values of parameters in a file beside a template: `name.parameters.json` and `name.bicepparam`.

use super::arm::convert;
use super::bicep;
use super::evaluate::{Budget, Scope};
use super::expression::Template;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::RelPath;

/// A file of values, and what stands in it as a template of variables.
pub(super) struct Beside {
    file: SourceFile,
    values: Template,
}

/// Looks for the file of a template.
pub(super) fn beside(file: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) -> Option<Beside> {
    let path = file.path().as_str();
    let stem = path.strip_suffix(".json").or_else(|| path.strip_suffix(".bicep"))?;
    let companion = |end: &str| input.companion(&RelPath::new(&format!("{stem}{end}"))?);
    if let Some(found) = companion(".bicepparam").filter(|_| path.ends_with(".bicep")) {
        let values = bicep::given(&found);
        return Some(Beside { file: found, values });
    }
    let found = companion(".parameters.json")?;
    let mut values = Template::default();
    let root = found.json_or_part(out).map_err(|error| out.problem_of(&found, &error)).ok()?;
    for entry in root.get("parameters").map_or(&[][..], crate::parse::Node::entries) {
        if let Some(value) = entry.value.get("value") {
            values.variables.push((entry.key.to_string(), convert(value, 0)));
        }
    }
    found.tell_odd_shapes(out);
    Some(Beside { file: found, values })
}

/// Gives a template its values.
pub(super) fn give<'a>(scope: &mut Scope<'a, '_>, beside: Option<&'a Beside>) {
    let Some(beside) = beside else { return };
    let budget = Budget::default();
    let values = Scope::new(&beside.file, &beside.values, &budget);
    for (name, node) in &beside.values.variables {
        scope.given.insert(name.to_ascii_lowercase(), values.value(node));
    }
}
