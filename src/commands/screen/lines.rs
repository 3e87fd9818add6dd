//! Lines of a file with their numbers, some of which can be looked at before they are read.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};

/// Longest line and longest row that is read: names are shorter, and a file without line ends must not fill the memory.
pub(super) const LONGEST: usize = 1 << 20;

/// A line and its number.
pub(super) type Line = (String, u64);

/// Lines with their numbers.
pub(super) struct Lines {
    file: Box<dyn BufRead>,
    /// The file as it is named in messages.
    pub(super) name: String,
    at: u64,
    ended: bool,
    ahead: VecDeque<anyhow::Result<Line>>,
}

impl Lines {
    /// Opens a file; `-` is standard input.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let (file, name): (Box<dyn BufRead>, _) = if path == Path::new("-") {
            (Box::new(BufReader::new(io::stdin())), "standard input".to_owned())
        } else {
            let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            (Box::new(BufReader::with_capacity(1 << 18, file)), path.display().to_string())
        };
        Ok(Self { file, name, at: 0, ended: false, ahead: VecDeque::new() })
    }

    /// The first lines that are not blank, as far as they can be read; they are still read afterwards.
    pub(super) fn peek(&mut self, count: usize) -> Vec<String> {
        let mut found = Vec::new();
        while found.len() < count {
            let Some(line) = self.read() else { break };
            if let Ok((text, _)) = &line
                && !text.trim().is_empty()
            {
                found.push(text.clone());
            }
            let is_bad = line.is_err();
            self.ahead.push_back(line);
            if is_bad {
                break;
            }
        }
        found
    }

    /// Reads no further.
    pub(super) fn stop(&mut self) {
        self.ended = true;
        self.ahead.clear();
    }

    fn read(&mut self) -> Option<anyhow::Result<Line>> {
        if self.ended {
            return None;
        }
        self.at += 1;
        let line = self.bytes().and_then(|bytes| bytes.map(|bytes| self.text(bytes)).transpose());
        self.ended |= matches!(line, Ok(None));
        line.map(|line| line.map(|line| (line, self.at))).transpose()
    }

    fn bytes(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let (name, at) = (&self.name, self.at);
        let read = (&mut self.file).take(LONGEST as u64).read_until(b'\n', &mut bytes);
        if let Err(error) = read {
            self.ended = true;
            return Err(error).with_context(|| format!("cannot read line {at} of `{name}`"));
        }
        if bytes.last() != Some(&b'\n') && bytes.len() == LONGEST {
            self.ended = true;
            bail!("line {at} of `{name}` is longer than {LONGEST} bytes: this is no file of names");
        }
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    fn text(&self, bytes: Vec<u8>) -> anyhow::Result<String> {
        let (name, at) = (&self.name, self.at);
        let text = String::from_utf8(bytes)
            .map_err(|_| anyhow::anyhow!("line {at} of `{name}` is not UTF-8: save the file as UTF-8"))?;
        let mut text = text;
        if at == 1 && text.starts_with('\u{feff}') {
            text.remove(0);
        }
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
        Ok(text)
    }
}

impl Iterator for Lines {
    type Item = anyhow::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.ahead.pop_front().or_else(|| self.read())
    }
}
