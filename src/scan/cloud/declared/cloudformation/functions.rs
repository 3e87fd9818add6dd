//! Intrinsic functions and conditions.

use std::sync::Arc;

use super::template::{Call, Template};
use crate::parse::{self, Node};
use crate::scan::cloud::declared::value::{Mention, Reason, Resolved, Value};

/// Longest text that functions put together.
const LONGEST: usize = 1 << 16;
/// Longest text that is told in part.
const LONGEST_SHAPE: usize = 2_000;

impl<'a> Template<'a> {
    /// The value of a call.
    pub(super) fn function(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let unknown = |reason: Reason| Resolved::unknown(self.file, node.span, reason);
        match call.name {
            "Ref" => match text(call.argument) {
                Some(name) => self.reference(name, node),
                None => unknown(Reason::Invalid(Arc::from("`Ref` needs a name"))),
            },
            "GetAtt" => self.attribute(call, node),
            "Sub" => self.substitute(call, node, depth),
            "Join" => self.join(call, node, depth),
            "Select" => self.select(call, node, depth),
            "Split" => self.split(call, node, depth),
            "FindInMap" => self.find_in_map(call, node, depth),
            "If" => self.either(call, node, depth),
            "Base64" | "ToJsonString" => self.argument(call, depth),
            "Length" => match self.argument(call, depth).value {
                Value::List(items) => Resolved::new(self.file, node.span, Value::Number(items.len() as f64)),
                _ => unknown(Reason::Function(Arc::from("Fn::Length"))),
            },
            "ImportValue" => self.imported(call, node, depth),
            "GetAZs" => unknown(Reason::Target(Arc::from("Fn::GetAZs"))),
            "Condition" | "Equals" | "And" | "Or" | "Not" => {
                let value = match self.truth(node, depth) {
                    Ok(truth) => Value::Bool(truth),
                    Err(reason) => Value::Unknown(reason),
                };
                // what a policy calls `Condition` is no function
                if call.name == "Condition" && !call.is_tag && text(call.argument).is_none() {
                    let inner = self.value(call.argument, depth);
                    return Resolved::new(self.file, node.span, Value::Map(vec![("Condition".to_owned(), inner)]));
                }
                Resolved::new(self.file, node.span, value)
            }
            name => {
                let mut found = unknown(Reason::Function(Arc::from(format!("Fn::{name}"))));
                found.mentions = self.argument(call, depth).all_mentions().into_iter().cloned().collect();
                found
            }
        }
    }

    /// What a name stands for.
    fn reference(&self, name: &str, node: &'a Node) -> Resolved<'a> {
        if let Some(value) = self.parameters.get(name) {
            return value.clone().used_at(self.file, node.span);
        }
        if let Some(to) = self.resource(name) {
            return Resolved::of_resource(self.file, node.span, name, to);
        }
        let value = match name {
            "AWS::NoValue" => Value::Null,
            "AWS::Region" => self.own_region(),
            _ if name.starts_with("AWS::") => Value::Unknown(Reason::Target(Arc::from(name))),
            _ => Value::Unknown(Reason::Undeclared(Arc::from(name))),
        };
        Resolved::new(self.file, node.span, value)
    }

    /// `GetAtt`: `name.attribute`, or a list of both.
    fn attribute(&self, call: &Call<'a>, node: &'a Node) -> Resolved<'a> {
        let written = match &call.argument.value {
            parse::Value::List(items) => items.iter().filter_map(text).collect::<Vec<_>>().join("."),
            _ => text(call.argument).unwrap_or_default().to_owned(),
        };
        self.attribute_of(&written, node)
    }

    fn attribute_of(&self, written: &str, node: &'a Node) -> Resolved<'a> {
        let name = written.split('.').next().unwrap_or_default();
        if let Some(output) = written[name.len()..].strip_prefix(".Outputs.")
            && let Some(found) = self.given_back(name, output, node)
        {
            return found;
        }
        match self.resource(name) {
            Some(to) => Resolved::of_resource(self.file, node.span, written, to),
            None => Resolved::unknown(self.file, node.span, Reason::Undeclared(Arc::from(name))),
        }
    }

    /// `Sub`: a text with `${name}`, and names of its own.
    fn substitute(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let arguments = self.arguments(call);
        let Some(template) = arguments.first().and_then(text) else {
            return Resolved::new(self.file, node.span, Value::invalid("`Fn::Sub` needs a text"));
        };
        let own = arguments.get(1).map_or(&[][..], Node::entries);
        let mut parts = Parts::default();
        let mut rest = template;
        // a text that is too long is not known: what follows in it changes nothing
        while let Some(at) = rest.find("${").filter(|_| !parts.is_too_long()) {
            parts.push_text(&rest[..at]);
            let Some(end) = rest[at..].find('}') else { break };
            let name = rest[at + 2..at + end].trim();
            rest = &rest[at + end + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                parts.push_text(&format!("${{{literal}}}"));
                continue;
            }
            let value = match own.iter().find(|entry| &*entry.key == name) {
                Some(entry) => self.value(&entry.value, depth),
                None if name.contains('.') => self.attribute_of(name, node),
                None => self.reference(name, node),
            };
            // each piece is a copy of what it stands for
            if !self.step(1 + value.text().map_or(0, |text| text.len() / 64)) {
                return Resolved::unknown(self.file, node.span, Reason::Limit);
            }
            parts.push(value);
        }
        parts.push_text(rest);
        parts.end(self, node)
    }

    /// The text of a value as far as it is known, with `*` for what is not.
    pub(super) fn shape(&self, node: &'a Node) -> String {
        self.shape_of(self.call(node).as_ref(), node)
    }

    pub(super) fn shape_of(&self, call: Option<&Call<'a>>, node: &'a Node) -> String {
        let pieces: Vec<String> = match call.map(|call| (call.name, self.arguments(call))) {
            Some(("Sub", arguments)) => {
                let template = arguments.first().and_then(text).unwrap_or("*");
                let own = arguments.get(1).map_or(&[][..], Node::entries);
                let mut pieces = Vec::new();
                let mut rest = template;
                let mut length = 0;
                while let Some((before, after)) = rest.split_once("${").filter(|_| length < LONGEST_SHAPE) {
                    let (name, behind) = after.split_once('}').unwrap_or((after, ""));
                    let value = match own.iter().find(|entry| &*entry.key == name.trim()) {
                        Some(entry) => self.value(&entry.value, 0),
                        None => self.reference(name.trim(), node),
                    };
                    let value = value.text().unwrap_or_else(|| "*".to_owned());
                    length += before.len() + value.len();
                    pieces.extend([before.to_owned(), value]);
                    rest = behind;
                }
                pieces.push(rest.to_owned());
                pieces
            }
            Some(("Join", [separator, Node { value: parse::Value::List(list), .. }])) => {
                let separator = text(separator).unwrap_or_default();
                let mut joined = String::new();
                for item in list {
                    if joined.len() >= LONGEST_SHAPE {
                        break;
                    }
                    if !joined.is_empty() {
                        joined.push_str(separator);
                    }
                    joined.push_str(&self.shape(item));
                }
                vec![joined]
            }
            _ => vec![self.value(node, 0).text().unwrap_or_else(|| "*".to_owned())],
        };
        // what is not known is one star
        pieces.concat().chars().take(LONGEST_SHAPE).collect()
    }

    /// `Join`: a separator and a list.
    fn join(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let [separator, list] = self.arguments(call) else {
            return Resolved::new(self.file, node.span, Value::invalid("`Fn::Join` needs a separator and a list"));
        };
        let separator = text(separator).unwrap_or_default();
        let list = self.value(list, depth);
        let Value::List(items) = list.value else { return list };
        let mut parts = Parts::default();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                parts.push_text(separator);
            }
            parts.push(item);
        }
        parts.end(self, node)
    }

    fn select(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let [index, list] = self.arguments(call) else {
            return Resolved::new(self.file, node.span, Value::invalid("`Fn::Select` needs a position and a list"));
        };
        let (index, list) = (self.value(index, depth), self.value(list, depth));
        let Value::List(mut items) = list.value else { return list };
        match index.value.number() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
            Some(at) if at >= 0.0 && at < items.len() as f64 => items.swap_remove(at as usize),
            Some(_) => Resolved::new(self.file, node.span, Value::invalid("no element at this position")),
            None => index,
        }
    }

    fn split(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let [separator, whole] = self.arguments(call) else {
            return Resolved::new(self.file, node.span, Value::invalid("`Fn::Split` needs a separator and a text"));
        };
        let whole = self.value(whole, depth);
        match (text(separator).filter(|text| !text.is_empty()), whole.text()) {
            (Some(separator), Some(text)) => {
                let item = |part: &str| Resolved::new(self.file, node.span, Value::Text(part.to_owned()));
                Resolved::new(self.file, node.span, Value::List(text.split(separator).map(item).collect()))
            }
            _ => whole,
        }
    }

    /// `FindInMap`: map, first and second key, and a default that the language extensions allow.
    fn find_in_map(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let [map, first, second, more @ ..] = self.arguments(call) else {
            return Resolved::new(self.file, node.span, Value::invalid("`Fn::FindInMap` needs a map and two keys"));
        };
        let keys = [self.value(map, depth), self.value(first, depth), self.value(second, depth)];
        if let Some(unknown) = keys.iter().find(|key| key.text().is_none()) {
            return unknown.clone();
        }
        let names: Vec<String> = keys.iter().filter_map(Resolved::text).collect();
        let path: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = self.mappings.and_then(|all| all.at(&path)).or_else(|| more.first()?.get("DefaultValue"));
        match found {
            Some(found) => self.value(found, depth).used_at(self.file, node.span),
            None => Resolved::new(self.file, node.span, Value::invalid(format!("no entry `{}`", path.join(".")))),
        }
    }

    /// `If`: what is not known decides between two values; the same twice is known all the same.
    fn either(&self, call: &Call<'a>, node: &'a Node, depth: usize) -> Resolved<'a> {
        let [condition, yes, no] = self.arguments(call) else {
            return Resolved::new(self.file, node.span, Value::invalid("`Fn::If` needs a condition and two values"));
        };
        let name = text(condition).unwrap_or_default();
        match self.condition(name, depth) {
            Ok(true) => self.value(yes, depth),
            Ok(false) => self.value(no, depth),
            Err(reason) => {
                let (yes, no) = (self.value(yes, depth), self.value(no, depth));
                if yes == no && yes.reason().is_none() {
                    return yes;
                }
                let mut found = Resolved::unknown(self.file, node.span, reason);
                let both = yes.all_mentions().into_iter().chain(no.all_mentions());
                found.mentions = both.cloned().collect::<Vec<Mention<'a>>>();
                found
            }
        }
    }

    /// A condition by name.
    pub(super) fn condition(&self, name: &str, depth: usize) -> Result<bool, Reason> {
        let Some((name, node)) = self.conditions.get_key_value(name) else {
            return Err(Reason::Undeclared(Arc::from(name)));
        };
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone().unwrap_or_else(|| Err(Reason::Cycle(Arc::from(*name))));
        }
        self.known.borrow_mut().insert(name, None);
        let found = self.truth(node, depth + 1);
        self.known.borrow_mut().insert(name, Some(found.clone()));
        found
    }

    /// Truth of a condition's expression.
    fn truth(&self, node: &'a Node, depth: usize) -> Result<bool, Reason> {
        let Some(call) = self.call(node).filter(|_| depth < 60) else { return Err(Reason::Limit) };
        let all = || self.arguments(&call).iter().map(|item| self.truth(item, depth + 1));
        match call.name {
            "Condition" => self.condition(text(call.argument).unwrap_or_default(), depth + 1),
            "Not" => all().next().unwrap_or(Err(Reason::Limit)).map(|truth| !truth),
            // one that is known may decide whatever the others are
            "And" | "Or" => {
                let decides = call.name == "Or";
                let found: Vec<Result<bool, Reason>> = all().collect();
                if found.contains(&Ok(decides)) {
                    return Ok(decides);
                }
                found.into_iter().find(Result::is_err).unwrap_or(Ok(!decides))
            }
            "Equals" => {
                let [left, right] = self.arguments(&call) else {
                    return Err(Reason::Invalid(Arc::from("`Fn::Equals` needs two values")));
                };
                let (left, right) = (self.value(left, depth + 1), self.value(right, depth + 1));
                match (left.text(), right.text()) {
                    (Some(left), Some(right)) => Ok(left == right),
                    _ => Err(left.reason().or_else(|| right.reason()).cloned().unwrap_or(Reason::Limit)),
                }
            }
            name => Err(Reason::Function(Arc::from(format!("Fn::{name}")))),
        }
    }
}

/// Pieces of a text; one that is not known makes the whole unknown.
#[derive(Default)]
struct Parts<'a> {
    text: String,
    reason: Option<Reason>,
    mentions: Vec<Mention<'a>>,
}

impl<'a> Parts<'a> {
    fn is_too_long(&self) -> bool {
        matches!(self.reason, Some(Reason::Limit))
    }

    fn push_text(&mut self, text: &str) {
        if self.text.len() + text.len() > LONGEST {
            self.reason.get_or_insert(Reason::Limit);
        } else {
            self.text.push_str(text);
        }
    }

    fn push(&mut self, value: Resolved<'a>) {
        self.mentions.extend(value.all_mentions().into_iter().cloned());
        match value.text() {
            Some(text) => self.push_text(&text),
            None => {
                let reason = value.reason().cloned();
                let reason = reason.unwrap_or_else(|| Reason::Invalid(Arc::from("a list or table within a text")));
                self.reason.get_or_insert(reason);
            }
        }
    }

    fn end(self, template: &Template<'a>, node: &'a Node) -> Resolved<'a> {
        let value = self.reason.map_or(Value::Text(self.text), Value::Unknown);
        let mut found = Resolved::new(template.file, node.span, value);
        found.mentions = self.mentions;
        for mention in &mut found.mentions {
            (mention.file, mention.span) = (template.file, node.span);
        }
        found
    }
}

/// A node's text, whatever reads it later.
fn text(node: &Node) -> Option<&str> {
    match &node.value {
        parse::Value::Text(text) | parse::Value::Number(text) => Some(text),
        _ => None,
    }
}
