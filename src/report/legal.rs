//! Rows of reach and ownership: whose law reaches a component, and who owns a party as the rules count it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::Catalog;
use crate::catalog::rows::Ownership;
use crate::control::laws::{Legal, Reached};
use crate::control::{Answer, Assessment, Holdings};
use crate::graph::{Graph, NodeId};
use crate::model::Date;

/// A legal order that reaches a component by one test.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReachRow {
    /// ISO code of the state, or a bloc.
    pub jurisdiction: String,
    /// `incorporation`, `control`, `presence`, `item`, `personnel`, `location`, `counterparty`.
    pub test: String,
    /// `T1` to `T7`.
    pub code: String,
    /// Laws of it that ask this test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub laws: Vec<LawRow>,
    /// Component ids from the component to the state or the listed party.
    pub witness: Vec<String>,
    /// Lists that name the party, or those who own it, for `counterparty`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
    /// For `counterparty`: not the party is on the lists, but those who own it as an ownership rule counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_owners: bool,
    /// What weakens it, where the target shows evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mitigations: Vec<MitigationRow>,
}

/// A law with its standing on the day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LawRow {
    /// Id of the row.
    pub id: String,
    /// `in force`, `not yet in force`, `suspended`, `lapsed`, `standing not verified`.
    pub standing: String,
    /// Mark of the row.
    pub verification: String,
}

/// A mitigation with its evidence.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MitigationRow {
    /// Id of the row.
    pub id: String,
    /// `strong`, `partial`, `none`.
    pub effect: String,
    /// What in the target is evidence.
    pub evidence: String,
}

/// A rule under which an organisation counts as owned, or may.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OwnedRow {
    /// Id of the ownership rule.
    pub rule: String,
    /// `met` or `possible`.
    pub answer: String,
    /// What those who count hold together, in words.
    pub sum: String,
    /// What the rule asks for, in words.
    pub figure: String,
    /// True when control decides and not the share.
    pub by_control: bool,
    /// Mark of the rule.
    pub verification: String,
    /// Every stake that counts.
    pub chain: Vec<StakeRow>,
}

/// One stake of a chain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StakeRow {
    /// Id of the owned.
    pub of: String,
    /// Id of the owner.
    pub by: String,
    /// Share of capital in words; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// Share of votes where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<String>,
    /// The owner decides.
    pub control: bool,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Where the rule files have it from.
    pub source: String,
    /// Mark of the row.
    pub verification: String,
}

/// Rows for a component.
#[must_use]
pub fn reach_rows(legal: &Legal<'_, '_>, node: NodeId) -> Vec<ReachRow> {
    legal.reached(node).iter().map(|reached| reach_row(legal.graph, reached)).collect()
}

fn reach_row(graph: &Graph<'_>, reached: &Reached<'_>) -> ReachRow {
    ReachRow {
        jurisdiction: reached.jurisdiction.clone(),
        test: reached.test.as_str().to_owned(),
        code: reached.test.code().to_owned(),
        laws: reached
            .laws
            .iter()
            .map(|(law, state)| LawRow {
                id: law.id.to_string(),
                standing: state.as_str().to_owned(),
                verification: law.verification.as_str().to_owned(),
            })
            .collect(),
        witness: reached.witness.nodes().map(|node| graph.node(node).id.to_string()).collect(),
        lists: reached.lists.iter().map(ToString::to_string).collect(),
        by_owners: reached.by_owners,
        mitigations: reached
            .mitigations
            .iter()
            .map(|one| MitigationRow {
                id: one.row.id.to_string(),
                effect: one.row.effect.as_str().to_owned(),
                evidence: one.evidence.clone(),
            })
            .collect(),
    }
}

/// Every rule of the day under which an organisation is owned, or may be.
#[must_use]
pub fn assessments<'c>(catalog: &'c Catalog, organisation: &str, day: Date) -> Vec<Assessment<'c>> {
    let Some(organisation) = catalog.organisation(organisation) else { return Vec::new() };
    let holdings = Holdings::above(catalog, &organisation.id, day);
    let all = catalog.ownership_rules(day).map(|rule| holdings.assess(rule, |_| true));
    all.filter(|one| one.answer != Answer::Not && !one.links.is_empty()).collect()
}

/// Rows for an organisation.
#[must_use]
pub fn owned_rows(catalog: &Catalog, organisation: &str, day: Date) -> Vec<OwnedRow> {
    assessments(catalog, organisation, day).iter().map(owned_row).collect()
}

fn owned_row(one: &Assessment<'_>) -> OwnedRow {
    OwnedRow {
        rule: one.rule.id.to_string(),
        answer: if one.answer == Answer::Met { "met" } else { "possible" }.to_owned(),
        sum: one.sum.to_string(),
        figure: one.figure(),
        by_control: one.by_control,
        verification: one.rule.verification.as_str().to_owned(),
        chain: one.links.iter().map(|row| stake_row(row)).collect(),
    }
}

fn stake_row(row: &Ownership) -> StakeRow {
    StakeRow {
        of: row.of.to_string(),
        by: row.by.to_string(),
        share: row.share_percent.map(|share| share.to_string()),
        votes: row.votes_percent.map(|share| share.to_string()),
        control: row.control,
        from: row.from.map(|day| day.to_string()),
        to: row.to.map(|day| day.to_string()),
        source: row.source.to_string(),
        verification: row.verification.as_str().to_owned(),
    }
}
