//! What the columns before the bodies mean, judged by their values over many lines.
//!
//! All of this is inference: a column of numbers is a sequence if it counts up by one, a counter if it mostly grows, a level
//! if all its values are documented levels and entries and exits have that of entries and exits, and an id else. Of two
//! columns of ids the one whose value is always the same for a value of the other is the process: a thread belongs to one
//! process. Where the values do not tell, the first is taken as the process, as in the registry trace, and it is said.

use super::Row;
use super::token::Class;
use crate::trace::columns::number;
use crate::trace::layout::{Column, Meaning, Radix};
use crate::trace::record::Kind;
use crate::trace::words;
use std::collections::{HashMap, HashSet};

/// Lines that show whether a column of numbers grows.
const ENOUGH: usize = 5;

const PAIR_ASSUMED: &str =
    "which of two id columns holds processes does not show in the values; the first was taken";
const SINGLE_ASSUMED: &str = "whether the only id column holds threads or processes is not certain";
const DECIMAL_ASSUMED: &str = "ids have neither 0x nor letters; they were read as decimal";
const COUNTER_UNIT: &str = "a counter of unknown unit was not used as a clock; a profile can name its unit";

/// The columns of the fixed tokens, `None` where there is a literal or blank, and what was assumed.
pub(super) fn of(rows: &[Row<'_>]) -> Option<(Vec<Option<Column>>, Vec<&'static str>)> {
    let length = rows.first()?.tokens.fixed.len();
    let slots: Vec<Slot<'_>> = (0..length).map(|at| Slot::of(rows, at)).collect::<Option<_>>()?;
    let mut columns: Vec<Option<Column>> = slots.iter().map(Slot::plain).collect();
    let mut assumed = Vec::new();
    if columns.contains(&Some(Column::Number(Radix::Decimal, Meaning::Counter)))
        && !columns.iter().any(|column| matches!(column, Some(Column::Time | Column::Seconds)))
    {
        assumed.push(COUNTER_UNIT);
    }
    let numbers: Vec<usize> = (0..length)
        .filter(|at| {
            columns.get(*at).is_some_and(|column| *column == Some(Column::Skip))
                && slots.get(*at).is_some_and(Slot::is_number)
        })
        .collect();
    let level = level(rows, &slots, &numbers);
    let ids: Vec<usize> = numbers.into_iter().filter(|at| Some(*at) != level).collect();
    let radixes = radixes(&slots, &ids, &mut assumed);
    for (at, role) in roles(rows, &slots, &ids, &mut assumed) {
        let radix = radixes.get(&at).copied().unwrap_or(Radix::Hex);
        set(&mut columns, at, role.column(radix));
    }
    if let Some(at) = level {
        set(&mut columns, at, Column::Level);
    }
    Some((columns, assumed))
}

fn set(columns: &mut [Option<Column>], at: usize, to: Column) {
    if let Some(column) = columns.get_mut(at) {
        *column = Some(to);
    }
}

/// The values of one fixed token.
struct Slot<'a> {
    class: Class,
    values: Vec<&'a str>,
}

impl<'a> Slot<'a> {
    fn of(rows: &[Row<'a>], at: usize) -> Option<Self> {
        let tokens: Vec<_> = rows.iter().filter_map(|row| row.tokens.fixed.get(at)).collect();
        Some(Slot { class: tokens.first()?.class, values: tokens.iter().map(|token| token.text).collect() })
    }

    fn is_number(&self) -> bool {
        matches!(self.class, Class::Marked | Class::Bare)
    }

    fn distinct(&self) -> HashSet<&'a str> {
        self.values.iter().copied().collect()
    }

    /// What the column is by itself; [`Column::Skip`] for ids and levels, which are judged together.
    fn plain(&self) -> Option<Column> {
        match self.class {
            Class::Clock => Some(Column::Time),
            Class::Seconds if self.grows() => Some(Column::Seconds),
            Class::Bare | Class::Marked => Some(self.counting().unwrap_or(Column::Skip)),
            Class::Seconds => Some(Column::Skip),
            Class::Word if self.distinct().len() > 1 => Some(Column::Skip),
            _ => None,
        }
    }

    fn numbers(&self, radix: Radix) -> Option<Vec<u64>> {
        self.values.iter().map(|value| number(value, radix).map(|(value, _)| value)).collect()
    }

    /// A sequence or a counter.
    fn counting(&self) -> Option<Column> {
        let (radix, numbers) = match self.numbers(Radix::Decimal) {
            Some(numbers) => (Radix::Decimal, numbers),
            None => (Radix::Hex, self.numbers(Radix::Hex)?),
        };
        let steps: Vec<i128> = numbers
            .windows(2)
            .filter_map(|pair| match pair {
                [one, other] => i128::from(*other).checked_sub(i128::from(*one)),
                _ => None,
            })
            .collect();
        if steps.len() < ENOUGH {
            return None;
        }
        let most = |is: fn(&i128) -> bool| {
            steps.iter().filter(|step| is(step)).count().saturating_mul(10) >= steps.len().saturating_mul(9)
        };
        if most(|step| *step == 1) {
            return Some(Column::Number(radix, Meaning::Sequence));
        }
        let many = self.distinct().len().saturating_mul(2) > numbers.len();
        (many && most(|step| *step >= 0)).then_some(Column::Number(radix, Meaning::Counter))
    }

    /// Whether numbers with a fraction mostly grow.
    fn grows(&self) -> bool {
        let values: Vec<f64> = self.values.iter().filter_map(|value| value.parse().ok()).collect();
        let steps = values.windows(2).filter(|pair| matches!(pair, [one, other] if one <= other)).count();
        steps.saturating_mul(10) >= values.len().saturating_sub(1).saturating_mul(9)
    }
}

/// The column of levels.
fn level(rows: &[Row<'_>], slots: &[Slot<'_>], numbers: &[usize]) -> Option<usize> {
    numbers.iter().copied().find(|at| {
        let Some(slot) = slots.get(*at).filter(|slot| slot.class == Class::Bare) else { return false };
        let Some(values) = slot.numbers(Radix::Decimal) else { return false };
        let values: Vec<u32> = values.into_iter().filter_map(|value| u32::try_from(value).ok()).collect();
        let all_known =
            values.len() == slot.values.len() && values.iter().all(|value| words::is_level(*value));
        let mut edges = rows.iter().zip(&values).filter(|(row, _)| row.body.kind != Kind::Message).peekable();
        let has_edges = edges.peek().is_some();
        let edges_fit = edges.all(|(_, level)| matches!(*level, words::ENTER_EXIT | words::RETURN_VALUES));
        all_known && ((has_edges && edges_fit) || numbers.len() > 2)
    })
}

/// How the ids are written. Without `0x`: hexadecimal if any has a letter or a zero before it, else by a habit of Windows:
/// ids are multiples of 4.
fn radixes(slots: &[Slot<'_>], ids: &[usize], assumed: &mut Vec<&'static str>) -> HashMap<usize, Radix> {
    let of = |at: &usize| slots.get(*at).filter(|slot| slot.class == Class::Bare);
    let bare: Vec<&str> = ids.iter().filter_map(of).flat_map(|slot| slot.values.iter().copied()).collect();
    let is_hex = bare.iter().any(|value| {
        value.bytes().any(|byte| byte.is_ascii_alphabetic()) || (value.len() > 1 && value.starts_with('0'))
    });
    let fours = |radix| {
        bare.iter().filter_map(|value| number(value, radix)).all(|(value, _)| value.is_multiple_of(4))
    };
    let radix = match (fours(Radix::Decimal), fours(Radix::Hex)) {
        _ if is_hex => Radix::Hex,
        (false, true) => Radix::Hex,
        (decimal, hex) => {
            if !bare.is_empty() && decimal == hex {
                assumed.push(DECIMAL_ASSUMED);
            }
            Radix::Decimal
        }
    };
    ids.iter().map(|at| (*at, if of(at).is_some() { radix } else { Radix::Hex })).collect()
}

/// What an id names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Process,
    Thread,
    Other,
}

impl Role {
    fn column(self, radix: Radix) -> Column {
        match self {
            Role::Process => Column::Pid(radix),
            Role::Thread => Column::Tid(radix),
            Role::Other => Column::Number(radix, Meaning::Unknown),
        }
    }
}

fn roles(
    rows: &[Row<'_>],
    slots: &[Slot<'_>],
    ids: &[usize],
    assumed: &mut Vec<&'static str>,
) -> Vec<(usize, Role)> {
    let named: Vec<(usize, Role)> = ids.iter().map(|at| (*at, named(slots, *at))).collect();
    if named.iter().any(|(_, role)| *role != Role::Other) {
        return named;
    }
    match *ids {
        [] => Vec::new(),
        [only] => {
            assumed.push(SINGLE_ASSUMED);
            vec![(only, if nests(rows, only) { Role::Thread } else { Role::Process })]
        }
        [first, second, ..] => {
            let (Some(one), Some(other)) = (slots.get(first), slots.get(second)) else { return named };
            let pair = match (determines(one, other), determines(other, one)) {
                (true, false) => [(first, Role::Thread), (second, Role::Process)],
                (same, by_second) => {
                    if same == by_second {
                        assumed.push(PAIR_ASSUMED);
                    }
                    [(first, Role::Process), (second, Role::Thread)]
                }
            };
            pair.into_iter().chain(named.into_iter().skip(2)).collect()
        }
    }
}

/// What the word before a column says it is.
fn named(slots: &[Slot<'_>], at: usize) -> Role {
    let word = (0..at)
        .rev()
        .filter_map(|at| slots.get(at))
        .find(|slot| !matches!(slot.class, Class::Blank | Class::Punct(_)));
    let word = word.filter(|slot| slot.class == Class::Word).and_then(|slot| slot.values.first());
    match word.map(|word| word.to_ascii_lowercase()).as_deref() {
        Some("pid" | "process" | "processid" | "p") => Role::Process,
        Some("tid" | "thread" | "threadid" | "t") => Role::Thread,
        _ => Role::Other,
    }
}

/// Whether a value of one column always stands with the same value of the other.
fn determines(one: &Slot<'_>, other: &Slot<'_>) -> bool {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    one.values
        .iter()
        .zip(&other.values)
        .all(|(key, value)| seen.insert(key, value).is_none_or(|known| known == *value))
}

/// Whether entries and exits nest among the records of every value of a column, as those of a thread do.
fn nests(rows: &[Row<'_>], at: usize) -> bool {
    let mut open: HashMap<&str, Vec<&str>> = HashMap::new();
    let (mut fitting, mut crossing) = (0_usize, 0_usize);
    for row in rows {
        let Some(id) = row.tokens.fixed.get(at) else { continue };
        let stack = open.entry(id.text).or_default();
        match row.body.kind {
            Kind::Enter => stack.push(row.body.function),
            Kind::Exit(_) => {
                let place = stack.iter().rposition(|function| *function == row.body.function);
                let Some(place) = place else { continue };
                let is_top = place.saturating_add(1) == stack.len();
                stack.truncate(place);
                fitting = fitting.saturating_add(usize::from(is_top));
                crossing = crossing.saturating_add(usize::from(!is_top));
            }
            Kind::Message => {}
        }
    }
    crossing.saturating_mul(5) <= fitting
}
