//! The words of the dialect, for completion.

use polars::sql::keywords;
use std::collections::BTreeSet;

/// The functions, in capitals and sorted.
pub fn functions() -> Vec<String> {
    sorted(keywords::all_functions())
}

/// The key words, in capitals and sorted.
pub fn keywords() -> Vec<String> {
    let functions: BTreeSet<&str> = keywords::all_functions().into_iter().collect();
    let is_word = |word: &&str| !functions.contains(word) && !word.contains("read_");
    sorted(keywords::all_keywords().into_iter().filter(is_word).chain([
        "DESCRIBE",
        "UNION",
        "ALL",
        "OVER",
        "PARTITION",
    ]))
}

fn sorted<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
    let words: BTreeSet<String> = words.into_iter().map(str::to_uppercase).collect();
    words.into_iter().collect()
}
