//! Bicep files.

use super::bicep_parser::Parser;
use super::evaluate::{Budget, Scope};
use super::expression::Template;
use super::{modules, parameters};
use crate::diagnostic::DiagnosticKind;
use crate::model::Basis;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `bicep`.
pub struct Bicep;

static META: ScannerMeta = ScannerMeta {
    id: "bicep",
    title: "Bicep file",
    summary: "Resources with location, machine type, count, keys, images and references. Parameters by their defaults \
              or by the `.bicepparam` or `.parameters.json` of the same name, variables, loops, conditions, text \
              interpolation and functions are evaluated; modules in the tree are entered with what they are given, \
              modules of a registry are packages. Lambdas and functions of the user's own are not evaluated. What \
              depends on the resource group, the subscription or other resources stays unresolved and says why.",
    files: &["**/*.bicep"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: super::EMITS,
    reference: "https://learn.microsoft.com/azure/azure-resource-manager/bicep/file",
};

impl Scanner for Bicep {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        anyhow::ensure!(!file.is_binary(), "not a text");
        let template = template(file, out);
        let budget = Budget::default();
        let beside = parameters::beside(file, input, out);
        let mut scope = Scope::new(file, &template, &budget);
        scope.input = Some(input);
        parameters::give(&mut scope, beside.as_ref());
        modules::write(&scope, input, out);
        Ok(())
    }
}

/// The parts of a file; what cannot be read is told, and the file goes on.
pub(super) fn template(file: &SourceFile, out: &mut Facts<'_>) -> Template {
    let (template, problems) = Parser::new(file.text()).file();
    for problem in problems {
        out.problem(DiagnosticKind::Malformed, file, Some(problem.span), problem.message);
    }
    template
}

/// Values of a `.bicepparam` file, as variables.
pub(super) fn given(file: &SourceFile) -> Template {
    let (mut template, _) = Parser::new(file.text()).file();
    let parameters = std::mem::take(&mut template.parameters);
    template.variables.extend(parameters.into_iter().filter_map(|(name, _, value)| Some((name, value?))));
    template
}
