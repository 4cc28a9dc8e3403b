//! Rows of the knowledge as they are shown.

use super::layout::in_lines;
use super::related;
use crate::knowledge::Certainty;
use crate::knowledge::events::{self, EventRow, LogProvider};
use crate::knowledge::hresults::{self, CodeKind, CodeRow, FACILITY_ITF, FACILITY_WIN32, Retry};
use crate::knowledge::providers::ProviderRow;
use crate::knowledge::states::StateRow;
use crate::knowledge::vocabulary::{self, ATTRIBUTE, CONTEXT, Constant, Limit, Phase};
use crate::knowledge::writers::WriterRow;
use vsscope_model::{Context, HResult};
use vsscope_reports::explain::{Fact, Meaning};

const MEANING: &str = "Meaning";
const CAUSES: &str = "Usual causes";
const REMEDY: &str = "What to do";
const NOTE: &str = "Note";

fn stated(certainty: Option<Certainty>) -> String {
    certainty.map_or("not stated", Certainty::as_str).to_owned()
}

fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let items: Vec<String> = items.into_iter().map(|item| format!("- {}", item.as_ref())).collect();
    (!items.is_empty()).then(|| items.join("\n"))
}

/// Sorted numbers, those in a row as a range: `1-3, 7`.
fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let words = runs.filter_map(|run| match (run.first()?, run.last()?) {
        (first, last) if first == last => Some(first.to_string()),
        (first, last) => Some(format!("{first}-{last}")),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// An event record in one of its layouts.
pub(super) fn event(row: &EventRow) -> Meaning {
    let mut fact = event_head(row);
    if row.certainty == Certainty::Unconfirmed {
        return Meaning::Fact(fact);
    }
    let provider = events::provider(&row.provider);
    let others = provider.map(|provider| provider.names.get(1..).unwrap_or_default().join(", "));
    fact.detail("channel", provider.and_then(|provider| provider.channel.as_deref()));
    fact.detail("also logged by", others.filter(|names| !names.is_empty()));
    fact.detail("phase", Some(&row.phase).filter(|phase| *phase != "any"));
    fact.detail("level", row.level.map(|level| level.to_string()));
    fact.detail("layout of", row.os.as_deref());
    let numbered = row.params.iter().enumerate().map(|(at, text)| format!("{{{}}} {text}", at + 1));
    fact.section("Parameters", list(numbered));
    fact.section("Fields", list(&row.fields));
    fact.section(CAUSES, row.causes.as_deref().map(in_lines));
    fact.section(REMEDY, row.remedy.as_deref().map(in_lines));
    fact.section(NOTE, row.note.as_deref());
    fact.section("Note on its source", provider.and_then(|provider| provider.note.as_deref()));
    fact.related = related::rules_on_event(row);
    Meaning::Fact(fact)
}

/// An event record that is one of several candidates.
pub(super) fn event_in_short(row: &EventRow) -> Meaning {
    let mut fact = event_head(row);
    let code = row.code();
    let quote = if code.contains(' ') { "\"" } else { "" };
    let more = row.certainty != Certainty::Unconfirmed;
    fact.detail("more", more.then(|| format!("vsscope explain {quote}{code}{quote}")));
    Meaning::Fact(fact)
}

fn event_head(row: &EventRow) -> Fact {
    let mut fact = Fact {
        kind: "event",
        code: row.code(),
        severity: Some(row.severity).filter(|_| row.certainty != Certainty::Unconfirmed),
        certainty: row.certainty.to_string(),
        sources: row.source.clone(),
        ..Fact::default()
    };
    match &row.message {
        Some(message) => fact.section("Message", Some(message)),
        None => fact.section(MEANING, Some("Known number, meaning unconfirmed.")),
    }
    fact
}

/// The source of event records.
pub(super) fn log_provider(row: &LogProvider) -> Meaning {
    let name = row.names.first().cloned().unwrap_or_default();
    let mut ids: Vec<u32> =
        events::all().filter(|event| event.provider == name).map(|event| event.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut fact = Fact {
        kind: "event source",
        code: name,
        certainty: "that of each of its events".into(),
        ..Fact::default()
    };
    fact.detail("also", row.names.get(1..).filter(|names| !names.is_empty()).map(|names| names.join(", ")));
    fact.detail("channel", row.channel.as_deref());
    fact.detail("id", row.guid.map(|guid| guid.to_string()));
    fact.detail("known events", Some(ranges(&ids)));
    fact.section(NOTE, row.note.as_deref());
    Meaning::Fact(fact)
}

/// A result code of the table.
pub(super) fn code(row: &CodeRow) -> Meaning {
    let kind = match row.kind {
        CodeKind::Hresult => "result code",
        CodeKind::Jet => "database engine error",
        CodeKind::Ntstatus => "kernel status",
    };
    let mut fact = Fact {
        kind,
        code: row.code.clone(),
        name: row.name.clone(),
        certainty: stated(row.certainty),
        sources: row.source.clone(),
        ..Fact::default()
    };
    match (row.kind, row.value()) {
        (CodeKind::Hresult, Some(value)) => bits(&mut fact, value),
        (CodeKind::Ntstatus, Some(value)) => status_bits(&mut fact, value),
        _ => {}
    }
    let sure = |certainty: Certainty| format!(" ({certainty})");
    let sure = row.retry_certainty.map(sure).unwrap_or_default();
    fact.detail("repeat", row.retry.map(|retry| format!("{}{sure}", retry_words(retry))));
    fact.section(MEANING, Some(&row.meaning));
    fact.section(CAUSES, row.causes.as_deref().map(in_lines));
    fact.section(REMEDY, row.remedy.as_deref().map(in_lines));
    fact.related = related::rules_on_code(row);
    Meaning::Fact(fact)
}

fn retry_words(retry: Retry) -> &'static str {
    match retry {
        Retry::Yes => "can help",
        Retry::Wait => "can help later or under less load",
        Retry::No => "does not help",
        Retry::Unknown => "not known whether it helps",
        Retry::Success => "not needed, the code is a success",
    }
}

/// What the bits of an HRESULT say.
fn bits(fact: &mut Fact, value: u32) {
    let bits = hresults::bits(value);
    let name = hresults::facility_name(bits.facility).map(|name| format!(" {name}")).unwrap_or_default();
    fact.detail("severity", Some(if bits.failure { "failure" } else { "success" }));
    fact.detail("facility", Some(format!("{}{name}", bits.facility)));
    fact.detail("code", Some(format!("{} (0x{:04x})", bits.code, bits.code)));
    fact.detail("decimal", Some(value.cast_signed().to_string()));
}

/// What the bits of an NTSTATUS say.
fn status_bits(fact: &mut Fact, value: u32) {
    let severity = ["success", "information", "warning", "error"];
    fact.detail("severity", severity.get((value >> 30) as usize).copied());
    fact.detail("facility", Some(((value >> 16) & 0xFFF).to_string()));
    fact.detail("code", Some(format!("{0} (0x{0:04x})", value & 0xFFFF)));
    fact.detail("decimal", Some(value.cast_signed().to_string()));
}

/// The kernel status inside of an HRESULT that is made of one: those have this bit more than the status.
fn kernel_status(value: u32) -> Option<u32> {
    const NT_BIT: u32 = 0x1000_0000;
    (value >> 28 == 0xD).then_some(value & !NT_BIT)
}

/// A code that no table has: what its bits say.
pub(super) fn unlisted(value: u32) -> Meaning {
    let mut fact = Fact {
        kind: "result code",
        code: HResult(value).to_string(),
        name: HResult(value).name().map(str::to_owned),
        certainty: "decoded from its bits".into(),
        sources: vec![hresults::names_source().to_owned()],
        ..Fact::default()
    };
    // A kernel status of severity "error"; the same bits are reserved in an HRESULT.
    if value >> 28 == 0xC {
        fact.kind = "kernel status";
        fact.sources = vec!["MS-ERREF 2.3, NTSTATUS".to_owned()];
        status_bits(&mut fact, value);
        fact.section(MEANING, Some("No table here has this status. Its bits are those of an NTSTATUS."));
        return Meaning::Fact(fact);
    }
    bits(&mut fact, value);
    let parts = hresults::bits(value);
    let win32 = (parts.failure && parts.facility == FACILITY_WIN32).then_some(parts.code);
    let win32_name = win32.and_then(hresults::win32_name);
    fact.name = fact.name.or(win32_name.map(|name| format!("HRESULT_FROM_WIN32({name})")));
    let status = kernel_status(value);
    fact.detail("kernel status", status.map(|status| HResult(status).to_string()));
    let rows = status.into_iter().flat_map(hresults::by_code);
    fact.related = rows.map(|row| (row.code.clone(), row.meaning.clone())).collect();
    let meaning = match (win32, status) {
        (_, Some(_)) => "The code carries a kernel status (HRESULT_FROM_NT).".to_owned(),
        (Some(error), _) if win32_name.is_some() => format!("The code carries the Win32 error {error}."),
        (Some(error), _) => format!("The code carries the Win32 error {error}, which has no name here."),
        _ if parts.facility == FACILITY_ITF => {
            "A code of FACILITY_ITF means what the interface says that returned it: find out whose call it was.".to_owned()
        }
        _ => "Its facility says which part of Windows it comes from.".to_owned(),
    };
    fact.section(MEANING, Some(format!("No table here has this code. {meaning}")));
    Meaning::Fact(fact)
}

/// A Win32 error.
pub(super) fn win32(error: u32) -> Meaning {
    let as_hresult = HResult(0x8007_0000 | (error & 0xFFFF));
    let mut fact = Fact {
        kind: "Win32 error",
        code: error.to_string(),
        name: hresults::win32_name(error).map(str::to_owned),
        certainty: Certainty::Documented.to_string(),
        sources: vec![hresults::names_source().to_owned()],
        ..Fact::default()
    };
    fact.detail("as HRESULT", Some(as_hresult.to_string()));
    fact.related =
        hresults::by_code(as_hresult.0).map(|row| (row.code.clone(), row.meaning.clone())).collect();
    Meaning::Fact(fact)
}

/// A writer.
pub(super) fn writer(row: &WriterRow) -> Meaning {
    let mut fact = Fact {
        kind: "writer",
        code: row.class_id.to_string(),
        name: Some(row.names.join(", ")),
        certainty: stated(row.certainty),
        sources: row.source.clone(),
        ..Fact::default()
    };
    fact.detail("service", row.service.as_deref());
    fact.detail("process", row.process.as_deref());
    fact.section("Known failures", row.failures.as_deref().map(in_lines));
    fact.section("How to restart it", row.restart.as_deref().map(in_lines));
    fact.section(NOTE, row.note.as_deref());
    fact.related = related::events(&row.events);
    Meaning::Fact(fact)
}

/// A shadow copy provider.
pub(super) fn provider(row: &ProviderRow) -> Meaning {
    let mut fact = Fact {
        kind: "provider",
        code: row.id.to_string(),
        name: Some(row.names.join(", ")),
        certainty: row.certainty.to_string(),
        sources: row.source.clone(),
        ..Fact::default()
    };
    if row.certainty != Certainty::Unconfirmed {
        fact.detail("type", row.kind.as_deref());
        fact.detail("host", row.host.as_deref());
    }
    fact.section(NOTE, row.note.as_deref());
    Meaning::Fact(fact)
}

/// A writer's state.
pub(super) fn state(row: &StateRow) -> Meaning {
    let mut fact = Fact {
        kind: "writer state",
        code: format!("[{}]", row.value),
        name: Some(row.name.clone()),
        certainty: Certainty::Documented.to_string(),
        sources: row.source.clone(),
        ..Fact::default()
    };
    let words = match &row.text {
        Some(text) => format!("{text} ({})", row.text_certainty),
        None => row.text_certainty.to_string(),
    };
    fact.detail("vssadmin's words", Some(words));
    fact.section(MEANING, Some(&row.meaning));
    fact.section("In a post-mortem", Some(&row.reading));
    Meaning::Fact(fact)
}

/// A constant.
pub(super) fn constant(row: &'static Constant) -> Meaning {
    if let (CONTEXT, Some(value)) = (row.group.as_str(), row.number()) {
        return context(value);
    }
    let mut fact = Fact {
        kind: &row.group,
        code: row.value.clone(),
        name: Some(row.name.clone()),
        certainty: stated(row.certainty),
        sources: row.source.clone(),
        ..Fact::default()
    };
    fact.section(MEANING, Some(&row.meaning));
    fact.section(NOTE, row.note.as_deref());
    Meaning::Fact(fact)
}

/// A context with whatever attribute bits it has.
pub(super) fn context(value: u32) -> Meaning {
    let base = Context(value).name().and_then(|name| vocabulary::group(CONTEXT).find(|row| row.name == name));
    let own = base.and_then(Constant::number).unwrap_or(0);
    let (attributes, rest) =
        if own == value && value == Context::ALL.0 { (Vec::new(), 0) } else { vocabulary::attributes(value) };
    let beyond = attributes.iter().filter(|row| row.number().is_some_and(|bit| own & bit == 0));
    let names: Vec<&str> = base.into_iter().chain(beyond.copied()).map(|row| row.name.as_str()).collect();
    let single = attributes.len() == 1 && base.is_none_or(|_| own == 0) && rest == 0;
    let mut fact = Fact {
        kind: if own == value {
            CONTEXT
        } else if single {
            ATTRIBUTE
        } else {
            "context and attributes"
        },
        code: format!("0x{value:08x}"),
        name: (!names.is_empty()).then(|| names.join(" | ")),
        certainty: Certainty::Documented.to_string(),
        ..Fact::default()
    };
    fact.section(MEANING, base.map(|row| row.meaning.as_str()));
    let unknown = (rest != 0).then(|| format!("0x{rest:08x}: no documented attribute"));
    let bits = attributes.iter().map(|row| format!("{} {}: {}", row.value, row.name, row.meaning));
    fact.section("Bits", list(bits.chain(unknown)));
    fact.section(NOTE, base.and_then(|row| row.note.as_deref()));
    fact.sources =
        base.into_iter().chain(attributes.iter().copied()).flat_map(|row| row.source.clone()).collect();
    fact.sources.sort();
    fact.sources.dedup();
    Meaning::Fact(fact)
}

/// A phase.
pub(super) fn phase(row: &Phase) -> Meaning {
    let mut fact = Fact {
        kind: "phase",
        code: row.name.clone(),
        certainty: stated(row.certainty),
        sources: row.source.clone(),
        ..Fact::default()
    };
    fact.detail("by", Some(&row.actor));
    fact.detail("when", Some(&row.between));
    fact.detail("limit", row.limit.as_deref());
    fact.section(MEANING, Some(&row.meaning));
    Meaning::Fact(fact)
}

/// A limit.
pub(super) fn limit(row: &Limit) -> Meaning {
    let mut fact = Fact {
        kind: "limit",
        code: row.name.clone(),
        name: Some(format!("{} {}", row.value, row.unit)),
        certainty: row.certainty.to_string(),
        sources: row.source.clone(),
        ..Fact::default()
    };
    fact.section(MEANING, Some(&row.meaning));
    Meaning::Fact(fact)
}
