//! What polars says of mistakes, in words, with a place and names that are near.
//!
//! polars names what it did not find in quotation marks; for what it cannot do it may print a syntax tree. The version of
//! polars is pinned, and tests hold the sentences that are looked for here.

use super::error::{Place, QueryError};
use super::statement::Parsed;
use super::words;
use polars::prelude::PolarsError;

/// The names that a query can use.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// All tables.
    pub tables: Vec<String>,
    /// The tables that the statement names, with their columns.
    pub columns: Vec<(String, Vec<String>)>,
}

/// What is often written and not there: word, whether it is called, what to write instead.
const INSTEAD: &[(&str, bool, &str)] = &[
    ("date_trunc", true, "write STRFTIME(started, '%Y-%m-%d %H:00') for the hour of a time"),
    ("date", true, "write CAST(started AS DATE) for the day of a time"),
    ("now", true, "a log has no now; write the time in UTC: started > '2026-03-03 02:00:00'"),
    ("current_timestamp", false, "a log has no now; write the time in UTC: started > '2026-03-03 02:00:00'"),
    ("current_date", false, "a log has no today; write the day: started > '2026-03-03'"),
    ("date_diff", true, "subtract the times: ended - started"),
    ("datediff", true, "subtract the times: ended - started"),
    ("to_char", true, "write STRFTIME(started, '%H:%M')"),
    ("rollup", true, "write one SELECT for each level and join them with UNION ALL"),
    ("cube", true, "write one SELECT for each level and join them with UNION ALL"),
    ("recursive", false, "join the table with itself for each level"),
    ("exists", true, "write WHERE column IN (SELECT column FROM ...), or a join"),
    ("qualify", false, "write the window function in a subquery and filter outside of it"),
    ("lateral", false, "write a join, or a window function"),
    ("timestamp", false, "compare with a string, in UTC: started > '2026-03-03 02:00:00'"),
    ("rank", true, "write ROW_NUMBER() OVER (ORDER BY ...), which gives equal rows a number each"),
    (
        "dense_rank",
        true,
        "write ROW_NUMBER() OVER (ORDER BY ...) over a subquery with SELECT DISTINCT, and join it",
    ),
    ("semi", false, "write WHERE column IN (SELECT column FROM ...)"),
    ("anti", false, "write WHERE column NOT IN (SELECT column FROM ... WHERE column IS NOT NULL)"),
    ("percentile_cont", true, "write QUANTILE_CONT(column, 0.95)"),
    ("group_concat", true, "write STRING_AGG(column, ', ')"),
    ("escape", false, "LIKE has no ESCAPE; write REGEXP_LIKE(column, pattern)"),
];

/// What stands in sentences about things that polars does not do, and what to write instead.
const SENTENCES: &[(&str, &str)] = &[
    (
        "cannot compare 'date/datetime/time' to a string",
        "write the time in UTC, without a zone: started > '2026-03-03 02:00:00'",
    ),
    (
        "unexpected subquery",
        "put it behind FROM: ... CROSS JOIN (SELECT MAX(started) AS latest FROM sets) AS x",
    ),
    ("duplicate output name", "give each column a name of its own with AS"),
    ("duplicated in the SELECT", "give each column a name of its own with AS"),
    ("ambiguous reference to column", "write the table before the column: sets.host"),
    ("SELECT INTO", "use --output FILE for the result, or CREATE TABLE name AS SELECT ..."),
    ("conversion from `str`", "TRY_CAST gives null for what cannot be converted"),
];

/// An error of polars, worded.
pub(super) fn of(error: &PolarsError, statement: &Parsed, known: &Known) -> QueryError {
    let said = root(error);
    if let Some(table) = between(&said, "relation '", "' was not found") {
        return no_table(table, statement, known);
    }
    if let Some(table) = between(&said, "no table or alias named '", "' found") {
        return no_table(table, statement, known);
    }
    if let Some(column) = between(&said, "no column named '", "' found in") {
        return no_column(column, statement, known);
    }
    if let Some(column) = between(&said, "no table or struct column named '", "' found") {
        return no_table(column, statement, known);
    }
    if let Some(column) = between(&said, "unable to find column \"", "\"") {
        return no_column(column, statement, known);
    }
    if let Some(function) = between(&said, "'", "' is not a supported table function") {
        return no_table_function(function, statement);
    }
    if let Some(function) = between(&said, "unsupported function '", "'") {
        return no_function(function, statement);
    }
    if let Some(call) = between(&said, "given name and arguments: `", "`") {
        return wrong_arguments(call, statement);
    }
    if said.starts_with("join type '") {
        return no_join(statement);
    }
    if said.ends_with("operation is currently unsupported") {
        return no_set_operation(statement);
    }
    other(&said, statement)
}

/// The innermost message, without what polars knows of its own plan.
fn root(error: &PolarsError) -> String {
    match error {
        PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => root(error),
        PolarsError::AssertionError(said)
        | PolarsError::ColumnNotFound(said)
        | PolarsError::ComputeError(said)
        | PolarsError::Duplicate(said)
        | PolarsError::InvalidOperation(said)
        | PolarsError::NoData(said)
        | PolarsError::OutOfBounds(said)
        | PolarsError::SchemaMismatch(said)
        | PolarsError::ShapeMismatch(said)
        | PolarsError::SQLInterface(said)
        | PolarsError::SQLSyntax(said)
        | PolarsError::StringCacheMismatch(said) => said.to_string(),
        PolarsError::SchemaFieldNotFound(name) | PolarsError::StructFieldNotFound(name) => {
            format!("unable to find column \"{name}\"")
        }
        other => other.to_string(),
    }
}

/// A table that is not there.
pub(super) fn no_table(table: &str, statement: &Parsed, known: &Known) -> QueryError {
    QueryError {
        message: format!("there is no table {table}"),
        place: statement.place(table, false),
        near: nearest(table, known.tables.iter().map(String::as_str)),
        help: Some(format!("tables: {}", known.tables.join(", "))),
    }
}

fn no_column(column: &str, statement: &Parsed, known: &Known) -> QueryError {
    let all = known.columns.iter().flat_map(|(_, columns)| columns).map(String::as_str);
    let lists = known.columns.iter().map(|(table, columns)| format!("{table}: {}", columns.join(", ")));
    QueryError {
        message: format!("there is no column {column} here"),
        place: statement.place(column, false),
        near: nearest(column, all),
        help: instead(statement)
            .or_else(|| Some(lists.collect::<Vec<_>>().join("; ")).filter(|l| !l.is_empty())),
    }
}

fn no_function(function: &str, statement: &Parsed) -> QueryError {
    let named = INSTEAD.iter().find(|(odd, ..)| function.eq_ignore_ascii_case(odd)).map(|(.., help)| *help);
    let function = function.to_uppercase();
    let near = match named {
        Some(_) => Vec::new(),
        None => nearest(&function, words::functions().iter().map(String::as_str)),
    };
    QueryError {
        message: format!("there is no function {function}"),
        place: statement.place(&function, true).or_else(|| statement.place(&function, false)),
        near,
        help: named.map(str::to_owned),
    }
}

/// A function that is there, called as it cannot be: `count(DISTINCT host, set)`.
fn wrong_arguments(call: &str, statement: &Parsed) -> QueryError {
    let (function, arguments) = call.split_once('(').unwrap_or((call, ""));
    let function = function.to_uppercase();
    let error = QueryError::new(format!("{function} does not take these arguments"));
    let error = error.at(statement.place(&function, true));
    if function == "COUNT" && arguments.to_uppercase().starts_with("DISTINCT") {
        return error.help(
            "count the rows of a subquery: SELECT COUNT(*) AS n FROM (SELECT DISTINCT a, b FROM ...) AS x",
        );
    }
    error
}

fn no_join(statement: &Parsed) -> QueryError {
    let help = instead(statement).unwrap_or_else(|| "joins: INNER, LEFT, RIGHT, FULL, CROSS".to_owned());
    QueryError::new("there is no such join").at(odd_word(statement)).help(help)
}

/// `INTERSECT` and its like between two queries.
fn no_set_operation(statement: &Parsed) -> QueryError {
    const OPERATIONS: &[(&str, &str)] = &[
        ("INTERSECT", "write SELECT DISTINCT column ... WHERE column IN (SELECT column FROM ...)"),
        ("EXCEPT", "write SELECT DISTINCT column ... WHERE column NOT IN (SELECT column FROM ...)"),
        ("MINUS", "write SELECT DISTINCT column ... WHERE column NOT IN (SELECT column FROM ...)"),
    ];
    let place = |word: &str| statement.place(word, false).or_else(|| statement.place(word, true));
    match OPERATIONS.iter().find_map(|(word, help)| Some((word, place(word)?, help))) {
        Some((word, place, help)) => {
            QueryError::new(format!("{word} is not possible here")).at(Some(place)).help(*help)
        }
        None => QueryError::new("of two queries only the UNION is possible here"),
    }
}

fn no_table_function(function: &str, statement: &Parsed) -> QueryError {
    let error = QueryError::new(format!("{function} is not possible here: SQL opens no files"));
    error
        .at(statement.place(function, true))
        .help("name the logs behind the SQL: vsscope query \"SELECT ...\" PATH...")
}

/// Everything else: the sentence up to where a syntax tree begins.
fn other(said: &str, statement: &Parsed) -> QueryError {
    let sentence = said.split("\n\n").next().unwrap_or(said).trim();
    let (sentence, is_cut) = match tree(sentence) {
        Some(at) => (sentence.get(..at).unwrap_or_default(), true),
        None => (sentence, false),
    };
    let unwanted = |c: char| is_cut && (c.is_whitespace() || ":('`;,".contains(c));
    let sentence = sentence.trim_end_matches(unwanted);
    let sentence = sentence.strip_suffix("; found").unwrap_or(sentence);
    // What is said of the interface of Rust behind the first sentence helps nobody here.
    let sentence = sentence.split(". It's possible that").next().unwrap_or(sentence);
    let message = match (sentence.is_empty() || sentence.split_whitespace().count() < 2, is_cut) {
        (true, _) => "this is not possible here".to_owned(),
        (false, true) => format!("not possible here: {sentence}"),
        (false, false) => sentence.to_owned(),
    };
    let place = quoted(sentence)
        .into_iter()
        .find_map(|name| statement.place(name, false).or_else(|| statement.place(name, true)));
    let known =
        SENTENCES.iter().find(|(part, _)| sentence.contains(part)).map(|(_, help)| (*help).to_owned());
    let help = known.or_else(|| instead(statement));
    QueryError { message, place: place.or_else(|| odd_word(statement)), near: Vec::new(), help }
}

/// Where the `Debug` form of a syntax tree begins.
fn tree(sentence: &str) -> Option<usize> {
    const SIGNS: &[&str] =
        &[" { ", "Span(", "Ident {", "Identifier(", "ValueWithSpan", "Some(", "BinaryOp", "Subquery("];
    let first = SIGNS.iter().filter_map(|sign| sentence.find(sign)).min()?;
    // The name before the brace belongs to the tree.
    let before = sentence.get(..first)?;
    Some(before.rfind([' ', '\n', ':']).map_or(0, |at| if before.ends_with(' ') { first } else { at }))
}

/// What stands in quotation marks in a sentence.
fn quoted(sentence: &str) -> Vec<&str> {
    let by = |mark| sentence.split(mark).skip(1).step_by(2);
    by('\'').chain(by('"')).chain(by('`')).collect()
}

/// What to write instead of a word of the statement that is not supported.
fn instead(statement: &Parsed) -> Option<String> {
    let (word, _) = statement.words().find(|(word, place)| is_odd(statement, word, *place))?;
    INSTEAD.iter().find(|(odd, ..)| word.eq_ignore_ascii_case(odd)).map(|(.., help)| (*help).to_owned())
}

fn odd_word(statement: &Parsed) -> Option<Place> {
    statement.words().find(|(word, place)| is_odd(statement, word, *place)).map(|(_, place)| place)
}

fn is_odd(statement: &Parsed, word: &str, place: Place) -> bool {
    let called = || statement.place(word, true) == Some(place);
    INSTEAD.iter().any(|(odd, call, _)| word.eq_ignore_ascii_case(odd) && (!call || called()))
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// Up to three names that are near to this one.
fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let far = |named: &str| {
        let other = named.to_lowercase();
        let distance = strsim::osa_distance(&wanted, &other);
        let is_part =
            wanted.len() > 2 && (other.contains(&wanted) || wanted.contains(&other)) && other.len() > 2;
        // The very name is there, but not where it was looked for.
        (named != name && (distance <= 1 + wanted.chars().count() / 4 || is_part)).then_some(distance)
    };
    let mut near: Vec<(usize, String)> =
        names.into_iter().filter_map(|other| Some((far(other)?, other.to_owned()))).collect();
    near.sort();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}
