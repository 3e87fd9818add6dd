//! `build.gradle`, `settings.gradle` and other Gradle scripts, Groovy and Kotlin: their literal dependencies.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::gradle_above::properties_above;
use super::gradle_entries::Catalogs;
use super::gradle_lock::scope_of;
use super::gradle_owners::{Owner, Owners};
use super::gradle_repositories::{self, Writing, list_of};
use super::gradle_script::{self, LONGEST, Placed, Statement, Token};
use super::gradle_settings::{self, Projects};
use super::{Asking, gradle_applied, gradle_made};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::{RelPath, Span};

/// Scanner `gradle-build`.
pub struct GradleBuild;

static META: ScannerMeta = ScannerMeta {
    id: "gradle-build",
    title: "Gradle build",
    summary: "Literal dependencies of all configurations, platforms, plugins, entries of a version catalog that are \
              used, and repositories. Names in texts are filled when they are literals of the same script or of \
              gradle.properties; whatever is computed is not executed and is said. Projects lead to the folders that the settings give them; \
              what `subprojects`, `allprojects`, `configure` and `project(':x')` say belongs to those projects, and what a precompiled script \
              plugin or a script says that others apply to those that apply it. Repositories of settings are for projects without any of their \
              own, or for all where the settings say so. Files are the tree's own, and code \
              in `buildSrc` is only asked which entries of a catalog it uses.",
    files: &["**/*.gradle", "**/*.gradle.kts", "**/buildSrc/**/*.groovy"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.gradle.org/current/userguide/declaring_dependencies.html",
};

/// Projects whose own repositories are told for one place.
pub(super) const MOST_LISTS: usize = 16;

impl Scanner for GradleBuild {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !is_script(file.path()) {
            return Ok(());
        }
        let statements = gradle_script::statements(file.text());
        let applying = gradle_applied::applying(file.path(), &statements, input).unwrap_or_else(|message| {
            out.problem(DiagnosticKind::LimitReached, file, None, message);
            Vec::new()
        });
        if let Some(message) = gradle_applied::left(file.path(), input) {
            out.problem(DiagnosticKind::LimitReached, file, None, &message);
        }
        let folder = applying.first().map_or_else(|| file.folder(), Clone::clone);
        let project = toolkit::root_at(&folder, input, file, out);
        let owners = Owners::of(&statements, &applying, (input, file), out);
        let literals = gradle_script::literals(&statements);
        let own = Asking { file, project: &project, list: None, is_elsewhere: false };
        let mut reader = Reader {
            input,
            asking: own,
            owner: None,
            version: None,
            literals,
            properties: OnceCell::new(),
            catalogs: Catalogs::default(),
            projects: Projects::default(),
        };
        for (at, statement) in statements.iter().enumerate() {
            reader.version = rich_version(&statements, at);
            let mut is_own = true;
            for (turn, Owner { number, project }) in owners.asking(at).enumerate() {
                // beyond these nobody can tell which of them ask what
                let is_elsewhere = turn < MOST_LISTS;
                (reader.asking, reader.owner) = (Asking { project, is_elsewhere, ..own }, Some(number));
                reader.statement(statement, out);
                is_own = false;
            }
            if is_own {
                (reader.asking, reader.owner) = (own, None);
                reader.statement(statement, out);
            }
        }
        if let Some(first) = owners.first_unknown(&statements) {
            let message =
                "which projects such blocks are about is not known here: the project of this script stands for them";
            out.problem(DiagnosticKind::Unresolved, file, first.tokens.first().map(|one| one.span), message);
        }
        let fill = |text: &str| reader.fill(text);
        let is_applied = !applying.is_empty();
        let writing = Writing { fill: &fill, owners: &owners, own, folder: &folder, input, is_applied };
        gradle_repositories::write(&statements, &writing, out);
        gradle_settings::say_missing(&statements, input, file, out);
        reader.projects.say_unsettled(file, out);
        Ok(())
    }
}

/// True for a script; other files are read beside them.
fn is_script(path: &RelPath) -> bool {
    path.name().ends_with(".gradle") || path.name().ends_with(".gradle.kts")
}

/// The version that the block behind a dependency gives it: `implementation("g:a") { version { strictly("1.2.3") } }`.
fn rich_version<'t>(statements: &[Statement<'t>], at: usize) -> Option<(&'t str, bool)> {
    const WITHIN: usize = 8;
    let of = &statements[at];
    let depth = of.blocks.len();
    let head = of.tokens.first().filter(|_| of.blocks.contains(&"dependencies"))?.word()?;
    let inner = statements[at + 1..].iter().take(WITHIN);
    let mut inner = inner.take_while(|one| one.blocks.get(depth) == Some(&head));
    inner.find_map(|one| {
        let word = one.head().filter(|_| one.blocks.last() == Some(&"version"))?;
        let (text, is_filled, _) = one.texts().next()?;
        (matches!(word, "strictly" | "require") && !is_filled).then_some((text, word == "strictly"))
    })
}

struct Reader<'a> {
    input: &'a Input<'a>,
    asking: Asking<'a>,
    /// The number of the project that asks, where that is not the script's own.
    owner: Option<usize>,
    /// The version that stands in the block of the dependency, and whether it is a strict one.
    version: Option<(&'a str, bool)>,
    literals: BTreeMap<&'a str, &'a str>,
    /// Values of gradle.properties, read when first asked for.
    properties: OnceCell<BTreeMap<String, String>>,
    catalogs: Catalogs,
    projects: Projects,
}

impl<'a> Reader<'a> {
    fn statement(&mut self, statement: &Statement<'a>, out: &mut Facts<'_>) {
        let blocks = &statement.blocks;
        let read = |block: &str| block.ends_with("dependencies") || matches!(block, "plugins" | "repositories");
        if let Some(span) = statement.unclosed().filter(|_| blocks.iter().any(|block| read(block))) {
            out.problem(DiagnosticKind::Malformed, self.asking.file, Some(span), "a text that is not closed");
            return;
        }
        if let Some(given) = statement.adding() {
            self.asking.list = list_of(blocks);
            self.added(given, out);
            self.asking.list = None;
            return;
        }
        let inner = blocks.iter().rposition(|block| !matches!(*block, "if" | "else" | "")).map(|at| blocks[at]);
        match inner {
            Some(block)
                if (block == "dependencies" || block.ends_with(".dependencies"))
                    && !blocks.contains(&"dependencyManagement") =>
            {
                self.asking.list = list_of(blocks);
                self.dependency(statement, out);
                self.asking.list = None;
            }
            Some("imports") if statement.head() == Some("mavenBom") => {
                self.texts(&statement.tokens[1..], scope::BUILD, out);
            }
            Some("plugins") => self.plugin(statement, out),
            _ => {}
        }
    }

    /// A statement of a `dependencies` block: `configuration what`.
    fn dependency(&mut self, statement: &Statement<'a>, out: &mut Facts<'_>) {
        const NOT: [&str; 14] = [
            "def",
            "val",
            "var",
            "if",
            "else",
            "for",
            "exclude",
            "constraints",
            "modules",
            "components",
            "return",
            "because",
            "attributesSchema",
            "artifactTypes",
        ];
        if statement.head() == Some("add") {
            return self.added(&statement.tokens[1..], out);
        }
        let named = match statement.tokens.first().map(|first| &first.token) {
            Some(Token::Word(word)) => Some(*word),
            Some(Token::Text(text, false)) => Some(*text),
            _ => None,
        };
        let Some(configuration) = named.filter(|name| !NOT.contains(name)) else { return };
        // an assignment or a chained call is no dependency
        if statement.tokens.len() < 2 || statement.tokens[1].is('=') {
            return;
        }
        self.texts(&statement.tokens[1..], scope_of(configuration), out);
    }

    /// `("configuration", what)`, which `add` is given.
    fn added(&mut self, given: &[Placed<'a>], out: &mut Facts<'_>) {
        let configuration = given.iter().position(|one| matches!(one.token, Token::Text(..)));
        let Some((at, Token::Text(text, _))) = configuration.map(|at| (at, &given[at].token)) else { return };
        self.texts(&given[at + 1..], scope_of(text), out);
    }

    /// Every dependency that the words after a configuration name.
    fn texts(&mut self, rest: &[Placed<'a>], scope: &'static str, out: &mut Facts<'_>) {
        let platform = rest.iter().any(|one| matches!(one.word(), Some("platform" | "enforcedPlatform")));
        // a platform gives versions, no code
        let scope = if platform { scope::BUILD } else { scope };
        if self.map_form(rest, scope, out) {
            return;
        }
        let mut understood = false;
        let mut passed = 0;
        for (at, placed) in rest.iter().enumerate() {
            let next = rest.get(at + 1);
            if at < passed {
                continue;
            }
            match placed.token {
                Token::Text(text, _) if is_coordinates(text) => {
                    understood = true;
                    let text = match next.filter(|next| next.is('+')).map(|_| rest.get(at + 2)) {
                        None => text.to_owned(),
                        Some(Some(Placed { token: Token::Word(word), .. })) => format!("{text}${{{word}}}"),
                        Some(_) => format!("{text}${{a computed text}}"),
                    };
                    self.coordinates(&text, placed.span, scope, out);
                }
                Token::Word("kotlin") => {
                    let mut texts = rest[at..].iter().filter_map(|one| match one.token {
                        Token::Text(text, _) => Some((text, one.span)),
                        _ => None,
                    });
                    if let Some((module, span)) = texts.next() {
                        understood = true;
                        let version = texts.next().map_or("", |(version, _)| version);
                        let name = format!("org.jetbrains.kotlin:kotlin-{module}:{version}");
                        self.coordinates(name.trim_end_matches(':'), span, scope, out);
                    }
                    break;
                }
                Token::Word(word) if is_own(word) => {
                    understood = true;
                    passed = at + self.projects.follow(&rest[at..], (self.asking, self.input), out);
                }
                Token::Word(word) if word.contains('.') => {
                    let last = word.rsplit('.').next().unwrap_or(word);
                    match self.literals.get(last).copied().filter(|text| is_coordinates(text)) {
                        Some(text) => {
                            understood = true;
                            self.coordinates(text, placed.span, scope, out);
                        }
                        None => understood |= self.entry(word, placed.span, scope, out),
                    }
                }
                _ => {}
            }
        }
        let words = || rest.iter().filter_map(|one| Some((one.word()?, one.span)));
        let named = words().find(|(word, _)| word.contains('.')).or_else(|| words().next());
        if !understood && let Some((word, span)) = named.or_else(|| rest.first().map(|one| ("a text", one.span))) {
            let message = format!("`{word}` is computed, or stated outside of this script: the dependency is not read");
            out.problem(DiagnosticKind::Unresolved, self.asking.file, Some(span), message);
        }
    }

    /// `group: 'g', name: 'a', version: 'v'` and, in Kotlin, `group = "g", …`.
    fn map_form(&mut self, tokens: &[Placed<'a>], scope: &'static str, out: &mut Facts<'_>) -> bool {
        let value = |key: &str| {
            tokens.windows(3).find_map(|three| match three[2].token {
                Token::Text(text, _) if three[0].word() == Some(key) && (three[1].is(':') || three[1].is('=')) => {
                    Some((text, three[2].span))
                }
                _ => None,
            })
        };
        let (Some((group, _)), Some((name, span))) = (value("group"), value("name")) else { return false };
        // a version that is no text is computed, or a literal's name
        let word = tokens.windows(3).find(|three| three[0].word() == Some("version")).and_then(|three| three[2].word());
        let version =
            value("version").map(|(text, _)| text.to_owned()).or_else(|| word.map(|word| format!("${{{word}}}")));
        let text = version.map_or_else(|| format!("{group}:{name}"), |version| format!("{group}:{name}:{version}"));
        self.coordinates(&text, span, scope, out);
        true
    }

    /// `group:artifact[:version[:classifier]][@type]`.
    fn coordinates(&mut self, text: &str, span: Span, scope: &'static str, out: &mut Facts<'_>) {
        let filled = self.fill(text);
        let (text, problem) = match filled {
            Ok(filled) => (filled, None),
            Err(name) => (text.to_owned(), Some(name)),
        };
        let mut parts = text.splitn(3, ':');
        let (group, artifact) = (parts.next().unwrap_or("").trim(), parts.next().unwrap_or("").trim());
        let artifact = artifact.split('@').next().unwrap_or(artifact);
        let rest = parts.next().unwrap_or("");
        let is_range = rest.starts_with(['[', '(', ']']);
        let version = if is_range || problem.is_some() { rest } else { rest.split([':', '@']).next().unwrap_or(rest) };
        if let Some(name) = &problem {
            let message = format!("`{group}:{artifact}` depends on `{name}`, which is no literal here");
            out.problem(DiagnosticKind::Unresolved, self.asking.file, Some(span), message);
        }
        if group.is_empty() || artifact.is_empty() || group.contains('$') || artifact.contains('$') {
            return;
        }
        let own = self.version.filter(|_| version.is_empty());
        let own = own.map(|(version, is_strict)| format!("{version}{}", if is_strict { "!!" } else { "" }));
        let version = own.as_deref().unwrap_or(version);
        self.asking.ask(&format!("{group}:{artifact}"), version, scope, span, out);
    }

    /// An entry of a catalog.
    fn entry(&mut self, word: &str, span: Span, scope: &'static str, out: &mut Facts<'_>) -> bool {
        self.catalogs.ask((word, span), scope, (self.asking, self.owner, self.input), out)
    }

    fn fill(&self, text: &str) -> Result<String, String> {
        let groovy = self.asking.file.path().name().ends_with(".gradle");
        gradle_script::fill(text, groovy, &|name| self.known(name))
    }

    fn known(&self, name: &str) -> Option<String> {
        let properties = || self.properties.get_or_init(|| properties_above(self.input, self.asking.file));
        let value = self.literals.get(name).copied().or_else(|| properties().get(name).map(String::as_str));
        // a long value would be copied for each of its uses
        value.filter(|value| value.len() <= LONGEST).map(str::to_owned)
    }

    /// `id 'x' version 'y'`, `kotlin("jvm") version "1"`, `alias(libs.plugins.x)`. A plugin without a version is one of
    /// Gradle's own, or stated elsewhere.
    fn plugin(&mut self, statement: &Statement<'a>, out: &mut Facts<'_>) {
        if statement.head() == Some("alias") {
            let words: Vec<(&str, Span)> =
                statement.tokens.iter().filter_map(|one| one.word().map(|word| (word, one.span))).collect();
            for (word, span) in words.into_iter().skip(1).filter(|(word, _)| word.contains('.')) {
                self.entry(word, span, scope::BUILD, out);
            }
            return;
        }
        let after = statement.tokens.iter().position(|one| one.word() == Some("version"));
        let Some((id, _, span)) = statement.texts().next() else { return };
        let Some(version) = after.and_then(|at| statement.tokens[at + 1..].iter().find(|one| !one.is('('))) else {
            return;
        };
        let version = match version.token {
            Token::Text(text, _) => text.to_owned(),
            Token::Word(word) => format!("${{{word}}}"),
            _ => return,
        };
        let id = if statement.head() == Some("kotlin") { format!("org.jetbrains.kotlin.{id}") } else { id.to_owned() };
        let version = match self.fill(&version) {
            Ok(filled) => filled,
            Err(name) => {
                let message = format!("the version of the plugin `{id}` depends on `{name}`, which is no literal here");
                out.problem(DiagnosticKind::Unresolved, self.asking.file, Some(span), message);
                version
            }
        };
        if !gradle_made::is_made(&id, true, &self.asking.file.folder(), self.input) {
            self.asking.plugin(&id, &version, span, out);
        }
    }
}

/// `group:artifact` with or without more, and no address or path of a project.
fn is_coordinates(text: &str) -> bool {
    let mut parts = text.split(':');
    let (Some(group), Some(artifact)) = (parts.next(), parts.next()) else { return false };
    !group.is_empty() && !artifact.is_empty() && !text.contains("//") && !group.contains(' ')
}

/// What the tree or Gradle itself gives.
fn is_own(word: &str) -> bool {
    matches!(word, "project" | "files" | "fileTree" | "gradleApi" | "localGroovy" | "gradleTestKit" | "gradleKotlinDsl")
        || word.starts_with("projects.")
        || word.starts_with("sourceSets")
        || word.starts_with("project.files")
}
