//! Widely used programs that were not installed as a package: their name tells what they may be, words in them which version.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::window::Window;
use crate::model::ComponentId;
use crate::scan::package::toolkit::Package;
use crate::scan::{Facts, SourceFile};
use crate::text::RelPath;

/// Longest version.
const LONGEST: usize = 32;

/// A program, and how it says its version.
struct Program {
    /// The name of its package: `pkg:generic/NAME`.
    package: &'static str,
    /// Beginnings of names of its files.
    files: &'static [&'static str],
    /// What stands before the version.
    before: &'static str,
    /// What must stand behind it; empty for anything that is no part of a version.
    behind: &'static str,
}

/// Seen in builds of each; a version always begins with a digit.
const PROGRAMS: [Program; 10] = [
    Program { package: "node", files: &["node"], before: "node.js/v", behind: "" },
    Program { package: "python", files: &["python3", "libpython3"], before: "\0", behind: "\0" },
    Program { package: "busybox", files: &["busybox"], before: "BusyBox v", behind: "" },
    Program { package: "bash", files: &["bash"], before: "@(#)Bash version ", behind: "" },
    Program { package: "openssl", files: &["openssl", "libcrypto.so"], before: "\0OpenSSL ", behind: " " },
    Program { package: "nginx", files: &["nginx"], before: "nginx/", behind: "" },
    Program { package: "httpd", files: &["httpd"], before: "Apache/", behind: "" },
    Program { package: "php", files: &["php", "libphp"], before: "X-Powered-By: PHP/", behind: "" },
    Program { package: "postgresql", files: &["postgres"], before: "(PostgreSQL) ", behind: "" },
    Program { package: "ruby", files: &["ruby", "libruby.so"], before: "ruby ", behind: " (" },
];

/// How names of the packages begin in which distributions install a program.
pub fn packaged_as(program: &str) -> &'static [&'static str] {
    match program {
        "node" => &["node"],
        "python" => &["python", "libpython"],
        "busybox" => &["busybox"],
        "bash" => &["bash"],
        "openssl" => &["openssl", "libssl", "libcrypto"],
        "nginx" => &["nginx", "libnginx"],
        "httpd" => &["httpd", "apache"],
        "php" => &["php", "libphp"],
        "postgresql" => &["postgres"],
        "ruby" => &["ruby", "libruby"],
        _ => &[],
    }
}

static FINDERS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| PROGRAMS.iter().map(|program| Finder::new(program.before)).collect());

/// Looks for the version of one program while its bytes pass by.
pub(super) struct Watch {
    program: Option<(&'static Program, &'static Finder<'static>)>,
    /// `3.11.`, which the name of a file says and the version must begin with.
    begins: String,
    version: Option<String>,
}

impl Watch {
    /// By the name of a file.
    pub(super) fn new(path: &RelPath) -> Self {
        let name = path.name();
        let fits = |program: &Program| {
            program.files.iter().any(|file| {
                let rest = name.strip_prefix(file);
                rest.is_some_and(|rest| rest.bytes().all(|byte| b".0123456789so".contains(&byte)))
            })
        };
        let mut at = PROGRAMS.iter().position(fits);
        let mut begins = String::new();
        if let Some(version) = name.strip_prefix("libpython").or_else(|| name.strip_prefix("python")) {
            let mut parts = version.split('.');
            let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let is_number = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
            begins = format!("{major}.{minor}.");
            // `3.45.0` between zeros is as well what a library in it says of itself
            at = at.filter(|_| is_number);
        }
        Self { program: at.map(|at| (&PROGRAMS[at], &FINDERS[at])), begins, version: None }
    }

    /// Looks through what is in sight; what begins behind `end` is looked at later.
    pub(super) fn look(&mut self, window: &Window<'_>, end: usize) {
        let Some((program, finder)) = self.program.filter(|_| self.version.is_none()) else { return };
        let sight = window.sight();
        let starts = finder.find_iter(sight).take_while(|start| *start < end);
        self.version = starts
            .filter_map(|start| version_at(&sight[start + program.before.len()..], program.behind))
            .find(|version| version.starts_with(&self.begins))
            .map(str::to_owned);
    }

    /// What the scanner reads.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if let (Some((program, _)), Some(version)) = (self.program, &self.version) {
            out.extend_from_slice(format!("program\t{}\t{version}\n", program.package).as_bytes());
        }
    }
}

/// The version at the start of some bytes: digits with a dot, and what belongs to them.
fn version_at<'b>(bytes: &'b [u8], behind: &str) -> Option<&'b str> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    let length = bytes.iter().take(LONGEST + 1).take_while(|byte| is_part(byte)).count();
    let version = std::str::from_utf8(bytes.get(..length)?).ok()?;
    let is_whole = length <= LONGEST && bytes[length..].starts_with(behind.as_bytes());
    let is_version =
        version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.') && !version.ends_with('.');
    (is_whole && is_version).then_some(version)
}

/// Writes a program out of its line.
pub(super) fn write(root: &ComponentId, line: &str, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some((name, version)) = line.split_once('\t') {
        Package::whole("generic", name, Some(version), file).write(root, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, bytes: &[u8]) -> String {
        let path = RelPath::new(&format!("usr/local/bin/{name}")).expect("is a path");
        let mut watch = Watch::new(&path);
        let mut stream = bytes;
        let mut window = Window::new(&mut stream);
        window.more().expect("can be read");
        watch.look(&window, window.sight().len());
        let mut out = Vec::new();
        watch.write(&mut out);
        String::from_utf8(out).expect("is text")
    }

    #[test]
    fn programs_say_their_version() {
        assert_eq!(found("node", b"x node.js/v20.11.0\0"), "program\tnode\t20.11.0\n");
        assert_eq!(found("python3.11", b"\x003.2.0\0y\x003.11.9\0"), "program\tpython\t3.11.9\n");
        assert_eq!(found("libpython3.12.so.1.0", b"\x003.12.0rc1\0"), "program\tpython\t3.12.0rc1\n");
        assert_eq!(found("libcrypto.so.3", b"\0OpenSSL 3.0.19 27 Jan 2026\0"), "program\topenssl\t3.0.19\n");
        assert_eq!(found("bash", b"@(#)Bash version 5.2.15(1) release GNU"), "program\tbash\t5.2.15\n");
        assert_eq!(found("ruby", b"ruby 3.2.2 (2023-03-30"), "program\truby\t3.2.2\n");
        for (name, bytes) in [
            ("nodemon", &b"node.js/v20.11.0\0"[..]),
            ("node", b"node.js/v"),
            ("node", b"node.js/v20\0"),
            ("python3.11", b"\x003.12.1\0"),
            ("ruby", b"ruby 3.2.2 is"),
            ("other", b"BusyBox v1.36.1 (2024"),
        ] {
            assert_eq!(found(name, bytes), "", "{name}");
        }
    }
}
