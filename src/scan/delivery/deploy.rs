//! What commands of a pipeline bring into service: the charts, folders and files that they name.

use std::collections::BTreeSet;

use crate::parse::shell::Command;
use crate::scan::image::build::before;
use crate::text::RelPath;

/// Options of Helm that have a value.
const HELM_VALUES: [&str; 22] = [
    "-f",
    "--values",
    "--set",
    "--set-string",
    "--set-file",
    "--set-json",
    "-n",
    "--namespace",
    "--version",
    "--timeout",
    "--kube-context",
    "--kubeconfig",
    "--repo",
    "--username",
    "--password",
    "--history-max",
    "--description",
    "--labels",
    "-l",
    "--post-renderer",
    "--ca-file",
    "--registry-config",
];

/// The files right in a folder, and none below it.
const RIGHT_IN: &str = "/*";

/// A path below the scanned root, and the word of the script that says it.
pub(super) type Applied = (String, String);

/// What commands apply that begin in a folder, and the folder that they end in. What a run puts in names nothing.
pub(super) fn applied(lines: &[Line], folder: &RelPath) -> (Vec<Applied>, RelPath) {
    let applies = |words: &[String]| is_of(words, "kubectl", &["apply", "create", "replace"]);
    let applying: BTreeSet<usize> =
        lines.iter().filter(|line| applies(&line.words)).map(|line| line.pipeline).collect();
    let mut found = Vec::new();
    let end = each_in(lines, folder, |at, line| {
        let is_piped = || applying.contains(&line.pipeline);
        for (path, suffix) in named(&line.words, is_piped) {
            let full = joined(at, &path).filter(|full| !full.is_root());
            found.extend(full.map(|full| (format!("{full}{suffix}"), path)));
        }
    });
    (found, end)
}

/// Scripts that commands run, each with the folder that it begins in.
pub(super) fn ran(lines: &[Line], folder: &RelPath) -> BTreeSet<(RelPath, RelPath)> {
    let is_script = |word: &str| word.ends_with(".sh") || word.ends_with(".bash");
    let mut found = BTreeSet::new();
    each_in(lines, folder, |at, Line { words, .. }| {
        let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or_default());
        let script = match program {
            "bash" | "sh" | "source" | "." => words.iter().skip(1).find(|word| !word.starts_with('-')),
            _ => words.first(),
        };
        let path = script.filter(|word| is_script(word)).and_then(|word| joined(at, word));
        found.extend(path.map(|path| (path, at.clone())));
    });
    found
}

/// A command.
pub(super) struct Line {
    /// The number of its pipeline.
    pipeline: usize,
    /// The filled words, without what stands before its program.
    pub(super) words: Vec<String>,
    /// Where it begins.
    start: usize,
    /// Where the shell of its own ends that it runs in: the folder that it changes to ends there too.
    shell: Option<usize>,
}

/// Commands as lines.
pub(super) fn lines(commands: &[Command], fill: &dyn Fn(&str) -> String) -> Vec<Line> {
    let line = |command: &Command| {
        let mut words: Vec<String> = command.words.iter().map(|word| fill(&word.text)).collect();
        let own = words.split_off(before(words.iter().map(String::as_str)));
        let start = command.words.first().map_or(usize::MAX, |word| word.span.start);
        Line { pipeline: command.pipeline, words: own, start, shell: command.subshell.map(|shell| shell.end) }
    };
    commands.iter().map(line).collect()
}

/// Goes through commands with the folder that each works in, where that is known; gives the folder that they end in.
fn each_in(lines: &[Line], folder: &RelPath, mut each: impl FnMut(&RelPath, &Line)) -> RelPath {
    let mut place = Place { at: Some(folder.clone()), pushed: Vec::new(), forgotten: 0 };
    // shells within that are being read: where each ends, and the place before it
    let mut shells: Vec<(usize, Place)> = Vec::new();
    for line in lines {
        while let Some((_, before)) = shells.pop_if(|(end, _)| *end <= line.start) {
            place = before;
        }
        if let Some(end) = line.shell.filter(|end| shells.last().is_none_or(|(open, _)| open != end)) {
            shells.push((end, place.clone()));
        }
        if !place.changes(&line.words)
            && let Some(at) = &place.at
        {
            each(at, line);
        }
    }
    let ended = shells.into_iter().next().map_or(place, |(_, before)| before);
    ended.at.unwrap_or_else(|| folder.clone())
}

/// The folder that commands work in, and those that `popd` goes back to; nothing for one that is not known.
#[derive(Clone)]
struct Place {
    at: Option<RelPath>,
    pushed: Vec<Option<RelPath>>,
    /// How many more there are, which are not kept.
    forgotten: usize,
}

impl Place {
    /// Folders that `popd` may go back to.
    const MOST: usize = 64;

    /// True for a command that changes the folder, which is done.
    fn changes(&mut self, words: &[String]) -> bool {
        let program = words.first().map_or("", String::as_str);
        match program {
            "cd" | "pushd" => {
                let to = words.get(1).and_then(|to| joined(self.at.as_ref()?, to));
                let before = std::mem::replace(&mut self.at, to);
                if program == "pushd" && self.pushed.len() < Self::MOST {
                    self.pushed.push(before);
                } else if program == "pushd" {
                    self.forgotten += 1;
                }
            }
            "popd" if self.forgotten > 0 => {
                self.forgotten -= 1;
                self.at = None;
            }
            "popd" => self.at = self.pushed.pop().flatten(),
            _ => return false,
        }
        true
    }
}

fn joined(folder: &RelPath, path: &str) -> Option<RelPath> {
    let is_known = !path.contains('$') && !path.contains("{{") && !path.contains("://") && !path.starts_with('~');
    let is_path = is_known && path != "-" && path != "..." && !path.contains('*');
    is_path.then(|| RelPath::new(format!("{folder}/{path}").trim_start_matches('/')))?
}

fn is_of(words: &[String], program: &str, verbs: &[&str]) -> bool {
    let name = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or_default());
    name == program && words.iter().skip(1).any(|word| verbs.contains(&word.as_str()))
}

/// Paths that a command names, each with what is to stand behind it.
fn named(words: &[String], is_piped: impl Fn() -> bool) -> Vec<(String, &'static str)> {
    let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or_default());
    let verb = words.get(1).map_or("", String::as_str);
    match program {
        "helm" if matches!(verb, "upgrade" | "install") || verb == "template" && is_piped() => chart(&words[2..]),
        "kubectl" | "oc" if is_of(words, program, &["apply", "create", "replace"]) => objects(words),
        "kustomize" if verb == "build" && is_piped() => {
            words[2..].iter().find(|word| !word.starts_with('-')).map(|word| (word.clone(), "")).into_iter().collect()
        }
        "terraform" | "tofu" | "terragrunt" if words.iter().any(|word| word == "apply" || word == "run-all") => {
            let folder = words.iter().find_map(|word| {
                word.strip_prefix("-chdir=").or_else(|| word.strip_prefix("--terragrunt-working-dir="))
            });
            vec![(folder.unwrap_or(".").to_owned(), "")]
        }
        "pulumi" if verb == "up" || verb == "update" => {
            vec![(option(words, &["--cwd", "-C"]).first().cloned().unwrap_or_else(|| ".".to_owned()), "")]
        }
        "sam" | "cdk" | "serverless" | "sls" if verb == "deploy" => {
            vec![(option(words, &["--base-dir"]).first().cloned().unwrap_or_else(|| ".".to_owned()), "")]
        }
        "aws" if words.iter().any(|word| word == "cloudformation") && words.iter().any(|word| word == "deploy") => {
            option(words, &["--template-file"]).into_iter().map(|path| (path, "")).collect()
        }
        "az" if words.iter().any(|word| word == "deployment") => {
            option(words, &["--template-file", "-f"]).into_iter().map(|path| (path, "")).collect()
        }
        _ => Vec::new(),
    }
}

/// The chart of `helm upgrade --install NAME CHART`.
fn chart(words: &[String]) -> Vec<(String, &'static str)> {
    // the chart of a repository that the command names itself
    if words.iter().any(|word| word == "--repo" || word.starts_with("--repo=")) {
        return Vec::new();
    }
    let mut plain = Vec::new();
    let mut words = words.iter();
    let mut is_named = true;
    while let Some(word) = words.next() {
        if HELM_VALUES.contains(&word.as_str()) {
            words.next();
        } else if word == "--generate-name" || word == "-g" {
            is_named = false;
        } else if !word.starts_with('-') {
            plain.push(word);
        }
    }
    plain.get(usize::from(is_named)).map(|chart| ((*chart).clone(), "")).into_iter().collect()
}

/// What `kubectl apply` is given: folders and files with `-f`, overlays with `-k`.
fn objects(words: &[String]) -> Vec<(String, &'static str)> {
    let is_deep = words.iter().any(|word| word == "-R" || word.starts_with("--recursive"));
    let is_file = |path: &str| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
    let files = option(words, &["-f", "--filename"]).into_iter();
    let files = files.map(|path| {
        let suffix = if is_deep || is_file(&path) { "" } else { RIGHT_IN };
        (path, suffix)
    });
    let overlays = option(words, &["-k", "--kustomize"]).into_iter().map(|path| (path, ""));
    files.chain(overlays).collect()
}

/// The values of an option: `-f x`, `-fx` is not read, `--filename=x,y`.
fn option(words: &[String], names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), words.get(at + 1).map(String::as_str)),
        };
        if names.contains(&name) {
            found.extend(value.into_iter().flat_map(|value| value.split(',')).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::shell::commands;

    fn paths(script: &str) -> Vec<String> {
        let root = RelPath::new("repo").expect("is a path");
        let (found, _) = applied(&lines(&commands(script, '\\'), &str::to_owned), &root);
        found.into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn commands_name_what_they_apply() {
        for (script, wanted) in [
            ("helm upgrade --install llm charts/llm -f values.yaml", &["repo/charts/llm"][..]),
            ("helm upgrade llm --namespace ai ./charts/llm --wait", &["repo/charts/llm"]),
            ("helm upgrade llm oci://registry.example/llm", &[]),
            ("helm template llm charts/llm | kubectl apply -f -", &["repo/charts/llm"]),
            ("helm template llm charts/llm > out.yaml", &[]),
            ("kubectl --context prod apply -f k8s", &["repo/k8s/*"]),
            ("kubectl apply -R -f k8s -f more/app.yaml", &["repo/k8s", "repo/more/app.yaml"]),
            ("kubectl apply -k overlays/prod", &["repo/overlays/prod"]),
            ("kubectl get -f k8s", &[]),
            ("kustomize build overlays/prod | kubectl apply -f -", &["repo/overlays/prod"]),
            ("cd infra && terraform init && terraform apply -auto-approve", &["repo/infra"]),
            ("terraform -chdir=infra/eu apply", &["repo/infra/eu"]),
            ("terraform -chdir=infra/eu plan", &[]),
            ("cd $WHERE\nterraform apply", &[]),
            ("(cd infra && terraform apply)\nkubectl apply -f app.yaml", &["repo/infra", "repo/app.yaml"]),
            ("pushd infra; terraform apply; popd; kubectl apply -f app.yaml", &["repo/infra", "repo/app.yaml"]),
            ("pushd a; (pushd b; (cd c; terraform apply)); popd; sam deploy", &["repo/a/b/c", "repo"]),
            ("aws cloudformation deploy --template-file cfn/app.yaml --stack-name x", &["repo/cfn/app.yaml"]),
        ] {
            assert_eq!(paths(script), wanted, "{script}");
        }
    }

    #[test]
    fn folders_that_are_not_kept_are_not_known() {
        let (down, up) = ("pushd a\n".repeat(Place::MOST + 2), "popd\n".repeat(Place::MOST + 1));
        let one_up = format!("{down}popd\nsam deploy\n{up}kubectl apply -f app.yaml");
        assert_eq!(paths(&one_up), ["repo/app.yaml"]);
    }
}
