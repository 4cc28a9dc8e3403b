//! End-to-end: the real binary, and the whole way from bytes to findings, on generated and on real logs.
//!
//! One test binary, so that it links once. `support` has what the rooms share.

mod bad_input;
mod batch;
mod carriers;
mod carve;
mod causes;
mod config;
mod copies;
mod diff;
mod examples;
mod explain;
mod guide;
mod library;
mod outputs;
mod pager;
mod properties;
mod query;
mod real_logs;
mod redact;
mod rules;
mod scenarios;
mod schemas;
mod show;
mod statistics;
mod support;
mod tables;
