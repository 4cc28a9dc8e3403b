//! Writers' own records: ESE databases, SQL Server, Exchange, and services whose writer reports by itself.

use super::fields;
use crate::record::LogRecord;
use nom::bytes::complete::{is_not, tag, take_until};
use nom::character::complete::{digit1, u32 as decimal};
use nom::combinator::{map, rest};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};
use vsscope_model::{Actor, Database, DatabaseMark, Event, Guid, Process, Status, What, Writer};

/// Ids of `ESENT`, `ESE` and `NTDS ISAM`.
pub(super) const ESE_IDS: &[u32] = &[216, 2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009, 2010];

/// Ids of `MSSQLSERVER` and `MSSQL$instance`.
pub(super) const SQL_IDS: &[u32] = &[3041, 3197, 3198, 18210, 18264];

/// Ids of the writer in the Exchange store.
pub(super) const EXCHANGE_STORE_IDS: &[u32] = &[
    9600, 9604, 9606, 9607, 9608, 9609, 9610, 9611, 9612, 9613, 9614, 9616, 9618, 9622, 9780, 9782, 9811,
    9840,
];

/// Ids of the writer in the Exchange replication service.
pub(super) const EXCHANGE_REPLICA_IDS: &[u32] =
    &[2021, 2023, 2025, 2027, 2029, 2034, 2035, 2037, 2046, 2110, 2153];

/// Ids of Exchange that carry the writer instance of the job.
const EXCHANGE_INSTANCE_IDS: &[u32] = &[2021, 2034, 9606, 9608];

const ESE_MARKS: &[(u32, DatabaseMark)] = &[
    (2001, DatabaseMark::FreezeStarted),
    (2002, DatabaseMark::FreezeFailed),
    (2003, DatabaseMark::FreezeEnded),
    (2004, DatabaseMark::FreezeTimedOut),
    (2005, DatabaseMark::Starting),
    (2006, DatabaseMark::Completed),
    (2007, DatabaseMark::Aborted),
    (2008, DatabaseMark::Starting),
    (2009, DatabaseMark::Starting),
    (2010, DatabaseMark::Starting),
];

const SQL_MARKS: &[(u32, DatabaseMark)] = &[
    (3041, DatabaseMark::BackupFailed),
    (3197, DatabaseMark::FreezeStarted),
    (3198, DatabaseMark::FreezeEnded),
    (18210, DatabaseMark::BackupFailed),
    (18264, DatabaseMark::BackedUp),
];

/// Id of ESE's "database location changed"; its new place names the shadow copy.
const LOCATION_CHANGED: u32 = 216;

fn mark(table: &[(u32, DatabaseMark)], id: u32) -> Option<DatabaseMark> {
    table.iter().find(|(known, _)| *known == id).map(|(_, mark)| *mark)
}

/// What an ESE record says of itself, from its parameters or from its message.
#[derive(Default)]
struct Ese<'a> {
    process: &'a str,
    pid: Option<u32>,
    database: Option<&'a str>,
    number: Option<u64>,
}

/// Reads an ESE record. The id gives the meaning; the words of the message do not.
pub(super) fn decode_ese(record: &LogRecord) -> Option<Event> {
    let message = record.message.as_deref();
    let said = if record.data.is_empty() { message.and_then(ese_message) } else { ese_data(record) };
    let said = said.unwrap_or_default();
    let device = if record.event_id == LOCATION_CHANGED {
        Some(fields::values(record).chain(message).find_map(fields::shadow_device)?)
    } else {
        None
    };
    let what = match mark(ESE_MARKS, record.event_id) {
        Some(mark) => {
            What::Database(Database { mark, database: said.database.map(str::to_owned), number: said.number })
        }
        None if device.is_some() => What::ShadowDevice,
        None => What::Log,
    };
    let mut event = fields::event(record, Actor::Writer, what);
    event.device = device;
    event.process = Process { pid: said.pid, ..fields::process(None, Some(said.process), None) };
    Some(event)
}

/// Parameters: process, pid with flags, name of the instance with a colon behind it, number of the shadow copy.
fn ese_data(record: &LogRecord) -> Option<Ese<'_>> {
    Some(Ese {
        process: record.at(0)?,
        pid: record.at(1).and_then(leading_pid),
        database: record.at(2).and_then(database_name),
        number: record.at(3).and_then(|text| text.trim().parse().ok()),
    })
}

/// `860`, or with flags `600,G,0`.
fn leading_pid(text: &str) -> Option<u32> {
    let parsed: IResult<&str, u32> = decimal.parse(text.trim());
    parsed.ok().map(|(_, pid)| pid)
}

fn database_name(text: &str) -> Option<&str> {
    Some(text.trim().trim_end_matches(':').trim_end()).filter(|name| !name.is_empty())
}

/// `process (pid,flags) instance: text`: the number of the shadow copy is the first number of the text.
fn ese_message(message: &str) -> Option<Ese<'_>> {
    let head = (take_until(" ("), delimited(tag(" ("), is_not(")"), tag(")")), rest);
    let mut whole = map(head, |(process, flags, text): (&str, &str, &str)| (process, flags, text));
    let parsed: IResult<&str, (&str, &str, &str)> = whole.parse(message);
    let (_, (process, flags, text)) = parsed.ok()?;
    let (database, text) = match text.split_once(": ") {
        Some((name, behind)) if first_number(behind).is_some() => (database_name(name), behind),
        _ => (None, text),
    };
    Some(Ese { process, pid: leading_pid(flags), database, number: first_number(text) })
}

fn first_number(text: &str) -> Option<u64> {
    let bare = |word: &str| word.trim_end_matches(['.', ',', ':']).parse().ok();
    text.split_whitespace().find_map(bare)
}

/// Reads the freezes and backups of SQL Server; the first parameter is the database or the failed command.
pub(super) fn decode_sql(record: &LogRecord) -> Option<Event> {
    let database = match record.event_id {
        3041 => record.at(0).and_then(database_of_backup),
        18210 => None,
        _ => record.at(0),
    };
    let mark = mark(SQL_MARKS, record.event_id)?;
    let what = What::Database(Database { mark, database: database.map(str::to_owned), number: None });
    Some(fields::event(record, Actor::Writer, what))
}

/// The database of `BACKUP DATABASE name …` or `BACKUP LOG name …`; the language is SQL's in every edition.
fn database_of_backup(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    let is = |word: Option<&str>, wanted: &[&str]| {
        word.is_some_and(|word| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(word)))
    };
    if !is(words.next(), &["BACKUP"]) || !is(words.next(), &["DATABASE", "LOG"]) {
        return None;
    }
    words.next().map(|name| name.trim_matches(['[', ']', ';'])).filter(|name| !name.is_empty())
}

/// Reads any record of the SQL writer; the result is the code in its text.
pub(super) fn decode_sql_writer(record: &LogRecord) -> Option<Event> {
    let mut event = fields::event(record, Actor::Writer, What::Log);
    let texts = fields::values(record).chain(record.message.as_deref());
    event.status = texts.filter_map(fields::hresult_in).find(|code| code.is_failure()).map(Status::Hresult);
    Some(event)
}

/// Reads any record of the SQL virtual device: `Loc=…. Desc=…. ErrorCode=(n). Process=pid. Thread=tid. …`.
pub(super) fn decode_sql_device(record: &LogRecord) -> Option<Event> {
    let number = |key: &str| {
        let text = fields::values(record).chain(record.message.as_deref()).find(|text| text.contains(key))?;
        let digits: IResult<&str, &str> = preceded((take_until(key), tag(key)), digit1).parse(text);
        digits.ok()?.1.parse().ok()
    };
    let mut event = fields::event(record, Actor::Writer, What::Log);
    event.process = Process { pid: number("Process="), tid: number("Thread="), ..Process::default() };
    Some(event)
}

/// Reads the writer records of Exchange. Their parameter order is not known, so the instance is taken by its shape.
pub(super) fn decode_exchange(record: &LogRecord) -> Option<Event> {
    let mut event = fields::event(record, Actor::Writer, What::Log);
    if EXCHANGE_INSTANCE_IDS.contains(&record.event_id) {
        let texts = fields::values(record).chain(record.message.as_deref());
        let instance_id = texts.filter_map(Guid::find_in).find(|guid| !guid.is_null());
        event.writer = instance_id.map(|id| Writer { instance_id: Some(id), ..Writer::default() });
    }
    Some(event)
}

/// Reads a record of a service that reports on its own writer without parameters to decode.
pub(super) fn decode_other_writer(record: &LogRecord) -> Option<Event> {
    Some(fields::event(record, Actor::Writer, What::Log))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::{positional, with_message};

    fn database(event: &Event) -> (DatabaseMark, Option<&str>, Option<u64>) {
        match &event.what {
            What::Database(said) => (said.mark, said.database.as_deref(), said.number),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn positional_ese() {
        let event = decode_ese(&positional("ESENT", 2001, &["lsass", "860", "", "7"])).unwrap();
        assert_eq!(database(&event), (DatabaseMark::FreezeStarted, None, Some(7)));
        assert_eq!((event.process.pid, event.process.image.as_deref()), (Some(860), Some("lsass")));
        let event =
            decode_ese(&positional("ESE", 2006, &["Information Store", "600,G,0", "DB 12: ", "3"])).unwrap();
        assert_eq!(database(&event), (DatabaseMark::Completed, Some("DB 12"), Some(3)));
        assert_eq!(event.process.pid, Some(600));
    }

    #[test]
    fn ese_from_the_message_in_any_language() {
        let text = "lsass (600,G,0) Shadow copy instance 4 starting. This will be a Full shadow copy.";
        let event = decode_ese(&with_message("ESENT", 2005, text)).unwrap();
        assert_eq!(database(&event), (DatabaseMark::Starting, None, Some(4)));
        let text = "NTDS (612,D,0) NTDSA: Einfrieren der Schattenkopieinstanz 5 wurde gestartet.";
        let event = decode_ese(&with_message("NTDS ISAM", 2001, text)).unwrap();
        assert_eq!(database(&event), (DatabaseMark::FreezeStarted, Some("NTDSA"), Some(5)));
        assert_eq!((event.process.pid, event.process.image.as_deref()), (Some(612), Some("NTDS")));
    }

    #[test]
    fn a_location_change_counts_for_shadow_copies_only() {
        let shadow = r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy5\Windows\NTDS\ntds.dit";
        let record = |to| positional("ESENT", 216, &["lsass", "548", "", r"C:\Windows\NTDS\ntds.dit", to]);
        let event = decode_ese(&record(shadow)).unwrap();
        assert_eq!(event.what, What::ShadowDevice);
        assert_eq!(event.device.as_deref(), Some("HarddiskVolumeShadowCopy5"));
        assert_eq!(decode_ese(&record(r"D:\ntds.dit")), None);
    }

    #[test]
    fn sql_server() {
        let said = |id, data: &str| decode_sql(&positional("MSSQL$A", id, &[data])).unwrap();
        assert_eq!(database(&said(3197, "sales")), (DatabaseMark::FreezeStarted, Some("sales"), None));
        assert_eq!(database(&said(3198, "sales")), (DatabaseMark::FreezeEnded, Some("sales"), None));
        assert_eq!(database(&said(18264, "sales")), (DatabaseMark::BackedUp, Some("sales"), None));
        let failed = said(3041, "BACKUP DATABASE [sales] TO VIRTUAL_DEVICE='x'");
        assert_eq!(database(&failed), (DatabaseMark::BackupFailed, Some("sales"), None));
        let failed = said(18210, "BackupVirtualDeviceFile::PrepareToFreeze");
        assert_eq!(database(&failed), (DatabaseMark::BackupFailed, None, None));
    }

    #[test]
    fn sql_writer_and_device() {
        let text = "Sqllib error: OLEDB Error encountered calling X. hr = 0x80040e14. SQLSTATE: 42000";
        let event = decode_sql_writer(&positional("SQLWRITER", 24583, &[text])).unwrap();
        assert_eq!(event.hresult().unwrap().0, 0x8004_0E14);
        let text = "SQLVDI: Loc=SignalAbort. Desc=Client initiates abort. ErrorCode=(0). Process=2960. Thread=4252. Client.";
        let event = decode_sql_device(&positional("SQLVDI", 1, &[text])).unwrap();
        assert_eq!((event.process.pid, event.process.tid), (Some(2960), Some(4252)));
    }

    #[test]
    fn exchange_carries_the_writer_instance() {
        let guid = "11112222-3333-4444-5555-666677778888";
        let text = format!("Exchange VSS Writer (instance {guid})");
        let event = decode_exchange(&positional("MSExchangeIS", 9606, &[&text])).unwrap();
        assert_eq!(event.writer.unwrap().instance_id, guid.parse().ok());
        assert_eq!(decode_exchange(&positional("MSExchangeIS", 9811, &[&text])).unwrap().writer, None);
    }
}
