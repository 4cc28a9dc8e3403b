//! `phases`: what happened in a set, and how long it took.

use super::column::table;
use vsscope_model::{Analysis, HResult, Phase, SnapshotSet, WriterRun};

struct Row<'a> {
    set: &'a SnapshotSet,
    writer: Option<&'a WriterRun>,
    step: usize,
    phase: &'a Phase,
}

fn rows(analysis: &Analysis) -> Vec<Row<'_>> {
    analysis.sets.iter().flat_map(of_set).collect()
}

/// The phases of the set itself, then those of its writers.
fn of_set(set: &SnapshotSet) -> impl Iterator<Item = Row<'_>> {
    let own = std::iter::once((None, &set.phases));
    let writers = set.writers.iter().map(|writer| (Some(writer), &writer.phases));
    own.chain(writers).flat_map(move |(writer, phases)| {
        (1..).zip(phases).map(move |(step, phase)| Row { set, writer, step, phase })
    })
}

/// Name of a result that is a code as JSON has it.
fn result_name(phase: &Phase) -> Option<&'static str> {
    let code = phase.result.as_deref().filter(|result| result.starts_with("0x"))?;
    code.parse::<HResult>().ok()?.name()
}

table!("phases", "One row per phase of a set and per callback phase of a writer in it, set by set.", rows, {
    set: Text = |row| Some(&row.set.id), "Id of the set";
    host: Text = |row| Some(&row.set.host), "Host";
    session: Text = |row| row.set.session.as_ref(), "Id of the session that made the set";
    writer: Text = |row| row.writer.map(|writer| &writer.name), "Name of the writer; null for the set's own phases";
    class_id: Text = |row| row.writer?.class_id.map(|id| id.to_string()), "Class id of the writer";
    instance_id: Text = |row| row.writer?.instance_id.map(|id| id.to_string()), "Instance id of the writer";
    step: Integer = |row| Some(row.step), "Place among the phases of the set, or of the writer, from 1";
    phase: Text = |row| Some(&row.phase.name),
        "Name: requester calls by method, service phases and writer callbacks by their name, `FreezeWindow`, `FlushAndHold`";
    actor: Text = |row| Some(row.phase.actor.as_str()),
        "Whose phase it is: `requester`, `service`, `writer`, `provider`, `volsnap`";
    parent: Text = |row| row.phase.parent.as_ref(), "Name of the phase that contains it";
    started: Time = |row| row.phase.started, "Start";
    ended: Time = |row| row.phase.ended, "End";
    duration_ms: Number = |row| row.phase.duration_ms, "Duration in ms";
    limit_ms: Number = |row| row.phase.limit_ms, "Documented limit in ms";
    result: Text = |row| row.phase.result.as_ref(), "Result: a code, `ok`, `veto`, `abort`, `thaw`";
    result_name: Text = |row| result_name(row.phase), "Symbolic name of a result that is a known code";
    note: Text = |row| row.phase.note.as_ref(),
        "What the figures do not say, for instance that a duration is an upper bound";
});
