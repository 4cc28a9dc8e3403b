//! The text of a record in English, from its parameters: logs keep parameters, the words lie in the message files of the
//! machine that wrote them.

use super::{EventRow, layouts};
use vsscope_model::{Event, ParamRef};

/// What stands for a parameter that the record does not have.
const NOT_LOGGED: &str = "(not logged)";

/// What the record says; absent for records that are not known, and for those whose meaning is unconfirmed.
pub fn message(event: &Event) -> Option<String> {
    let rows = layouts(&event.provider, event.event_id?);
    let params: Vec<ParamRef<'_>> =
        event.record.as_deref().map(|detail| detail.params.iter().collect()).unwrap_or_default();
    let row = fitting(&rows, &params)?;
    Some(filled(row.message.as_deref()?, row, &params))
}

/// The layout that fits the parameters best; of equals the newest.
fn fitting(rows: &[&'static EventRow], params: &[ParamRef<'_>]) -> Option<&'static EventRow> {
    let misfit = |row: &EventRow| match params.iter().any(|param| is_field_of(param, row)) {
        true => {
            let known = params.iter().filter(|param| is_field_of(param, row)).count();
            params.len() + row.fields.len() - 2 * known
        }
        false => params.len().abs_diff(row.params.len().max(row.fields.len())),
    };
    rows.iter().copied().min_by_key(|row| misfit(row))
}

fn is_field_of(param: &ParamRef<'_>, row: &EventRow) -> bool {
    param.name.is_some_and(|name| row.fields.iter().any(|field| field.eq_ignore_ascii_case(name)))
}

/// The template with each `{…}` replaced by the parameter that it names.
fn filled(template: &str, row: &EventRow, params: &[ParamRef<'_>]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        match behind.split_once('}') {
            Some((name, after)) => {
                let param = param(name, row, params);
                text.push_str(&param.map_or_else(|| NOT_LOGGED.to_owned(), |param| shown(param.value)));
                rest = after;
            }
            None => {
                text.push('{');
                rest = behind;
            }
        }
    }
    text.push_str(rest);
    text
}

/// The parameter that a placeholder means: by position or by name, whichever of them the record has.
fn param<'p>(placeholder: &str, row: &EventRow, params: &[ParamRef<'p>]) -> Option<ParamRef<'p>> {
    let named = |name: &str| {
        params.iter().copied().find(|param| param.name.is_some_and(|n| n.eq_ignore_ascii_case(name)))
    };
    let by_fields = params.iter().any(|param| is_field_of(param, row));
    match placeholder.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) {
        Some(at) if by_fields => named(row.fields.get(at)?),
        Some(at) => params.get(at).copied(),
        None if by_fields => named(placeholder),
        None => {
            let at = row.fields.iter().position(|field| field.eq_ignore_ascii_case(placeholder))?;
            params.get(at).copied().filter(|param| param.name.is_none())
        }
    }
}

/// A value on one line, without control characters. A code comes with the text that Windows has for it, which ends with a
/// full stop and a line break; both go.
fn shown(value: &str) -> String {
    let kept = value.trim().chars().filter(|c| !c.is_control() || c.is_whitespace());
    let text: String = kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    let is_code = text.starts_with("0x");
    match text.strip_suffix('.').filter(|_| is_code) {
        Some(text) => text.to_owned(),
        None if text.is_empty() => "(empty)".to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use vsscope_model::{LogDetail, Param, RecordRef, Timestamp, What};

    fn record(provider: &str, id: u32, params: &[(&str, &str)]) -> Event {
        let params = params
            .iter()
            .map(|(name, value)| Param {
                name: (!name.is_empty()).then(|| (*name).to_owned()),
                value: (*value).to_owned(),
            })
            .collect();
        Event {
            provider: Arc::from(provider),
            event_id: Some(id),
            record: Some(Box::new(LogDetail { params, ..LogDetail::default() })),
            ..Event::new(Timestamp::UNIX_EPOCH, RecordRef::default(), What::Log)
        }
    }

    #[test]
    fn a_code_loses_the_end_of_its_system_text() {
        let said =
            message(&record("VSS", 8229, &[("", "0x800423f4, The writer failed.\r\n"), ("", "Operation:")]));
        let said = said.expect("a known record");
        assert!(said.contains("0x800423f4, The writer failed"), "{said}");
        assert!(!said.contains("failed."), "{said}");
        assert!(!said.contains("Operation"), "the localised block is no part of it: {said}");
    }

    #[test]
    fn what_is_not_there_is_not_guessed() {
        let said = message(&record("VSS", 8229, &[])).expect("a known record");
        assert!(said.contains("(not logged)"), "{said}");
        assert_eq!(message(&record("Contoso", 8229, &[])), None);
        assert_eq!(message(&record("MSExchangeIS", 9609, &[])), None, "its meaning is unconfirmed");
    }

    #[test]
    fn parameters_are_found_by_position_and_by_name() {
        let row = EventRow {
            fields: vec!["Volume".into(), "Status".into()],
            ..layouts("VSS", 8229).first().map(|row| (*row).clone()).expect("a known record")
        };
        let param = |name, value| ParamRef { name, value };
        let named = [param(Some("status"), "0x1."), param(Some("Volume"), "C:\u{1b}[2J")];
        assert_eq!(filled("{Volume} {2} {Other} {x", &row, &named), "C:[2J 0x1 (not logged) {x");
        let bare = [param(None, "C:"), param(None, "")];
        assert_eq!(filled("{Volume} {2} {3}", &row, &bare), "C: (empty) (not logged)");
        let generic = [param(Some("param1"), "C:"), param(Some("param2"), "5")];
        assert_eq!(filled("{1} {2} {Volume}", &row, &generic), "C: 5 (not logged)");
    }

    #[test]
    fn the_layout_follows_the_number_of_parameters() {
        for row in super::super::all().filter(|row| !row.params.is_empty() && row.message.is_some()) {
            let rows = layouts(&row.provider, row.id);
            let params: Vec<ParamRef<'_>> =
                row.params.iter().map(|value| ParamRef { name: None, value }).collect();
            let same = |other: &EventRow| other.params.len() == row.params.len();
            assert!(fitting(&rows, &params).is_some_and(same), "{}", row.code());
        }
    }
}
