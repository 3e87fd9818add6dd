//! TOML with recovery.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (root, _) = sovaudit::parse::toml::toml(text);
    for node in root.walk() {
        assert!(text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
    }
});
