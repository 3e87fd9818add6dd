//! Whose the blocks of a Gradle script are: `subprojects`, `allprojects`, `configure(…)` and `project(':lib')` speak for
//! other projects of the build than the script's own.

use std::collections::{BTreeMap, BTreeSet};

use super::gradle_script::{self, Statement, Token, block_of};
use super::gradle_settings::{Build, argument};
use crate::model::ComponentId;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, SourceFile};
use crate::text::RelPath;

/// Projects that the blocks of one script may speak for, counted for each statement that does.
const MOST: usize = 100_000;

/// The projects that a block speaks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Meant<'t> {
    /// All below the script's own.
    Below,
    /// These, and the script's own.
    All,
    /// Those with these paths.
    Paths(Vec<&'t str>),
    /// It is computed which.
    Computed,
}

/// The projects that the dependencies of a script belong to where that is not its own.
#[derive(Default)]
pub(super) struct Owners {
    ids: Vec<ComponentId>,
    /// Places among the ids.
    groups: Vec<Vec<usize>>,
    /// The group of a statement, by its number.
    of: BTreeMap<usize, usize>,
    /// The group of all others, where the script is one that projects apply.
    applying: Option<usize>,
    /// Statements of projects that are not known.
    unknown: Vec<usize>,
}

/// A project that a statement is about.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    /// Its number among those of the script.
    pub(super) number: usize,
    pub(super) project: &'a ComponentId,
}

impl Owners {
    /// Looks for blocks that speak for other projects of the build of a script; all else in it is about those that apply it.
    pub(super) fn of(
        statements: &[Statement<'_>],
        applying: &[RelPath],
        (input, file): (&Input<'_>, &SourceFile),
        out: &mut Facts<'_>,
    ) -> Self {
        let mut owners = Self::default();
        let mut places: BTreeMap<RelPath, usize> = BTreeMap::new();
        if !applying.is_empty() {
            owners.ids = applying.iter().map(|folder| toolkit::root_at(folder, input, file, out)).collect();
            owners.groups.push((0..applying.len()).collect());
            owners.applying = Some(0);
            places.extend(applying.iter().cloned().zip(0..));
        }
        let spoken = spoken(statements, &is_asking);
        if spoken.statements.is_empty() {
            return owners;
        }
        let folder = file.folder();
        let build = Build::above(input, &folder);
        // by the numbers of what is meant
        let mut known: Vec<Option<Option<usize>>> = vec![None; spoken.meant.len()];
        let mut room = MOST;
        for (statement, number) in spoken.statements {
            let group = *known[number].get_or_insert_with(|| {
                let folders = folders(&spoken.meant[number], build.as_ref()?, &folder, input);
                let folders = folders.filter(|all| !all.is_empty())?;
                let place = |folder: RelPath| {
                    *places.entry(folder).or_insert_with_key(|folder| {
                        owners.ids.push(toolkit::root_at(folder, input, file, out));
                        owners.ids.len() - 1
                    })
                };
                owners.groups.push(folders.into_iter().map(place).collect());
                Some(owners.groups.len() - 1)
            });
            match group.filter(|group| owners.groups[*group].len() <= room) {
                Some(group) => {
                    room -= owners.groups[group].len();
                    owners.of.insert(statement, group);
                }
                None => owners.unknown.push(statement),
            }
        }
        owners
    }

    /// The projects that ask for what a statement says; none where it is the script's own.
    pub(super) fn asking(&self, statement: usize) -> impl Iterator<Item = Owner<'_>> {
        let group = self.of.get(&statement).copied().or(self.applying);
        let group = group.map_or(&[][..], |group| &self.groups[group]);
        group.iter().map(|place| Owner { number: *place, project: &self.ids[*place] })
    }

    /// The first statement of other projects of which it is not known which they are.
    pub(super) fn first_unknown<'s, 't>(&self, statements: &'s [Statement<'t>]) -> Option<&'s Statement<'t>> {
        statements.get(*self.unknown.first()?)
    }
}

/// The statements of dependencies that stand in blocks about other projects.
#[derive(Default)]
struct Spoken<'t> {
    /// What blocks mean, each only once however many statements they hold.
    meant: Vec<Meant<'t>>,
    /// The numbers of the statements, each with that of what its block means.
    statements: Vec<(usize, usize)>,
}

/// True for what asks for dependencies or says which repositories are asked.
fn is_asking(statement: &Statement<'_>) -> bool {
    let is_read = |block: &&str| {
        let last = block.rsplit('.').next().unwrap_or(block);
        matches!(last, "dependencies" | "repositories")
    };
    statement.blocks.iter().any(is_read) || statement.adding().is_some()
}

/// What the statements that are meant speak for, where that is not the script's own project.
fn spoken<'t>(statements: &[Statement<'t>], is_meant: &dyn Fn(&Statement<'t>) -> bool) -> Spoken<'t> {
    let mut found = Spoken::default();
    let mut numbers: BTreeMap<Meant<'t>, usize> = BTreeMap::new();
    // what the last call at each depth speaks for, whose block may follow
    let mut called: Vec<(&str, Option<usize>)> = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        let depth = statement.blocks.len();
        let around = statement.blocks.iter().enumerate();
        let mut of_block = around.filter_map(|(depth, block)| {
            called.get(depth).filter(|(name, _)| name == block).and_then(|(_, meant)| *meant)
        });
        // the innermost block decides
        let of_block = of_block.next_back();
        // `subprojects.matching { … }.each { … }` and `configure(subprojects.findAll { … }) { … }` go on
        let goes_on = statement.tokens.first().is_some_and(|one| one.is('.') || one.is(')'));
        let before = called.get(depth).and_then(|(_, meant)| *meant).filter(|_| goes_on);
        let meant = before.map(|_| Meant::Computed).or_else(|| spoken_for(statement));
        called.truncate(depth);
        called.resize(depth, ("", None));
        let next = numbers.len();
        let number = meant.map(|meant| *numbers.entry(meant).or_insert(next));
        // `project(':a').dependencies.add(…)` is about another project by itself
        let speaks = if statement.adding().is_some() { number.or(of_block) } else { of_block };
        found.statements.extend(speaks.filter(|_| is_meant(statement)).map(|meant| (at, meant)));
        called.push((block_of(&statement.tokens), number));
    }
    let mut meant: Vec<(Meant<'t>, usize)> = numbers.into_iter().collect();
    meant.sort_by_key(|(_, number)| *number);
    found.meant = meant.into_iter().map(|(meant, _)| meant).collect();
    found
}

/// What statements are about, where that is not the script's own project.
pub(super) struct About {
    /// The numbers of the statements, each with that of the projects.
    pub(super) statements: BTreeMap<usize, usize>,
    /// Folders of projects; nothing where it is not known which.
    pub(super) folders: Vec<Option<Vec<RelPath>>>,
}

impl About {
    /// Looks for blocks about other projects and what stands in them.
    pub(super) fn of<'t>(
        statements: &[Statement<'t>],
        (input, folder): (&Input<'_>, &RelPath),
        is_meant: &dyn Fn(&Statement<'t>) -> bool,
    ) -> Self {
        let spoken = spoken(statements, is_meant);
        let build = if spoken.statements.is_empty() { None } else { Build::above(input, folder) };
        let known = |meant: &Meant<'_>| folders(meant, build.as_ref()?, folder, input);
        let folders = if build.is_some() { spoken.meant.iter().map(known).collect() } else { Vec::new() };
        let statements = if build.is_some() { spoken.statements.into_iter().collect() } else { BTreeMap::new() };
        Self { statements, folders }
    }
}

/// Where words stand that statements of dependencies about other projects write.
pub(super) fn words_for_others(text: &str) -> BTreeSet<usize> {
    let may_speak = ["subprojects", "allprojects", "configure", "project"].iter().any(|word| {
        let mut places = memchr::memmem::find_iter(text.as_bytes(), word);
        // no word in the middle of a line begins a block
        places.any(|at| {
            let before = text[..at].rsplit('\n').next().unwrap_or("").trim();
            before.is_empty() || before == "rootProject."
        })
    });
    if !may_speak {
        return BTreeSet::new();
    }
    let statements = gradle_script::statements(text);
    let all = spoken(&statements, &is_asking).statements.into_iter().flat_map(|(at, _)| &statements[at].tokens);
    all.filter(|one| one.word().is_some()).map(|one| one.span.start).collect()
}

/// What a statement that begins a block speaks for.
fn spoken_for<'t>(statement: &Statement<'t>) -> Option<Meant<'t>> {
    let head = statement.head()?;
    let head = head.strip_prefix("rootProject.").unwrap_or(head);
    let (word, way) = head.split_once('.').unwrap_or((head, ""));
    let is_each = matches!(way, "" | "each" | "forEach" | "all" | "configureEach");
    match word {
        "subprojects" | "allprojects" if !is_each => Some(Meant::Computed),
        // `subprojects.each { … }`, and no part of a longer expression
        "subprojects" | "allprojects" if statement.tokens.len() > 1 => Some(Meant::Computed),
        "subprojects" => Some(Meant::Below),
        "allprojects" => Some(Meant::All),
        "project" if way.is_empty() => {
            let (path, _) = argument(&statement.tokens[1..])?;
            Some(path.map_or(Meant::Computed, |path| Meant::Paths(vec![path])))
        }
        // `configure<Extension>` is about the project itself
        "configure" if way.is_empty() && statement.tokens.get(1).is_some_and(|one| one.is('(')) => {
            Some(configured(statement))
        }
        _ => None,
    }
}

/// `configure(subprojects)`, `configure([project(':a'), project(':b')])`, `configure(listOf(project(":a")))`.
fn configured<'t>(statement: &Statement<'t>) -> Meant<'t> {
    let mut paths = Vec::new();
    let mut named = None;
    for one in &statement.tokens[1..] {
        match one.token {
            Token::Word("subprojects" | "rootProject.subprojects") if named.is_none() => named = Some(Meant::Below),
            Token::Word("allprojects" | "rootProject.allprojects") if named.is_none() => named = Some(Meant::All),
            Token::Word("project" | "listOf" | "setOf") | Token::Sign('(' | ')' | '[' | ']' | ',') | Token::Line => {}
            Token::Text(path, false) => paths.push(path),
            _ => return Meant::Computed,
        }
    }
    match named {
        Some(named) if paths.is_empty() => named,
        None if !paths.is_empty() => Meant::Paths(paths),
        _ => Meant::Computed,
    }
}

/// The folders of the projects that are meant; nothing where that is not known.
fn folders(meant: &Meant<'_>, build: &Build, from: &RelPath, input: &Input<'_>) -> Option<Vec<RelPath>> {
    match meant {
        Meant::Below => build.below(from, input),
        Meant::All => {
            let mut all = build.below(from, input)?;
            all.push(from.clone());
            Some(all)
        }
        Meant::Paths(paths) => {
            let folder = |path: &&str| build.project(path, from, input).filter(|folder| is_there(folder, input));
            paths.iter().map(folder).collect()
        }
        Meant::Computed => None,
    }
}

/// True for a folder in which something lies.
pub(super) fn is_there(folder: &RelPath, input: &Input<'_>) -> bool {
    input.below(folder).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::package::jvm::gradle_script::statements;

    fn of(text: &str) -> Vec<Meant<'_>> {
        let spoken = spoken(&statements(text), &is_asking);
        spoken.statements.iter().map(|(_, number)| spoken.meant[*number].clone()).collect()
    }

    #[test]
    fn what_a_block_means_is_kept_once_for_all_its_statements() {
        let paths: String = (0..500).map(|at| format!("project(':p{at}'),")).collect();
        let block = format!("configure([{paths}]) {{\n dependencies {{\n{}}}\n}}\n", " a 'x:y:1'\n".repeat(500));
        let twice = block.repeat(2);
        let statements = statements(&twice);
        let spoken = spoken(&statements, &is_asking);
        assert_eq!(spoken.statements.len(), 1_000);
        assert!(matches!(&*spoken.meant, [Meant::Paths(paths)] if paths.len() == 500));
    }

    #[test]
    fn blocks_about_other_projects() {
        assert_eq!(of("dependencies {\n a 'x:y:1'\n}\n"), []);
        assert_eq!(of("project(':a').dependencies {\n a 'x:y:1'\n}\n"), [Meant::Paths(vec![":a"])]);
        assert_eq!(of("project(':a').dependencies.add('a', 'x:y:1')\n"), [Meant::Paths(vec![":a"])]);
        assert_eq!(of("dependencies.add('a', 'x:y:1')\n"), []);
        assert_eq!(of("subprojects { p -> p.dependencies { a 'x:y:1' } }\n"), [Meant::Below]);
        assert_eq!(of("allprojects { repositories { maven { url 'x' } } }\n").first(), Some(&Meant::All));
        assert_eq!(of("subprojects {\n apply plugin: 'x'\n dependencies {\n a 'x:y:1'\n }\n}\n"), [Meant::Below]);
        assert_eq!(of("allprojects {\n dependencies {\n a 'x:y:1'\n }\n}\n"), [Meant::All]);
        assert_eq!(of("project(':a') {\n dependencies {\n a 'x:y:1'\n }\n}\n"), [Meant::Paths(vec![":a"])]);
        let two = "configure(listOf(project(\":a\"), project(\":b\"))) {\n dependencies {\n a(\"x:y:1\")\n }\n}\n";
        assert_eq!(of(two), [Meant::Paths(vec![":a", ":b"])]);
        assert_eq!(of("configure(subprojects) {\n dependencies {\n a 'x:y:1'\n }\n}\n"), [Meant::Below]);
        assert_eq!(
            of("configure(subprojects - project(':a')) {\n dependencies {\n a 'x:y:1'\n }\n}\n"),
            [Meant::Computed]
        );
        assert_eq!(of("subprojects.findAll { it.x }.each {\n dependencies {\n a 'x:y:1'\n }\n}\n"), [Meant::Computed]);
        assert_eq!(
            of("configure(subprojects.findAll { it.x }) {\n dependencies {\n a 'x:y:1'\n }\n}\n"),
            [Meant::Computed]
        );
        assert_eq!(of("configure<Ext> {\n dependencies {\n a(\"x:y:1\")\n }\n}\n"), []);
        let after = "subprojects {\n x\n}\ndependencies {\n a 'x:y:1'\n}\nproject(':a') {\n dependencies {\n b 'x:y:1'\n }\n}\n";
        assert_eq!(of(after), [Meant::Paths(vec![":a"])]);
        let inner = "subprojects {\n project(':a') {\n  dependencies {\n   a 'x:y:1'\n  }\n }\n}\n";
        assert_eq!(of(inner), [Meant::Paths(vec![":a"])]);
    }
}
