//! Process creations of the Security log and the script records of PowerShell, as far as they concern VSS.

use super::{commands, fields};
use crate::record::LogRecord;
use std::sync::Arc;
use vsscope_model::{Actor, Event, Process, What};

/// Reads 4688 of programs that belong to VSS or whose command line asks for a deletion or changes a diff area. Pids are hex
/// here.
pub(super) fn decode_process_creation(record: &LogRecord) -> Option<Event> {
    let image = record.field("NewProcessName")?;
    let command_line = record.field("CommandLine");
    let text = command_line.unwrap_or_default();
    if !commands::is_vss_tool(image, text)
        && !commands::asks_for_deletion(text)
        && !commands::changes_diff_area(text)
    {
        return None;
    }
    let target = fields::account(record, "TargetDomainName", "TargetUserName");
    let user = target.or_else(|| fields::account(record, "SubjectDomainName", "SubjectUserName"));
    let mut event = fields::event(record, Actor::System, commands::start(command_line));
    event.process = fields::process(record.field("NewProcessId"), Some(image), user.as_deref());
    Some(event)
}

/// Reads `PowerShell` 800 and `Microsoft-Windows-PowerShell` 4103 and 4104 whose text deletes shadow copies. The record
/// is written by the process that runs the script.
pub(super) fn decode_script(record: &LogRecord) -> Option<Event> {
    let asks = |text: &&str| commands::script_asks_for_deletion(text);
    let text = fields::values(record).find(asks).or_else(|| record.message.as_deref().filter(asks))?;
    let mut event = fields::event(record, Actor::System, What::DeleteCommand { text: text.to_owned() });
    event.process = Process {
        pid: record.pid,
        tid: record.tid,
        image: None,
        user: record.user_sid.as_deref().map(Arc::from),
    };
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::{named, positional};

    fn creation(image: &str, command_line: &str) -> Option<Event> {
        let data = [
            ("SubjectUserName", "op"),
            ("SubjectDomainName", "LAB"),
            ("NewProcessId", "0xe08"),
            ("NewProcessName", image),
            ("ProcessId", "0x944"),
            ("CommandLine", command_line),
            ("TargetUserName", "-"),
            ("TargetDomainName", "-"),
        ];
        decode_process_creation(&named("Microsoft-Windows-Security-Auditing", 4688, &data))
    }

    #[test]
    fn starts_and_deletions() {
        let event = creation(r"C:\Windows\System32\diskshadow.exe", "diskshadow.exe /s x.txt").unwrap();
        assert_eq!(
            event.what,
            What::ProcessStarted { command_line: Some("diskshadow.exe /s x.txt".to_owned()) }
        );
        assert_eq!(event.process.pid, Some(3592), "the new process, not its parent");
        assert_eq!(event.process.user.as_deref(), Some(r"LAB\op"));
        let event = creation(r"C:\Windows\System32\cmd.exe", "cmd /c vssadmin delete shadows /all").unwrap();
        assert!(matches!(event.what, What::DeleteCommand { .. }));
        assert_eq!(creation(r"C:\Windows\System32\cmd.exe", "cmd /c dir"), None);
    }

    #[test]
    fn scripts() {
        let text = "Get-WmiObject Win32_Shadowcopy | ForEach-Object {$_.Delete();}";
        let mut record =
            named("Microsoft-Windows-PowerShell", 4104, &[("MessageNumber", "1"), ("ScriptBlockText", text)]);
        record.pid = Some(2392);
        let event = decode_script(&record).unwrap();
        assert_eq!(event.what, What::DeleteCommand { text: text.to_owned() });
        assert_eq!(event.process.pid, Some(2392));
        assert_eq!(decode_script(&positional("PowerShell", 800, &["Get-Process", "x"])), None);
    }
}
