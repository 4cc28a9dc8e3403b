//! The registry key `Services\VSS\Diag`, as exports and hives show it.

use super::{from, path};
use crate::text::page::Page;
use crate::text::style::Style;
use crate::text::units::{count, thousands};
use vsscope_model::RegistryKey;

const LABEL: usize = 13;

pub(super) fn registry(page: &mut Page, keys: &[RegistryKey]) {
    if keys.is_empty() {
        return;
    }
    page.heading("Registry key");
    let mut above = None;
    for key in keys {
        let input = path(&key.source);
        if above.replace(input) != Some(input) {
            from(page, &key.source, None);
        }
        one_key(page, key);
    }
}

fn one_key(page: &mut Page, key: &RegistryKey) {
    let options = page.options;
    let current = match key.current {
        Some(true) => " (current control set)",
        Some(false) => " (not the current control set)",
        None => "",
    };
    let name = page.style(Style::Strong, &options.clean(&key.path));
    page.hanging("", 0, 2, &format!("{name}{current}"));
    if let Some(value) = &key.default_value {
        let shown = options.clean(value);
        match value.trim().eq_ignore_ascii_case("disabled") {
            true => {
                let shown = page.style(Style::Warning, &shown);
                fact(page, "default", &format!("{shown}: recording is switched off"));
            }
            false => fact(page, "default", &shown),
        }
    }
    if let Some(time) = key.last_write {
        let words = "(inferred: the newest live subkey was made then)";
        fact(page, "last write", &format!("{} {words}", page.instant(time)));
    }
    let subkeys = count(key.subkeys.len(), "subkey");
    fact(page, "values", &format!("{} decoded in {subkeys}", thousands(key.values)));
    if let Some(volatile) = key.volatile_subkeys.filter(|_| options.verbose) {
        let words = "subkeys lived in memory only (a hint: the count has no meaning on disk)";
        fact(page, "volatile", &format!("{} {words}", thousands(u64::from(volatile))));
    }
    if options.verbose && !key.subkeys.is_empty() {
        let names: Vec<String> = key.subkeys.iter().map(|name| options.clean(name)).collect();
        fact(page, "subkeys", &names.join(", "));
    }
}

fn fact(page: &mut Page, name: &str, text: &str) {
    let name = page.style(Style::Dim, name);
    page.hanging(&name, 2, LABEL, text);
}
