//! What a glance takes, and what it leaves to the parser.

use super::*;

const DUMPED: &str = r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"P","Guid":"g"}},"EventID":{"#attributes":{"Qualifiers":"1"},"#text":"12"},"Level":4,"TimeCreated":{"#attributes":{"SystemTime":"t"}},"Channel":"C","Computer":"H","Security":null},"EventData":{"Data":{"#text":["a \"b\"",1.5,[]]}}}}"##;
const LINE: &str = r#"{"SourceName":"P","EventID":12,"Channel":null,"Hostname":"H","TimeCreated":"t","Message":"a\r\nb","UtcTime":"u","x":{"y":[true,null]}}"#;
const BEAT: &str = r#"{"@timestamp":"t","event":{"code":"1"},"winlog":{"provider_name":"P","event_id":"12","channel":"C","computer_name":"H","event_data":{"a":"b"}},"message":"m"}"#;

fn expected() -> Fields<'static> {
    Fields { provider: Some("P"), event_id: Some("12"), time: Some("t"), channel: Some("C"), host: Some("H") }
}

#[test]
fn usual_lines_show_their_fields() {
    let (fields, object) = nxlog(LINE).unwrap();
    assert_eq!(object, LINE);
    assert_eq!((fields.provider, fields.event_id, fields.channel), (Some("P"), Some("12"), None));
    assert_eq!((fields.host, fields.time_created, fields.utc_time), (Some("H"), Some("t"), Some("u")));
    assert_eq!(dump(DUMPED), Some((expected(), DUMPED)));
    assert_eq!(winlogbeat(BEAT), Some((expected(), BEAT)));
}

#[test]
fn attributes_beside_their_elements_are_the_same() {
    let beside = DUMPED
        .replace(
            r##""Provider":{"#attributes":{"Name":"P","Guid":"g"}}"##,
            r#""Provider_attributes":{"Name":"P"}"#,
        )
        .replace(r##"{"#attributes":{"Qualifiers":"1"},"#text":"12"}"##, r#"12,"EventID_attributes":{}"#)
        .replace(
            r##""TimeCreated":{"#attributes":{"SystemTime":"t"}}"##,
            r#""TimeCreated_attributes":{"SystemTime":"t"}"#,
        );
    assert_eq!(dump(&beside).map(|(fields, _)| fields), Some(expected()), "{beside}");
}

#[test]
fn what_parts_objects_may_stand_behind_them_and_nothing_else() {
    for behind in ["\r", ",", " ,\r"] {
        assert_eq!(nxlog(&format!("{LINE}{behind}")).map(|(_, object)| object), Some(LINE));
    }
    for behind in ["]", "{}", "x", ",{}"] {
        assert_eq!(nxlog(&format!("{LINE}{behind}")), None);
    }
    assert_eq!(nxlog(&format!(" {LINE}")), None);
}

#[test]
fn what_comes_twice_is_left_to_the_parser() {
    let twice = |line: &str, member: &str| line.replacen(member, &format!("{member},{member}"), 1);
    for member in [r#""SourceName":"P""#, r#""EventID":12"#, r#""UtcTime":"u""#] {
        assert_eq!(nxlog(&twice(LINE, member)), None, "{member}");
    }
    assert!(nxlog(&twice(LINE, r#""Message":"a\r\nb""#)).is_some());
    for member in [
        r#""Level":4"#,
        r#""Channel":"C""#,
        r#""Name":"P""#,
        r#""Guid":"g""#,
        r##""#text":"12""##,
        r#""Security":null"#,
    ] {
        assert_eq!(dump(&twice(DUMPED, member)), None, "{member}");
    }
    for member in [r#""@timestamp":"t""#, r#""channel":"C""#, r#""event":{"code":"1"}"#] {
        assert_eq!(winlogbeat(&twice(BEAT, member)), None, "{member}");
    }
}

#[test]
fn other_spellings_are_left_to_the_parser() {
    for (usual, other) in [
        (r#""SourceName":"P""#, r#""SourceName":"\u0050""#),
        (r#""SourceName":"P""#, r#""SourceName":["P"]"#),
        (r#""Hostname":"H""#, r#""Hostname":true"#),
    ] {
        assert_eq!(nxlog(&LINE.replace(usual, other)), None, "{other}");
    }
    for (usual, other) in [
        (r#""code":"1""#, r#""original":"<Event/>""#),
        (r#""message":"m""#, r#""xml":"<Event/>""#),
        (r#""message":"m""#, r#""winlog.channel":"D""#),
        (r#""channel":"C""#, r#""channel":"""#),
        (r#""computer_name":"H","#, ""),
    ] {
        assert_eq!(winlogbeat(&BEAT.replace(usual, other)), None, "{other}");
    }
    assert_eq!(dump(&DUMPED.replacen('{', r#"{"recovered":false,"#, 1)), None);
}
