//! What the function of a trace record is: a requester's call, a writer's callback, a step of the provider, or none.
//!
//! Only documented names decide: the last component of the function is compared with the methods of the documented
//! interfaces. Module and class of the record tell apart what several sides have under one name, because the service and
//! the providers implement copies of the requester's methods. What a record says beside its name stays out.

use crate::trace::record::TraceRecord;
use vsscope_model::{Actor, Callback, Method, ProviderStep};

/// Which side of the protocol a function belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `IVssBackupComponents` and what is behind it in the requester's process.
    Requester,
    /// The coordinator.
    Service,
    /// A writer and its base class.
    Writer,
    /// A provider.
    Provider,
    /// Neither module nor class tell.
    Unknown,
}

impl Side {
    /// The side of a class in a module. A class of `IVssBackupComponents` is the requester's wherever it is traced; else
    /// the module is surer than the class, whose name is no documented word. Modules: "Using Tracing Tools with VSS".
    pub fn of(class: &str, module: Option<&str>) -> Self {
        if contains(class, BACKUP_COMPONENTS) {
            return Side::Requester;
        }
        match module {
            Some("BUCOMP") => Side::Requester,
            Some("COORD") => Side::Service,
            Some("WRITER") => Side::Writer,
            Some("SWPRV" | "HWDIAG") => Side::Provider,
            _ if contains(class, "Coord") => Side::Service,
            _ if contains(class, "Provider") => Side::Provider,
            _ if contains(class, "Writer") => Side::Writer,
            _ => Side::Unknown,
        }
    }

    /// The side of a record.
    pub fn of_record(record: &TraceRecord<'_>) -> Self {
        Side::of(split(record.function).0, record.module)
    }

    /// Whose action a record of this side is.
    pub fn actor(self) -> Actor {
        match self {
            Side::Requester => Actor::Requester,
            Side::Service => Actor::Service,
            Side::Writer => Actor::Writer,
            Side::Provider => Actor::Provider,
            Side::Unknown => Actor::System,
        }
    }
}

/// What a function is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// A method of `IVssBackupComponents`, called by a requester.
    Call(Method),
    /// An event handler of a writer.
    Callback(Callback),
    /// A method of a provider, called by the service.
    Step(ProviderStep),
    /// The service's own copy of `StartSnapshotSet`: no second call, but it may show the id of the set.
    ServiceStart,
    /// `IVssAsync::Wait` or `QueryStatus`.
    Wait,
    /// `IVssAsync::Cancel` of a class that no module places. It is a requester's call only in a requester's process.
    MaybeCancel,
    /// None of these.
    Other,
}

impl Role {
    /// Whether an event stands for the function.
    pub fn is_mapped(&self) -> bool {
        matches!(self, Role::Call(_) | Role::Callback(_) | Role::Step(_))
    }

    /// Whose action the function is; `None` if no event stands for it.
    pub fn actor(&self) -> Option<Actor> {
        match self {
            Role::Call(_) => Some(Actor::Requester),
            Role::Callback(_) => Some(Actor::Writer),
            Role::Step(_) => Some(Actor::Provider),
            _ => None,
        }
    }
}

/// Part of the names of classes that implement `IVssBackupComponents`.
const BACKUP_COMPONENTS: &str = "BackupComponents";

/// The base classes of writers (vswriter.h). They call the handlers of the writer's own class.
const WRITER_BASES: [&str; 3] = ["CVssWriter", "CVssWriterEx", "CVssWriterEx2"];

/// The event handlers of `CVssWriter`. Source: learn.microsoft.com, class `CVssWriter` (vswriter.h).
const HANDLERS: [(&str, Callback); 11] = [
    ("OnIdentify", Callback::Identify),
    ("OnPrepareBackup", Callback::PrepareBackup),
    ("OnPrepareSnapshot", Callback::PrepareSnapshot),
    ("OnFreeze", Callback::Freeze),
    ("OnThaw", Callback::Thaw),
    ("OnPostSnapshot", Callback::PostSnapshot),
    ("OnAbort", Callback::Abort),
    ("OnBackupComplete", Callback::BackupComplete),
    ("OnBackupShutdown", Callback::BackupShutdown),
    ("OnPreRestore", Callback::PreRestore),
    ("OnPostRestore", Callback::PostRestore),
];

/// Methods of `IVssBackupComponents` with names that any class may have: they count only where class or module are the
/// requester's.
const COMMON_WORDS: [Method; 3] = [Method::Query, Method::AddComponent, Method::SetContext];

/// Class and last component of a function: `CDemoWriter::OnFreeze` gives both, `CreateWriter` an empty class. What stands in
/// brackets behind the name is no part of it.
pub(super) fn split(function: &str) -> (&str, &str) {
    let name = function.split('(').next().unwrap_or(function).trim();
    name.rsplit_once("::").unwrap_or(("", name))
}

/// Whether a class is one of the documented bases of writers, which says nothing of the writer.
pub(super) fn is_writer_base(class: &str) -> bool {
    WRITER_BASES.contains(&class)
}

/// What a function of a module is.
pub(super) fn role(function: &str, module: Option<&str>) -> Role {
    let (class, name) = split(function);
    let side = Side::of(class, module);
    let may_be = |wanted: Side| side == wanted || side == Side::Unknown;
    if let Some(name) = name.strip_prefix('~') {
        let is_instance = contains(name, BACKUP_COMPONENTS);
        return if is_instance { Role::Call(Method::Release) } else { Role::Other };
    }
    if contains(class, "Async") {
        return asynchronous(name, side);
    }
    if let Some((_, callback)) = HANDLERS.iter().find(|(known, _)| is_variant(name, known)) {
        return if may_be(Side::Writer) { Role::Callback(callback.clone()) } else { Role::Other };
    }
    if let Some(step) = step(name, side) {
        return Role::Step(step);
    }
    if side == Side::Service && is_variant(name, Method::StartSnapshotSet.as_str()) {
        return Role::ServiceStart;
    }
    match method(class, name, side) {
        Some(method) if may_be(Side::Requester) => Role::Call(method),
        _ => Role::Other,
    }
}

fn asynchronous(name: &str, side: Side) -> Role {
    match name {
        "Wait" | "QueryStatus" if matches!(side, Side::Requester | Side::Unknown) => Role::Wait,
        "Cancel" if side == Side::Requester => Role::Call(Method::Cancel),
        "Cancel" if side == Side::Unknown => Role::MaybeCancel,
        _ => Role::Other,
    }
}

/// A method of the provider's interfaces. `DeleteSnapshots` is the requester's too, so that it needs the provider's class or
/// module.
fn step(name: &str, side: Side) -> Option<ProviderStep> {
    if !ProviderStep::KNOWN.contains(&name) {
        return None;
    }
    let step = ProviderStep::from(name);
    let is_shared = step == ProviderStep::DeleteSnapshots;
    (side == Side::Provider || (side == Side::Unknown && !is_shared)).then_some(step)
}

fn method(class: &str, name: &str, side: Side) -> Option<Method> {
    if name.starts_with(Method::CreateVssBackupComponents.as_str()) {
        return Some(Method::CreateVssBackupComponents);
    }
    let known = Method::KNOWN.iter().find(|known| is_variant(name, known))?;
    let method = Method::from(*known);
    let is_meant = match method {
        // Every COM class has a Release; that of a writer's metadata saves XML, too.
        Method::Release => contains(class, BACKUP_COMPONENTS),
        Method::SaveAsXml => !contains(class, "Metadata"),
        Method::Cancel => side == Side::Requester,
        _ => side == Side::Requester || !COMMON_WORDS.contains(&method),
    };
    is_meant.then_some(method)
}

/// Whether a name is a documented one or a later form of it: `BreakSnapshotSetEx`, `GetWriterStatusEx`, `OnIdentifyEx`.
fn is_variant(name: &str, known: &str) -> bool {
    let Some(rest) = name.strip_prefix(known) else { return false };
    let rest = rest.strip_prefix("Ex").unwrap_or(rest);
    rest.is_empty() || (rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn contains(class: &str, part: &str) -> bool {
    memchr::memmem::find(class.as_bytes(), part.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: &str, module: Option<&str>) -> Option<Method> {
        match role(function, module) {
            Role::Call(method) => Some(method),
            _ => None,
        }
    }

    #[test]
    fn the_documented_methods_of_a_requester_are_calls() {
        for (function, expected) in [
            ("CVssBackupComponents::StartSnapshotSet", Method::StartSnapshotSet),
            ("CVssBackupComponents::BreakSnapshotSetEx", Method::BreakSnapshotSet),
            ("CVssBackupComponents::GetWriterStatusEx", Method::GetWriterStatus),
            ("CVssBackupComponents::SaveAsXML", Method::SaveAsXml),
            ("CVssBackupComponents::Query", Method::Query),
            ("CVssBackupComponents::Release", Method::Release),
            ("CDemoBackupComponents::~CDemoBackupComponents", Method::Release),
            ("CreateVssBackupComponentsInternal", Method::CreateVssBackupComponents),
            ("CDemo::PrepareForBackup", Method::PrepareForBackup),
        ] {
            assert_eq!(call(function, None), Some(expected), "{function}");
        }
        assert_eq!(call("CDemo::SetContext", Some("BUCOMP")), Some(Method::SetContext));
        assert_eq!(call("CDemoAsync::Cancel", Some("BUCOMP")), Some(Method::Cancel));
    }

    #[test]
    fn common_words_of_other_classes_were_taken_for_calls() {
        for function in [
            "CDemo::Query",
            "CDemo::Cancel",
            "CDemo::Release",
            "CDemo::AddComponent",
            "CDemo::SetContext",
            "CDemoWriter::~CDemoWriter",
            "CDemo::DoSnapshotSetLater",
            "CDemoWriterMetadata::SaveAsXML",
        ] {
            assert_eq!(role(function, None), Role::Other, "{function}");
        }
        assert_eq!(role("CDemo::Release", Some("BUCOMP")), Role::Other);
    }

    #[test]
    fn copies_of_the_service_and_the_provider_are_no_calls() {
        for function in ["AddToSnapshotSet", "DoSnapshotSet", "DeleteSnapshots", "CommitSnapshots"] {
            assert_eq!(role(&format!("CDemo::{function}"), Some("COORD")), Role::Other, "{function}");
            assert_eq!(role(&format!("CDemoCoordinator::{function}"), None), Role::Other, "{function}");
        }
        assert_eq!(role("CDemoCoordinator::StartSnapshotSet", None), Role::ServiceStart);
        assert_eq!(role("CDemo::SetContext", Some("SWPRV")), Role::Other);
        let delete = Role::Step(ProviderStep::DeleteSnapshots);
        assert_eq!(role("CDemo::DeleteSnapshots", Some("SWPRV")), delete);
        assert_eq!(role("CDemoProvider::DeleteSnapshots", None), delete);
        assert_eq!(call("CDemo::DeleteSnapshots", None), Some(Method::DeleteSnapshots));
    }

    #[test]
    fn handlers_and_steps_are_known_by_their_names() {
        assert_eq!(role("CDemoWriter::OnFreeze", None), Role::Callback(Callback::Freeze));
        assert_eq!(role("CDemo::OnIdentifyEx", Some("WRITER")), Role::Callback(Callback::Identify));
        assert_eq!(role("CDemo::OnFreeze", Some("COORD")), Role::Other);
        assert_eq!(role("CDemo::OnFreezeWatchdog", None), Role::Other);
        assert_eq!(role("CDemo::PreCommitSnapshots", None), Role::Step(ProviderStep::PreCommitSnapshots));
        assert_eq!(role("CDemoAsync::QueryStatus", None), Role::Wait);
        assert_eq!(role("CDemoAsync::Cancel", None), Role::MaybeCancel);
        assert_eq!(role("CDemoAsync::Wait", Some("COORD")), Role::Other);
    }
}
