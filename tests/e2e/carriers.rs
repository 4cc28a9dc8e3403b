//! Scenarios as traces, event traces, registry exports and console output.

use crate::support::analysis;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use vsscope_fixtures::{Scenario, etl, registry, trace};
use vsscope_model::{Analysis, FindingStatus};

fn write(dir: &Path, files: BTreeMap<String, Vec<u8>>) -> Vec<String> {
    files
        .into_iter()
        .map(|(name, bytes)| {
            let path = dir.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
            std::fs::write(&path, bytes).expect("a file can be written");
            path.to_str().expect("a UTF-8 path").to_owned()
        })
        .collect()
}

fn fired(analysis: &Analysis) -> BTreeSet<String> {
    let new = analysis.findings.iter().filter(|f| f.status == FindingStatus::New);
    new.map(|f| f.rule.clone()).collect()
}

#[test]
fn explore() {
    for scenario in Scenario::own().expect("scenarios") {
        let must: BTreeSet<String> = scenario.must_fire.iter().cloned().collect();
        let forms: [(&str, BTreeMap<String, Vec<u8>>); 5] = [
            (
                "registry-trace",
                trace::registry(&scenario, &trace::RegistryOptions::default()).expect("trace"),
            ),
            ("made-up", trace::made_up_vsstrace(&scenario, 0).expect("trace")),
            ("etl", etl::write(&scenario, false).expect("etl")),
            ("etl-c", etl::write(&scenario, true).expect("etl")),
            ("reg", registry::write_reg(&scenario).expect("reg")),
        ];
        for (form, files) in forms {
            let dir = tempfile::tempdir().expect("a folder");
            let result = analysis(&write(dir.path(), files));
            let all: BTreeSet<String> = fired(&result);
            let missing: Vec<_> = must.difference(&all).collect();
            let extra: Vec<_> = all.difference(&must).collect();
            if !missing.is_empty() || !extra.is_empty() {
                println!(
                    "{} {form}: missing {missing:?} extra {extra:?} sets {}",
                    scenario.id,
                    result.sets.len()
                );
            }
        }
    }
}
