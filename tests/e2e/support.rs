//! Running the binary and the library, and finding the real logs.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};
use vsscope_model::Analysis;
use vsscope_parsers::ReadOptions;

/// The built binary, in an environment that does not change its output.
pub fn vsscope() -> Command {
    let mut command = Command::cargo_bin("vsscope").expect("the binary is built for the tests");
    command.env("NO_COLOR", "1").env("COLUMNS", "100").env("SOURCE_DATE_EPOCH", "1900000000");
    command
}

/// Runs the binary; exit code, standard output and standard error.
pub fn run(args: &[&str]) -> (i32, String, String) {
    let output = vsscope().args(args).output().expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
}

/// The analysis of these paths through the binary, as JSON.
pub fn json(paths: &[&str]) -> Value {
    let mut args = vec!["analyze", "--format", "json", "--fail-on", "never"];
    args.extend(paths);
    let (_, stdout, stderr) = run(&args);
    serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("not JSON ({e}); standard error: {stderr}"))
}

/// The events of these paths, as `vsscope events` writes them.
pub fn events(paths: &[&str]) -> Vec<Value> {
    let mut args = vec!["events", "--format", "ndjson", "--fail-on", "never"];
    args.extend(paths);
    let (_, stdout, stderr) = run(&args);
    let line = |line: &str| {
        serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}; {stderr}"))
    };
    stdout.lines().map(line).collect()
}

/// The analysis of these paths through the library.
pub fn analysis(paths: &[String]) -> Analysis {
    let discovery = vsscope_parsers::discover(paths);
    assert!(discovery.problems.is_empty(), "{:?}", discovery.problems);
    let read = |source| vsscope_parsers::read(source, &ReadOptions::default(), &());
    let mut reports: Vec<_> = discovery.inputs.iter().flat_map(read).collect();
    vsscope::run::analyse(&mut reports)
}

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A committed sample.
pub fn sample(name: &str) -> String {
    root().join("fixtures/samples").join(name).to_str().expect("a UTF-8 path").to_owned()
}

/// A file or folder of the shared reference folder, if it is there; says so if it is not.
#[allow(clippy::print_stderr, reason = "a skipped test has to say that it was skipped")]
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// The ids of the rules of a JSON analysis that count, sorted, each once.
pub fn fired(analysis: &Value) -> Vec<String> {
    let counts = |f: &&Value| f["status"] == "new";
    let findings = analysis["findings"].as_array().expect("findings");
    let mut rules: Vec<String> =
        findings.iter().filter(counts).filter_map(|f| f["rule"].as_str().map(str::to_owned)).collect();
    rules.sort();
    rules.dedup();
    rules
}
