//! Variables and names of hosts of Ansible inventories, and files of them that stand beside many inventories.

use crate::diagnostic::DiagnosticKind;
use crate::parse::{Entry, Value};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Variables that name who operates machines.
pub(super) const OPERATOR: [&str; 8] = [
    "provider",
    "cloud",
    "cloud_provider",
    "cloudprovider",
    "hosting_provider",
    "hoster",
    "operator",
    "infra_provider",
];
/// Variables that say where they lie.
pub(super) const PLACE: [&str; 10] = [
    "region",
    "cloud_region",
    "location",
    "datacenter",
    "data_center",
    "zone",
    "availability_zone",
    "aws_region",
    "ovh_region",
    "hcloud_location",
];
/// Names under which hosts tell their address.
pub(super) const ADDRESS: [&str; 2] = ["ansible_host", "ansible_ssh_host"];

/// A variable with its place.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) text: String,
    /// Number of the file.
    pub(super) file: usize,
    pub(super) span: Span,
}

/// What is not known or not read.
pub(super) struct Problem {
    kind: DiagnosticKind,
    span: Option<Span>,
    message: String,
}

/// A file of variables, read once however many inventories it stands beside.
pub(super) struct Beside {
    pub(super) file: SourceFile,
    variables: Vec<Variable>,
    problems: Vec<Problem>,
}

impl Beside {
    pub(super) fn read(file: SourceFile) -> Self {
        let (mut variables, mut problems) = (Vec::new(), Vec::new());
        if file.text().starts_with("$ANSIBLE_VAULT") {
            let message = "encrypted: the variables in it are not known".to_owned();
            problems.push(Problem { kind: DiagnosticKind::Unresolved, span: None, message });
        } else {
            let yaml = file.yaml();
            let malformed = |span, message| Problem { kind: DiagnosticKind::Malformed, span: Some(span), message };
            problems.extend(yaml.problems.iter().map(|problem| malformed(problem.span, problem.message.clone())));
            if let Some(root) = yaml.documents.first() {
                variables = pairs(root.entries(), &mut problems);
                problems.extend(root.misshapen().iter().map(|odd| malformed(odd.span, odd.to_string())));
            }
        }
        Self { file, variables, problems }
    }

    /// Bytes that it keeps.
    pub(super) fn size(&self) -> usize {
        self.file.text().len() * 4
    }

    /// Its variables as those of the file of a number; what is wrong with it is told.
    pub(super) fn variables(&self, number: usize, out: &mut Facts<'_>) -> Vec<Variable> {
        tell(&self.problems, &self.file, out);
        self.variables.iter().map(|variable| Variable { file: number, ..variable.clone() }).collect()
    }
}

/// Tells what is not known or not read in a file.
pub(super) fn tell(problems: &[Problem], file: &SourceFile, out: &mut Facts<'_>) {
    for problem in problems {
        out.problem(problem.kind, file, problem.span, &problem.message);
    }
}

/// Variables that are texts. Those that would say something and are none are problems.
pub(super) fn pairs(entries: &[Entry], problems: &mut Vec<Problem>) -> Vec<Variable> {
    let mut found = Vec::new();
    for Entry { key, value, .. } in entries {
        match &value.value {
            Value::Text(text) => {
                let (name, text) = (key.to_string(), text.to_string());
                found.push(Variable { name, text, file: 0, span: value.span });
            }
            Value::List(_) | Value::Map(_)
                if [&OPERATOR[..], &PLACE, &ADDRESS].iter().any(|all| all.contains(&&**key)) =>
            {
                let message = format!("the variable `{key}` is no text: what it says of the machines is not read");
                problems.push(Problem { kind: DiagnosticKind::Unresolved, span: Some(value.span), message });
            }
            _ => {}
        }
    }
    found
}

/// How many machines a name with ranges means: `node[01:12]`.
pub(super) fn range(name: &str) -> usize {
    let mut count = 1_usize;
    for part in name.split('[').skip(1) {
        let Some((first, last)) = part.split(']').next().and_then(|range| range.split_once(':')) else { continue };
        let last = last.split(':').next().unwrap_or(last);
        if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) {
            count = count.saturating_mul(last.saturating_sub(first).saturating_add(1));
        }
    }
    count.min(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_mean_several_machines() {
        for (name, count) in [
            ("a", 1),
            ("a[01:12].example.org", 12),
            ("a[1:3]b[0:1]", 6),
            ("a[x:z]", 1),
            ("a[9:1]", 1),
            ("a[0:18446744073709551615]", 1_000_000),
        ] {
            assert_eq!(range(name), count, "{name}");
        }
    }
}
