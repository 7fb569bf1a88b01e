//! The peer of a query: the same statements, prepared, through pgbench, as the same role.

use std::{collections::BTreeMap, fs, process::Command};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use read_models::{compliance::queries::About, query::Settings, register::queries};
use uuid::Uuid;

use crate::http::Measured;

/// How `GET /v1/assets/{id}` asks: one pipelined transaction that sets the tenant, looks how far the models are, and
/// reads the license.
pub(crate) fn one_license(tenant: Uuid, license: Uuid) -> String {
    let settings = Settings {
        time_zone: "UTC".to_owned(),
        min_spare_seats: 2,
        spare_ratio_percent: 20,
        stale_after_days: 35,
        typed_stale_after_days: None,
    };
    let day = chrono::Utc::now().date_naive();
    let about = About {
        tenant,
        sees: None,
        day,
        settings: &settings,
    };
    let question = queries::asset(about, license);
    let literals = BTreeMap::from([
        (1, format!("'{tenant}'::uuid")),
        (2, "null::uuid[]".to_owned()),
        (3, format!("'{day}'::date")),
        (4, "2::bigint".to_owned()),
        (5, "20::bigint".to_owned()),
        (6, format!("'{license}'::uuid")),
    ]);
    let models: Vec<String> = question
        .models
        .iter()
        .map(|model| format!("'{model}'"))
        .collect();
    let standing = include_str!("../../shared/read-models/src/query/standing.sql")
        .replace("$2", &format!("array[{}]", models.join(", ")))
        .replace("$1", &literals[&1]);
    let asked = literals
        .iter()
        .fold(question.sql.into_owned(), |sql, (at, literal)| {
            sql.replace(&format!("${at}"), literal)
        });
    format!(
        "\\startpipeline\nbegin;\nselect set_config('app.tenant', '{tenant}', true);\n{};\n{};\ncommit;\n\\endpipeline\n",
        without_comments(&standing),
        without_comments(&asked)
    )
}

/// pgbench ends a statement at each semicolon, also one in a comment.
fn without_comments(sql: &str) -> String {
    let lines = sql
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    lines
        .collect::<Vec<_>>()
        .join(" ")
        .trim()
        .trim_end_matches(';')
        .to_owned()
}

/// Runs a script on the embedded database of a data directory and reads the latency of each transaction.
pub(crate) fn pgbench(
    data_dir: &std::path::Path,
    script: &str,
    clients: usize,
    seconds: u64,
) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("query.sql");
    fs::write(&file, script)?;
    let noted = fs::read_to_string(data_dir.join("run/servers.env"))?;
    let url = noted
        .lines()
        .find_map(|line| line.strip_prefix("DATABASE_URL="))
        .context("no database")?;
    let url: tokio_postgres::Config = url.parse()?;
    let host = url.get_hosts().iter().find_map(|host| match host {
        tokio_postgres::config::Host::Unix(path) => Some(path.clone()),
        tokio_postgres::config::Host::Tcp(_) => None,
    });
    let output = Command::new(program()?)
        .args([
            "--no-vacuum",
            "--protocol=prepared",
            "--log",
            "--log-prefix=latency",
        ])
        .args([
            format!("--client={clients}"),
            format!("--time={seconds}"),
            format!("--file={}", file.display()),
        ])
        .current_dir(folder.path())
        .env("PGHOST", host.context("no socket")?)
        .env(
            "PGPORT",
            url.get_ports().first().copied().unwrap_or(5432).to_string(),
        )
        .env("PGDATABASE", url.get_dbname().unwrap_or("seatledger"))
        .env("PGUSER", "seatledger_query")
        .env(
            "PGPASSWORD",
            fs::read_to_string(data_dir.join("secrets/seatledger_query"))?.trim(),
        )
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut latency = Histogram::<u64>::new(3)?;
    for entry in fs::read_dir(folder.path())?.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with("latency") {
            for line in fs::read_to_string(entry.path())?.lines() {
                // client, transaction, microseconds, …
                latency.record(line.split(' ').nth(2).context("no latency")?.parse()?)?;
            }
        }
    }
    Ok(Measured {
        latency,
        seconds: seconds as f64,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "with-servers says where PostgreSQL's programs are"
)]
fn program() -> Result<std::path::PathBuf> {
    let bin = std::env::var("SEATLEDGER_POSTGRES_BIN").context("run it through with-servers")?;
    Ok(std::path::PathBuf::from(bin).join("pgbench"))
}
