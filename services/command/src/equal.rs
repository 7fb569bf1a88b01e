//! Keys that are held elsewhere already: found by their fingerprints, told by the ledger.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use domain::{
    Command, Detail,
    access::{Principal, REVEALS_PER_HOUR, REVEALS_PER_MINUTE},
    command::EQUAL_AMONG_MAX,
    ids::{AssetId, SecretId},
    value::SecretRef,
};
use event_log::Outcome;
use http::{HeaderValue, header};
use metrics::counter;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use vault::{Fingerprint, FingerprintError};
use web::{
    extract::RawJson,
    headers::Entry,
    problem::{Kind, Problem, Problems},
    rate_limit::{Rate, RateLimiter},
};

use crate::{
    bodies::Quiet,
    call::Call,
    errors::{not_submitted, refused, store_failed, vault_failed},
    state::{Context, State},
};

/// Stored values that are looked at for one value that is written. A warning need not name every place, and two
/// streams are read for each.
const LOOKED_AT_MAX: usize = 20;

/// Places that one warning names.
const NAMED_MAX: usize = 5;

/// Characters below which a writer without the right to reveal is not warned: what is that short can be guessed, and
/// writing one guess after another would find a password.
const TOLD_CHARS_MIN: usize = 8;

/// How often a token may ask where a key is held: as often as it may reveal. What is found is recorded and counts as
/// revealed; what is not found leaves no trace in the ledger, so it is counted here, by each process for itself.
const ASKS: Rate = Rate {
    per_second: REVEALS_PER_HOUR as f64 / 3_600.0,
    burst: REVEALS_PER_MINUTE as f64,
};

/// Values that are in force, with their assets.
pub(crate) type Held = Vec<(AssetId, SecretRef)>;

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(find_by_key))
        .layer(Extension(Arc::new(RateLimiter::new(ASKS))))
}

/// A key that somebody has in hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InHand {
    /// The key. Spaces around it don't count.
    #[schema(example = "AAAAA-BBBBB", max_length = 16384)]
    value: String,
}

/// Where a key is held.
#[derive(Serialize, ToSchema)]
struct HeldAt {
    /// The licenses and other assets that hold it, as far as the token sees them.
    asset_ids: Vec<Uuid>,
    /// Whether there are more than these.
    more: bool,
}

/// Find the licenses that hold a key, by the key. To learn where a key fits is to learn a secret of that license: it
/// takes the right to reveal, each license that is found is recorded as revealed and counts as one reveal of the
/// token's 10 a minute and 20 an hour, and nobody may ask more often than that either.
#[utoipa::path(
    post,
    path = "/v1/assets/find-by-key",
    tag = "Secrets",
    request_body = InHand,
    responses((status = 200, description = "Found, or not.", body = HeldAt), Problems),
    security(("token" = []))
)]
async fn find_by_key(
    call: Call,
    Extension(asks): Extension<Arc<RateLimiter>>,
    body: RawJson<Quiet<InHand>>,
) -> Result<Response, Problem> {
    let Quiet::Fits(InHand { value }) = body.value else {
        return Err(Problem::new(Kind::Validation)
            .with_error("value", "is missing: send {\"value\": the key as a text}"));
    };
    let value = SecretString::from(value);
    let state = call.state.clone();
    let context = call.context(&[], None)?;
    if context.idempotency.is_some() {
        return Err(Problem::new(Kind::BadHeader).with_error(
            "idempotency-key",
            "is not taken here: each time that a key is looked for is recorded for itself",
        ));
    }
    let principal = context.principal.clone();
    if !principal.may_reveal {
        counter!("secret_reveals_refused_total", "cause" => "not_permitted").increment(1);
        let why = "this token does not have the right to reveal secrets";
        return Err(Problem::new(Kind::Forbidden).with_detail(why));
    }
    asks.take(principal.token, Instant::now())
        .map_err(|wait| Problem::new(Kind::RevealBudget).with_retry_after(wait))?;
    if value.expose_secret().trim().is_empty() {
        return Err(Problem::new(Kind::Validation).with_error("value", "must not be empty"));
    }
    let fingerprint = state.fingerprint(principal.tenant.0, &value).await?;
    let equal = state
        .secrets()
        .find_equal(principal.tenant.0, &fingerprint)
        .await
        .map_err(|error| store_failed(&error))?;
    let among: Held = equal.iter().map(place).collect();
    if among.is_empty() {
        // No decision is made, which would have looked whether the token is still good.
        state.check_token(principal.clone()).await?;
    }
    let mut found = Vec::new();
    for part in among.chunks(EQUAL_AMONG_MAX) {
        found.extend(state.find_equal(&principal, part.to_vec()).await?);
        if found.len() > REVEALS_PER_HOUR {
            break;
        }
    }
    let more = found.len() > REVEALS_PER_HOUR;
    found.truncate(REVEALS_PER_HOUR);
    let (mut shown, mut entry) = (Vec::new(), None);
    if !found.is_empty() {
        let (told, recorded) = state.reveal_equal(context, found).await?;
        (shown, entry) = (told, Some(Entry(recorded)));
    }
    let mut asset_ids: Vec<Uuid> = shown.iter().map(|(asset, _)| asset.0).collect();
    asset_ids.dedup();
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    let body = axum::Json(HeldAt { asset_ids, more });
    Ok(match entry {
        Some(entry) => (no_store, entry, body).into_response(),
        None => (no_store, body).into_response(),
    })
}

impl State {
    pub(crate) async fn fingerprint(
        &self,
        tenant: Uuid,
        plaintext: &SecretString,
    ) -> Result<Fingerprint, Problem> {
        let vault = self.vault().vault().map_err(|error| vault_failed(&error))?;
        let fingerprint = vault.fingerprint(self.secrets(), tenant, plaintext).await;
        fingerprint.map_err(|error| match &error {
            FingerprintError::Vault(error) => vault_failed(error),
            FingerprintError::Store(error) => store_failed(error),
        })
    }

    /// Where values of these fingerprints are in force, as far as the principal may know: one list for each. Those of
    /// `first` are looked at before the rest.
    pub(crate) async fn held(
        &self,
        principal: &Principal,
        fingerprints: &[Fingerprint],
        first: AssetId,
    ) -> Result<Vec<Held>, Problem> {
        let mut candidates = Vec::new();
        for fingerprint in fingerprints {
            let equal = self
                .secrets()
                .find_equal(principal.tenant.0, fingerprint)
                .await
                .map_err(|error| store_failed(&error))?;
            let mut equal: Held = equal.iter().map(place).collect();
            equal.sort_by_key(|(asset, _)| *asset != first);
            equal.truncate(LOOKED_AT_MAX);
            candidates.push(equal);
        }
        let among: Held = candidates.iter().flatten().copied().collect();
        let mut in_force = Vec::new();
        for part in among.chunks(EQUAL_AMONG_MAX) {
            in_force.extend(self.find_equal(principal, part.to_vec()).await?);
        }
        let of_one = |equal: Held| {
            let held = equal.into_iter().filter(|one| in_force.contains(one));
            held.collect()
        };
        Ok(candidates.into_iter().map(of_one).collect())
    }

    /// Those of the values that are in force where the principal may see them. Nothing is recorded.
    async fn find_equal(&self, principal: &Principal, among: Held) -> Result<Held, Problem> {
        let context = Context::of(principal.clone());
        let (found, _) = self.equal(context, Command::FindEqual { among }).await?;
        Ok(found)
    }

    /// The same, recorded as shown; with the entry of the last record.
    async fn reveal_equal(&self, context: Context, among: Held) -> Result<(Held, i64), Problem> {
        let found = self.equal(context, Command::RevealEqual { among }).await?;
        let shown = u64::try_from(found.0.len()).unwrap_or(u64::MAX);
        counter!("secrets_revealed_total").increment(shown);
        Ok(found)
    }

    async fn equal(&self, context: Context, command: Command) -> Result<(Held, i64), Problem> {
        match self.submit(context, command).await {
            Ok(Outcome::Decided {
                answer: Ok(answered),
                written,
            }) => match answered.answer.detail {
                Detail::Equal(found) => Ok((found, written.entry)),
                _ => Ok((Vec::new(), written.entry)),
            },
            Ok(Outcome::Decided {
                answer: Err(refusal),
                ..
            }) => Err(refused(refusal)),
            // It carries no key, so nothing is replayed.
            Ok(Outcome::Replayed { .. }) => Ok((Vec::new(), 0)),
            Err(error) => Err(not_submitted(&error)),
        }
    }
}

fn place(equal: &vault::EqualSecret) -> (AssetId, SecretRef) {
    let secret = SecretRef {
        secret_id: SecretId(equal.secret.secret_id),
        version: equal.secret.version,
    };
    (AssetId(equal.asset_id), secret)
}

/// Whether somebody who writes a value may be told where it is held, be it on the same license.
pub(crate) fn may_be_told(principal: &Principal, value: &SecretString) -> bool {
    let chars = value.expose_secret().trim().chars().count();
    principal.may_reveal || chars >= TOLD_CHARS_MIN
}

/// A value that is held elsewhere already.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    /// Which value, as a path into the request.
    path: String,
    /// Where, as far as the writer may know.
    assets: Vec<AssetId>,
}

impl Elsewhere {
    /// None if nothing is to be told. `own` is the secret that the value is written to.
    pub(crate) fn of(
        principal: &Principal,
        (path, value): (&str, &SecretString),
        own: SecretId,
        held: &Held,
    ) -> Option<Self> {
        if !may_be_told(principal, value) {
            return None;
        }
        let others = held.iter().filter(|(_, other)| other.secret_id != own);
        let mut assets: Vec<AssetId> = others.map(|(asset, _)| *asset).collect();
        assets.dedup();
        (!assets.is_empty()).then(|| Self {
            path: path.to_owned(),
            assets,
        })
    }

    /// What the writer of this asset is told. A request that is repeated finds what it wrote itself the first time,
    /// which is no news.
    pub(crate) fn told(&self, written: AssetId, is_repeated: bool) -> Option<String> {
        let path = &self.path;
        if self.assets.contains(&written) && !is_repeated {
            return Some(format!("{path}: this license has the same key already"));
        }
        let others = self.assets.iter().filter(|asset| **asset != written);
        let named: Vec<String> = others.map(ToString::to_string).collect();
        let (first, rest) = named.split_at(named.len().min(NAMED_MAX));
        let more = if rest.is_empty() { "" } else { " and more" };
        (!first.is_empty()).then(|| {
            let named = first.join(", ");
            format!("{path}: the same key is stored for license {named}{more}")
        })
    }
}
