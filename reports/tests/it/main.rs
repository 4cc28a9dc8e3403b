//! Every form of output over analyses built by hand. One test program: each links polars.

mod diff;
mod html;
mod json;
mod markdown;
mod mermaid;
mod pipelines;
mod sample;
mod sql;
mod tables;
mod text;
mod timesketch;
