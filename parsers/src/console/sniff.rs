//! Which tool printed a text: by its banner, its prompts, or the shape of its lines where people cut those away.

use super::pieces::{own_guid, prompt};
use super::{Tool, diskshadow, sqlwriter, tracing, vshadow, vssadmin};
use crate::collect::Collector;
use crate::time::LocalClock;
use std::sync::Arc;
use vsscope_model::Inventory;

/// Lines by which a tool is told.
const LINES: usize = 2000;

/// Lines that only vshadow prints; two of them tell it.
const VSHADOW: [&str; 8] = [
    "(Gathering writer metadata...)",
    "(Waiting for the asynchronous operation to finish...)",
    "Creating the shadow (DoSnapshotSet) ...",
    "Completing the backup (BackupComplete) ...",
    "Shadow copy set succesfully created.",
    "Querying all shadow copies in the system ...",
    "Preparing for backup ...",
    "Snapshot creation done.",
];

/// The first words of diskshadow's commands that matter here.
const COMMANDS: [&str; 8] = [
    "set context ",
    "add volume ",
    "begin backup",
    "end backup",
    "delete shadows ",
    "list shadows",
    "list writers",
    "begin restore",
];

/// The tool that printed a text that begins like this.
pub(crate) fn tool_of(head: &str) -> Option<Tool> {
    let head = head.trim_start_matches('\u{feff}');
    let lines = || head.lines().take(LINES).map(str::trim_end);
    // Only the first line of all can come from something else that is cut off before it.
    if lines().filter(|line| !line.is_empty()).take(3).any(|line| sqlwriter::record(line).is_some()) {
        return Some(Tool::SqlWriter);
    }
    if let Some(tool) = lines().find_map(by_banner) {
        return Some(tool);
    }
    if lines().filter(|line| is_of_vshadow(line)).take(2).count() == 2 {
        return Some(Tool::Vshadow);
    }
    if is_diskshadow(lines()) {
        return Some(Tool::Diskshadow);
    }
    is_vssadmin(head).then_some(Tool::Vssadmin)
}

/// Banners, prompts with a command, and lines of a trace say it alone.
fn by_banner(line: &str) -> Option<Tool> {
    if vssadmin::is_version(line) {
        return Some(Tool::Vssadmin);
    }
    if diskshadow::is_banner(line) || line.starts_with("DISKSHADOW>") {
        return Some(Tool::Diskshadow);
    }
    let is_traced = || {
        tracing::traced(line).is_some_and(|text| text.starts_with("ENTER ") || text.starts_with("OUTPUT:"))
    };
    if vshadow::is_banner(line) || is_traced() {
        return Some(Tool::Vshadow);
    }
    let program = prompt(line)?.split_whitespace().next()?.to_ascii_lowercase();
    (program == "vssadmin" || program == "vssadmin.exe").then_some(Tool::Vssadmin)
}

fn is_of_vshadow(line: &str) -> bool {
    let text = line.trim();
    let begins = |beginning: &str| text.strip_prefix(beginning).and_then(own_guid).is_some();
    VSHADOW.contains(&text)
        || begins("* SNAPSHOT ID = ")
        || begins("Creating shadow set ")
        || begins("- Shadow copy Set: ")
}

/// Two commands of its script, or one and what `create` prints.
fn is_diskshadow<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let (mut commands, mut results) = (0_u32, 0_u32);
    for line in lines {
        let command = diskshadow::echo(line).map(str::to_ascii_lowercase);
        let is_command =
            |text: &String| text == "create" || COMMANDS.iter().any(|known| text.starts_with(known));
        commands = commands.saturating_add(u32::from(command.as_ref().is_some_and(is_command)));
        let is_result = line.contains("VSS_SHADOW_SET") && own_guid(line).is_some();
        results =
            results.saturating_add(u32::from(is_result || line.trim().starts_with("- Returned HRESULT: ")));
    }
    commands >= 2 || (commands == 1 && results > 0) || results >= 2
}

/// Whether reading a text as output of vssadmin finds a whole record.
fn is_vssadmin(head: &str) -> bool {
    let mut out = Collector::new(&Arc::from(""), "");
    vssadmin::read(&mut head.as_bytes(), LocalClock::default(), &mut out);
    let Inventory { writers, providers, snapshots, storage, volumes, .. } = out.inventory();
    let is_path = |text: &Option<String>| text.as_deref().is_some_and(|text| text.ends_with(":\\"));
    let is_version = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    writers.iter().any(|w| w.writer.class_id.is_some() && w.writer.instance_id.is_some() && w.state.is_some())
        || snapshots
            .iter()
            .any(|copy| copy.device.as_deref().is_some_and(|d| d.contains("HarddiskVolumeShadowCopy")))
        || storage.iter().any(|storage| storage.used.as_ref().is_some_and(|used| used.percent.is_some()))
        || volumes.iter().any(|volume| is_path(&volume.path))
        || providers.iter().any(|provider| is_version(&provider.version) && provider.type_text.is_some())
}
