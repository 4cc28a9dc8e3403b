//! Every form of output over analyses built by hand. One test program: each links polars.

mod json;
mod pipelines;
mod sample;
mod text;
