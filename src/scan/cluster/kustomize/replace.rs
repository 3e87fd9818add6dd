//! Replacements and variables: values that are taken from one object and put into others.

use super::super::tree;
use super::build::Built;
use super::patch::Target;
use super::resource::Resource;
use crate::parse::{Entry, Node, Value};
use crate::text::Span;

/// Places of one path that are changed.
const MOST_PLACES: usize = 10_000;
/// Longest text that is put together.
const LONGEST: usize = 1 << 16;

/// Puts the value of an entry of `replacements` where its targets say.
///
/// # Errors
/// What of it could not be done.
pub(super) fn replacement(entry: &Node, all: &mut [Resource], built: &mut Built) -> Result<(), String> {
    if built.is_full() {
        return Err("too much was copied before".to_owned());
    }
    let value = source(entry, all)?;
    for target in entry.get("targets").map_or(&[][..], Node::list) {
        let select = target.get("select").ok_or("a target without `select`")?;
        let rejects: Vec<Target<'_>> =
            target.get("reject").map_or(&[][..], Node::list).iter().map(Target::new).collect();
        let chosen = Target::new(select);
        let own = Node::new(entry.span, Value::Text("metadata.name".into()));
        let paths = target.get("fieldPaths").map_or(std::slice::from_ref(&own), Node::list);
        let mut found = false;
        for resource in all.iter_mut().filter(|resource| chosen.fits(resource)) {
            if rejects.iter().any(|reject| reject.fits(resource)) {
                continue;
            }
            found = true;
            for path in paths.iter().filter_map(Node::text) {
                put(resource, path, &value, target.get("options"), built)?;
            }
            resource.learn();
        }
        if !found {
            return Err("a target is none of the objects that were read".to_owned());
        }
    }
    Ok(())
}

/// The value that is put into others.
fn source(entry: &Node, all: &mut [Resource]) -> Result<Node, String> {
    if let Some(value) = entry.get("sourceValue") {
        return Ok(value.clone());
    }
    let source = entry.get("source").ok_or("it names no source")?;
    let wanted = Target::new(source);
    let of = all.iter_mut().find(|resource| wanted.fits(resource));
    let of = of.ok_or("its source is none of the objects that were read")?;
    let path = source.text_at("fieldPath").unwrap_or("metadata.name");
    let mut found = None;
    // nothing is made and nothing changed: the values are looked at
    walk(&mut of.node, &parts(path), None, &mut 0, &mut |node| {
        found.get_or_insert_with(|| node.clone());
    });
    let mut found = found.ok_or_else(|| format!("nothing stands at `{path}` of its source"))?;
    if let Some(text) = piece(&found, source.get("options")) {
        found = tree::text(&text, found.span);
    }
    Ok(found)
}

/// The part of a text that a delimiter and a position mean.
fn piece(node: &Node, options: Option<&Node>) -> Option<String> {
    let options = options?;
    let delimiter = options.text_at("delimiter").filter(|text| !text.is_empty())?;
    let text = node.scalar()?;
    text.split(delimiter).nth(position(options)?).map(str::to_owned)
}

fn position(options: &Node) -> Option<usize> {
    options.get("index").map_or(Some(0), |index| index.scalar()?.parse().ok())
}

/// Puts a value at a path of an object.
///
/// # Errors
/// What was too much or too long; that place is as it was.
fn put(
    resource: &mut Resource,
    path: &str,
    value: &Node,
    options: Option<&Node>,
    built: &mut Built,
) -> Result<(), String> {
    let create = options.and_then(|options| options.get("create")).and_then(Node::as_bool) == Some(true);
    let made = create.then_some(value.span);
    let parts = parts(path);
    let mut failed = Ok(());
    walk(&mut resource.node, &parts, made, &mut 0, &mut |node| {
        if failed.is_err() {
            return;
        }
        let at = if matches!(node.value, Value::Null) { value.span } else { node.span };
        let text = joined(node, value, options);
        if text.as_ref().is_some_and(|text| text.len() >= LONGEST) {
            failed = Err(format!("a text would be longer than {LONGEST} letters"));
            return;
        }
        let new = text.map_or_else(|| Node::new(at, value.value.clone()), |text| tree::text(&text, at));
        if built.affords(&new, parts.len(), value.span) {
            built.sources.note(at, value.span);
            *node = new;
        } else {
            failed = Err("it puts too much in place".to_owned());
        }
    });
    failed
}

/// The text of a place with a part of it replaced, where a delimiter says so.
fn joined(node: &Node, value: &Node, options: Option<&Node>) -> Option<String> {
    let options = options?;
    let delimiter = options.text_at("delimiter").filter(|text| !text.is_empty())?;
    let (old, new) = (node.scalar()?.into_owned(), value.scalar()?);
    let mut pieces: Vec<&str> = old.split(delimiter).collect();
    match position(options) {
        Some(at) if at < pieces.len() => pieces[at] = &new,
        Some(_) => pieces.push(&new),
        None => pieces.insert(0, &new),
    }
    Some(pieces.join(delimiter))
}

/// The parts of a path: names, `[key=value]`, positions and `*`; a point after `\` belongs to the name.
fn parts(path: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut letters = path.chars();
    let mut inside = false;
    while let Some(letter) = letters.next() {
        let last = found.last_mut().expect("one part is there from the beginning");
        match letter {
            '\\' => last.extend(letters.next()),
            '.' if !inside => found.push(String::new()),
            _ => {
                inside = (inside || letter == '[') && letter != ']';
                last.push(letter);
            }
        }
    }
    found.retain(|part| !part.is_empty());
    found
}

/// Calls `change` on everything at a path; what is missing is made where `made` says at which place.
fn walk(node: &mut Node, path: &[String], made: Option<Span>, count: &mut usize, change: &mut dyn FnMut(&mut Node)) {
    let Some((part, rest)) = path.split_first() else {
        *count += 1;
        if *count <= MOST_PLACES {
            change(node);
        }
        return;
    };
    if matches!(node.value, Value::Null)
        && let Some(span) = made
    {
        *node = tree::table(span);
    }
    if let Some((key, wanted)) = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')?.split_once('=')) {
        for item in tree::list_mut(node) {
            if item.get(key).and_then(Node::scalar).is_some_and(|is| is == wanted) {
                walk(item, rest, made, count, change);
            }
        }
        return;
    }
    match &mut node.value {
        Value::List(items) if part == "*" => {
            items.iter_mut().for_each(|item| walk(item, rest, made, count, change));
        }
        Value::List(items) => {
            if let Some(item) = part.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                walk(item, rest, made, count, change);
            }
        }
        Value::Map(entries) => {
            let known = entries.iter().rposition(|entry| *entry.key == **part);
            let at = known.or_else(|| {
                let span = made?;
                entries.push(Entry { key: part.as_str().into(), key_span: span, value: Node::new(span, Value::Null) });
                Some(entries.len() - 1)
            });
            if let Some(at) = at {
                walk(&mut entries[at].value, rest, made, count, change);
            }
        }
        _ => {}
    }
}

/// Fills in `$(NAME)` of `vars` in commands, arguments, settings and hosts. Gives the entries whose object is not there.
pub(super) fn variables<'n>(vars: &'n [Node], all: &mut [Resource], built: &mut Built) -> Vec<&'n Node> {
    let mut lost = Vec::new();
    for entry in vars {
        let (Some(name), Some(of)) = (entry.text_at("name"), entry.get("objref")) else { continue };
        let path = entry.at(&["fieldref", "fieldpath"]).or_else(|| entry.at(&["fieldref", "fieldPath"]));
        let path = path.and_then(Node::text).unwrap_or("metadata.name");
        let object = all.iter_mut().find(|resource| {
            of.text_at("kind") == Some(resource.kind())
                && of.text_at("name").is_some_and(|name| resource.is_called(name))
        });
        let mut value = None;
        if let Some(object) = object {
            walk(&mut object.node, &parts(path), None, &mut 0, &mut |node| {
                value = node.scalar().map(|text| (text.into_owned(), node.span));
            });
        }
        let Some((text, at)) = value else {
            lost.push(entry);
            continue;
        };
        let filling = Filling { word: format!("$({name})"), with: text, at, entry: entry.span };
        for resource in all.iter_mut() {
            filling.fill(&mut resource.node, false, built);
        }
    }
    lost
}

/// Fields whose texts are filled in.
const FILLED: [&str; 5] = ["command", "args", "env", "host", "hosts"];

/// A word of texts, and what takes its place.
struct Filling {
    word: String,
    with: String,
    /// Where that was taken from, and where it is asked for.
    at: Span,
    entry: Span,
}

impl Filling {
    fn fill(&self, node: &mut Node, is_filled: bool, built: &mut Built) {
        match &mut node.value {
            Value::Text(text) if is_filled && text.contains(&self.word) => {
                // the length is known before anything is put together
                if text.len() + text.matches(&self.word).count() * self.with.len() >= LONGEST {
                    let message = format!("texts with a variable would be longer than {LONGEST} letters");
                    return built.limit(self.entry, format!("{message}, and stand as they are"));
                }
                let new = tree::text(&text.replace(&self.word, &self.with), node.span);
                if built.affords(&new, 0, self.entry) {
                    built.sources.note(node.span, self.at);
                    *node = new;
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.fill(item, is_filled, built)),
            Value::Map(entries) => {
                for entry in entries {
                    let is_filled = is_filled || FILLED.contains(&&*entry.key);
                    self.fill(&mut entry.value, is_filled, built);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_parts() {
        assert_eq!(
            parts("spec.containers.[name=a.b].env.0.value"),
            ["spec", "containers", "[name=a.b]", "env", "0", "value"]
        );
        assert_eq!(parts(r"metadata.annotations.a\.b/c"), ["metadata", "annotations", "a.b/c"]);
    }

    #[test]
    fn values_go_from_object_to_object() {
        let text = "- {kind: ConfigMap, metadata: {name: c}, data: {image: 'r.example/app:2', zone: eu-1}}\n\
                    - {kind: Deployment, metadata: {name: d}, spec: {containers: [{name: x, image: 'old:1'}, {name: y, image: keep}]}}\n";
        let mut all: Vec<Resource> =
            crate::parse::yaml::yaml(text).documents[0].list().iter().cloned().map(Resource::new).collect();
        for (entry, image) in [
            (
                "{source: {kind: ConfigMap, fieldPath: data.image}, targets: [{select: {kind: Deployment}, \
              fieldPaths: ['spec.containers.[name=x].image']}]}",
                "r.example/app:2",
            ),
            (
                "{source: {kind: ConfigMap, fieldPath: data.zone}, targets: [{select: {name: d}, \
              fieldPaths: [spec.containers.0.image], options: {delimiter: ':', index: 1}}]}",
                "r.example/app:eu-1",
            ),
        ] {
            let entry = crate::parse::yaml::yaml(entry).documents.remove(0);
            replacement(&entry, &mut all, &mut Built::default()).expect("is done");
            let found = all[1].node.at(&["spec", "containers"]).map_or(&[][..], Node::list);
            assert_eq!(found[0].text_at("image"), Some(image));
            assert_eq!(found[1].text_at("image"), Some("keep"));
        }
        let entry = "{source: {kind: Secret}, targets: []}";
        let entry = crate::parse::yaml::yaml(entry).documents.remove(0);
        assert!(replacement(&entry, &mut all, &mut Built::default()).is_err());
    }
}
