//! Values of JSON as text, however the container spelled them.

use crate::collect::MAX_PARAMS;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use vsscope_model::Param;

/// Longest name of a value that is kept whole, in bytes; those of Windows have fewer than 100.
const MAX_NAME: usize = 1000;

/// A string that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text of a scalar that was not parsed yet; numbers as they are written. `None` for null, lists and objects.
pub(super) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<Text<'_>>(json).ok().map(|text| text.0),
        b'n' | b'{' | b'[' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// The text of a scalar, or of the only element of a list. `None` for null, longer lists and objects.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(list) => match list.as_slice() {
            [only] => scalar(only),
            _ => None,
        },
        Value::Null | Value::Object(_) => None,
    }
}

/// A number, written as one or as text, decimal or `0x…`.
pub(crate) fn number<T: TryFrom<u64>>(text: &str) -> Option<T> {
    let text = text.trim();
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => text.parse().ok()?,
    };
    T::try_from(value).ok()
}

/// Adds the leaves of a value in document order, each by the name of its own element. Attributes are no leaves. Leaves
/// beyond what a record may have are not made: a list of millions would copy its name as often.
pub(super) fn leaves(name: &str, value: &Value, into: &mut Vec<Param>) {
    if into.len() > MAX_PARAMS {
        return;
    }
    match value {
        Value::Object(members) => {
            let is_text = |key: &str| key == "#text";
            for (key, member) in members.iter().filter(|(key, _)| !is_attributes(key)) {
                leaves(if is_text(key) { name } else { key }, member, into);
            }
        }
        Value::Array(list) => list.iter().for_each(|element| leaves(name, element, into)),
        _ => into.push(Param {
            name: Some(name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or_default().to_owned()),
            value: scalar(value).unwrap_or_default(),
        }),
    }
}

/// Whether a member holds the attributes of an element, in either of evtx_dump's spellings.
pub(super) fn is_attributes(key: &str) -> bool {
    key == "#attributes" || key.ends_with("_attributes")
}
