//! Where a system's API lives, and how calls to it begin.

use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::PsaError;
use crate::http::Client;

/// One account's API: a base address, under which all paths lie.
pub(super) struct Site {
    client: Client,
    base: Url,
}

impl Site {
    pub(super) fn new(client: Client, base: Url) -> Self {
        Self { client, base }
    }

    /// A call that is still to be filled and sent.
    pub(super) fn call(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, PsaError> {
        let url = self.url(path)?;
        let call = self.client.request(method, url);
        call.map_err(|failure| PsaError::Refused(failure.to_string()))
    }

    /// The address of a path, each part of it encoded.
    pub(super) fn url(&self, path: &[&str]) -> Result<Url, PsaError> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut parts) => parts.pop_if_empty().extend(path),
            Err(()) => {
                return Err(PsaError::Refused(
                    "the address names no server; write https://server/path".to_owned(),
                ));
            }
        };
        Ok(url)
    }
}

/// A secret as a header's value, marked so that no log and no error shows it.
pub(super) fn secret_header(what: &str, secret: &SecretString) -> Result<HeaderValue, PsaError> {
    let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_| {
        PsaError::Refused(format!(
            "the {what} holds characters that cannot be sent, such as a line break; copy it again"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// What "there is no such thing" means to a call that is about no ticket: the address or a setting is wrong.
pub(super) fn misled(error: PsaError) -> PsaError {
    match error {
        PsaError::NotFound => PsaError::Refused(
            "the system does not know what was named; look at the address, its path included, at the settings and at \
             the company's external id"
                .to_owned(),
        ),
        other => other,
    }
}
