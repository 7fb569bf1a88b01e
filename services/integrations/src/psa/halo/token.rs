//! Access tokens, by OAuth 2 client credentials.

use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::form_urlencoded::Serializer;

use super::Settings;
use crate::psa::PsaError;
use crate::psa::answer;
use crate::psa::site::Site;

/// What the application may do bounds what is granted, so that administrators set it in one place.
const SCOPE: &str = "all";
/// A token is renewed that long before its end: a call takes its time.
const MARGIN: Duration = Duration::from_secs(60);
/// Halo's tokens hold an hour; one that claims to hold for ever is asked for again all the same.
const HOLDS_MAX: Duration = Duration::from_hours(1);

/// The token in use, asked for when it is needed.
pub(super) struct Tokens {
    site: Site,
    tenant: Option<String>,
    client_id: String,
    client_secret: SecretString,
    current: Mutex<Option<Token>>,
}

/// An access token.
#[derive(Clone)]
pub(super) struct Token {
    value: SecretString,
    until: Instant,
}

impl Token {
    pub(super) fn exposed(&self) -> &str {
        self.value.expose_secret()
    }
}

impl Tokens {
    pub(super) fn new(site: Site, settings: &Settings) -> Self {
        Self {
            site,
            tenant: settings.tenant.clone(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            current: Mutex::new(None),
        }
    }

    /// A token that holds.
    pub(super) async fn get(&self) -> Result<Token, PsaError> {
        // Held while asking, so that calls at once ask once.
        let mut current = self.current.lock().await;
        if let Some(token) = current
            .as_ref()
            .filter(|token| token.until > Instant::now())
        {
            return Ok(token.clone());
        }
        let token = self.ask().await?;
        *current = Some(token.clone());
        Ok(token)
    }

    /// Halo refused a token before its time.
    pub(super) async fn withdrawn(&self, token: &Token) {
        let mut current = self.current.lock().await;
        if current
            .as_ref()
            .is_some_and(|held| held.exposed() == token.exposed())
        {
            *current = None;
        }
    }

    async fn ask(&self) -> Result<Token, PsaError> {
        let call = self.site.call(Method::POST, &["auth", "token"])?;
        let tenant: Vec<(&str, &str)> = self
            .tenant
            .iter()
            .map(|name| ("tenant", name.as_str()))
            .collect();
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret())
            .append_pair("scope", SCOPE)
            .finish();
        let call = call
            .query(&tenant)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let asked = Instant::now();
        let answer = answer::send(call).await?;
        // Not quoted: what was sent might be in it. OAuth answers wrong credentials with 400.
        if matches!(
            answer.status,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        ) {
            return Err(PsaError::Unauthorized(
                "HaloPSA gives no access token for this client id and secret; look at both, and at the application's state in Halo".to_owned(),
            ));
        }
        let granted: Granted = match answer.accepted().and_then(|answer| answer.json()) {
            Err(PsaError::NotFound) => {
                return Err(PsaError::Refused(
                    "there is no /auth/token at this address; correct the address of HaloPSA"
                        .to_owned(),
                ));
            }
            granted => granted?,
        };
        let holds = Duration::from_secs(granted.expires_in).min(HOLDS_MAX);
        Ok(Token {
            value: granted.access_token.into(),
            until: asked + holds.saturating_sub(MARGIN),
        })
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    expires_in: u64,
}
