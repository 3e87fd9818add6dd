//! JSON, strict and relaxed.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    for read in [sovaudit::parse::json::json(text), sovaudit::parse::json::jsonc(text)] {
        if let Ok(root) = read {
            for node in root.walk() {
                assert!(text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
            }
        }
    }
});
