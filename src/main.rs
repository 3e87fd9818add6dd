//! The `sovaudit` command: parse, run, exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use sovaudit::cli;
use sovaudit::commands::{Outcome, run};
use sovaudit::text::clean;

/// Threads here free much of what others allocated, for which that of glibc makes them wait for each other.
#[cfg(all(feature = "jemalloc", unix, not(target_os = "openbsd")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Its settings, for little memory: threads that live as long as a file is read take over what others gave back, blocks of more
/// than a kilobyte are kept by no thread, and none is larger than it has to be (measured on x86-64). Ends with a NUL, as the
/// allocator reads it.
#[cfg(all(feature = "jemalloc", target_os = "linux"))]
#[expect(unsafe_code, reason = "the allocator looks for this name")]
#[unsafe(export_name = "malloc_conf")]
static SETTINGS: &[u8; 48] = b"narenas:2,tcache_max:1024,cache_oblivious:false\0";

fn main() -> ExitCode {
    let cli = cli::parse();
    // a scanner that panics is a diagnostic; its message must not spoil the terminal
    std::panic::set_hook(Box::new(|panic| {
        if !sovaudit::scan::is_running() {
            let text = format!("internal error, please report it: {panic}");
            let _ = writeln!(io::stderr(), "{}", clean(&text));
        }
    }));
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = run(&cli, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        Ok(Outcome::Incomplete) => ExitCode::from(3),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // an error may carry bytes of files; here is where every one passes
            // standard error may be closed as well; there is nobody left to tell
            let text = format!("error: {error:#}");
            let _ = writeln!(io::stderr(), "{}", clean(&text));
            ExitCode::from(2)
        }
    }
}

/// `sovaudit … | head` is not an error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let direct = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        direct.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
