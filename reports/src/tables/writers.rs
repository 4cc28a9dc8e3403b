//! `writers`: each writer's part in each set.

use super::column::table;
use super::lookup::{has_failed, longest};
use vsscope_model::{Analysis, Phase, SnapshotSet, WriterRun};

struct Row<'a> {
    set: &'a SnapshotSet,
    writer: &'a WriterRun,
}

impl<'a> Row<'a> {
    /// The first freeze window of the writer.
    fn window(&self) -> Option<&'a Phase> {
        self.writer.phases.iter().find(|phase| phase.name == Phase::FREEZE_WINDOW)
    }
}

fn rows(analysis: &Analysis) -> Vec<Row<'_>> {
    let of_set = |set| {
        let set: &SnapshotSet = set;
        set.writers.iter().map(move |writer| Row { set, writer })
    };
    analysis.sets.iter().flat_map(of_set).collect()
}

table!("writers", "One row per writer of a set, set by set.", rows, {
    set: Text = |row| Some(&row.set.id), "Id of the set";
    host: Text = |row| Some(&row.set.host), "Host";
    session: Text = |row| row.set.session.as_ref(), "Id of the session that made the set";
    writer: Text = |row| Some(&row.writer.name), "Name of the writer";
    class_id: Text = |row| row.writer.class_id.map(|id| id.to_string()), "Class id";
    instance_id: Text = |row| row.writer.instance_id.map(|id| id.to_string()), "Instance id";
    process: Text = |row| row.writer.process.as_ref(), "Hosting process with its id: `lsass.exe (600)`";
    participation: Text = |row| Some(row.writer.participation.as_str()),
        "`involved`, `identified` (answered Identify only), `excluded`";
    state: Integer = |row| row.writer.state.map(|state| state.0), "Number of the last state seen";
    state_name: Text = |row| row.writer.state?.name(), "Name of the last state seen";
    failure: Text = |row| row.writer.hresult.map(|code| code.to_string()), "Last failure code seen";
    failure_name: Text = |row| row.writer.hresult?.name(), "Symbolic name of the code";
    failed: Boolean = |row| Some(has_failed(row.writer)),
        "Whether that state or code says that it failed; false also where neither was seen";
    freeze_started: Time = |row| row.window()?.started, "Start of its freeze window (Freeze)";
    freeze_ended: Time = |row| row.window()?.ended, "End of its freeze window (Thaw or Abort)";
    freeze_ms: Number = |row| longest(&row.writer.phases, Phase::FREEZE_WINDOW),
        "Freeze window in ms (the longest, if there are several); a figure that is only a bound is left out";
    freeze_limit_ms: Number = |row| row.window()?.limit_ms, "Documented limit of the freeze window in ms";
    freeze_end: Text = |row| row.window()?.result.as_ref(), "What ended the freeze window: `thaw` or `abort`";
    phase_count: Integer = |row| Some(row.writer.phases.len()), "How many of its phases are known";
});
