//! A chart with its subcharts, rendered with its values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::places::Sources;
use super::super::template::{Failure, HOME, Held, Machine, Output, Program, Stretch, Table, Value, override_values};
use super::shelf::Files;
use crate::parse::Node;
use crate::scan::{Companions, SourceFile};
use crate::text::{RelPath, Span};

/// Subcharts inside of each other.
const DEEPEST: usize = 8;
/// Charts that one may be put together of, each as often as it is used.
const MOST: usize = 400;
/// Stack of the thread that renders: templates call each other up to a fixed depth.
const STACK: usize = 64 << 20;
/// Version of Kubernetes that charts are told, as no cluster is asked.
const KUBERNETES: (&str, &str, &str) = ("v1.33.0", "1", "33");

/// The files of a chart.
pub(super) struct Chart {
    pub(super) folder: RelPath,
    pub(super) about: Arc<SourceFile>,
    values: Option<Arc<SourceFile>>,
    templates: Vec<Arc<SourceFile>>,
    others: Vec<Arc<SourceFile>>,
    below: Vec<Self>,
    /// Charts below that were left out: part of themselves, too deep, or too many.
    left_out: BTreeSet<RelPath>,
}

/// The way to a chart that is put together.
#[derive(Default)]
struct Way {
    open: Vec<RelPath>,
    count: usize,
}

/// One template's output.
pub(super) struct Rendered {
    pub(super) file: Arc<SourceFile>,
    pub(super) text: String,
    pub(super) stretches: Vec<Stretch>,
}

/// What rendering gave.
#[derive(Default)]
pub(super) struct Result {
    pub(super) rendered: Vec<Rendered>,
    /// Templates that could not be rendered, the action, and why.
    pub(super) failed: Vec<(Arc<SourceFile>, Option<Span>, String)>,
    /// What was taken to be empty.
    pub(super) assumed: BTreeSet<String>,
    pub(super) sources: Sources,
    /// Files that templates read as they stand.
    pub(super) used: BTreeSet<RelPath>,
}

impl Chart {
    /// The chart of a folder, out of files by path.
    pub(super) fn of(folder: &RelPath, files: &BTreeMap<&RelPath, &Arc<SourceFile>>) -> Option<Self> {
        Self::below(folder, files, &mut Way::default())
    }

    /// Charts that were left out of this one.
    pub(super) fn left_out(&self) -> BTreeSet<&RelPath> {
        self.left_out.iter().chain(self.below.iter().flat_map(Self::left_out)).collect()
    }

    fn below(folder: &RelPath, files: &BTreeMap<&RelPath, &Arc<SourceFile>>, way: &mut Way) -> Option<Self> {
        let about = files.get(&folder.join("Chart.yaml")?)?;
        let values = folder.join("values.yaml").and_then(|path| files.get(&path).copied()).map(Arc::clone);
        let templates_below = prefix(folder, "templates/");
        let charts_below = prefix(folder, "charts/");
        let (mut templates, mut others) = (Vec::new(), Vec::new());
        let own = prefix(folder, "");
        let mut below: BTreeSet<RelPath> = BTreeSet::new();
        for (path, file) in files {
            if path.as_str().starts_with(&templates_below) {
                templates.push(Arc::clone(file));
            } else if let Some(rest) = path.as_str().strip_prefix(&charts_below)
                && let Some(name) = rest.strip_suffix("/Chart.yaml").filter(|name| !name.contains('/'))
            {
                below.extend(folder.join(&format!("charts/{name}")));
            } else if path.as_str().starts_with(&own) && !path.as_str().starts_with(&charts_below) {
                others.push(Arc::clone(file));
            }
        }
        below.extend(beside(about, folder).into_iter().filter(|folder| is_chart(folder, files)));
        way.open.push(folder.clone());
        let (mut charts, mut left_out) = (Vec::new(), BTreeSet::new());
        for folder in below {
            if way.open.contains(&folder) || way.open.len() > DEEPEST || way.count >= MOST {
                left_out.insert(folder);
                continue;
            }
            way.count += 1;
            charts.extend(Self::below(&folder, files, way));
        }
        way.open.pop();
        let (folder, about, below) = (folder.clone(), Arc::clone(about), charts);
        Some(Self { folder, about, values, templates, others, below, left_out })
    }

    pub(super) fn root(&self) -> Option<&Node> {
        self.about.yaml().documents.first()
    }

    /// Name of the chart; its folder's when the file says none.
    pub(super) fn name(&self) -> &str {
        self.root().and_then(|root| root.text_at("name")).unwrap_or_else(|| self.folder.name())
    }

    pub(super) fn has_templates(&self) -> bool {
        self.templates.iter().any(|file| is_rendered(file)) || self.below.iter().any(Self::has_templates)
    }

    fn is_library(&self) -> bool {
        self.root().and_then(|root| root.text_at("type")) == Some("library")
    }
}

/// Folders of the tree that the dependencies of a chart name: `file://../common`.
pub(super) fn beside(about: &SourceFile, folder: &RelPath) -> Vec<RelPath> {
    let Some(root) = about.yaml().documents.first() else { return Vec::new() };
    let entries = root.get("dependencies").map_or(&[][..], Node::list).iter();
    let address = |entry: &'_ Node| entry.text_at("repository")?.strip_prefix("file://").map(str::to_owned);
    let folders = entries.filter_map(address).filter_map(|path| folder.join(path.trim_end_matches('/')));
    folders.filter(|other| other != folder).collect()
}

fn is_chart(folder: &RelPath, files: &BTreeMap<&RelPath, &Arc<SourceFile>>) -> bool {
    folder.join("Chart.yaml").is_some_and(|path| files.contains_key(&path))
}

fn prefix(folder: &RelPath, name: &str) -> String {
    // of the root folder everything is below
    if folder.is_root() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Files that write something: those that begin with `_` only define.
pub(super) fn is_rendered(file: &SourceFile) -> bool {
    let name = file.path().name();
    !name.starts_with('_') && [".yaml", ".yml", ".json", ".tpl"].iter().any(|ending| name.ends_with(ending))
}

/// Renders a chart with its own values and those of `over`, later ones over earlier ones.
pub(super) fn render(chart: &Chart, over: &[Arc<SourceFile>], companions: &Companions<'_>) -> Result {
    // deep templates need more stack than a worker of the pool has
    std::thread::scope(|scope| {
        let work = || {
            let mut rendering = Rendering {
                result: Result::default(),
                program: Program::default(),
                files: Files::new(companions),
                todo: Vec::new(),
            };
            rendering.run(chart, over);
            rendering.result
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => Result {
                failed: vec![(Arc::clone(&chart.about), None, format!("no thread to render in: {error}"))],
                ..Result::default()
            },
        }
    })
}

struct Rendering<'a> {
    result: Result,
    program: Program,
    files: Files<'a>,
    /// Files to render: the name of the template, its file, and the objects it sees.
    todo: Vec<(String, Arc<SourceFile>, Value)>,
}

impl Rendering<'_> {
    fn run(&mut self, chart: &Chart, over: &[Arc<SourceFile>]) {
        let given = Held::<std::cell::RefCell<Table>>::default();
        for file in over {
            if let Value::Table(table) = self.read(file) {
                override_values(&given, &table, 0);
            }
        }
        self.add(chart, chart.name(), &given, chart.name());
        let program = std::mem::take(&mut self.program);
        let mut machine = Machine::new(&program, &mut self.files);
        for (name, file, dot) in std::mem::take(&mut self.todo) {
            match machine.file(&name, &dot) {
                Ok(Output { text, stretches }) if !text.trim().is_empty() => {
                    self.result.rendered.push(Rendered { file, text, stretches });
                }
                Ok(_) => {}
                Err(Failure { message, at }) => self.result.failed.push((file, at, message)),
            }
        }
        self.result.assumed = machine.assumed;
        self.result.used = std::mem::take(&mut self.files.used);
    }

    fn read(&mut self, file: &Arc<SourceFile>) -> Value {
        let start = self.result.sources.add(file);
        file.yaml().documents.first().map_or(Value::Nil, |node| Value::from_node(node, start))
    }

    /// Adds a chart with the values that its parent or user gives; gives all values it sees.
    fn add(
        &mut self,
        chart: &Chart,
        path: &str,
        given: &Held<std::cell::RefCell<Table>>,
        release: &str,
    ) -> Held<std::cell::RefCell<Table>> {
        self.files.add(path, &chart.folder, &chart.others);
        let own = chart.values.as_ref().map_or(Value::Nil, |file| self.read(file));
        let values = if let Value::Table(table) = own { table } else { Held::default() };
        override_values(&values, given, 0);
        for below in &chart.below {
            self.add_below(chart, below, path, &values, release);
        }
        let dot = self.objects(chart, path, &Value::Table(values.clone()), release);
        for file in &chart.templates {
            let start = self.result.sources.add(file);
            let name = format!("{path}/{}", below_folder(file, &chart.folder));
            match self.program.add(&name, file.text(), start) {
                Ok(()) if is_rendered(file) && !chart.is_library() => {
                    let template = Value::of([
                        ("Name", Value::text(&name)),
                        ("BasePath", Value::text(format!("{path}/templates"))),
                    ]);
                    let mut table = dot.clone();
                    table.put("Template", template);
                    self.todo.push((name, Arc::clone(file), Value::table(table)));
                }
                Ok(()) => {}
                Err((at, message)) => {
                    let at = Span::new(start + at, start + at);
                    self.result.failed.push((Arc::clone(file), Some(at), message));
                }
            }
        }
        values
    }

    fn add_below(
        &mut self,
        chart: &Chart,
        below: &Chart,
        path: &str,
        values: &Held<std::cell::RefCell<Table>>,
        release: &str,
    ) {
        let entry = chart.root().and_then(|root| {
            let entries = root.get("dependencies").map_or(&[][..], Node::list).iter();
            entries.clone().find(|entry| entry.text_at("name") == Some(below.name()))
        });
        let key = entry.and_then(|entry| entry.text_at("alias")).unwrap_or_else(|| below.name()).to_owned();
        let condition = entry.and_then(|entry| entry.text_at("condition")).unwrap_or("");
        if condition.split(',').find_map(|path| truth(values, path.trim())) == Some(false) {
            return;
        }
        let given = match values.borrow().get(&key) {
            Some(Value::Table(table)) => table.clone(),
            _ => Held::default(),
        };
        let global = values.borrow().get("global").cloned();
        if let Some(global) = global {
            let shared = Held::<std::cell::RefCell<Table>>::default();
            shared.borrow_mut().put("global", global);
            override_values(&given, &shared, 0);
        }
        let all = self.add(below, &format!("{path}/charts/{}", below.name()), &given, release);
        values.borrow_mut().put(key, Value::Table(all));
    }

    /// What templates see as the dot.
    fn objects(&self, chart: &Chart, path: &str, values: &Value, release: &str) -> Table {
        let word = |key: &str| {
            let value = chart.root().and_then(|root| root.get(key)).and_then(Node::scalar);
            Value::text(value.unwrap_or_default())
        };
        let mut about = Table::default();
        for (name, key) in [
            ("Version", "version"),
            ("AppVersion", "appVersion"),
            ("Description", "description"),
            ("Home", "home"),
            ("Icon", "icon"),
            ("KubeVersion", "kubeVersion"),
            ("Type", "type"),
            ("ApiVersion", "apiVersion"),
        ] {
            about.put(name, word(key));
        }
        about.put("Name", Value::text(chart.name()));
        about.put("IsRoot", Value::Bool(!path.contains('/')));
        for (name, key) in [("Annotations", "annotations"), ("Dependencies", "dependencies"), ("Keywords", "keywords")]
        {
            let node = chart.root().and_then(|root| root.get(key));
            about.put(name, node.map_or(Value::Nil, |node| Value::from_node(node, 0)));
        }
        let (version, major, minor) = KUBERNETES;
        let mut dot = Table::default();
        dot.put("Values", values.clone());
        dot.put("Chart", Value::table(about));
        dot.put("Files", Value::of([(HOME, Value::text(path))]));
        dot.put("Subcharts", Value::table(Table::default()));
        dot.put(
            "Release",
            Value::of([
                ("Name", Value::text(release)),
                ("Namespace", Value::text("default")),
                ("Service", Value::text("Helm")),
                ("IsInstall", Value::Bool(true)),
                ("IsUpgrade", Value::Bool(false)),
                ("Revision", Value::Int(1)),
            ]),
        );
        dot.put(
            "Capabilities",
            Value::of([
                ("APIVersions", Value::list(Vec::new())),
                (
                    "KubeVersion",
                    Value::of([
                        ("Version", Value::text(version)),
                        ("GitVersion", Value::text(version)),
                        ("Major", Value::text(major)),
                        ("Minor", Value::text(minor)),
                    ]),
                ),
                ("HelmVersion", Value::of([("Version", Value::text("v3.18.4"))])),
            ]),
        );
        dot
    }
}

fn below_folder<'f>(file: &'f SourceFile, folder: &RelPath) -> &'f str {
    let path = file.path().as_str();
    path.strip_prefix(folder.as_str()).map_or(path, |rest| rest.trim_start_matches('/'))
}

/// The truth value down a path of names.
fn truth(values: &Held<std::cell::RefCell<Table>>, path: &str) -> Option<bool> {
    let mut at = Value::Table(values.clone());
    for name in path.split('.') {
        let next = match &at {
            Value::Table(table) => table.borrow().get(name).cloned()?,
            _ => return None,
        };
        at = next;
    }
    match at {
        Value::Bool(truth) => Some(truth),
        _ => None,
    }
}
