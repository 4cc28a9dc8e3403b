//! Every form of output over analyses built by hand. One test program: each links polars.

mod json;
mod markdown;
mod mermaid;
mod sample;
mod text;
mod timesketch;
