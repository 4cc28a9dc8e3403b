//! End-to-end: the real binary, and the whole way from bytes to findings, on generated and on real logs.
//!
//! One test binary, so that it links once. `support` has what the rooms share.

mod bad_input;
mod batch;
mod carriers;
mod causes;
mod config;
mod examples;
mod explain;
mod guide;
mod library;
mod outputs;
mod properties;
mod real_logs;
mod redact;
mod rules;
mod scenarios;
mod schemas;
mod statistics;
mod support;
