//! SQL over the tables of an analysis.
//!
//! polars runs the SQL; this room keeps it in bounds. A [`Database`] builds the tables that a statement names, lets through
//! what only asks (`statement`), makes the order of rows independent of threads (`order`), and turns what polars says
//! of mistakes into words with a place (`error`, `wording`). An [`Answer`] is what came of it, in any form.
//!
//! SQL cannot reach files: polars is built without its readers of files, and statements that write are refused by name.
//! polars can panic on odd input; it runs on a thread of its own, whose end is an error of the query like any other.

mod answer;
mod database;
mod error;
mod order;
mod statement;
mod wording;
mod words;

pub use answer::{Answer, Cell};
pub use database::{Database, Named, catalogue, check};
pub use error::{Place, QueryError};
pub use statement::is_complete;
pub use words::{functions, keywords};
