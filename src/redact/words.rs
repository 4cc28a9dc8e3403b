//! Words that tell nothing of anybody: those of vsscope's own texts and of Windows. Text of a log keeps them; every other word of
//! it is given an alias.

use crate::explain::rule_doc;
use crate::rules;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The words of what is compiled in anyway.
const KNOWLEDGE: &[&str] = &[
    include_str!("../knowledge/data/hresults.toml"),
    include_str!("../knowledge/data/providers.toml"),
    include_str!("../knowledge/data/vocabulary.toml"),
    include_str!("../knowledge/data/win32.toml"),
    include_str!("../knowledge/data/writer_states.toml"),
    include_str!("../knowledge/data/writers.toml"),
    include_str!("../knowledge/data/events/backup.toml"),
    include_str!("../knowledge/data/events/databases.toml"),
    include_str!("../knowledge/data/events/fileshare.toml"),
    include_str!("../knowledge/data/events/host.toml"),
    include_str!("../knowledge/data/events/hyperv.toml"),
    include_str!("../knowledge/data/events/system.toml"),
    include_str!("../knowledge/data/events/volsnap.toml"),
    include_str!("../knowledge/data/events/vss.toml"),
];

/// Words of vsscope's other texts.
const OWN: &str = include_str!("words.txt");

/// Folders that many machines have.
const FOLDERS: &[&str] = &[
    "windows",
    "system32",
    "syswow64",
    "sysnative",
    "winsxs",
    "drivers",
    "config",
    "program files",
    "program files (x86)",
    "programdata",
    "users",
    "documents and settings",
    "appdata",
    "local",
    "roaming",
    "temp",
    "tmp",
    "system volume information",
    "common files",
    "microsoft",
    "microsoft shared",
    "microsoft sql server",
    "mssql",
    "binn",
    "shared",
    "data",
    "log",
    "logs",
    "backup",
    "backups",
    "winevt",
    "ntds",
    "sysvol",
    "inetpub",
    "wbem",
    "windowspowershell",
    "powershell",
    "v1.0",
    "perflogs",
    "tracing",
    "repair",
    "esentutl",
    "home",
    "root",
    "var",
    "mnt",
    "media",
    "opt",
    "srv",
    "usr",
    "etc",
    "regback",
    "lxss",
    "desktop",
    "documents",
    "downloads",
    "public",
    "default",
    "all users",
    "default user",
    "windowsimagebackup",
    "recycler",
    "$recycle.bin",
];

/// Programs of Windows, and scripts that run there, by their file name.
const PROGRAMS: &[&str] = &[
    "vssvc",
    "shutdown",
    "wlms",
    "vssadmin",
    "vshadow",
    "betest",
    "diskshadow",
    "wbadmin",
    "wbengine",
    "wmic",
    "svchost",
    "services",
    "lsass",
    "csrss",
    "smss",
    "wininit",
    "winlogon",
    "system",
    "registry",
    "explorer",
    "cmd",
    "powershell",
    "powershell_ise",
    "pwsh",
    "wmiprvse",
    "msiexec",
    "rundll32",
    "regsvr32",
    "dllhost",
    "taskhost",
    "taskhostw",
    "taskeng",
    "ntdsutil",
    "esentutl",
    "sqlservr",
    "sqlwriter",
    "sqlagent",
    "store",
    "vmms",
    "vmwp",
    "vds",
    "swprv",
    "srtasks",
    "rstrui",
    "sdclt",
    "cleanmgr",
    "defrag",
    "robocopy",
    "xcopy",
    "schtasks",
    "net",
    "net1",
    "sc",
    "conhost",
    "ntoskrnl",
    "clussvc",
    "dfsrs",
    "dns",
    "dhcp",
    "certsrv",
    "w3wp",
    "inetinfo",
    "searchindexer",
    "spoolsv",
    "application",
    "security",
    "setup",
    "software",
    "sam",
    "ntds",
    "ntuser",
    "desktop",
    "autoexec",
    "boot",
    "bcdedit",
    "wevtutil",
    "wscript",
    "cscript",
    "mmc",
    "msmpeng",
    "tiworker",
    "trustedinstaller",
    "wsmprovhost",
    "winrshost",
];

/// Accounts that every Windows has, by their English names.
const ACCOUNTS: &[&str] = &[
    "system",
    "local service",
    "network service",
    "localsystem",
    "localservice",
    "networkservice",
    "nt authority",
    "builtin",
    "nt service",
    "anonymous logon",
    "everyone",
    "window manager",
    "font driver host",
    "iusr",
    "nt virtual machine",
    "iis apppool",
    "-",
    "n/a",
    "null",
    "(null)",
    "(unknown)",
    "workgroup",
];

/// Databases that the engines bring along.
const DATABASES: &[&str] = &[
    "master",
    "model",
    "msdb",
    "tempdb",
    "resource",
    "mssqlserver",
    "sqlexpress",
    "ntds",
    "ntds.dit",
    "lsass",
];

/// Endings of files that tell their kind.
const ENDINGS: &[&str] = &[
    "exe", "dll", "sys", "drv", "com", "bat", "cmd", "ps1", "psm1", "vbs", "js", "msi", "msc", "cpp", "cxx",
    "hxx", "h", "bak", "vhd", "vhdx", "avhdx", "vmdk", "vmcx", "vmrs", "mdf", "ldf", "ndf", "edb", "stm",
    "jrs", "chk", "jtx", "dit", "db", "trn", "log", "txt", "xml", "csv", "tsv", "json", "jsonl", "ndjson",
    "evtx", "evt", "etl", "reg", "hiv", "dat", "zip", "gz", "7z", "cab", "tmp", "ini", "cfg", "toml", "pst",
    "ost", "pdf", "doc", "docx", "xls", "xlsx", "html", "htm", "md", "sarif", "parquet", "out", "iso", "img",
    "tib", "vbk", "vib", "vrb", "vbm", "bkf",
];

static LOWER: LazyLock<BTreeSet<String>> = LazyLock::new(|| written().map(str::to_lowercase).collect());
static AS_WRITTEN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
    };
    let own = OWN.lines().filter_map(capital);
    written().map(str::to_owned).chain(own).collect()
});

/// The texts of the rules.
static RULES: LazyLock<String> = LazyLock::new(|| {
    let docs = rules::catalogue().iter().map(|rule| rule_doc(rule.info()));
    docs.flat_map(|doc| {
        let texts = doc.sections.into_iter().flat_map(|(heading, text)| [heading, text]);
        [doc.id, doc.title, doc.scope, doc.basis].into_iter().chain(texts)
    })
    .fold(String::new(), |all, text| all + "\n" + &text)
});

fn written() -> impl Iterator<Item = &'static str> {
    let lists = [FOLDERS, PROGRAMS, ACCOUNTS, DATABASES, ENDINGS].into_iter().flatten();
    KNOWLEDGE.iter().chain([&OWN]).chain(lists).copied().chain([RULES.as_str()]).flat_map(tokens)
}

/// The words of a text: runs of letters and digits.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty())
}

/// Whether it is a word of vsscope or of Windows, whatever its case.
pub fn is_known(token: &str) -> bool {
    LOWER.contains(&token.to_lowercase())
}

/// Whether vsscope writes the word like this.
pub fn is_written_so(token: &str) -> bool {
    AS_WRITTEN.contains(token)
}

/// Whether a word of a log tells nothing: a known one, a number, a letter.
pub fn is_harmless(token: &str) -> bool {
    !token.chars().any(char::is_alphabetic)
        || token.chars().nth(1).is_none()
        || is_number_with_unit(token)
        || is_device(&token.to_lowercase())
        || is_hexadecimal(token)
        || is_known(token)
}

/// `HarddiskVolumeShadowCopy12`, `Harddisk0`: names that Windows gives, with a number.
pub fn is_device(lower: &str) -> bool {
    const STEMS: &[&str] = &[
        "harddiskvolumeshadowcopy",
        "harddiskvolume",
        "harddisk",
        "partition",
        "cdrom",
        "physicaldrive",
        "globalroot",
        "device",
        "mup",
        "lanmanredirector",
    ];
    STEMS.contains(&lower.trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// `10ms`, `64KB`, `2h`.
fn is_number_with_unit(token: &str) -> bool {
    let unit = token.trim_start_matches(|c: char| c.is_ascii_digit());
    let known =
        ["ms", "us", "ns", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "st", "nd", "rd", "th"];
    unit.len() < token.len()
        && (unit.chars().count() < 2 || known.iter().any(|known| unit.eq_ignore_ascii_case(known)))
}

/// `0x800423f4`, the addresses of traces, dates and times of ISO 8601.
fn is_hexadecimal(token: &str) -> bool {
    let digits = token.strip_prefix("0x").or_else(|| token.strip_prefix("0X")).unwrap_or(token);
    let is_hex = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit());
    let is_code = digits.len() < token.len() && digits.len() <= 16 && is_hex(digits);
    let is_address = matches!(token.len(), 8 | 16) && token.starts_with('0') && is_hex(token);
    let is_time = token.len() <= 16
        && token.starts_with(|c: char| c.is_ascii_digit())
        && token.chars().all(|c| c.is_ascii_digit() || matches!(c, 'T' | 'Z'));
    is_code || is_address || is_time
}

/// Whether many machines have a folder of this name.
pub fn is_folder(lower: &str) -> bool {
    FOLDERS.contains(&lower)
}

/// Whether a file of this name (without its ending) is a part of Windows or of a product that is written about here.
pub fn is_program(lower: &str) -> bool {
    static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let words =
            KNOWLEDGE.iter().copied().chain([RULES.as_str()]).flat_map(|text| {
                text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_')))
            });
        let program = |word: &str| {
            let (stem, ending) = word.trim_end_matches('.').rsplit_once('.')?;
            ["exe", "sys", "dll"].contains(&&*ending.to_lowercase()).then(|| stem.to_lowercase())
        };
        words.filter_map(program).collect()
    });
    PROGRAMS.contains(&lower) || KNOWN.contains(lower)
}

/// Whether every Windows has an account, or an authority of accounts, of this name.
pub fn is_account(lower: &str) -> bool {
    ACCOUNTS.contains(&lower)
}

/// Whether the engines bring a database or instance of this name along.
pub fn is_database(lower: &str) -> bool {
    DATABASES.contains(&lower)
}

/// Whether the ending of a file name tells nothing but the kind of file.
pub fn is_ending(lower: &str) -> bool {
    ENDINGS.contains(&lower)
}
