//! vsscope: the post-mortem of Windows shadow copies.
//!
//! ```
//! let outcome = vsscope::analyze(["fixtures/samples/healthy-backup"], &vsscope::Options::default())?;
//! for set in &outcome.analysis.sets {
//!     println!("{}: {}", set.id, set.outcome.as_str());
//! }
//! assert_eq!(vsscope::exit::code(&outcome, Some(vsscope::model::Severity::Error)), vsscope::exit::OK);
//! # assert_eq!(outcome.analysis.sets.len(), 1);
//! # Ok::<(), vsscope::Error>(())
//! ```
//!
//! [`analyze`] takes files, folders, bundles, bytes in memory or reports, and gives an [`Analysis`](model::Analysis) with
//! everything that could not be read beside it. It writes nothing, asks no clock and ends no process. [`reports`] writes an
//! analysis in every form that the program knows, [`filter`] shows a part of it, [`exit`] says what it means to a pipeline.
//! The types of [`model`] are those of the JSON forms, whose schemas are in [`schema`].
//!
//! # How it is made
//!
//! Bytes become events in [`parsers`]; here events become timelines ([`timeline`]) and timelines become findings
//! ([`rules`]); [`reports`] writes them. [`timeline`] and [`rules`] touch neither files nor the clock nor the environment.
//! [`knowledge`] is what is known beside the logs; [`explain`] answers from it and from the rules.
//! [`config`] is what the user decided about the rules, [`baseline`] which findings are known.
//! [`cli`] is what was typed, [`settings`] what it means, [`run`] the run of a command; these three, [`commands`] and
//! [`interrupt`] are the program's own and change with it.
//! [`diff`] compares two runs, [`show`] finds the record behind a proof.
//! [`cli`] is what was typed, [`settings`] what it means, [`run`] the way from paths to an analysis.

mod api;
pub mod baseline;
pub mod cli;
pub mod commands;
pub mod config;
pub mod diff;
pub mod exit;
pub mod explain;
pub mod filter;
pub mod interrupt;
pub mod knowledge;
pub mod redact;
pub mod rules;
pub mod run;
pub mod schema;
pub mod settings;
pub mod show;
pub mod split;
pub mod state;
pub mod statistics;
pub mod timeline;
pub mod window;

pub use api::{Error, Options, Origin, Outcome, analyze, analyze_with};
pub use vsscope_model as model;
pub use vsscope_parsers as parsers;
pub use vsscope_reports as reports;
