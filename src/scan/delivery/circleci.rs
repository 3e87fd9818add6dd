//! `CircleCI`: machines, images of jobs and executors, orbs, and what steps run.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::step::{Pipeline, Told};
use super::variables::{Variables, left_in};
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Node, Value};
use crate::scan::image::reference::needs_image;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `circleci`.
pub struct Circleci;

static META: ScannerMeta = ScannerMeta {
    id: "circleci",
    title: "CircleCI",
    summary: "The pipeline with images of jobs and executors, orbs, commands and models of its steps with the sources of \
              packages that `environment` and `$BASH_ENV` set, and who hosts the machines. Parameters and expressions are not filled in.",
    files: &["**/.circleci/*.yml", "**/.circleci/*.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Delivery,
        ComponentKind::Host,
        ComponentKind::Image,
        ComponentKind::Model,
        ComponentKind::Package,
        ComponentKind::Repository,
        ComponentKind::Service,
    ],
    reference: "https://circleci.com/docs/configuration-reference/",
};

impl Scanner for Circleci {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let id = ComponentId::of("delivery", format_args!("circleci/{}", file.path()));
        let followed = Cell::new(0);
        let pipeline = Pipeline::new(&id, file, input, &followed);
        for document in file.yaml_or_part(out) {
            if document.get("jobs").is_none() && document.get("workflows").is_none() {
                continue;
            }
            out.component(&id, ComponentKind::Delivery, file.whole());
            out.attribute(&id, key::RESOURCE_TYPE, "circleci/pipeline", file.whole());
            toolkit::distributed_by(&id, "circleci.com", &file.whole().inferred(), out);
            for orb in document.get("orbs").map_or(&[][..], Node::entries) {
                scan_orb(&orb.value, &pipeline, out);
            }
            let commands = document.get("commands").map_or(&[][..], Node::entries);
            let commands: BTreeSet<&str> = commands.iter().map(|command| &*command.key).collect();
            for section in ["executors", "jobs", "commands"] {
                for part in document.get(section).map_or(&[][..], Node::entries) {
                    scan_part(&part.value, &commands, &pipeline, out);
                }
            }
        }
        Ok(())
    }
}

/// `namespace/name@version`; an orb of the file itself is a table.
fn scan_orb(orb: &Node, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    if matches!(orb.value, Value::Map(_)) {
        orb.any_shape();
    }
    let Some((name, version)) = orb.text().and_then(|text| text.split_once('@')) else { return };
    let repository = ComponentId::repository(&format!("circleci.com/orbs/{name}"));
    let seen = pipeline.file.at(orb.span);
    out.component(&repository, ComponentKind::Repository, seen.clone());
    toolkit::revision_of(&repository, Some(version), &seen, out);
    out.relation(pipeline.id, RelationKind::DependsOn, &repository, seen.clone());
    toolkit::distributed_by(&repository, "circleci.com", &seen, out);
}

/// True for a step without inputs, which is a word alone: one of the system, a command of the file or of an orb, a parameter.
fn is_word(step: &Node, commands: &BTreeSet<&str>) -> bool {
    let is_word = |word: &str| SYSTEM_STEPS.contains(&word) || word.contains(['/', '<']) || commands.contains(word);
    matches!(&step.value, Value::Text(text) if is_word(text))
}

const SYSTEM_STEPS: [&str; 3] = ["add_ssh_keys", "checkout", "setup_remote_docker"];

/// Variables of a job or of a step; old files write them as a list.
fn environment_of(node: &Node) -> Option<&Node> {
    let environment = node.get("environment")?;
    if matches!(environment.value, Value::List(_)) {
        environment.any_shape();
        return None;
    }
    Some(environment)
}

/// A job, an executor or a command.
fn scan_part(part: &Node, commands: &BTreeSet<&str>, pipeline: &Pipeline<'_>, out: &mut Facts<'_>) {
    let images = part.get("docker").map_or(&[][..], Node::list).iter().filter_map(|one| one.get("image"));
    for image in images {
        match image.text() {
            Some(text) if !text.contains("<<") => {
                needs_image(pipeline.id, RelationKind::DependsOn, text, pipeline.file, image.span, out);
            }
            _ => {}
        }
    }
    // a class with a namespace is a runner of one's own
    let class = part.get("resource_class");
    if let Some(class) = class.filter(|class| class.text().is_some_and(|text| text.contains('/'))) {
        pipeline.runner("self", class.span, out);
    } else if let Some(entry) = ["docker", "machine", "macos"]
        .into_iter()
        .find_map(|name| part.entry(name))
        .filter(|_| class.is_none_or(|class| class.text().is_some()))
    {
        pipeline.runner("circleci", entry.key_span, out);
    }
    let told = Told::default();
    let pipeline = &Pipeline { told: Some(&told), ..*pipeline };
    let none = Variables::default();
    let environment = environment_of(part);
    pipeline.sources(environment, &none, out);
    let mut kept = none.with(environment);
    for step in part.get("steps").map_or(&[][..], Node::list) {
        if is_word(step, commands) {
            step.any_shape();
        }
        let Some(run) = step.get("run") else { continue };
        let command = run.get("command").unwrap_or(run);
        let environment = environment_of(run);
        pipeline.sources(environment, &kept, out);
        if let Some(text) = command.text() {
            let variables = kept.with(environment);
            let fill = |text: &str| variables.fill(text);
            pipeline.script(text, command.span, &fill, out);
            told.borrow_mut().end_shell();
            let left = left_in(text, "BASH_ENV", &fill);
            kept.keep(left);
        }
    }
}
