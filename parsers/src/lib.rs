//! Readers: bytes of logs become [`vsscope_model::Event`]s, and what could not be read is counted and placed.
//!
//! [`discover`] turns what was typed into [`Source`]s, [`read`] turns a source into [`vsscope_model::InputReport`]s.
//! No damage stops a reader: it costs what is damaged and becomes an issue of the report. Timelines, rules and
//! output do not belong here.

// Input is hostile until proven otherwise: no reader may panic on it.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::panic
    )
)]

mod bytes;
mod collect;
mod console;
mod diag;
#[doc(hidden)]
pub mod etl;
mod events_file;
mod evtx;
pub mod input;
mod json;
mod processes;
pub mod raw;
pub mod record;
mod text;
mod time;
pub mod trace;
pub mod windows;

pub use input::{
    Discovery, Format, Problem, Progress, ReadOptions, Source, UnknownFormatName, discover, read, read_bytes,
};
