//! XML without entities.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Some(root) = sovaudit::parse::xml::xml_or_part(text).root {
        let mut open = vec![&root];
        while let Some(element) = open.pop() {
            assert!(text.get(element.span.start..element.span.end).is_some(), "{:?}", element.span);
            open.extend(element.groups());
        }
    }
});
