//! Real SYSTEM hives of the reference folder.
mod common;
use common::{read_one, sample};

#[test]
fn look() {
    for name in ["SYSTEM-win7-x86", "SYSTEM-win8.1-x64"] {
        let Some(path) = sample(&format!("hives/{name}")) else { return };
        let report = read_one(&path);
        eprintln!("{name} records {} lost {} events {}", report.records, report.lost, report.events.len());
        eprintln!("{:#?}", report.inventory.registry);
        eprintln!("{:#?} {:?} {:?}", report.issues, report.spans, report.partial);
        for e in &report.events { eprintln!("{} {:?} {:?} {:?} {:?} off {:?}", e.time, e.record.as_ref().unwrap().params.iter().map(|p| p.value.as_str()).collect::<Vec<_>>(), e.process.pid, e.process.tid, e.status, e.source.offset); }
    }
}
