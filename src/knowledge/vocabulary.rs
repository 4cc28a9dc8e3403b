//! Words and numbers of VSS: constants, the phases of a shadow copy, documented limits.

use super::table::{Certainty, Sources, cite, parse};
use serde::Deserialize;
use std::sync::LazyLock;
use vsscope_model::HResult;

/// A named number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// What it is a value of: `context`, `attribute`, `backup type` …
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its value in hexadecimal.
    pub value: String,
    /// What it means.
    pub meaning: String,
    /// What else to know.
    pub note: Option<String>,
    /// How sure the row is; where the file says nothing, after its sources.
    pub certainty: Option<Certainty>,
    /// Where it comes from.
    pub source: Vec<String>,
}

impl Constant {
    /// The value as a number.
    pub fn number(&self) -> Option<u32> {
        self.value.parse::<HResult>().ok().map(|code| code.0)
    }
}

/// A step on the way of a shadow copy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its name: that of the writer's event or of the provider's method.
    pub name: String,
    /// Who does it.
    pub actor: String,
    /// What comes before and after.
    pub between: String,
    /// What happens.
    pub meaning: String,
    /// How long it may take.
    pub limit: Option<String>,
    /// How sure the row is; where the file says nothing, after its sources, if it names any.
    pub certainty: Option<Certainty>,
    /// Where it comes from.
    #[serde(default)]
    pub source: Vec<String>,
}

/// A limit of VSS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What is limited.
    pub name: String,
    /// How much.
    pub value: u32,
    /// Of what.
    pub unit: String,
    /// What happens at it.
    pub meaning: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Sources,
    #[serde(rename = "constant")]
    constants: Vec<Constant>,
    #[serde(rename = "phase")]
    phases: Vec<Phase>,
    #[serde(rename = "limit")]
    limits: Vec<Limit>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| {
    let mut file: File = parse(include_str!("data/vocabulary.toml"));
    let File { sources, constants, phases, limits } = &mut file;
    for row in constants.iter_mut() {
        row.certainty = row.certainty.or(Some(Certainty::by_sources(&row.source)));
    }
    for row in phases.iter_mut().filter(|row| !row.source.is_empty()) {
        row.certainty = row.certainty.or(Some(Certainty::by_sources(&row.source)));
    }
    let cited = constants.iter_mut().map(|row| &mut row.source);
    let cited = cited.chain(phases.iter_mut().map(|row| &mut row.source));
    cited.chain(limits.iter_mut().map(|row| &mut row.source)).for_each(|keys| cite(keys, sources));
    file
});

/// The group of the values of `SetContext`.
pub const CONTEXT: &str = "context";
/// The group of the attributes of a shadow copy, each of them one bit.
pub const ATTRIBUTE: &str = "attribute";

/// All constants.
pub fn constants() -> &'static [Constant] {
    &TABLE.constants
}

/// All phases, in the order of a backup.
pub fn phases() -> &'static [Phase] {
    &TABLE.phases
}

/// All limits.
pub fn limits() -> &'static [Limit] {
    &TABLE.limits
}

/// The constants of a group.
pub fn group(name: &str) -> impl Iterator<Item = &'static Constant> {
    constants().iter().filter(move |constant| constant.group.eq_ignore_ascii_case(name))
}

/// The attributes whose bits a value has, and what is left of it then.
pub fn attributes(value: u32) -> (Vec<&'static Constant>, u32) {
    let set = |row: &&Constant| row.number().is_some_and(|bit| bit != 0 && value & bit == bit);
    let rows: Vec<&Constant> = group(ATTRIBUTE).filter(set).collect();
    let known = rows.iter().filter_map(|row| row.number()).fold(0, |all, bit| all | bit);
    (rows, value & !known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::limits as used;
    use vsscope_model::Context;

    #[test]
    fn contexts_have_the_names_of_the_model() {
        for row in group(CONTEXT) {
            let value = row.number().expect("a number");
            assert_eq!(Context(value).name(), Some(row.name.as_str()));
        }
    }

    #[test]
    fn a_value_is_taken_apart_bit_by_bit() {
        let (rows, rest) = attributes(0x8000_0009);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["VSS_VOLSNAP_ATTR_PERSISTENT", "VSS_VOLSNAP_ATTR_NO_AUTO_RELEASE"]);
        assert_eq!(rest, 0x8000_0000);
    }

    #[test]
    fn the_limits_that_rules_use_are_those_of_the_table() {
        let of =
            |name: &str| limits().iter().find(|row| row.name == name).map(|row| f64::from(row.value) * 1e3);
        assert_eq!(of("freeze window"), Some(used::FREEZE_WINDOW_MS));
        assert_eq!(of("freeze window of Exchange"), Some(used::FREEZE_WINDOW_EXCHANGE_MS));
        assert_eq!(of("flush and hold"), Some(used::FLUSH_AND_HOLD_MS));
    }

    #[test]
    fn every_constant_is_a_number() {
        assert!(constants().iter().all(|row| row.number().is_some()));
    }
}
