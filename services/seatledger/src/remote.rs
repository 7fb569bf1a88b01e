//! Alerts and integrations from the command line: thin over HTTP, with a token, so that the same rights hold and the
//! history names who did it.

use std::{fs, io::Read, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::settings::Settings;

/// How long one request may take; the service itself gives up earlier.
const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// Items that one page of a list is asked for.
const PAGE: usize = 500;

/// The service that is asked, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Service {
    /// Where the service is.
    #[arg(long, env = "SEATLEDGER_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The file with the token; that of the first administrator in the data directory, if it is not named.
    #[arg(long, env = "SEATLEDGER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

/// What can be done about alerts.
#[derive(Debug, Subcommand)]
pub(crate) enum Alert {
    /// Lists alerts, the gravest first.
    List {
        /// Of one of these kinds, such as `under_licensed`; may be repeated.
        #[arg(long)]
        kind: Vec<String>,
        /// `pending`, `open` or `cleared`; open ones unless set.
        #[arg(long)]
        standing: Vec<String>,
        #[command(flatten)]
        service: Service,
    },
    /// Says that somebody knows of an alert.
    Acknowledge {
        /// Which.
        id: Uuid,
        /// Why; shown in the history.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        service: Service,
    },
    /// Puts an alert off, or wakes it.
    Snooze {
        /// Which.
        id: Uuid,
        /// The last day on which nothing is told, such as 2027-01-31; without it, the alert wakes now.
        #[arg(long)]
        until: Option<String>,
        #[command(flatten)]
        service: Service,
    },
}

/// What can be done about integrations.
#[derive(Debug, Subcommand)]
pub(crate) enum Integration {
    /// Lists the integrations.
    List {
        #[command(flatten)]
        service: Service,
    },
    /// Turns an integration on or off.
    Mode {
        /// Which.
        id: Uuid,
        /// `dry_run`, `on` or `paused`.
        mode: String,
        /// When it is turned on: `each`, `summary` or `skip` what was found before.
        #[arg(long)]
        backlog: Option<String>,
        #[command(flatten)]
        service: Service,
    },
    /// Stores a secret of an integration, which is read from standard input.
    Secret {
        /// Which.
        id: Uuid,
        /// The secret's name, such as `token`.
        name: String,
        #[command(flatten)]
        service: Service,
    },
    /// Tries an integration out before anything rests on it, and prints what was found.
    Test {
        /// Which.
        id: Uuid,
        #[command(flatten)]
        service: Service,
    },
    /// Has an integration told again of what came after an entry.
    Replay {
        /// Which.
        id: Uuid,
        /// The entry; 0 for all.
        #[arg(long)]
        after_entry: i64,
        #[command(flatten)]
        service: Service,
    },
}

pub(crate) async fn alert(settings: &Settings, verb: &Alert) -> Result<()> {
    match verb {
        Alert::List {
            kind,
            standing,
            service,
        } => {
            let kinds = kind.iter().map(|kind| ("kind", kind.as_str()));
            let standings = standing
                .iter()
                .map(|standing| ("standing", standing.as_str()));
            let query: Vec<(&str, &str)> = kinds.chain(standings).collect();
            let columns = [
                "id",
                "kind",
                "company.name",
                "product.name",
                "deadline",
                "seats",
            ];
            service.list(settings, "/v1/alerts", &query, &columns).await
        }
        Alert::Acknowledge {
            id,
            reason,
            service,
        } => {
            let path = format!("/v1/alerts/{id}/acknowledge");
            service
                .write(settings, Method::POST, &path, &json!({ "reason": reason }))
                .await
        }
        Alert::Snooze { id, until, service } => {
            let path = format!("/v1/alerts/{id}/snooze");
            service
                .write(settings, Method::POST, &path, &json!({ "until": until }))
                .await
        }
    }
}

pub(crate) async fn integration(settings: &Settings, verb: &Integration) -> Result<()> {
    match verb {
        Integration::List { service } => {
            let columns = ["id", "kind", "mode", "name"];
            service
                .list(settings, "/v1/integrations", &[], &columns)
                .await
        }
        Integration::Mode {
            id,
            mode,
            backlog,
            service,
        } => {
            let path = format!("/v1/integrations/{id}/mode");
            let body = json!({ "mode": mode, "backlog": backlog });
            service.write(settings, Method::POST, &path, &body).await
        }
        Integration::Secret { id, name, service } => {
            let mut value = String::new();
            let mut input = std::io::stdin().lock();
            input
                .read_to_string(&mut value)
                .context("cannot read the secret")?;
            let path = format!("/v1/integrations/{id}/secrets/{name}");
            // Whoever types it ends it with a line break, which is no part of it.
            let body = json!({ "value": value.trim_end_matches(['\r', '\n']) });
            service.write(settings, Method::PUT, &path, &body).await
        }
        Integration::Test { id, service } => {
            let path = format!("/v1/integrations/{id}/test");
            let found = answer(service.request(settings, Method::POST, &path)?).await?;
            println!("{found:#}");
            Ok(())
        }
        Integration::Replay {
            id,
            after_entry,
            service,
        } => {
            let path = format!("/v1/integrations/{id}/replay");
            let body = json!({ "after_entry": after_entry });
            service.write(settings, Method::POST, &path, &body).await
        }
    }
}

impl Service {
    /// Prints the columns of all items, a line each.
    async fn list(
        &self,
        settings: &Settings,
        path: &str,
        query: &[(&str, &str)],
        columns: &[&str],
    ) -> Result<()> {
        let limit = PAGE.to_string();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = query.to_vec();
            query.push(("limit", &limit));
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let request = self.request(settings, Method::GET, path)?.query(&query);
            let page = answer(request).await?;
            for item in page["items"].as_array().into_iter().flatten() {
                let cells = columns.iter().map(|column| cell(item, column));
                println!("{}", cells.collect::<Vec<_>>().join("\t"));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(()),
            }
        }
    }

    async fn write(
        &self,
        settings: &Settings,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<()> {
        let done = answer(self.request(settings, method, path)?.json(body)).await?;
        println!("done; the ledger is at entry {}", done["entry"]);
        for warning in done["warnings"].as_array().into_iter().flatten() {
            println!("{}", warning.as_str().unwrap_or_default());
        }
        Ok(())
    }

    fn request(
        &self,
        settings: &Settings,
        method: Method,
        path: &str,
    ) -> Result<reqwest::RequestBuilder> {
        let own = settings.data_dir.join("admin-token");
        let file = self.token_file.as_ref().unwrap_or(&own);
        let token = fs::read_to_string(file).with_context(|| {
            format!("cannot read the token in {} (--token-file)", file.display())
        })?;
        // Of several, the first stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(ANSWER_WAIT).build();
        let client = client.context("cannot make an HTTP client")?;
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        Ok(client.request(method, url).bearer_auth(token.trim()))
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let answer = request
        .send()
        .await
        .context("cannot reach the service (--url)")?;
    let status = answer.status();
    let body: Value = answer.json().await.context("the service answers no JSON")?;
    if status.is_success() {
        return Ok(body);
    }
    let mut why = vec![body["title"].as_str().unwrap_or("refused").to_owned()];
    why.extend(body["detail"].as_str().map(str::to_owned));
    for error in body["errors"].as_array().into_iter().flatten() {
        let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        why.push(format!("{}: {}", part("field"), part("message")));
    }
    bail!("{} ({status})", why.join("; "))
}

/// The text of a member, or of a member's member.
fn cell(item: &Value, column: &str) -> String {
    let found = column.split('.').fold(item, |value, name| &value[name]);
    match found {
        Value::Null => "-".to_owned(),
        // A name must not look like more columns or lines.
        Value::String(text) => text.replace(char::is_control, " "),
        other => other.to_string(),
    }
}
