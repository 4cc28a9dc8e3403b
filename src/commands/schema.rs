//! `schema`: the JSON Schema of a form, or the list of them.

use super::{OK, emit};
use crate::schema;
use anyhow::{Result, bail};

/// Prints one schema, or the names of all.
pub fn schema(name: Option<&str>) -> Result<u8> {
    let text = match name.map(|name| schema::by_name(name).ok_or(name)) {
        None => list(),
        Some(Ok(found)) => found.text(),
        Some(Err(name)) => bail!("{}", schema::unknown(name)),
    };
    emit(None, |out| out.write_all(text.as_bytes()))?;
    Ok(OK)
}

/// One schema a line: name, form, what has it.
fn list() -> String {
    schema::ALL.iter().map(|s| format!("{:<9} {:<19} {}\n", s.name, s.form, s.about)).collect()
}
