//! A fixed number of mutated texts per parser, about a second without optimisation: always the same
//! ones, so that a failure can be repeated.

use super::{DOCKERFILE, HCL, JSON, JSONC, Parser, Read, STACK, TOML, XML, YAML, check_spans};

/// Pieces that mean something in one of the formats.
const PIECES: [&str; 60] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "\"",
    "'",
    "`",
    "\\",
    "/",
    "//",
    "/*",
    "*/",
    "#",
    "&a ",
    "*a",
    "!t ",
    "!!str ",
    "<<: ",
    "- ",
    "? ",
    ": ",
    "---\n",
    "...\n",
    "| ",
    ">-\n",
    "%YAML 1.2\n",
    "${",
    "%{",
    "~}",
    "<<EOF\n",
    "<<-EOF\n",
    "EOF\n",
    " = ",
    "=",
    ".",
    ",",
    ";",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\0",
    "\u{feff}",
    "é",
    "漢",
    "\u{2028}",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE ",
    "&amp;",
    "&x;",
    "[[a]]\n",
    "'''",
    "\"\"\"",
];

const JSON_SAMPLE: &str = r#"{"name": "é漢", "lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1.0.0"}},
  "node_modules/a": {"version": "1.0.2", "resolved": "https://npmjs.org/a", "dev": true, "n": [1.5e3, null]}}}"#;
const YAML_SAMPLE: &str = "# comment\napiVersion: v1\nkind: &kind Pod\nmetadata: {name: 'a', labels: {\"x\": !!str 1}}\nspec:\n  base: &base\n    image: r.example/a:1\n  containers:\n  - <<: *base\n    args: [\"--x\", *kind]\n    script: |\n      one\n        two\n    folded: >-\n      a\n      b\n  ? complex\n  : ~\n---\nsecond: 0x1F\n...\n";
const TOML_SAMPLE: &str = "# comment\nversion = 4\n[package]\nname = \"é漢\"\ntext = '''a\nb'''\nwhen = 2024-01-02T03:04:05Z\n[[package.list]]\na.b = [1, 2.5, {c = \"\\u00e9\"}]\n[[package.list]]\nx = true\n";
const HCL_SAMPLE: &str = "# comment\nvariable \"region\" {\n  default = \"eu-west-3\"\n}\nlocals {\n  names = [for s in var.list : upper(s) if s != \"\"]\n  map   = { a = 1, (var.b) = \"x-${var.region}-%{ if a }y%{ endif }\" }\n}\nresource \"aws_instance\" \"é\" {\n  count = var.on ? 1 : -2 * (3 + 4)\n  type  = local.map[\"a\"].b[*].c[0]\n  data  = <<-EOT\n    text ${local.x}\n  EOT\n}\n";
const DOCKERFILE_SAMPLE: &str = "# syntax=docker/dockerfile:1\n# escape=\\\nARG BASE=nginx:1\nFROM --platform=linux/amd64 ${BASE:-debian} AS é漢\nRUN apt-get update \\\n  # why\n  && apt-get install x\nRUN <<EOF\necho\nEOF\nCOPY --from=0 a b\nFOO\nFROM $X${Y:+z}\n";
const XML_SAMPLE: &str = "<?xml version=\"1.0\" ?>\n<!DOCTYPE log SYSTEM \"a.dtd\">\n<!-- c --><log>\n<gpu id=\"0&amp;\" x='é'><n:name>NVIDIA 漢 &lt;</n:name><mem/><![CDATA[<x>]]></gpu>\n</log>\n";

/// Xorshift: small, without a seed from outside.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits fit") % bound.max(1)
    }

    fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..(start + self.below(longest)).min(length)
    }
}

pub(super) fn mutated(sample: &str, random: &mut Random) -> String {
    let mut bytes = sample.as_bytes().to_vec();
    for _ in 0..=random.below(5) {
        let range = random.range(bytes.len(), 40);
        match random.below(6) {
            0 => drop(bytes.drain(range)),
            1 => {
                let copy = bytes[range].to_vec();
                let at = random.below(bytes.len() + 1);
                bytes.splice(at..at, copy);
            }
            2 if !range.is_empty() => bytes[range.start] = u8::try_from(random.below(256)).expect("is below 256"),
            3 => bytes.truncate(range.start),
            4 => {
                let repeated = PIECES[random.below(PIECES.len())].repeat(random.below(12));
                bytes.splice(range.start..range.start, repeated.into_bytes());
            }
            _ => drop(bytes.splice(range.start..range.start, PIECES[random.below(PIECES.len())].bytes())),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn survives(parser: Parser, sample: &'static str, rounds: usize) {
    let (name, parse) = parser;
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let whole = parse(sample);
        assert!(whole.size > 0, "{name} must read its own sample");
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut sound = 0;
        for round in 0..rounds {
            let text = mutated(sample, &mut random);
            let check = || -> Read {
                let read = parse(&text);
                check_spans(&read, &text);
                read
            };
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)) {
                Ok(read) => sound += usize::from(read.problems.is_empty()),
                Err(_) => panic!("{name}, round {round}: {text:?}"),
            }
        }
        // mutations that never parse, or always do, would test nothing
        assert!(sound > rounds / 100 && sound < rounds, "{name}: {sound} of {rounds} are sound");
    });
    thread.expect("a thread").join().unwrap_or_else(|_| panic!("{name} failed"));
}

#[test]
fn json() {
    survives(JSON, JSON_SAMPLE, 100_000);
}

#[test]
fn jsonc() {
    survives(JSONC, JSON_SAMPLE, 100_000);
}

#[test]
fn yaml() {
    survives(YAML, YAML_SAMPLE, 20_000);
}

#[test]
fn toml() {
    survives(TOML, TOML_SAMPLE, 50_000);
}

#[test]
fn hcl() {
    survives(HCL, HCL_SAMPLE, 5_000);
}

#[test]
fn dockerfile() {
    survives(DOCKERFILE, DOCKERFILE_SAMPLE, 80_000);
}

#[test]
fn xml() {
    survives(XML, XML_SAMPLE, 80_000);
}
