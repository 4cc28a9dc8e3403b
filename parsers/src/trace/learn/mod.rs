//! Learns the layout of a trace from its own lines.
//!
//! No document says what stands before the body of a line of vsstrace. So the bodies are found first (`ENTER {f}`,
//! `Class::Method:`), what stands before them is split into tokens, and the most common sequence of tokens becomes the
//! layout. What a token means is judged by its values over all those lines ([`roles`]). Source files, modules and aliases
//! may be missing in single records.

pub(super) mod anchor;
mod roles;
mod token;

use super::body::{Body, Labels};
use super::layout::{Column, Layout, Piece, Stop};
use anchor::Anchor;
use std::collections::HashMap;
use token::{Class, Token, Tokens};

/// What was learned.
pub(super) struct Learned {
    /// The layout.
    pub layout: Layout,
    /// What was assumed and could not be seen.
    pub assumed: Vec<&'static str>,
}

/// A line with a body that was found.
pub(super) struct Row<'a> {
    tokens: Tokens<'a>,
    body: Body<'a>,
}

/// Entries and exits from which the layout is learned from them alone: their bodies are certain.
const ENOUGH_EDGES: usize = 3;

/// Learns a layout; `None` if no line has the body of a trace, or those that have begin too differently.
pub(super) fn learn(lines: &[&str]) -> Option<Learned> {
    let labels = Labels::default();
    let anchors: Vec<(&str, Anchor<'_>)> =
        lines.iter().filter_map(|line| Some((*line, anchor::find(line, &labels)?))).collect();
    let edges = anchors.iter().filter(|(_, anchor)| anchor.is_edge()).count();
    let rows: Vec<(Row<'_>, bool)> = anchors
        .into_iter()
        .filter_map(|(line, anchor)| {
            let tokens = token::split(line.get(..anchor.at)?);
            Some((Row { tokens, body: anchor.body }, anchor.is_edge() || edges < ENOUGH_EDGES))
        })
        .collect();
    let mut shapes: HashMap<String, usize> = HashMap::new();
    for (row, _) in rows.iter().filter(|(_, counts)| *counts) {
        let count = shapes.entry(row.tokens.shape()).or_default();
        *count = count.saturating_add(1);
    }
    let counted: usize = shapes.values().sum();
    let (shape, most) = shapes.into_iter().max_by(|one, other| (one.1, &other.0).cmp(&(other.1, &one.0)))?;
    if most.saturating_mul(2) < counted {
        return None;
    }
    let rows: Vec<Row<'_>> =
        rows.into_iter().map(|(row, _)| row).filter(|row| row.tokens.shape() == shape).collect();
    let (columns, assumed) = roles::of(&rows)?;
    let layout = Layout { pieces: pieces(&rows, &columns)?, ..Layout::default() };
    Some(Learned { layout, assumed })
}

/// The pieces of a layout: the tokens that all rows have, with those that may be missing where most rows have them.
fn pieces(rows: &[Row<'_>], columns: &[Option<Column>]) -> Option<Vec<Piece>> {
    let tokens = &rows.first()?.tokens.fixed;
    let ends_blank = tokens.last().is_some_and(|token| token.class == Class::Blank);
    let core = tokens.len().saturating_sub(usize::from(ends_blank));
    let mut optional = optional(rows);
    let mut pieces = Vec::new();
    if !tokens.is_empty() && rows.iter().any(|row| row.tokens.indented) {
        pieces.push(Piece::Optional(vec![Piece::Blanks]));
    }
    for (at, token) in tokens.iter().enumerate().take(core) {
        pieces.extend(
            optional.extract_if(.., |(place, _)| *place == at).map(|(_, token)| loose(&token, false)),
        );
        piece(token, columns.get(at).copied().flatten(), tokens.get(at.saturating_add(1)), &mut pieces);
    }
    if ends_blank || tokens.last().is_some_and(|token| token.class.takes_blanks()) && !optional.is_empty() {
        pieces.push(blank());
    }
    pieces.extend(optional.into_iter().map(|(_, token)| loose(&token, true)));
    pieces.push(Piece::Column(Column::Indent, Stop::End));
    Some(pieces)
}

/// The piece for a token that all rows have.
fn piece(token: &Token<'_>, column: Option<Column>, next: Option<&Token<'_>>, pieces: &mut Vec<Piece>) {
    let stop = match (next.map(|next| next.class), column) {
        (_, Some(Column::Time)) => Stop::End,
        (Some(Class::Punct(byte)), _) => Stop::Byte(byte),
        _ => Stop::Blank,
    };
    match (column, token.class) {
        (Some(column), _) => pieces.push(Piece::Column(column, stop)),
        (None, Class::Blank) => pieces.push(Piece::Blanks),
        (None, class) => {
            pieces.push(Piece::Literal(token.text.to_owned()));
            if class.takes_blanks() && next.is_some() {
                pieces.push(Piece::Optional(vec![Piece::Blanks]));
            }
        }
    }
}

/// One blank, if there is one.
fn blank() -> Piece {
    Piece::Optional(vec![Piece::Literal(" ".to_owned())])
}

/// The piece for a token that may be missing. Of the blanks behind the last one only the first is its own: the others
/// may be indentation.
fn loose(token: &Token<'_>, last: bool) -> Piece {
    let literal = |text: &str| Piece::Literal(text.to_owned());
    let (open, close) = token.class.brackets();
    let mut pieces = vec![Piece::Optional(vec![Piece::Blanks])];
    pieces.extend(open.map(|open| literal(&char::from(open).to_string())));
    match token.class {
        Class::AliasLine(between) => {
            pieces.push(Piece::Column(Column::Alias, Stop::End));
            pieces.extend(between.map(|between| literal(&char::from(between).to_string())));
            pieces.push(Piece::Column(Column::Line, Stop::End));
        }
        Class::FileLine(_) => pieces.extend([
            Piece::Column(Column::File, Stop::Byte(b'(')),
            literal("("),
            Piece::Column(Column::Line, Stop::End),
            literal(")"),
        ]),
        _ => pieces.push(Piece::Column(Column::Module, Stop::End)),
    }
    pieces.extend(close.map(|close| literal(&char::from(close).to_string())));
    pieces.push(Piece::Optional(vec![literal(":")]));
    pieces.push(if last { blank() } else { Piece::Optional(vec![Piece::Blanks]) });
    Piece::Optional(pieces)
}

/// Tokens that may be missing, each kind once, with the number of fixed ones before it. Their order is that of the row
/// that has most of them.
fn optional<'a>(rows: &[Row<'a>]) -> Vec<(usize, Token<'a>)> {
    let mut all: Vec<&[(usize, Token<'a>)]> = rows.iter().map(|row| row.tokens.loose.as_slice()).collect();
    all.sort_by_key(|loose| std::cmp::Reverse(loose.len()));
    let mut found: Vec<(usize, Token<'a>)> = Vec::new();
    for (at, token) in all.into_iter().flatten() {
        if !found.iter().any(|(_, known)| known.class == token.class) {
            found.push((*at, *token));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found
}
