//! vsscope: the post-mortem of Windows shadow copies.
//!
//! Bytes become events in `vsscope-parsers`; here events become timelines ([`timeline`]) and timelines become findings
//! ([`rules`]); `vsscope-reports` writes them. [`timeline`] and [`rules`] touch neither
//! files nor the clock nor the environment.
//! [`knowledge`] is what is known beside the logs; [`explain`] answers from it and from the rules.
//! [`config`] is what the user decided about the rules, [`baseline`] which findings are known.
//! [`diff`] compares two runs, [`show`] finds the record behind a proof.
//! [`cli`] is what was typed, [`settings`] what it means, [`run`] the way from paths to an analysis.

pub mod baseline;
pub mod cli;
pub mod commands;
pub mod config;
pub mod diff;
pub mod explain;
pub mod filter;
pub mod knowledge;
pub mod rules;
pub mod run;
pub mod settings;
pub mod show;
pub mod statistics;
pub mod timeline;
