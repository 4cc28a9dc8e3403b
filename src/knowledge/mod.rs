//! What is known of VSS outside any log: event records, result codes, writers, providers, states, constants, limits.
//!
//! The tables are TOML files in `data/`, compiled in and read when they are first needed. Every row carries its certainty
//! and its sources; `docs/knowledge.md` says how rows are added.

pub mod events;
pub mod hresults;
pub mod limits;
pub mod providers;
pub mod states;
mod table;
pub mod vocabulary;
pub mod volumes;
pub mod writers;

pub use table::{Certainty, plain};
