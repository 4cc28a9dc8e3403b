//! `--carve`: a failed backup out of an image, beside its own logs, and what nothing may be concluded from.

use crate::support::{events, fired, json, run, sample};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const FAILED: &str = "crashed-backup";

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

/// The logs of a sample as one image: their chunks at odd places, other bytes between them, each chunk twice.
fn image(dir: &Path, folder: &str) -> PathBuf {
    let mut image = vec![0xEB_u8];
    let mut state = 7_u32;
    let mut noise = |image: &mut Vec<u8>, length: usize| {
        image.extend((0..length).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }));
    };
    noise(&mut image, 5 << 20);
    let mut logs: Vec<PathBuf> =
        fs::read_dir(sample(folder)).expect("a sample").map(|entry| entry.expect("a file").path()).collect();
    logs.sort();
    for log in logs {
        let log = fs::read(log).expect("a log");
        for chunk in log[4096..].chunks(65_536) {
            image.extend_from_slice(chunk);
            noise(&mut image, 1 + chunk.len() / 97);
            image.extend_from_slice(chunk);
        }
    }
    let path = dir.join("disk.raw");
    fs::write(&path, image).expect("a file can be written");
    path
}

/// The copy of a sample's logs in a folder.
fn logs(dir: &Path, folder: &str) -> PathBuf {
    let to = dir.join("logs");
    fs::create_dir(&to).expect("a folder can be made");
    for entry in fs::read_dir(sample(folder)).expect("a sample") {
        let from = entry.expect("a file").path();
        fs::copy(&from, to.join(from.file_name().expect("a name"))).expect("a log can be copied");
    }
    to
}

fn messages(analysis: &Value, input: usize) -> Vec<&str> {
    let issues = analysis["inputs"][input]["issues"].as_array().expect("issues");
    issues.iter().filter_map(|issue| issue["message"].as_str()).collect()
}

fn sets(analysis: &Value) -> Vec<&Value> {
    analysis["sets"].as_array().expect("sets").iter().map(|set| &set["id"]).collect()
}

#[test]
fn an_image_gives_its_sets_and_concludes_nothing_from_what_is_not_there() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let image = image(dir.path(), FAILED);
    let alone = json(&[&sample(FAILED)]);
    let carved = json(&["--carve", text(&image)]);
    assert_eq!(sets(&carved), sets(&alone));
    assert_eq!(carved["inputs"][0]["format"], "evtx-carved");
    assert!(carved["inputs"][0]["partial"].as_str().is_some_and(|why| why.contains("nothing follows")));
    let events = events(&["--carve", text(&image)]);
    assert!(!events.is_empty() && events.iter().all(|event| event["source"]["carved"] == true));
    let spans = carved["coverage"]["spans"].as_array().expect("spans");
    assert!(!spans.is_empty() && spans.iter().all(|span| span["carved"] == true));
    assert!(!carved["coverage"]["gaps"].as_array().expect("gaps").is_empty());
    // The log shows that the backup broke off; a carved one cannot.
    let rule = "backup-shutdown-without-complete".to_owned();
    assert!(fired(&alone).contains(&rule));
    let findings = carved["findings"].as_array().expect("findings");
    let sure = findings.iter().find(|f| f["rule"] == *rule && f["severity"] == "error");
    assert!(sure.is_none(), "{sure:?}");
}

#[test]
fn without_the_option_an_image_is_no_log() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let image = image(dir.path(), FAILED);
    let (code, _, stderr) = run(&[text(&image)]);
    assert_eq!(code, 2);
    assert!(stderr.contains("disk.raw") && stderr.contains("--carve"), "{stderr}");
    let (code, _, stderr) = run(&["--carve", "--fail-on", "never", text(&image)]);
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[test]
fn logs_and_the_image_of_their_disk_are_one_story_told_by_the_logs() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let image = image(dir.path(), FAILED);
    let logs = logs(dir.path(), FAILED);
    let alone = json(&[text(&logs)]);
    let both = json(&["--carve", text(&image), text(&logs)]);
    assert_eq!(fired(&both), fired(&alone));
    for key in ["sets", "sessions"] {
        assert_eq!(both[key], alone[key], "{key}");
    }
    assert_eq!(events(&["--carve", text(&image), text(&logs)]), events(&[text(&logs)]));
    assert!(messages(&both, 0).iter().any(|said| said.ends_with("count once")), "{:?}", messages(&both, 0));
    assert_eq!(both, json(&["--carve", text(&logs), text(&image)]), "in whatever order");
}

#[test]
fn a_carved_record_is_shown_as_it_lies_there() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let image = image(dir.path(), FAILED);
    let event = &events(&["--carve", text(&image)])[0];
    let offset = event["source"]["offset"].as_u64().expect("an offset");
    let reference = format!("{}@{offset:#x}", text(&image));
    let (code, stdout, stderr) = run(&["show", "--carve", &reference]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let number = event["source"]["record"].as_u64().expect("a number");
    assert!(stdout.contains(&format!("<EventRecordID>{number}</EventRecordID>")), "{stdout}");
    let (_, stdout, _) = run(&["events", "--carve", text(&image)]);
    assert!(stdout.contains("(carved)"), "{stdout}");
}

/// The log was cleared: behind its new records lie the old ones.
#[test]
fn stale_records_are_told_of_and_read_on_demand() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let old = fs::read(Path::new(&sample(FAILED)).join("Sysmon.evtx")).expect("a log");
    let new = fs::read(Path::new(&sample("healthy-backup")).join("System.evtx")).expect("a log");
    let free = usize::try_from(u32::from_le_bytes(new[4096 + 48..4096 + 52].try_into().expect("4 bytes")))
        .expect("an offset");
    let mut log = new.clone();
    let end = (4096 + 65_536).min(old.len());
    log[4096 + free..end].copy_from_slice(&old[4096 + free..end]);
    let path = dir.path().join("System.evtx");
    fs::write(&path, &log).expect("a file can be written");
    let plain = json(&[text(&path)]);
    assert!(
        messages(&plain, 0).iter().any(|said| said.contains("--carve reads them")),
        "{:?}",
        messages(&plain, 0)
    );
    let carved = json(&["--carve", text(&path)]);
    // Whether these can be believed depends on what overwrote their names; the live ones do not change.
    let said = messages(&carved, 0);
    assert!(said.iter().any(|said| said.starts_with("stale records")), "{said:?}");
    let mut live = events(&["--carve", text(&path)]);
    live.retain(|event| event["source"]["carved"] != true);
    assert_eq!(live, events(&[text(&path)]));
}
