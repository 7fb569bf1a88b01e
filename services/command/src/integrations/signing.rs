//! Keys that sign what webhooks are sent: made here, and shown once if the receiver needs them.

use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{
    access::Principal,
    ids::IntegrationId,
    integration::{Integration, IntegrationKind},
};
use http::StatusCode;
use ring::signature::{Ed25519KeyPair, KeyPair};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    headers::{ETag, Entry},
    problem::{Kind, Problem, Problems},
};
use zeroize::Zeroizing;

use super::secrets::{PRIVATE_KEY, SHARED_KEY, aad_of};
use crate::{
    answer::Done,
    bodies::{ById, optional},
    call::{Call, WriteHeaders},
    errors::{store_failed, vault_failed},
    state::{Context, State},
};

/// What the public keys of receivers begin with.
const PUBLIC_KEY: &str = "whpk_";
const SIGNING_KEY: &str = "signing_key";
const PREVIOUS_SIGNING_KEY: &str = "previous_signing_key";
/// Bytes of a new key: 256 bits can't be guessed.
const KEY_BYTES: usize = 32;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(rotate_signing_key))
}

/// Which key takes the other's place.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// `shared_secret` (HMAC) or `key_pair` (Ed25519); what it is now unless set.
    kind: Option<KeyKind>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// How a webhook is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum KeyKind {
    /// With a secret that both sides know.
    SharedSecret,
    /// With a private key, which stays in the vault; the receiver has the public one.
    KeyPair,
}

/// What a write of an integration answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Signed {
    /// The integration.
    id: Uuid,
    /// Its version now, for `If-Match`.
    #[schema(minimum = 1)]
    version: i32,
    /// The ledger's entry that a read has to have reached to show it, for `Seatledger-Min-Entry`.
    #[schema(minimum = 1)]
    entry: i64,
    /// What is worth knowing, though nothing is wrong.
    warnings: Vec<String>,
    /// Of a webhook with a shared secret: its new key, which is never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    signing_key: Option<String>,
    /// Of a webhook with a key pair: the public key, by which its receiver verifies what it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    #[serde(skip)]
    status: StatusCode,
}

/// Make a new key that signs what a webhook is sent. What is sent carries signatures by the new key and by the former
/// one until the next rotation, so that the receiver can change over in its own time.
#[utoipa::path(
    post,
    path = "/v1/integrations/{id}/rotate-key",
    tag = "Integrations",
    params(ById, WriteHeaders),
    request_body = Option<NewKey>,
    responses((status = 200, description = "Made; shown here and never again.", body = Signed), Problems),
    security(("token" = []))
)]
async fn rotate_signing_key(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<NewKey>>>,
) -> Result<Signed, Problem> {
    let (NewKey { kind, reason }, bytes) = optional(body);
    let state = call.state.clone();
    let mut context = call.context(&bytes, reason)?;
    if context.idempotency.is_some() {
        return Err(Problem::new(Kind::BadHeader).with_error(
            "idempotency-key",
            "is not taken here: each request makes another key; send If-Match to rotate once",
        ));
    }
    let (principal, id) = (context.principal.clone(), IntegrationId(id));
    let known = state.administered(&principal, id).await?;
    if known.config.kind != IntegrationKind::Webhook {
        let message = "only what webhooks are sent is signed";
        return Err(Problem::new(Kind::Conflict).with_detail(message));
    }
    let former = state.signing_key(&principal, &known).await?;
    let new = Made::new(kind.unwrap_or_else(|| kind_of(former.as_ref())))?;
    // The former first: whoever is killed between the two leaves the key as it was.
    if let Some(former) = &former {
        let done = state
            .store_integration_secret(context.clone(), &known, PREVIOUS_SIGNING_KEY, former)
            .await?;
        context.if_match = context.if_match.map(|_| done.version);
    }
    let known = state.administered(&principal, id).await?;
    let done = state
        .store_integration_secret(context, &known, SIGNING_KEY, &new.private)
        .await?;
    Ok(Signed::showing(id, &done, Some(new)))
}

/// The answer to an integration's adding, with a webhook's first key. A key that it has was shown before.
pub(super) async fn with_first_key(
    state: &State,
    principal: Principal,
    done: Done,
) -> Result<Signed, Problem> {
    let id = IntegrationId(done.id().unwrap_or_default());
    let known = state.administered(&principal, id).await?;
    let mut answer = Signed::showing(id, &done, None);
    if known.config.kind != IntegrationKind::Webhook {
        return Ok(answer);
    }
    if known.secrets.contains_key(SIGNING_KEY) {
        answer.warnings.push(
            "it has a key, which was shown when it was made; POST /v1/integrations/{id}/rotate-key makes another"
                .to_owned(),
        );
        return Ok(answer);
    }
    let made = first_key(state, principal, &known).await;
    match made {
        Ok((done, new)) => Ok(Signed {
            status: answer.status,
            ..Signed::showing(id, &done, Some(new))
        }),
        // It is there all the same.
        Err(problem) => {
            answer.warnings.push(format!(
                "no key could be made for it yet ({}): POST /v1/integrations/{{id}}/rotate-key does so",
                problem.kind().title()
            ));
            Ok(answer)
        }
    }
}

async fn first_key(
    state: &State,
    principal: Principal,
    known: &Integration,
) -> Result<(Done, Made), Problem> {
    let new = Made::new(KeyKind::SharedSecret)?;
    let context = Context::of(principal);
    let done = state
        .store_integration_secret(context, known, SIGNING_KEY, &new.private)
        .await?;
    Ok((done, new))
}

impl State {
    /// The key that signs now.
    async fn signing_key(
        &self,
        principal: &Principal,
        known: &Integration,
    ) -> Result<Option<SecretString>, Problem> {
        let Some(stored) = known.secrets.get(SIGNING_KEY) else {
            return Ok(None);
        };
        let vault = self.vault().vault().map_err(|error| vault_failed(&error))?;
        let aad = aad_of(principal, known, SIGNING_KEY, *stored);
        let sealed = self.secrets().get(&aad).await;
        let Some(sealed) = sealed.map_err(|error| store_failed(&error))? else {
            tracing::error!(integration = %known.id, "the ledger names a key that is not stored");
            return Err(Problem::new(Kind::Internal));
        };
        let opened = vault.open(&aad, &sealed).await;
        opened.map(Some).map_err(|error| vault_failed(&error))
    }
}

/// A new key.
struct Made {
    /// What is sealed.
    private: SecretString,
    /// What the receiver needs of a pair; of a shared secret that is the secret itself.
    public: Option<String>,
}

impl Made {
    fn new(kind: KeyKind) -> Result<Self, Problem> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut()).map_err(|error| Problem::internal(&error))?;
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(bytes.as_ref()));
        Ok(match kind {
            KeyKind::SharedSecret => Self {
                private: format!("{SHARED_KEY}{}", *encoded).into(),
                public: None,
            },
            KeyKind::KeyPair => {
                // It refuses nothing but seeds of another length.
                let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(bytes.as_ref()) else {
                    return Err(Problem::new(Kind::Internal));
                };
                let public = BASE64_STANDARD.encode(pair.public_key());
                Self {
                    private: format!("{PRIVATE_KEY}{}", *encoded).into(),
                    public: Some(format!("{PUBLIC_KEY}{public}")),
                }
            }
        })
    }
}

fn kind_of(former: Option<&SecretString>) -> KeyKind {
    match former {
        Some(key) if key.expose_secret().starts_with(PRIVATE_KEY) => KeyKind::KeyPair,
        _ => KeyKind::SharedSecret,
    }
}

impl Signed {
    fn showing(id: IntegrationId, done: &Done, made: Option<Made>) -> Self {
        let (signing_key, public_key) = match made {
            None => (None, None),
            Some(Made {
                public: Some(public),
                ..
            }) => (None, Some(public)),
            Some(Made { private, .. }) => (Some(private.expose_secret().to_owned()), None),
        };
        Self {
            id: id.0,
            version: done.version,
            entry: done.entry,
            warnings: Vec::new(),
            signing_key,
            public_key,
            status: done.status,
        }
    }
}

impl IntoResponse for Signed {
    fn into_response(self) -> Response {
        let head = (self.status, ETag(self.version), Entry(self.entry));
        (head.0, head.1, head.2, axum::Json(self)).into_response()
    }
}
