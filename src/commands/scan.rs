//! `sovaudit scan`.

use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::prepare::{Knowledge, Screening, prepare};
use super::{Outcome, color};
use crate::catalog::Override;
use crate::cli::{Common, ScanArgs};
use crate::graph::{Graph, Roots};
use crate::model::Fingerprint;
use crate::report::{self, Format, ListRow, Report};
use crate::rules::condition::Condition;
use crate::rules::decided;
use crate::rules::gate::{self, Baseline};
use crate::rules::run::judge;
use crate::screening::Screener;
use crate::screening::decision::Decisions;
use crate::screening::listed::told;
use crate::screening::screener::Told;
use crate::text::clean_line;

/// Runs the command.
pub(super) fn run(arguments: &ScanArgs, out: &mut dyn io::Write) -> anyhow::Result<Outcome> {
    // outputs are checked before the work, so that a typing mistake does not cost a scan
    let (files, on_standard_output) = outputs(&arguments.output)?;
    let shown = on_standard_output.map_or_else(|| format_named(&arguments.format), Ok)?;
    let created = arguments.timestamp.as_deref().map(timestamp).transpose()?;
    // freeing a large inventory takes longer than the end of the process does
    let prepared = ManuallyDrop::new(prepare(&arguments.common)?);
    let fail_on = fail_on(arguments, &prepared.config.fail_on, &prepared.profile.file.fail_on, &prepared.knowledge)?;
    let baseline = arguments.baseline.as_deref().map(baseline).transpose()?.unwrap_or_default();
    let graph = ManuallyDrop::new(Graph::new(&prepared.inventory));
    let roots = Roots::new(&graph);
    let catalog = &prepared.knowledge.catalog;
    let screening = Screening::open_for(&prepared, &graph)?;
    let screener = screening.as_ref().map(|screening| screening.screener(catalog, prepared.as_of)).transpose()?;
    let view = prepared.view(&graph, &roots, screener.as_ref());
    let judgement = ManuallyDrop::new(judge(&view, &prepared.knowledge.rules.rules));
    // an earlier day than that of the rules is one of the past, and what was accepted then was accepted later as well
    prepared.config.check_terms(&judgement.findings, prepared.as_of.max(catalog.date()))?;
    let decisions = arguments.decisions.as_deref().map(|path| Decisions::read(path, catalog)).transpose()?;
    let decided = decided::apply(&judgement.findings, &decisions.unwrap_or_default(), prepared.as_of);
    let gate =
        gate::decide(&judgement.findings, &fail_on, &prepared.config.waivers, &baseline, decided, prepared.as_of);
    let overrides: Vec<Override> =
        catalog.overrides.iter().chain(&prepared.knowledge.rules.overrides).cloned().collect();
    let report = ManuallyDrop::new(report::build(&report::Sources {
        target: &arguments.common.target,
        options: again(&arguments.common),
        rules_version: &catalog.manifest().set,
        overrides: &overrides,
        inventory: &prepared.inventory,
        graph: &graph,
        catalog,
        profile: &prepared.profile,
        as_of: prepared.as_of,
        rules: &prepared.knowledge.rules,
        judgement: &judgement,
        gate: &gate,
        waivers: &prepared.config.waivers,
        lists: screener
            .as_ref()
            .map_or_else(|| told(catalog, prepared.as_of), Screener::told)
            .into_iter()
            .map(list_row)
            .collect(),
        with_inventory: shown.needs_inventory() || files.iter().any(|(format, _)| format.needs_inventory()),
        width: super::terminal_width(),
        name: name_of(&arguments.common.target),
        created,
    }));
    for (format, path) in &files {
        write_file(*format, &report, path)?;
    }
    if shown.id() == "table" && color::wanted(&arguments.color) {
        let mut colored = color::Colored::new(out);
        shown.write(&report, &mut colored)?;
        colored.flush()?;
    } else {
        shown.write(&report, out)?;
    }
    let lost = prepared.inventory.diagnostics.iter().any(|problem| problem.kind.is_loss());
    Ok(match (gate.passed(), lost && arguments.strict) {
        (false, _) => Outcome::Failed,
        (true, true) => Outcome::Incomplete,
        (true, false) => Outcome::Passed,
    })
}

/// The options without which another command sees something else, as they are to be written.
fn again(common: &Common) -> String {
    let mut words: Vec<(&str, String)> = Vec::new();
    let mut one = |name, value: Option<&String>| words.extend(value.map(|value| (name, value.clone())));
    one("--profile", common.profile.as_ref());
    one("--as-of", common.as_of.as_ref());
    one("--platform", common.images.platform.as_ref());
    let paths = |name, paths: &[PathBuf]| -> Vec<(&'static str, String)> {
        paths.iter().map(|path| (name, path.display().to_string())).collect()
    };
    words.extend(paths("--rules", &common.rules));
    words.extend(paths("--config", common.config.as_slice()));
    // what the environment says it says to the next command as well
    let from_environment = std::env::var_os("SOVAUDIT_DATA_DIR");
    let data = common.data.data_dir.as_deref().filter(|path| from_environment.as_deref() != Some(path.as_os_str()));
    words.extend(data.map(|path| ("--data-dir", path.display().to_string())));
    words.extend(common.max_data_age.map(|days| ("--max-data-age", days.to_string())));
    words.extend(paths("--package-cache", &common.package_cache));
    let texts = [
        ("--home", &common.home),
        ("--exclude", &common.exclude),
        ("--only", &common.only),
        ("--registry-mirror", &common.images.registry_mirror),
        ("--insecure-registry", &common.images.insecure_registry),
        ("--image-limit", &common.images.image_limit),
    ];
    words.extend(texts.iter().flat_map(|(name, all)| all.iter().map(|text| (*name, text.clone()))));
    let flags = [
        ("--online", common.online),
        ("--pull", common.images.pull),
        ("--trust-workspace", common.trust_workspace),
        ("--trust-credential-helpers", common.images.trust_credential_helpers),
    ];
    let flags = flags.iter().filter(|(_, given)| *given).map(|(name, _)| format!(" {name}"));
    flags.chain(words.into_iter().map(|(name, value)| format!(" {name} {}", quoted(&value)))).collect()
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn list_row(told: Told) -> ListRow {
    ListRow {
        list: told.list,
        parties: told.parties,
        imported: told.seen.is_some(),
        seen: told.seen.map(|day| day.to_string()),
        day_unknown: told.is_undated,
    }
}

fn format_named(word: &str) -> anyhow::Result<&'static dyn Format> {
    let known: Vec<&str> = report::FORMATS.iter().map(|format| format.id()).collect();
    report::format(word).with_context(|| format!("there is no format `{word}`; choose one of {}", known.join(", ")))
}

/// What the target is called: the folder's or file's own name, without the way to it; an image's reference.
fn name_of(target: &str) -> String {
    const PLACES: [&str; 7] = ["oci-layout:", "oci-dir:", "oci:", "oci-archive:", "docker-archive:", "rootfs:", "dir:"];
    let path = PLACES.iter().find_map(|place| target.strip_prefix(place)).unwrap_or(target);
    let real = Path::new(path).canonicalize().ok();
    let name = match &real {
        Some(real) => real.file_name().map(|name| name.to_string_lossy().into_owned()),
        None => Some(target.trim_start_matches("docker://").to_owned()),
    };
    name.map_or_else(|| "target".to_owned(), |name| clean_line(&name).into_owned())
}

/// A time in the form that bills of materials want: UTC, whole seconds.
fn timestamp(text: &str) -> anyhow::Result<String> {
    let time = match text {
        "now" => jiff::Timestamp::now(),
        text => text.parse().ok().with_context(|| {
            format!("`--timestamp {text}` is neither `now` nor a time such as 2026-11-23T12:00:00Z")
        })?,
    };
    Ok(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Files to write, and the format that `-` asks for on standard output.
type Outputs = (Vec<(&'static dyn Format, PathBuf)>, Option<&'static dyn Format>);

fn outputs(words: &[String]) -> anyhow::Result<Outputs> {
    let mut found: Vec<(&'static dyn Format, PathBuf)> = Vec::new();
    let mut on_standard_output = None;
    for word in words {
        let Some((format, path)) = word.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            bail!("`--output {word}` needs the form FORMAT=FILE, such as sarif=out.sarif");
        };
        let format = format_named(format)?;
        let path = PathBuf::from(path);
        let taken = if path == Path::new("-") {
            on_standard_output.replace(format).is_some()
        } else {
            let taken = found.iter().any(|(_, other)| *other == path);
            anyhow::ensure!(!path.is_dir(), "`--output {word}` names a folder; name a file in it");
            anyhow::ensure!(folder_of(&path).is_dir(), "the folder of `--output {word}` does not exist");
            found.push((format, path));
            taken
        };
        anyhow::ensure!(!taken, "`--output {word}` goes where another output goes already");
    }
    Ok((found, on_standard_output))
}

/// What fails the gate: the command line, else the configuration, else the profile.
fn fail_on(
    arguments: &ScanArgs,
    config: &Option<Vec<String>>,
    profile: &[String],
    knowledge: &Knowledge,
) -> anyhow::Result<Vec<Condition>> {
    let words = arguments.fail_on.as_ref().or(config.as_ref()).map_or(profile, Vec::as_slice);
    if matches!(words, [only] if only == "none") {
        return Ok(Vec::new());
    }
    words
        .iter()
        .map(|word| Condition::parse(word, &knowledge.rules.rules).map_err(|message| anyhow::anyhow!("{message}")))
        .collect()
}

/// Findings of an earlier JSON report, each with the components that it was about.
fn baseline(path: &Path) -> anyhow::Result<Baseline> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the baseline `{shown}`"))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("the baseline `{shown}` is not JSON"))?;
    if value.get("schema").and_then(serde_json::Value::as_str) != Some("sovaudit-report/1") {
        bail!("the baseline `{shown}` is not a sovaudit report; write one with `--output json=FILE`");
    }
    let findings = value.get("findings").and_then(serde_json::Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut known = Baseline::default();
    for finding in findings {
        let text = |of: &serde_json::Value, key: &str| of.get(key).and_then(|value| value.as_str().map(str::to_owned));
        let Some(print) = text(finding, "fingerprint").as_deref().and_then(Fingerprint::parse) else { continue };
        let members = finding.get("members").and_then(serde_json::Value::as_array).map_or(&[][..], Vec::as_slice);
        let components = members.iter().filter_map(|member| text(member, "component"));
        // the subject of several is the first of them
        for component in components.chain(text(finding, "subject")) {
            known.add(print, &component);
        }
        let entries = finding.get("listed").and_then(serde_json::Value::as_array).map_or(&[][..], Vec::as_slice);
        for list in entries.iter().filter_map(|entry| text(entry, "list")) {
            known.add_entry(print, &list);
        }
    }
    Ok(known)
}

/// Writes beside the target and renames: no reader ever sees half a file.
fn write_file(format: &dyn Format, report: &Report, path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    // a device or pipe such as `/dev/null` is written to, never replaced by a file
    if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        let opened = std::fs::OpenOptions::new().write(true).open(path);
        let mut buffer = io::BufWriter::new(opened.with_context(|| format!("cannot write `{shown}`"))?);
        format.write(report, &mut buffer).with_context(|| format!("cannot write `{shown}`"))?;
        return buffer.flush().with_context(|| format!("cannot write `{shown}`"));
    }
    let made = tempfile::Builder::new().prefix(".sovaudit-").tempfile_in(folder_of(path));
    // the error names the temporary file, which nobody asked for
    let mut file =
        made.map_err(|error| anyhow::anyhow!("cannot write into the folder of `{shown}`: {}", error.kind()))?;
    let mut buffer = io::BufWriter::new(file.as_file_mut());
    format.write(report, &mut buffer).with_context(|| format!("cannot write `{shown}`"))?;
    buffer.flush().with_context(|| format!("cannot write `{shown}`"))?;
    drop(buffer);
    readable(file.path());
    file.persist(path).map_err(|failed| failed.error).with_context(|| format!("cannot write `{shown}`"))?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Temporary files are private; a report is for others too.
#[cfg(unix)]
fn readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // best effort: a private report is still a report
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn readable(_: &Path) {}
