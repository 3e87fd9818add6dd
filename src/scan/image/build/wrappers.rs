//! Words that stand before a command: assignments, words of the shell, and programs that run what stands behind them.

use crate::parse::shell::is_variable;

/// A program that runs the command behind it.
struct Wrapper {
    name: &'static str,
    /// Its options with a value of their own.
    with_value: &'static [&'static str],
    /// Words of its own before the command.
    operands: usize,
}

const fn wrapper(name: &'static str, with_value: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper { name, with_value, operands }
}

static WRAPPERS: [Wrapper; 11] = [
    wrapper(
        "sudo",
        &[
            "-u",
            "-g",
            "-h",
            "-p",
            "-C",
            "-D",
            "-R",
            "-T",
            "-U",
            "-r",
            "-t",
            "--user",
            "--group",
            "--host",
            "--prompt",
            "--close-from",
            "--chdir",
            "--chroot",
            "--command-timeout",
            "--other-user",
            "--role",
            "--type",
        ],
        0,
    ),
    wrapper("doas", &["-u", "-C", "-a"], 0),
    wrapper("env", &["-u", "-C", "--unset", "--chdir"], 0),
    wrapper("timeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    wrapper("nice", &["-n", "--adjustment"], 0),
    wrapper("ionice", &["-c", "-n", "--class", "--classdata"], 0),
    wrapper("stdbuf", &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    wrapper("time", &["-f", "-o", "--format", "--output"], 0),
    wrapper("exec", &["-a"], 0),
    wrapper("nohup", &[], 0),
    wrapper("command", &[], 0),
];

/// Words of the shell. What `export` and its kin set holds for later commands.
const DECLARATIONS: [&str; 4] = ["export", "declare", "local", "readonly"];
const KEYWORDS: [&str; 11] = ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "--"];

impl Wrapper {
    /// True when the next word is the option's value: `-u app`, `-Eu app`.
    fn takes_value(&self, option: &str) -> bool {
        if option.starts_with("--") {
            return self.with_value.contains(&option);
        }
        let is_with_value = |letter: char| self.with_value.iter().any(|known| known[1..].chars().eq([letter]));
        // what stands behind a letter with a value is the value: `-uapp`
        option.chars().skip(1).position(is_with_value).is_some_and(|at| at + 2 == option.chars().count())
    }
}

/// How many words stand before the command.
pub(crate) fn before<'w>(words: impl Iterator<Item = &'w str>) -> usize {
    let mut wrapper: Option<&Wrapper> = None;
    let mut operands = 0;
    let mut is_value = false;
    let is_before = |word: &&str| {
        if std::mem::take(&mut is_value) {
            return true;
        }
        if word.starts_with('-') {
            is_value = wrapper.is_some_and(|wrapper| wrapper.takes_value(word));
            return true;
        }
        if assignment(word).is_some() || KEYWORDS.contains(word) || is_declaration(word) {
            return true;
        }
        if operands > 0 {
            operands -= 1;
            return true;
        }
        let name = word.rsplit('/').next().unwrap_or_default();
        wrapper = WRAPPERS.iter().find(|wrapper| wrapper.name == name);
        operands = wrapper.map_or(0, |wrapper| wrapper.operands);
        wrapper.is_some()
    };
    words.take_while(is_before).count()
}

/// Variables that `env` takes from the command behind it: `env -u NAME`.
pub(super) fn taken_back<'w>(before: &[&'w str]) -> Vec<&'w str> {
    let Some(at) = before.iter().position(|word| *word == "env" || word.ends_with("/env")) else { return Vec::new() };
    let mut found = Vec::new();
    let mut words = before[at + 1..].iter();
    while let Some(word) = words.next() {
        match *word {
            "-u" | "--unset" => found.extend(words.next()),
            _ => found.extend(word.strip_prefix("--unset=").or_else(|| word.strip_prefix("-u"))),
        }
    }
    found
}

/// Name and value of `NAME=value`.
pub(super) fn assignment(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(name, _)| is_variable(name))
}

/// `export -n`, which stands before names that programs no longer see.
pub(super) fn is_unexport(before: &[&str]) -> bool {
    before.contains(&"export") && before.contains(&"-n")
}

/// `export` and its kin.
pub(super) fn is_declaration(word: &str) -> bool {
    DECLARATIONS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_command() {
        let program = |text: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            words.get(before(words.iter().copied())).map(|word| (*word).to_owned())
        };
        for text in [
            "pip x",
            "sudo -E pip x",
            "sudo -u app -H pip x",
            "sudo -EHu app A=1 pip x",
            "sudo -uapp -- pip x",
            "sudo --user app --set-home pip x",
            "/usr/bin/env -i -u PATH A=1 pip x",
            "timeout -k 5 60 pip x",
            "time nice -n 5 pip x",
            "nice -5 pip x",
            "if ! doas pip x",
            "A=1 exec timeout --signal=KILL 1m pip x",
        ] {
            assert_eq!(program(text).as_deref(), Some("pip"), "{text}");
        }
        assert_eq!(program("export A=1 B=2"), None);
        assert_eq!(taken_back(&["sudo", "-u", "app", "env", "-u", "A", "B=1", "-uC", "--unset=D"]), ["A", "C", "D"]);
        assert_eq!(program("timeout 60"), None);
    }
}
