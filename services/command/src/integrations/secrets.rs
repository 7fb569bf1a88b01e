//! Secrets of integrations: sealed as those of assets are, and shown to nobody.

use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{
    Command,
    access::{Action, Principal, Resource, may},
    ids::{IntegrationId, SecretId},
    integration::{Integration, IntegrationKind},
    value::SecretRef,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use vault::{Aad, PLAINTEXT_BYTES_MAX};
use web::{
    extract::{Path, RawJson},
    headers::{ETag, Entry},
    problem::{Kind, Problem, Problems},
};

use crate::{
    answer::Done,
    bodies::Quiet,
    call::{Call, WriteHeaders},
    sealing::Sealed,
    state::{Context, State},
};

/// What keys of webhooks begin with: shared secrets, and private keys of pairs.
pub(super) const SHARED_KEY: &str = "whsec_";
pub(super) const PRIVATE_KEY: &str = "whsk_";
/// Bytes of a webhook's key: fewer can be guessed, more are no key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(store_integration_secret))
}

/// The secret that a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct SecretPath {
    /// The integration.
    id: Uuid,
    /// The secret's name, as `GET /v1/integration-kinds` tells it.
    name: String,
}

/// A secret to be stored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    /// The value. It is sealed before anything is stored, and never shown.
    #[schema(max_length = 16384)]
    value: String,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A secret was stored.
#[derive(Debug, Serialize, ToSchema)]
struct Stored {
    /// The integration.
    id: Uuid,
    /// Its version now, for `If-Match`.
    #[schema(minimum = 1)]
    version: i32,
    /// The ledger's entry that a read has to have reached to show it, for `Seatledger-Min-Entry`.
    #[schema(minimum = 1)]
    entry: i64,
    /// There is a value now.
    set: bool,
    /// The number of the value, which grows with each that is stored for the integration.
    #[schema(minimum = 1)]
    secret_version: i32,
}

/// Store a secret of an integration. A former value of it is used no more.
#[utoipa::path(
    put,
    path = "/v1/integrations/{id}/secrets/{name}",
    tag = "Integrations",
    params(SecretPath, WriteHeaders),
    request_body = NewSecret,
    responses((status = 200, description = "Stored.", body = Stored), Problems),
    security(("token" = []))
)]
async fn store_integration_secret(
    call: Call,
    Path(SecretPath { id, name }): Path<SecretPath>,
    body: RawJson<Quiet<NewSecret>>,
) -> Result<Response, Problem> {
    let Quiet::Fits(NewSecret { value, reason }) = body.value else {
        let message =
            "is missing: send {\"value\": the secret as a text}, and beside it at most a reason";
        return Err(Problem::new(Kind::Validation).with_error("value", message));
    };
    let value = SecretString::from(value);
    let state = call.state.clone();
    let context = call.context(&body.bytes, reason)?;
    let (principal, id) = (context.principal.clone(), IntegrationId(id));
    let known = state.administered(&principal, id).await?;
    if let Err(message) = fits(known.config.kind, &name, value.expose_secret()) {
        return Err(Problem::new(Kind::Validation).with_error("value", message));
    }
    let done = state
        .store_integration_secret(context, &known, &name, &value)
        .await?;
    // What stands now, also where the answer is one that was given before.
    let now = state.administered(&principal, id).await?;
    let stored = Stored {
        id: id.0,
        version: done.version,
        entry: done.entry,
        set: true,
        secret_version: now.secrets.get(&name).map_or(0, |stored| stored.version),
    };
    let head = (ETag(done.version), Entry(done.entry));
    Ok((head, axum::Json(stored)).into_response())
}

impl State {
    /// An integration that the caller may change.
    pub(super) async fn administered(
        &self,
        principal: &Principal,
        id: IntegrationId,
    ) -> Result<Integration, Problem> {
        may(principal, Action::Administer, Resource::Policy)?;
        let known = self.known_integration(principal.tenant, id).await?;
        known
            .filter(|known| !known.removed)
            .ok_or_else(|| Problem::new(Kind::NotFound).with_detail("there is no such integration"))
    }

    /// Seals a value, and records that the integration has it.
    pub(super) async fn store_integration_secret(
        &self,
        context: Context,
        known: &Integration,
        name: &str,
        value: &SecretString,
    ) -> Result<Done, Problem> {
        let principal = &context.principal;
        // A secret of a name that there is not is refused by the decision, for which nothing needs to be sealed.
        let named = known.config.kind.secrets().contains(&name);
        let mut sealed = Sealed::of(principal);
        let mut stored = SecretRef {
            secret_id: SecretId(known.id.0),
            version: 0,
        };
        if named {
            let aad = Aad {
                tenant_id: principal.tenant.0,
                version: latest(known),
                ..aad_of(principal, known, name, stored)
            };
            let fingerprint = self.fingerprint(principal.tenant.0, value).await?;
            stored.version = self.store(aad, value, &fingerprint).await?;
            sealed.has_stored(stored);
        }
        let command = Command::StoreIntegrationSecret {
            id: known.id,
            name: name.to_owned(),
            sealed: stored,
        };
        self.execute_sealed(context, command, sealed).await
    }
}

/// What the ciphertext of an integration's secret is bound to: the integration stands where an asset does. The secret
/// goes by the integration's own id, for which the sweep asks the ledger, and its values are told apart by number.
pub(super) fn aad_of(
    principal: &Principal,
    known: &Integration,
    name: &str,
    stored: SecretRef,
) -> Aad {
    Aad {
        tenant_id: principal.tenant.0,
        asset_id: known.id.0,
        secret_id: stored.secret_id.0,
        field_key: name.to_owned(),
        version: stored.version,
    }
}

/// The number of the value that was stored last, whatever its name.
fn latest(known: &Integration) -> i32 {
    let versions = known.secrets.values().map(|stored| stored.version);
    versions.max().unwrap_or(0)
}

/// Whether a value can be a secret of this name. The message never repeats the value.
fn fits(kind: IntegrationKind, name: &str, value: &str) -> Result<(), String> {
    if value.trim().is_empty() {
        return Err("must not be empty".to_owned());
    }
    if value.len() > PLAINTEXT_BYTES_MAX {
        return Err(format!(
            "is {} bytes long: at most {PLAINTEXT_BYTES_MAX} are allowed",
            value.len()
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(
            "must be one line, without line breaks and other control characters".to_owned(),
        );
    }
    if kind == IntegrationKind::Webhook && kind.secrets().contains(&name) && !is_key(value) {
        return Err(format!(
            "is no key of a webhook: {SHARED_KEY} or {PRIVATE_KEY} and 24 to 64 bytes in base64 are expected; \
             POST /v1/integrations/{{id}}/rotate-key makes one"
        ));
    }
    Ok(())
}

fn is_key(value: &str) -> bool {
    let encoded = value.strip_prefix(SHARED_KEY);
    let encoded = encoded.or_else(|| value.strip_prefix(PRIVATE_KEY));
    let bytes = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    bytes.is_some_and(|bytes| KEY_BYTES.contains(&bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_secret_is_told_by_its_kind_and_name() {
        let long = "x".repeat(PLAINTEXT_BYTES_MAX + 1);
        for (kind, name, value, is_fit) in [
            (IntegrationKind::Zammad, "token", "secret", true),
            (IntegrationKind::Zammad, "token", " ", false),
            (IntegrationKind::Zammad, "token", "secret\n", false),
            (IntegrationKind::Zammad, "token", long.as_str(), false),
            (IntegrationKind::Email, "password", "two words ü", true),
            (
                IntegrationKind::Webhook,
                "signing_key",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                true,
            ),
            (IntegrationKind::Webhook, "signing_key", "whsec_", false),
            (IntegrationKind::Webhook, "signing_key", "secret", false),
            // Refused by the decision, which knows the names.
            (IntegrationKind::Webhook, "token", "secret", true),
        ] {
            let fits = fits(kind, name, value);
            assert_eq!(fits.is_ok(), is_fit, "{name}");
            assert!(fits.is_ok() || !fits.unwrap_err().contains("secret\n"));
        }
    }
}
