//! What the fuzz targets ask of the readers: not only that they do not crash, but that their accounts add up, that they
//! give the same twice, and that memory and time stay in proportion to the input.
//!
//! `targets` has one function per target; the files of `fuzz_targets/` only hand over the bytes.

#![forbid(unsafe_code)]

pub mod account;
pub mod archive;
pub mod binxml;
pub mod budget;
pub mod chunk;
pub mod scale;
pub mod targets;
