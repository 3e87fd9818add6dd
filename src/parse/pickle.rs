//! Which names a pickle of Python would load, without loading anything.

use std::collections::BTreeSet;
use std::rc::Rc;

/// Texts remembered for later use by number; real files have a few thousand.
const MOST_MEMOS: usize = 1 << 20;

/// The callables that a pickle names, as `module.name`, and how many bytes it takes; nothing for what is none. A name that is
/// computed cannot be known and is left out.
#[must_use]
pub fn names(bytes: &[u8]) -> Option<(BTreeSet<String>, usize)> {
    let mut reader = Reader { bytes, at: 0 };
    let mut found = BTreeSet::new();
    let nothing: Rc<str> = Rc::from("");
    let mut memo: Vec<Rc<str>> = Vec::new();
    // the two texts that were pushed last
    let mut last = [Rc::clone(&nothing), Rc::clone(&nothing)];
    let push = |last: &mut [Rc<str>; 2], text: Rc<str>| {
        last.swap(0, 1);
        last[1] = text;
    };
    loop {
        match reader.byte()? {
            b'.' => return Some((found, reader.at)),
            b'c' | b'i' => {
                let (module, name) = (reader.line()?, reader.line()?);
                found.insert(format!("{module}.{name}"));
            }
            0x93 => {
                found.insert(format!("{}.{}", last[0], last[1]));
            }
            0x8C => {
                let length = usize::from(reader.byte()?);
                push(&mut last, reader.text(length)?.into());
            }
            b'X' => {
                let length = reader.number(4)?;
                push(&mut last, reader.text(length)?.into());
            }
            0x8D => {
                let length = reader.number(8)?;
                push(&mut last, reader.text(length)?.into());
            }
            b'V' => push(&mut last, reader.line()?.into()),
            0x94 if memo.len() < MOST_MEMOS => memo.push(Rc::clone(&last[1])),
            0x94 => {}
            code @ (b'h' | b'j') => {
                let number = reader.number(if code == b'h' { 1 } else { 4 })?;
                if let Some(text) = memo.get(number) {
                    push(&mut last, Rc::clone(text));
                }
            }
            code @ (b'q' | b'r') => {
                let number = reader.number(if code == b'q' { 1 } else { 4 })?;
                if number < MOST_MEMOS {
                    if memo.len() <= number && number < memo.len() + 4096 {
                        memo.resize(number + 1, Rc::clone(&nothing));
                    }
                    if let Some(slot) = memo.get_mut(number) {
                        slot.clone_from(&last[1]);
                    }
                }
            }
            code => reader.pass_argument(code)?,
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn number(&mut self, size: usize) -> Option<usize> {
        let bytes = self.take(size)?;
        usize::try_from(bytes.iter().rev().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte))).ok()
    }

    fn text(&mut self, length: usize) -> Option<String> {
        // names are short; the rest of a long text is nobody's name
        let bytes = self.take(length)?;
        Some(String::from_utf8_lossy(&bytes[..length.min(256)]).into_owned())
    }

    fn line(&mut self) -> Option<String> {
        let length = memchr::memchr(b'\n', self.bytes.get(self.at..)?)?;
        let text = self.text(length)?;
        self.at += 1;
        Some(text.trim_end_matches('\r').to_owned())
    }

    /// Passes over what follows an instruction that names nothing.
    fn pass_argument(&mut self, code: u8) -> Option<()> {
        match code {
            b'('
            | b')'
            | b'0'..=b'2'
            | b'a'
            | b'b'
            | b'd'
            | b'e'
            | b'l'
            | b'o'
            | b's'
            | b't'
            | b'u'
            | b'}'
            | b']'
            | b'N'
            | b'Q'
            | b'R'
            | 0x81
            | 0x85..=0x89
            | 0x8F..=0x92
            | 0x97
            | 0x98 => Some(()),
            b'F' | b'I' | b'L' | b'P' | b'S' | b'g' | b'p' => self.line().map(drop),
            b'K' | 0x80 | 0x82 => self.take(1).map(drop),
            b'M' | 0x83 => self.take(2).map(drop),
            b'J' | 0x84 => self.take(4).map(drop),
            b'G' | 0x95 => self.take(8).map(drop),
            b'U' | b'C' | 0x8A => {
                let length = self.number(1)?;
                self.take(length).map(drop)
            }
            b'T' | b'B' | 0x8B => {
                let length = self.number(4)?;
                self.take(length).map(drop)
            }
            0x8E | 0x96 => {
                let length = self.number(8)?;
                self.take(length).map(drop)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_every_protocol() {
        let old = b"cos\nsystem\n(S'true'\ntR.";
        assert_eq!(names(old).map(|(names, _)| names), Some(BTreeSet::from(["os.system".to_owned()])));
        let new =
            b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.";
        assert_eq!(names(new).map(|(names, _)| names), Some(BTreeSet::from(["posix.system".to_owned()])));
        assert_eq!(names(b"no pickle"), None);
        assert_eq!(names(&new[..20]), None);
    }
}
