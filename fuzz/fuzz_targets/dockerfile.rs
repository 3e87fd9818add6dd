//! Dockerfiles and the expansion of their arguments.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (instructions, _) = sovaudit::parse::dockerfile::dockerfile(text);
    for instruction in &instructions {
        assert!(text.get(instruction.span.start..instruction.span.end).is_some(), "{:?}", instruction.span);
        let lookup = |name: &str| (name.len() < 3).then(|| name.repeat(3));
        let _ = sovaudit::parse::dockerfile::expand(&instruction.arguments, &lookup);
    }
});
