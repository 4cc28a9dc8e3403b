//! The words of the dialect, for completion and for names that are near.

use polars::sql::keywords;
use std::collections::BTreeSet;

/// What polars lists among its words though it is built without it here (its `rank`, `semi_anti_join`, `bitwise`, `nightly`).
const ABSENT: &[&str] = &["anti", "bit_count", "dense_rank", "initcap", "intersect", "rank", "semi"];

/// The functions, in capitals and sorted.
pub fn functions() -> Vec<String> {
    sorted(keywords::all_functions().into_iter().filter(is_there))
}

/// The key words, in capitals and sorted.
pub fn keywords() -> Vec<String> {
    let functions: BTreeSet<&str> = keywords::all_functions().into_iter().collect();
    let is_word = |word: &&str| !functions.contains(word) && is_there(word);
    sorted(keywords::all_keywords().into_iter().filter(is_word).chain([
        "DESCRIBE",
        "UNION",
        "ALL",
        "OVER",
        "PARTITION",
    ]))
}

fn is_there(word: &&str) -> bool {
    !ABSENT.contains(&word.to_lowercase().as_str()) && !word.starts_with("read_")
}

fn sorted<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
    let words: BTreeSet<String> = words.into_iter().map(str::to_uppercase).collect();
    words.into_iter().collect()
}
