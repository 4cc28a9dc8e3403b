//! [`Params`]: the parameters of a log record.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// One parameter of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Param {
    /// Field name; absent for positional data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Value as text.
    pub value: String,
}

/// The names of a record's parameters in order; records of one kind can share them.
pub type ParamNames = Arc<[Option<Arc<str>>]>;

/// The parameters of a record in order. A log has millions of them, so those of a record lie in one text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    /// Absent where no parameter has a name.
    names: Option<ParamNames>,
    /// All values, one behind the other.
    text: Box<str>,
    /// Where each value ends.
    ends: Box<[u32]>,
}

/// A parameter in its place among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ParamRef<'p> {
    /// Field name; absent for positional data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'p str>,
    /// Value as text.
    pub value: &'p str,
}

impl Params {
    /// Values with their names, which may be fewer. What is beyond 4 GiB of text is cut off.
    pub fn new<'v>(names: Option<ParamNames>, values: impl Iterator<Item = &'v str> + Clone) -> Self {
        let mut text = String::with_capacity(values.clone().map(str::len).sum());
        let mut ends = Vec::with_capacity(values.size_hint().0);
        for value in values {
            let is_short = u32::try_from(text.len().saturating_add(value.len())).is_ok();
            text.push_str(if is_short { value } else { "" });
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        let names = names.filter(|names| names.iter().any(Option::is_some));
        Params { names, text: text.into_boxed_str(), ends: ends.into_boxed_slice() }
    }

    /// Of values that lie in one text, one behind the other, with the place where each ends. What does not fit together is
    /// left out.
    pub fn packed(names: Option<ParamNames>, text: &str, ends: &[u32]) -> Self {
        let names = names.filter(|names| names.iter().any(Option::is_some));
        Params { names, text: text.into(), ends: ends.into() }
    }

    /// The value of the first parameter with this name; names are compared without case.
    pub fn named(&self, name: &str) -> Option<&str> {
        // Lengths first: they lie beside each other.
        let is_it =
            |known: &str| known.len() == name.len() && (known == name || known.eq_ignore_ascii_case(name));
        let at = self.names.as_ref()?.iter().position(|known| known.as_deref().is_some_and(is_it))?;
        self.get(at).map(|param| param.value)
    }

    /// Keeps the first ones.
    pub fn truncate(&mut self, count: usize) {
        if count < self.len() {
            let kept: Vec<ParamRef<'_>> = self.iter().take(count).collect();
            let names = self.names.as_ref().map(|names| names.iter().take(count).cloned().collect());
            *self = Params::new(names, kept.into_iter().map(|param| param.value));
        }
    }

    /// The last one.
    pub fn last(&self) -> Option<ParamRef<'_>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The names of these parameters, as they are shared.
    pub fn names(params: &[Param]) -> ParamNames {
        params.iter().map(|param| param.name.as_deref().map(Arc::from)).collect()
    }

    /// The names, to be replaced by equal ones that are shared.
    pub fn shared_names(&mut self) -> Option<&mut ParamNames> {
        self.names.as_mut()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all values.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The parameter at this place, from 0.
    pub fn get(&self, at: usize) -> Option<ParamRef<'_>> {
        let offset = |at: usize| self.ends.get(at).and_then(|end| usize::try_from(*end).ok());
        let from = at.checked_sub(1).map_or(Some(0), offset)?;
        let value = self.text.get(from..offset(at)?)?;
        let name = self.names.as_ref().and_then(|names| names.get(at)?.as_deref());
        Some(ParamRef { name, value })
    }

    /// All of them in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = ParamRef<'_>> + Clone {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

impl From<&[ParamRef<'_>]> for Params {
    fn from(params: &[ParamRef<'_>]) -> Self {
        let is_named = params.iter().any(|param| param.name.is_some());
        let names = is_named.then(|| params.iter().map(|param| param.name.map(Arc::from)).collect());
        Params::new(names, params.iter().map(|param| param.value))
    }
}

impl From<&[Param]> for Params {
    fn from(params: &[Param]) -> Self {
        let is_named = params.iter().any(|param| param.name.is_some());
        let names = is_named.then(|| Params::names(params));
        Params::new(names, params.iter().map(|param| param.value.as_str()))
    }
}

impl From<Vec<Param>> for Params {
    fn from(params: Vec<Param>) -> Self {
        Params::from(params.as_slice())
    }
}

impl FromIterator<Param> for Params {
    fn from_iter<I: IntoIterator<Item = Param>>(params: I) -> Self {
        Params::from(params.into_iter().collect::<Vec<Param>>())
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Params {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Param>::deserialize(deserializer).map(Params::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> Vec<Param> {
        let param = |name: Option<&str>, value: &str| Param {
            name: name.map(str::to_owned),
            value: value.to_owned(),
        };
        vec![param(Some("a"), "één"), param(None, ""), param(Some("c"), "3")]
    }

    #[test]
    fn parameters_come_back_as_they_went_in() {
        let packed = Params::from(params());
        let owned: Vec<Param> = packed
            .iter()
            .map(|param| Param { name: param.name.map(str::to_owned), value: param.value.to_owned() })
            .collect();
        assert_eq!(owned, params());
        assert_eq!(
            (packed.len(), packed.get(1).map(|param| param.value), packed.get(3)),
            (3, Some(""), None)
        );
        assert_eq!(packed.iter().next_back().map(|param| param.value), Some("3"));
        assert_eq!((packed.named("A"), packed.named("C"), packed.named("b")), (Some("één"), Some("3"), None));
    }

    #[test]
    fn they_are_written_as_a_list_of_parameters() {
        let packed = Params::from(params());
        let text = serde_json::to_string(&packed).expect("a list");
        assert_eq!(text, serde_json::to_string(&params()).expect("a list"));
        assert_eq!(serde_json::from_str::<Params>(&text).expect("the same"), packed);
    }

    #[test]
    fn those_without_names_are_equal_however_they_were_made() {
        let values = ["x", "y"];
        let bare = Params::new(None, values.into_iter());
        assert_eq!(Params::new(Some(Arc::from([None, None])), values.into_iter()), bare);
        assert_eq!(bare.get(0).and_then(|param| param.name), None);
        assert!(Params::default().is_empty() && !bare.is_empty());
    }
}
