//! Classifications per second on one core: `cargo bench --bench export`. Every product of the tables by the law of a day,
//! TPP and density computed each time.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sovaudit::catalog::Catalog;
use sovaudit::export::{Figures, Law, Outcome, Question, Subject, assess};
use sovaudit::model::CountryCode;

fn main() {
    let catalog = Catalog::embedded();
    let day = catalog.date();
    let rows = &catalog.tables().accelerator;
    let figures: Vec<Figures> = rows.iter().map(|row| Figures::of(row, &catalog)).collect();
    let law = Law::on(&catalog, day);
    let (done, time) = repeat(Duration::from_secs(2), || {
        let met = figures.iter().filter(|one| matches!(law.outcome(black_box(one)), Outcome::Met(_)));
        black_box(met.count());
        figures.len()
    });
    println!("classifications: {:.1} million a second", done as f64 / time.as_secs_f64() / 1e6);
    let question = Question { to: CountryCode::new("CN"), ..Question::default() };
    let subjects: Vec<Subject<'_>> = rows.iter().map(|row| Subject::of(row, &catalog)).collect();
    let (done, time) = repeat(Duration::from_secs(2), || {
        let answers = subjects.iter().map(|subject| assess(&catalog, subject, &question, day).steps.len());
        black_box(answers.sum::<usize>());
        subjects.len()
    });
    println!("whole assessments, with what would change them: {:.0} a second", done as f64 / time.as_secs_f64());
}

fn repeat(least: Duration, mut run: impl FnMut() -> usize) -> (usize, Duration) {
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < least {
        done += run();
    }
    (done, start.elapsed())
}
