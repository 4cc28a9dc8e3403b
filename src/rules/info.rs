//! What a rule says about itself, and the macro that makes one text serve as rustdoc and as data.

use serde::Serialize;
use vsscope_model::Severity;

/// The headings of every rule's documentation, in order.
pub const HEADINGS: [&str; 6] =
    ["What it flags", "Why it matters", "Evidence needed", "When it is silent", "What to do", "References"];

/// A rule as the catalogue shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RuleInfo {
    /// Kebab-case id; never given to another rule.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// Severity, where nothing in the evidence lowers it.
    pub severity: Severity,
    /// What the rule looks at.
    pub scope: Scope,
    /// How firm the ground is: `documented`, `documented limit, inferred threshold`, `inferred` …
    pub basis: &'static str,
    /// Documentation in Markdown under the [`HEADINGS`].
    pub doc: &'static str,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One requester session.
    Session,
    /// One snapshot set.
    Set,
    /// One writer.
    Writer,
    /// A provider.
    Provider,
    /// A host, or the evidence as a whole.
    Host,
}

impl Scope {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Session => "session",
            Scope::Set => "set",
            Scope::Writer => "writer",
            Scope::Provider => "provider",
            Scope::Host => "host",
        }
    }
}

impl RuleInfo {
    /// Heading and text of each section. Lines of one paragraph are joined; a blank line parts paragraphs.
    pub fn sections(&self) -> Vec<(&'static str, String)> {
        let mut sections: Vec<(&'static str, String)> = Vec::new();
        for line in self.doc.lines().map(str::trim) {
            if let Some(heading) = line.strip_prefix("# ") {
                sections.push((heading, String::new()));
                continue;
            }
            let Some((_, text)) = sections.last_mut() else { continue };
            match line {
                "" if text.is_empty() => {}
                "" => text.push_str("\n\n"),
                _ if text.is_empty() || text.ends_with('\n') => text.push_str(line),
                _ => {
                    text.push(' ');
                    text.push_str(line);
                }
            }
        }
        for (_, text) in &mut sections {
            text.truncate(text.trim_end().len());
        }
        sections
    }
}

/// Something that has a [`RuleInfo`]; implemented by the `rule!` macro.
pub trait Described: Sync {
    /// Id, title and documentation.
    fn info(&self) -> &'static RuleInfo;
}

/// Declares a rule: its doc comment becomes rustdoc and [`RuleInfo::doc`].
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident {
            id: $id:literal,
            title: $title:literal,
            severity: $severity:ident,
            scope: $scope:ident,
            basis: $basis:literal $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl $crate::rules::Described for $name {
            fn info(&self) -> &'static $crate::rules::RuleInfo {
                static INFO: $crate::rules::RuleInfo = $crate::rules::RuleInfo {
                    id: $id,
                    title: $title,
                    severity: vsscope_model::Severity::$severity,
                    scope: $crate::rules::Scope::$scope,
                    basis: $basis,
                    doc: concat!($($doc, "\n"),+),
                };
                &INFO
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_join_lines_and_keep_paragraphs() {
        let info = RuleInfo {
            id: "x",
            title: "X",
            severity: Severity::Info,
            scope: Scope::Host,
            basis: "inferred",
            doc: " # What it flags\n One\n line.\n\n Two.\n # References\n\n A page.\n",
        };
        assert_eq!(
            info.sections(),
            [("What it flags", "One line.\n\nTwo.".to_owned()), ("References", "A page.".to_owned())]
        );
    }
}
