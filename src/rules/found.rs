//! Hits of one rule, kept each by itself or brought together as they come.

use std::sync::Arc;

use super::draft::{Hit, first_seen, is_direct, is_well_known};
use super::file::Rule;
use super::run::View;
use crate::graph::{EdgeId, NodeId, Path};
use crate::model::{Horizon, Member, Sentence};

/// Other places that a finding about several components shows.
const SHOWN: usize = 20;

/// Hits of one rule. Of a rule that speaks once for all of them only the hit that speaks is kept whole, and of every
/// other its component with its own sentence: a lock file gives tens of thousands.
pub struct Found<'v> {
    view: &'v View<'v>,
    rule: &'v Rule,
    together: bool,
    all: Vec<Hit>,
    members: Vec<Member>,
    soonest: Option<Horizon>,
    direct: bool,
    /// The hit that speaks rests on relations that are known well enough to fail a gate.
    is_sure: bool,
}

impl<'v> Found<'v> {
    pub(super) fn new(view: &'v View<'v>, rule: &'v Rule) -> Self {
        let (all, members, together) = (Vec::new(), Vec::new(), rule.aggregate);
        Self { view, rule, together, all, members, soonest: None, direct: false, is_sure: false }
    }

    /// True when of every further hit only the component, the sentence and the horizon will count, see [`Self::push_brief`].
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.together && self.is_sure
    }

    /// True when of a hit along a path only the component, the sentence and the horizon will count.
    #[must_use]
    pub fn is_brief(&self, tail: &Path) -> bool {
        self.together && (self.is_sure || !self.all.is_empty() && !is_well_known(self.view, tail))
    }

    /// Adds one.
    pub fn push(&mut self, hit: Hit) {
        if !self.together {
            self.all.push(hit);
            return;
        }
        let first = hit.tail.steps.first().map(|(edge, _)| *edge);
        self.member(hit.subject, first, hit.horizon, || Sentence::Whole(Arc::from(hit.message.as_str())));
        if !self.is_sure {
            self.is_sure = is_well_known(self.view, &hit.tail);
            if self.is_sure {
                self.all.clear();
            }
            if self.all.is_empty() {
                self.all.push(hit);
            }
        }
    }

    /// Adds one of which no more will count, by what is said behind its name and the relation by which it was found.
    pub fn push_brief(&mut self, subject: NodeId, first: Option<EdgeId>, horizon: Option<Horizon>, words: &Arc<str>) {
        self.member(subject, first, horizon, || Sentence::Behind(Arc::clone(words)));
    }

    fn member(
        &mut self,
        subject: NodeId,
        first: Option<EdgeId>,
        horizon: Option<Horizon>,
        sentence: impl FnOnce() -> Sentence,
    ) {
        let view = self.view;
        let component = view.graph.node(subject).id;
        // a component that several parties reach is one component
        if self.members.last().is_none_or(|last| last.component != *component) {
            self.members.push(Member {
                component: component.clone(),
                name: view.graph.own_label(subject),
                sentence: sentence(),
                seen: first_seen(view, self.rule, subject, first).cloned(),
            });
        }
        // limits of the gate ask whether any of them is direct, felt soon, or known well enough
        self.soonest = [self.soonest, horizon].into_iter().flatten().min();
        self.direct = self.direct || is_direct(view, subject, || view.roots.is_near(subject));
    }

    /// Adds some.
    pub fn extend(&mut self, hits: impl IntoIterator<Item = Hit>) {
        hits.into_iter().for_each(|hit| self.push(hit));
    }

    /// Every hit, or the one that speaks for all.
    pub(super) fn finish(self) -> Vec<Hit> {
        let Self { together: true, mut all, members, .. } = self else { return self.all };
        let Some(first) = all.first_mut() else { return all };
        first.horizon = self.soonest;
        first.direct = Some(self.direct);
        if members.len() > 1 {
            first.message = format!("{} components; the first: {}", members.len(), first.message);
            let places = members.iter().skip(1).filter_map(|member| member.seen.as_ref());
            first.more.extend(places.take(SHOWN).map(|seen| seen.place()));
            first.members = members;
        }
        "all".clone_into(&mut first.aspect);
        all
    }
}
