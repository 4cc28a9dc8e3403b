//! Binary XML of event records ([MS-EVEN6] 2.2.12), as far as it is needed to tell what a record is and to read those that
//! speak of VSS without rendering them first.
//!
//! A record is an instance of a template: a definition that its chunk holds once, and a table of values. `definition` reads the
//! definition once, `shape` has where each field of [`LogRecord`](crate::record::LogRecord) comes from by it, `instance` finds the
//! values, `value` turns one into text, `fields` puts the record together. Whatever is out of the ordinary is `None` here,
//! and the record is rendered by the `evtx` crate instead: this room may be narrow, and must never differ.

mod cursor;
mod definition;
mod fields;
mod instance;
mod shape;
mod value;

pub(super) use fields::{Fields, Found, System, is_plain};
pub(super) use instance::{Instance, Table};
pub(super) use shape::Shapes;
pub(super) use value::utf16;
