//! Functions that ARM templates and Bicep share. What needs the cloud is unknown, and says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::evaluate::{Locals, Scope};
use super::expression::Node;
use crate::scan::cloud::declared::value::{Mention, Reason, Resolved, Value, number_text};

/// Most elements that a function makes.
const MOST: usize = 10_000;

/// What the cloud knows of a deployment.
const OF_THE_TARGET: [&str; 12] = [
    "resourcegroup",
    "subscription",
    "tenant",
    "managementgroup",
    "deployment",
    "environment",
    "deployer",
    "newguid",
    "utcnow",
    "guid",
    "uniquestring",
    "pickzones",
];

impl<'a> Scope<'a, '_> {
    /// The value of a call.
    pub(super) fn call(
        &self,
        name: &str,
        arguments: &[Node],
        node: &Node,
        locals: Locals<'_, 'a>,
        depth: usize,
    ) -> Resolved<'a> {
        match name {
            "parameters" | "variables" => return self.named(name, arguments, node, locals, depth),
            "copyindex" => return self.copy_index(arguments, node, locals, depth),
            "if" => {
                if let [condition, yes, no] = arguments {
                    let condition = self.value_in(condition, locals, depth);
                    return self.choose(node, condition, yes, no, locals, depth);
                }
            }
            "resourceid" | "subscriptionresourceid" | "extensionresourceid" | "tenantresourceid" => {
                return self.resource_id(arguments, node, locals, depth);
            }
            _ => {}
        }
        let values: Vec<Resolved<'a>> = arguments.iter().map(|one| self.value_in(one, locals, depth)).collect();
        if OF_THE_TARGET.contains(&name) {
            return self.mentioning(node, Reason::Target(Arc::from(format!("{name}()"))), &values);
        }
        if name == "reference" || name.starts_with("list") || name == "getsecret" {
            let mut found = self.mentioning(node, Reason::Elsewhere(Arc::from(format!("{name}()"))), &values);
            if let Some(to) = arguments.first().and_then(|first| self.referred(first, locals, depth)) {
                found.mentions.push(Mention { to, file: self.file, span: node.span });
            }
            return found;
        }
        if let Some(found) = self.text_function(name, &values, node).or_else(|| self.list_function(name, &values, node))
        {
            return found;
        }
        match logic(name, &values) {
            Some(value) => self.mentioned(node, value, &values),
            None => {
                // of what is unknown the first says why; else the function is one that is not evaluated
                let reason = values.iter().find_map(Resolved::reason).cloned();
                let reason = reason.unwrap_or_else(|| Reason::Function(Arc::from(name)));
                self.mentioning(node, reason, &values)
            }
        }
    }

    /// A value made of others, which speaks of what they speak of.
    fn mentioned(&self, node: &Node, value: Value<'a>, of: &[Resolved<'a>]) -> Resolved<'a> {
        let mut found = self.at(node, value);
        let all = of.iter().flat_map(Resolved::all_mentions);
        found.mentions = all.map(|mention| Mention { file: self.file, span: node.span, ..mention.clone() }).collect();
        found
    }

    fn mentioning(&self, node: &Node, reason: Reason, of: &[Resolved<'a>]) -> Resolved<'a> {
        self.mentioned(node, Value::Unknown(reason), of)
    }

    /// `parameters('name')` and `variables('name')`.
    fn named(
        &self,
        function: &str,
        arguments: &[Node],
        node: &Node,
        locals: Locals<'_, 'a>,
        depth: usize,
    ) -> Resolved<'a> {
        let name = arguments.first().map(|name| self.value_in(name, locals, depth));
        let Some(name) = name.and_then(|name| name.text()) else {
            return self.unknown(node, Reason::Function(Arc::from(function)));
        };
        let found = if function == "parameters" {
            self.parameter(&name, node, depth)
        } else {
            self.variable(&name, node, depth)
        };
        found.unwrap_or_else(|| self.unknown(node, Reason::Undeclared(Arc::from(name))))
    }

    /// `copyIndex()`, `copyIndex(offset)`, `copyIndex('loop', offset)`.
    fn copy_index(&self, arguments: &[Node], node: &Node, locals: Locals<'_, 'a>, depth: usize) -> Resolved<'a> {
        let values: Vec<Resolved<'a>> = arguments.iter().map(|one| self.value_in(one, locals, depth)).collect();
        let (name, offset) = match values.as_slice() {
            [] => (None, 0.0),
            [one] => match &one.value {
                Value::Number(number) => (None, *number),
                _ => (one.text(), 0.0),
            },
            [name, offset, ..] => (name.text(), offset.value.number().unwrap_or(0.0)),
        };
        let local = format!("copyIndex:{}", name.unwrap_or_default());
        match self.local(&local, locals) {
            Some(index) => match index.value.number() {
                Some(number) => self.at(node, Value::Number(number + offset)),
                None => index,
            },
            None => self.unknown(node, Reason::Undeclared(Arc::from("copyIndex()"))),
        }
    }

    /// `resourceId(…, 'type', 'name', …)`: text where everything is known, and the resource that it means.
    fn resource_id(&self, arguments: &[Node], node: &Node, locals: Locals<'_, 'a>, depth: usize) -> Resolved<'a> {
        let values: Vec<Resolved<'a>> = arguments.iter().map(|one| self.value_in(one, locals, depth)).collect();
        let mut found = self.mentioning(node, Reason::Elsewhere(Arc::from("resourceId()")), &values);
        if let Some(to) = self.referred(node, locals, depth) {
            found.mentions.push(Mention { to, file: self.file, span: node.span });
        }
        found
    }

    fn text_function(&self, name: &str, values: &[Resolved<'a>], node: &Node) -> Option<Resolved<'a>> {
        let text = |at: usize| values.get(at).and_then(Resolved::text);
        let made = match name {
            "concat" if values.iter().all(|value| !matches!(value.value, Value::List(_))) => {
                return Some(self.joined(node, values.to_vec()));
            }
            "format" => return self.format(values, node),
            "tolower" => text(0)?.to_lowercase(),
            "toupper" => text(0)?.to_uppercase(),
            "trim" => text(0)?.trim().to_owned(),
            "string" => text(0)?,
            "any" | "base64" | "uricomponent" | "uricomponenttostring" => return values.first().cloned(),
            "replace" => {
                let (whole, from, to) = (text(0)?, text(1)?, text(2)?);
                if from.is_empty() || whole.len() * (to.len() + 1) > 1 << 20 {
                    whole
                } else {
                    whole.replace(&from, &to)
                }
            }
            "substring" => {
                let whole: Vec<char> = text(0)?.chars().collect();
                let start = position(values.get(1)?.value.number()?)?;
                let length = values.get(2).map_or(Some(whole.len()), |count| position(count.value.number()?))?;
                whole.get(start..)?.iter().take(length).collect()
            }
            "take" if text(0).is_some() => text(0)?.chars().take(position(values.get(1)?.value.number()?)?).collect(),
            "skip" if text(0).is_some() => text(0)?.chars().skip(position(values.get(1)?.value.number()?)?).collect(),
            "padleft" => {
                let (whole, width) = (text(0)?, position(values.get(1)?.value.number()?)?);
                let fill = text(2).unwrap_or_else(|| " ".to_owned());
                format!("{}{whole}", fill.repeat(width.min(256).saturating_sub(whole.chars().count())))
            }
            "first" if text(0).is_some() => text(0)?.chars().take(1).collect(),
            "last" if text(0).is_some() => text(0)?.chars().last().into_iter().collect(),
            "uri" => format!("{}/{}", text(0)?.trim_end_matches('/'), text(1)?.trim_start_matches('/')),
            "join" => {
                let items: Option<Vec<String>> = values.first()?.list().iter().map(Resolved::text).collect();
                items?.join(&text(1)?)
            }
            _ => return None,
        };
        Some(self.mentioned(node, Value::Text(made), values))
    }

    /// `format('{0}-{1:D2}', …)`.
    fn format(&self, values: &[Resolved<'a>], node: &Node) -> Option<Resolved<'a>> {
        let (first, rest) = values.split_first()?;
        let template = first.text()?;
        let mut parts = Vec::new();
        let mut open = template.as_str();
        let piece = |text: &str| self.at(node, Value::Text(text.to_owned()));
        while let Some(at) = open.find('{') {
            parts.push(piece(&open[..at]));
            if let Some(after) = open[at..].strip_prefix("{{") {
                parts.push(piece("{"));
                open = after;
                continue;
            }
            let end = at + open[at..].find('}')?;
            let (index, layout) = open[at + 1..end].split_once(':').unwrap_or((&open[at + 1..end], ""));
            let value = rest.get(index.trim().parse::<usize>().ok()?)?;
            let width = layout.trim_start_matches(['D', 'd', '0']).parse::<usize>().unwrap_or(layout.len());
            parts.push(match value.value.number().filter(|_| !layout.is_empty()) {
                Some(number) => piece(&format!("{:0>width$}", number_text(number), width = width.min(64))),
                None => value.clone(),
            });
            open = &open[end + 1..];
        }
        parts.push(piece(open));
        Some(self.joined(node, parts))
    }

    fn list_function(&self, name: &str, values: &[Resolved<'a>], node: &Node) -> Option<Resolved<'a>> {
        let first = values.first();
        let list = |at: usize| match &values.get(at)?.value {
            Value::List(items) => Some(items),
            _ => None,
        };
        let text = |at: usize| values.get(at).and_then(Resolved::text);
        let texts = |all: Vec<String>| all.into_iter().map(|one| self.at(node, Value::Text(one))).collect();
        let made = match name {
            "concat" | "union" if values.iter().all(|value| matches!(value.value, Value::List(_))) => {
                let mut all: Vec<Resolved<'a>> = values.iter().flat_map(|value| value.list().to_vec()).collect();
                if name == "union" && all.len() < 1000 {
                    let mut kept: Vec<Resolved<'a>> = Vec::new();
                    all.into_iter().for_each(|item| {
                        if !kept.contains(&item) {
                            kept.push(item)
                        }
                    });
                    all = kept;
                }
                Value::List(all)
            }
            "union" if values.iter().all(|value| matches!(value.value, Value::Map(_))) => {
                let mut all: Vec<(String, Resolved<'a>)> = Vec::new();
                for (name, value) in values.iter().flat_map(Resolved::entries) {
                    all.retain(|(known, _)| known != name);
                    all.push((name.clone(), value.clone()));
                }
                Value::Map(all)
            }
            "createarray" | "array" => match (name, values) {
                ("array", [one]) if matches!(one.value, Value::List(_)) => one.value.clone(),
                _ => Value::List(values.to_vec()),
            },
            "createobject" => {
                let pairs = values.chunks_exact(2).filter_map(|pair| Some((pair[0].text()?, pair[1].clone())));
                Value::Map(pairs.collect())
            }
            "split" => {
                let (whole, by) = (text(0)?, text(1).filter(|by| !by.is_empty())?);
                Value::List(texts(whole.split(&by).take(MOST).map(str::to_owned).collect()))
            }
            "range" => {
                let (from, count) = (first?.value.number()?, position(values.get(1)?.value.number()?)?);
                let numbers = (0..count.min(MOST)).map(|at| self.at(node, Value::Number(from + at as f64)));
                Value::List(numbers.collect())
            }
            "first" => return list(0)?.first().cloned(),
            "last" => return list(0)?.last().cloned(),
            "take" => Value::List(list(0)?.iter().take(position(values.get(1)?.value.number()?)?).cloned().collect()),
            "skip" => Value::List(list(0)?.iter().skip(position(values.get(1)?.value.number()?)?).cloned().collect()),
            "flatten" => Value::List(list(0)?.iter().flat_map(|inner| inner.list().to_vec()).collect()),
            "intersection" => {
                let other = list(1)?;
                Value::List(list(0)?.iter().take(1000).filter(|item| other.contains(item)).cloned().collect())
            }
            "items" => {
                let pair = |(key, value): &(String, Resolved<'a>)| {
                    let key = self.at(node, Value::Text(key.clone()));
                    self.at(node, Value::Map(vec![("key".to_owned(), key), ("value".to_owned(), value.clone())]))
                };
                let mut entries = first.filter(|map| matches!(map.value, Value::Map(_)))?.entries().to_vec();
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                Value::List(entries.iter().map(pair).collect())
            }
            "objectkeys" => {
                let map = first.filter(|map| matches!(map.value, Value::Map(_)))?;
                Value::List(texts(map.entries().iter().map(|(key, _)| key.clone()).collect()))
            }
            _ => return None,
        };
        Some(self.mentioned(node, made, &[]))
    }
}

/// A position or length; nothing for what is none.
fn position(number: f64) -> Option<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
    (0.0..1e9).contains(&number).then_some(number as usize)
}

/// Truth and numbers.
fn logic<'a>(name: &str, values: &[Resolved<'a>]) -> Option<Value<'a>> {
    let number = |at: usize| values.get(at).and_then(|value| value.value.number());
    let truths = || values.iter().map(|value| value.value.truth()).collect::<Vec<Option<bool>>>();
    let first = values.first();
    Some(match name {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "not" => Value::Bool(!first?.value.truth()?),
        // one that is known may decide whatever the others are
        "and" if truths().contains(&Some(false)) => Value::Bool(false),
        "or" if truths().contains(&Some(true)) => Value::Bool(true),
        "and" => Value::Bool(truths().into_iter().collect::<Option<Vec<bool>>>()?.into_iter().all(|truth| truth)),
        "or" => Value::Bool(truths().into_iter().collect::<Option<Vec<bool>>>()?.into_iter().any(|truth| truth)),
        "bool" => Value::Bool(first?.value.truth().or_else(|| number(0).map(|number| number != 0.0))?),
        "equals" | "notequals" => {
            let [left, right] = values else { return None };
            if left.reason().is_some() || right.reason().is_some() {
                return None;
            }
            Value::Bool((left == right) == (name == "equals"))
        }
        // `=~` of Bicep
        "likeequals" => Value::Bool(values.first()?.text()?.eq_ignore_ascii_case(&values.get(1)?.text()?)),
        "less" => Value::Bool(number(0)? < number(1)?),
        "lessorequals" => Value::Bool(number(0)? <= number(1)?),
        "greater" => Value::Bool(number(0)? > number(1)?),
        "greaterorequals" => Value::Bool(number(0)? >= number(1)?),
        "int" | "float" => Value::Number(number(0)?),
        "add" => Value::Number(number(0)? + number(1)?),
        "sub" => Value::Number(number(0)? - number(1)?),
        "mul" => Value::Number(number(0)? * number(1)?),
        "div" => Value::Number((number(0)? / number(1).filter(|by| *by != 0.0)?).trunc()),
        "mod" => Value::Number(number(0)? % number(1).filter(|by| *by != 0.0)?),
        "min" | "max" => {
            let all = if values.len() == 1 { first?.list() } else { values };
            let numbers: Option<Vec<f64>> = all.iter().map(|value| value.value.number()).collect();
            Value::Number(numbers?.into_iter().reduce(if name == "min" { f64::min } else { f64::max })?)
        }
        "length" => Value::Number(match &first?.value {
            Value::List(items) => items.len(),
            Value::Map(entries) => entries.len(),
            Value::Text(text) => text.chars().count(),
            _ => return None,
        } as f64),
        "empty" => Value::Bool(match &first?.value {
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Text(text) => text.is_empty(),
            Value::Null => true,
            _ => return None,
        }),
        "contains" => contains(first?, values.get(1)?)?,
        "startswith" => Value::Bool(first?.text()?.to_lowercase().starts_with(&values.get(1)?.text()?.to_lowercase())),
        "endswith" => Value::Bool(first?.text()?.to_lowercase().ends_with(&values.get(1)?.text()?.to_lowercase())),
        "indexof" => {
            let found = first?.text()?.to_lowercase().find(&values.get(1)?.text()?.to_lowercase());
            Value::Number(found.map_or(-1.0, |at| at as f64))
        }
        "coalesce" => {
            let known = values.iter().find(|value| value.value != Value::Null)?;
            return (known.reason().is_none()).then(|| known.value.clone());
        }
        "tryget" => return first?.get(&values.get(1)?.text()?).map(|value| value.value.clone()).or(Some(Value::Null)),
        _ => return None,
    })
}

fn contains<'a>(whole: &Resolved<'a>, part: &Resolved<'a>) -> Option<Value<'a>> {
    Some(Value::Bool(match &whole.value {
        Value::List(items) => {
            let known: BTreeSet<String> = items.iter().filter_map(Resolved::text).collect();
            match part.text() {
                Some(text) if known.contains(&text) => true,
                Some(_) if whole.reason().is_none() => false,
                _ => return None,
            }
        }
        Value::Map(entries) => {
            let name = part.text()?;
            entries.iter().any(|(key, _)| key.eq_ignore_ascii_case(&name))
        }
        Value::Text(text) => text.contains(&part.text()?),
        _ => return None,
    }))
}
