//! Command lines and scripts: which programs belong to VSS, and which words ask for the deletion of shadow copies or change
//! their storage.

use super::words::COMMANDS;
use vsscope_model::What;

/// Programs that do nothing but work with VSS, or that are a part of it.
const TOOLS: &[&str] =
    &["vssvc", "vssadmin", "diskshadow", "vshadow", "wbadmin", "wbengine", "ntdsutil", "esentutl"];

/// Programs that concern VSS only with this word on their command line.
const TOOLS_WITH_WORD: &[(&str, &str)] = &[("wmic", "shadowcopy"), ("svchost", "swprv")];

/// A program and words that must follow it, in any order.
type Command = (&'static str, &'static [&'static str]);

/// Commands that delete shadow copies, or the backups and the catalogue of Windows Server Backup.
const DELETIONS: &[Command] = &[
    ("vssadmin", &["delete", "shadows"]),
    ("wmic", &["shadowcopy", "delete"]),
    ("wbadmin", &["delete", "backup"]),
    ("wbadmin", &["delete", "systemstatebackup"]),
    ("wbadmin", &["delete", "catalog"]),
];

/// Commands that change a diff area. A smaller one makes Windows delete what no longer fits.
const DIFF_AREA: &[Command] = &[
    ("vssadmin", &["add", "shadowstorage"]),
    ("vssadmin", &["resize", "shadowstorage"]),
    ("vssadmin", &["delete", "shadowstorage"]),
];

/// What the start of a process with this command line means.
pub(super) fn start(command_line: Option<&str>) -> What {
    match command_line {
        Some(text) if !COMMANDS.are_in_text(text) => {
            What::ProcessStarted { command_line: Some(text.to_owned()) }
        }
        Some(text) if asks_for_deletion(text) => What::DeleteCommand { text: text.to_owned() },
        Some(text) if changes_diff_area(text) => What::DiffAreaCommand { text: text.to_owned() },
        _ => What::ProcessStarted { command_line: command_line.map(str::to_owned) },
    }
}

/// A word that each of the programs and commands has, for [`COMMANDS`].
#[cfg(test)]
pub(super) fn tools() -> impl Iterator<Item = &'static str> {
    let commands = DELETIONS.iter().chain(DIFF_AREA);
    let of_commands = commands.map(|(tool, words)| if *tool == "wmic" { words[0] } else { tool });
    TOOLS
        .iter()
        .copied()
        .chain(TOOLS_WITH_WORD.iter().map(|(_, word)| *word))
        .chain(of_commands)
        .chain(["win32_shadowcopy"])
}

/// Whether a process of this image and command line belongs to VSS.
pub(super) fn is_vss_tool(image: &str, command_line: &str) -> bool {
    let image = program_name(image);
    TOOLS.contains(&image.as_str())
        || TOOLS_WITH_WORD
            .iter()
            .any(|(tool, word)| *tool == image && words(command_line).any(|found| found == *word))
}

/// Whether a command line asks for the deletion of shadow copies or of backups, directly or through a shell.
pub(super) fn asks_for_deletion(command_line: &str) -> bool {
    script_asks_for_deletion(command_line) || has_any(DELETIONS, command_line)
}

/// Whether a command line changes a diff area, directly or through a shell.
pub(super) fn changes_diff_area(command_line: &str) -> bool {
    has_any(DIFF_AREA, command_line)
}

fn has_any(commands: &[Command], command_line: &str) -> bool {
    commands.iter().any(|(program, wanted)| {
        let words: Vec<String> =
            words(command_line).skip_while(|word| program_name(word) != *program).skip(1).collect();
        wanted.iter().all(|wanted| words.iter().any(|word| word == wanted))
    })
}

/// Whether a script goes through the WMI class of shadow copies and deletes or removes.
pub(super) fn script_asks_for_deletion(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("win32_shadowcopy") && (text.contains("delete") || text.contains("remove"))
}

fn words(command_line: &str) -> impl Iterator<Item = String> {
    let separates = |c: char| c.is_whitespace() || "\"'&|;()".contains(c);
    command_line.split(separates).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

/// `C:\Windows\System32\VSSVC.exe` gives `vssvc`.
fn program_name(path: &str) -> String {
    let name = path.rsplit(['\\', '/']).next().unwrap_or(path).to_ascii_lowercase();
    name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletions() {
        for text in [
            "vssadmin delete shadows /all /quiet",
            r#""C:\Windows\System32\vssadmin.exe" Delete Shadows /For=C:"#,
            "wmic  shadowcopy delete /nointeractive",
            "WMIC.exe shadowcopy where \"ID='{1}'\" delete",
            r"wbadmin  delete backup -backupTarget:m:\ -deleteOldest",
            "wbadmin delete systemstatebackup -keepVersions:0",
            "wbadmin.exe DELETE CATALOG -quiet",
            "powershell -c \"Get-WmiObject Win32_Shadowcopy | % { $_.Delete() }\"",
            "Get-CimInstance Win32_ShadowCopy | Remove-CimInstance",
        ] {
            assert!(asks_for_deletion(text), "{text}");
        }
    }

    #[test]
    fn no_deletions() {
        for text in [
            "vssadmin list shadows",
            "vssadmin",
            "vssadmin delete shadowstorage /for=C:",
            "vssadmin resize shadowstorage /for=C: /on=C: /maxsize=401MB",
            "wbadmin delete",
            "delete shadows vssadmin",
            "diskshadow.exe /s shadow.txt",
            "wmic shadowcopy list brief",
            "del /q shadows",
            "Get-WmiObject Win32_ShadowCopy",
            "",
        ] {
            assert!(!asks_for_deletion(text), "{text}");
        }
    }

    #[test]
    fn changes_of_the_diff_area() {
        for text in [
            "cmd.exe /c \"vssadmin.exe resize shadowstorage /for=c: /on=c: /maxsize=401MB\"",
            "vssadmin Add ShadowStorage /For=C: /On=D:",
            "vssadmin delete shadowstorage /for=C: /quiet",
        ] {
            assert!(changes_diff_area(text), "{text}");
            assert_eq!(start(Some(text)), What::DiffAreaCommand { text: text.to_owned() });
        }
        for text in ["vssadmin list shadowstorage", "resize shadowstorage", "vssadmin delete shadows /all"] {
            assert!(!changes_diff_area(text), "{text}");
        }
    }

    #[test]
    fn tools() {
        assert!(is_vss_tool(r"C:\Windows\System32\VSSVC.exe", ""));
        assert!(is_vss_tool(r"C:\Windows\System32\svchost.exe", r"C:\Windows\System32\svchost.exe -k swprv"));
        assert!(!is_vss_tool(r"C:\Windows\System32\svchost.exe", "svchost.exe -k netsvcs"));
        assert!(is_vss_tool("WMIC.exe", "wmic shadowcopy list"));
        assert!(!is_vss_tool("WMIC.exe", "wmic os get"));
    }
}
