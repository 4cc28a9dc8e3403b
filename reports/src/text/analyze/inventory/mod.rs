//! What tools and registry exports list: writers, providers, shadow copies, storage, volumes, the key `VSS\Diag`.
//!
//! A list is a state at one moment of which the tools do not tell the time, so each table says which input it is from.

mod registry;
mod snapshots;
mod storage;
mod writers;

use crate::text::page::Page;
use crate::text::style::Style;
use crate::text::table::Grid;
use vsscope_model::{Analysis, RecordRef};

/// How many rows of one kind of list are shown per input where brevity is wanted.
const ROWS: usize = 12;

pub(crate) fn inventory(page: &mut Page, analysis: &Analysis) {
    let inventory = &analysis.inventory;
    writers::writers(page, &inventory.writers);
    storage::providers(page, &inventory.providers);
    snapshots::snapshots(page, analysis);
    storage::storage(page, &inventory.storage);
    storage::volumes(page, &inventory.volumes);
    registry::registry(page, &inventory.registry);
}

/// An entry of a list: where it was read, and of which machine it is.
trait Listed {
    fn source(&self) -> &RecordRef;
    fn host(&self) -> Option<&str>;
}

macro_rules! listed {
    ($($entry:ty),+) => {
        $(impl Listed for $entry {
            fn source(&self) -> &RecordRef {
                &self.source
            }

            fn host(&self) -> Option<&str> {
                self.host.as_deref()
            }
        })+
    };
}

listed!(
    vsscope_model::ListedWriter,
    vsscope_model::ListedProvider,
    vsscope_model::ListedSnapshot,
    vsscope_model::ShadowStorage
);

impl Listed for vsscope_model::ListedVolume {
    fn source(&self) -> &RecordRef {
        &self.source
    }

    fn host(&self) -> Option<&str> {
        None
    }
}

/// Path of the input that an entry was read from.
fn path(source: &RecordRef) -> &str {
    source.via.as_ref().map_or(&*source.input, |via| &*via.input)
}

/// The entries by input and machine, in the order in which these come first.
fn groups<T: Listed>(entries: &[T]) -> Vec<Vec<&T>> {
    let mut groups: Vec<Vec<&T>> = Vec::new();
    for entry in entries {
        let key = (path(entry.source()), entry.host());
        let group = groups
            .iter_mut()
            .find(|group| group.first().is_some_and(|first| (path(first.source()), first.host()) == key));
        match group {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups
}

/// What is shown of the list of one input.
struct List {
    grid: Grid,
    /// What marks mean, and how many rows are left out.
    below: Vec<String>,
    /// What the table has no room for, for those who want everything.
    details: Vec<String>,
}

/// A heading, and for each input a line that names it, and its list.
fn section<T: Listed>(
    page: &mut Page,
    title: &str,
    entries: &[T],
    mut table: impl FnMut(&Page, &[&T]) -> List,
) {
    if entries.is_empty() {
        return;
    }
    page.heading(title);
    for (at, group) in groups(entries).iter().enumerate() {
        if at > 0 {
            page.gap();
        }
        if let Some(first) = group.first() {
            from(page, first.source(), first.host());
        }
        let list = table(page, group);
        page.table(0, &list.grid);
        for line in &list.below {
            page.paragraph(0, line);
        }
        for line in &list.details {
            page.hanging(page.options.either("•", "-"), 0, 2, line);
        }
    }
}

/// The line that says where a list is from.
fn from(page: &mut Page, source: &RecordRef, host: Option<&str>) {
    let options = page.options;
    let host = host.map(|host| format!(" on {}", options.clean(host))).unwrap_or_default();
    let words = page.style(Style::Dim, &format!("from {}{host}", options.clean(path(source))));
    page.paragraph(0, &words);
}

/// One line with what the table has no room for, for those who want everything: ids in full, place in the input.
fn details(name: &str, parts: impl IntoIterator<Item = Option<String>>, source: &RecordRef) -> String {
    let place = match (source.line, source.offset) {
        (Some(line), _) => Some(format!("line {line}")),
        (None, Some(offset)) => Some(format!("offset 0x{offset:x}")),
        (None, None) => None,
    };
    let parts: Vec<String> = parts.into_iter().chain([place]).flatten().collect();
    format!("{name}: {}", parts.join(", "))
}

/// How many rows are shown.
fn rows(page: &Page) -> usize {
    if page.options.verbose { usize::MAX } else { ROWS }
}

/// What is said of rows that are left out.
fn left_out(hidden: usize) -> Vec<String> {
    if hidden == 0 { Vec::new() } else { vec![format!("and {hidden} more (all with --verbose)")] }
}

/// Text of a tool, if there is any.
fn said(page: &Page, text: Option<&str>) -> String {
    text.map(|text| page.options.clean(text)).unwrap_or_default()
}
