//! Which SMTP server, and how.

use std::time::Duration;

use secrecy::SecretString;

use super::address::Address;

/// Which SMTP server mail is handed to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's name or address.
    pub host: String,
    /// Usually 587 (STARTTLS), 465 (TLS) or 25.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// With what we log in, where the server asks for it.
    pub login: Option<Login>,
    /// Who writes.
    pub from: Address,
    /// What we call ourselves: this machine's name, where it has one that others can look up.
    pub hello_name: String,
    /// Authorities (PEM) that are trusted besides the system's, such as a company's own.
    pub extra_root_pem: Option<String>,
    /// How long is waited.
    pub waits: Waits,
}

/// With what we log in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// How the connection is protected. Nothing falls back to less by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Begins plain and must switch to TLS before anything is said.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None: for a relay on this machine or its own network. A password goes only to loopback and private addresses.
    None,
}

/// How long is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For a connection to one of the server's addresses, or for TLS.
    pub connect_max: Duration,
    /// For each answer before the mail is handed over.
    pub answer_max: Duration,
    /// For the answer to the mail itself.
    pub accept_max: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            connect_max: Duration::from_secs(5),
            answer_max: Duration::from_secs(20),
            // Servers look through a mail before they take it. Who hangs up meanwhile does not know whether it was
            // taken, and sends it twice.
            accept_max: Duration::from_secs(120),
        }
    }
}

/// Settings with which no mail can be sent; all that is wrong with them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

impl Security {
    /// Reads `starttls`, `tls` or `none`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "starttls" => Some(Self::StartTls),
            "tls" => Some(Self::Tls),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }
}

impl Settings {
    /// All that is wrong by itself, before anything is tried.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        if rustls::pki_types::ServerName::try_from(host).is_err() {
            let shown: String = self.host.chars().take(80).collect();
            problems.push(format!(
                "host: {shown:?} is no server name: write it as mail.example.com"
            ));
        }
        if self.port == 0 {
            problems
                .push("port: 0 is no port: usual are 587 with starttls, 465 with tls".to_owned());
        }
        let plain =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
        if self.hello_name.is_empty()
            || self.hello_name.len() > 255
            || !self.hello_name.chars().all(plain)
        {
            let shown: String = self.hello_name.chars().take(80).collect();
            problems.push(format!(
                "hello_name: {shown:?} is no machine's name: write it as seatledger.example.com"
            ));
        }
        if self
            .login
            .as_ref()
            .is_some_and(|login| login.user.is_empty() || login.user.contains(char::is_control))
        {
            problems.push("user: is empty or holds a control character: leave user and password out, or name one".to_owned());
        }
        problems
    }
}
