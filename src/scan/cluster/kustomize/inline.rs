//! Documents that stand as a text within a layer.

use super::super::tree;
use super::build::Built;
use crate::parse::Node;
use crate::parse::Value;
use crate::parse::yaml::yaml;
use crate::text::Span;

/// Documents of a patch that is a text of the layer. Each line of a block keeps its place; a text in quotes stands
/// where all of it stands.
pub(super) fn inline_documents(text: &str, span: Span, built: &Built) -> Vec<Node> {
    let (file, own) = built.place(span);
    let source = file.text().get(own.start..own.end).unwrap_or("");
    let starts = block_lines(text, source);
    let begins: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let place = |inner: Span| {
        let line = begins.partition_point(|begin| *begin <= inner.start) - 1;
        let begin = begins[line];
        let end = begins.get(line + 1).map_or(text.len(), |next| next - 1);
        let Some(Some(start)) = starts.get(line) else { return span };
        let first = span.start + start + (inner.start - begin);
        // what goes on over several lines is told by its first
        Span::new(first, first + inner.end.min(end).saturating_sub(inner.start))
    };
    let mut documents = yaml(text).documents;
    for document in &mut documents {
        tree::each(document, &mut |node| {
            node.span = place(node.span);
            if let Value::Map(entries) = &mut node.value {
                entries.iter_mut().for_each(|entry| entry.key_span = place(entry.key_span));
            }
        });
    }
    documents
}

/// Where each line of a block's text begins in its source, less the indentation.
fn block_lines(text: &str, source: &str) -> Vec<Option<usize>> {
    let skipped = if source.starts_with(['|', '>']) { source.find('\n').map_or(source.len(), |at| at + 1) } else { 0 };
    let mut at = skipped;
    let mut found = Vec::new();
    for line in text.split('\n') {
        let end = source[at.min(source.len())..].find('\n').map_or(source.len(), |length| at + length);
        let is_there = source.get(at..end).is_some_and(|whole| whole.trim_end_matches('\r').ends_with(line));
        found.push(is_there.then(|| at + source[at..end].trim_end_matches('\r').len() - line.len()));
        at = (end + 1).min(source.len());
    }
    found
}
