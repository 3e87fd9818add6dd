//! From what templates wrote back to the templates and values that made it.

use super::super::places::{Places, Sources};
use super::super::template::Stretch;
use super::render::Rendered;
use crate::scan::SourceFile;
use crate::text::Span;

/// Outputs laid one behind the other.
pub(super) struct Trace<'r> {
    sources: &'r Sources,
    /// Where each output begins.
    outputs: Vec<(usize, &'r Rendered)>,
}

impl<'r> Trace<'r> {
    pub(super) fn new(sources: &'r Sources, rendered: &'r [Rendered]) -> Self {
        let mut start = 0;
        let mut outputs = Vec::with_capacity(rendered.len());
        for output in rendered {
            outputs.push((start, output));
            start += output.text.len() + 1;
        }
        Self { sources, outputs }
    }

    /// Where each output begins.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> + '_ {
        self.outputs.iter().map(|(start, _)| *start)
    }

    /// The output that a span is in, and the span there.
    fn output(&self, span: Span) -> Option<(&'r Rendered, Span)> {
        let at = self.outputs.partition_point(|(start, _)| *start <= span.start).checked_sub(1)?;
        let (start, output) = *self.outputs.get(at)?;
        Some((output, Span::new(span.start - start, (span.end - start).min(output.text.len()))))
    }

    fn origin(&self, span: Span) -> Option<Span> {
        let (output, span) = self.output(span)?;
        let first = stretch_at(&output.stretches, span.start)?;
        let last = stretch_at(&output.stretches, span.end.saturating_sub(1).max(span.start))?;
        let begin = exact(first, span.start).unwrap_or(first.place.start);
        let end = exact(last, span.end).unwrap_or(last.place.end);
        // what is put together from other files stands where it begins
        let same = end >= begin && end - begin <= 4 * (span.end - span.start) + 400;
        Some(Span::new(begin, if same { end } else { exact(first, span.end).unwrap_or(first.place.end).max(begin) }))
    }
}

fn stretch_at(stretches: &[Stretch], at: usize) -> Option<&Stretch> {
    stretches.get(stretches.partition_point(|stretch| stretch.start <= at).saturating_sub(1))
}

/// The template's own place of literal output.
fn exact(stretch: &Stretch, at: usize) -> Option<usize> {
    stretch.is_literal.then(|| (stretch.place.start + at.saturating_sub(stretch.start)).min(stretch.place.end))
}

impl Places for Trace<'_> {
    fn place(&self, span: Span) -> (&SourceFile, Span) {
        let origin = self.origin(span).unwrap_or_default();
        let (file, found) = self.sources.place(origin);
        // a stretch may end in the file behind
        (file, Span::new(floor(file, found.start), floor(file, found.end)))
    }

    fn also(&self, span: Span) -> Vec<(&SourceFile, Span)> {
        let Some((output, inner)) = self.output(span) else { return Vec::new() };
        let written = &output.text[inner.start..inner.end];
        let from = output.stretches.partition_point(|stretch| stretch.start <= inner.start).saturating_sub(1);
        let mut found: Vec<Span> = Vec::new();
        for stretch in output.stretches[from..].iter().take_while(|stretch| stretch.start < inner.end) {
            found.extend(&stretch.values);
        }
        found.sort_unstable();
        found.dedup();
        // of the values that an action looks at, those whose words it writes
        let places = found.into_iter().map(|span| self.sources.place(span));
        let says = |(file, span): &(&SourceFile, Span)| {
            let word = file.text().get(span.start..span.end).unwrap_or("").trim().trim_matches(['"', '\'']);
            !word.is_empty() && written.contains(word)
        };
        places.filter(says).collect()
    }
}

fn floor(file: &SourceFile, mut at: usize) -> usize {
    at = at.min(file.text().len());
    while !file.text().is_char_boundary(at) {
        at -= 1;
    }
    at
}
