//! The settings, read once. Each is a flag and an environment variable; `deploy/example.env` documents them.

use std::{fs, net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::servers::private_file;

/// Where things are. What is not named runs embedded, under the data directory.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Settings {
    /// The directory of embedded servers, secrets, sockets and logs.
    #[arg(
        long,
        env = "SEATLEDGER_DATA_DIR",
        default_value = ".seatledger",
        global = true
    )]
    pub(crate) data_dir: PathBuf,
    /// The database of the log, such as postgresql://db.example/seatledger. Without user or password: each
    /// role logs in by itself, with the password in the file that COMMAND_PASSWORD_FILE and its like name.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub(crate) database_url: Option<String>,
    /// The database of the read models; the log's, if it is not named.
    #[arg(long, env = "READ_DATABASE_URL", hide_env_values = true, global = true)]
    pub(crate) read_database_url: Option<String>,
    /// The directory of the roles' passwords (files command, relay, projector, query, vault, alerts, integration, loader, migrator)
    /// where no COMMAND_PASSWORD_FILE or its like names one.
    #[arg(long, env = "SEATLEDGER_PASSWORDS", global = true)]
    pub(crate) passwords: Option<PathBuf>,
    /// The NATS server with JetStream, such as nats://nats.example:4222.
    #[arg(long, env = "NATS_URL", hide_env_values = true, global = true)]
    pub(crate) nats_url: Option<String>,
    /// The HSM's PKCS#11 module, a shared library.
    #[arg(
        long,
        env = "PKCS11_MODULE",
        requires = "pkcs11_pin_file",
        global = true
    )]
    pub(crate) pkcs11_module: Option<PathBuf>,
    /// The label of the HSM's token.
    #[arg(
        long,
        env = "PKCS11_TOKEN_LABEL",
        default_value = "seatledger",
        global = true
    )]
    pub(crate) pkcs11_token_label: String,
    /// The file with the PIN of the token's user.
    #[arg(long, env = "PKCS11_PIN_FILE", global = true)]
    pub(crate) pkcs11_pin_file: Option<PathBuf>,
    /// The file with the key (32 bytes, in hexadecimal) by which repeated requests are recognized: one for all
    /// command services on one log. Without it, one is made in the data directory.
    #[arg(long, env = "RECEIPT_KEY_FILE", global = true)]
    pub(crate) receipt_key_file: Option<PathBuf>,
    /// The address under which people reach Seatledger, for links in tickets and mails.
    #[arg(
        long,
        env = "SEATLEDGER_PUBLIC_URL",
        default_value = "http://127.0.0.1:8080",
        global = true
    )]
    pub(crate) public_url: url::Url,
    /// What webhooks may reach besides public https addresses: networks such as 10.0.0.0/8, or host:port, which
    /// may be plain http; separated by commas.
    #[arg(
        long,
        env = "SEATLEDGER_WEBHOOK_ALLOW",
        value_delimiter = ',',
        global = true
    )]
    pub(crate) webhook_allow: Vec<integrations::http::Allowed>,
    /// What is logged, in the syntax of tracing's filters.
    #[arg(
        long,
        env = "SEATLEDGER_LOG",
        default_value = "info,refinery_core=warn,async_nats=warn,tokio_postgres=warn",
        global = true
    )]
    pub(crate) log: String,
    /// Logs lines of JSON instead of text.
    #[arg(long, env = "SEATLEDGER_LOG_JSON", global = true)]
    pub(crate) log_json: bool,
    /// What SoftHSM's own variable says; it must be set before the process starts.
    #[arg(long, env = "SOFTHSM2_CONF", hide = true, global = true)]
    pub(crate) softhsm2_conf: Option<PathBuf>,
    /// PostgreSQL's programs, if not those that are found.
    #[arg(long, env = "SEATLEDGER_POSTGRES_BIN", hide = true, global = true)]
    pub(crate) postgres_bin: Option<PathBuf>,
    /// The program nats-server, if not the one that is found.
    #[arg(long, env = "SEATLEDGER_NATS_SERVER", hide = true, global = true)]
    pub(crate) nats_server: Option<PathBuf>,
    /// SoftHSM's module, if not the one that is found.
    #[arg(long, env = "SEATLEDGER_SOFTHSM_MODULE", hide = true, global = true)]
    pub(crate) softhsm_module: Option<PathBuf>,
    /// The program softhsm2-util, if not the one that is found.
    #[arg(long, env = "SEATLEDGER_SOFTHSM_UTIL", hide = true, global = true)]
    pub(crate) softhsm_util: Option<PathBuf>,
}

/// Where HTTP is served.
#[derive(Debug, Clone, Args)]
pub(crate) struct Listen {
    /// The address; port 0 picks a free one.
    #[arg(long, env = "SEATLEDGER_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
}

impl Settings {
    /// The key by which repeated requests are recognized; made at random if there is none yet.
    pub(crate) fn receipt_key(&self) -> Result<[u8; 32]> {
        let own = self.data_dir.join("secrets/receipt-key");
        let file = self.receipt_key_file.as_ref().unwrap_or(&own);
        if self.receipt_key_file.is_none() && !own.exists() {
            fs::create_dir_all(self.data_dir.join("secrets"))
                .context("cannot make the data directory")?;
            let mut key = [0; 32];
            getrandom::fill(&mut key)
                .map_err(|error| anyhow!("the system has no randomness: {error}"))?;
            private_file(&own, &key.map(|byte| format!("{byte:02x}")).concat())?;
        }
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        key_of(text.trim())
            .with_context(|| format!("{} does not hold 64 hexadecimal digits", file.display()))
    }
}

fn key_of(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(key)
}
