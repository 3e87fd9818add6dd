//! YAML: documents, anchors, merges.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let read = sovaudit::parse::yaml::yaml(text);
    // aliases copy nodes within a budget, so the count is bounded by the text and the budget
    let count = read.documents.iter().flat_map(|root| root.walk()).count();
    assert!(count <= text.len() + 300_000, "{count} nodes from {} bytes", text.len());
    for node in read.documents.iter().flat_map(|root| root.walk()) {
        assert!(text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
    }
});
