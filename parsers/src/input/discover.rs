//! What was typed becomes the inputs behind it: files, folders, patterns, the standard input.

use super::Source;
use globset::GlobBuilder;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

/// The inputs behind what was typed, and what was wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Inputs in the order they were named; those of a folder by name.
    pub inputs: Vec<Source>,
    /// Paths that lead nowhere.
    pub problems: Vec<Problem>,
}

/// An input that is of no use: a path that leads nowhere, a file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Problem {
    /// The path as it was typed, or the folder that could not be walked.
    pub path: Arc<str>,
    /// What is wrong.
    pub message: String,
}

/// Finds the inputs. Folders are walked without following symbolic links; a pattern (`*`, `?`, `[…]`, `{…}`) stands for
/// the files that fit, as if they had been named; `-` is the standard input. A file that was named twice is one input.
pub fn discover(args: &[String]) -> Discovery {
    let mut found = Found::default();
    for arg in args {
        found.enter(arg);
    }
    found.discovery
}

#[derive(Default)]
struct Found {
    discovery: Discovery,
    /// Real paths, and where the input is in the list.
    known: HashMap<PathBuf, usize>,
}

impl Found {
    fn enter(&mut self, arg: &str) {
        let path = Path::new(arg);
        if arg == "-" {
            return self.add(PathBuf::from("-"), Source::stdin());
        }
        if path.is_dir() {
            self.walk(path, usize::MAX, |_| true, false);
            return;
        }
        if path.exists() {
            return self.file(path.to_owned(), true);
        }
        if !is_pattern(arg) {
            return self.problem(arg, "no such file or folder");
        }
        match GlobBuilder::new(arg).literal_separator(true).build() {
            Ok(glob) => {
                let matcher = glob.compile_matcher();
                let fixed = fixed_part(path);
                let fitting =
                    self.walk(&fixed, depth_below(&fixed, arg), |path| matcher.is_match(path), true);
                if fitting == 0
                    && self.folders(&fixed, depth_below(&fixed, arg), |path| matcher.is_match(path)) == 0
                {
                    self.problem(arg, "no file or folder fits this pattern");
                }
            }
            Err(error) => self.problem(arg, &format!("not a pattern: {}", error.kind())),
        }
    }

    /// Adds the files below a folder that fit, and says how many there were, known ones included.
    fn walk(&mut self, root: &Path, depth: usize, fits: impl Fn(&Path) -> bool, named: bool) -> u64 {
        let mut fitting: u64 = 0;
        let start = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        for entry in WalkDir::new(start).max_depth(depth).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = entry.path();
                    let path = if root == start { path } else { path.strip_prefix(start).unwrap_or(path) };
                    if fits(path) {
                        fitting = fitting.saturating_add(1);
                        self.file(path.to_owned(), named);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(start).to_string_lossy().into_owned();
                    self.problem(
                        &path,
                        &error.io_error().map_or_else(|| error.to_string(), ToString::to_string),
                    );
                }
            }
        }
        fitting
    }

    /// Walks the folders that fit a pattern, which no shell has done on Windows; says how many there were.
    fn folders(&mut self, root: &Path, depth: usize, fits: impl Fn(&Path) -> bool) -> usize {
        let start = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let entries = WalkDir::new(start).min_depth(1).max_depth(depth).sort_by_file_name();
        let folders = entries.into_iter().flatten().filter(|entry| entry.file_type().is_dir());
        let folders = folders.map(|entry| match root == start {
            true => entry.path().to_owned(),
            false => entry.path().strip_prefix(start).unwrap_or(entry.path()).to_owned(),
        });
        let fitting: Vec<PathBuf> = folders.filter(|path| fits(path)).collect();
        for folder in &fitting {
            self.walk(folder, usize::MAX, |_| true, false);
        }
        fitting.len()
    }

    fn file(&mut self, path: PathBuf, named: bool) {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        self.add(real, Source { named, ..Source::file(path) });
    }

    fn add(&mut self, real: PathBuf, source: Source) {
        let known = self.known.get(&real).and_then(|index| self.discovery.inputs.get_mut(*index));
        if let Some(known) = known {
            known.named |= source.named;
            return;
        }
        self.known.insert(real, self.discovery.inputs.len());
        self.discovery.inputs.push(source);
    }

    fn problem(&mut self, path: &str, message: &str) {
        self.discovery.problems.push(Problem { path: Arc::from(path), message: message.to_owned() });
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// The folders before the first part that is a pattern.
fn fixed_part(path: &Path) -> PathBuf {
    path.components().take_while(|part| !is_pattern(&part.as_os_str().to_string_lossy())).collect()
}

/// How many folders below its fixed part a pattern can reach; folders that are deeper are none of its business.
fn depth_below(fixed: &Path, pattern: &str) -> usize {
    if pattern.contains("**") {
        return usize::MAX;
    }
    Path::new(pattern).components().count().saturating_sub(fixed.components().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(discovery: &Discovery, root: &Path) -> Vec<String> {
        let shown = |source: &Source| source.path.replace(&*root.to_string_lossy(), "").replace('\\', "/");
        discovery.inputs.iter().map(shown).collect()
    }

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in ["b.evtx", "a.json", "sub/c.evtx", "sub/deep/d.evtx"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        root
    }

    fn arg(root: &tempfile::TempDir, rest: &str) -> String {
        root.path().join(rest).to_string_lossy().into_owned()
    }

    #[test]
    fn a_folder_is_walked_in_order_of_names() {
        let root = tree();
        let found = discover(&[arg(&root, "")]);
        assert_eq!(names(&found, root.path()), ["/a.json", "/b.evtx", "/sub/c.evtx", "/sub/deep/d.evtx"]);
        assert!(found.inputs.iter().all(|source| !source.named && source.bytes == Some(1)));
        assert_eq!(found.problems, []);
    }

    #[test]
    fn a_pattern_stands_for_files_that_were_named() {
        let root = tree();
        assert_eq!(names(&discover(&[arg(&root, "*.evtx")]), root.path()), ["/b.evtx"]);
        let deep = discover(&[arg(&root, "**/[cd].evtx")]);
        assert_eq!(names(&deep, root.path()), ["/sub/c.evtx", "/sub/deep/d.evtx"]);
        assert!(deep.inputs.iter().all(|source| source.named));
        let none = discover(&[arg(&root, "*.etl")]);
        assert_eq!(none.problems.len(), 1);
        assert_eq!(none.problems[0].message, "no file or folder fits this pattern");
    }

    #[test]
    fn a_pattern_that_fits_only_folders_stands_for_what_is_in_them() {
        let root = tree();
        let all = |pattern: &str| names(&discover(&[arg(&root, pattern)]), root.path());
        assert_eq!(all("s?b"), all("sub"));
        assert!(all("s?b").contains(&"/sub/deep/d.evtx".to_owned()));
    }

    #[test]
    fn a_pattern_whose_files_were_all_named_before_fitted_none() {
        let root = tree();
        let twice = discover(&[root.path().to_string_lossy().into_owned(), arg(&root, "*.evtx")]);
        assert_eq!(twice.problems.len(), 0, "{:?}", twice.problems);
        assert_eq!(twice.inputs.iter().filter(|source| source.named).count(), 1);
    }

    #[test]
    fn a_pattern_complained_about_folders_that_it_does_not_reach() {
        assert_eq!(depth_below(Path::new("logs"), "logs/*.evtx"), 1);
        assert_eq!(depth_below(Path::new(""), "*/{a,b}/*.evtx"), 3);
        assert_eq!(depth_below(Path::new("logs"), "logs/**/x.evtx"), usize::MAX);
        let root = tree();
        let found = discover(&[arg(&root, "*/c.evtx")]);
        assert_eq!(names(&found, root.path()), ["/sub/c.evtx"]);
        assert_eq!(discover(&[arg(&root, "*/*/d.evtx")]).inputs.len(), 1);
    }

    #[test]
    fn what_is_not_there_is_a_problem_and_the_rest_is_found() {
        let root = tree();
        let found = discover(&[arg(&root, "gone.evtx"), arg(&root, "b.evtx"), "-".to_owned()]);
        assert_eq!(names(&found, root.path()), ["/b.evtx", "-"]);
        assert_eq!(found.problems[0].message, "no such file or folder");
        assert!(found.problems[0].path.ends_with("gone.evtx"));
    }

    #[test]
    fn a_file_that_is_named_twice_is_one_input() {
        let root = tree();
        let found = discover(&[arg(&root, ""), arg(&root, "sub/../b.evtx"), "-".to_owned(), "-".to_owned()]);
        assert_eq!(found.inputs.len(), 5);
        let named: Vec<_> =
            found.inputs.iter().filter(|source| source.named).map(|source| &*source.path).collect();
        assert!(named.len() == 2 && named[0].ends_with("b.evtx") && named[1] == "-", "{named:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_in_folders_are_not_followed() {
        let root = tree();
        std::os::unix::fs::symlink(root.path(), root.path().join("sub/loop")).unwrap();
        std::os::unix::fs::symlink(root.path().join("b.evtx"), root.path().join("link.evtx")).unwrap();
        assert_eq!(discover(&[arg(&root, "")]).inputs.len(), 4);
    }
}
