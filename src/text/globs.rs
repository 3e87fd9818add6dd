//! Many globs held against one path at a time: most of them are told by an end or a word, without an expression.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Lookup;

/// Globs with the meaning that [`globset`] gives them: `*` and `?` stand for what a folder ends with, too.
///
/// An expression for each of some hundred globs takes longer to make than a small tree to read, so only what is written
/// in an unusual way gets one.
#[derive(Debug, Default)]
pub struct Globs {
    /// Globs of the form `**/name`, by the name.
    names: Lookup<Box<str>, Vec<usize>>,
    /// Globs of the form `**/*.ending`, by what stands behind the last dot.
    endings: Lookup<Box<str>, Vec<(Box<str>, usize)>>,
    /// All others, each with the glob that it is of.
    shapes: Vec<(Shape, usize)>,
    /// Words of which a path must hold one for shapes to fit.
    words: Words,
    /// Shapes without a word.
    open: Vec<usize>,
    /// What is written in no such way, and the glob that each is.
    rest: Option<(GlobSet, Vec<usize>)>,
}

/// Bytes that a word must have to be worth looking for: what it begins with tells words apart.
const LEAST: usize = 2;

/// Words to be found in paths, in any case. An automaton for them would be quicker at each path, and takes longer to make than
/// a small tree to scan.
#[derive(Debug, Default)]
struct Words {
    /// A bit for every two bytes that a word begins with.
    begins: Vec<u64>,
    /// The words in lower case, in order, each with its shapes.
    all: Vec<(Box<[u8]>, Vec<usize>)>,
}

impl Words {
    fn of(mut each: Vec<(String, usize)>) -> Self {
        each.sort_unstable();
        let mut words = Self { begins: vec![0; (1 << 16) / 64], all: Vec::new() };
        for of_word in each.chunk_by(|(one, _), (other, _)| one == other) {
            let word = of_word[0].0.as_bytes();
            let begin = Self::begin(word[0], word[1]);
            words.begins[begin / 64] |= 1 << (begin % 64);
            words.all.push((word.into(), of_word.iter().map(|(_, shape)| *shape).collect()));
        }
        words
    }

    fn begin(first: u8, second: u8) -> usize {
        usize::from(first) << 8 | usize::from(second)
    }

    /// Numbers of words in a text, some several times.
    fn found_in<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
        let is_begin = |at: &usize| {
            let begin = Self::begin(text[*at].to_ascii_lowercase(), text[at + 1].to_ascii_lowercase());
            self.begins.get(begin / 64).is_some_and(|bits| bits >> (begin % 64) & 1 == 1)
        };
        (0..text.len().saturating_sub(1)).filter(is_begin).flat_map(move |at| {
            let two = [text[at].to_ascii_lowercase(), text[at + 1].to_ascii_lowercase()];
            let first = self.all.partition_point(|(word, _)| word[..LEAST] < two[..]);
            let all = self.all.iter().enumerate().skip(first).take_while(move |(_, (word, _))| word[..LEAST] == two);
            let stands =
                move |word: &[u8]| text[at..].get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word));
            all.filter(move |(_, (word, _))| stands(word)).map(|(number, _)| number)
        })
    }
}

/// One way in which a path may be written.
#[derive(Debug)]
struct Shape {
    /// It may begin behind any slash.
    anywhere: bool,
    pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq)]
enum Piece {
    Text(Box<str>),
    /// One of some letters.
    OneOf(Box<[u8]>),
    /// Any one byte.
    One,
    /// Any bytes, or none.
    Many,
}

impl Globs {
    /// Reads globs; their numbers are their places.
    ///
    /// # Errors
    /// The first that is none.
    pub fn new<'p>(globs: impl IntoIterator<Item = &'p str>) -> Result<Self, globset::Error> {
        let mut found = Self::default();
        let (mut unusual, mut unusual_of) = (GlobSetBuilder::new(), Vec::new());
        for (at, glob) in globs.into_iter().enumerate() {
            match shapes(glob) {
                Some(shapes) => shapes.into_iter().for_each(|shape| found.add(shape, at)),
                None => {
                    unusual.add(Glob::new(glob)?);
                    unusual_of.push(at);
                }
            }
        }
        if !unusual_of.is_empty() {
            found.rest = Some((unusual.build()?, unusual_of));
        }
        found.read_words();
        Ok(found)
    }

    fn add(&mut self, shape: Shape, at: usize) {
        match (shape.anywhere, shape.pieces.as_slice()) {
            (true, [Piece::Text(name)]) if !name.contains('/') => self.names.entry(name.clone()).push(at),
            (_, [Piece::Many, Piece::Text(end)]) if end.contains('.') && !end.contains('/') => {
                let ending = end.rsplit('.').next().unwrap_or_default();
                self.endings.entry(ending.into()).push((end.clone(), at));
            }
            _ => self.shapes.push((shape, at)),
        }
    }

    fn read_words(&mut self) {
        let mut words = Vec::new();
        for (at, (shape, _)) in self.shapes.iter().enumerate() {
            match shape.word() {
                Some(word) => words.push((word, at)),
                None => self.open.push(at),
            }
        }
        self.words = Words::of(words);
    }

    /// The numbers of the globs that fit a path, in order.
    #[must_use]
    pub fn matches(&self, path: &str) -> Vec<usize> {
        let mut found = Vec::new();
        self.any(path, &mut |at| {
            found.push(at);
            false
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// True when one of them fits a path.
    #[must_use]
    pub fn is_match(&self, path: &str) -> bool {
        self.any(path, &mut |_| true)
    }

    /// Tells each glob that fits, some twice, until `found` says that it is enough.
    fn any(&self, path: &str, found: &mut dyn FnMut(usize) -> bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        if self.names.get(name).is_some_and(|globs| globs.iter().any(|at| found(*at))) {
            return true;
        }
        let ending = name.rsplit_once('.').and_then(|(_, ending)| self.endings.get(ending));
        let mut ends = ending.map_or(&[][..], Vec::as_slice).iter().filter(|(end, _)| path.ends_with(&**end));
        if ends.any(|(_, at)| found(*at)) {
            return true;
        }
        let mut fits = |shape: &usize| {
            let (shape, at) = &self.shapes[*shape];
            shape.fits(path) && found(*at)
        };
        if self.open.iter().any(&mut fits) {
            return true;
        }
        let mut seen = Vec::new();
        for word in self.words.found_in(path.as_bytes()) {
            if !seen.contains(&word) {
                seen.push(word);
                if self.words.all[word].1.iter().any(&mut fits) {
                    return true;
                }
            }
        }
        let Some((rest, of)) = &self.rest else { return false };
        rest.matches(path).into_iter().any(|at| found(of[at]))
    }
}

impl Shape {
    /// The longest word that must stand in a path, in lower case.
    fn word(&self) -> Option<String> {
        let (mut longest, mut word) = (String::new(), String::new());
        for piece in self.pieces.iter().chain([&Piece::Many]) {
            match piece {
                Piece::Text(text) => word.push_str(text),
                Piece::OneOf(letters) if letters.len() == 2 && letters[0].eq_ignore_ascii_case(&letters[1]) => {
                    word.push(char::from(letters[0]));
                }
                Piece::OneOf(_) | Piece::One | Piece::Many => {
                    if word.len() > longest.len() {
                        longest.clone_from(&word);
                    }
                    word.clear();
                }
            }
        }
        longest.make_ascii_lowercase();
        (longest.len() >= LEAST).then_some(longest)
    }

    fn fits(&self, path: &str) -> bool {
        let path = path.as_bytes();
        if let Some(Piece::Text(end)) = self.pieces.last()
            && !path.ends_with(end.as_bytes())
        {
            return false;
        }
        let first = self.pieces.iter().position(|piece| *piece == Piece::Many).unwrap_or(self.pieces.len());
        let (fixed, open) = self.pieces.split_at(first);
        let starts = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
        for start in [0].into_iter().chain(starts.take_while(|_| self.anywhere)) {
            match after(fixed, &path[start..]) {
                // where one beginning leaves too little, those behind it leave less
                Some(rest) if !open.is_empty() => return fits_open(open, rest),
                Some([]) => return true,
                _ => {}
            }
        }
        false
    }
}

/// What stands behind pieces of a length that is known.
fn after<'t>(pieces: &[Piece], mut text: &'t [u8]) -> Option<&'t [u8]> {
    for piece in pieces {
        text = match (piece, text) {
            (Piece::Text(wanted), _) => text.strip_prefix(wanted.as_bytes())?,
            (Piece::OneOf(letters), [first, rest @ ..]) if letters.contains(first) => rest,
            (Piece::One, [_, rest @ ..]) => rest,
            _ => return None,
        };
    }
    Some(text)
}

/// Whether a text is pieces of which the first is any bytes. Each part between two of these is taken as early as possible.
fn fits_open(pieces: &[Piece], mut text: &[u8]) -> bool {
    let mut parts = pieces.split(|piece| *piece == Piece::Many).skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        if is_last && part.is_empty() {
            return true;
        }
        let mut ways = (0..=text.len()).filter_map(|at| after(part, &text[at..]));
        match if is_last { ways.find(|rest| rest.is_empty()) } else { ways.next() } {
            Some(rest) => text = rest,
            None => return false,
        }
    }
    true
}

/// The ways in which a path that a glob fits is written. `None` for what is written unusually.
fn shapes(glob: &str) -> Option<Vec<Shape>> {
    if glob.contains('\\') {
        return None;
    }
    let (anywhere, glob) = glob.strip_prefix("**/").map_or((false, glob), |rest| (true, rest));
    let mut texts = alternatives(glob)?;
    while texts.iter().any(|text| text.contains("**")) {
        texts = texts.iter().map(|text| without_deep(text)).collect::<Option<Vec<_>>>()?.concat();
    }
    texts.iter().map(|text| Some(Shape { anywhere, pieces: pieces(text)? })).collect()
}

/// A glob for each choice in its braces.
fn alternatives(glob: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = glob.split_once('{') else {
        return (!glob.contains('}')).then(|| vec![glob.to_owned()]);
    };
    let (choices, behind) = rest.split_once('}')?;
    // one that is empty, nested, or may join with what stands beside it
    let is_plain =
        |choice: &str| !choice.is_empty() && !choice.contains(['{', '[', ']', '/']) && !choice.contains("**");
    let is_in_brackets = before.rsplit_once('[').is_some_and(|(_, rest)| !rest.contains(']'));
    if !choices.split(',').all(is_plain) || is_in_brackets || before.contains('}') {
        return None;
    }
    let behind = alternatives(behind)?;
    let all = choices.split(',').flat_map(|choice| behind.iter().map(move |end| format!("{before}{choice}{end}")));
    let all: Vec<String> = all.collect();
    let deep = |text: &str| text.matches("**").count();
    let own = deep(before) + deep(&behind[0]);
    all.iter().all(|text| deep(text) == own).then_some(all)
}

/// The same with the first `**` between folders, or at the end, written otherwise.
fn without_deep(text: &str) -> Option<Vec<String>> {
    let Some((before, behind)) = text.split_once("**") else { return Some(vec![text.to_owned()]) };
    let before = before.strip_suffix('/')?;
    match behind.strip_prefix('/') {
        Some(behind) => Some(vec![format!("{before}/{behind}"), format!("{before}/*/{behind}")]),
        None => behind.is_empty().then(|| vec![format!("{before}/*")]),
    }
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['*', '?', '[']) {
        if at > 0 {
            pieces.push(Piece::Text(rest[..at].into()));
        }
        let sign = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        pieces.push(match sign {
            b'*' => Piece::Many,
            b'?' => Piece::One,
            _ => {
                let (letters, behind) = rest.split_once(']')?;
                if letters.is_empty() || !letters.bytes().all(|letter| letter.is_ascii_alphanumeric()) {
                    return None;
                }
                rest = behind;
                Piece::OneOf(letters.as_bytes().into())
            }
        });
    }
    if rest.contains(']') {
        return None;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.into()));
    }
    (!pieces.is_empty()).then_some(pieces)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the other crate says of the same globs.
    fn expected(globs: &[&str], path: &str) -> Vec<usize> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(Glob::new(glob).unwrap_or_else(|error| panic!("{error}")));
        }
        let mut found = set.build().expect("is built of sound globs").matches(path);
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn words_and_ends() {
        let globs = [
            "**/go.mod",
            "**/*.json",
            "**/*.cdx.json",
            "**/*{asset,GPU}*.{csv,tsv}",
            "**/templates/**/*.tpl",
            "**/inventories/**",
            "proc/cpuinfo",
            "**/[nN][uU]get.config",
            "**/*hl?smi*",
            "**/*",
            "sys/*/version",
        ];
        let made = Globs::new(globs).expect("are globs");
        assert!(made.rest.is_none(), "none of these needs an expression");
        assert_eq!(made.open.len(), 1, "only `**/*` is without a word");
        for path in [
            "go.mod",
            "a/go.mod",
            "ago.mod",
            "x.json",
            ".json",
            "a/b.cdx.json",
            "assets.csv",
            "d/myGPU1.tsv",
            "asset/x.csv",
            "templates/a.tpl",
            "x/templates/b/c.tpl",
            "templatesa.tpl",
            "inventories/a",
            "inventories",
            "proc/cpuinfo",
            "a/proc/cpuinfo",
            "NuGet.config",
            "x/nUget.config",
            "hl-smi.txt",
            "hlsmi",
            "",
            "sys/a/b/version",
            "sys/version",
        ] {
            assert_eq!(made.matches(path), expected(&globs, path), "{path}");
            assert_eq!(made.is_match(path), !expected(&globs, path).is_empty(), "{path}");
        }
        assert!(Globs::new(["{a"]).is_err());
    }

    proptest! {
        #[test]
        fn globs_mean_what_expressions_mean(
            globs in prop::collection::vec("(\\*\\*/)?([a-cA.*?/]|\\*\\*|/\\*\\*/|[{](a|b[*]?|c/|,|[*]){0,3}[}]|\\[[aA.b!-]{1,2}\\]){0,7}(/\\*\\*)?", 1..6),
            paths in prop::collection::vec("[a-cAé./]{0,9}", 1..20),
        ) {
            let globs: Vec<&str> = globs.iter().map(String::as_str).filter(|glob| Glob::new(glob).is_ok()).collect();
            let made = Globs::new(globs.iter().copied()).expect("are globs");
            for path in paths.iter().filter(|path| !path.ends_with('.') && !path.ends_with('/')) {
                prop_assert_eq!(made.matches(path), expected(&globs, path), "{:?} {}", globs, path);
            }
        }
    }
}
