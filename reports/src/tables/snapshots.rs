//! `snapshots`: the shadow copies of the sets.

use super::column::table;
use vsscope_model::{Analysis, Snapshot, SnapshotSet};

struct Row<'a> {
    set: &'a SnapshotSet,
    snapshot: &'a Snapshot,
}

fn rows(analysis: &Analysis) -> Vec<Row<'_>> {
    let of_set = |set| {
        let set: &SnapshotSet = set;
        set.snapshots.iter().map(move |snapshot| Row { set, snapshot })
    };
    analysis.sets.iter().flat_map(of_set).collect()
}

table!("snapshots", "One row per shadow copy of a set, set by set.", rows, {
    set: Text = |row| Some(&row.set.id), "Id of the set";
    host: Text = |row| Some(&row.set.host), "Host";
    session: Text = |row| row.set.session.as_ref(), "Id of the session that made the set";
    snapshot: Text = |row| row.snapshot.guid.map(|guid| guid.to_string()), "Id of the shadow copy";
    volume: Text = |row| row.snapshot.volume.as_ref(), "Original volume";
    device: Text = |row| row.snapshot.device.as_ref(),
        "Device without prefix: `HarddiskVolumeShadowCopy2`; Windows uses numbers again";
    state: Text = |row| Some(&row.snapshot.state), "`created`, `deleted`, `lost`, `unknown`";
});
