//! sovaudit: who controls what an AI system depends on, what the law says of it, what stops when a
//! jurisdiction is lost, and what to change.
//!
//! ```text
//! target ──► source ──► scan ──► inventory ──► attribution ──► graph ──► rules ──► report
//!            bytes      facts     set of        owners, places   AND/OR    findings   table json
//!                       + evidence facts        with citations                        sarif md
//!                                                                  └─► simulate, plan
//! ```
//! Each arrow is one function with plain data on both sides. Reading order for newcomers:
//! [`model`] (what a fact is), [`scan`] and one scanner, [`attribution`], [`graph`], [`rules`].

pub mod attribution;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod config;
pub mod control;
pub mod diagnostic;
pub mod export;
pub mod fleet;
pub mod graph;
pub mod lists;
pub mod model;
pub mod parse;
pub mod plan;
pub mod report;
pub mod rules;
pub mod scan;
pub mod score;
pub mod screening;
pub mod simulate;
pub mod source;
pub mod supply;
pub mod target;
pub mod text;
pub mod threads;
