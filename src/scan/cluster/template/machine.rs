//! Running templates: every step, level and byte is counted, so that any template ends.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::functions::{self, Args};
use super::parser::{Part, Pipeline, Term, parse};
use super::program::{Code, Failure, Output, Program, Shelf, Stretch};
use super::value::Value;
use crate::text::Span;

/// Parts and terms that one chart may run.
const STEPS: usize = 3_000_000;
/// Bytes that one chart may make, in texts of any kind.
const BYTES: usize = 64 << 20;
/// Templates, pipelines and blocks inside of each other.
const DEEPEST: usize = 400;
/// Places of values that one action keeps.
const TOUCHED: usize = 64;

enum Flow {
    Next,
    Break,
    Continue,
}

struct Scope {
    dot: Value,
    variables: Vec<(String, Value)>,
}

/// Runs the templates of one chart.
pub(in crate::scan::cluster) struct Machine<'p> {
    program: &'p Program,
    shelf: &'p mut dyn Shelf,
    steps: usize,
    bytes: usize,
    depth: usize,
    touched: Vec<Span>,
    /// What was taken to be empty because only a cluster or a user would know it.
    pub(in crate::scan::cluster) assumed: BTreeSet<String>,
}

impl<'p> Machine<'p> {
    pub(in crate::scan::cluster) fn new(program: &'p Program, shelf: &'p mut dyn Shelf) -> Self {
        Self { program, shelf, steps: 0, bytes: 0, depth: 0, touched: Vec::new(), assumed: BTreeSet::new() }
    }

    /// Runs a file.
    ///
    /// # Errors
    /// What could not be run.
    pub(in crate::scan::cluster) fn file(&mut self, name: &str, dot: &Value) -> Result<Output, Failure> {
        let Some((code, parts)) = self.program.files.get(name) else {
            return Err(format!("there is no template `{name}`").into());
        };
        self.depth = 0;
        self.touched.clear();
        let mut out = Output::default();
        self.whole(code, parts, dot.clone(), &mut out)?;
        Ok(out)
    }

    /// What `include` gives.
    pub(in crate::scan::cluster) fn include(&mut self, name: &str, dot: Value) -> Result<Value, Failure> {
        let Some((code, parts)) = self.program.defines.get(name) else {
            return Err(format!("the template `{name}` is defined nowhere in the tree").into());
        };
        let mut out = Output::default();
        self.whole(code, parts, dot, &mut out)?;
        Ok(Value::text(out.text))
    }

    /// What `tpl` gives.
    pub(in crate::scan::cluster) fn template(&mut self, text: &str, dot: Value) -> Result<Value, Failure> {
        if !text.contains("{{") {
            return Ok(Value::text(text));
        }
        let file = parse(text).map_err(|(_, message)| format!("a value that is a template: {message}"))?;
        let code = Rc::new(Code { text: Rc::from(text), start: None });
        let mut out = Output::default();
        self.whole(&code, &file.parts, dot, &mut out)?;
        Ok(Value::text(out.text))
    }

    fn whole(&mut self, code: &Rc<Code>, parts: &[Part], dot: Value, out: &mut Output) -> Result<(), Failure> {
        self.deeper()?;
        let mut scope = Scope { dot: dot.clone(), variables: vec![(String::new(), dot)] };
        self.run(code, parts, &mut scope, out)?;
        self.depth -= 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("templates call each other more than {DEEPEST} levels deep").into());
        }
        self.step()
    }

    fn step(&mut self) -> Result<(), Failure> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(format!("the templates take more than {STEPS} steps").into());
        }
        Ok(())
    }

    /// A file of a chart.
    pub(in crate::scan::cluster) fn file_of(&mut self, chart: &str, path: &str) -> String {
        let text = self.shelf.get(chart, path);
        if text.is_none() {
            self.assumed.insert(format!("the file `{path}` of the chart"));
        }
        text.unwrap_or_default()
    }

    /// Files of a chart by a pattern.
    pub(in crate::scan::cluster) fn files_of(&mut self, chart: &str, pattern: &str) -> Vec<(String, String)> {
        let paths = self.shelf.glob(chart, pattern);
        paths.into_iter().map(|path| (path.clone(), self.file_of(chart, &path))).collect()
    }

    /// Counts bytes that a function or template makes.
    pub(in crate::scan::cluster) fn made(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > BYTES {
            return Err(format!("the templates make more than {BYTES} bytes").into());
        }
        Ok(())
    }

    fn run(&mut self, code: &Rc<Code>, parts: &[Part], scope: &mut Scope, out: &mut Output) -> Result<Flow, Failure> {
        for part in parts {
            self.step()?;
            let flow = match part {
                Part::Text(span) => {
                    let text = &code.text[span.start..span.end];
                    self.made(text.len())?;
                    self.write(code, *span, text, true, Vec::new(), out);
                    Flow::Next
                }
                Part::Break => Flow::Break,
                Part::Continue => Flow::Continue,
                Part::Action(pipeline, span) => {
                    self.action(code, pipeline, *span, scope, out).map_err(|failure| located(failure, code, *span))?;
                    Flow::Next
                }
                Part::If(arms, other, span) => self.conditional(code, arms, other, false, *span, scope, out)?,
                Part::With(arms, other, span) => self.conditional(code, arms, other, true, *span, scope, out)?,
                Part::Range(pipeline, body, other, span) => {
                    self.range(code, pipeline, body, other, *span, scope, out)?
                }
                Part::Template(name, with, span) => {
                    self.called(name, with.as_ref(), scope, out).map_err(|failure| located(failure, code, *span))?;
                    Flow::Next
                }
            };
            if !matches!(flow, Flow::Next) {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn write(&self, code: &Code, span: Span, text: &str, is_literal: bool, values: Vec<Span>, out: &mut Output) {
        if let Some(start) = code.start
            && !text.is_empty()
        {
            let place = span.shifted(start);
            out.stretches.push(Stretch { start: out.text.len(), place, is_literal, values });
        }
        out.text.push_str(text);
    }

    fn action(
        &mut self,
        code: &Rc<Code>,
        pipeline: &Pipeline,
        span: Span,
        scope: &mut Scope,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let before = std::mem::take(&mut self.touched);
        let value = self.pipeline(pipeline, scope)?;
        let mut mine = std::mem::replace(&mut self.touched, before);
        mine.sort_unstable();
        mine.dedup();
        // the caller's action made it as well
        let room = TOUCHED.saturating_sub(self.touched.len());
        self.touched.extend(mine.iter().take(room));
        if pipeline.declares.is_empty() {
            let text = value.printed();
            self.made(text.len())?;
            self.write(code, span, &text, false, mine, out);
        }
        Ok(())
    }

    fn called(
        &mut self,
        name: &str,
        with: Option<&Pipeline>,
        scope: &mut Scope,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let dot = match with {
            Some(pipeline) => self.pipeline(pipeline, scope)?,
            None => Value::Nil,
        };
        let Some((code, parts)) = self.program.defines.get(name) else {
            return Err(format!("the template `{name}` is defined nowhere in the tree").into());
        };
        self.whole(code, parts, dot, out)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of `if` and `with`")]
    fn conditional(
        &mut self,
        code: &Rc<Code>,
        arms: &[(Pipeline, Vec<Part>)],
        other: &[Part],
        sets_dot: bool,
        span: Span,
        scope: &mut Scope,
        out: &mut Output,
    ) -> Result<Flow, Failure> {
        self.deeper()?;
        let mark = scope.variables.len();
        let mut flow = None;
        for (condition, body) in arms {
            let value = self.pipeline(condition, scope).map_err(|failure| located(failure, code, span))?;
            if value.is_true() {
                let dot = scope.dot.clone();
                if sets_dot {
                    scope.dot = value;
                }
                flow = Some(self.run(code, body, scope, out)?);
                scope.dot = dot;
                break;
            }
        }
        let flow = match flow {
            Some(flow) => flow,
            None => self.run(code, other, scope, out)?,
        };
        scope.variables.truncate(mark);
        self.depth -= 1;
        Ok(flow)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of `range`")]
    fn range(
        &mut self,
        code: &Rc<Code>,
        pipeline: &Pipeline,
        body: &[Part],
        other: &[Part],
        span: Span,
        scope: &mut Scope,
        out: &mut Output,
    ) -> Result<Flow, Failure> {
        self.deeper()?;
        let mark = scope.variables.len();
        let value = self.commands(pipeline, scope).map_err(|failure| located(failure, code, span))?;
        let items: Vec<(Value, Value)> = match &value {
            Value::List(items) => (0..).map(Value::Int).zip(items.iter().cloned()).collect(),
            Value::Table(table) => {
                table.borrow().entries.iter().map(|(key, (value, _))| (Value::text(key), value.clone())).collect()
            }
            Value::Int(count) => (0..*count).take(STEPS).map(|at| (Value::Int(at), Value::Int(at))).collect(),
            _ => Vec::new(),
        };
        if items.is_empty() {
            let flow = self.run(code, other, scope, out)?;
            self.depth -= 1;
            return Ok(flow);
        }
        let dot = scope.dot.clone();
        for (key, item) in items {
            scope.variables.truncate(mark);
            match pipeline.declares.as_slice() {
                [one] => scope.variables.push((one.clone(), item.clone())),
                [first, second, ..] => {
                    scope.variables.push((first.clone(), key));
                    scope.variables.push((second.clone(), item.clone()));
                }
                [] => {}
            }
            scope.dot = item;
            if matches!(self.run(code, body, scope, out)?, Flow::Break) {
                break;
            }
        }
        scope.dot = dot;
        scope.variables.truncate(mark);
        self.depth -= 1;
        Ok(Flow::Next)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, scope: &mut Scope) -> Result<Value, Failure> {
        let value = self.commands(pipeline, scope)?;
        if let Some(name) = pipeline.declares.first() {
            if pipeline.is_assignment {
                let known = scope.variables.iter_mut().rev().find(|(known, _)| known == name);
                let known = known.ok_or_else(|| format!("the variable `${name}` is not declared"))?;
                known.1 = value.clone();
            } else {
                scope.variables.push((name.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &Pipeline, scope: &mut Scope) -> Result<Value, Failure> {
        self.deeper()?;
        let mut last: Option<Value> = None;
        for command in &pipeline.commands {
            last = Some(self.command(command, last, scope)?);
        }
        self.depth -= 1;
        Ok(last.unwrap_or(Value::Nil))
    }

    fn command(&mut self, terms: &[Term], last: Option<Value>, scope: &mut Scope) -> Result<Value, Failure> {
        self.step()?;
        let Some((first, rest)) = terms.split_first() else { return Ok(Value::Nil) };
        if let Term::Function(name) = first {
            if let "and" | "or" = name.as_str() {
                return self.logic(name == "and", rest, last, scope);
            }
            let mut args = Vec::with_capacity(rest.len() + 1);
            for term in rest {
                args.push(self.term(term, scope)?);
            }
            args.extend(last);
            return functions::call(self, name, &Args(args));
        }
        if rest.is_empty() && last.is_none() {
            return self.term(first, scope);
        }
        // a method: the last field is its name
        let (holder, method) = match first {
            Term::Field(fields) => self.method(scope.dot.clone(), fields)?,
            Term::Variable(name, fields) if !fields.is_empty() => {
                let value = variable(name, scope)?;
                self.method(value, fields)?
            }
            _ => return Err("a value that is called like a function".to_owned().into()),
        };
        let mut args = Vec::new();
        for term in rest {
            args.push(self.term(term, scope)?);
        }
        args.extend(last);
        functions::method(self, &holder, &method, &Args(args))
    }

    fn method(&mut self, value: Value, fields: &[String]) -> Result<(Value, String), Failure> {
        let (name, holder) = fields.split_last().ok_or_else(|| "a method without a name".to_owned())?;
        Ok((self.fields(value, holder)?, name.clone()))
    }

    fn logic(
        &mut self,
        is_and: bool,
        terms: &[Term],
        last: Option<Value>,
        scope: &mut Scope,
    ) -> Result<Value, Failure> {
        let mut value = Value::Nil;
        for term in terms {
            value = self.term(term, scope)?;
            if value.is_true() != is_and {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    fn term(&mut self, term: &Term, scope: &mut Scope) -> Result<Value, Failure> {
        Ok(match term {
            Term::Dot => scope.dot.clone(),
            Term::Nil => Value::Nil,
            Term::Bool(truth) => Value::Bool(*truth),
            Term::Number(text) => Value::number(text),
            Term::Text(text) => Value::Text(Rc::clone(text)),
            Term::Function(name) => functions::call(self, name, &Args(Vec::new()))?,
            Term::Field(fields) => self.fields(scope.dot.clone(), fields)?,
            Term::Variable(name, fields) => {
                let value = variable(name, scope)?;
                self.fields(value, fields)?
            }
            Term::Bracket(pipeline, fields) => {
                let value = self.pipeline(pipeline, scope)?;
                self.fields(value, fields)?
            }
        })
    }

    /// Fields of a value, one below the other. What stands in a file is kept in mind.
    pub(in crate::scan::cluster) fn fields(&mut self, value: Value, fields: &[String]) -> Result<Value, Failure> {
        let mut value = value;
        for field in fields {
            let next = match &value {
                Value::Table(table) => {
                    let found = table.borrow().entries.get(field).cloned();
                    let (next, place) = found.unwrap_or((Value::Nil, None));
                    self.touch(&next, place);
                    next
                }
                // the tools stop here; what depends on it may still be known
                Value::Nil => {
                    self.assumed.insert(format!("`.{}` of a value that is not set", fields.join(".")));
                    Value::Nil
                }
                other => return Err(format!("a {} has no field `{field}`", other.kind()).into()),
            };
            value = next;
        }
        Ok(value)
    }

    /// Keeps the place of a value that an action uses.
    pub(in crate::scan::cluster) fn touch(&mut self, value: &Value, place: Option<Span>) {
        let is_word = matches!(value, Value::Text(_) | Value::Int(_) | Value::Float(_)) && value.is_true();
        if let Some(place) = place.filter(|_| is_word && self.touched.len() < TOUCHED) {
            self.touched.push(place);
        }
    }
}

fn variable(name: &str, scope: &Scope) -> Result<Value, Failure> {
    let found = scope.variables.iter().rev().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone()).ok_or_else(|| format!("the variable `${name}` is not declared").into())
}

fn located(mut failure: Failure, code: &Code, span: Span) -> Failure {
    failure.at = failure.at.or(code.start.map(|start| span.shifted(start)));
    failure
}
