//! Whatever the lines, each is counted once, and nothing panics.

use super::*;
use proptest::prelude::*;
use vsscope_model::Issue;

pub(super) const PIECES: [&str; 16] = [
    "[-,0x001a2c:0x0b40:0x0c1d2e3f] ENTER {CDemoWriter::OnFreeze}:",
    "[-,0x001a2c:0x0b40:0x0c1d2e3f] EXIT  {CDemoWriter::OnFreeze}: hr: 0x800423f4",
    "[04:05:06,0x001a2c:0x0b40:0x0c1d2e3f] demo.cpp(12): CDemo::Run: text",
    "[-,0x001a2c:0x0b",
    "04:05:06.123 1a2c 0b40 COORD ENTER {CDemo::Run}:",
    "23:59:59.999 1a2c 0b40 COORD   CDemo::Run: text",
    "00:00:00.001 1a2c 0b44 COORD EXIT  {CDemo::Run}: hr: 0x00000000",
    "31/12/2031 04:05:06 170 120 ENTER CDemo::Run",
    "12/31/2031 04:05:06 170 120 EXIT CDemo::Run",
    "    ENTER {CDemo::Run}:",
    "00000010  4d 5a 90 00",
    "",
    "plain text, ünd mehr",
    "\u{1}\u{2}",
    "EXIT {",
    "[[ f @ x.cpp: 1]] ENTER A::B",
];

fn sums(read: &Read) {
    let [lines, parsed, continuation, unknown] = read.account();
    assert_eq!(lines, parsed + continuation + unknown);
    assert_eq!((read.records.len() as u64, read.report.records), (parsed, parsed));
    // A record with damage inside is read, so it is no lost one.
    let is_lost = |issue: &&Issue| issue.kind.is_loss() && !issue.message.starts_with("a record holds");
    let noted: u64 = read.report.issues.iter().filter(is_lost).map(|issue| issue.count).sum();
    assert_eq!(noted, read.report.lost);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_of_any_mix_is_counted_once(pieces in prop::collection::vec((prop::sample::select(PIECES.to_vec()), prop::sample::select(vec!["\n", "\r\n"])), 0..60), cut in any::<bool>()) {
        let mut text: String = pieces.iter().map(|(piece, end)| format!("{piece}{end}")).collect();
        let mut lines = pieces.len() as u64;
        if cut && text.pop().is_some() {
            lines -= u64::from(text.is_empty() || text.ends_with('\n'));
        }
        let read = read(&text);
        sums(&read);
        prop_assert_eq!(read.account()[0], lines);
        looks_like(&text);
    }

    #[test]
    fn any_damage_to_a_sound_trace_is_accounted_for(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40), cut in any::<prop::sample::Index>(), wide in any::<bool>()) {
        let text = REGISTRY.repeat(3).replace("[-", "[23:59:59.999");
        let mut bytes: Vec<u8> = if wide { text.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { text.into_bytes() };
        for (index, value) in flips {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        sums(&read_with(&bytes, &[], None));
    }

    #[test]
    fn any_characters_give_a_report(text in "[ -~\n\u{e4}\u{20ac}]{0,400}", profile in "[ -~]{0,40}") {
        sums(&read(&text));
        let _ = Profile::from_toml(&format!("[[profile]]\nname='a'\nprefix='''{profile}'''"));
        let _ = Profile::from_toml(&format!("[[profile]]\nname='a'\nprefix='{{time}}'\ntime_format='''{profile}'''"));
    }

    #[test]
    fn any_columns_before_sound_bodies_are_accounted_for(prefix in "[0-9a-fx:,.\\[\\] -]{0,30}", lines in 1_usize..20) {
        let text: String = REGISTRY.lines().cycle().take(lines).map(|line| format!("{prefix}{}\n", line.split_once("] ").unwrap().1)).collect();
        sums(&read(&text));
    }
}

#[test]
fn a_record_that_never_ends_does_not_fill_the_memory() {
    let mut text = REGISTRY.to_owned();
    for _ in 0..3000 {
        text.push_str("a line of one hundred characters that continues the record before it, again and again and so on...\n");
    }
    let read = read(&text);
    assert_eq!((read.account(), read.is_sound()), ([3010, 10, 3000, 0], true));
    assert!(read.records[9].text.len() < 70_000);
    assert!(read.issues(IssueKind::Note)[0].message.contains("64 KiB"));
}

#[test]
fn a_line_of_megabytes_is_one_record_and_pieces_that_continue_it() {
    let read = read(&format!(
        "{REGISTRY}[-,0x001a2c:0x0b44:0x0c1d2e3f] CDemo::Run: {}\n{REGISTRY}",
        "x".repeat(3 << 20)
    ));
    assert_eq!((read.records.len(), read.reading().unknown, read.is_sound()), (21, 0, true));
    sums(&read);
}
