//! Files that Git left in the middle of a merge: each side is read as if it were the file, and what either says counts.
//! Every place stays where it is.

use std::collections::BTreeMap;

use super::lines::{is_merge_mark, lines};
use super::{Entry, Node, Text, Value};
use crate::text::Span;

/// What is said of a conflict in a file of which both sides are read.
pub(super) const BOTH_READ: &str = "marks of an unfinished merge; both sides are read";

/// The two sides of a text, each as long as the text itself: what is the other's, and the marks, are blanks there.
pub(super) struct Sides {
    pub(super) ours: String,
    pub(super) theirs: String,
    /// Where conflicts begin.
    pub(super) conflicts: Vec<Span>,
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
            (Self::Outside, b'<') => Some(Self::Ours),
            (Self::Ours, b'|') => Some(Self::Base),
            (Self::Ours | Self::Base, b'=') => Some(Self::Theirs),
            (Self::Theirs, b'>') => Some(Self::Outside),
            _ => None,
        }
    }
}

/// The sides of a text with conflicts; nothing for one without.
pub(super) fn sides(text: &str) -> Option<Sides> {
    // most broken files are broken otherwise
    text.contains("<<<<<<<").then_some(())?;
    let (mut ours, mut theirs, mut conflicts) = (text.as_bytes().to_vec(), text.as_bytes().to_vec(), Vec::new());
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
            ours[place.clone()].fill(b' ');
            theirs[place].fill(b' ');
            continue;
        }
        if matches!(part, Part::Theirs | Part::Base) {
            ours[place.clone()].fill(b' ');
        }
        if matches!(part, Part::Ours | Part::Base) {
            theirs[place].fill(b' ');
        }
    }
    let text = |bytes| String::from_utf8(bytes).ok();
    (!conflicts.is_empty()).then_some(Sides { ours: text(ours)?, theirs: text(theirs)?, conflicts })
}

/// What either tree says. Tables that both have become one, lists hold what either holds, and of other values under one
/// key both stay.
pub(super) fn both(ours: Node, theirs: Node, text: &str) -> Node {
    let span = ours.span;
    let value = match (ours.value, theirs.value) {
        (Value::Map(ours), Value::Map(theirs)) => Value::Map(entries(ours, theirs, text)),
        (Value::List(ours), Value::List(theirs)) => Value::List(items(ours, theirs)),
        (ours, _) => ours,
    };
    Node::new(span, value)
}

fn entries(mut ours: Vec<Entry>, theirs: Vec<Entry>, text: &str) -> Vec<Entry> {
    let known: BTreeMap<Text, usize> = ours.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
    let is_inline = |node: &Node| text.as_bytes().get(node.span.start) == Some(&b'{');
    for entry in theirs {
        match known.get(&entry.key).map(|at| &mut ours[*at]) {
            Some(same) if *same == entry => {}
            Some(same)
                if is_alike(&same.value, &entry.value) && !is_inline(&same.value) && !is_inline(&entry.value) =>
            {
                let before = std::mem::replace(&mut same.value, Node::new(Span::default(), Value::Null));
                same.value = both(before, entry.value, text);
            }
            _ => ours.push(entry),
        }
    }
    ours.sort_by_key(|entry| entry.key_span);
    ours
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
        assert!(sides("=======\n>>>>>>> x\n").is_none());
        assert!(sides("<<<<<<").is_none());
    }
}
