//! Containers that commands run: `docker run`, `podman run`, `nerdctl run`.

use super::reference::needs_image;
use super::start::Starter;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind};
use crate::parse::Node;
use crate::parse::shell::{Command, commands};
use crate::scan::model::reference::{Hub, needs_models_of, uses_modelscope};
use crate::scan::{Facts, SourceFile};
use crate::text::Span;

/// Programs that run containers.
const RUNNERS: [&str; 3] = ["docker", "podman", "nerdctl"];
/// Containers that one file runs: a machine starts a few.
const MOST_CONTAINERS: usize = 500;
/// Words of one command.
const MOST_WORDS: usize = 2_000;
/// Texts within a command that are commands themselves (`sh -c`, here-documents of scripts).
const DEPTH: usize = 2;
/// Letters of an option that are told.
const TOLD: usize = 40;

/// Options of theirs without a value.
const SWITCHES: &[&str] = &[
    "detach",
    "disable-content-trust",
    "env-host",
    "help",
    "http-proxy",
    "init",
    "interactive",
    "no-healthcheck",
    "no-hostname",
    "no-hosts",
    "oom-kill-disable",
    "passwd",
    "privileged",
    "publish-all",
    "quiet",
    "read-only",
    "read-only-tmpfs",
    "replace",
    "rm",
    "rmi",
    "sig-proxy",
    "tls-verify",
    "tty",
    "unsetenv-all",
    "use-api-socket",
];

/// Options with a value of their own, which may be the next word.
const WITH_VALUE: &str = "add-host annotation arch attach authfile blkio-weight blkio-weight-device cap-add cap-drop \
     cert-dir cgroup-conf cgroup-parent cgroupns cgroups chrootdirs cidfile conmon-pidfile cosign-key cpu-count \
     cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems creds \
     decryption-key detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps \
     device-write-iops dns dns-opt dns-option dns-search domainname entrypoint env env-file env-merge expose gidmap \
     gpus group-add group-entry health-cmd health-interval health-log-destination health-max-log-count \
     health-max-log-size health-on-failure health-retries health-start-interval health-start-period \
     health-startup-cmd health-startup-interval health-startup-retries health-startup-success health-startup-timeout \
     health-timeout hooks-dir hostname hosts-file hostuser image-volume init-ctr init-path io-maxbandwidth io-maxiops \
     ip ip6 ipc ipfs-address isolation kernel-memory label label-file link link-local-ip log-driver log-opt \
     mac-address memory memory-reservation memory-swap memory-swappiness mount name net net-alias network \
     network-alias oom-score-adj os passwd-entry personality pid pidfile pids-limit platform pod pod-id-file \
     preserve-fd preserve-fds publish pull rdt-class requires restart retry retry-delay runtime sdnotify \
     seccomp-policy secret security-opt shm-size shm-size-systemd stop-signal stop-timeout storage-opt subgidname \
     subuidname sysctl systemd timeout tmpfs tz uidmap ulimit umask unsetenv user userns uts variant verify volume \
     volume-driver volumes-from workdir";

/// A word with its place.
type Word = (String, Span);

/// Where a text stands in the file.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// As it is, from a byte on.
    From(usize),
    /// Written otherwise: quoted or folded.
    In(Span),
}

impl Place {
    fn of(self, span: Span) -> Span {
        match self {
            Self::From(start) => Span::new(start + span.start, start + span.end),
            Self::In(whole) => whole,
        }
    }

    fn moved(self, by: usize) -> Self {
        match self {
            Self::From(start) => Self::From(start + by),
            Self::In(_) => self,
        }
    }
}

/// The containers of a file so far.
pub(super) struct Runs<'f> {
    file: &'f SourceFile,
    /// For whom commands are run.
    starter: &'f Starter,
    hub: Hub,
    found: usize,
}

impl<'f> Runs<'f> {
    pub(super) fn for_starter(file: &'f SourceFile, starter: &'f Starter) -> Self {
        Self { file, starter, hub: Hub::of_setting(uses_modelscope(file.text())), found: 0 }
    }

    /// Commands of a shell.
    pub(super) fn script(&mut self, text: &str, place: Place, out: &mut Facts<'_>) {
        self.commands(text, place, 0, out);
    }

    /// What a unit of systemd starts. The rest of it is no shell: its quotes need not close.
    pub(super) fn unit(&mut self, text: &str, place: Place, out: &mut Facts<'_>) {
        self.unit_at(text, place, 0, out);
    }

    /// A command as a list of words.
    pub(super) fn words(&mut self, list: &[Node], out: &mut Facts<'_>) {
        let words: Vec<Word> = list.iter().filter_map(|word| Some((word.scalar()?.to_string(), word.span))).collect();
        self.command(&words, 0, out);
    }

    fn commands(&mut self, text: &str, place: Place, depth: usize, out: &mut Facts<'_>) {
        for mut command in commands(text, '\\') {
            let inner = inner(&command).filter(|_| depth < DEPTH);
            let words = std::mem::take(&mut command.words);
            let words: Vec<Word> = words.into_iter().map(|word| (word.text, place.of(word.span))).collect();
            self.command(&words, depth, out);
            match inner {
                Some((span, true)) => {
                    self.unit_at(&text[span.start..span.end], place.moved(span.start), depth + 1, out)
                }
                Some((span, false)) => {
                    self.commands(&text[span.start..span.end], place.moved(span.start), depth + 1, out);
                }
                None => {}
            }
        }
    }

    fn unit_at(&mut self, text: &str, place: Place, depth: usize, out: &mut Facts<'_>) {
        let (mut start, mut end) = (0, 0);
        for line in text.split_inclusive('\n') {
            end += line.len();
            if line.trim_end().ends_with('\\') && end < text.len() {
                continue;
            }
            if text[start..end].trim_start().starts_with("Exec") {
                self.commands(&text[start..end], place.moved(start), depth, out);
            }
            start = end;
        }
    }

    fn command(&mut self, words: &[Word], depth: usize, out: &mut Facts<'_>) {
        if words.first().is_some_and(|(first, _)| matches!(&**first, "echo" | "printf")) {
            return;
        }
        let runs: Vec<(usize, usize)> =
            (0..words.len()).filter_map(|at| Some((at, at + words_of_run(&words[at..])?))).collect();
        let is_outer = words.iter().any(|(word, _)| is_command_option(word));
        if runs.is_empty() && !is_outer {
            self.itself(words, out);
        }
        for (at, (_, begin)) in runs.iter().enumerate() {
            // what a command says ends where the next begins, joined to it in whatever way
            let end = runs.get(at + 1).map_or(words.len(), |(next, _)| *next);
            self.run(words.get(*begin..end).unwrap_or_default(), out);
        }
        if depth < DEPTH {
            for pair in words.windows(2).filter(|pair| is_command_option(&pair[0].0)) {
                self.commands(&pair[1].0, Place::In(pair[1].1), depth + 1, out);
            }
        }
    }

    /// What a command that runs no container serves or fetches: models, and images that are only pulled.
    fn itself(&mut self, words: &[Word], out: &mut Facts<'_>) {
        let (Some((_, first)), Some((_, last))) = (words.first(), words.last()) else { return };
        let at = words.iter().position(|(word, _)| RUNNERS.contains(&word.rsplit('/').next().unwrap_or_default()));
        if let Some(rest) = at.and_then(|at| words.get(at + 1..)).filter(|rest| !rest.is_empty() && rest[0].0 == "pull")
        {
            if let Found::Image((text, place), _) = image(&rest[1..])
                && !text.contains('$')
            {
                needs_image(&self.starter.id, RelationKind::DependsOn, text, self.file, *place, out);
            }
            return;
        }
        let place = Span::new(first.start, last.end.max(first.end));
        let command = words.iter().map(|(word, _)| &**word).collect::<Vec<_>>().join(" ");
        if words.len() <= MOST_WORDS && !command.contains("${unknown}") {
            needs_models_of(self.hub, &self.starter.id, &command, self.file, place, out);
        }
    }

    /// The words behind `run`.
    fn run(&mut self, words: &[Word], out: &mut Facts<'_>) {
        let Some((_, first)) = words.first() else { return };
        self.found += 1;
        if self.found > MOST_CONTAINERS {
            if self.found == MOST_CONTAINERS + 1 {
                let message = format!("more than {MOST_CONTAINERS} containers are run; the others were not read");
                out.problem(DiagnosticKind::LimitReached, self.file, Some(*first), message);
            }
            return;
        }
        if words.len() > MOST_WORDS {
            let message = format!("a command of more than {MOST_WORDS} words; the others were not read");
            out.problem(DiagnosticKind::LimitReached, self.file, Some(*first), message);
        }
        match image(&words[..words.len().min(MOST_WORDS)]) {
            Found::Image((text, place), rest) => self.container(text, *place, rest, out),
            Found::Unknown((option, place)) => {
                let option: String = option.chars().take(TOLD).collect();
                let message =
                    format!("which image is run is not known: it is not known whether `{option}` has a value");
                out.problem(DiagnosticKind::Unresolved, self.file, Some(*place), message);
            }
            Found::Nothing => {}
        }
    }

    fn container(&self, text: &str, place: Span, rest: &[Word], out: &mut Facts<'_>) {
        let file = self.file;
        if text.contains('$') || text.contains("{{") {
            let message = "which container is run is only known at run time";
            out.problem(DiagnosticKind::Unresolved, file, Some(place), message);
            return;
        }
        let name = text.rsplit('/').next().unwrap_or(text).split([':', '@']).next().unwrap_or(text);
        let workload = ComponentId::workload(&file.folder(), "container", "", name);
        out.component(&workload, ComponentKind::Workload, file.at(place));
        if self.starter.kind == ComponentKind::Service {
            out.relation(&workload, RelationKind::RunsOn, &self.starter.id, file.at(place));
        }
        needs_image(&workload, RelationKind::DependsOn, text, file, place, out);
        if let (Some((_, first)), Some((_, last))) = (rest.first(), rest.last()) {
            let place = Span::new(first.start, last.end.max(first.end));
            let command = rest.iter().map(|(word, _)| &**word).collect::<Vec<_>>().join(" ");
            let hub = if uses_modelscope(&command) { Hub::of_setting(true) } else { self.hub };
            needs_models_of(hub, &workload, &command, file, place, out);
        }
    }
}

/// Options of shells whose value is a command.
fn is_command_option(word: &str) -> bool {
    matches!(word, "-c" | "-lc" | "-ec" | "-xc")
}

/// The text of a command's here-documents, where it is written into a script, or into a unit (then true).
fn inner(command: &Command) -> Option<(Span, bool)> {
    let (first, last) = (command.lines.first()?, command.lines.last()?);
    let ends = |end: &str| command.writes.iter().chain(&command.words).any(|word| word.text.ends_with(end));
    let is_unit = ends(".service");
    (is_unit || ends(".sh")).then(|| (Span::new(first.start, last.end), is_unit))
}

/// How many words say that a container is run: `docker run`, `docker container run`.
fn words_of_run(words: &[Word]) -> Option<usize> {
    // `ExecStart=/usr/bin/docker`
    let program = words.first()?.0.rsplit(['/', '=']).next()?;
    let word = |at: usize| words.get(at).map(|(word, _)| &**word);
    match (RUNNERS.contains(&program), word(1), word(2)) {
        (true, Some("run"), _) => Some(2),
        (true, Some("container"), Some("run")) => Some(3),
        _ => None,
    }
}

#[derive(Debug, PartialEq)]
enum Found<'w> {
    /// The image that is run, and the words of its command.
    Image(&'w Word, &'w [Word]),
    /// An option that may or may not have the next word.
    Unknown(&'w Word),
    Nothing,
}

fn image(words: &[Word]) -> Found<'_> {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|(word, _)| word.starts_with('-')) {
        match words_of_option(&word.0) {
            _ if word.0 == "--" => {
                at += 1;
                break;
            }
            Some(taken) => at += taken,
            None => return Found::Unknown(word),
        }
    }
    words.get(at).map_or(Found::Nothing, |image| Found::Image(image, &words[at + 1..]))
}

/// Where the image stands in the words behind `run`, `create` or `pull`.
pub(super) fn image_at(words: &[&str]) -> Option<usize> {
    let words: Vec<Word> = words.iter().take(MOST_WORDS).map(|word| ((*word).to_owned(), Span::new(0, 0))).collect();
    match image(&words) {
        Found::Image(_, rest) => Some(words.len() - rest.len() - 1),
        Found::Unknown(_) | Found::Nothing => None,
    }
}

/// How many words an option takes.
fn words_of_option(option: &str) -> Option<usize> {
    if let Some(name) = option.strip_prefix("--") {
        let is_one = name.contains('=') || SWITCHES.contains(&name);
        return if is_one { Some(1) } else { WITH_VALUE.split(' ').any(|known| known == name).then_some(2) };
    }
    let letters = option.strip_prefix('-').filter(|letters| !letters.is_empty())?;
    for (at, letter) in letters.char_indices() {
        match letter {
            'd' | 'i' | 't' | 'P' | 'q' => {}
            'a' | 'c' | 'e' | 'h' | 'l' | 'm' | 'p' | 'u' | 'v' | 'w' => {
                return Some(if at + 1 == letters.len() { 2 } else { 1 });
            }
            _ => return None,
        }
    }
    Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_stands_after_the_options() {
        for (command, expected, rest) in [
            ("docker run -d --gpus all -p 8000:8000 r.example/vllm:1 --model a/b", "r.example/vllm:1", 2),
            ("docker run -it --rm --name=x -e A=b r.example/a", "r.example/a", 0),
            ("docker run --ipc=host \\\n  -v /a:/b \\\n  r.example/a:2 serve a/b\necho done", "r.example/a:2", 2),
            ("docker run -v /data:/data:ro,z --mount type=bind,source=/a r.example/a", "r.example/a", 0),
            ("docker run --gpus '\"device=0,1\"' -e OPTS=\"a b\" -- r.example/a", "r.example/a", 0),
            ("podman run --replace --name svc -itp80:80 r.example/a; echo", "r.example/a", 0),
        ] {
            let all: Vec<Word> =
                commands(command, '\\').remove(0).words.into_iter().map(|word| (word.text, word.span)).collect();
            let Found::Image((found, _), words) = image(&all[2..]) else { panic!("{command}") };
            assert_eq!((&**found, words.len()), (expected, rest), "{command}");
        }
        let word = |text: &str| (text.to_owned(), Span::new(0, 0));
        assert_eq!(image(&[word("-d")]), Found::Nothing);
        for option in ["--rootfs", "-z", "-", "--later"] {
            assert_eq!(image(&[word(option), word("a")]), Found::Unknown(&word(option)));
        }
    }
}
