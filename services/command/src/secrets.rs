//! `/v1/assets/{id}/secrets`: the one way by which a secret leaves the vault.

use axum::response::{IntoResponse, Response};
use domain::{Command, Detail, Refusal, ids::AssetId};
use event_log::Outcome;
use http::{HeaderValue, header};
use metrics::counter;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use vault::Aad;
use web::{
    extract::{Path, RawJson},
    headers::{ETag, Entry},
    problem::{Kind, Problem, Problems},
};
use zeroize::Zeroizing;

use crate::{
    bodies::{Reason, optional},
    call::Call,
    errors::{not_submitted, refused, store_failed, vault_failed},
    state::{Context, State},
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(reveal_secret))
}

/// The secret that a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct SecretPath {
    /// The asset.
    id: Uuid,
    /// The key of a password field.
    field_key: String,
}

/// A secret in plain text.
#[derive(Serialize, ToSchema)]
struct Revealed<'a> {
    /// The value.
    #[schema(example = "AAAAA-BBBBB")]
    value: &'a str,
}

/// Show a secret. Who saw it, and why, is recorded before it is shown. A token may reveal 10 secrets a minute and
/// 20 an hour, if it may reveal any at all; what is refused is recorded too.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/secrets/{field_key}/reveal",
    tag = "Secrets",
    params(SecretPath),
    request_body = Option<Reason>,
    responses((status = 200, description = "Shown.", body = Revealed<'_>), Problems),
    security(("token" = []))
)]
async fn reveal_secret(
    call: Call,
    Path(SecretPath { id, field_key }): Path<SecretPath>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Response, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let state = call.state.clone();
    let context = call.context(&bytes, reason)?;
    if context.idempotency.is_some() {
        return Err(Problem::new(Kind::BadHeader).with_error(
            "idempotency-key",
            "is not taken here: each time that a secret is shown is recorded for itself",
        ));
    }
    state.reveal(context, AssetId(id), field_key).await
}

impl State {
    async fn reveal(
        &self,
        context: Context,
        id: AssetId,
        field: String,
    ) -> Result<Response, Problem> {
        // With the HSM down nothing would be shown: then the token's budget is spared as well.
        let vault = self.vault().vault().map_err(|error| vault_failed(&error))?;
        vault.health().await.map_err(|error| vault_failed(&error))?;
        let tenant_id = context.principal.tenant.0;
        let submitted = self
            .submit(
                context,
                Command::RevealSecret {
                    id,
                    of: domain::command::SecretName::Field(field),
                },
            )
            .await;
        let (answered, entry) = match submitted {
            Ok(Outcome::Decided {
                answer: Ok(answered),
                written,
            }) => (answered, written.entry),
            Ok(Outcome::Decided {
                answer: Err(refusal),
                ..
            }) => return Err(not_revealed(refusal)),
            Ok(Outcome::Replayed { .. }) => return Err(Problem::new(Kind::Conflict)),
            Err(error) => return Err(not_submitted(&error)),
        };
        // What is opened is what the ledger names, whatever any read model says.
        let Detail::Revealable {
            asset,
            field,
            secret,
        } = answered.answer.detail
        else {
            return Err(Problem::new(Kind::NotFound));
        };
        let aad = Aad {
            tenant_id,
            asset_id: asset.0,
            secret_id: secret.secret_id.0,
            field_key: field.to_string(),
            version: secret.version,
        };
        let sealed = self
            .secrets()
            .get(&aad)
            .await
            .map_err(|error| store_failed(&error))?;
        let Some(sealed) = sealed else {
            tracing::error!(secret = %aad.secret_id, version = aad.version, "the ledger names a secret that is not stored");
            return Err(Problem::new(Kind::Internal));
        };
        let value = vault
            .open(&aad, &sealed)
            .await
            .map_err(|error| vault_failed(&error))?;
        counter!("secrets_revealed_total").increment(1);
        Ok(shown(&value, answered.version, entry))
    }
}

fn not_revealed(refusal: Refusal) -> Problem {
    let cause = match refusal {
        Refusal::TooManyReveals { .. } => "budget",
        Refusal::Forbidden(_) => "not_permitted",
        _ => "other",
    };
    counter!("secret_reveals_refused_total", "cause" => cause).increment(1);
    refused(refusal)
}

fn shown(value: &SecretString, version: i32, entry: i64) -> Response {
    let body = Revealed {
        value: value.expose_secret(),
    };
    // One text always serializes. The copy that goes out is the server's own; this one is wiped.
    let body = Zeroizing::new(serde_json::to_vec(&body).unwrap_or_default());
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (
        headers,
        ETag(version),
        Entry(entry),
        axum::body::Bytes::copy_from_slice(&body),
    )
        .into_response()
}
