use super::book::{Collected, Kind};
use super::fields::Walk;
use super::text::{Voice, text};
use super::{Key, accounts, commands, paths};

/// What a function makes of a text, with the aliases shortened to their kind.
fn shown(replace: impl Fn(&mut dyn super::book::Names) -> String) -> String {
    let mut collected = Collected::default();
    replace(&mut collected);
    let aliases = collected.aliases(&Key::of(b"a key"));
    let all = replace(&mut &aliases);
    let digits =
        regex::Regex::new("(host|user|domain|ip|mail|url|db|path|args|word)-[0-9a-f]{8}").expect("a pattern");
    digits.replace_all(&all, "<$1>").into_owned()
}

fn path(text: &str) -> String {
    shown(|names| paths::path(names, text))
}

fn log(line: &str) -> String {
    shown(|names| text(names, None, line, Voice::Log))
}

#[test]
fn of_a_path_the_places_stay_and_the_names_go() {
    assert_eq!(path(r"C:\Windows\System32\vssvc.exe"), r"C:\Windows\System32\vssvc.exe");
    assert_eq!(path(r"D:\Kunden\Müller GmbH\Umsatz.mdf"), r"D:\<path>\<path>\<path>.mdf");
    assert_eq!(path(r"\\fileserver\share\Kunde Müller\x.bak"), r"\\<host>\<path>\<path>\<path>.bak");
    assert_eq!(path(r"\\fs.corp.local\c$\x"), r"\\<host>.<domain>\<path>\<path>");
    assert_eq!(
        path(r"C:\Users\mmueller\AppData\Local\Temp\a.tmp"),
        r"C:\Users\<user>\AppData\Local\Temp\<path>.tmp"
    );
    assert_eq!(
        path("/home/mmueller/logs/srv1.zip!a/System.evtx"),
        "/home/<user>/logs/<path>.zip!<path>/System.evtx"
    );
    let volume = r"\\?\Volume{d4f406ce-3abd-4462-a431-53f6f60a149e}\";
    assert_eq!(path(volume), volume);
    let device = r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy12";
    assert_eq!(path(device), device);
    assert_eq!(path(r"\\?\UNC\fileserver\share\x.bak"), r"\\?\UNC\<host>\<path>\<path>.bak");
    assert_eq!(path("C:"), "C:");
}

#[test]
fn accounts_of_windows_stay() {
    let user = |text: &str| shown(|names| accounts::user(names, text));
    for own in [
        r"NT AUTHORITY\SYSTEM",
        "SYSTEM",
        r"NT AUTHORITY\NETWORK SERVICE",
        "-",
        "DWM-1",
        r"BUILTIN\Administrators",
    ] {
        assert_eq!(user(own), own);
    }
    assert_eq!(user(r"CORP\svc-backup"), r"<domain>\<user>");
    assert_eq!(user("SRV1$"), "<host>$");
    assert_eq!(user("a.b@corp.example"), "<mail>");
    assert_eq!(user(r"NT SERVICE\MSSQL$KUNDE"), r"NT SERVICE\<user>");
}

#[test]
fn security_identifiers_keep_their_form() {
    let sid = |text: &str| shown(|names| accounts::sid(names, text));
    for own in [
        "S-1-5-18",
        "S-1-5-32-544",
        "S-1-1-0",
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    ] {
        assert_eq!(sid(own), own);
    }
    let of = |rid: &str| sid(&format!("S-1-5-21-3318051412-1020771935-2204471718-{rid}"));
    let (account, administrator) = (of("1108"), of("500"));
    assert!(account.starts_with("S-1-5-21-") && account.split('-').count() == 8, "{account}");
    assert!(!account.contains("3318051412") && !account.ends_with("-1108"), "{account}");
    assert!(administrator.ends_with("-500"), "{administrator}");
    let domain = |sid: &str| sid.rsplit_once('-').map(|(domain, _)| domain.to_owned());
    assert_eq!(domain(&account), domain(&administrator), "two accounts of one domain stay so");
}

#[test]
fn command_lines_keep_the_program_and_known_words() {
    let command = |text: &str| shown(|names| commands::command(names, None, text));
    let plain = "vssadmin.exe delete shadows /for=C: /all /quiet";
    assert_eq!(command(plain), plain);
    assert_eq!(
        command(r"C:\Windows\System32\vssadmin.exe list shadows"),
        r"C:\Windows\System32\vssadmin.exe list shadows"
    );
    assert_eq!(
        command(r#""C:\Program Files\Kunde\a b.exe" run --job x1"#),
        r#""C:\Program Files\<path>\<path>.exe" <args>"#
    );
    assert_eq!(command("wbadmin start backup -user:admin -password:backup"), "wbadmin <args>");
}

#[test]
fn of_a_log_only_known_words_stay() {
    assert_eq!(log("Freeze of KUNDE failed with 0x800423f4"), "Freeze of <word> failed with 0x800423f4");
    assert_eq!(
        log(r"cannot open D:\Kunde Müller\a b.mdf for backup"),
        r"cannot open D:\<path>\<path>.mdf for backup"
    );
    assert_eq!(
        log("at 2031-03-04T05:06:07.123Z, set 0f0e0d0c-0b0a-0908-0706-050403020100"),
        "at 2031-03-04T05:06:07.123Z, set 0f0e0d0c-0b0a-0908-0706-050403020100"
    );
    assert_eq!(log("from 10.1.2.3 and fe80::1:2 to 127.0.0.1"), "from <ip> and <ip> to 127.0.0.1");
    assert_eq!(log("backup of a.b@c.example at https://x.example/y"), "backup of <mail> at <url>");
}

#[test]
fn names_are_found_as_whole_words_in_any_case() {
    let mut collected = Collected::default();
    for host in ["SRV1", "A", "BACKUP", "Müller-PC", "DC-4711"] {
        accounts::host(&mut collected, host);
    }
    let aliases = collected.aliases(&Key::of(b"a key"));
    let finder = super::finder::Finder::new(&collected, &aliases);
    let own = |line: &str| text(&mut &aliases, Some(&finder), line, Voice::Own);
    let alias = |name: &str| aliases.aliases[name].clone();
    assert_eq!(own("srv1, SRV10 and XSRV1"), format!("{}, SRV10 and XSRV1", alias("srv1")));
    assert_eq!(own("MÜLLER-PC: müller-pc"), format!("{0}: {0}", alias("müller-pc")));
    assert_eq!(own("A backup is late on BACKUP."), format!("A backup is late on {}.", alias("backup")));
    let command = r"C:\Windows\System32\shutdown.exe (DC-4711)";
    assert_eq!(
        commands::command(&mut &aliases, Some(&finder), command),
        format!(r"C:\Windows\System32\shutdown.exe ({})", alias("dc-4711"))
    );
    assert_eq!(own("A set on A, of A backup"), format!("A set on {}, of A backup", alias("a")));
}

#[test]
fn a_field_that_nobody_thought_of_is_still_searched() {
    let mut value = serde_json::json!({"some_new_field": r"of D:\Kunde\x.bak"});
    let mut collected = Collected::default();
    Walk { names: &mut collected, finder: None, blank: false }.value("inputs", &mut value);
    assert!(collected.names.contains_key("kunde"));
    assert_eq!(collected.names["kunde"].kind, Kind::Path);
}

#[test]
fn names_with_line_ends_are_found_where_findings_have_them_on_one_line() {
    let mut collected = Collected::default();
    let name = "Lager\nNord\u{1b}x";
    super::book::Names::alias(&mut collected, Kind::Database, name);
    let aliases = collected.aliases(&Key::of(b"a key"));
    let finder = super::finder::Finder::new(&collected, &aliases);
    let own = |line: &str| text(&mut &aliases, Some(&finder), line, Voice::Own);
    let alias = aliases.aliases[&super::book::fold(name)].clone();
    assert_eq!(own(r"of 'Lager Nord\x1bx' twice"), format!("of '{alias}' twice"));
    assert_eq!(own(&format!("of '{name}' twice")), format!("of '{alias}' twice"));
    let check = super::check::Check::new(&collected);
    for written in [r"of 'Lager Nord\x1bx'", r#"{"detail":"of 'Lager Nord\\x1bx'"}"#] {
        assert!(check.bytes(written.as_bytes(), &super::check::Template::default()).is_err(), "{written}");
    }
}

/// The check can fail: an analysis that was not redacted, and an output with one name left, are refused.
#[test]
fn a_name_that_is_left_is_found() {
    let lines = std::fs::read("fixtures/samples/writer-failed-at-freeze.events.ndjson").expect("a sample");
    let outcome = crate::analyze([("a.ndjson", lines)], &crate::Options::default()).expect("an analysis");
    let original = outcome.analysis;
    let redaction = super::Redaction::of(&[&original], None, &[]).expect("a redaction");
    let blank = super::Redaction::blank(&original).expect("a blank");
    assert!(redaction.check_analysis(&original, &blank).is_err(), "nothing was replaced");
    let mut redacted = original.clone();
    redaction.apply(&mut redacted).expect("aliases");
    redaction.check_analysis(&redacted, &blank).expect("every name was replaced");
    let mut form = super::Template::default();
    form.add(b"<p>Backup on  failed</p>");
    let host = &original.hosts[0].name;
    assert!(redaction.check(format!("<p>Backup on {host} failed</p>").as_bytes(), &form).is_err());
    assert!(redaction.check(b"<p>Backup on host-00000000 failed</p>", &form).is_ok());
}
