//! `/v1/assets/{id}/secrets`: the one way by which a secret leaves the vault, and the way to its end.

use axum::response::{IntoResponse, Response};
use domain::{Command, Detail, Refusal, command::SecretName, ids::AssetId};
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
    problem::{Causes, Kind, Problem, Problems},
};
use zeroize::Zeroizing;

use crate::{
    answer::{Answer, Done},
    bodies::{Reason, optional},
    call::{Call, WriteHeaders},
    errors::{not_submitted, refused, store_failed, vault_failed},
    state::{Context, State},
};

/// What is told where the values of a destroyed secret could not be deleted at once.
const DELETED_LATER: &str = "the ledger says that it is destroyed and it can't be shown any more; its sealed value \
                             could not be deleted yet, which is tried again every hour, or at once by repeating this \
                             request";

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(reveal_secret))
        .routes(routes!(destroy_secret))
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
pub(crate) struct Revealed<'a> {
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
    let state = call.state.clone();
    let context = context_of_reveal(call, body)?;
    let of = SecretName::Field(field_key);
    state.reveal(context, AssetId(id), of).await
}

/// Destroy all values that a password field has had, for good. They are gone here at once; backups of the database hold
/// the sealed values until they expire. The ledger keeps that there were some, and the field may be set anew.
#[utoipa::path(
    delete,
    path = "/v1/assets/{id}/secrets/{field_key}",
    tag = "Secrets",
    params(SecretPath, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Destroyed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn destroy_secret(
    call: Call,
    Path(SecretPath { id, field_key }): Path<SecretPath>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let of = SecretName::Field(field_key);
    destroy(call, &bytes, reason, (AssetId(id), of)).await
}

/// Records that a secret is destroyed, then deletes its values. Whoever was killed between the two is made up for:
/// here, if the request is repeated, else by the sweep.
pub(crate) async fn destroy(
    call: Call,
    body: &[u8],
    reason: Option<String>,
    (id, of): (AssetId, SecretName),
) -> Result<Done, Problem> {
    let (state, tenant) = (call.state.clone(), call.principal.tenant.0);
    let secret = of.secret_of(id);
    let destroyed = call
        .submit(body, reason, Command::DestroySecret { id, of })
        .await;
    // Also where it is refused: a secret that the ledger says is destroyed exists for nobody any more.
    let deleted = match state.sweeper() {
        Some(sweeper) => sweeper.finish(state.secrets(), tenant, secret.0).await,
        None => Ok(false),
    };
    let warning = match deleted {
        Ok(true) => {
            "it is gone here now; backups of the database hold the sealed value until they expire"
        }
        Ok(false) => DELETED_LATER,
        Err(error) => {
            tracing::warn!(error = %Causes(&error), "a destroyed secret's values are left to be swept");
            DELETED_LATER
        }
    };
    Ok(destroyed?.with_warnings(vec![warning.to_owned()]))
}

/// The context of a reveal, which is recorded each time for itself.
pub(crate) fn context_of_reveal(
    call: Call,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Context, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let context = call.context(&bytes, reason)?;
    if context.idempotency.is_some() {
        return Err(Problem::new(Kind::BadHeader).with_error(
            "idempotency-key",
            "is not taken here: each time that a secret is shown is recorded for itself",
        ));
    }
    Ok(context)
}

impl State {
    pub(crate) async fn reveal(
        &self,
        context: Context,
        id: AssetId,
        of: SecretName,
    ) -> Result<Response, Problem> {
        // With the HSM down nothing would be shown: then the token's budget is spared as well.
        let vault = self.vault().vault().map_err(|error| vault_failed(&error))?;
        vault.health().await.map_err(|error| vault_failed(&error))?;
        let tenant_id = context.principal.tenant.0;
        let submitted = self.submit(context, Command::RevealSecret { id, of }).await;
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
