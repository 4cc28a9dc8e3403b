use super::*;
use proptest::prelude::*;

/// Number, offset, text, damaged, complete.
type Seen = (u64, u64, String, bool, bool);

fn read(bytes: &[u8], code_page: CodePage) -> (Vec<Seen>, &'static str) {
    let mut stream = bytes;
    let mut lines = Lines::new(&mut stream, code_page);
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        all.push((line.number, line.offset, line.text.to_owned(), line.damaged, line.complete));
    }
    let name = lines.form().name();
    (all, name)
}

fn texts(bytes: &[u8]) -> Vec<String> {
    read(bytes, CodePage::Ansi).0.into_iter().map(|line| line.2).collect()
}

fn wide(text: &str, big: bool) -> Vec<u8> {
    let to = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    text.encode_utf16().flat_map(to).collect()
}

#[test]
fn every_encoding_gives_the_same_lines() {
    let text = "erste Zeile\r\nzweite, schön\r\n\r\nvierte";
    let expected = ["erste Zeile", "zweite, schön", "", "vierte"];
    let mut with_mark = vec![0xFF, 0xFE];
    with_mark.extend(wide(text, false));
    let ansi: Vec<u8> = text.chars().map(|c| if c == 'ö' { 0xF6 } else { c as u8 }).collect();
    for bytes in [text.as_bytes().to_vec(), wide(text, false), wide(text, true), with_mark, ansi] {
        assert_eq!(texts(&bytes), expected);
    }
    let oem: Vec<u8> = text.chars().map(|c| if c == 'ö' { 0x94 } else { c as u8 }).collect();
    let (lines, name) = read(&oem, CodePage::Oem);
    assert_eq!((lines[1].2.as_str(), name), ("zweite, schön", "OEM code page 850 (assumed)"));
}

#[test]
fn offsets_are_those_of_the_bytes() {
    for (bytes, expected) in [
        ("ab\nö\nc".as_bytes().to_vec(), [0, 3, 6]),
        (wide("ab\nö\nc", false), [0, 6, 10]),
        ([b"\xEF\xBB\xBF".as_slice(), b"ab\n\r\nc"].concat(), [3, 6, 8]),
    ] {
        let (lines, _) = read(&bytes, CodePage::Ansi);
        assert_eq!(lines.iter().map(|line| line.1).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn damage_and_a_missing_end_are_told() {
    let (lines, _) = read(b"sound\n\x00\x01broken\ncut", CodePage::Ansi);
    let flags: Vec<_> = lines.iter().map(|line| (line.3, line.4)).collect();
    assert_eq!(flags, [(false, true), (true, true), (false, false)]);
}

#[test]
fn a_lost_byte_in_wide_text_is_damage() {
    let mut bytes = wide("\u{FEFF}a sound line\nand one that is broken\nand another\n", false);
    bytes.remove(40);
    let (lines, _) = read(&bytes, CodePage::Ansi);
    assert_eq!(lines.iter().map(|line| line.3).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let bytes = vec![b'x'; MAX_LINE * 2 + 10];
    let (lines, _) = read(&bytes, CodePage::Ansi);
    assert_eq!(lines.iter().map(|line| line.2.len()).sum::<usize>(), bytes.len());
    assert!(lines.iter().all(|line| line.2.len() <= MAX_LINE && !line.4));
}

#[test]
fn lines_are_found_across_blocks() {
    let one = format!("{}\n", "y".repeat(999));
    let bytes = one.repeat(3000).into_bytes();
    let (lines, _) = read(&bytes, CodePage::Ansi);
    assert_eq!(lines.len(), 3000);
    assert!(lines.iter().all(|line| line.2.len() == 999 && line.1 == (line.0 - 1) * 1000));
}

/// Text with everything that an encoding can make difficult, as bytes.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::sample::select(vec![
        "plain ASCII, long enough to fill a block or two of the small ones\r\n",
        "a\n",
        "\n",
        "schön und grün",
        "\u{1F600}\u{10FFFF}",
        "\u{FFFD}\u{FEFF}",
        "\t\u{0}\u{1}",
        "日本語の行\n",
    ]);
    let form = prop::sample::select(vec![0_u8, 1, 2, 3]);
    let odd = prop::collection::vec(any::<u8>(), 0..5);
    let half = prop::sample::select(vec![
        vec![],
        vec![0x3D, 0xD8],
        vec![0xD8, 0x3D],
        vec![0, 0xDC],
        vec![0xE2, 0x82],
    ]);
    let mark = prop::sample::select(vec![&b""[..], b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"]);
    (mark, form, prop::collection::vec((text, odd, half, 0..4_usize), 0..40)).prop_map(
        |(mark, form, parts)| {
            let mut bytes = mark.to_vec();
            for (text, odd, half, which) in parts {
                match form {
                    0 => bytes.extend_from_slice(text.as_bytes()),
                    1 => bytes.extend(wide(text, false)),
                    2 => bytes.extend(wide(text, true)),
                    _ => bytes.extend(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))),
                }
                match which {
                    0 => bytes.extend(odd),
                    1 => bytes.extend(half),
                    _ => {}
                }
            }
            bytes
        },
    )
}

fn at_pace(bytes: &[u8], code_page: CodePage, pace: Pace) -> Vec<Seen> {
    let mut stream = bytes;
    let mut lines = Lines::at_pace(&mut stream, code_page, pace);
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        all.push((line.number, line.offset, line.text.to_owned(), line.damaged, line.complete));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(800), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_do_not_depend_on_blocks_or_on_the_way_to_decode_them(bytes in any_bytes(), oem in any::<bool>(), block in prop_oneof![1..9_usize, 9..3000_usize]) {
        let code_page = if oem { CodePage::Oem } else { CodePage::Ansi };
        let expected = at_pace(&bytes, code_page, Pace { block: 1 << 20, quick: false });
        for block in [block, 1 << 20] {
            prop_assert_eq!(&at_pace(&bytes, code_page, Pace { block, quick: true }), &expected);
        }
        if TextForm::of(&bytes, code_page).name() == "UTF-8" {
            let decoded = encoding_rs::UTF_8.decode_with_bom_removal(&bytes).0;
            let mut texts: Vec<&str> = decoded.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
            texts.pop_if(|last| last.is_empty() && decoded.is_empty() | decoded.ends_with('\n'));
            prop_assert_eq!(expected.iter().map(|line| line.2.as_str()).collect::<Vec<_>>(), texts);
            let starts = bytes.iter().zip(1..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next);
            let mark = u64::from(bytes.starts_with(b"\xEF\xBB\xBF")) * 3;
            let starts: Vec<u64> = std::iter::once(mark).chain(starts).take(expected.len()).collect();
            prop_assert_eq!(expected.iter().map(|line| line.1).collect::<Vec<_>>(), starts);
        }
    }
}

#[test]
fn lines_that_are_passed_over_are_counted() {
    let text = "one\ntwo\nthree\nfour";
    for (bytes, unit) in [(text.as_bytes().to_vec(), 1), (wide(text, false), 2)] {
        let mut stream = &bytes[..];
        let mut lines = Lines::new(&mut stream, CodePage::Ansi);
        assert_eq!(lines.ahead(), b"");
        assert_eq!(lines.next().unwrap().text, "one");
        assert_eq!(lines.ahead(), b"two\nthree\n");
        lines.pass(1, 4);
        let line = lines.next().unwrap();
        assert_eq!((line.number, line.offset, line.text), (3, 8 * unit, "three"));
        assert_eq!(lines.ahead(), b"");
    }
}
