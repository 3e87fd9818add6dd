//! Where collectors send logs: configurations of Promtail, the OpenTelemetry collector, Vector, Fluent Bit and Fluentd as
//! configuration maps hold them.

use crate::parse::yaml::yaml;
use crate::parse::{Node, Value};
use crate::scan::package::toolkit;

/// Longest configuration.
const LONGEST: usize = 1 << 20;
/// Sinks of one configuration.
const MOST: usize = 100;
/// Settings that say where something is sent.
const ADDRESS: [&str; 10] =
    ["endpoint", "endpoints", "url", "urls", "uri", "host", "hosts", "brokers", "bootstrap_servers", "region"];

/// Where the logs go that a configuration speaks of: sort of the sink, and its address where it is written.
pub(super) fn sinks(text: &str) -> Vec<String> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    if text.contains("[OUTPUT]") {
        fluent_bit(text, &mut found);
    } else if text.contains("<match ") {
        fluentd(text, &mut found);
    } else if ["exporters:", "clients:", "sinks:"].iter().any(|word| text.contains(word)) {
        for document in &yaml(text).documents {
            promtail(document, &mut found);
            collector(document, &mut found);
            vector(document, &mut found);
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

fn sink(sort: &str, address: Option<&str>) -> String {
    let address = address.map(toolkit::without_secrets).unwrap_or_default();
    if address.is_empty() { sort.to_owned() } else { format!("{sort} {address}") }
}

/// The first setting of a table that says where something is sent.
fn address(node: &Node) -> Option<&str> {
    ADDRESS.iter().find_map(|key| {
        let value = node.get(key)?;
        match &value.value {
            Value::List(items) => items.iter().find_map(Node::text),
            Value::Text(text) => Some(text),
            _ => None,
        }
    })
}

fn promtail(root: &Node, found: &mut Vec<String>) {
    let is_it = root.get("scrape_configs").is_some() || root.get("positions").is_some();
    for client in root.get("clients").filter(|_| is_it).map_or(&[][..], list) {
        if let Some(url) = client.text_at("url") {
            found.push(sink("loki", Some(url)));
        }
    }
}

/// Exporters that a pipeline of logs names.
fn collector(root: &Node, found: &mut Vec<String>) {
    let (Some(exporters), Some(pipelines)) = (root.get("exporters"), root.at(&["service", "pipelines"])) else {
        return;
    };
    for pipeline in table(pipelines).iter().filter(|entry| entry.key.split('/').next() == Some("logs")) {
        for name in pipeline.value.get("exporters").map_or(&[][..], list).iter().filter_map(Node::text) {
            let sort = name.split('/').next().unwrap_or(name);
            if !matches!(sort, "debug" | "logging" | "nop") {
                found.push(sink(sort, exporters.get(name).filter(|node| is_table(node)).and_then(address)));
            }
        }
    }
}

fn vector(root: &Node, found: &mut Vec<String>) {
    let Some(sinks) = root.get("sinks").filter(|_| root.get("sources").is_some()) else { return };
    for entry in table(sinks).iter().filter(|entry| is_table(&entry.value)) {
        let sort = entry.value.text_at("type").unwrap_or("");
        if !matches!(sort, "" | "console" | "blackhole" | "prometheus_exporter" | "prometheus_remote_write") {
            found.push(sink(sort, address(&entry.value)));
        }
    }
}

/// `[OUTPUT]` sections: names with values, one in a line.
fn fluent_bit(text: &str, found: &mut Vec<String>) {
    for section in text.split("[OUTPUT]").skip(1) {
        let lines = section.lines().take_while(|line| !line.trim_start().starts_with('['));
        let words: Vec<(String, &str)> = lines
            .filter_map(|line| line.trim().split_once(char::is_whitespace))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        written("name", &words, found);
    }
}

/// `<match …>` sections.
fn fluentd(text: &str, found: &mut Vec<String>) {
    for section in text.split("<match ").skip(1) {
        let section = section.split("</match>").next().unwrap_or(section);
        let words: Vec<(String, &str)> = section
            .lines()
            .filter_map(|line| line.trim().split_once(char::is_whitespace))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        written("@type", &words, found);
    }
}

fn written(sort: &str, words: &[(String, &str)], found: &mut Vec<String>) {
    let get = |name: &str| words.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    if let Some(sort) = get(sort).filter(|sort| !matches!(*sort, "stdout" | "null" | "copy" | "relabel")) {
        found.push(sink(sort, ADDRESS.iter().find_map(|name| get(name))));
    }
}

fn list(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => &[],
    }
}

fn table(node: &Node) -> &[crate::parse::Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

fn is_table(node: &Node) -> bool {
    matches!(node.value, Value::Map(_))
}

#[cfg(test)]
mod tests {
    use super::sinks;

    #[test]
    fn every_collector_says_where_logs_go() {
        for (text, wanted) in [
            (
                "scrape_configs: []\nclients:\n- url: http://u:p@loki.logs:3100/loki/api/v1/push\n",
                vec!["loki http://loki.logs:3100/loki/api/v1/push"],
            ),
            (
                "exporters:\n  otlphttp/far: {endpoint: 'https://otlp.example.com'}\n  prometheus: {endpoint: ':8889'}\n  \
                 debug: {}\nservice:\n  pipelines:\n    logs: {exporters: [otlphttp/far, debug]}\n    metrics: {exporters: [prometheus]}\n",
                vec!["otlphttp https://otlp.example.com"],
            ),
            (
                "sources: {k: {type: kubernetes_logs}}\nsinks: {out: {type: elasticsearch, endpoints: ['https://es:9200']}}\n",
                vec!["elasticsearch https://es:9200"],
            ),
            (
                "[OUTPUT]\n    Name  es\n    Match *\n    Host  search.example.eu\n[OUTPUT]\n    Name stdout\n",
                vec!["es search.example.eu"],
            ),
            (
                "<match **>\n  @type elasticsearch\n  host search.example.eu\n</match>\n",
                vec!["elasticsearch search.example.eu"],
            ),
            ("clients: [a]\n", vec![]),
        ] {
            assert_eq!(sinks(text), wanted, "{text}");
        }
    }
}
