//! From the text of a query to statements that may run.

use super::error::{Place, QueryError};
use sqlparser::ast::{ObjectType, ShowStatementIn, Statement};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// More operators and clauses than any person writes: a chain of them is worked through by recursion, and the end of the
/// stack would be the end of the program. Lists (of names, numbers, strings) may be long.
const MOST_STEPS: usize = 2_000;

/// What a statement wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// Rows.
    Query,
    /// A table of its own, made of a query.
    Create(String),
    /// Such a table gone.
    Drop(String),
    /// The names of the tables.
    Tables,
    /// The columns of a table.
    Columns(String),
}

/// One statement of a query.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    /// What it wants.
    pub wish: Wish,
    /// Its text, without the semicolon.
    pub text: String,
    /// Its names and signs, with their places in the whole query; no white space.
    pub tokens: Vec<TokenWithSpan>,
}

impl Parsed {
    /// The names in it, with their places. Words in quotation marks are names too.
    pub fn words(&self) -> impl DoubleEndedIterator<Item = (&str, Place)> {
        self.tokens.iter().filter_map(|token| match &token.token {
            Token::Word(word) => Some((word.value.as_str(), place_of(token))),
            _ => None,
        })
    }

    /// The names that stand where tables do: behind FROM, JOIN and commas.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        let is_before = |token: &Token| match token {
            Token::Word(word) => matches!(word.keyword, Keyword::FROM | Keyword::JOIN),
            token => *token == Token::Comma,
        };
        let pairs = self.tokens.iter().zip(self.tokens.iter().skip(1));
        pairs.filter_map(move |(before, token)| match &token.token {
            Token::Word(word) if is_before(&before.token) => Some(word.value.as_str()),
            _ => None,
        })
    }

    /// Where a name stands. If `called`, as that of a function.
    pub fn place(&self, name: &str, called: bool) -> Option<Place> {
        let next = |at: usize| self.tokens.get(at + 1).map(|token| &token.token);
        let places = self.tokens.iter().enumerate().filter_map(|(at, token)| match &token.token {
            Token::Word(word) if word.value.eq_ignore_ascii_case(name) => {
                Some((next(at) == Some(&Token::LParen), word.value == name, place_of(token)))
            }
            _ => None,
        });
        // The spelling as it is counts for more than another one: names differ by case.
        let places: Vec<_> = places.filter(|(call, ..)| *call == called).collect();
        places.iter().find(|(_, exact, _)| *exact).or(places.first()).map(|(.., place)| *place)
    }
}

/// The statements of a query.
pub(super) fn parse(sql: &str) -> Result<Vec<Parsed>, QueryError> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().map_err(|error| {
        let place =
            Place { line: count(error.location.line), column: count(error.location.column), length: 1 };
        QueryError::new(error.message).at(Some(place).filter(|place| place.line > 0))
    })?;
    if tokens.iter().filter(|token| is_step(&token.token)).count() > MOST_STEPS {
        let error =
            QueryError::new(format!("the query is too long: more than {MOST_STEPS} operators and key words"));
        return Err(error.help("write a long chain of OR as column IN (...)"));
    }
    let mut statements = Vec::new();
    for part in tokens.split(|token| token.token == Token::SemiColon) {
        let tokens: Vec<TokenWithSpan> =
            part.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).cloned().collect();
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { continue };
        let (from, until) = (offset(sql, first.span.start), offset(sql, last.span.end));
        let text = sql.get(from..until).unwrap_or_default().to_owned();
        let wish = wish(&tokens)?;
        statements.push(Parsed { wish, text, tokens });
    }
    if statements.is_empty() {
        return Err(QueryError::new("there is no statement").help("for instance: SELECT * FROM sets"));
    }
    Ok(statements)
}

fn is_step(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.keyword != Keyword::NoKeyword,
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::LParen
        | Token::RParen
        | Token::Period
        | Token::Whitespace(_) => false,
        _ => true,
    }
}

/// Whether a text is a whole statement: it ends in a semicolon that is none of a string or comment.
pub fn is_complete(sql: &str) -> bool {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize();
    let last = |tokens: Vec<Token>| tokens.into_iter().rev().find(|t| !matches!(t, Token::Whitespace(_)));
    // A string or comment that is not closed goes on in the next line; other mistakes are for the parser to tell.
    match tokens {
        Ok(tokens) => last(tokens).is_none_or(|token| token == Token::SemiColon),
        Err(error) => {
            let is_open =
                ["unterminated", "eof"].iter().any(|word| error.message.to_lowercase().contains(word));
            !is_open && sql.trim_end().ends_with(';')
        }
    }
}

/// What the tokens of one statement want, if they may.
fn wish(tokens: &[TokenWithSpan]) -> Result<Wish, QueryError> {
    // As polars does it: what passes here has to mean the same there.
    let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
    let mut parser =
        Parser::new(&GenericDialect {}).with_options(options).with_tokens_with_locations(tokens.to_vec());
    let mut statements = parser.parse_statements().map_err(|error| syntax(error, tokens))?;
    let first = tokens.first().map(place_of);
    let word = tokens.first().map(|token| token.token.to_string().to_uppercase()).unwrap_or_default();
    let name = |name: &dyn ToString| name.to_string().trim_matches('"').to_owned();
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(_) | Statement::Explain { .. }), true) => Ok(Wish::Query),
        (Some(Statement::ShowTables { .. }), true) => Ok(Wish::Tables),
        (Some(Statement::ExplainTable { table_name, .. }), true) => Ok(Wish::Columns(name(&table_name))),
        (Some(Statement::ShowColumns { show_options, .. }), true) => match show_options.show_in {
            Some(ShowStatementIn { parent_name: Some(table), .. }) => Ok(Wish::Columns(name(&table))),
            _ => Err(QueryError::new("SHOW COLUMNS names no table").at(first).help("SHOW COLUMNS FROM sets")),
        },
        (Some(Statement::CreateTable(table)), true) if table.query.is_some() => {
            Ok(Wish::Create(name(&table.name)))
        }
        (Some(Statement::Drop { object_type: ObjectType::Table, names, .. }), true) if names.len() == 1 => {
            Ok(Wish::Drop(names.first().map(|table| name(table)).unwrap_or_default()))
        }
        _ => Err(refused(&word).at(first)),
    }
}

fn refused(word: &str) -> QueryError {
    let why = match word {
        "COPY" | "LOAD" | "ATTACH" | "IMPORT" | "EXPORT" | "INSTALL" | "UNLOAD" => {
            "SQL opens and writes no files; use --output FILE for the result"
        }
        "CREATE" => "the only thing to create is a table made of a query: CREATE TABLE name AS SELECT ...",
        "DROP" => "one table at a time can be dropped, of those made with CREATE TABLE",
        _ => "a query only asks: SELECT, WITH, SHOW TABLES, DESCRIBE, EXPLAIN; the tables cannot be changed",
    };
    QueryError::new(format!("{word} is not possible here")).help(why)
}

/// `Expected: an expression, found: FROM at Line: 1, Column: 8`.
fn syntax(error: ParserError, tokens: &[TokenWithSpan]) -> QueryError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => return QueryError::new("the query is nested too deeply"),
    };
    let (message, place) = match message.rsplit_once(" at Line: ") {
        Some((message, place)) => (message.to_owned(), read_place(place)),
        None => (message, None),
    };
    // The parser names the place where it stopped: the token there is what is marked.
    let token = place.and_then(|(line, column)| {
        tokens.iter().map(place_of).find(|place| (place.line, place.column) == (line, column))
    });
    let end = || tokens.last().map(|last| Place { length: 1, ..end_of(last) });
    let place = token.or_else(|| match place {
        Some((line, column)) if line > 0 => Some(Place { line, column, length: 1 }),
        _ => end(),
    });
    let message =
        message.strip_prefix("Expected: ").map_or(message.clone(), |rest| format!("expected {rest}"));
    let message =
        message.replace(", found: EOF", ", but the statement ends here").replace(", found: ", ", found ");
    QueryError::new(message).at(place)
}

fn read_place(text: &str) -> Option<(usize, usize)> {
    let (line, column) = text.split_once(", Column: ")?;
    Some((line.parse().ok()?, column.trim().parse().ok()?))
}

fn place_of(token: &TokenWithSpan) -> Place {
    let (start, end) = (token.span.start, token.span.end);
    let length = if start.line == end.line { end.column.saturating_sub(start.column) } else { 1 };
    Place { line: count(start.line), column: count(start.column), length: count(length).max(1) }
}

fn end_of(token: &TokenWithSpan) -> Place {
    Place { line: count(token.span.end.line), column: count(token.span.end.column), length: 1 }
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The byte at which a place begins. The tokenizer counts lines by line feeds and columns by characters.
fn offset(sql: &str, place: Location) -> usize {
    let before = count(place.line).saturating_sub(1);
    let line: usize = sql.split_inclusive('\n').take(before).map(str::len).sum();
    let rest = sql.get(line..).unwrap_or_default();
    let column = count(place.column).saturating_sub(1);
    line + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<String> {
        parse(sql).expect("statements").into_iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn semicolons_part_statements_but_not_in_strings_and_comments() {
        assert_eq!(
            texts("SELECT ';' AS a; -- one; two\n\nSELECT 'ü' AS \"b;\" /* ; */;;"),
            ["SELECT ';' AS a", "SELECT 'ü' AS \"b;\""]
        );
    }

    #[test]
    fn a_statement_is_complete_with_its_semicolon() {
        assert!(is_complete("SELECT 1;") && is_complete("SELECT 1; -- done") && is_complete(""));
        assert!(!is_complete("SELECT 1") && !is_complete("SELECT ';") && !is_complete("SELECT 1 /* ;"));
    }

    #[test]
    fn a_mistake_has_its_place() {
        let place =
            |sql: &str| parse(sql).expect_err("a mistake").place.map(|p| (p.line, p.column, p.length));
        assert_eq!(place("SELECT (1\n  FROM b"), Some((2, 3, 4)));
        assert_eq!(place("SELECT 1;\nSELEC 2"), Some((2, 1, 5)));
        assert_eq!(place("SELECT 'open"), Some((1, 8, 1)));
        assert_eq!(place("SELECT a FROM b WHERE"), Some((1, 22, 1)));
    }

    #[test]
    fn what_does_not_ask_is_refused() {
        for sql in [
            "COPY sets TO 'out.csv'",
            "INSERT INTO sets VALUES (1)",
            "UPDATE sets SET host = 'x'",
            "DELETE FROM sets",
            "TRUNCATE TABLE sets",
            "DROP VIEW v",
            "CREATE TABLE t (a INT)",
            "CREATE VIEW v AS SELECT 1",
            "SET x = 1",
        ] {
            let error = parse(sql).expect_err(sql);
            assert!(error.message.contains("not possible here"), "{sql}: {error}");
            assert!(error.help.is_some() && error.place.is_some(), "{sql}");
        }
    }
}
