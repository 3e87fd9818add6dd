//! What steps and commands bring into service by its name alone: `aws ecs update-service --service llm`,
//! `kubectl set image deployment/llm`.

use super::step::Pipeline;
use crate::catalog::rows::PipelineStep;
use crate::model::key;
use crate::scan::Facts;
use crate::text::Span;

/// Kinds of objects under the names that commands give them.
const KINDS: [(&str, &[&str]); 5] = [
    ("Deployment", &["deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"]),
    ("StatefulSet", &["statefulset", "statefulsets", "sts", "statefulset.apps", "statefulsets.apps"]),
    ("DaemonSet", &["daemonset", "daemonsets", "ds", "daemonset.apps", "daemonsets.apps"]),
    ("CronJob", &["cronjob", "cronjobs", "cj", "cronjob.batch", "cronjobs.batch"]),
    ("Deployment", &["deployment.v1.apps"]),
];
/// Options that say the namespace.
const NAMESPACE: [&str; 2] = ["-n", "--namespace"];
/// Options without a value.
const SWITCHES: [&str; 9] =
    ["--quiet", "-q", "--debug", "--no-cli-pager", "--no-paginate", "--no-verify-ssl", "--all", "--local", "--record"];
/// Words behind the name of a program that change nothing.
const STAGES: [&str; 3] = ["alpha", "beta", "preview"];
/// Programs whose options may stand before what they do.
const PROGRAMS: [&str; 5] = ["aws", "gcloud", "az", "kubectl", "oc"];

/// The words of a command with what it does first: `aws --region eu-west-1 ecs` is `aws ecs --region eu-west-1`.
pub(super) fn in_order<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let Some((program, rest)) = words.split_first().filter(|(program, _)| PROGRAMS.contains(program)) else {
        return words.to_vec();
    };
    let mut options = Vec::new();
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        if word.starts_with('-') {
            let has_value = !word.contains('=') && !SWITCHES.contains(word);
            let end = (at + 1 + usize::from(has_value)).min(rest.len());
            options.extend(&rest[at..end]);
            at = end;
        } else if STAGES.contains(word) && matches!(*program, "gcloud" | "az") {
            at += 1;
        } else {
            break;
        }
    }
    std::iter::once(*program).chain(rest[at..].iter().copied()).chain(options).collect()
}

/// The word right behind a command's own, options that have their value with them passed over.
pub(super) fn first<'w>(words: &[&'w str]) -> Option<&'w str> {
    let is_passed = |word: &&&str| word.starts_with('-') && (word.contains('=') || SWITCHES.contains(word));
    words.iter().find(|word| !is_passed(word)).copied().filter(|word| !word.starts_with('-'))
}

/// Objects that a command names, as `Kind/name`, and their namespace.
fn objects<'w>(words: &[&'w str]) -> (Vec<(String, &'w str)>, Option<&'w str>) {
    let kind = |word: &str| KINDS.iter().find(|(_, names)| names.contains(&word)).map(|(kind, _)| *kind);
    let mut found = Vec::new();
    let mut namespace = None;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if word.starts_with('-') {
            let (name, own) = word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
            let next = own.is_none() && !SWITCHES.contains(word);
            let value = own.or_else(|| next.then(|| words.get(at).copied()).flatten());
            at += usize::from(next);
            if NAMESPACE.contains(&name) {
                namespace = value;
            }
        } else if let Some((of, name)) = word.split_once('/') {
            found.extend(kind(of).map(|kind| (format!("{kind}/{name}"), *word)));
        } else if let Some(kind) = kind(word)
            && let Some(name) = words.get(at).filter(|name| !name.starts_with('-') && !name.contains('='))
        {
            at += 1;
            found.push((format!("{kind}/{name}"), *name));
        }
    }
    (found, namespace)
}

impl Pipeline<'_> {
    /// Objects of Kubernetes that a command brings into service.
    pub(super) fn deploys_objects(
        &self,
        words: &[&str],
        found: &dyn Fn(&str) -> Span,
        span: Span,
        out: &mut Facts<'_>,
    ) {
        let (objects, namespace) = objects(words);
        let namespace = namespace.filter(|name| !is_open(name)).unwrap_or("-");
        if objects.is_empty() && words.iter().any(|word| is_open(word)) {
            self.unresolved(span, OPEN, out);
        }
        for (object, word) in objects {
            if is_open(&object) {
                self.unresolved(found(word), OPEN, out);
            } else {
                let text = format!("kubernetes | {namespace} | {object}");
                out.attribute(self.id, key::DEPLOYS_NAMED, text, self.file.at(found(word)));
            }
        }
    }

    /// What a step names that it brings into service.
    pub(super) fn deploys(
        &self,
        row: &PipelineStep,
        (name, span): (&str, Span),
        region: Option<&str>,
        out: &mut Facts<'_>,
    ) {
        let name = name.trim();
        if is_open(name) {
            self.unresolved(span, OPEN, out);
            return;
        }
        // the last part of a resource's whole name
        let name = if name.starts_with("arn:") { name.rsplit([':', '/']).next().unwrap_or(name) } else { name };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return;
        }
        let region = region.map(str::trim).filter(|region| !region.is_empty() && !is_open(region)).unwrap_or("-");
        let text = format!("{} {} | {region} | {name}", row.system, row.step);
        out.attribute(self.id, key::DEPLOYS_NAMED, text, self.file.at(span));
    }
}

/// What is told of a name that has a gap.
const OPEN: &str = "what is brought into service is only known at run time";

/// True for a text that a run fills in.
fn is_open(text: &str) -> bool {
    text.contains('$') || text.contains("{{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_in_one_word_or_two() {
        let of = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let (found, namespace) = objects(&words);
            (found.into_iter().map(|(object, _)| object).collect::<Vec<_>>().join(" "), namespace.map(str::to_owned))
        };
        assert_eq!(of("deployment/llm llm=r.example/llm:2 -n ai"), ("Deployment/llm".into(), Some("ai".into())));
        assert_eq!(of("--namespace=ai sts vector"), ("StatefulSet/vector".into(), Some("ai".into())));
        assert_eq!(of("deploy/a ds/b"), ("Deployment/a DaemonSet/b".into(), None));
        assert_eq!(of("-f app.yaml"), (String::new(), None));
    }

    #[test]
    fn what_a_command_does_comes_first() {
        let of = |line: &str| in_order(&line.split(' ').collect::<Vec<_>>()).join(" ");
        assert_eq!(of("aws --region eu-west-1 ecs list"), "aws ecs list --region eu-west-1");
        assert_eq!(of("gcloud beta run deploy llm"), "gcloud run deploy llm");
        assert_eq!(of("kubectl -n ai set image deploy/a a=b"), "kubectl set image deploy/a a=b -n ai");
        assert_eq!(of("docker --debug push x"), "docker --debug push x");
        assert_eq!(first(&["--quiet", "--region=x", "llm"]), Some("llm"));
        assert_eq!(first(&["--image", "x", "llm"]), None);
    }
}
