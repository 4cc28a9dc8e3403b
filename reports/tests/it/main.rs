//! Every form of output over analyses built by hand. One test program: each links polars.

mod html;
mod diff;
mod json;
mod pipelines;
mod markdown;
mod mermaid;
mod sample;
mod sql;
mod tables;
mod text;
mod timesketch;
