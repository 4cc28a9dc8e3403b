//! The evidence key `Services\VSS\Diag`: what the names of its keys and values say.
//!
//! VSS and volsnap note every step as a value below this key (Microsoft KB 3081408). The key names the component, the
//! value's name the step and its edge:
//!
//! ```text
//! path  = root "\Services\VSS\Diag" [ "\" key [ "\" value ] ]
//! value = [ "Volume{" guid "}" ] base [ " (" edge ")" ]
//! ```
//!
//! Only names are read here; where they come from (Sysmon, an export, a hive) is the business of the readers. Methods
//! behind the words of the requester and the provider are inferred from their names and their order.

use crate::windows::fields;
use std::sync::Arc;
use vsscope_model::{
    Actor, CallArgs, Callback, Edge, FlushStep, Guid, Method, ProviderStep, ServicePhase, What, Writer,
    WriterState,
};

/// What a key or a value stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// The typed meaning.
    pub what: What,
    /// Whose action it is.
    pub actor: Actor,
    /// The volume, where the name carries one.
    pub volume: Option<String>,
    /// The provider, for a provider's key.
    pub provider_id: Option<Guid>,
    /// The writer, for a writer's key; the key is its display name.
    pub writer: Option<Writer>,
}

/// The evidence key, as the end of every path to it.
const DIAG: &str = r"\Services\VSS\Diag";
/// Where the second key of it begins.
const NEXT: usize = 9;

/// The part of a registry path below `Services\VSS\Diag`, empty for the key itself; None for other paths.
pub fn below_diag(path: &str) -> Option<&str> {
    memchr::memchr_iter(b'\\', path.as_bytes()).find_map(|at| {
        let (key, below) = path.get(at..)?.split_at_checked(DIAG.len())?;
        // Most keys are told apart by where the next one begins.
        let is_apart = key.as_bytes().get(NEXT) == Some(&b'\\');
        if !is_apart || !key.eq_ignore_ascii_case(DIAG) {
            return None;
        }
        if below.is_empty() { Some(below) } else { below.strip_prefix('\\') }
    })
}

/// What the key says by its existence.
pub fn key(key: &str) -> Meaning {
    meaning(&Component::of(key), None, What::DiagKey { key: Arc::from(key) })
}

/// What a value of the key says; None if its edge is missing or unknown, so that nothing is made up.
pub fn value(key: &str, name: &str) -> Option<Meaning> {
    let component = Component::of(key);
    let (volume, base, edge) = parts(name)?;
    let what = match edge {
        "Enter" => component.step(base, Edge::Entered),
        "Leave" => component.step(base, component.leaving()),
        "SetCurrentState" => What::WriterState { state: WriterState::from_name(base)? },
        _ => return None,
    };
    Some(meaning(&component, volume, what))
}

fn meaning(component: &Component, volume: Option<Guid>, what: What) -> Meaning {
    let mut meaning = Meaning {
        what,
        actor: component.actor(),
        volume: volume.map(fields::volume_name),
        provider_id: None,
        writer: None,
    };
    match component {
        Component::Provider(id) => meaning.provider_id = Some(*id),
        Component::FlushAndHold(Some(of)) => meaning.volume = Some((*of).to_owned()),
        Component::Writer(name) => {
            meaning.writer = Some(Writer { name: Some(Arc::from(*name)), ..Writer::default() });
        }
        _ => {}
    }
    meaning
}

/// Volume, step and edge of a value's name.
pub(super) fn parts(name: &str) -> Option<(Option<Guid>, &str, &str)> {
    let (volume, step) = split_volume(name);
    let step = step.strip_suffix(')')?;
    let (base, edge) = memchr::memrchr_iter(b'(', step.as_bytes()).find_map(|at| {
        let (base, edge) = step.split_at_checked(at)?;
        Some((base.strip_suffix(' ')?, edge.strip_prefix('(')?))
    })?;
    Some((volume, base, edge))
}

/// Nothing separates the volume from the step. The GUID of an MBR volume is of no version.
fn split_volume(name: &str) -> (Option<Guid>, &str) {
    let volume = strip_prefix(name, "Volume{").and_then(|rest| rest.split_once('}'));
    match volume.and_then(|(id, step)| Some((id.parse().ok()?, step))) {
        Some((id, step)) => (Some(id), step),
        None => (None, name),
    }
}

/// The rest of a text that begins with a prefix, in any case.
fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Who writes into a key. Writers are not known by a list: a key that is nothing else is a writer's.
enum Component<'a> {
    Requester,
    Service,
    Provider(Guid),
    FlushAndHold(Option<&'a str>),
    Volsnap,
    /// `SPP` and `SystemRestore`, the libraries behind restore points.
    Restore,
    Writer(&'a str),
}

impl<'a> Component<'a> {
    fn of(key: &'a str) -> Self {
        if let Some(id) = provider(key) {
            return Component::Provider(id);
        }
        if let Some(volume) = flush_and_hold(key) {
            return Component::FlushAndHold(volume);
        }
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        match () {
            () if is("VssapiPublisher") => Component::Requester,
            () if is("VssvcPublisher") => Component::Service,
            () if is("VolSnap") => Component::Volsnap,
            () if is("SPP") || is("SystemRestore") => Component::Restore,
            () => Component::Writer(key),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Component::Requester | Component::Restore => Actor::Requester,
            Component::Service | Component::FlushAndHold(_) => Actor::Service,
            Component::Provider(_) => Actor::Provider,
            Component::Volsnap => Actor::Volsnap,
            Component::Writer(_) => Actor::Writer,
        }
    }

    /// What a requester leaves is its asynchronous work, which outlasts the call; the others leave calls.
    fn leaving(&self) -> Edge {
        match self {
            Component::Requester | Component::Restore => Edge::Finished,
            _ => Edge::Returned,
        }
    }

    fn step(&self, base: &str, edge: Edge) -> What {
        match self {
            Component::Requester => call(word(METHODS, base, Method::Other), edge),
            Component::Restore => call(Method::Other(base.into()), edge),
            Component::Service => What::Phase { phase: word(PHASES, base, ServicePhase::Other), edge },
            Component::Provider(_) => {
                let step = word(PROVIDER_STEPS, base, ProviderStep::Other);
                What::ProviderStep { step, edge, duration_ms: None }
            }
            Component::FlushAndHold(_) => {
                What::Flush { step: word(FLUSH_STEPS, base, FlushStep::Other), edge }
            }
            Component::Volsnap => What::VolsnapStep { step: Arc::from(base), edge },
            Component::Writer(_) => {
                let callback = word(CALLBACKS, base, Callback::Other);
                What::Callback { callback, edge, accepted: None }
            }
        }
    }
}

fn call(method: Method, edge: Edge) -> What {
    What::Call { method, edge, args: Box::new(CallArgs::default()) }
}

/// `SwProvider_{guid}`, `FSProvider_{guid}` and whatever other prefix there may be.
fn provider(key: &str) -> Option<Guid> {
    const PROVIDER: &str = "provider";
    let (prefix, id) = key.rsplit_once('_')?;
    let id = id.strip_prefix('{')?.strip_suffix('}')?.parse().ok()?;
    let end = prefix.len().checked_sub(PROVIDER.len()).and_then(|at| prefix.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(PROVIDER)).then_some(id)
}

/// `Lovelace` is the total, `Lovelace(C:_)` one volume; the key cannot hold the backslash of `C:\`.
fn flush_and_hold(key: &str) -> Option<Option<&str>> {
    let volume = strip_prefix(key, "Lovelace")?;
    if volume.is_empty() {
        return Some(None);
    }
    let volume = volume.strip_prefix('(')?.strip_suffix(')').filter(|volume| !volume.contains(')'))?;
    Some(Some(volume.trim_end_matches('_')).filter(|volume| !volume.is_empty()))
}

/// The meaning of a word, or the word itself.
fn word<T: Clone>(table: &[(&str, T)], base: &str, other: fn(Box<str>) -> T) -> T {
    match table.iter().find(|(known, _)| known.eq_ignore_ascii_case(base)) {
        Some((_, meaning)) => meaning.clone(),
        None => other(base.into()),
    }
}

const METHODS: &[(&str, Method)] = &[
    ("IDENTIFY", Method::GatherWriterMetadata),
    ("PREPAREBACKUP", Method::PrepareForBackup),
    ("DOSNAPSHOT", Method::DoSnapshotSet),
    ("GETSTATE", Method::GatherWriterStatus),
    ("BACKUPCOMPLETE", Method::BackupComplete),
];

const PHASES: &[(&str, ServicePhase)] = &[
    ("PREPARESNAPSHOT", ServicePhase::PrepareSnapshot),
    ("FREEZE", ServicePhase::Freeze),
    ("FREEZE_FRONT", ServicePhase::FreezeFrontEnd),
    ("FREEZE_BACK", ServicePhase::FreezeBackEnd),
    ("FREEZE_SYSTEM", ServicePhase::FreezeSystem),
    ("FREEZE_KTM", ServicePhase::FreezeKtm),
    ("FREEZE_RM", ServicePhase::FreezeResourceManagers),
    ("THAW_KTM", ServicePhase::ThawKtm),
    ("THAW", ServicePhase::Thaw),
    ("POSTSNAPSHOT", ServicePhase::PostSnapshot),
];

const PROVIDER_STEPS: &[(&str, ProviderStep)] = &[
    ("PROVIDER_BEGINPREPARE", ProviderStep::BeginPrepareSnapshot),
    ("PROVIDER_ENDPREPARE", ProviderStep::EndPrepareSnapshots),
    ("PROVIDER_PRECOMMIT", ProviderStep::PreCommitSnapshots),
    ("PROVIDER_COMMIT", ProviderStep::CommitSnapshots),
    ("PROVIDER_POSTCOMMIT", ProviderStep::PostCommitSnapshots),
    ("PROVIDER_PREFINALCOMMIT", ProviderStep::PreFinalCommitSnapshots),
    ("PROVIDER_POSTFINALCOMMIT", ProviderStep::PostFinalCommitSnapshots),
];

const FLUSH_STEPS: &[(&str, FlushStep)] = &[
    ("OPEN_VOLUME_HANDLE", FlushStep::OpenVolumes),
    ("IOCTL_FLUSH_AND_HOLD", FlushStep::FlushAndHold),
    ("IOCTL_RELEASE", FlushStep::Release),
];

const CALLBACKS: &[(&str, Callback)] = &[
    ("IDENTIFY", Callback::Identify),
    ("PREPAREBACKUP", Callback::PrepareBackup),
    ("PREPARESNAPSHOT", Callback::PrepareSnapshot),
    ("FREEZE", Callback::Freeze),
    ("BKGND_FREEZE_THREAD", Callback::FreezeWatchdog),
    ("THAW", Callback::Thaw),
    ("POSTSNAPSHOT", Callback::PostSnapshot),
    ("ABORT", Callback::Abort),
    ("GETSTATE", Callback::GetState),
    ("BACKUPCOMPLETE", Callback::BackupComplete),
    ("BACKUPSHUTDOWN", Callback::BackupShutdown),
    ("PRERESTORE", Callback::PreRestore),
    ("POSTRESTORE", Callback::PostRestore),
];

#[cfg(test)]
#[allow(clippy::print_stderr)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_below_diag_as_a_whole_component() {
        for root in [r"HKLM\System\CurrentControlSet", r"MACHINE\SYSTEM\ControlSet001"] {
            assert_eq!(below_diag(&format!(r"{root}\Services\VSS\Diag")), Some(""));
            assert_eq!(
                below_diag(&format!(r"{root}\services\vss\diag\System Writer\THAW (Enter)")),
                Some(r"System Writer\THAW (Enter)")
            );
        }
        assert_eq!(below_diag(r"HKLM\System\CurrentControlSet\Services\VSS\Diagnostics\x"), None);
        assert_eq!(below_diag(r"HKLM\Other"), None);
    }

    #[test]
    fn a_volume_stands_before_the_step_without_a_separator() {
        let found =
            value("VolSnap", "Volume{0a1b2c3d-0000-0000-0000-500600000000}EndCommit (Enter)").unwrap();
        assert_eq!(found.volume.as_deref(), Some(r"\\?\Volume{0a1b2c3d-0000-0000-0000-500600000000}\"));
        assert_eq!(found.what, What::VolsnapStep { step: "EndCommit".into(), edge: Edge::Entered });
        assert_eq!(found.actor, Actor::Volsnap);
    }

    #[test]
    fn flush_and_hold_of_a_volume_and_in_total() {
        let step = |key| value(key, "IOCTL_FLUSH_AND_HOLD (Leave)").unwrap();
        let what = What::Flush { step: FlushStep::FlushAndHold, edge: Edge::Returned };
        assert_eq!((step("Lovelace").volume, step("Lovelace").what), (None, what));
        assert_eq!(step("Lovelace(C:_)").volume.as_deref(), Some("C:"));
        assert_eq!(step("Lovelace(C:)").volume.as_deref(), Some("C:"));
        assert!(step("LovelaceX").writer.is_some());
    }

    #[test]
    fn a_requester_finishes_and_a_writer_returns() {
        let call = value("VssapiPublisher", "DOSNAPSHOT (Leave)").unwrap();
        assert!(matches!(call.what, What::Call { method: Method::DoSnapshotSet, edge: Edge::Finished, .. }));
        let callback = value("NTDS", "FREEZE (Leave)").unwrap();
        assert!(matches!(
            callback.what,
            What::Callback { callback: Callback::Freeze, edge: Edge::Returned, .. }
        ));
        assert_eq!(callback.writer.unwrap().name.as_deref(), Some("NTDS"));
    }

    #[test]
    fn states_are_read_by_number() {
        let state = |name| value("Some Writer", name).map(|meaning| meaning.what);
        assert_eq!(
            state("VSS_WS_FAILED_AT_FREEZE (SetCurrentState)"),
            Some(What::WriterState { state: WriterState(9) })
        );
        assert_eq!(state("VSS_WS_UNHEARD_OF (SetCurrentState)"), None);
    }

    #[test]
    fn unknown_edges_say_nothing_and_unknown_words_stay() {
        assert_eq!(value("NTDS", "FREEZE (SetCurrentFailure)"), None);
        assert_eq!(value("NTDS", "FREEZE"), None);
        let callback = value("NTDS", "NEWWORD (Enter)").unwrap();
        assert!(
            matches!(callback.what, What::Callback { callback: Callback::Other(word), .. } if &*word == "NEWWORD")
        );
    }

    #[test]
    fn keys_of_providers() {
        let id = "89300202-3cec-4981-9171-19f59559e0f2";
        for prefix in ["Sw", "FS", "Hw"] {
            let found = key(&format!("{prefix}Provider_{{{id}}}"));
            assert_eq!((found.provider_id, found.actor), (id.parse().ok(), Actor::Provider));
        }
        assert!(key("Provider_x").writer.is_some());
    }

    /// Columns of the list: component kind, key, value name.
    #[test]
    fn every_known_name_has_a_meaning() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/formats/diag-value-names.tsv");
        let Ok(list) = std::fs::read_to_string(path) else {
            eprintln!("skipped: {path} is absent");
            return;
        };
        let mut names = 0;
        for line in list.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let name = columns[2].replace("GUID", "0a1b2c3d-0000-0000-0000-500600000000");
            let found = value(columns[1], &name).unwrap_or_else(|| panic!("no meaning: {line}"));
            let (kind, known) = match &found.what {
                What::Call { method: Method::Other(_), .. } => ("spp", found.actor == Actor::Requester),
                What::Call { .. } => ("requester", true),
                What::Phase { phase, .. } => ("service", !matches!(phase, ServicePhase::Other(_))),
                What::ProviderStep { step, .. } => ("provider", !matches!(step, ProviderStep::Other(_))),
                What::Flush { step, .. } => ("flush-and-hold", !matches!(step, FlushStep::Other(_))),
                What::VolsnapStep { step, .. } => ("volsnap", !step.contains('{')),
                What::Callback { callback, .. } => ("writer", !matches!(callback, Callback::Other(_))),
                What::WriterState { .. } => ("writer", true),
                other => panic!("{line}: {other:?}"),
            };
            let wanted = if columns[0] == "system-restore" { "spp" } else { columns[0] };
            assert_eq!((kind, known), (wanted, true), "{line}");
            names += 1;
        }
        assert_eq!(names, 209);
    }
}
