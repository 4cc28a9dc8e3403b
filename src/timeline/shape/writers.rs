//! The writers of a set: their part in it, their callbacks, their freeze.

use super::super::pairing::{Span, pair};
use super::{Parts, freeze_window, phase};
use crate::knowledge::{limits, writers};
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{
    Actor, Callback, Database, DatabaseMark, Edge, Event, Guid, Participation, Phase, PhaseActor, Timestamp,
    What, WriterRun,
};

/// Callbacks that only writers of the set get.
const INVOLVED: &[Callback] = &[
    Callback::PrepareBackup,
    Callback::PrepareSnapshot,
    Callback::Freeze,
    Callback::Thaw,
    Callback::PostSnapshot,
    Callback::Abort,
    Callback::BackupComplete,
    Callback::BackupShutdown,
];

/// Marks of a database engine that end its freeze.
const FREEZE_ENDS: &[DatabaseMark] =
    &[DatabaseMark::FreezeEnded, DatabaseMark::Aborted, DatabaseMark::FreezeTimedOut];

impl<'a> Parts<'a> {
    pub(super) fn writers(&self) -> Vec<WriterRun> {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let hosted = self.writers_by_pid();
        for (index, event) in self.events() {
            if let Some(name) = writer_name(event, &hosted) {
                by_name.entry(name).or_default().push(index);
            }
        }
        by_name.into_iter().flat_map(|(name, events)| self.instances(&name, &events)).collect()
    }

    /// The writers of one name: one, or as many as instance ids are in the evidence. What does not say whose it is stays
    /// apart from them, unless its process does.
    fn instances(&self, name: &str, indexes: &[usize]) -> Vec<WriterRun> {
        let id = |index: &usize| self.view.events[*index].writer.as_ref().and_then(|w| w.instance_id);
        let ids: BTreeSet<Guid> = indexes.iter().filter_map(id).collect();
        if ids.len() < 2 {
            return vec![self.writer(name.to_owned(), indexes)];
        }
        let pid = |index: &usize| {
            let event = &self.view.events[*index];
            event.process.pid.filter(|_| event.actor == Actor::Writer)
        };
        let by_pid: BTreeSet<(u32, Guid)> =
            indexes.iter().filter_map(|index| Some((pid(index)?, id(index)?))).collect();
        let of_process = |index: &usize| {
            let wanted = pid(index)?;
            let mut known = by_pid.iter().filter(|(pid, _)| *pid == wanted).map(|(_, id)| *id);
            known.next().filter(|_| known.next().is_none())
        };
        let mut parts: BTreeMap<Option<Guid>, Vec<usize>> = BTreeMap::new();
        for index in indexes {
            parts.entry(id(index).or_else(|| of_process(index))).or_default().push(*index);
        }
        let mut runs: Vec<WriterRun> = Vec::new();
        for (instance, events) in parts {
            let run = self.writer(name.to_owned(), &events);
            let short = instance.map(|id| id.to_string().chars().take(8).collect::<String>());
            let name = short.map_or_else(|| run.name.clone(), |id| format!("{} (instance {id})", run.name));
            runs.push(WriterRun { name, ..run });
        }
        // Callbacks that do not say whose they are came to each of them.
        if runs.iter().any(|run| run.instance_id.is_none() && run.participation == Participation::Involved) {
            for run in &mut runs {
                run.participation = Participation::Involved;
            }
        }
        runs
    }

    /// Processes that host exactly one of the set's writers.
    fn writers_by_pid(&self) -> BTreeMap<u32, String> {
        let mut by_pid: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        for (_, event) in self.events().filter(|(_, e)| matches!(e.what, What::Callback { .. })) {
            if let (Some(pid), Some(name)) =
                (event.process.pid, event.writer.as_ref().and_then(|w| w.name.as_deref()))
            {
                by_pid.entry(pid).or_default().insert(name.to_owned());
            }
        }
        by_pid
            .into_iter()
            .filter(|(_, names)| names.len() == 1)
            .filter_map(|(pid, names)| Some((pid, names.into_iter().next()?)))
            .collect()
    }

    fn writer(&self, name: String, indexes: &[usize]) -> WriterRun {
        let events = || indexes.iter().map(|&i| (i, &self.view.events[i]));
        let named = events().find_map(|(_, e)| e.writer.as_ref().and_then(|w| w.class_id));
        let class_id = named.or_else(|| writers::by_name(&name).map(|w| w.class_id));
        let instance_id = events().find_map(|(_, e)| e.writer.as_ref().and_then(|w| w.instance_id));
        let spans = pair(events(), callback_key);
        let limit_ms = limits::freeze_window_ms(class_id, &name);
        let window = callback_window(&spans, limit_ms);
        let takes_part = spans.iter().any(|span| INVOLVED.contains(&span.key))
            || events().any(|(_, e)| matches!(e.what, What::Database(_)));
        let of_writer = |span: Span<Callback>| {
            let name = span.key.as_str().to_owned();
            let phase = phase(span, name, PhaseActor::Writer, None);
            Phase { result: self.verdict(&phase.events), ..phase }
        };
        let mut phases: Vec<Phase> = spans.into_iter().map(of_writer).collect();
        phases.extend(window);
        if !phases.iter().any(|phase| phase.name == Phase::FREEZE_WINDOW) {
            phases.extend(database_window(events(), limit_ms));
        }
        phases.sort_by_key(|p| p.started.or(p.ended));
        let mut state = events().filter_map(|(_, e)| match e.what {
            What::WriterState { state } | What::WriterStatus { state, .. } => Some(state),
            _ => None,
        });
        let mut failure = events().filter_map(|(_, e)| match e.what {
            What::WriterStatus { failure, .. } => failure,
            What::Log => e.hresult(),
            _ => None,
        });
        let process = events().find_map(|(_, e)| match (e.process.image_name(), e.process.pid) {
            _ if matches!(e.what, What::WriterStatus { .. } | What::Log) => None,
            (Some(image), Some(pid)) => Some(format!("{image} ({pid})")),
            _ => None,
        });
        WriterRun {
            name,
            class_id,
            instance_id,
            process,
            participation: if takes_part { Participation::Involved } else { Participation::Identified },
            state: state.next_back(),
            hresult: failure.rfind(|hr| hr.is_failure()),
            phases,
        }
    }

    /// `veto` where the writer's handler returned false.
    fn verdict(&self, events: &[usize]) -> Option<String> {
        events.iter().find_map(|&i| match self.view.events[i].what {
            What::Callback { accepted: Some(accepted), .. } => {
                Some(if accepted { "ok" } else { "veto" }.to_owned())
            }
            _ => None,
        })
    }
}

/// The writer that an event is about: by name, by class id, or by the database engine that it is the writer of. `hosted`
/// has the processes that host exactly one writer of the set.
fn writer_name(event: &Event, hosted: &BTreeMap<u32, String>) -> Option<String> {
    if let Some(writer) = &event.writer {
        let known = || writer.class_id.and_then(writers::by_class).map(|w| w.name.to_owned());
        let by_id = || writer.class_id.map(|id| format!("writer {id}"));
        return writer.name.as_deref().map(str::to_owned).or_else(known).or_else(by_id);
    }
    if !matches!(event.what, What::Database(_)) {
        return None;
    }
    if event.provider.to_ascii_uppercase().starts_with("MSSQL") {
        return writers::by_class(writers::SQL_SERVER).map(|w| w.name.to_owned());
    }
    if let Some(name) = event.process.pid.and_then(|pid| hosted.get(&pid)) {
        return Some(name.clone());
    }
    let process = event.process.image_name()?;
    let known = writers::by_ese_process(process).map(|w| w.name.to_owned());
    Some(known.unwrap_or_else(|| format!("database engine in {process}")))
}

fn callback_key(event: &Event) -> Option<(Callback, Edge, Option<f64>)> {
    match &event.what {
        What::Callback { callback, edge, .. } => Some((callback.clone(), *edge, None)),
        _ => None,
    }
}

/// From a writer's Freeze to its Thaw or Abort.
fn callback_window(spans: &[Span<Callback>], limit_ms: f64) -> Option<Phase> {
    let freeze = spans.iter().find(|span| span.key == Callback::Freeze)?;
    let started = freeze.first()?;
    let end = spans
        .iter()
        .filter(|span| matches!(span.key, Callback::Thaw | Callback::Abort))
        .find(|span| span.last().is_some_and(|at| at >= started));
    let mut events = freeze.events.clone();
    events.extend(end.into_iter().flat_map(|span| span.events.iter().copied()));
    let ended = end.and_then(Span::last);
    let aborted = end.is_some_and(|span| span.key == Callback::Abort);
    Some(freeze_window(PhaseActor::Writer, (started, ended), Some(limit_ms), aborted, events))
}

/// The freeze as the writer's database engine tells it, over all its databases.
fn database_window<'a>(events: impl Iterator<Item = (usize, &'a Event)>, limit_ms: f64) -> Option<Phase> {
    let mut frozen = BTreeSet::new();
    let mut marks: Vec<(usize, Timestamp, DatabaseMark)> = Vec::new();
    for (index, event) in events {
        let What::Database(Database { mark, database, number }) = &event.what else { continue };
        let copy = (event.process.pid, *number, database.as_deref());
        let counts = match mark {
            DatabaseMark::FreezeStarted => {
                frozen.insert(copy);
                true
            }
            // What is not frozen any more is given up without another end of the freeze.
            DatabaseMark::Aborted => frozen.remove(&copy),
            mark => {
                frozen.remove(&copy);
                FREEZE_ENDS.contains(mark)
            }
        };
        if counts {
            marks.push((index, event.time, *mark));
        }
    }
    let started =
        marks.iter().filter(|(.., mark)| *mark == DatabaseMark::FreezeStarted).map(|(_, at, _)| *at).min()?;
    let ended = marks.iter().filter(|(.., mark)| FREEZE_ENDS.contains(mark)).map(|(_, at, _)| *at).max();
    let aborted =
        marks.iter().any(|(.., mark)| FREEZE_ENDS.contains(mark) && *mark != DatabaseMark::FreezeEnded);
    let events = marks.iter().map(|(index, ..)| *index).collect();
    let window = freeze_window(PhaseActor::Writer, (started, ended), Some(limit_ms), aborted, events);
    Some(Phase { note: Some("as the writer's database engine logs it".to_owned()), ..window })
}
