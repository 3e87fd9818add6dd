//! Long lists of a file that several threads write about.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rayon::prelude::*;

use super::facts::Facts;
use super::input::SourceFile;
use crate::model::Draft;
use crate::threads::for_one_file;

/// Items that are worth a part, how many parts there are for each thread, so that none waits long for another, and at most.
const LEAST: usize = 512;
const EACH: usize = 2;
const MOST: usize = 16;

/// What one thread wrote, and what its calls gave or what it panicked with.
struct Part<'a, R> {
    facts: Facts<'a>,
    given: Result<Vec<R>, Box<dyn Any + Send>>,
}

impl Facts<'_> {
    /// Calls `write` with every item of a list and its number, and gives what the calls give, in order. All threads of
    /// the pool that may help with this file take part where the list is long; what is written is the same as if one thread had gone through it:
    /// the order of problems, their limit and that of facts, and what stands before a panic. So `write` may depend on
    /// the item and on what does not change, not on what was written before. This thread may take other work while it
    /// waits: whoever calls this must hold nothing that other work waits for.
    pub(crate) fn in_parts<'i, T: Sync, R: Send>(
        &mut self,
        file: &SourceFile,
        items: &'i [T],
        write: impl Fn(usize, &'i T, &mut Facts<'_>) -> R + Sync,
    ) -> Vec<R> {
        let parts = match for_one_file() {
            1 => 1,
            threads => (threads * EACH).min(items.len() / LEAST).min(MOST),
        };
        self.in_so_many(parts, file, items, write)
    }

    fn in_so_many<'i, T: Sync, R: Send>(
        &mut self,
        parts: usize,
        file: &SourceFile,
        items: &'i [T],
        write: impl Fn(usize, &'i T, &mut Facts<'_>) -> R + Sync,
    ) -> Vec<R> {
        if parts < 2 {
            return items.iter().enumerate().map(|(at, item)| write(at, item, self)).collect();
        }
        file.part_places();
        let (size, room) = (items.len().div_ceil(parts).max(1), self.room());
        let (meta, scanner, problems) = (self.meta, self.scanner, self.problem_limit);
        let begun = self.begun(items.len().div_ceil(size));
        let marks: Vec<[usize; 3]> = begun.iter().map(Draft::mark).collect();
        let part = |(number, (some, begun)): (usize, (&'i [T], Draft))| {
            let mut facts = Facts::new(meta, scanner, room);
            facts.problem_limit = problems;
            facts.go_on_with(begun);
            let numbers = number * size..;
            let given = catch_unwind(AssertUnwindSafe(|| {
                numbers.zip(some).map(|(at, item)| write(at, item, &mut facts)).collect()
            }));
            Part { facts, given }
        };
        let written: Vec<Part<'_, R>> = items.par_chunks(size).zip(begun).enumerate().map(part).collect();
        // where all is kept, the facts go to the side; what is taken back leaves what stood there before
        let taken_back = |(mut part, mark): (Part<'_, R>, &[usize; 3])| {
            let mut facts = part.facts.take();
            facts.back_to(*mark);
            facts
        };
        if written.iter().map(|part| part.facts.len() + part.facts.dropped).sum::<usize>() > room {
            // which ones are too many only one thread can say
            self.beside = written.into_iter().zip(&marks).map(taken_back).collect();
            return self.in_so_many(1, file, items, write);
        }
        let mut all = Vec::with_capacity(items.len());
        let mut written = written.into_iter().zip(&marks);
        while let Some((part, _)) = written.next() {
            let facts = self.continue_with(part.facts);
            self.beside.push(facts);
            match part.given {
                Ok(given) => all.extend(given),
                Err(panic) => {
                    self.beside.extend(written.map(taken_back));
                    resume_unwind(panic);
                }
            }
        }
        all
    }

    /// What so many threads go on with: what they wrote of a list before this one.
    fn begun(&mut self, parts: usize) -> Vec<Draft> {
        let mut begun = std::mem::take(&mut self.beside);
        begun.drain(parts.min(begun.len())..).for_each(|facts| self.unite(facts));
        begun.resize_with(parts, Draft::default);
        begun
    }

    /// Takes over what another thread wrote of what follows, with the limit of problems; gives its facts.
    fn continue_with(&mut self, mut part: Facts<'_>) -> Draft {
        let room = self.problem_limit.saturating_sub(self.diagnostics.len());
        part.unlisted += part.diagnostics.len().saturating_sub(room);
        part.diagnostics.truncate(room);
        self.count_in(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::DiagnosticKind;
    use crate::model::{Basis, ComponentId, ComponentKind, Inventory, RelationKind, key};
    use crate::scan::{ScannerMeta, SizeClass, Unit};
    use crate::text::{RelPath, Span};

    static META: ScannerMeta = ScannerMeta {
        id: "test",
        title: "",
        summary: "",
        files: &[],
        unit: Unit::File,
        size: SizeClass::Ordinary,
        basis: Basis::Resolved,
        emits: &[],
        reference: "",
    };

    /// What so many threads make of a file of lines, with limits of facts and of problems.
    /// After another list of them, which has fewer.
    fn read(
        parts: usize,
        before: usize,
        limit: usize,
        problems: usize,
        panics: Option<usize>,
    ) -> (Inventory, usize, usize, String) {
        let text: String = (0..100).map(|at| format!("package {}\n", at * 7 % 60)).collect();
        let file = SourceFile::new(RelPath::new("a/list").expect("is relative"), text.clone().into_bytes(), None);
        let mut start = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            lines.push(Span::new(start, start + line.len() - 1));
            start += line.len();
        }
        let mut out = Facts::new(&META, "test", limit);
        out.problem_limit = problems;
        let host = ComponentId::host("packages.example");
        let called = catch_unwind(AssertUnwindSafe(|| {
            // a list before it: another number of items, and so of threads that go on
            out.in_so_many(parts, &file, &lines[..before], |at, line, out| {
                let id = ComponentId::host(&format!("{}.example", at * 3 % 70));
                out.component(&id, ComponentKind::Host, file.at(*line));
                if at % 4 == 0 {
                    out.problem(DiagnosticKind::Unsupported, &file, Some(*line), "before");
                }
            });
            out.in_so_many(parts, &file, &lines, |at, line, out| {
                assert_ne!(Some(at), panics, "asked to");
                let name = &file.text()[line.start..line.end];
                let id = ComponentId::host(&format!("{}.example", &name["package ".len()..]));
                out.component(&id, ComponentKind::Host, file.at(*line));
                out.attribute(&id, key::NAME, name, file.at(*line));
                out.component(&host, ComponentKind::Host, file.at(*line));
                out.relation(&id, RelationKind::DistributedBy, &host, file.at(*line));
                if at % 3 == 0 {
                    out.problem(DiagnosticKind::Unsupported, &file, Some(*line), name);
                }
                at
            })
        }));
        let given = called.map_or_else(|_| "panic".to_owned(), |numbers| format!("{numbers:?}"));
        let (dropped, unlisted) = (out.dropped, out.unlisted);
        drop(file);
        (out.inventory(), dropped, unlisted, given)
    }

    #[test]
    fn threads_write_what_one_thread_writes() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads can be started");
        for (limit, problems, panics) in
            [(1_000, 100, None), (1_000, 20, None), (150, 100, None), (1_000, 25, Some(70)), (399, 100, None)]
        {
            for before in [0, 3, 50, 100] {
                let one = read(1, before, limit, problems, panics);
                for parts in [2, 3, 7] {
                    let at = format!("{parts} {before} {limit}");
                    assert_eq!(read(parts, before, limit, problems, panics), one, "{at}");
                    assert_eq!(pool.install(|| read(parts, before, limit, problems, panics)), one, "{at} in a pool");
                }
                assert_eq!(one.3 == "panic", panics.is_some());
            }
        }
    }
}
