//! From words to the tree of a Go template.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::lexer::{Piece, Token, pieces};
use crate::text::Span;

/// Blocks and brackets inside of each other.
const DEEPEST: usize = 100;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Part {
    Text(Span),
    /// A value that is written, or set.
    Action(Pipeline, Span),
    If(Vec<(Pipeline, Vec<Self>)>, Vec<Self>, Span),
    With(Vec<(Pipeline, Vec<Self>)>, Vec<Self>, Span),
    Range(Pipeline, Vec<Self>, Vec<Self>, Span),
    Template(String, Option<Pipeline>, Span),
    Break,
    Continue,
}

/// `$x, $y := a | b | c`
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    pub(super) declares: Vec<String>,
    /// Sets a variable that is there already.
    pub(super) is_assignment: bool,
    pub(super) commands: Vec<Vec<Term>>,
}

/// A value or function as written.
#[derive(Debug)]
pub(super) enum Term {
    Dot,
    Nil,
    Bool(bool),
    Number(String),
    Text(Rc<str>),
    Function(String),
    /// Fields of the dot.
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Bracket(Box<Pipeline>, Vec<String>),
}

/// A parsed file: what it writes itself, and what it defines for others.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) parts: Rc<Vec<Part>>,
    pub(super) defines: BTreeMap<String, Rc<Vec<Part>>>,
}

/// What cannot be parsed and where.
pub(super) type Problem = (usize, String);

struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    defines: BTreeMap<String, Rc<Vec<Part>>>,
    depth: usize,
}

/// How a block ended.
enum Close {
    Text,
    End,
    Else(Vec<(Token, usize)>),
}

/// Parses a file.
///
/// # Errors
/// The first thing that is no template, with its place.
pub(super) fn parse(text: &str) -> Result<File, Problem> {
    let mut parser = Parser { pieces: pieces(text)?.into_iter(), defines: BTreeMap::new(), depth: 0 };
    let (parts, end) = parser.block()?;
    match end {
        Close::Text => Ok(File { parts: Rc::new(parts), defines: parser.defines }),
        _ => Err((text.len(), "an `end` or `else` too much".to_owned())),
    }
}

impl Parser {
    fn block(&mut self) -> Result<(Vec<Part>, Close), Problem> {
        let mut parts = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (words, span) = match piece {
                Piece::Text(span) => {
                    parts.push(Part::Text(span));
                    continue;
                }
                Piece::Action { words, span } => (trimmed(words), span),
            };
            let Some((Token::Word(first), _)) = words.first() else {
                if !words.is_empty() {
                    parts.push(Part::Action(self.pipeline(words, span)?, span));
                }
                continue;
            };
            let first = first.clone();
            let rest = || trimmed(words[1..].to_vec());
            match first.as_str() {
                "end" => return Ok((parts, Close::End)),
                "else" => return Ok((parts, Close::Else(rest()))),
                "if" => {
                    let (arms, other) = self.arms(rest(), "if", span)?;
                    parts.push(Part::If(arms, other, span));
                }
                "with" => {
                    let (arms, other) = self.arms(rest(), "with", span)?;
                    parts.push(Part::With(arms, other, span));
                }
                "range" => {
                    let pipeline = self.pipeline(rest(), span)?;
                    let (body, other) = self.body(span)?;
                    parts.push(Part::Range(pipeline, body, other, span));
                }
                "define" | "block" => {
                    let mut words = rest();
                    let name = name(&words, span)?;
                    let (body, _) = self.body(span)?;
                    self.defines.insert(name.clone(), Rc::new(body));
                    if first == "block" {
                        words.remove(0);
                        let pipeline = self.pipeline(trimmed(words), span)?;
                        parts.push(Part::Template(name, Some(pipeline), span));
                    }
                }
                "template" => {
                    let mut words = rest();
                    let name = name(&words, span)?;
                    words.remove(0);
                    let words = trimmed(words);
                    let with = if words.is_empty() { None } else { Some(self.pipeline(words, span)?) };
                    parts.push(Part::Template(name, with, span));
                }
                "break" => parts.push(Part::Break),
                "continue" => parts.push(Part::Continue),
                _ => parts.push(Part::Action(self.pipeline(words, span)?, span)),
            }
        }
        Ok((parts, Close::Text))
    }

    fn deeper(&mut self, span: Span) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err((span.start, format!("nested deeper than {DEEPEST} levels")));
        }
        Ok(())
    }

    /// What stands up to `end`, and after an `else`.
    fn body(&mut self, span: Span) -> Result<(Vec<Part>, Vec<Part>), Problem> {
        self.deeper(span)?;
        let (body, end) = self.block()?;
        let other = match end {
            Close::End => Vec::new(),
            Close::Else(_) => match self.block()? {
                (other, Close::End) => other,
                _ => return Err((span.start, "a block that is not closed".to_owned())),
            },
            Close::Text => return Err((span.start, "a block that is not closed".to_owned())),
        };
        self.depth -= 1;
        Ok((body, other))
    }

    /// `if … else if … else … end`, and the same for `with`.
    #[expect(clippy::type_complexity, reason = "arms with their conditions, and what else")]
    fn arms(
        &mut self,
        words: Vec<(Token, usize)>,
        kind: &str,
        span: Span,
    ) -> Result<(Vec<(Pipeline, Vec<Part>)>, Vec<Part>), Problem> {
        self.deeper(span)?;
        let mut arms = Vec::new();
        let mut condition = self.pipeline(words, span)?;
        let other = loop {
            let (body, end) = self.block()?;
            arms.push((condition, body));
            match end {
                Close::End => break Vec::new(),
                Close::Text => return Err((span.start, "a block that is not closed".to_owned())),
                Close::Else(words) if words.is_empty() => match self.block()? {
                    (other, Close::End) => break other,
                    _ => return Err((span.start, "a block that is not closed".to_owned())),
                },
                Close::Else(words) => match words.first() {
                    Some((Token::Word(again), _)) if again == kind => {
                        condition = self.pipeline(trimmed(words[1..].to_vec()), span)?;
                    }
                    _ => return Err((span.start, "an `else` with other words".to_owned())),
                },
            }
        };
        self.depth -= 1;
        Ok((arms, other))
    }

    fn pipeline(&mut self, words: Vec<(Token, usize)>, span: Span) -> Result<Pipeline, Problem> {
        let mut words = Words { words: &words, at: 0, end: span.end, depth: 0 };
        let pipeline = words.pipeline()?;
        match words.peek() {
            None => Ok(pipeline),
            Some(_) => Err((words.place(), "a bracket that is not open".to_owned())),
        }
    }
}

fn name(words: &[(Token, usize)], span: Span) -> Result<String, Problem> {
    match words.first() {
        Some((Token::Text(name), _)) => Ok(name.clone()),
        _ => Err((span.start, "a template without a name".to_owned())),
    }
}

fn trimmed(mut words: Vec<(Token, usize)>) -> Vec<(Token, usize)> {
    while words.last().is_some_and(|(word, _)| *word == Token::Space) {
        words.pop();
    }
    let start = words.iter().position(|(word, _)| *word != Token::Space).unwrap_or(words.len());
    words.split_off(start)
}

/// Words of one action.
struct Words<'w> {
    words: &'w [(Token, usize)],
    at: usize,
    end: usize,
    depth: usize,
}

impl Words<'_> {
    fn peek(&self) -> Option<&Token> {
        self.words.get(self.at).map(|(word, _)| word)
    }

    fn place(&self) -> usize {
        self.words.get(self.at).map_or(self.end, |(_, place)| *place)
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(&Token::Space) {
            self.at += 1;
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err((self.place(), format!("nested deeper than {DEEPEST} levels")));
        }
        let mut pipeline = self.declaration();
        loop {
            let command = self.command()?;
            if command.is_empty() {
                return Err((self.place(), "a value is missing".to_owned()));
            }
            pipeline.commands.push(command);
            if self.peek() != Some(&Token::Pipe) {
                break;
            }
            self.at += 1;
        }
        self.depth -= 1;
        Ok(pipeline)
    }

    /// `$x :=`, `$x, $y :=`, `$x =`; nothing is taken when it is none.
    fn declaration(&mut self) -> Pipeline {
        let start = self.at;
        let mut declares = Vec::new();
        loop {
            self.skip_spaces();
            let Some(Token::Variable(name)) = self.peek().cloned() else { break };
            declares.push(name);
            self.at += 1;
            self.skip_spaces();
            match self.peek() {
                Some(Token::Comma) => self.at += 1,
                Some(Token::Declare | Token::Assign) => {
                    let is_assignment = self.peek() == Some(&Token::Assign);
                    self.at += 1;
                    return Pipeline { declares, is_assignment, commands: Vec::new() };
                }
                _ => break,
            }
        }
        self.at = start;
        Pipeline::default()
    }

    fn command(&mut self) -> Result<Vec<Term>, Problem> {
        let mut terms = Vec::new();
        loop {
            self.skip_spaces();
            let place = self.place();
            let Some(word) = self.peek().cloned() else { break };
            if matches!(word, Token::Pipe | Token::Close) {
                break;
            }
            self.at += 1;
            terms.push(match word {
                Token::Dot => Term::Dot,
                Token::Field(name) => Term::Field(self.fields(vec![name])),
                Token::Variable(name) => Term::Variable(name, self.fields(Vec::new())),
                Token::Text(text) => Term::Text(text.into()),
                Token::Number(text) => Term::Number(text),
                Token::Word(word) => match word.as_str() {
                    "true" => Term::Bool(true),
                    "false" => Term::Bool(false),
                    "nil" => Term::Nil,
                    _ => Term::Function(word),
                },
                Token::Open => {
                    let inner = self.pipeline()?;
                    if self.peek() != Some(&Token::Close) {
                        return Err((place, "a bracket that is not closed".to_owned()));
                    }
                    self.at += 1;
                    Term::Bracket(Box::new(inner), self.fields(Vec::new()))
                }
                _ => return Err((place, "a sign where a value is expected".to_owned())),
            });
        }
        Ok(terms)
    }

    /// Fields that follow without a space.
    fn fields(&mut self, mut fields: Vec<String>) -> Vec<String> {
        while let Some(Token::Field(name)) = self.peek() {
            fields.push(name.clone());
            self.at += 1;
        }
        fields
    }
}
