//! Commands that install packages, and what stands before and behind their verbs.

use super::Arg;

/// A command that installs packages.
pub(super) struct Tool {
    pub(super) ecosystem: &'static str,
    /// Words that say so; the first is the program.
    pub(super) words: &'static [&'static str],
}

const fn tool(ecosystem: &'static str, words: &'static [&'static str]) -> Tool {
    Tool { ecosystem, words }
}

/// Any word, such as the name of a workspace or the path of a project.
const ANY: &str = "*";

/// Longer ones stand first.
pub(super) static TOOLS: [Tool; 35] = [
    tool("npm", &["yarn", "workspace", ANY, "add"]),
    tool("pypi", &["python", "-m", "pip", "install"]),
    tool("pypi", &["python", "-m", "pip", "download"]),
    tool("pypi", &["python", "-m", "pipx", "install"]),
    tool("pypi", &["python", "-m", "uv", "pip", "install"]),
    tool("pypi", &["pip", "install"]),
    tool("pypi", &["pip", "download"]),
    tool("pypi", &["pip", "wheel"]),
    tool("pypi", &["pipx", "install"]),
    tool("pypi", &["uv", "pip", "install"]),
    tool("pypi", &["uv", "tool", "install"]),
    tool("pypi", &["uv", "add"]),
    tool("npm", &["npm", "install"]),
    tool("npm", &["npm", "i"]),
    tool("npm", &["npm", "add"]),
    tool("npm", &["yarn", "global", "add"]),
    tool("npm", &["yarn", "add"]),
    tool("npm", &["pnpm", "add"]),
    tool("npm", &["pnpm", "install"]),
    tool("npm", &["pnpm", "i"]),
    tool("npm", &["bun", "add"]),
    tool("npm", &["bun", "install"]),
    tool("npm", &["bun", "i"]),
    tool("golang", &["go", "install"]),
    tool("golang", &["go", "get"]),
    tool("cargo", &["cargo", "install"]),
    tool("cargo", &["cargo", "binstall"]),
    tool("gem", &["gem", "install"]),
    tool("composer", &["composer", "global", "require"]),
    tool("composer", &["composer", "require"]),
    tool("nuget", &["dotnet", "tool", "install"]),
    tool("nuget", &["dotnet", "tool", "update"]),
    tool("nuget", &["dotnet", "add", "package"]),
    tool("nuget", &["dotnet", "add", ANY, "package"]),
    tool("gem", &["gem", "i"]),
];

/// Options of them without a value.
const SWITCHES: &str = "--upgrade --no-cache-dir --no-cache --user --pre --quiet --verbose --no-deps --force-reinstall \
     --break-system-packages --system --no-input --disable-pip-version-check --ignore-installed --no-build-isolation \
     --prefer-binary --no-compile --require-hashes --no-warn-script-location --use-pep517 --compile-bytecode --compile \
     --isolated --no-index --dry-run --no-clean --reinstall --no-color --no-progress --native-tls --force --include-deps \
     --system-site-packages --dev --no-sync --frozen --locked \
     --global --save --save-dev --save-exact --save-optional --save-peer --save-prod --no-save --legacy-peer-deps \
     --no-audit --no-fund --no-optional --production --unsafe-perm --silent --ignore-scripts --frozen-lockfile \
     --ignore-workspace-root-check --workspace-root --exact --optional --peer --prefer-offline --no-package-lock \
     --no-bin-links --allow-root --location=global --no-lockfile --tilde --caret --no-engine-strict \
     --all-features --no-default-features --bins --debug --offline --no-track --no-confirm --no-symlinks \
     --no-document --no-doc --no-ri --no-rdoc --user-install --conservative --prerelease --no-user-install \
     --no-interaction --no-update --no-scripts --prefer-dist --prefer-source --no-plugins --no-ansi --ansi \
     --with-all-dependencies --with-dependencies --update-with-dependencies --update-with-all-dependencies \
     --ignore-platform-reqs --no-install --no-security-blocking --optimize-autoloader --update-no-dev \
     --local --create-manifest-if-needed --ignore-failed-sources --allow-roll-forward --interactive --disable-parallel \
     -U -q -qq -qqq -v -vv -vvv -I -y -g -D -S -E -O -P -W -N -V -n -x -a -u -t -d -race -trimpath -insecure";

/// Of the short ones, those that have a value with some programs.
const SHORT_WITH_VALUE: [(&str, &str); 9] = [
    ("pip", "-t"),
    ("pip", "-d"),
    ("python", "-t"),
    ("python", "-d"),
    ("python", "-W"),
    ("uv", "-P"),
    ("gem", "-n"),
    ("gem", "-P"),
    ("composer", "-d"),
];

/// Verbs that are no value of an option before them: what stands behind them is theirs.
const OTHER_VERBS: [&str; 16] = [
    "run",
    "exec",
    "x",
    "dlx",
    "test",
    "build",
    "start",
    "list",
    "show",
    "remove",
    "uninstall",
    "update",
    "upgrade",
    "cache",
    "config",
    "help",
];

/// The words behind those of a tool.
pub(super) fn behind<'w>(tool: &Tool, program: &str, args: &'w [Arg<'w>]) -> Option<&'w [Arg<'w>]> {
    let (name, verbs) = tool.words.split_first()?;
    if without_version(program) != *name {
        return None;
    }
    let mut rest = args;
    // `cargo +nightly install`
    if let [first, after @ ..] = rest
        && *name == "cargo"
        && first.text.starts_with('+')
    {
        rest = after;
    }
    for verb in verbs {
        rest = options_passed(program, verb, rest)?;
        let (first, after) = rest.split_first()?;
        if first.text != *verb && *verb != ANY {
            return None;
        }
        rest = after;
    }
    Some(rest)
}

/// What is left behind the options that stand before a verb, and their values: `pip --no-cache-dir install`,
/// `npm --prefix web install`. The word behind an option that is not known is its value, unless it is the verb, or
/// a verb of its own, which makes this another command.
fn options_passed<'w>(program: &str, verb: &str, args: &'w [Arg<'w>]) -> Option<&'w [Arg<'w>]> {
    let mut rest = args;
    while let [first, after @ ..] = rest
        && first.text.starts_with('-')
        && first.text != verb
    {
        rest = after;
        let value = after.first().filter(|next| !next.text.starts_with('-') && next.text != verb);
        if let Some(value) = value.filter(|_| !first.text.contains('=') && !is_switch(program, &first.text)) {
            if OTHER_VERBS.contains(&&*value.text) {
                return None;
            }
            rest = &after[1..];
        }
    }
    Some(rest)
}

/// The name of a program: `pip3.11` is `pip`.
pub(super) fn without_version(program: &str) -> &str {
    program.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.')
}

pub(super) fn is_switch(program: &str, option: &str) -> bool {
    !SHORT_WITH_VALUE.contains(&(without_version(program), option))
        && (option.contains('=') || SWITCHES.split_whitespace().any(|known| known == option))
}
