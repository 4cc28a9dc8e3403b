//! Every form of output over analyses built by hand. One test program: each links polars.

mod json;
mod sample;
<<<<<<< HEAD
mod sql;
=======
mod tables;
>>>>>>> w/tables
mod text;
