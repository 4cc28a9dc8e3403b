//! SQL over analyses built by hand: what it finds, how it fails, and every form of an answer.

use crate::markdown::seen;
use crate::sample;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;
use vsscope_model::Analysis;
use vsscope_reports::sql::{Answer, Cell, Database, QueryError, catalogue, functions, is_complete, keywords};
use vsscope_reports::{TextOptions, tables, text};

fn ask(analysis: &Analysis, sql: &str) -> Answer {
    Database::new(analysis).run(sql).unwrap_or_else(|error| panic!("{}", error.told(sql)))
}

fn fails(sql: &str) -> QueryError {
    match Database::new(&sample::failed()).run(sql) {
        Err(error) => error,
        Ok(answer) => panic!("{sql} gives {answer:?}"),
    }
}

/// The rows as a program reads them.
fn rows(analysis: &Analysis, sql: &str) -> Value {
    let mut out = Vec::new();
    ask(analysis, sql).json(&mut out).expect("memory can be written");
    serde_json::from_slice(&out).expect("JSON")
}

#[test]
fn tables_are_joined_grouped_and_windowed() {
    let failed = sample::failed();
    // Two sets: the first completed without a finding, the second failed with two; both on one host.
    let rows = |sql| rows(&failed, sql);
    assert_eq!(
        rows("SELECT f.rule, s.outcome FROM findings f JOIN sets s ON f.set = s.set ORDER BY f.finding"),
        json!([
            {"rule": "freeze-window-exceeded", "outcome": "failed"},
            {"rule": "abort-during-freeze", "outcome": "failed"},
        ])
    );
    assert_eq!(
        rows(
            "SELECT s.outcome, COUNT(f.rule) AS n FROM sets s LEFT JOIN findings f USING (set) GROUP BY s.outcome"
        ),
        json!([{"outcome": "completed", "n": 0}, {"outcome": "failed", "n": 2}])
    );
    assert_eq!(
        rows(
            "WITH bad AS (SELECT set FROM sets WHERE outcome = 'failed') SELECT COUNT(*) AS n FROM findings WHERE set IN (SELECT set FROM bad)"
        ),
        json!([{"n": 2}])
    );
    assert_eq!(
        rows(
            "SELECT outcome, LAG(outcome) OVER (ORDER BY started) AS before, ROW_NUMBER() OVER (ORDER BY started) AS n FROM sets"
        ),
        json!([
            {"outcome": "completed", "before": null, "n": 1},
            {"outcome": "failed", "before": "completed", "n": 2},
        ])
    );
    assert_eq!(
        rows(
            "SELECT COUNT(*) FILTER (WHERE outcome = 'failed') AS bad, MAX(creation_ms) AS longest FROM sets"
        ),
        json!([{"bad": 1, "longest": 64700.0}])
    );
}

#[test]
fn times_compare_with_text_and_their_differences_are_durations() {
    let failed = sample::failed();
    let sql = "SELECT started, ended - started AS took, CAST(started AS DATE) AS day FROM sets WHERE started > '2026-03-03 01:14:50'";
    assert_eq!(
        rows(&failed, sql),
        json!([{"started": "2026-03-03T01:14:58Z", "took": 982_000.0, "day": "2026-03-03"}])
    );
    let answer = ask(&failed, sql);
    let berlin = TextOptions { tz: chrono_tz::Europe::Berlin, ..TextOptions::default() };
    let shown = text::answer(&answer, None, &berlin);
    assert!(shown.contains("2026-03-03 02:14:58.000 +01:00") && shown.contains("16 min 22 s"), "{shown}");
}

#[test]
fn statements_run_in_turn_and_tables_can_be_kept() {
    let failed = sample::failed();
    let mut database = Database::new(&failed);
    let made = database
        .run("CREATE TABLE bad AS SELECT host, set FROM sets WHERE outcome = 'failed'")
        .expect("made");
    assert_eq!(made.row(0), [Cell::Text("bad: 1 rows".to_owned())]);
    assert_eq!(
        database.run("SELECT 1 AS a; SELECT COUNT(*) AS n FROM bad").expect("rows").row(0),
        [Cell::Integer(1)]
    );
    assert!(database.tables().iter().any(|table| table.name == "bad"));
    assert_eq!(database.columns("bad").map(|columns| columns.len()), Some(2));
    assert!(database.run("CREATE TABLE bad AS SELECT 1 AS a").is_err(), "it is there already");
    assert!(database.run("CREATE TABLE sets AS SELECT 1 AS a").is_err(), "a table of the analysis");
    assert!(database.run("DROP TABLE sets").is_err());
    database.run("DROP TABLE bad").expect("dropped");
    assert!(database.run("SELECT * FROM bad").is_err());
    // The name of a subquery hides a table in its statement only.
    let sql = "SELECT * FROM (SELECT 1 AS a) sets; SELECT COUNT(outcome) AS n FROM sets";
    assert_eq!(database.run(sql).expect("rows").row(0), [Cell::Integer(2)]);
}

#[test]
fn names_that_are_not_there_have_a_place_and_neighbours() {
    let place = |error: &QueryError| error.place.map(|place| (place.line, place.column, place.length));
    let column = fails("SELECT outcome,\n  stated FROM sets");
    assert_eq!((place(&column), column.near.as_slice()), (Some((2, 3, 6)), &["started".to_owned()][..]));
    assert!(column.help.as_deref().is_some_and(|help| help.starts_with("sets: set, host,")), "{column:?}");
    let qualified = fails("SELECT s.stated FROM sets AS s");
    assert_eq!(
        (place(&qualified), qualified.near.as_slice()),
        (Some((1, 10, 6)), &["started".to_owned()][..])
    );
    let table = fails("SELECT * FROM Sets");
    assert_eq!((place(&table), table.near.as_slice()), (Some((1, 15, 4)), &["sets".to_owned()][..]));
    let alias = fails("SELECT x.outcome FROM sets AS s");
    assert_eq!(place(&alias), Some((1, 8, 1)));
    let function = fails("SELECT COUTN(*) FROM sets");
    assert_eq!(
        (place(&function), function.near.first().map(String::as_str)),
        (Some((1, 8, 5)), Some("COUNT"))
    );
    let described = fails("DESCRIBE setz");
    assert_eq!((place(&described), described.near.as_slice()), (Some((1, 10, 4)), &["sets".to_owned()][..]));
}

/// Constructs that docs/queries.md says work, each with what it makes of `a` (1 one, 2 two, 2 zwei) and `b` (2, 3).
const WORKS: &[(&str, &str, &str)] = &[
    ("INNER", "SELECT n FROM a INNER JOIN b ON a.x = b.y", r#"[{"n":"two"},{"n":"zwei"}]"#),
    ("LEFT", "SELECT n, y FROM a LEFT JOIN b ON a.x = b.y WHERE x = 1", r#"[{"n":"one","y":null}]"#),
    ("RIGHT", "SELECT n, y FROM a RIGHT JOIN b ON a.x = b.y WHERE y = 3", r#"[{"n":null,"y":3}]"#),
    ("FULL", "SELECT COUNT(*) AS c FROM a FULL JOIN b ON a.x = b.y", r#"[{"c":4}]"#),
    ("CROSS", "SELECT COUNT(*) AS c FROM a CROSS JOIN b", r#"[{"c":6}]"#),
    (
        "USING",
        "SELECT n FROM a JOIN (SELECT y AS x FROM b) AS c USING (x) WHERE n <> 'two'",
        r#"[{"n":"zwei"}]"#,
    ),
    ("WITH", "WITH c AS (SELECT x FROM a WHERE n = 'one') SELECT x FROM c", r#"[{"x":1}]"#),
    ("FROM", "SELECT c.x FROM (SELECT MAX(x) AS x FROM a) AS c", r#"[{"x":2}]"#),
    ("IN (SELECT …)", "SELECT n FROM a WHERE x IN (SELECT y FROM b)", r#"[{"n":"two"},{"n":"zwei"}]"#),
    ("NOT IN (SELECT …)", "SELECT n FROM a WHERE x NOT IN (SELECT y FROM b)", r#"[{"n":"one"}]"#),
    ("UNION", "SELECT x FROM a UNION SELECT y AS x FROM b ORDER BY x", r#"[{"x":1},{"x":2},{"x":3}]"#),
    (
        "UNION ALL",
        "SELECT COUNT(*) AS c FROM (SELECT x FROM a UNION ALL SELECT y AS x FROM b) AS u",
        r#"[{"c":5}]"#,
    ),
    ("GROUP BY", "SELECT x, COUNT(*) AS c FROM a GROUP BY x", r#"[{"x":1,"c":1},{"x":2,"c":2}]"#),
    ("HAVING", "SELECT x FROM a GROUP BY x HAVING COUNT(*) > 1", r#"[{"x":2}]"#),
    ("DISTINCT", "SELECT DISTINCT x FROM a", r#"[{"x":1},{"x":2}]"#),
    ("FILTER (WHERE …)", "SELECT COUNT(*) FILTER (WHERE x > 1) AS c FROM a", r#"[{"c":2}]"#),
    ("LAG", "SELECT LAG(y) OVER (ORDER BY y) AS l FROM b", r#"[{"l":null},{"l":2}]"#),
    ("LEAD", "SELECT LEAD(y) OVER (ORDER BY y) AS l FROM b", r#"[{"l":3},{"l":null}]"#),
    (
        "ROW_NUMBER",
        "SELECT ROW_NUMBER() OVER (PARTITION BY x ORDER BY n) AS r FROM a",
        r#"[{"r":1},{"r":1},{"r":2}]"#,
    ),
    ("SUM … OVER", "SELECT SUM(x) OVER (PARTITION BY x) AS s FROM a", r#"[{"s":1},{"s":4},{"s":4}]"#),
    (
        "CASE",
        "SELECT CASE WHEN y = 2 THEN 'two' ELSE 'more' END AS c FROM b",
        r#"[{"c":"two"},{"c":"more"}]"#,
    ),
    ("LIKE", "SELECT n FROM a WHERE n LIKE 'z%'", r#"[{"n":"zwei"}]"#),
    ("ILIKE", "SELECT n FROM a WHERE n ILIKE 'Z%'", r#"[{"n":"zwei"}]"#),
    ("REGEXP_LIKE", "SELECT n FROM a WHERE REGEXP_LIKE(n, '^.w')", r#"[{"n":"two"},{"n":"zwei"}]"#),
    ("QUANTILE_CONT", "SELECT QUANTILE_CONT(y, 0.5) AS q FROM b", r#"[{"q":2.5}]"#),
    ("STRING_AGG", "SELECT STRING_AGG(n, ', ') AS s FROM a", r#"[{"s":"one, two, zwei"}]"#),
    ("EXTRACT", "SELECT EXTRACT(day FROM DATE '2026-03-04') AS d", r#"[{"d":4}]"#),
    ("STRFTIME", "SELECT STRFTIME(DATE '2026-03-04', '%d.%m.') AS d", r#"[{"d":"04.03."}]"#),
    ("CAST", "SELECT CAST('7' AS INT) AS i", r#"[{"i":7}]"#),
    (
        "+ INTERVAL '2h'",
        "SELECT TIMESTAMP '2026-03-03 23:00:00' + INTERVAL '2h' AS t",
        r#"[{"t":"2026-03-04T01:00:00"}]"#,
    ),
    ("CREATE TABLE name AS SELECT …", "CREATE TABLE c AS SELECT 1 AS x; SELECT x FROM c", r#"[{"x":1}]"#),
    ("SHOW TABLES", "CREATE TABLE tables AS SELECT 1 AS x; SHOW TABLES", ""),
    ("DESCRIBE table", "DESCRIBE b", r#"[{"column":"y","type":"i32"}]"#),
    ("name:table", "SELECT * FROM b JOIN b AS c ON b.y = c.y WHERE b.y = 3", r#"[{"y":3,"y:c":3}]"#),
];

#[test]
fn what_the_page_says_works_works() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/queries.md"))
        .expect("the page");
    let (_, rest) = page.split_once("\nWhat works: ").expect("the paragraph");
    let named: Vec<&str> =
        rest.split("\n\n").next().expect("its end").split('`').skip(1).step_by(2).collect();
    assert_eq!(named, WORKS.iter().map(|(construct, ..)| *construct).collect::<Vec<_>>());
    let analysis = sample::failed();
    for (construct, sql, expected) in WORKS {
        let sql = format!("{TWO_TABLES}{sql}");
        let rows = rows(&analysis, &sql);
        match *construct {
            "SHOW TABLES" => {
                assert_eq!(rows.as_array().map(Vec::len), Some(tables::TABLES.len() + 3), "{rows}")
            }
            _ => assert_eq!(rows, serde_json::from_str::<Value>(expected).expect(construct), "{sql}"),
        }
    }
}

const TWO_TABLES: &str = "CREATE TABLE a AS SELECT * FROM (VALUES (1, 'one'), (2, 'two'), (2, 'zwei')) AS v(x, n); \
                          CREATE TABLE b AS SELECT * FROM (VALUES (2), (3)) AS v(y); ";

/// What docs/queries.md says to write instead of what polars is built without.
#[test]
fn what_is_written_instead_works() {
    let analysis = sample::failed();
    for (lacks, instead, expected) in [
        (
            "SELECT n FROM a SEMI JOIN b ON a.x = b.y",
            "SELECT n FROM a WHERE x IN (SELECT y FROM b)",
            json!([{"n": "two"}, {"n": "zwei"}]),
        ),
        (
            "SELECT n FROM a ANTI JOIN b ON a.x = b.y",
            "SELECT n FROM a WHERE x NOT IN (SELECT y FROM b WHERE y IS NOT NULL)",
            json!([{"n": "one"}]),
        ),
        (
            "SELECT x FROM a INTERSECT SELECT y FROM b",
            "SELECT DISTINCT x FROM a WHERE x IN (SELECT y FROM b)",
            json!([{"x": 2}]),
        ),
        (
            "SELECT x FROM a EXCEPT SELECT y FROM b",
            "SELECT DISTINCT x FROM a WHERE x NOT IN (SELECT y FROM b WHERE y IS NOT NULL)",
            json!([{"x": 1}]),
        ),
        (
            "SELECT RANK() OVER (ORDER BY x) AS r FROM a",
            "SELECT ROW_NUMBER() OVER (ORDER BY x) AS r FROM a",
            json!([{"r": 1}, {"r": 2}, {"r": 3}]),
        ),
        (
            "SELECT DENSE_RANK() OVER (ORDER BY x) AS r FROM a",
            "SELECT r.r FROM a JOIN (SELECT x, ROW_NUMBER() OVER (ORDER BY x) AS r FROM (SELECT DISTINCT x FROM a) AS d) AS r USING (x)",
            json!([{"r": 1}, {"r": 2}, {"r": 2}]),
        ),
        (
            "SELECT COUNT(DISTINCT x, n) AS c FROM a",
            "SELECT COUNT(*) AS c FROM (SELECT DISTINCT x, n FROM a) AS d",
            json!([{"c": 3}]),
        ),
    ] {
        let error = fails(&format!("{TWO_TABLES}{lacks}"));
        assert!(error.place.is_some() && error.help.is_some() && error.near.is_empty(), "{lacks}: {error:?}");
        assert_eq!(rows(&analysis, &format!("{TWO_TABLES}{instead}")), expected, "{instead}");
    }
}

#[test]
fn a_function_that_is_there_is_not_said_to_be_missing() {
    for (sql, column) in
        [("SELECT COUNT(DISTINCT host, set) FROM sets", 8), ("SELECT 1, lower(host, 2) FROM sets", 11)]
    {
        let error = fails(sql);
        assert!(error.message.ends_with(" does not take these arguments"), "{error:?}");
        assert_eq!(error.place.map(|place| place.column), Some(column), "{sql}");
        assert!(error.near.is_empty(), "{error:?}");
    }
}

/// Completion and "did you mean" name nothing that polars is built without.
#[test]
fn every_function_that_is_named_is_there() {
    let analysis = sample::failed();
    let names = functions();
    assert!(names.len() > 80, "{names:?}");
    for name in names {
        let answer = Database::new(&analysis).run(&format!("SELECT {name}()"));
        assert!(
            answer.as_ref().err().is_none_or(|error| !error.message.contains("there is no function")),
            "{answer:?}"
        );
    }
    for word in ["ANTI", "INTERSECT", "RANK", "SEMI"] {
        assert!(!keywords().contains(&word.to_owned()) && !functions().contains(&word.to_owned()), "{word}");
    }
}

/// What polars cannot do is said in plain words, and mostly with what to write instead.
#[test]
fn what_the_dialect_lacks_is_said_in_words() {
    for (sql, instead) in [
        ("SELECT DATE_TRUNC('day', started) FROM sets", "STRFTIME"),
        ("SELECT NOW() - started FROM sets", "no now"),
        ("SELECT DATE(started) FROM sets", "CAST(started AS DATE)"),
        ("SELECT host FROM sets GROUP BY ROLLUP(host)", "UNION ALL"),
        ("WITH RECURSIVE x AS (SELECT 1 AS a) SELECT * FROM x", "join the table with itself"),
        ("SELECT rule FROM findings f WHERE EXISTS (SELECT 1 FROM sets s WHERE s.set = f.set)", "IN (SELECT"),
        ("SELECT host FROM sets QUALIFY ROW_NUMBER() OVER (ORDER BY started) = 1", "subquery"),
        ("SELECT host FROM sets WHERE started > TIMESTAMP '2026-03-03 01:00:00'", "compare with a string"),
        ("SELECT host FROM sets WHERE started > '2026-03-03 01:00:00Z'", "without a zone"),
        ("SELECT MIN(started), MAX(started) FROM sets", "AS"),
        ("SELECT set FROM sets JOIN findings ON sets.set = findings.set", "table before the column"),
        ("SELECT (SELECT MAX(started) FROM sets) AS latest", "behind FROM"),
        ("SELECT host FROM sets WHERE started < CURRENT_TIMESTAMP", "no now"),
    ] {
        let error = fails(sql);
        assert!(error.help.as_deref().is_some_and(|help| help.contains(instead)), "{sql}: {error:?}");
    }
}

#[test]
fn no_message_holds_a_syntax_tree_and_nothing_panics() {
    for sql in [
        "SELECT host + 1 FROM sets",
        "SELECT SUM(host) FROM sets",
        "SELECT host FROM sets ORDER BY 0",
        "SELECT host FROM sets GROUP BY 0",
        "SELECT GREATEST() FROM sets",
        "SELECT COLUMNS('(') FROM sets",
        "SELECT INTERVAL 'x'",
        "SELECT host ~ '(' FROM sets",
        "SELECT x'zz'",
        "SELECT b'12'",
        "SELECT host FROM sets LIMIT host",
        "SELECT host FROM sets GROUP BY CUBE(host)",
        "SELECT UNNEST(ARRAY[1]) FROM sets",
        "SELECT * FROM UNNEST(ARRAY[1])",
        "SELECT host FROM sets WHERE host = ANY(SELECT host FROM findings)",
        "SELECT CAST(host AS INT) FROM sets",
        "SELECT host::geometry FROM sets",
        "SELECT ARRAY[(SELECT 1)]",
        "SELECT host FROM sets TABLESAMPLE (10)",
        "SELECT * FROM sets PIVOT (SUM(creation_ms) FOR host IN ('a'))",
        "SELECT * FROM sets FOR UPDATE",
        "SELECT host FROM sets, LATERAL (SELECT 1 AS a) AS x",
        "SELECT JSON_OBJECT('a': 1)",
        "SELECT {'a': 1}.a.b.c FROM sets",
        "SELECT MAP {'a': 1}",
        "SELECT host COLLATE \"de\" FROM sets",
        "SELECT @x",
        "SELECT ?",
        "SELECT $1",
    ] {
        let Err(error) = Database::new(&sample::failed()).run(sql) else { continue };
        let told = error.told(sql);
        for sign in ["Span(", " { ", "Some(", "Ident", "ValueWithSpan", "quote_style", "panicked", ".rs:"] {
            let is_typed = sql.contains(sign);
            assert!(is_typed || !told.contains(sign), "{sql}: {told}");
        }
        assert!(error.message.len() < 300, "{sql}: {told}");
    }
}

#[test]
fn a_query_without_end_ends() {
    let analysis = sample::failed();
    let run = |sql: String| Database::new(&analysis).run(&sql).map(|answer| answer.height());
    assert_eq!(run(format!("SELECT {}1 AS a", "1+".repeat(1900))), Ok(1));
    assert!(
        run(format!("SELECT {}1 AS a", "1+".repeat(100_000))).is_err_and(|e| e.message.contains("too long"))
    );
    let nested = format!("SELECT {}1{} AS a", "(".repeat(50_000), ")".repeat(50_000));
    assert!(run(nested).is_err_and(|e| e.message.contains("nested too deeply")));
    let list = vec!["'a'"; 20_000].join(", ");
    assert_eq!(run(format!("SELECT host FROM sets WHERE host IN ({list})")), Ok(0), "a list may be long");
}

#[test]
fn every_table_can_be_asked_for_and_described() {
    for analysis in [sample::failed(), sample::traced(), sample::without_sets()] {
        for table in tables::TABLES {
            let answer = ask(&analysis, &format!("SELECT * FROM {}", table.name));
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(answer.heads(), columns, "{}", table.name);
            assert_eq!(answer.height(), table.frame(&analysis).height(), "{}", table.name);
            assert_eq!(ask(&analysis, &format!("DESCRIBE {}", table.name)).height(), columns.len());
            // Names that SQL keeps for itself would need quotation marks.
            for column in columns {
                ask(
                    &analysis,
                    &format!("SELECT {column}, {0}.{column} AS again FROM {0} ORDER BY {column}", table.name),
                );
            }
        }
    }
    let failed = sample::failed();
    assert_eq!(ask(&failed, "SHOW TABLES").height(), tables::TABLES.len());
    assert_eq!(catalogue().height(), tables::TABLES.iter().map(|table| table.columns.len()).sum::<usize>());
}

#[test]
fn hostile_text_stays_text_in_every_form() {
    for payload in sample::PAYLOADS {
        let analysis = sample::hostile(payload);
        let answer = ask(&analysis, "SELECT set, host, requester_image, volumes FROM sets");
        assert!(answer.height() > 0);
        let shown = text::answer(&answer, None, &TextOptions::default());
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        let page = text::answer_markdown(&answer, None, &TextOptions::default());
        let seen = seen(&page);
        let cells = answer.heads().len() * (answer.height() + 1);
        assert_eq!(
            seen.kinds,
            [("cell", cells), ("row", answer.height() + 1), ("table", 1)].into(),
            "{page}"
        );
        assert!(!["@", "#", "://", "www."].iter().any(|sign| seen.plain.contains(sign)), "{page}");
        let mut csv = Vec::new();
        answer.csv(&mut csv).expect("memory can be written");
        assert!(!csv.contains(&0x1b), "{payload:?}");
        // What comes back as JSON is what the log had.
        let back = rows(&analysis, "SELECT host FROM sets LIMIT 1");
        assert_eq!(back[0]["host"], *analysis.sets[0].host);
        // An error shows no raw text of the query either.
        let sql = format!("SELECT \"{}\" FROM sets", payload.replace('"', ""));
        if let Err(error) = Database::new(&analysis).run(&sql) {
            assert!(!error.told(&sql).chars().any(|c| c.is_control() && c != '\n'), "{:?}", error.told(&sql));
        }
    }
}

#[test]
fn an_answer_fits_its_width_and_ascii_stays_ascii() {
    let analysis = sample::failed();
    for sql in [
        "SELECT * FROM sets",
        "SELECT set, outcome FROM sets",
        "SELECT rule, detail FROM findings",
        "SHOW TABLES",
    ] {
        let answer = ask(&analysis, sql);
        for width in [40, 80, 120, 250] {
            let options = TextOptions { width, ascii: true, ..TextOptions::default() };
            let shown = text::answer(&answer, None, &options);
            assert!(shown.is_ascii(), "{shown}");
            assert!(shown.lines().all(|line| line.width() <= width), "{sql} at {width}: {shown}");
        }
    }
}

#[test]
fn rows_that_are_not_shown_are_said() {
    let analysis = sample::failed();
    let answer = ask(&analysis, "SELECT rule FROM findings");
    let all = answer.height();
    assert!(all > 2, "{all}");
    let shown = text::answer(&answer, Some(2), &TextOptions::default());
    assert!(shown.contains(&format!("({all} rows; {} not shown: ", all - 2)), "{shown}");
    let page = text::answer_markdown(&answer, Some(2), &TextOptions::default());
    assert!(page.contains(&format!("{} not shown", all - 2)), "{page}");
    let none = ask(&analysis, "SELECT rule, host FROM findings WHERE rule = 'none'");
    assert_eq!(text::answer(&none, None, &TextOptions::default()), "(0 rows; columns: rule, host)\n");
}

#[test]
fn values_of_every_type_reach_every_form() {
    let analysis = sample::failed();
    let sql = "SELECT 1 AS i, 1.5 AS f, TRUE AS b, NULL AS n, 'x' AS t, ARRAY[1, 2] AS l, DATE '2026-03-03' AS d, \
               TIMESTAMP '2026-03-03 01:02:03' AS s";
    assert_eq!(
        rows(&analysis, sql),
        json!([{"i": 1, "f": 1.5, "b": true, "n": null, "t": "x", "l": [1, 2], "d": "2026-03-03", "s": "2026-03-03T01:02:03"}])
    );
    let sql = "SELECT CAST(TIMESTAMP '2026-03-03 01:02:03.5' AS TIME) AS t, TIME('23:59:59') AS u";
    assert_eq!(rows(&analysis, sql), json!([{"t": "01:02:03.500", "u": "23:59:59"}]));
    let shown = text::answer(&ask(&analysis, sql), None, &TextOptions::default());
    assert!(shown.contains("01:02:03.500  23:59:59"), "{shown}");
    let mut csv = Vec::new();
    ask(&analysis, sql).csv(&mut csv).expect("memory can be written");
    assert_eq!(String::from_utf8_lossy(&csv), "t,u\r\n01:02:03.500,23:59:59\r\n");
    assert_eq!(rows(&analysis, "SELECT 1.0 / 0 AS x"), json!([{"x": null}]), "JSON has no infinity");
    let mut csv = Vec::new();
    ask(&analysis, "SELECT ARRAY[1, 2] AS l, 'a,b' AS t").csv(&mut csv).expect("memory can be written");
    assert_eq!(String::from_utf8_lossy(&csv), "l,t\r\n\"[1,2]\",\"a,b\"\r\n");
    let mut parquet = Vec::new();
    ask(&analysis, "SELECT started, ended - started AS took FROM sets")
        .parquet(&mut parquet)
        .expect("memory");
    assert!(parquet.starts_with(b"PAR1"));
}

#[test]
fn the_prompt_knows_where_a_statement_ends() {
    assert!(is_complete("SELECT 1;") && !is_complete("SELECT 1") && !is_complete("SELECT ';'"));
}
