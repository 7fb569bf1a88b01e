//! Keys beside those in a license's fields: `/v1/assets/{id}/keys`.

use std::collections::HashMap;

use axum::response::Response;
use domain::{
    Command,
    access::Principal,
    asset::{KEYS_AT_ONCE_MAX, KEYS_FIELD, KeyDraft},
    command::{SecretName, SecretsOf},
    ids::{AssetId, AssignmentId, SecretId},
    value::SecretRef,
};
use futures_util::{StreamExt, stream};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use vault::{Aad, Fingerprint, PLAINTEXT_BYTES_MAX};
use web::{
    extract::{Path, RawJson},
    problem::{Kind, Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, Quiet, Reason, optional},
    call::{Call, WriteHeaders},
    equal::{Elsewhere, may_be_told},
    sealing::Sealed,
    secrets::{Revealed, context_of_reveal, destroy},
    state::State,
};

/// Keys of one request that are sealed at once: as many as the HSM's sessions work on by default, so that one
/// request does not fill their queue.
const SEALED_AT_ONCE: usize = 4;

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(add_keys))
        .routes(routes!(reveal_key))
        .routes(routes!(destroy_key))
}

/// Keys to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKeys {
    /// All of them or, if one is wrong, none.
    #[schema(value_type = Vec<NewKey>, min_items = 1, max_items = 200)]
    keys: Vec<Quiet<NewKey>>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A key to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// The key. It is sealed before anything is stored.
    #[schema(example = "AAAAA-BBBBB", max_length = 16384)]
    value: String,
    /// What it is for.
    #[schema(max_length = 200)]
    label: Option<String>,
    /// The assignment that it belongs to.
    assignment_id: Option<Uuid>,
}

/// The key that a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct KeyPath {
    /// The license.
    id: Uuid,
    /// The key, as `secret_ids` named it when it was added.
    secret_id: Uuid,
}

/// Add keys to a license. A key that the license has already is refused; one that another license has is a warning
/// which names that license, if the token sees it.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/keys",
    tag = "Secrets",
    params(ById, WriteHeaders),
    request_body = NewKeys,
    responses(
        (status = 201, description = "Added; `secret_ids` names them in the order of the request.", body = Answer),
        Problems
    ),
    security(("token" = []))
)]
async fn add_keys(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Quiet<NewKeys>>,
) -> Result<Done, Problem> {
    let Quiet::Fits(NewKeys { keys, reason }) = body.value else {
        let message = "a list of {value, label, assignment_id} is expected, and beside it at most a reason; label and \
                       assignment_id may be left out";
        return Err(Problem::new(Kind::Validation).with_error("keys", message));
    };
    if keys.len() > KEYS_AT_ONCE_MAX {
        let message = format!(
            "there are {}: 1 to {KEYS_AT_ONCE_MAX} are expected",
            keys.len()
        );
        return Err(Problem::new(Kind::Validation).with_error("keys", message));
    }
    let state = call.state.clone();
    let context = call.context(&body.bytes, reason)?;
    let (command, sealed) = state
        .seal_keys(&context.principal, AssetId(id), keys)
        .await?;
    state.execute_sealed(context, command, sealed).await
}

/// Show a key. Who saw it, and why, is recorded before it is shown; it counts as one of the token's 10 reveals a
/// minute and 20 an hour.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/keys/{secret_id}/reveal",
    tag = "Secrets",
    params(KeyPath),
    request_body = Option<Reason>,
    responses((status = 200, description = "Shown.", body = Revealed<'_>), Problems),
    security(("token" = []))
)]
async fn reveal_key(
    call: Call,
    Path(KeyPath { id, secret_id }): Path<KeyPath>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Response, Problem> {
    let state = call.state.clone();
    let context = context_of_reveal(call, body)?;
    let of = SecretName::Key(SecretId(secret_id));
    state.reveal(context, AssetId(id), of).await
}

/// Destroy a key for good. It is gone here at once; backups of the database hold the sealed value until they expire.
/// The ledger keeps that there was a key.
#[utoipa::path(
    delete,
    path = "/v1/assets/{id}/keys/{secret_id}",
    tag = "Secrets",
    params(KeyPath, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Destroyed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn destroy_key(
    call: Call,
    Path(KeyPath { id, secret_id }): Path<KeyPath>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let of = SecretName::Key(SecretId(secret_id));
    destroy(call, &bytes, reason, (AssetId(id), of)).await
}

/// A key on its way into the vault.
struct Coming {
    secret: SecretId,
    value: SecretString,
    fingerprint: Fingerprint,
}

impl State {
    /// Seals keys that fit and puts references in their place. If one does not fit, none is sealed, and the command
    /// is refused with all that is wrong.
    async fn seal_keys(
        &self,
        principal: &Principal,
        id: AssetId,
        keys: Vec<Quiet<NewKey>>,
    ) -> Result<(Command, Sealed), Problem> {
        let mut sealed = Sealed::of(principal);
        let mut drafts = Vec::new();
        let mut values = Vec::new();
        for (at, key) in keys.into_iter().enumerate() {
            let secret_id = SecretId(self.new_id());
            let mut draft = KeyDraft {
                secret: SecretRef {
                    secret_id,
                    version: 1,
                },
                label: None,
                assignment: None,
            };
            match key.read() {
                Ok(NewKey {
                    value,
                    label,
                    assignment_id,
                }) => {
                    draft.label = label;
                    draft.assignment = assignment_id.map(AssignmentId);
                    values.push((at, SecretString::from(value)));
                }
                Err(message) => sealed.is_unfit(format!("keys[{at}].value"), message),
            }
            drafts.push(draft);
        }
        for (at, message) in repeated(&values) {
            sealed.is_unfit(format!("keys[{at}].value"), message);
        }
        // Nothing is sealed for somebody who can't change the license.
        self.find_secrets(principal, SecretsOf::Asset { id })
            .await?;
        let mut coming = Vec::new();
        for (at, value) in values {
            let fingerprint = self.fingerprint(principal.tenant.0, &value).await?;
            let secret = drafts[at].secret.secret_id;
            coming.push((
                at,
                Coming {
                    secret,
                    value,
                    fingerprint,
                },
            ));
        }
        let fingerprints: Vec<Fingerprint> =
            coming.iter().map(|(_, key)| key.fingerprint).collect();
        let held = self.held(principal, &fingerprints, id).await?;
        for ((at, key), held) in coming.iter().zip(&held) {
            let path = format!("keys[{at}].value");
            let has_it = held.iter().any(|(asset, _)| *asset == id);
            if has_it && may_be_told(principal, &key.value) {
                sealed.is_unfit(path, "the license has this key already".to_owned());
            } else {
                let value = (path.as_str(), &key.value);
                sealed.is_elsewhere(Elsewhere::of(principal, value, key.secret, held));
            }
        }
        if sealed.has_unfit() {
            for (at, draft) in drafts.iter_mut().enumerate() {
                if sealed.says_unfit(&format!("keys[{at}].value")) {
                    draft.secret.version = 0;
                }
            }
        } else {
            let coming = coming.into_iter().map(|(_, key)| key).collect();
            self.store_keys(principal, id, coming, &mut sealed).await?;
        }
        Ok((Command::AddKeys { id, keys: drafts }, sealed))
    }

    async fn store_keys(
        &self,
        principal: &Principal,
        id: AssetId,
        coming: Vec<Coming>,
        sealed: &mut Sealed,
    ) -> Result<(), Problem> {
        let stores = coming.into_iter().map(|key| async move {
            let aad = Aad {
                tenant_id: principal.tenant.0,
                asset_id: id.0,
                secret_id: key.secret.0,
                field_key: KEYS_FIELD.to_owned(),
                version: 0,
            };
            let stored = self.store(aad, &key.value, &key.fingerprint).await;
            stored.map(|version| SecretRef {
                secret_id: key.secret,
                version,
            })
        });
        // All of them, also after a fault: only what is known to be stored can be taken back.
        let stored: Vec<_> = stream::iter(stores)
            .buffered(SEALED_AT_ONCE)
            .collect()
            .await;
        let mut fault = None;
        for stored in stored {
            match stored {
                Ok(secret) => sealed.has_stored(secret),
                Err(problem) => fault = Some(problem),
            }
        }
        match fault {
            None => Ok(()),
            Some(problem) => {
                self.forget(sealed).await;
                Err(problem)
            }
        }
    }
}

impl Quiet<NewKey> {
    /// The key, or why it is none.
    fn read(self) -> Result<NewKey, String> {
        let Self::Fits(key) = self else {
            let message = "{value, label, assignment_id} is expected, with a text as the value; label and \
                           assignment_id may be left out";
            return Err(message.to_owned());
        };
        if key.value.trim().is_empty() {
            return Err("must not be empty".to_owned());
        }
        if key.value.len() > PLAINTEXT_BYTES_MAX {
            let length = key.value.len();
            return Err(format!(
                "is {length} bytes long: at most {PLAINTEXT_BYTES_MAX} are allowed"
            ));
        }
        Ok(key)
    }
}

/// What stands in the request twice. Spaces around a key don't count.
fn repeated(values: &[(usize, SecretString)]) -> Vec<(usize, String)> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::new();
    for (at, value) in values {
        match first.get(value.expose_secret().trim()) {
            Some(earlier) => found.push((*at, format!("is the same key as keys[{earlier}]"))),
            None => {
                first.insert(value.expose_secret().trim(), *at);
            }
        }
    }
    found
}
