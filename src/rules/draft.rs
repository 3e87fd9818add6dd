//! From a hit to a finding: witness, places, confidence, severity, fingerprint.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::aside::{aside, places, seen_aside};
use super::file::{Kind, Rule, Select};
use super::page::felt;
use super::run::View;
use super::select::is_wanted;
use super::witness::steps;
use crate::attribution::{BY_NAME, MAIL_OF_AUTHOR};
use crate::graph::{EdgeId, NodeId, Path, is_address_open};
use crate::model::{
    Basis, Citation, Cited, ComponentId, ComponentKind, Confidence, Evidence, EvidenceSet, Finding, Horizon, ListedAs,
    Member, Place, RelationKind, Remedy, Sentence, Severity, Sighting, Validity, Verification, fingerprint, key,
};
use crate::text::RelPath;

/// What a rule kind found, before it becomes a finding.
pub struct Hit {
    /// What it is about.
    pub subject: NodeId,
    /// From the subject to the party, place or missing end; may have no steps.
    pub tail: Path,
    /// What tells this hit from others of the rule on the subject; part of the fingerprint.
    pub aspect: String,
    /// One sentence about this very case.
    pub message: String,
    /// When the loss would hurt; also chooses the severity.
    pub horizon: Option<Horizon>,
    /// Law or list entries besides the rule's own sources.
    pub citations: Vec<Citation>,
    /// Mark of facts that are on no path.
    pub verification: Verification,
    /// How sure a judgement is that rests on no path.
    pub confidence: Option<Confidence>,
    /// Paths that the hit rests on besides the witness.
    pub beside: Vec<Path>,
    /// When the law or listing holds.
    pub effective: Validity,
    /// Replacements.
    pub alternatives: Vec<String>,
    /// What helps in this very case, where it is not what the rule says.
    pub remedy: Option<String>,
    /// Notes for the reader.
    pub notes: Vec<String>,
    /// Places that say it, where those are not where the component was seen.
    pub at: Vec<Place>,
    /// Other places worth showing.
    pub more: Vec<Place>,
    /// Every component, when one finding speaks for several.
    pub members: Vec<Member>,
    /// Components that were counted to come to this, where it is about what they have in common.
    pub counted: Vec<Member>,
    /// Words for `--fail-on` besides the rule's.
    pub words: Vec<Arc<str>>,
    /// List entries it rests on.
    pub listed: Vec<ListedAs>,
    /// Whether we ask for it ourselves, where that is known already.
    pub direct: Option<bool>,
}

impl Hit {
    /// A hit with a message and nothing else.
    #[must_use]
    pub fn new(subject: NodeId, aspect: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            subject,
            tail: Path::at(subject),
            aspect: aspect.into(),
            message: message.into(),
            horizon: None,
            citations: Vec::new(),
            verification: Verification::TwoSource,
            confidence: None,
            beside: Vec::new(),
            effective: Validity::default(),
            alternatives: Vec::new(),
            remedy: None,
            notes: Vec::new(),
            at: Vec::new(),
            more: Vec::new(),
            members: Vec::new(),
            counted: Vec::new(),
            words: Vec::new(),
            listed: Vec::new(),
            direct: None,
        }
    }
}

/// Lines of settings that one finding names.
const SET_AT: usize = 4;

/// Completes a hit. `None` when no place in the scanned tree can be named at all.
#[must_use]
pub fn finish(view: &View<'_>, rule: &Rule, mut hit: Hit) -> Option<Finding> {
    let graph = view.graph;
    if hit.at.is_empty() {
        // a lock file is written anew: what leads to the host is the thing to change
        let set = first_of(&hit).into_iter().flat_map(|edge| graph.set_at(edge));
        hit.at = set.take(SET_AT).map(Sighting::place).collect();
    }
    let mut files = stating(view, rule, hit.subject, first_of(&hit));
    let root = root_of(view, &hit, &files);
    let whole = root.clone().then(&hit.tail);
    let own = seen_of(view, hit.subject, &files);
    if files.is_empty() {
        files.extend(own.first().map(|seen| seen.path()));
    }
    let witness = steps(view, &whole, root.steps.len(), files);
    let at = hit.at.first().cloned();
    let primary = at.or_else(|| own.first().map(|seen| seen.place())).or_else(|| hit.more.first().cloned());
    let primary = primary.or_else(|| witness.iter().rev().find_map(|step| step.place.clone()))?;
    let skipped = usize::from(hit.at.is_empty());
    let others = hit.at.into_iter().chain(own.into_iter().skip(skipped).map(Sighting::place)).chain(hit.more);
    let related: Vec<Place> = others.filter(|place| *place != primary).take(20).collect();
    let mut grounds = Grounds::of(view, &whole);
    hit.beside.iter().for_each(|path| grounds.weaken(Grounds::of(view, path)));
    grounds.weaken(Grounds::of_selection(view, rule, hit.subject));
    if let Some(confidence) = hit.confidence {
        grounds.confidence = grounds.confidence.min(confidence);
    }
    let verification = grounds.verification.min(hit.verification).min(rule.review.verification);
    let (mut severity, mut raised) = severity(view, rule, hit.horizon);
    let mut message = hit.message;
    if severity > Severity::Low && !rule.aggregate && is_address_open(view.graph, hit.subject) {
        raised = Some(grounds.open_address(rule));
        severity = Severity::Low;
        message = format!("{message}; {ADDRESS_OPEN}");
    }
    if let Some(what) = aside(view, rule, hit.subject).filter(|_| severity > Severity::Low) {
        raised = Some(seen_aside(&what, rule));
        severity = Severity::Low;
        message = format!("{message}; seen in {what} only");
    }
    let mut notes = hit.notes;
    notes.extend(raised);
    let direct = hit.direct.unwrap_or_else(|| is_direct(view, hit.subject, || root.steps.len() <= 1));
    if !rule.aggregate && !direct && root.steps.len() == 1 {
        notes.push("indirect: something that is asked for brings it in, and no file here says what".to_owned());
    }
    if rule.review.by < view.as_of {
        notes.push(format!("the rule was due for review on {}", rule.review.by));
    }
    let may_gate =
        grounds.may_gate && grounds.confidence > Confidence::Possible && verification > Verification::Recalled;
    notes.extend(standing(rule, may_gate, verification, hit.verification, &grounds.weak));
    let citations = citations(rule, hit.citations);
    let subject = graph.node(hit.subject).id.clone();
    // one more or one less of many is the same finding
    let of = if rule.aggregate { ComponentId::of("rule", &rule.id) } else { subject.clone() };
    Some(Finding {
        rule: Arc::from(rule.id.as_str()),
        category: Arc::from(rule.category.as_str()),
        words: rule.words.iter().map(|word| Arc::from(word.as_str())).chain(hit.words).collect(),
        direct,
        listed: hit.listed,
        severity,
        confidence: grounds.confidence,
        fingerprint: fingerprint(&rule.id, &of, &hit.aspect),
        subject,
        message,
        horizon: hit.horizon,
        witness,
        primary,
        members: hit.members,
        counted: hit.counted,
        related,
        citations,
        effective: if hit.effective == Validity::default() { rule.effective } else { hit.effective },
        verification,
        remedy: Remedy {
            text: hit.remedy.unwrap_or_else(|| rule.remedy.trim().to_owned()),
            alternatives: hit.alternatives,
        },
        may_gate,
        notes,
    })
}

/// Why a finding cannot fail a gate, or how well what it rests on is checked.
fn standing(
    rule: &Rule,
    may_gate: bool,
    verification: Verification,
    of_case: Verification,
    weak: &BTreeSet<String>,
) -> Option<String> {
    if may_gate {
        return (verification == Verification::OneSource).then(|| "rests on a fact with one source".to_owned());
    }
    let mut reasons: Vec<&str> = weak.iter().map(String::as_str).collect();
    if reasons.is_empty() && of_case == Verification::Recalled {
        reasons.push("what the rule files say of this very case is only recalled");
    }
    if rule.review.verification == Verification::Recalled {
        reasons.push("the rule itself is only recalled");
    }
    if reasons.is_empty() {
        reasons.push("it rests on a fact that is not checked well enough");
    }
    Some(format!("cannot fail a gate: {}", reasons.join("; ")))
}

/// What a finding rests on: of the case first, then of the rule.
fn citations(rule: &Rule, of_case: Vec<Citation>) -> Vec<Citation> {
    let mut citations = of_case;
    citations.extend(rule.sources.iter().map(|source| Citation {
        title: Arc::from(
            source.date.map_or_else(|| source.title.clone(), |date| format!("{} ({date})", source.title)).as_str(),
        ),
        url: source.url.as_deref().map(Arc::from),
    }));
    citations
}

/// True when we ask for the component ourselves: a manifest says so, or nothing stands between a root of ours and it.
#[must_use]
pub fn is_direct(view: &View<'_>, subject: NodeId, is_near: impl FnOnce() -> bool) -> bool {
    let mut said = view.graph.attributes(subject, key::RELATION).peekable();
    match said.peek() {
        Some(_) => said.any(|value| value == "direct"),
        None => is_near(),
    }
}

/// Files that state what was found, in order: of several projects with the same package, those that fetch it from the host
/// in question (the first relation), or that leave its version open (the attributes that the rule selects by).
fn stating<'v>(view: &'v View<'_>, rule: &Rule, subject: NodeId, first: Option<EdgeId>) -> Vec<&'v RelPath> {
    let mut files: Vec<&RelPath> = match first {
        Some(edge) => view.graph.edge(edge).evidence.iter().filter_map(Evidence::path).collect(),
        None if rule.kind == Kind::Match => {
            let selects = std::iter::once(&rule.select).chain(&rule.also);
            selects.flat_map(|select| selecting(view, select, subject)).collect()
        }
        None => Vec::new(),
    };
    files.sort_unstable();
    files.dedup();
    files
}

/// Files that state every attribute by which a component is selected; where none states all, those that state any.
fn selecting<'v>(view: &'v View<'_>, select: &Select, subject: NodeId) -> BTreeSet<&'v RelPath> {
    let of_key = |(key, wanted): (&String, &Vec<String>)| {
        let rows = view.graph.all_attributes(subject).iter();
        let rows = rows.filter(|row| row.key == key.as_str() && is_wanted(wanted, &row.value));
        rows.flat_map(|row| row.evidence.iter()).filter_map(Evidence::path).collect::<BTreeSet<_>>()
    };
    let all: Vec<BTreeSet<&RelPath>> = select.attribute.iter().map(of_key).collect();
    if all.iter().any(BTreeSet::is_empty) {
        return BTreeSet::new();
    }
    let Some((first, others)) = all.split_first() else { return BTreeSet::new() };
    let common: BTreeSet<&RelPath> =
        first.iter().filter(|path| others.iter().all(|other| other.contains(*path))).copied().collect();
    if common.is_empty() { all.into_iter().flatten().collect() } else { common }
}

/// The first relation of what was found.
fn first_of(hit: &Hit) -> Option<EdgeId> {
    hit.tail.steps.first().map(|(edge, _)| *edge)
}

/// The shortest path from one of our roots; when the lock files of that root do not state what was found, from a project
/// whose file does.
fn root_of(view: &View<'_>, hit: &Hit, files: &[&RelPath]) -> Path {
    let (graph, shortest) = (view.graph, view.roots.path_to(hit.subject));
    let states = |edge: EdgeId| {
        let own = graph.edge(edge).evidence;
        own.iter().filter_map(Evidence::path).any(|path| files.binary_search(&path).is_ok())
    };
    let is_project = graph.node(shortest.start).kind == ComponentKind::Project;
    if !is_project || shortest.steps.is_empty() || files.is_empty() {
        return shortest;
    }
    let is_ours = |(edge, from): &(EdgeId, NodeId)| graph.node(*from).kind == ComponentKind::Project && states(*edge);
    let mut ours = graph.incoming(hit.subject).filter(is_ours).peekable();
    // a member of a workspace is locked in a folder above its own
    let start = graph.node(shortest.start).id.rest();
    let is_above = |(_, project): &(EdgeId, NodeId)| {
        let above = graph.node(*project).id.rest();
        above == "." || start.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match ours.peek().copied() {
        Some((edge, project)) if !ours.any(|one| is_above(&one)) => {
            Path { start: project, steps: vec![(edge, hit.subject)] }
        }
        _ => shortest,
    }
}

/// Places where the subject was seen, those in files that state what was found first.
fn seen_of<'v>(view: &'v View<'_>, subject: NodeId, files: &[&RelPath]) -> Vec<&'v Sighting> {
    let mut found = seen(view, subject);
    if found.len() > 1 {
        found.sort_by_cached_key(|seen| rank(view, files, seen));
    }
    found
}

/// The first of [`seen_of`] for a finding of a rule.
pub(super) fn first_seen<'v>(
    view: &'v View<'_>,
    rule: &Rule,
    subject: NodeId,
    first: Option<EdgeId>,
) -> Option<&'v Sighting> {
    let evidence = view.graph.node(subject).evidence?;
    if evidence.len() == 1 {
        return evidence.iter().find_map(Evidence::sighting);
    }
    let files = stating(view, rule, subject, first);
    let all = evidence.iter().filter_map(Evidence::sighting);
    let places = places(view, subject);
    let ranked = all.map(|seen| {
        (rank(view, &files, seen), places.binary_search(&seen).is_ok(), seen.basis(), seen.region().is_none(), seen)
    });
    ranked.min().map(|(.., seen)| seen)
}

/// Places in files that state what was found (in order) come first, and what is deployed says more than a test or an example does.
fn rank(view: &View<'_>, files: &[&RelPath], seen: &Sighting) -> (bool, bool) {
    (files.binary_search(&seen.path()).is_err(), view.catalog.aside_seen(seen).is_some())
}

/// The severity, and a note when it is not the rule's usual one.
fn severity(view: &View<'_>, rule: &Rule, horizon: Option<Horizon>) -> (Severity, Option<String>) {
    let profile = &view.profile.file;
    let by_profile = profile.severity.get(&rule.id).or_else(|| rule.severity_for.get(&profile.id));
    let by_horizon = horizon.and_then(|horizon| Some((horizon, rule.severity_at.get(&horizon)?)));
    let (severity, why) = match (by_profile, by_horizon) {
        (Some(severity), _) => (*severity, format!("profile `{}` sets it", profile.id)),
        (None, Some((horizon, severity))) => (*severity, felt(horizon).to_owned()),
        (None, None) => return (rule.severity, None),
    };
    let usual = rule.severity.as_str();
    (
        severity,
        (severity != rule.severity)
            .then(|| format!("severity {} instead of the rule's {usual}: {why}", severity.as_str())),
    )
}

/// Said of what is only known by clients that may speak to anybody.
const ADDRESS_OPEN: &str = "the address that the client speaks to is not known";

/// Where a component was seen, each place once, resolved and declared ones before inferred ones.
#[must_use]
pub fn seen<'v>(view: &'v View<'_>, node: NodeId) -> Vec<&'v Sighting> {
    let Some(evidence) = view.graph.node(node).evidence else { return Vec::new() };
    let mut found: Vec<(Basis, bool, &Sighting)> = evidence
        .iter()
        .filter_map(Evidence::sighting)
        .map(|seen| (seen.basis(), seen.region().is_none(), seen))
        .collect();
    if found.len() > 1 {
        found.sort();
        let mut known: BTreeSet<(&RelPath, Option<crate::text::Region>)> = BTreeSet::new();
        found.retain(|(.., seen)| known.insert((seen.path(), seen.region())));
    }
    found.into_iter().map(|(.., seen)| seen).collect()
}

/// A component with a sentence of its own and where it was seen.
#[must_use]
pub fn member(view: &View<'_>, node: NodeId, message: String) -> Member {
    Member {
        component: view.graph.node(node).id.clone(),
        name: view.graph.own_label(node),
        sentence: Sentence::Whole(message.into()),
        seen: seen(view, node).into_iter().next().cloned(),
    }
}

/// True when every relation of a path is known well enough to fail a gate.
#[must_use]
pub fn is_well_known(view: &View<'_>, path: &Path) -> bool {
    path.steps.iter().all(|(edge, _)| view.graph.edge(*edge).evidence.iter().any(Evidence::may_gate))
}

/// How sure a path is: every relation counts with its best evidence, the path with its weakest relation.
struct Grounds {
    confidence: Confidence,
    verification: Verification,
    may_gate: bool,
    /// Facts that cannot carry a gate decision, each with the reason.
    weak: BTreeSet<String>,
}

impl Grounds {
    fn of(view: &View<'_>, path: &Path) -> Self {
        let mut grounds = Self::sure();
        for (edge, _) in &path.steps {
            grounds.weaken(Self::best(view.graph.edge(*edge).evidence));
        }
        grounds
    }

    /// How sure it is that the rule speaks of the subject: the attributes it was selected by.
    fn of_selection(view: &View<'_>, rule: &Rule, subject: NodeId) -> Self {
        let mut grounds = Self::sure();
        for (key, wanted) in std::iter::once(&rule.select).chain(&rule.also).flat_map(|select| &select.attribute) {
            let attributes = view.graph.all_attributes(subject).iter();
            let strongest = attributes
                .filter(|row| row.key == key && is_wanted(wanted, &row.value))
                .map(|row| Self::best(&row.evidence))
                .max_by_key(Self::rank);
            if let Some(strongest) = strongest {
                grounds.weaken(strongest);
            }
        }
        grounds
    }

    fn sure() -> Self {
        Self {
            confidence: Confidence::Certain,
            verification: Verification::TwoSource,
            may_gate: true,
            weak: BTreeSet::new(),
        }
    }

    fn weaken(&mut self, other: Self) {
        self.confidence = self.confidence.min(other.confidence);
        self.verification = self.verification.min(other.verification);
        self.may_gate &= other.may_gate;
        self.weak.extend(other.weak);
    }

    /// Nothing is sure of somebody who may be anybody; gives why the severity is low.
    fn open_address(&mut self, rule: &Rule) -> String {
        self.confidence = Confidence::Possible;
        self.weak.insert(ADDRESS_OPEN.to_owned());
        format!("severity low instead of the rule's {}: {ADDRESS_OPEN}", rule.severity.as_str())
    }

    fn rank(&self) -> (bool, Verification, Confidence) {
        (self.may_gate, self.verification, self.confidence)
    }

    /// The strongest of several evidences for one fact.
    fn best(evidence: &EvidenceSet) -> Self {
        let values = evidence.iter().map(|evidence| match evidence {
            Evidence::Observed(seen) if seen.basis() == Basis::Inferred => {
                Self { confidence: Confidence::Likely, ..Self::sure() }
            }
            Evidence::Observed(_) => Self::sure(),
            Evidence::Cited(cited) => Self {
                confidence: cited.confidence,
                verification: cited.verification,
                may_gate: evidence.may_gate(),
                weak: weak(cited).into_iter().collect(),
            },
        });
        values.max_by_key(Self::rank).unwrap_or(Self {
            confidence: Confidence::Possible,
            verification: Verification::Recalled,
            may_gate: false,
            weak: BTreeSet::new(),
        })
    }
}

/// Why an entry of the rule files cannot carry a gate decision, if it cannot.
fn weak(cited: &Cited) -> Option<String> {
    if cited.entry.contains(BY_NAME) {
        Some(format!("`{}` rests on a name alone", cited.entry))
    } else if cited.entry.contains(MAIL_OF_AUTHOR) {
        Some(format!("`{}` says who an author writes for, not who publishes", cited.entry))
    } else if cited.verification == Verification::Recalled {
        Some(format!("`{}` is only recalled", cited.entry))
    } else if cited.confidence == Confidence::Possible {
        Some(format!("`{}` is matched by a name that only resembles", cited.entry))
    } else {
        None
    }
}

/// Words for a path from the subject: `AWS EMEA SARL (owned-by Amazon / AWS)`.
#[must_use]
pub fn describe(view: &View<'_>, path: &Path) -> String {
    let words: Vec<_> = path
        .steps
        .iter()
        .filter(|(edge, _)| view.graph.edge(*edge).kind != RelationKind::Contains)
        .map(|(_, node)| view.graph.label(*node))
        .collect();
    words.join(" -> ")
}
