//! Files that Git left in the middle of a merge: each side is read as if it were the file, and what either says counts.
//! Every place stays where it is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::lines::{is_merge_mark, lines};
use super::{Entry, Node, ParseError, Text, Value, report};
use crate::text::Span;

/// What is said of a conflict in a file of which both sides are read.
pub const BOTH_READ: &str = "marks of an unfinished merge; both sides are read, of two values in one place one counts";

/// What is said of a conflict in a file of which each side is read by itself.
pub const EACH_READ: &str = "marks of an unfinished merge; both sides are read";

/// The two sides of a text, each as long as the text itself: what is the other's, and the marks, are blanks there.
pub struct Sides {
    /// The text before the merge.
    pub ours: String,
    /// The text that is merged into it.
    pub theirs: String,
    /// Where conflicts begin.
    pub conflicts: Vec<Span>,
}

/// False for a text without marks of an unfinished merge.
#[must_use]
pub fn may_have_marks(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"<<<<<<<").is_some()
}

/// A text with conflicts as one that holds both sides one after the other, for formats of which parts that stand beside
/// each other are entries of their own; and where the conflicts begin. Nothing for a text without.
pub(super) fn in_a_row(text: &str) -> Option<(String, Vec<Span>)> {
    let Sides { ours, theirs, conflicts } = sides(text)?;
    // what is a blank on one side only stands on the other
    let row = ours.bytes().zip(theirs.bytes()).map(|(our, their)| if our == b' ' { their } else { our });
    Some((String::from_utf8(row.collect()).ok()?, conflicts))
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Outside,
    Ours,
    /// What both sides come from, as `diff3` shows it.
    Base,
    Theirs,
}

impl Part {
    /// The part that a mark begins; nothing where such a line is no mark of a merge.
    fn after(self, mark: &str) -> Option<Self> {
        match (self, mark.as_bytes()[0]) {
            (Self::Outside, b'<') if !is_edit_block(mark) => Some(Self::Ours),
            (Self::Ours, b'|') => Some(Self::Base),
            (Self::Ours | Self::Base, b'=') => Some(Self::Theirs),
            (Self::Theirs, b'>') => Some(Self::Outside),
            _ => None,
        }
    }
}

/// A side of a text while the lines of the other one are blanked out in it.
struct Side {
    bytes: Vec<u8>,
    /// The last line that stays goes on in the next one.
    goes_on: bool,
}

impl Side {
    fn keep(&mut self, line: &str) {
        self.goes_on = line.ends_with('\\');
    }

    /// An empty line would end what the line before goes on with: a list of hashes, the commands of a step.
    fn blank(&mut self, place: Range<usize>) {
        let line = &mut self.bytes[place];
        line.fill(b' ');
        if let Some(last) = line.last_mut().filter(|_| self.goes_on) {
            *last = b'\\';
        }
    }
}

/// True for the mark of an edit that a language model is asked to write, as prompts quote them. Git names a side by its branch or
/// commit.
fn is_edit_block(mark: &str) -> bool {
    matches!(mark[1..].trim_start_matches('<').trim(), "SEARCH" | "ORIGINAL")
}

/// The sides of a text with conflicts; nothing for one without.
#[must_use]
pub fn sides(text: &str) -> Option<Sides> {
    // nearly all files have none, and most broken ones are broken otherwise
    may_have_marks(text).then_some(())?;
    let side = || Side { bytes: text.as_bytes().to_vec(), goes_on: false };
    let (mut ours, mut theirs, mut conflicts) = (side(), side(), Vec::new());
    let mut part = Part::Outside;
    for line in lines(text) {
        let place = line.span.start..line.span.end;
        if is_merge_mark(line.text)
            && let Some(next) = part.after(line.text)
        {
            if next == Part::Ours {
                conflicts.push(line.span);
            }
            part = next;
            ours.blank(place.clone());
            theirs.blank(place);
            continue;
        }
        match part {
            Part::Ours | Part::Outside => ours.keep(line.text),
            Part::Theirs | Part::Base => ours.blank(place.clone()),
        }
        match part {
            Part::Theirs | Part::Outside => theirs.keep(line.text),
            Part::Ours | Part::Base => theirs.blank(place),
        }
    }
    let text = |side: Side| String::from_utf8(side.bytes).ok();
    (!conflicts.is_empty()).then_some(Sides { ours: text(ours)?, theirs: text(theirs)?, conflicts })
}

/// Both sides of a text with conflicts as one, with what is wrong on either; nothing for a text without. `read` gives the
/// documents of a side, as far as they can be read.
pub(super) fn both_sides(
    text: &str,
    maps: Maps,
    read: impl Fn(&Arc<String>) -> (Vec<Node>, Vec<ParseError>),
) -> Option<(Vec<Node>, Vec<ParseError>)> {
    let sides = sides(text)?;
    let (ours, our_problems) = read(&Arc::new(sides.ours));
    let (theirs, mut other) = read(&Arc::new(sides.theirs));
    // what is wrong outside of conflicts is wrong on both sides
    other.retain(|problem| !our_problems.contains(problem));
    let mut problems = Vec::new();
    let marks = sides.conflicts.into_iter().map(|span| ParseError::new(BOTH_READ, span));
    marks.chain(our_problems).chain(other).for_each(|problem| report(&mut problems, problem));
    problems.sort_by_key(|problem| problem.span);
    let mut work = Work { text, maps, left: MOST_TWICE * text.len() };
    let mut all = Vec::with_capacity(ours.len());
    let mut theirs = theirs.into_iter();
    for ours in ours {
        all.push(match theirs.next() {
            Some(theirs) => work.both(ours, theirs),
            None => ours,
        });
    }
    all.extend(theirs);
    Some((all, problems))
}

/// Which maps of two sides are one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Maps {
    /// Tables of one name, wherever they stand; those between braces are values.
    Tables,
    /// Those whose key stands in one place, outside of conflicts. Where they differ in a value, that of either side
    /// stands as well: such a map may be one entry, of which a reader asks for each value once.
    ByPlace,
}

/// How many times the bytes of a text may stand once more for the sake of single values.
const MOST_TWICE: usize = 4;

/// The uniting of two trees.
struct Work<'t> {
    text: &'t str,
    maps: Maps,
    /// Bytes that may still stand twice.
    left: usize,
}

impl Work<'_> {
    /// What either tree says. Maps that both have become one, lists hold what either holds, and of other values under one
    /// key both stay.
    fn both(&mut self, ours: Node, theirs: Node) -> Node {
        let span = ours.span;
        let value = match (ours.value, theirs.value) {
            (Value::Map(ours), Value::Map(theirs)) => Value::Map(self.entries(ours, theirs)),
            (Value::List(ours), Value::List(theirs)) => Value::List(items(ours, theirs)),
            (ours, _) => ours,
        };
        Node::new(span, value)
    }

    fn entries(&mut self, mut ours: Vec<Entry>, theirs: Vec<Entry>) -> Vec<Entry> {
        let known: BTreeMap<Text, usize> = ours.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
        let mut before = Vec::new();
        for entry in theirs {
            match known.get(&entry.key).map(|at| &mut ours[*at]) {
                Some(same) if *same == entry => {}
                Some(same) if self.are_one(same, &entry) => {
                    // of values under one key readers ask for the last: theirs
                    let size = same.value.span.end.saturating_sub(same.value.span.start);
                    if self.maps == Maps::ByPlace && differ(&same.value, &entry.value) && size <= self.left {
                        self.left -= size;
                        before.push(same.clone());
                    }
                    let one = std::mem::replace(&mut same.value, Node::new(Span::default(), Value::Null));
                    same.value = self.both(one, entry.value);
                }
                _ => ours.push(entry),
            }
        }
        // the order of what stands in one place stays
        before.append(&mut ours);
        before.sort_by_key(|entry| entry.key_span);
        before
    }

    fn are_one(&self, ours: &Entry, theirs: &Entry) -> bool {
        let is_inline = |node: &Node| self.text.as_bytes().get(node.span.start) == Some(&b'{');
        is_alike(&ours.value, &theirs.value)
            && match self.maps {
                Maps::Tables => !is_inline(&ours.value) && !is_inline(&theirs.value),
                Maps::ByPlace => ours.key_span == theirs.key_span,
            }
    }
}

/// True for maps that have other values under one key, which are neither maps nor lists.
fn differ(ours: &Node, theirs: &Node) -> bool {
    let (Value::Map(ours), Value::Map(theirs)) = (&ours.value, &theirs.value) else { return false };
    let known: BTreeMap<&str, &Node> = ours.iter().map(|entry| (&*entry.key, &entry.value)).collect();
    theirs.iter().any(|entry| {
        let same = known.get(&*entry.key);
        same.is_some_and(|same| !is_alike(same, &entry.value) && same.value != entry.value.value)
    })
}

fn is_alike(one: &Node, other: &Node) -> bool {
    matches!((&one.value, &other.value), (Value::Map(_), Value::Map(_)) | (Value::List(_), Value::List(_)))
}

/// The items of two lists in the order of their places, those that are the same once.
fn items(ours: Vec<Node>, theirs: Vec<Node>) -> Vec<Node> {
    let mut all = Vec::with_capacity(ours.len());
    let mut theirs = theirs.into_iter().peekable();
    for item in ours {
        while let Some(before) = theirs.next_if(|other| other.span.start < item.span.start) {
            all.push(before);
        }
        theirs.next_if(|other| *other == item);
        all.push(item);
    }
    all.extend(theirs);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_keeps_its_places() {
        let text = "a\n<<<<<<< ours\nb\n||||||| base\nc\n=======\nd ü\n>>>>>>> theirs\n=======\n";
        let found = sides(text).expect("has a conflict");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&found.ours), ["a", "b", "======="]);
        assert_eq!(words(&found.theirs), ["a", "d", "ü", "======="]);
        assert_eq!((found.ours.len(), found.theirs.find('d')), (text.len(), text.find('d')));
        assert_eq!(found.conflicts, [Span::new(2, 14)]);
        let (row, _) = in_a_row(text).expect("has a conflict");
        assert_eq!(words(&row), ["a", "b", "d", "ü", "======="]);
        assert_eq!((row.len(), row.find('d')), (text.len(), text.find('d')));
        assert!(sides("=======\n>>>>>>> x\n").is_none());
        assert!(sides("<<<<<<").is_none());
        assert!(sides("<<<<<<<<< deeper\n=======\n").is_none());
        assert!(sides("<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n").is_none());
    }

    #[test]
    fn a_line_goes_on_over_what_is_blanked() {
        let found = sides("a \\\n<<<<<<< x\n b \\\n=======\n c \\\n>>>>>>> y\n d\n").expect("has a conflict");
        for (side, wanted) in [(found.ours, "abd"), (found.theirs, "acd")] {
            let joined = side.replace("\\\n", "");
            assert_eq!(joined.lines().count(), 1, "{side}");
            assert_eq!(joined.replace([' ', '\n'], ""), wanted);
        }
    }
}
