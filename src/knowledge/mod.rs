//! What is known of VSS outside any log: writers, providers, limits.

pub mod limits;
pub mod providers;
pub mod volumes;
pub mod writers;
