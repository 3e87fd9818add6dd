//! Azure: ARM templates and Bicep are read into one form of expressions and evaluated alike.

pub mod arm;
mod arm_syntax;
pub mod bicep;
mod bicep_expression;
mod bicep_parser;
mod bicep_text;
mod evaluate;
mod expression;
mod functions;
mod modules;
mod parameters;
mod shape;
mod template;

use crate::model::ComponentKind;

/// What both scanners emit.
const EMITS: &[ComponentKind] = &[
    ComponentKind::Project,
    ComponentKind::Service,
    ComponentKind::Package,
    ComponentKind::Image,
    ComponentKind::Host,
    ComponentKind::Model,
    ComponentKind::Accelerator,
];
