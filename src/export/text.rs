//! An assessment for people, in lines that fit the terminal.

use std::io;

use super::answer::Answer;
use super::rows::{Assessment, ExceptionRow, MemberRow, ProductRow, StepRow};
use crate::text::{clean_line, count, fill};

/// State of exceptions that stand in the text and cannot be used.
const NOT_ENFORCED: &str = "codified, not enforced";

/// Width of what stands before the text.
const NAME: usize = 12;

/// Writes it.
///
/// # Errors
/// Only those of the writer.
pub fn write(assessment: &Assessment, width: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { width, out };
    product(assessment, &mut page)?;
    class(assessment, &mut page)?;
    let to = assessment.to.map_or_else(|| "answer".to_owned(), |to| format!("to {to}"));
    if assessment.to.is_some() || assessment.answer != Answer::ClassOnly || !assessment.parties.is_empty() {
        page.line(&to, &assessment.answer_text)?;
    }
    for step in &assessment.steps {
        clause(step, &mut page)?;
    }
    if let Some(review) = &assessment.review {
        let open = review.open.as_ref().map_or_else(String::new, |open| format!(", depending on the {open}"));
        page.line("review", &format!("{}{open}: {} ({})", review.policy, review.citation, review.verification))?;
        page.list(&review.conditions)?;
    }
    exceptions(&assessment.exceptions, &mut page)?;
    page.all("changes", &assessment.changes)?;
    page.all("not asked", &assessment.not_evaluated)?;
    writeln!(page.out, "{}", assessment.disclaimer)
}

struct Page<'o> {
    width: usize,
    out: &'o mut dyn io::Write,
}

impl Page<'_> {
    fn line(&mut self, name: &str, text: &str) -> io::Result<()> {
        let text = fill(&clean_line(text), &format!("  {name:NAME$} "), &" ".repeat(NAME + 3), self.width);
        self.out.write_all(text.as_bytes())
    }

    fn list(&mut self, lines: &[String]) -> io::Result<()> {
        for line in lines {
            let text =
                fill(&clean_line(line), &format!("{}- ", " ".repeat(NAME + 3)), &" ".repeat(NAME + 5), self.width);
            self.out.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    fn all(&mut self, name: &str, lines: &[String]) -> io::Result<()> {
        for (at, line) in lines.iter().enumerate() {
            self.line(if at == 0 { name } else { "" }, line)?;
        }
        Ok(())
    }
}

fn product(assessment: &Assessment, page: &mut Page<'_>) -> io::Result<()> {
    let product = &assessment.product;
    if let Some(family) = &assessment.family {
        let all = format!(
            "`{}` can mean {}, and what follows holds for all of them; as of {}",
            family.name,
            count(family.members.len(), "product"),
            assessment.as_of
        );
        page.line("family", &all)?;
        let member = |row: &MemberRow| format!("{} ({}): {}", row.name, row.id, row.arithmetic);
        page.list(&family.members.iter().map(member).collect::<Vec<_>>())?;
        return maker(product, page);
    }
    page.line("product", &format!("{} ({}), as of {}", product.name, product.id, assessment.as_of))?;
    if let Some(name) = &product.part_of_name {
        page.line(
            "name",
            &format!("`{name}` is only a part of it: other products of that name may not be known here"),
        )?;
    }
    if let Some(machine) = &assessment.machine {
        let together = match (machine.accelerators, machine.tpp) {
            (Some(count), Some(tpp)) => format!(": {count} of it, TPP {} together", tpp.round()),
            (Some(count), None) => format!(": {count} of it"),
            _ => ": how many is not known".to_owned(),
        };
        page.line("machine", &format!("{} {}{together} ({})", machine.provider, machine.name, machine.verification))?;
    }
    maker(product, page)
}

fn maker(product: &ProductRow, page: &mut Page<'_>) -> io::Result<()> {
    if let Some(designer) = &product.designer {
        let seats: Vec<&str> = product.designer_seats.iter().map(crate::model::CountryCode::as_str).collect();
        let foundry = product.foundry.as_ref().map_or_else(String::new, |foundry| {
            let places: Vec<&str> = product.fabricated_in.iter().map(crate::model::CountryCode::as_str).collect();
            format!("; made by {foundry} ({})", places.join(", "))
        });
        page.line("maker", &format!("{designer} ({}){foundry}", seats.join(", ")))?;
    }
    Ok(())
}

fn class(assessment: &Assessment, page: &mut Page<'_>) -> io::Result<()> {
    let class = &assessment.class;
    page.line("class", &class.class)?;
    if assessment.family.is_none() {
        page.line("arithmetic", &assessment.figures.arithmetic)?;
        page.list(&class.bounds)?;
    }
    if let Some(legal) = &class.citation {
        let mark = class.verification.as_deref().unwrap_or("recalled");
        page.line("clause", &format!("{legal} ({mark})"))?;
    }
    if !class.inherits.is_empty() {
        page.line("goods", &format!("boards and machines with it: {}", class.inherits.join(", ")))?;
    }
    if assessment.family.is_some() {
        return Ok(());
    }
    page.line("figures", &format!("{} ({})", assessment.product.verification, assessment.product.source))
}

fn clause(step: &StepRow, page: &mut Page<'_>) -> io::Result<()> {
    let name = if step.regime == "US" { step.about.clone() } else { format!("{} {}", step.about, step.regime) };
    let overdue = if step.overdue { ", review overdue" } else { "" };
    let law = format!("{} ({}{overdue})", step.citation.as_deref().unwrap_or("no citation"), step.verification);
    if !step.counts && step.about == "guidance" {
        return page.line(&name, &format!("{}{}: {law}", step.text, weight(step)));
    }
    let is_part = step.text.starts_with("for ") && step.about == "embargo";
    let head = match step.result {
        Answer::Indeterminate if step.about == "embargo" => "not evaluated".to_owned(),
        Answer::LicenceRequired if is_part => format!("licence required {}", step.text.trim_end_matches(" only")),
        Answer::NoLicenceRequired | Answer::ClassOnly => "told".to_owned(),
        answer => format!("{}{}", answer.words(), weight(step)),
    };
    if step.about == "class" {
        return page.line(&name, &step.text);
    }
    page.line(&name, &format!("{head}: {law}"))?;
    if !is_part {
        page.line("", &step.text)?;
    }
    page.list(&step.policy.iter().chain(&step.notes).chain(&step.conditions).cloned().collect::<Vec<_>>())
}

/// Standing, where it is not plain law.
fn weight(step: &StepRow) -> String {
    match (&*step.certainty, &*step.enforcement) {
        ("legal", "enforced") if matches!(&*step.about, "guidance" | "party" | "ownership" | "class") => String::new(),
        ("legal", enforcement) => format!(" ({enforcement})"),
        (certainty, _) => format!(" ({certainty})"),
    }
}

/// Those that can be used with what they ask for; the others in one line.
fn exceptions(rows: &[ExceptionRow], page: &mut Page<'_>) -> io::Result<()> {
    let is_dead = |row: &&ExceptionRow| row.state == NOT_ENFORCED;
    for row in rows.iter().filter(|row| !is_dead(row)) {
        page.line("exception", &format!("{}: {}: {} ({})", row.name, row.state, row.citation, row.verification))?;
        page.list(&row.conditions)?;
    }
    let dead = rows.iter().filter(is_dead).map(|row| {
        // a figure that the engine computed stands first
        let figure = row.conditions.first().filter(|text| text.starts_with("at most"));
        let figure = figure.map_or_else(String::new, |text| format!(", {text}"));
        format!("{}{figure} ({}; {})", row.name, row.citation, row.verification)
    });
    let dead: Vec<String> = dead.collect();
    if dead.is_empty() { Ok(()) } else { page.line("exception", &format!("{NOT_ENFORCED}: {}", dead.join("; "))) }
}
