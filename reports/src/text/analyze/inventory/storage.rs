//! Providers, shadow copy storage and volumes, as tools list them.

use super::snapshots::volume_words;
use super::{List, details, left_out, rows, said, section};
use crate::text::page::Page;
use crate::text::style::Style;
use crate::text::table::{Grid, Kind};
use vsscope_model::{Amount, ListedProvider, ListedVolume, ShadowStorage};

/// From this share on, storage is shown as nearly full.
const NEARLY_FULL: u64 = 90;

pub(super) fn providers(page: &mut Page, providers: &[ListedProvider]) {
    section(page, "Providers", providers, |page, providers| {
        let columns = [
            ("provider", Kind::Flexible),
            ("type", Kind::Flexible),
            ("version", Kind::Flexible),
            ("id", Kind::Flexible),
        ];
        let mut grid = Grid::new(&columns);
        let shown = rows(page);
        for provider in providers.iter().take(shown) {
            grid.row(vec![
                said(page, provider.name.as_deref()),
                provider_type(page, provider),
                said(page, provider.version.as_deref()),
                provider.id.map(|id| id.to_string()).unwrap_or_default(),
            ]);
        }
        let class = |provider: &&ListedProvider| {
            let class = provider.class_id.map(|id| format!("class {id}"));
            details(&said(page, provider.name.as_deref()), [class], &provider.source)
        };
        let details = providers.iter().filter(|_| page.options.verbose).map(class).collect();
        List { grid, below: left_out(providers.len().saturating_sub(shown)), details }
    });
}

/// The type by its number (`VSS_PROVIDER_TYPE`, vss.h), else in the tool's words.
fn provider_type(page: &Page, provider: &ListedProvider) -> String {
    const TYPES: [&str; 5] = ["unknown", "system", "software", "hardware", "file share"];
    let known = provider.type_number.and_then(|number| {
        let name = TYPES.get(usize::try_from(number).ok()?)?;
        Some(format!("{number} {name}"))
    });
    let number = || provider.type_number.map(|number| number.to_string());
    known
        .or_else(|| provider.type_text.as_deref().map(|text| page.options.clean(text)))
        .or_else(number)
        .unwrap_or_default()
}

pub(super) fn storage(page: &mut Page, storage: &[ShadowStorage]) {
    section(page, "Storage", storage, |page, storage| {
        let columns = [
            ("volume", Kind::Flexible),
            ("on", Kind::Flexible),
            ("used", Kind::Flexible),
            ("allocated", Kind::Flexible),
            ("maximum", Kind::Flexible),
            ("used of max", Kind::Number),
        ];
        let mut grid = Grid::new(&columns);
        let shown = rows(page);
        for entry in storage.iter().take(shown) {
            let volume = |text: &Option<String>| {
                text.as_deref().map(|text| page.options.clean(&volume_words(text))).unwrap_or_default()
            };
            let amount = |amount: &Option<Amount>| said(page, amount.as_ref().map(|amount| &*amount.text));
            grid.row(vec![
                volume(&entry.volume),
                volume(&entry.on_volume),
                amount(&entry.used),
                amount(&entry.allocated),
                amount(&entry.maximum),
                share(entry).map(|percent| share_cell(page, percent)).unwrap_or_default(),
            ]);
        }
        List { grid, below: left_out(storage.len().saturating_sub(shown)), details: Vec::new() }
    });
}

/// How much of the maximum is in use, in percent, worked out from the rounded amounts; absent where there is no limit.
fn share(entry: &ShadowStorage) -> Option<u64> {
    let bytes = |amount: &Option<Amount>| amount.as_ref().and_then(|amount| amount.bytes);
    let (used, most) = (bytes(&entry.used)?, bytes(&entry.maximum)?);
    let percent = (u128::from(used) * 100).checked_div(u128::from(most))?;
    u64::try_from(percent).ok()
}

fn share_cell(page: &Page, percent: u64) -> String {
    let text = format!("{percent}%");
    match percent {
        NEARLY_FULL.. => page.style(Style::Warning, &format!("{text}!")),
        _ => text,
    }
}

pub(super) fn volumes(page: &mut Page, volumes: &[ListedVolume]) {
    section(page, "Volumes listed", volumes, |page, volumes| {
        let columns = [("volume", Kind::Flexible), ("name", Kind::Flexible)];
        let mut grid = Grid::new(&columns);
        let shown = rows(page);
        for volume in volumes.iter().take(shown) {
            grid.row(vec![said(page, volume.path.as_deref()), said(page, volume.name.as_deref())]);
        }
        List { grid, below: left_out(volumes.len().saturating_sub(shown)), details: Vec::new() }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(bytes: Option<u64>) -> Option<Amount> {
        Some(Amount { bytes, ..Amount::default() })
    }

    #[test]
    fn storage_without_a_limit_has_no_share() {
        let storage = |used, maximum| ShadowStorage { used, maximum, ..ShadowStorage::default() };
        assert_eq!(share(&storage(amount(Some(93)), amount(Some(100)))), Some(93));
        assert_eq!(share(&storage(amount(Some(u64::MAX)), amount(Some(u64::MAX)))), Some(100));
        assert_eq!(share(&storage(amount(Some(93)), amount(None))), None);
        assert_eq!(share(&storage(amount(Some(93)), amount(Some(0)))), None);
        assert_eq!(share(&storage(None, amount(Some(100)))), None);
    }

    #[test]
    fn a_volume_with_a_letter_is_shown_by_its_letter() {
        let name = r"\\?\Volume{0c6f1a2b-0000-0000-0000-100000000000}\";
        assert_eq!(volume_words(&format!("(C:){name}")), "C:");
        assert_eq!(volume_words(name), "Volume{0c6f1a2b}");
        assert_eq!(volume_words("D:\\"), "D:");
    }
}
