//! Colour for the table on a terminal: the format itself stays plain text.

use std::io::{self, IsTerminal as _, Write};

/// Words at the start of a line and how they are shown.
const STYLES: [(&str, &str); 7] = [
    ("critical", "\u{1b}[1;31m"),
    ("high", "\u{1b}[31m"),
    ("medium", "\u{1b}[33m"),
    ("low", "\u{1b}[36m"),
    ("info", "\u{1b}[2m"),
    ("Gate: FAILED", "\u{1b}[1;31m"),
    ("Gate: passed", "\u{1b}[1;32m"),
];

/// Whether to colour, from the flag, the environment and the terminal.
pub(super) fn wanted(flag: &str) -> bool {
    match flag {
        "always" => true,
        "never" => false,
        _ => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Writes plain lines with the first word coloured.
pub(super) struct Colored<'w> {
    out: &'w mut dyn Write,
    line: Vec<u8>,
}

impl<'w> Colored<'w> {
    /// Wraps a writer.
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, line: Vec::new() }
    }

    fn put_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let style = STYLES.iter().find(|(word, _)| line.starts_with(word.as_bytes()));
        match style {
            Some((word, style)) => {
                self.out.write_all(style.as_bytes())?;
                self.out.write_all(word.as_bytes())?;
                self.out.write_all(b"\x1b[0m")?;
                self.out.write_all(&line[word.len()..])
            }
            None => self.out.write_all(&line),
        }
    }
}

impl Write for Colored<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.put_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.put_line()?;
        self.out.flush()
    }
}
