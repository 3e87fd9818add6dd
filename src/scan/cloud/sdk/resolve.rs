//! What a call calls: the name that it is imported under, through variables.

use tree_sitter::Node;

use super::modules::HOME;
use super::outside::Outside;
use super::reading::{Call, Reading, end_of};
use super::syntax::{Language, call, field, path, unwrapped};

/// What is called.
pub(super) struct Target {
    /// As written.
    pub(super) names: Vec<String>,
    /// Full names that it may have, from the package on.
    pub(super) fulls: Vec<String>,
    /// The call that made the object it is called on.
    pub(super) client: Option<usize>,
    /// True when the root is an import or was made from one.
    pub(super) is_known: bool,
    /// What another file makes, when it is called on that, and whether it is that itself that is called.
    pub(super) outside: Option<Outside>,
    pub(super) is_outside: bool,
}

/// Variables that are followed.
const STEPS: usize = 4;

impl<'t> Reading<'t> {
    /// What a call calls.
    pub(super) fn target(&self, call: &Call<'t>) -> Target {
        let mut target = self.target_of(call.callee, call.scope, STEPS);
        // the call itself is no object that it is made on
        target.client = target.client.filter(|client| *client != call.node.id());
        self.outside(&mut target);
        target
    }

    /// Puts the package in the place of the file that makes what is called.
    fn outside(&self, target: &mut Target) {
        if self.outside.is_empty() {
            return;
        }
        let known = target.fulls.iter().find_map(|full| {
            let ends = full.match_indices('.').map(|(at, _)| at).chain([full.len()]);
            // the longest name that is known
            let found = ends.filter_map(|end| Some((self.outside.get(&full[..end])?, &full[end..]))).next_back();
            found.map(|(outside, rest)| (outside.clone(), rest.to_owned()))
        });
        if let Some((outside, rest)) = known {
            target.fulls = outside.fulls.iter().map(|full| format!("{full}{rest}")).collect();
            target.is_known = true;
            target.is_outside = rest.is_empty();
            target.outside = Some(outside);
        }
    }

    /// Full names by the type that a name is declared to have: whoever makes it, it is one of those.
    fn of_type(&self, names: &[String], scope: usize, steps: usize) -> Vec<String> {
        let Some((kind, used)) = self.type_of(names, scope).filter(|_| steps > 0) else { return Vec::new() };
        let made = self.target_of(kind, 0, steps - 1);
        made.fulls.iter().map(|full| joined(full, &names[used..])).collect()
    }

    /// Full names that a name of the file may have.
    pub(super) fn fulls(&self, name: Node<'t>, scope: usize) -> Vec<String> {
        let target = self.target_of(name, scope, STEPS);
        let Some((root, rest)) = target.names.split_first().filter(|_| target.fulls.is_empty()) else {
            return target.fulls;
        };
        // `from .settings import MODEL`
        let mut beside = self.imports.by_dots.iter().filter(|(local, _)| local == root);
        let full = beside.next().filter(|_| self.values(root, scope).is_empty());
        full.map(|(_, import)| joined(&import.full(), rest)).into_iter().collect()
    }

    fn target_of(&self, callee: Node<'t>, scope: usize, steps: usize) -> Target {
        let found = path(callee, self.text);
        let names: Vec<String> = found.names.iter().map(|name| (*name).to_owned()).collect();
        let mut target = Target {
            names: names.clone(),
            fulls: Vec::new(),
            client: found.inner.map(|node| node.id()),
            is_known: false,
            outside: None,
            is_outside: false,
        };
        let Some(root) = found.names.first().filter(|root| !root.is_empty()) else { return target };
        let is_member = matches!(*root, "self" | "this") && found.names.len() > 1;
        let (name, rest) =
            if is_member { (format!("{root}.{}", names[1]), &names[2..]) } else { ((*root).to_owned(), &names[1..]) };
        let values = self.values(&name, scope);
        let before = values.iter().rev().find(|binding| binding.at <= callee.start_byte());
        if let Some(binding) = before.or(values.last())
            && steps > 0
        {
            let value = binding.value.map(|value| outermost(value, self.text));
            if let Some(value) = value.filter(|value| !value.byte_range().contains(&callee.start_byte())) {
                let made = self.target_of(value_callee(value), binding.within, steps - 1);
                if made.is_known {
                    target.fulls = made.fulls.iter().map(|full| joined(full, rest)).collect();
                    target.client = target.client.or(made.client).or_else(|| call(value).map(|_| value.id()));
                    target.is_known = true;
                    return target;
                }
                if !made.fulls.is_empty() && !self.imports.names.contains_key(*root) {
                    // of an opened namespace, of the package, or of nothing that is known
                    target.fulls = made.fulls.iter().map(|full| joined(full, rest)).collect();
                    target.client = target.client.or(made.client).or_else(|| call(value).map(|_| value.id()));
                    return target;
                }
            }
            // a parameter, or made by something of the tree
            if !self.imports.names.contains_key(*root) {
                target.fulls = self.of_type(&names, scope, steps);
                return target;
            }
        }
        if steps > 0 && self.type_of(&names, scope).is_some() {
            target.fulls = self.of_type(&names, scope, steps);
            return target;
        }
        if is_member {
            return target;
        }
        if let Some(full) = self.imports.names.get(*root) {
            // a module that is called by its local name stands for its default export
            let is_module = self.imports.all.iter().any(|import| import.name.is_empty() && import.module == *full);
            let is_script = matches!(self.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
            let whole = if names.len() == 1 && is_module && is_script {
                joined(full, &names)
            } else {
                joined(full, &names[1..])
            };
            target.fulls.push(whole);
            target.is_known = true;
            return target;
        }
        let is_type = root.starts_with(|c: char| c.is_ascii_uppercase());
        if !self.language.opens_namespaces() || is_type {
            target.fulls.extend(self.imports.open.iter().map(|open| joined(open, &names)));
        }
        if names.len() > 1 && (self.language == Language::Rust || self.language.opens_namespaces()) {
            target.fulls.push(names.join("."));
        }
        // `crate::clients` is written in full
        let own = self.imports.own.iter().filter(|own| own.starts_with(HOME) || *own == "self");
        target.fulls.extend(own.map(|own| joined(own, &names)));
        target
    }
}

/// Calls that keep what is given to them, or what a function that is given to them makes.
const HOLDERS: [&str; 14] = [
    "LazyLock.new",
    "Lazy.new",
    "Arc.new",
    "Rc.new",
    "Box.new",
    "Some",
    "Ok",
    "get_or_init",
    "get_or_try_init",
    "sync.OnceValue",
    "Optional.of",
    "Suppliers.memoize",
    "Lazy.of",
    "Task.FromResult",
];

/// Past awaits, brackets and what only keeps a value.
pub(super) fn outermost<'t>(node: Node<'t>, text: &'t str) -> Node<'t> {
    let mut node = node;
    for _ in 0..12 {
        let inner = match call(node) {
            None => unwrapped(node),
            Some((callee, arguments)) => held(callee, arguments, text),
        };
        let Some(inner) = inner else { break };
        node = inner;
    }
    node
}

/// What a holder is given: a value, or the end of a function without arguments.
fn held<'t>(callee: Node<'t>, arguments: Option<Node<'t>>, text: &'t str) -> Option<Node<'t>> {
    let whole = path(callee, text).names.join(".");
    let is_holder = |known: &str| whole.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let value = arguments.filter(|_| HOLDERS.iter().any(|known| is_holder(known)))?.named_child(0)?;
    let mut body = match value.kind() {
        "closure_expression" | "lambda_expression" | "func_literal" => field(value, "body")?,
        _ => return Some(value),
    };
    if body.kind() == "async_block" {
        body = body.named_child(0)?;
    }
    match body.kind() {
        "block" => end_of(body).or_else(|| returned(body)),
        _ => Some(body),
    }
}

/// What a block that does nothing else gives back.
fn returned(block: Node<'_>) -> Option<Node<'_>> {
    let mut inner = block;
    // Go has a list of statements in the block
    while inner.named_child_count() == 1 {
        inner = inner.named_child(0)?;
        if inner.kind() == "return_statement" {
            return inner.named_child(0);
        }
    }
    None
}

/// What makes a value: the callee of a call, else the value.
fn value_callee(value: Node<'_>) -> Node<'_> {
    call(value).map_or(value, |(callee, _)| callee)
}

fn joined(full: &str, names: &[String]) -> String {
    let mut whole = full.to_owned();
    for name in names {
        whole.push('.');
        whole.push_str(name);
    }
    whole
}

/// What a full name is below a package, with what the `*` of the package stands for.
pub(super) fn below<'f>(full: &'f str, package: &str) -> Option<(&'f str, &'f str)> {
    let end = |rest: &'f str| match rest.chars().next() {
        None => Some(rest),
        Some('.' | '/') => Some(&rest[1..]),
        Some(_) => None,
    };
    let Some((before, after)) = package.split_once('*') else {
        return Some(("", end(full.strip_prefix(package)?)?));
    };
    let rest = full.strip_prefix(before)?;
    let length = rest.find(['.', '/']).unwrap_or(rest.len());
    let (capture, rest) = rest.split_at(length);
    (!capture.is_empty()).then_some((capture, end(rest.strip_prefix(after)?)?))
}

/// True when a path below a package is a call of a row: the same from the right. Modules may stand between.
pub(super) fn fits(call: &str, rest: &str) -> bool {
    let (call, is_any) = call.strip_prefix("*.").map_or((call, false), |call| (call, true));
    let mut parts = rest.rsplit(['.', '/']);
    let same = call.rsplit('.').all(|wanted| parts.next().is_some_and(|part| is_like(wanted, part)));
    same && (!is_any || parts.next().is_some())
}

fn is_like(wanted: &str, part: &str) -> bool {
    match wanted.split_once('*') {
        Some((before, after)) => {
            part.len() >= before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
        }
        None => wanted == part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_calls() {
        assert_eq!(below("openai.AzureOpenAI", "openai"), Some(("", "AzureOpenAI")));
        assert_eq!(below("openai_x.A", "openai"), None);
        assert_eq!(below("@aws-sdk/client-s3.S3Client", "@aws-sdk/client-*"), Some(("s3", "S3Client")));
        assert_eq!(
            below("software.amazon.awssdk.services.s3.S3Client", "software.amazon.awssdk.services.*"),
            Some(("s3", "S3Client"))
        );
        assert_eq!(below("github.com/a/b/service/sqs.New", "github.com/a/b/service/*"), Some(("sqs", "New")));
        assert!(fits("OpenAI", "OpenAI") && fits("OpenAI", "chat_models.OpenAI") && !fits("OpenAI", "OpenAI.x"));
        assert!(fits("*Client.builder", "S3Client.builder") && !fits("*Client.builder", "builder"));
        assert!(fits("*.chat.create", "c.chat.create") && !fits("*.chat.create", "chat.create"));
    }
}
