//! Packages and images that commands bring in by name: `pip install x==1`, `npm install -g x`, `docker pull x`.
//!
//! Only what a command writes as it is counts. A word behind an option that is not known may be the option's value,
//! and is left out.

use super::Arg;
use super::configured::Configured;
use super::crates::Repository;
use super::sources::{Names, Said, Source};
use super::tools::{TOOLS, Tool, behind, is_switch};
use crate::diagnostic::DiagnosticKind;
use crate::model::purl::ImageReference;
use crate::model::{ComponentId, RelationKind, key};
use crate::scan::image::container_run;
use crate::scan::image::reference::needs_image;
use crate::scan::package::python;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::package::tools::pre_commit::{Stated, split};
use crate::scan::{Facts, SourceFile};

/// Bytes of a file that are looked through for what it builds itself.
const MOST_SEARCHED: usize = 64 << 10;
/// Words of a file that builds images.
const BUILDS: [&str; 8] = [
    "docker build",
    "buildx",
    "podman build",
    "nerdctl build",
    "build-push-action",
    "docker load",
    "compose build",
    "buildah",
];
/// Words of one command that are read as packages: real ones name some dozens.
const MOST_PACKAGES: usize = 1_000;

/// Options that say the version, by the ecosystem.
const VERSION_OPTIONS: [(&str, &[&str]); 3] =
    [("cargo", &["--version", "--vers"]), ("gem", &["-v", "--version"]), ("nuget", &["--version", "-v"])];

/// Who installs, and where the command stands.
pub(super) struct Installer<'a> {
    pub(super) user: &'a ComponentId,
    pub(super) file: &'a SourceFile,
    /// What the packages are needed for.
    pub(super) scope: &'static str,
    /// The value of a variable.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Registries that commands before this one configured.
    pub(super) configured: &'a Configured,
}

impl Installer<'_> {
    /// Reads one command: its program and what stands behind it.
    pub(super) fn command(&self, program: &str, args: &[Arg<'_>], out: &mut Facts<'_>) {
        if is_runner(program) {
            self.image(args, out);
            return;
        }
        let Some((tool, rest)) = TOOLS.iter().find_map(|tool| Some((tool, behind(tool, program, args)?))) else {
            return;
        };
        let options = Options::of(tool, program, args, rest);
        // packages of a folder are the tree's own
        if tool.ecosystem == "cargo" && rest.iter().any(|arg| is_option(&arg.text, &["--path"])) {
            return;
        }
        if let Some(repository) = Repository::of(rest).filter(|_| tool.ecosystem == "cargo") {
            repository.crates(&options.plain, self, out);
            return;
        }
        if let Some(arg) = options.plain.get(MOST_PACKAGES) {
            let message = "a command installs more packages than are read; the rest was left out";
            out.problem(DiagnosticKind::LimitReached, self.file, Some(arg.span()), message);
        }
        let configured = (self.configured, self.configured.of(program, tool.words));
        let source = Source::of(Names::of(tool.ecosystem, tool.words), &options.said, self.variable, configured);
        let mut is_open = false;
        for arg in options.plain.iter().take(MOST_PACKAGES) {
            // an extra in quotes may hold blanks: `x @ git+https://…` has a host that is read as one
            if arg.text.contains('$') {
                if !is_open {
                    let message = "a package that is installed is only known at run time";
                    out.problem(DiagnosticKind::Unresolved, self.file, Some(arg.span()), message);
                }
                is_open = true;
            } else if tool.ecosystem == "npm" && self.of_npm(arg, &source, out) {
                // an address, a repository, another name
            } else if is_named(tool.ecosystem, &arg.text) {
                self.package(tool.ecosystem, arg, options.version, &source, out);
            } else if tool.ecosystem == "pypi" && arg.text.contains("://") {
                python::ask_address(&arg.text, self.scope, arg.span(), self.user, self.file, out);
            }
        }
    }

    fn package(
        &self,
        ecosystem: &'static str,
        arg: &Arg<'_>,
        version: Option<&str>,
        source: &Source<'_>,
        out: &mut Facts<'_>,
    ) {
        let text = arg.text.as_str();
        let version = version.filter(|version| !version.contains('$'));
        let stated = match ecosystem {
            "composer" => exactly("composer", text, text.split_once([':', '='])),
            "nuget" => with_version(text, text.split_once('@').or(version.map(|version| (text, version)))),
            "cargo" => with_version(text, text.split_once('@').or(version.map(|version| (text, version)))),
            "gem" => exactly("gem", text, text.split_once(':').or(version.map(|version| (text, version)))),
            _ => match split(ecosystem, text) {
                Some(stated) => stated,
                None => return,
            },
        };
        let name = if ecosystem == "golang" { module(stated.name) } else { stated.name };
        let package = Package::new(ecosystem, name, stated.exact, self.file, arg.span());
        let id = package.require(stated.constraint, self.scope, self.user, out);
        let seen = self.file.at(arg.span());
        for (key, value) in [(key::EXTRAS, stated.extras), (key::CONDITION, stated.condition)] {
            if !value.is_empty() {
                out.attribute(&id, key, value, seen.clone());
            }
        }
        if !stated.address.is_empty() {
            toolkit::from_git(&id, stated.address, &seen, out);
            return;
        }
        source.write(&id, (ecosystem, name), &seen, out);
    }

    /// `docker pull`, `docker run`, `docker create`.
    fn image(&self, args: &[Arg<'_>], out: &mut Facts<'_>) {
        let args = match args {
            [first, rest @ ..] if matches!(&*first.text, "container" | "image") => rest,
            _ => args,
        };
        let Some((verb, rest)) = args.split_first() else { return };
        if !matches!(&*verb.text, "pull" | "run" | "create") {
            return;
        }
        let texts: Vec<&str> = rest.iter().map(|arg| arg.text.as_str()).collect();
        let Some(image) = container_run::image_at(&texts).and_then(|at| rest.get(at)) else { return };
        if image.text.contains('$') || image.text.contains("{{") {
            let message = "which image is used is only known at run time";
            out.problem(DiagnosticKind::Unresolved, self.file, Some(image.span()), message);
        } else if ImageReference::parse(&image.text).is_some()
            && (verb.text == "pull" || !is_built(self.file.text(), &image.text))
        {
            needs_image(self.user, RelationKind::DependsOn, &image.text, self.file, image.span(), out);
        }
    }
}

/// Programs that fetch and run images.
pub(super) fn is_runner(program: &str) -> bool {
    matches!(program, "docker" | "podman" | "nerdctl")
}

/// True where a file builds images, and this may be one of them: it is given the name as a tag, or the name is one
/// that no registry stands in.
fn is_built(text: &str, image: &str) -> bool {
    let text = text.get(..text.floor_char_boundary(MOST_SEARCHED)).unwrap_or(text);
    if !BUILDS.iter().any(|words| memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some()) {
        return false;
    }
    // a host may have a port
    let from = image.rfind('/').map_or(0, |at| at + 1);
    let end = image[from..].find(['@', ':']).map_or(image.len(), |end| from + end);
    let name = &image[..end];
    let is_tag = |at: usize| {
        let before = text[..at].trim_end_matches([' ', '\'', '"']);
        ["-t", "--tag", "tag=", "tags:", "tags: |\n", "-t="].iter().any(|word| before.ends_with(word))
    };
    !name.contains('/') || memchr::memmem::find_iter(text.as_bytes(), name).any(is_tag)
}

fn is_option(text: &str, names: &[&str]) -> bool {
    names.contains(&text.split('=').next().unwrap_or(text))
}

/// What a command's words say besides its verbs.
struct Options<'a> {
    plain: Vec<&'a Arg<'a>>,
    version: Option<&'a str>,
    said: Said<'a>,
}

impl<'a> Options<'a> {
    /// Those of `args`, of which `behind` stand behind the verbs.
    fn of(tool: &Tool, program: &str, args: &'a [Arg<'a>], behind: &'a [Arg<'a>]) -> Self {
        let mut read = Self { plain: Vec::new(), version: None, said: Said::default() };
        // before its verbs a command says where from, and nothing else that counts
        read.take(tool, program, &args[..args.len().saturating_sub(behind.len())]);
        read.plain.clear();
        read.version = None;
        read.take(tool, program, behind);
        read
    }

    fn take(&mut self, tool: &Tool, program: &str, args: &'a [Arg<'a>]) {
        let versions =
            VERSION_OPTIONS.iter().find(|(of, _)| *of == tool.ecosystem).map_or(&[][..], |(_, names)| *names);
        let names = Names::of(tool.ecosystem, tool.words);
        let mut at = 0;
        let mut is_plain = false;
        while let Some(arg) = args.get(at) {
            let text = arg.text.as_str();
            at += 1;
            if is_plain || !text.starts_with('-') {
                self.plain.push(arg);
                continue;
            }
            is_plain = text == "--";
            let (option, own) = text.split_once('=').map_or((text, None), |(option, value)| (option, Some(value)));
            // a word with blanks was quoted, as values are: `-ldflags '-s -w'`
            let is_value = |next: &&str| !next.starts_with('-') || next.contains(' ');
            let next = args.get(at).map(|arg| arg.text.as_str()).filter(is_value);
            if is_option(text, versions) {
                self.version = own.or(next);
            } else if names.is_some_and(|names| self.said.take(names, option, own.or(next))) {
                // its value is passed over below
            } else if is_plain || self.said.take_switch(text) || is_switch(program, text) {
                continue;
            } else if is_option(text, &["-e", "--editable"])
                && let Some(source) = args.get(at).filter(|next| own.is_none() && next.text.contains("://"))
            {
                self.plain.push(source);
            }
            at += usize::from(own.is_none() && next.is_some());
        }
    }
}

/// True for a word that names a package of a registry: no path, no address, no file.
fn is_named(ecosystem: &str, text: &str) -> bool {
    const FILES: [&str; 9] = [".whl", ".tar.gz", ".tgz", ".zip", ".gem", ".txt", ".nupkg", ".toml", ".crate"];
    let is_other = text.starts_with("file:") || text.starts_with("link:");
    let is_address = is_other || text.contains("://") && !text.contains(" @ ");
    // the name of a scope begins with a sign that ends others
    let ends = |c: char| matches!(c, '@' | '=' | '<' | '>' | '~' | '!' | '[' | ';' | ' ' | ':');
    let name_end = text.char_indices().skip(1).find(|(_, c)| ends(*c)).map_or(text.len(), |(at, _)| at);
    let (name, range) = text.split_at(name_end);
    let is_glob = name.contains(['*', '<']) || range.contains(['*', '<']) && ecosystem != "npm";
    let is_path =
        text.starts_with(['.', '/', '~', '-']) || (is_glob || text.contains(['\\', '{', '`'])) && ecosystem != "pypi";
    let is_of_form = match ecosystem {
        "npm" if text.starts_with('@') => name.split('/').count() == 2,
        "composer" => name.split('/').count() == 2,
        "golang" => name.split('/').next().is_some_and(|host| host.contains('.')) && name.contains('/'),
        _ => !name.contains('/'),
    };
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/' | '@' | '~');
    let is_file = FILES.iter().any(|end| text.ends_with(end));
    !is_address
        && !is_path
        && !is_file
        && is_of_form
        && name.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '@' || letter == '_')
        && name.chars().all(is_good)
        && !name.contains("...")
}

/// A package with what is said of its version, as manifests of the ecosystem say it.
fn exactly<'a>(ecosystem: &str, text: &'a str, parts: Option<(&'a str, &'a str)>) -> Stated<'a> {
    let stated = with_version(text, parts);
    Stated { exact: toolkit::exact(ecosystem, stated.constraint), ..stated }
}

/// A package with what is said of its version; a version of figures alone is exact.
fn with_version<'a>(text: &'a str, parts: Option<(&'a str, &'a str)>) -> Stated<'a> {
    let (name, version) = parts.unwrap_or((text, ""));
    let version = version.trim();
    let is_exact = version.starts_with(|letter: char| letter.is_ascii_digit())
        && version.split('.').count() >= 3
        && version.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '+'));
    Stated { name: name.trim(), constraint: version, exact: is_exact.then_some(version), ..Stated::default() }
}

/// The module of a Go package, as far as its path shows it: of the known hosts of code it has three parts.
fn module(path: &str) -> &str {
    let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).collect();
    let is_on_code_host =
        ["github.com/", "gitlab.com/", "bitbucket.org/", "gitee.com/"].iter().any(|host| path.starts_with(host));
    if is_on_code_host && ends.len() > 3 {
        let major = path[ends[2] + 1..ends[3]].strip_prefix('v');
        let has_major = major.is_some_and(|major| !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()));
        return &path[..ends[if has_major { 3 } else { 2 }]];
    }
    path.split_once("/cmd/").map_or(path, |(module, _)| module)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::shell::commands;

    /// The packages that a command names.
    fn named(text: &str) -> Vec<String> {
        let command = commands(text, '\\').remove(0);
        let args: Vec<Arg<'_>> = command
            .words
            .into_iter()
            .map(|word| Arg { text: word.text, place: super::super::Where::At(word.span) })
            .collect();
        let found = TOOLS.iter().find_map(|tool| Some((tool, behind(tool, &args[0].text, &args[1..])?)));
        let Some((tool, rest)) = found else { return Vec::new() };
        let plain = Options::of(tool, &args[0].text, &args[1..], rest).plain;
        plain.into_iter().map(|arg| arg.text.clone()).filter(|text| is_named(tool.ecosystem, text)).collect()
    }

    #[test]
    fn words_that_are_packages() {
        for (command, expected) in [
            (
                "pip3.11 --no-cache-dir install -U --target /x 'a[b]>=1' c==2 ./d -r r.txt -e . git+https://h.x/y",
                "a[b]>=1 c==2",
            ),
            ("python3 -m pip install -qq a -i https://h.example/simple b.whl dir/sub", "a"),
            ("uv pip install --system --torch-backend auto a", "a"),
            (
                "npm i -g @s/a@1.0.0 b@latest owner/repo ./c file:../d https://h.x/a.tgz --registry https://h.x",
                "@s/a@1.0.0 b@latest",
            ),
            ("pnpm install --frozen-lockfile", ""),
            ("yarn global add a", "a"),
            ("go install -ldflags '-s -w' example.com/a/b/cmd/c@v1.0.0 ./... std", "example.com/a/b/cmd/c@v1.0.0"),
            ("cargo install --locked a@1.0.0 --features b", "a@1.0.0"),
            ("gem install a -v 1.0 b:2.0 --no-document", "a b:2.0"),
            ("composer global require a/b:^1 ext-json", "a/b:^1"),
            ("dotnet tool install --global A.B --version 1.0.0", "A.B"),
            ("pip install --unknown a b", "b"),
            ("npm --prefix web install a@1.0.0", "a@1.0.0"),
            ("npm -w web --silent i a", "a"),
            ("pnpm -C web --filter=x add a", "a"),
            ("yarn --cwd web add a", "a"),
            ("yarn workspace web add -D a", "a"),
            ("python3 -W ignore -I -m pip --isolated --timeout 9 install a==1", "a==1"),
            ("uv --quiet pip --python 3.12 install a", "a"),
            ("cargo +nightly --locked install a", "a"),
            ("go -C dir install example.com/a@v1.0.0", "example.com/a@v1.0.0"),
            ("dotnet add src/App package A.B", "A.B"),
            ("npm --prefix web run install a", ""),
            ("npm --unknown run install a", ""),
            ("npm --install-links", ""),
            ("python -c install a", ""),
            ("pip list a", ""),
            ("pipenv install a", ""),
        ] {
            assert_eq!(named(command).join(" "), expected, "{command}");
        }
    }

    #[test]
    fn modules_of_packages() {
        for (path, expected) in [
            ("github.com/a/b/cmd/c", "github.com/a/b"),
            ("github.com/a/b/v2/cmd/c", "github.com/a/b/v2"),
            ("github.com/a/b", "github.com/a/b"),
            ("golang.org/x/tools/cmd/goimports", "golang.org/x/tools"),
            ("mvdan.cc/gofumpt", "mvdan.cc/gofumpt"),
        ] {
            assert_eq!(module(path), expected);
        }
    }
}
