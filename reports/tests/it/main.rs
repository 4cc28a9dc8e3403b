//! Every form of output over analyses built by hand. One test program: each links polars.

mod diff;
mod json;
mod sample;
mod text;
