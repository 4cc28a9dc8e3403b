//! Which field of an analysis holds what. Everything is walked as JSON has it, so that no field can be forgotten: a field that
//! is not named here is text with names in it.

use super::book::{Kind, Names};
use super::finder::Finder;
use super::text::{self, Voice};
use super::{accounts, commands, paths, words};
use serde_json::{Map, Value};

/// Walks the strings of a value.
pub struct Walk<'a> {
    /// Gives the aliases.
    pub names: &'a mut dyn Names,
    /// Finds names in text; absent while names are collected.
    pub finder: Option<&'a Finder>,
    /// What to put in place of everything instead, to learn which words an output has of its own.
    pub blank: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// A word of vsscope, a code, a number: it stays.
    Fixed,
    Host,
    User,
    Sid,
    Path,
    Command,
    Database,
    /// The source of a record; that of an instance of SQL Server bears its name.
    Source,
    /// `image (pid)`.
    Process,
    /// An id that vsscope made of names and a time.
    Id,
    Text(Voice),
}

impl Walk<'_> {
    /// Replaces the names in a part of an analysis; `root` is its key there.
    pub fn value(&mut self, root: &str, value: &mut Value) {
        self.walk(root, root, "", value);
    }

    fn walk(&mut self, root: &str, key: &str, parent: &str, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.string(field(root, key, parent), text),
            Value::Array(items) if key == "context" && parent == "block" => {
                // Keys and values of a context block, in pairs.
                for item in items.iter_mut().flat_map(|pair| pair.as_array_mut().into_iter().flatten()) {
                    self.walk(root, "value", "block", item);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(root, key, parent, item)),
            Value::Object(object) if key == "params" => self.param(object),
            Value::Object(object) => {
                let offender = (key == "repeat_offenders").then(|| offender(object));
                for (name, item) in object.iter_mut() {
                    match (&offender, item) {
                        (Some(kind), Value::String(text)) if name == "name" => {
                            *text = self.string(*kind, text)
                        }
                        (_, item) => self.walk(root, name, key, item),
                    }
                }
            }
            _ => {}
        }
    }

    /// A parameter of a log record: what its name says it is, else what it looks like.
    fn param(&mut self, object: &mut Map<String, Value>) {
        let name = object.get("name").and_then(Value::as_str).unwrap_or_default().to_lowercase();
        if let Some(Value::String(value)) = object.get_mut("value") {
            *value = self.string(param(&name, value), value);
        }
    }

    fn string(&mut self, field: Field, value: &str) -> String {
        if field == Field::Fixed || value.is_empty() {
            return value.to_owned();
        }
        if self.blank {
            return if is_typed(value) { value.to_owned() } else { String::new() };
        }
        let names = &mut *self.names;
        match field {
            Field::Fixed => value.to_owned(),
            Field::Host => accounts::host(names, value),
            Field::User => accounts::user(names, value),
            Field::Sid => accounts::sid(names, value),
            Field::Path => paths::path(names, value),
            Field::Command => commands::command(names, self.finder, value),
            Field::Database => database(names, value),
            Field::Process => match value.rsplit_once(" (") {
                Some((image, pid)) => format!("{} ({pid}", paths::path(names, image)),
                None => paths::path(names, value),
            },
            Field::Source => match value.split_once('$') {
                Some((engine, instance)) => format!("{engine}${}", database(names, instance)),
                None => text::text(names, self.finder, value, Voice::Own),
            },
            Field::Id => id(names, value),
            Field::Text(voice) => text::text(names, self.finder, value, voice),
        }
    }
}

/// A GUID, a code or a time: the model would not take anything else in its place.
fn is_typed(value: &str) -> bool {
    value.parse::<vsscope_model::Guid>().is_ok()
        || value.starts_with("0x")
        || chrono::DateTime::parse_from_rfc3339(value).is_ok()
        || value.parse::<chrono::NaiveDate>().is_ok()
}

/// The field of a key, below another one, in a part of the analysis.
fn field(root: &str, key: &str, parent: &str) -> Field {
    match (root, parent, key) {
        ("tool" | "schema" | "summary" | "generated", ..) => Field::Fixed,
        (
            _,
            _,
            "kind" | "mark" | "edge" | "clock" | "severity" | "status" | "confidence" | "cause_confidence",
        ) => Field::Fixed,
        (_, _, "outcome" | "format" | "basis" | "actor" | "participation" | "end_reason" | "basis_zone") => {
            Field::Fixed
        }
        (_, _, "method" | "phase" | "callback" | "backup_type" | "context" | "cause" | "competing") => {
            Field::Fixed
        }
        (
            _,
            _,
            "time" | "started" | "ended" | "first" | "last" | "old" | "new" | "created" | "created_text",
        ) => Field::Fixed,
        (
            _,
            _,
            "guid" | "class_id" | "instance_id" | "provider_id" | "version" | "zone" | "encoding" | "hresult",
        ) => Field::Fixed,
        ("sessions", _, "detail") | ("sets", "snapshots", "state") | ("findings", "evidence", "input") => {
            Field::Fixed
        }
        ("findings", "findings", "id") | ("inputs", "inputs", "id") => Field::Fixed,
        (_, "what", "state") => Field::Fixed,
        ("sessions", "sessions", "id" | "sets") | ("sets", "sets", "id" | "session") => Field::Id,
        ("findings", "findings", "set" | "session") => Field::Id,
        ("events", "what", "step") => Field::Fixed,
        ("hosts", "hosts", "name" | "aliases") | (_, _, "host") => Field::Host,
        ("events", "events", "provider") => Field::Source,
        (_, _, "user") => Field::User,
        (_, _, "sid") => Field::Sid,
        ("inventory", "registry", "path") => Field::Text(Voice::Own),
        (_, "component", "path" | "name") | (_, _, "database") => Field::Database,
        (_, _, "input" | "path" | "with" | "image" | "exposed") => Field::Path,
        (_, _, "volume" | "on_volume" | "volumes") | (_, "volumes", "name") => Field::Path,
        (_, _, "command_line") | ("events", "what", "text") => Field::Command,
        (_, "writers", "process") => Field::Process,
        (_, "tail" | "block" | "record" | "code" | "call", "alias") => Field::Fixed,
        (_, "block", _) | (_, _, "reason" | "last_error" | "default_value") if root != "coverage" => {
            Field::Text(Voice::Log)
        }
        (_, "record", "message") | ("inputs", "issues", "message") => Field::Text(Voice::Log),
        ("events", "what", "service") => Field::Text(Voice::Log),
        _ => Field::Text(Voice::Own),
    }
}

fn offender(object: &Map<String, Value>) -> Field {
    match object.get("kind").and_then(Value::as_str) {
        Some("requester" | "volume") => Field::Path,
        Some("host") => Field::Host,
        _ => Field::Text(Voice::Own),
    }
}

/// Components of writers and databases: names of what is backed up.
fn database(names: &mut dyn Names, value: &str) -> String {
    if words::is_database(&value.to_lowercase()) || value.parse::<vsscope_model::Guid>().is_ok() {
        return value.to_owned();
    }
    if value.contains(['\\', '/']) {
        return paths::path(names, value);
    }
    names.alias(Kind::Database, value)
}

/// Session: image, process id and time; set without a GUID: host and time.
fn id(names: &mut dyn Names, value: &str) -> String {
    let Some((who, time)) = value.split_once('@') else { return value.to_owned() };
    let who = match who.rsplit_once('-') {
        _ if who.starts_with("pid-") => who.to_owned(),
        Some(("requester", host)) => format!("requester-{}", accounts::host(names, host)),
        Some((image, pid)) if pid.chars().all(|c| c.is_ascii_digit()) => {
            format!("{}-{pid}", stem(names, image))
        }
        _ => accounts::host(names, who),
    };
    format!("{who}@{time}")
}

/// The name of a program without its ending.
fn stem(names: &mut dyn Names, image: &str) -> String {
    if words::is_program(&image.to_lowercase()) { image.to_owned() } else { names.alias(Kind::Path, image) }
}

/// What a parameter of a record holds.
fn param(name: &str, value: &str) -> Field {
    let value = value.trim();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let looks_like_path =
        value.get(1..3) == Some(":\\") || value.starts_with("\\\\") || value.starts_with("\\Device\\");
    let lower = value.to_lowercase();
    if accounts::is_sid(value) {
        return Field::Sid;
    }
    if ends(&["commandline", "scriptblocktext"])
        || (looks_like_path && lower.contains(".exe "))
        || lower.contains(".exe\"")
    {
        return Field::Command;
    }
    if ends(&["username", "account", "accountname", "user", "membername", "logonaccount"])
        && !name.contains("sid")
    {
        return Field::User;
    }
    if ends(&[
        "computer",
        "computername",
        "workstation",
        "workstationname",
        "hostname",
        "machinename",
        "clientname",
        "servername",
    ]) {
        return Field::Host;
    }
    if has(&["domain"]) && !value.contains(['\\', '@']) {
        return Field::User;
    }
    if looks_like_path && !value.contains('\n') {
        return Field::Path;
    }
    if ends(&["image", "filename", "processname", "imagepath", "directory", "scriptname"])
        && !value.contains(['=', '\n'])
    {
        return Field::Path;
    }
    if ends(&["databasename", "instancename", "instance", "database"]) {
        return Field::Database;
    }
    match value.split_once('\\') {
        Some((domain, account))
            if is_account_name(domain) && is_account_name(account) && !value.contains('\n') =>
        {
            Field::User
        }
        _ => Field::Text(Voice::Log),
    }
}

/// Letters, digits and the signs that names of accounts have.
fn is_account_name(text: &str) -> bool {
    let is_sign = |c: char| matches!(c, '-' | '_' | '.' | '$' | ' ' | '\'');
    (1..=64).contains(&text.chars().count())
        && !["hklm", "hku", "hkcr", "hkcu", "registry"].contains(&text.to_lowercase().as_str())
        && text.chars().all(|c| c.is_alphanumeric() || is_sign(c))
}
