//! The tables that SQL can ask for, and a statement's way to its answer.

use super::answer::Answer;
use super::error::QueryError;
use super::order;
use super::statement::{Parsed, Wish, parse};
use super::wording::{self, Known};
use crate::tables::{self, TABLES, Table};
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsResult};
use polars::sql::SQLContext;
use std::collections::BTreeMap;
use std::sync::Once;
use vsscope_model::Analysis;

/// The tables of an analysis, and those that queries made of them.
///
/// A table is built when a statement names it for the first time, and kept.
pub struct Database<'a> {
    analysis: &'a Analysis,
    /// Tables of the analysis that were named before.
    built: BTreeMap<&'static str, DataFrame>,
    /// Tables that `CREATE TABLE name AS SELECT ...` made.
    made: BTreeMap<String, DataFrame>,
}

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name in SQL.
    pub name: String,
    /// The type of a column; empty for a table.
    pub kind: String,
    /// What it holds; empty for what a query made.
    pub about: String,
}

impl<'a> Database<'a> {
    /// The tables of this analysis.
    pub fn new(analysis: &'a Analysis) -> Self {
        Database { analysis, built: BTreeMap::new(), made: BTreeMap::new() }
    }

    /// The tables that can be asked for.
    pub fn tables(&self) -> Vec<Named> {
        let of =
            |name: &str, about: &str| Named { name: name.into(), kind: String::new(), about: about.into() };
        let own = TABLES.iter().map(|table| of(table.name, table.about));
        own.chain(self.made.keys().map(|name| of(name, ""))).collect()
    }

    /// The columns of a table, if there is such a table.
    pub fn columns(&self, table: &str) -> Option<Vec<Named>> {
        if let Some(frame) = self.made.get(table) {
            let named = |(name, kind): (&polars::prelude::PlSmallStr, &polars::prelude::DataType)| Named {
                name: name.to_string(),
                kind: kind.to_string(),
                about: String::new(),
            };
            return Some(frame.schema().iter().map(named).collect());
        }
        documented(table).map(|table| {
            let named = |column: &tables::Column| Named {
                name: column.name.to_owned(),
                kind: column.kind.as_str().to_owned(),
                about: column.about.to_owned(),
            };
            table.columns.iter().map(named).collect()
        })
    }

    /// Runs the statements of a query; the answer is that of the last one.
    pub fn run(&mut self, sql: &str) -> Result<Answer, QueryError> {
        let mut answer = None;
        let text = sql.to_owned();
        for statement in &apart(move || parse(&text))?? {
            answer = Some(self.answer(statement)?);
        }
        answer.ok_or_else(|| QueryError::new("there is no statement"))
    }

    fn answer(&mut self, statement: &Parsed) -> Result<Answer, QueryError> {
        match &statement.wish {
            Wish::Tables => Ok(Answer::of_names("table", &self.tables())),
            Wish::Columns(table) => match self.columns(table) {
                Some(columns) => Ok(Answer::of_names("column", &columns)),
                None => Err(wording::no_table(table, statement, &self.known(statement))),
            },
            Wish::Query => Ok(Answer::new(self.rows(statement)?)),
            Wish::Create(name) => {
                self.is_free(name, statement)?;
                let frame = self.rows(statement)?;
                let rows = frame.height();
                self.made.insert(name.clone(), frame);
                Ok(Answer::of_text("created", &format!("{name}: {rows} rows")))
            }
            Wish::Drop(name) => match self.made.remove(name) {
                Some(_) => Ok(Answer::of_text("dropped", name)),
                None if documented(name).is_some() => {
                    let error =
                        QueryError::new(format!("{name} is a table of the analysis, which stays as it is"));
                    Err(error.at(statement.place(name, false)))
                }
                None => Err(wording::no_table(name, statement, &self.known(statement))),
            },
        }
    }

    fn is_free(&self, name: &str, statement: &Parsed) -> Result<(), QueryError> {
        let place = statement.place(name, false);
        match (documented(name).is_some() || self.made.contains_key(name), is_name(name)) {
            (true, _) => Err(QueryError::new(format!("there is a table {name} already")).at(place)),
            (_, false) => Err(QueryError::new(format!("{name:?} is no name for a table")).at(place)),
            _ => Ok(()),
        }
    }

    /// The rows of a statement.
    fn rows(&mut self, statement: &Parsed) -> Result<DataFrame, QueryError> {
        for table in TABLES {
            let is_named = statement.words().any(|(word, _)| word == table.name);
            if is_named && !self.built.contains_key(table.name) {
                self.built.insert(table.name, table.frame(self.analysis));
            }
        }
        // A context of its own: polars keeps the names of subqueries in it, and they may be those of tables.
        let context = SQLContext::new();
        let built = self.built.iter().map(|(name, frame)| (*name, frame));
        for (name, frame) in built.chain(self.made.iter().map(|(name, frame)| (name.as_str(), frame))) {
            context.register(name, frame.clone().lazy());
        }
        let wish = statement.wish.clone();
        let text = statement.text.clone();
        let rows = apart(move || execute(context, &text, &wish))?;
        rows.map_err(|error| wording::of(&error, statement, &self.known(statement)))
    }

    /// The names that a statement could have meant.
    fn known(&self, statement: &Parsed) -> Known {
        let tables: Vec<String> = self.tables().into_iter().map(|table| table.name).collect();
        let named = |table: &&String| statement.sources().any(|word| word == table.as_str());
        let columns = |table: &String| {
            let columns = self.columns(table).unwrap_or_default();
            (table.clone(), columns.into_iter().map(|column| column.name).collect())
        };
        Known { columns: tables.iter().filter(named).map(columns).collect(), tables }
    }
}

/// Whether a query can run, as far as that can be told without the tables.
///
/// # Errors
///
/// Mistakes of syntax, and statements that do not ask.
pub fn check(sql: &str) -> Result<(), QueryError> {
    let text = sql.to_owned();
    apart(move || parse(&text)).flatten().map(drop)
}

/// All tables and columns of an analysis with their types and descriptions.
pub fn catalogue() -> Answer {
    let rows = TABLES.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let row = |(table, column): (&Table, &tables::Column)| {
        [table.name, column.name, column.kind.as_str(), column.about].map(str::to_owned)
    };
    Answer::of_rows(&["table", "column", "type", "about"], &rows.map(row).collect::<Vec<_>>())
}

fn documented(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// Whether a name can be written without quotation marks.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
}

/// What polars makes of a statement.
fn execute(mut context: SQLContext, text: &str, wish: &Wish) -> PolarsResult<DataFrame> {
    let mut plan: LazyFrame = context.execute(text)?;
    if let Wish::Create(name) = wish {
        plan = context.execute(&format!("SELECT * FROM \"{name}\""))?;
    }
    order::keep(&mut plan.logical_plan);
    match plan.clone().collect() {
        // COUNT(*) alone over a UNION ALL: a step that drops columns sums in a type that polars is built without here.
        Err(error) if error.to_string().contains("UInt128") => plan.with_projection_pushdown(false).collect(),
        done => done,
    }
}

/// Room on the stack for plans and expressions that are worked through by recursion. Only what is used is taken.
const STACK: usize = 256 << 20;
const THREAD: &str = "vsscope-sql";

/// Runs polars where its panics end nothing but the query.
fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, QueryError> {
    static QUIET: Once = Once::new();
    // What a panic says would stand between the lines of the terminal. Other threads keep their voice.
    QUIET.call_once(|| {
        // What polars warns of is how the SQL is worked out: nothing that the person at the terminal wrote.
        polars::error::set_warning_function(|_, _| {});
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            let is_ours = thread.name().is_some_and(|name| name == THREAD || name.starts_with("polars"));
            if !is_ours {
                usual(panic);
            }
        }));
    });
    let thread = std::thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK).spawn(work);
    let thread = thread.map_err(|error| QueryError::new(format!("failed to start a thread: {error}")))?;
    thread.join().map_err(|_| {
        QueryError::new("polars, which runs the SQL, failed at this query")
            .help("write it in another way: in steps with WITH, or with simpler expressions")
    })
}
