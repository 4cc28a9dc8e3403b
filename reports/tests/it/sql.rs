//! SQL over analyses built by hand: what it finds, how it fails, and every form of an answer.

use crate::sample;
use serde_json::{Value, json};
use vsscope_model::Analysis;
use vsscope_reports::TextOptions;
use vsscope_reports::sql::{Answer, Cell, Database, QueryError};
use vsscope_reports::text;

fn ask(analysis: &Analysis, sql: &str) -> Answer {
    Database::new(analysis).run(sql).unwrap_or_else(|error| panic!("{}", error.told(sql)))
}

fn fails(sql: &str) -> QueryError {
    Database::new(&sample::failed()).run(sql).expect_err(sql)
}

fn rows(answer: &Answer) -> Value {
    let mut out = Vec::new();
    answer.json(&mut out).expect("memory can be written");
    serde_json::from_slice(&out).expect("JSON")
}

#[test]
fn try_out() {
    for sql in [
        "SELECT CAST(started AS DATE) AS d, started::date AS dd, COUNT(*) AS n FROM sets GROUP BY d, dd",
        "SELECT STRFTIME(started, '%Y-%m-%d %H:00') AS d FROM sets WHERE started > '2026-03-03T01:14:50'",
        "SELECT DATE(started) FROM sets",
        "SELECT started FROM sets WHERE CAST(started AS TIME) > '02:00'",
        "SELECT started FROM sets WHERE EXTRACT(hour FROM started) = 1",
        "SELECT requester, COUNT(*) AS sets, SUM(CASE WHEN outcome = 'completed' THEN 1 ELSE 0 END) AS ok FROM sets GROUP BY requester ORDER BY 2 DESC, 1",
        "SELECT a.set, b.set AS other FROM sets a JOIN sets b ON a.host = b.host AND a.set < b.set AND a.started < b.ended AND b.started < a.ended",
        "SELECT a.set, b.set AS other FROM sets a JOIN sets b ON a.host = b.host WHERE a.set <> b.set AND a.started < b.ended",
        "SELECT MAX(started) FILTER (WHERE outcome='failed') AS x, MIN(started) AS y, MAX(started) - MIN(started) AS z FROM sets",
        "SELECT AVG(ended - started) AS z FROM sets",
        "SELECT MIN(started), MAX(started) FROM sets",
        "SELECT set, outcome, started FROM sets",
        "SELECT f.rule, s.outcome FROM findings f JOIN sets s ON f.set = s.set",
        "SELECT rule, COUNT(*) AS n FROM findings LEFT JOIN sets USING (set) GROUP BY rule ORDER BY n DESC",
        "WITH x AS (SELECT host, COUNT(*) n FROM sets GROUP BY host) SELECT * FROM x",
        "SELECT set, ended - started AS took, LAG(started) OVER (ORDER BY started) AS before FROM sets",
        "SELECT rule FROM findings WHERE set IN (SELECT set FROM sets WHERE outcome = 'failed')",
        "SELECT rule FROM findings WHERE EXISTS (SELECT 1 FROM sets WHERE sets.set = findings.set)",
        "SELECT time FROM findings WHERE time > '2020-01-01 00:00:00Z'",
        "SELECT time FROM findings WHERE time BETWEEN '2020-01-01 00:00' AND '2040-01-01'",
        "SELECT STRFTIME(time, '%H:%M') AS h, EXTRACT(hour FROM time) AS hh, time + INTERVAL '2h' AS l FROM findings",
        "SELECT DATE(time) AS d, COUNT(*) FROM findings GROUP BY d",
        "SELECT STRING_AGG(rule, ', ') AS r, QUANTILE_CONT(creation_ms, 0.5) FROM findings, sets",
        "SELECT COUNT(*) FILTER (WHERE severity = 'error') AS e FROM findings",
        "SHOW TABLES",
        "DESCRIBE sets",
        "SHOW COLUMNS FROM findings",
        "EXPLAIN SELECT host FROM sets",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT read_text('/etc/passwd')",
        "COPY sets TO '/tmp/x.csv'",
        "SELECT * INTO OUTFILE '/tmp/x' FROM sets",
        "SELECT * INTO t FROM sets",
        "SELECT stated FROM sets",
        "SELECT s.stated FROM sets s",
        "SELECT x.started FROM sets s",
        "SELECT * FROM Sets",
        "SELECT * FROM set",
        "SELECT COUTN(*) FROM sets",
        "SELECT DATE_TRUNC('day', started) FROM sets",
        "SELECT NOW() FROM sets",
        "SELECT now() - started FROM sets",
        "SELECT host FROM sets GROUP BY ROLLUP(host)",
        "WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x",
        "SELECT host FROM sets WHERE TIMESTAMP '2020-01-01 00:00:00' < started",
        "SELECT started, started FROM sets",
        "SELECT host + 1 FROM sets",
        "SELECT SUM(host) FROM sets",
        "SELECT host FROM sets HAVING 1",
        "SELECT set, COUNT(*) OVER (ORDER BY started ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM sets",
        "SELECT host FROM sets ORDER BY nosuch",
        "SELECT host FROM sets LIMIT host",
        "SELECT host FROM sets LIMIT -1",
        "SELECT CAST(host AS INT) FROM sets",
        "SELECT host::int FROM sets",
        "SELECT 1/0",
        "SELECT 1 AS a, 'x' AS b",
        "SELECT (SELECT MAX(started) FROM sets) AS m",
        "SELECT host FROM sets WHERE started = (SELECT MAX(started) FROM sets)",
        "SELECT ARRAY[1,2,3] AS a",
        "SELECT host FROM sets UNION SELECT host FROM findings",
        "VALUES (1),(2)",
        "SELECT host FROM sets WHERE host LIKE '%a' ESCAPE '\\'",
        "SELECT host FROM sets QUALIFY ROW_NUMBER() OVER (ORDER BY started) = 1",
        "SELECT s.host, x.c FROM sets s, LATERAL (SELECT COUNT(*) c FROM findings f WHERE f.set = s.set) x",
        "SELECT SUBSTR(host, 0, -1) FROM sets",
        "SELECT ROUND(1.5, 'x')",
        "SELECT LEFT(host, 'a') FROM sets",
        "SELECT REGEXP_LIKE(host, '(') FROM sets",
        "SELECT host ~ '(' FROM sets",
        "SELECT * FROM sets ORDER BY 0",
        "SELECT * FROM sets ORDER BY 99",
        "SELECT host FROM sets GROUP BY 0",
        "SELECT DATE('x')",
        "SELECT STRPTIME('x','y')",
        "SELECT \"^s.*$\" FROM sets",
        "SELECT COLUMNS('(') FROM sets",
        "SELECT * EXCLUDE (nosuch) FROM sets",
        "SELECT * FROM sets s JOIN findings f ON s.set > f.set",
        "SELECT * FROM sets JOIN findings ON set = set",
        "SELECT set FROM sets JOIN findings ON sets.set = findings.set",
        "SELECT * FROM sets NATURAL JOIN findings",
        "SELECT b'12'",
        "SELECT x'zz'",
        "SELECT x'', b''",
        "SELECT INTERVAL 'x'",
        "SELECT SPLIT_PART(host, '', 0) FROM sets",
        "SELECT REPEAT(host, -1) FROM sets",
        "SELECT NTILE(0) OVER () FROM sets",
        "SELECT FIRST_VALUE(host) OVER () FROM sets",
        "SELECT AVG(DISTINCT creation_ms) FROM sets",
        "SELECT x.* FROM sets",
        "SELECT GREATEST() FROM sets",
        "SELECT COALESCE() FROM sets",
        "SELECT UNNEST(ARRAY[1]) FROM sets",
        "SELECT * FROM UNNEST(ARRAY[1]) AS t(a)",
        "CREATE TABLE t AS SELECT host FROM sets; SELECT * FROM t; DROP TABLE t",
        "CREATE TABLE sets AS SELECT 1",
        "DROP TABLE sets",
        "DROP TABLE nosuch",
        "SELECT * FROM (SELECT 1 AS a) sets; SELECT COUNT(outcome) AS n FROM sets",
        "SELECT host FROM sets WHERE",
        "",
        "SELECT 'a",
        "SELECT CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END AS f FROM sets",
    ] {
        println!("=== {sql}");
        match Database::new(&sample::failed()).run(sql) {
            Ok(answer) => println!(
                "{}",
                text::answer(&answer, Some(5), &TextOptions { width: 120, ..TextOptions::default() })
            ),
            Err(error) => println!("{}", error.told(sql)),
        }
    }
    let deep = format!("SELECT {}1 AS a", "1+".repeat(1900));
    println!("{:?}", Database::new(&sample::failed()).run(&deep).map(|a| a.height()));
    let deep = format!("SELECT {}1{} AS a", "(".repeat(9000), ")".repeat(9000));
    println!("{:?}", Database::new(&sample::failed()).run(&deep).map(|a| a.height()));
    let deep = format!("SELECT host FROM sets WHERE {}", vec!["host = 'a'"; 900].join(" OR "));
    println!("{:?}", Database::new(&sample::failed()).run(&deep).map(|a| a.height()));
}
