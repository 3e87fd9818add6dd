//! `Gemfile.lock` and `gems.locked`: exact gems by the source they come from.

use super::gemfile::folder_of;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{Line, UNFINISHED_MERGE, is_merge_mark, lines, span_within};
use crate::scan::package::toolkit::{self, Entries, Locked, MOST_ANSWERS, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `gemfile-lock`.
pub struct GemfileLock;

static META: ScannerMeta = ScannerMeta {
    id: "gemfile-lock",
    title: "Bundler lock file",
    summary: "Exact gems with edges, checksums and the gem server or repository each comes from. The platform that a \
              version is built for is kept apart from it. Gems under a path are the tree's own.",
    files: &["**/{Gemfile.lock,Gemfile.next.lock,gems.locked,*.gemfile.lock}"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://bundler.io/man/gemfile.5.html",
};

/// Sections whose entries are gems, and those that are not.
const SOURCES: [&str; 4] = ["GEM", "GIT", "PATH", "PLUGIN SOURCE"];
const OTHERS: [&str; 5] = ["PLATFORMS", "DEPENDENCIES", "CHECKSUMS", "RUBY VERSION", "BUNDLED WITH"];

/// Where the gems of a section come from.
#[derive(Default)]
struct Source<'a> {
    kind: &'a str,
    remotes: Vec<(&'a str, Span)>,
    /// Hosts of the first remotes.
    hosts: Vec<String>,
    /// Commit, else tag, else branch.
    revision: Option<&'a str>,
}

/// What is found before edges can be written.
#[derive(Default)]
struct Found<'a> {
    gems: Entries<'a>,
    /// A gem and the words of what it needs.
    needs: Vec<(Locked, &'a str, Span)>,
    /// What the project asks for itself.
    asked: Vec<(&'a str, Span)>,
    checksums: Vec<(&'a str, Span)>,
}

impl Scanner for GemfileLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::locked_root("gem", input, file, out);
        let mut reader = Reader {
            file,
            input,
            project: &project,
            found: Found::default(),
            section: "",
            source: Source::default(),
            current: None,
        };
        let mut sections = 0_usize;
        for line in lines(file.text()).filter(|line| !line.text.trim().is_empty()) {
            sections += usize::from(reader.line(&line, out));
        }
        anyhow::ensure!(sections > 0, "no section of a Bundler lock file");
        let found = reader.found;
        for (from, need, span) in &found.needs {
            edge(from, need, *span, &found.gems, file, out);
        }
        for (need, span) in &found.asked {
            edge(&Locked::own(&project), need, *span, &found.gems, file, out);
        }
        for (entry, span) in &found.checksums {
            checksum(entry, *span, &found.gems, file, out);
        }
        Ok(())
    }
}

struct Reader<'a, 'p> {
    file: &'a SourceFile,
    input: &'p Input<'p>,
    project: &'p ComponentId,
    found: Found<'a>,
    section: &'a str,
    source: Source<'a>,
    /// The gem whose needs follow.
    current: Option<Locked>,
}

impl<'a> Reader<'a, '_> {
    /// One line; true when it begins a section that is known.
    fn line(&mut self, line: &Line<'a>, out: &mut Facts<'_>) -> bool {
        let text = line.text.trim_end();
        let depth = text.len() - text.trim_start_matches(' ').len();
        let words = text.trim_start();
        let span = span_within(line, words);
        if depth == 0 {
            let known = SOURCES.contains(&words) || OTHERS.contains(&words);
            if !known {
                if is_merge_mark(words) {
                    out.problem(DiagnosticKind::Malformed, self.file, Some(span), UNFINISHED_MERGE);
                    return false;
                }
                let message = format!("`{words}` is no section that is known; not read");
                out.problem(DiagnosticKind::Unsupported, self.file, Some(span), message);
            }
            self.section = words;
            self.source = Source { kind: words, ..Source::default() };
            self.current = None;
            return known;
        }
        match self.section {
            section if SOURCES.contains(&section) => self.source_line(depth, words, span, out),
            "DEPENDENCIES" => self.found.asked.push((words, span)),
            "CHECKSUMS" => self.found.checksums.push((words, span)),
            "RUBY VERSION" => out.attribute(self.project, key::TOOLCHAIN, words, self.file.at(span)),
            "" => out.problem(DiagnosticKind::Malformed, self.file, Some(span), "words before the first section"),
            _ => {}
        }
        false
    }

    fn source_line(&mut self, depth: usize, words: &'a str, span: Span, out: &mut Facts<'_>) {
        match depth {
            2 => {
                let Some((name, value)) = words.split_once(':') else {
                    out.problem(DiagnosticKind::Malformed, self.file, Some(span), "neither a setting nor a gem");
                    return;
                };
                let value = value.trim();
                match name {
                    "remote" => {
                        self.source.remotes.push((value, span));
                        if self.source.remotes.len() <= MOST_ANSWERS {
                            self.source.hosts.extend(toolkit::host_of(value));
                        } else if self.source.remotes.len() == MOST_ANSWERS + 1 {
                            let message =
                                format!("more than {MOST_ANSWERS} servers of one source; the others are not read");
                            out.problem(DiagnosticKind::LimitReached, self.file, Some(span), message);
                        }
                    }
                    "revision" => self.source.revision = Some(value),
                    "tag" | "branch" | "ref" if self.source.revision.is_none() => self.source.revision = Some(value),
                    _ => {}
                }
            }
            4 => self.gem(words, span, out),
            6 => {
                if let Some(current) = &self.current {
                    self.found.needs.push((current.clone(), words, span));
                }
            }
            _ => out.problem(DiagnosticKind::Malformed, self.file, Some(span), "a line that is indented wrongly"),
        }
    }

    /// `name (version)` or `name (version-platform)`.
    fn gem(&mut self, words: &'a str, span: Span, out: &mut Facts<'_>) {
        self.current = None;
        let Some((name, version, platform)) = gem_words(words) else {
            let message = "a gem without `(version)`";
            out.problem(DiagnosticKind::Malformed, self.file, Some(span), message);
            return;
        };
        if self.source.kind == "PATH" {
            let remote = self.source.remotes.first().map(|(path, _)| *path);
            let own = match remote.and_then(|path| folder_of(name, path, self.input)) {
                Some(folder) => toolkit::member_at(&folder, self.project, self.input, self.file.at(span), out),
                None => Locked::own(self.project),
            };
            self.found.gems.add(name, Some(version), own.clone());
            self.current = Some(own);
            return;
        }
        let id = Package::new("gem", name, Some(version), self.file, span).write(self.project, out);
        let seen = self.file.at(span);
        if let Some(platform) = platform {
            out.attribute(&id, key::PLATFORM, platform, seen.clone());
        }
        self.origin(&id, &seen, out);
        let locked = Locked::package(id);
        self.found.gems.add(name, Some(version), locked.clone());
        self.current = Some(locked);
    }

    /// The host of the gem's section. A section with several servers does not say which gives what.
    fn origin(&self, id: &ComponentId, seen: &Seen, out: &mut Facts<'_>) {
        match self.source.remotes.as_slice() {
            [] => toolkit::from_default(id, "gem", seen, out),
            [(address, span)] if self.source.kind == "GEM" => {
                toolkit::fetched_from(id, address, &self.file.at(*span), out);
            }
            [(address, span), ..] if self.source.kind != "GEM" => {
                toolkit::from_repository(id, address, self.source.revision, &self.file.at(*span), out);
            }
            several => {
                if let Some((_, span)) = several.first() {
                    toolkit::distributed_by_one_of(id, &self.source.hosts, &self.file.at(*span), out);
                }
            }
        }
    }
}

/// Name, version and platform: no version of a gem holds `-`.
fn gem_words(words: &str) -> Option<(&str, &str, Option<&str>)> {
    let (name, rest) = words.split_once(" (")?;
    let version = rest.split(')').next().filter(|version| rest.len() > version.len())?.trim();
    let (version, platform) = match version.split_once('-') {
        Some((version, platform)) => (version, Some(platform)),
        None => (version, None),
    };
    (!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit())).then_some((name, version, platform))
}

/// Edges are names with a requirement, of which one entry holds; `!` marks what has a source of its own.
fn edge(from: &Locked, need: &str, span: Span, gems: &Entries<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let name = need.split(" (").next().unwrap_or(need).trim_end_matches('!');
    let mut targets = gems.named(name, None).peekable();
    if targets.peek().is_none() {
        // Bundler never locks itself
        if name != "bundler" {
            let message = format!("`{name}` is needed here and has no entry");
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        }
        if from.own {
            // asked for on another platform than those that were locked: its version stays open
            let constraint = need.split_once(" (").map_or("", |(_, rest)| rest.trim_end_matches([')', '!']));
            let gem = Package::new("gem", name, None, file, span);
            gem.require(constraint, scope::RUNTIME, &from.id, out);
        }
    }
    let seen = file.at(span);
    targets.take(MOST_ANSWERS).for_each(|to| from.needs(to, &seen, out));
}

/// `name (version-platform) sha256=hex`.
fn checksum(entry: &str, span: Span, gems: &Entries<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let Some((name, version, _)) = gem_words(entry) else {
        out.problem(DiagnosticKind::Malformed, file, Some(span), "a checksum without name and version");
        return;
    };
    // an entry without sum is one that the server gave none for
    let Some((_, sums)) = entry.split_once(") ") else { return };
    for to in gems.named(name, Some(version)).filter(|to| !to.own).take(MOST_ANSWERS) {
        for sum in sums.split(',').filter_map(|sum| sum.trim().split_once('=')) {
            out.attribute(&to.id, key::INTEGRITY, format!("{}:{}", sum.0, sum.1), file.at(span));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_kept_apart() {
        assert_eq!(gem_words("nokogiri (1.15.0-x86_64-linux)"), Some(("nokogiri", "1.15.0", Some("x86_64-linux"))));
        assert_eq!(gem_words("rails (7.0.0.rc1)"), Some(("rails", "7.0.0.rc1", None)));
        assert_eq!(gem_words("rails (~> 7)"), None);
        assert_eq!(gem_words("rails"), None);
        assert_eq!(gem_words("rails (1"), None);
    }
}
