//! HCL, whole and in pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let read = sovaudit::parse::hcl::hcl(text);
    for chunk in &read.chunks {
        assert!(text.is_char_boundary(chunk.offset));
    }
});
