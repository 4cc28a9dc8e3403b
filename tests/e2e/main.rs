//! End-to-end: the real binary, and the whole way from bytes to findings, on generated and on real logs.
//!
//! One test binary, so that it links once. `support` has what the rooms share.

mod bad_input;
mod carriers;
mod causes;
mod config;
mod diff;
mod explain;
mod guide;
mod outputs;
mod properties;
mod real_logs;
mod rules;
mod scenarios;
mod show;
mod statistics;
mod support;
