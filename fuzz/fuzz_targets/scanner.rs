//! The scanners that `SOVAUDIT_FUZZ` names, under every name that their globs mean.
//!
//! `SOVAUDIT_FUZZ_DO` asks for something else than fuzzing: `list` prints the ids of the scanners, `seeds` writes
//! seeds and dictionaries into `corpus/`, `growth` looks for costs that grow faster than bytes.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use sovaudit::scan::Selector;
use sovaudit_fuzz::{check, chosen, form, growth, seeds};

static NAMES: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| form::names(&chosen()));
static SELECTOR: LazyLock<Selector> = LazyLock::new(|| {
    let ids: Vec<&str> = chosen().iter().map(|meta| meta.id).collect();
    Selector::only(|meta| ids.contains(&meta.id))
});

libfuzzer_sys::fuzz_target!(
    init: {
        other_work();
        // scans run in the thread that fuzzes: what is too deep for its stack is told with its input
        rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().expect("one pool");
        report_stack_overflow();
    },
    |data: &[u8]| {
        let files = form::files(data, &NAMES);
        if !files.is_empty() {
            check::scan_and_check(&files, &SELECTOR);
        }
    }
);

fn other_work() {
    let Ok(work) = std::env::var("SOVAUDIT_FUZZ_DO") else { return };
    let corpus = Path::new("corpus");
    let mut found = 0;
    for meta in chosen() {
        match work.as_str() {
            "list" => println!("{}", meta.id),
            "seeds" => println!("{}: {} seeds", meta.id, seeds::write(meta, corpus).expect("writes seeds")),
            "growth" => found += growth::look(meta, corpus).expect("reads seeds"),
            other => panic!("SOVAUDIT_FUZZ_DO is list, seeds or growth, not {other}"),
        }
    }
    std::process::exit(i32::from(found > 0));
}

/// libFuzzer's handler runs on the stack that overflowed, and so not at all, unless it is given another one.
fn report_stack_overflow() {
    let size = 256 << 10;
    let stack = Box::leak(vec![0_u8; size].into_boxed_slice());
    // SAFETY: the stack is never freed; the handlers are the default ones, which libFuzzer replaces and whose flag it keeps
    unsafe {
        let other = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: size };
        assert_eq!(libc::sigaltstack(&raw const other, std::ptr::null_mut()), 0);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        action.sa_flags = libc::SA_ONSTACK;
        for signal in [libc::SIGSEGV, libc::SIGBUS] {
            assert_eq!(libc::sigaction(signal, &raw const action, std::ptr::null_mut()), 0);
        }
    }
}
