//! Changes of a database that connectors carry to another one: Debezium, and the sinks of Kafka Connect.

use super::manifest::Object;
use super::scene::Scene;
use super::workload::Ground;
use crate::model::{ComponentId, ComponentKind, RelationKind};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::package::toolkit::host_of;

/// Connectors of one deployment that are compared with each other.
const MOST: usize = 200;

/// One end: the host of a database, and the topics in between.
struct End<'a> {
    host: String,
    topics: &'a str,
    object: &'a Object<'a>,
    node: &'a Node,
}

/// Writes which database is copied to which.
pub(super) fn write<'a>(scene: &Scene<'a>, objects: &'a [Object<'a>], ground: &Ground<'_>, out: &mut Facts<'_>) {
    let connectors: Vec<&Object<'a>> =
        objects.iter().filter(|object| object.kind == "KafkaConnector").take(MOST).collect();
    let sources: Vec<End<'a>> = connectors.iter().filter_map(|object| source(object)).collect();
    let sinks: Vec<End<'a>> = connectors.iter().filter_map(|object| sink(object)).collect();
    for from in &sources {
        for to in sinks.iter().filter(|to| is_of(to.topics, from.topics)) {
            for (a, b) in databases(scene, from, ground, out).into_iter().zip(databases(scene, to, ground, out)) {
                out.relation(&a, RelationKind::ReplicatesTo, &b, ground.at(to.node.span));
            }
        }
    }
}

/// True when one of the topics that are read is of those that a connector writes: they begin with its prefix.
fn is_of(read: &str, prefix: &str) -> bool {
    let mut read = read.split([',', '|']).map(|topic| topic.trim().trim_start_matches(['^', '(']));
    !prefix.is_empty()
        && read.any(|topic| {
            topic.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '\\']))
        })
}

fn class<'a>(object: &'a Object<'a>) -> Option<&'a str> {
    object.node.at(&["spec", "class"])?.text()
}

/// A connector that reads the log of a database.
fn source<'a>(object: &'a Object<'a>) -> Option<End<'a>> {
    let is_source = class(object)?.starts_with("io.debezium.connector.") && !class(object)?.contains(".jdbc.");
    let config = object.node.at(&["spec", "config"]).filter(|_| is_source)?;
    let node = config.get("database.hostname")?;
    let topics = config.text_at("topic.prefix").or_else(|| config.text_at("database.server.name"))?;
    Some(End { host: node.text()?.to_owned(), topics, object, node })
}

/// A connector that writes into a database.
fn sink<'a>(object: &'a Object<'a>) -> Option<End<'a>> {
    let config = object
        .node
        .at(&["spec", "config"])
        .filter(|_| class(object).is_some_and(|class| class.contains("JdbcSink")))?;
    let node = config.get("connection.url")?;
    let host = host_of(node.text()?.trim_start_matches("jdbc:"))?;
    let topics = config.text_at("topics").or_else(|| config.text_at("topics.regex"))?;
    Some(End { host, topics, object, node })
}

/// What stands behind a host: the workloads of a service of the cluster, else the host.
fn databases(scene: &Scene<'_>, end: &End<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) -> Vec<ComponentId> {
    let mut labels = end.host.split('.');
    let name = labels.next().unwrap_or_default();
    let namespace = labels.next().filter(|_| labels.next().is_none_or(|label| label == "svc"));
    if let Some(service) = scene.find("Service", name, namespace.unwrap_or(end.object.namespace)) {
        return scene.selected(service).into_iter().take(1).cloned().collect();
    }
    if !end.host.contains('.') || end.host.contains('$') {
        return Vec::new();
    }
    let host = ComponentId::host(&end.host);
    out.component(&host, ComponentKind::Host, ground.at(end.node.span).without_excerpt());
    vec![host]
}
