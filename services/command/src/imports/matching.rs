//! The asset that holds the key of a row, though no import made it.

use chrono::NaiveDate;
use domain::{
    Command, Detail, Subject,
    access::Principal,
    asset::Asset,
    ids::{AssetId, CompanyId, SecretId},
    text,
    value::{SecretRef, Value},
};
use event_log::Outcome;
use secrecy::SecretString;
use uuid::Uuid;
use vault::{Fingerprint, FingerprintError};

use super::{Reason, Row, Target, ledger::refused_or_away, log::Catalog};
use crate::{
    equal::may_be_told,
    errors::{not_submitted, refused},
    state::{Context, State},
};

/// Values that are looked at for one key, older ones included. A key that stands in more tells no asset apart.
const CANDIDATES_MAX: usize = 32;

/// Finds assets by the keys that they hold.
pub(super) struct ByKey<'a> {
    pub(super) state: &'a State,
    pub(super) catalog: &'a Catalog,
    pub(super) principal: &'a Principal,
    /// Whose assets are passed over: rows of one file that bring the same key are assets of their own.
    pub(super) import: Uuid,
}

impl ByKey<'_> {
    /// The one asset of this company, type and product that holds a key of the row, if no id says which is meant.
    pub(super) async fn find(
        &self,
        row: &Row,
        company: CompanyId,
    ) -> Result<Option<AssetId>, Reason> {
        if !matches!(row.target, Target::Derived(_)) {
            return Ok(None);
        }
        let mut found = None;
        // Rehearsed, one row after another would else try out a password, without a trace.
        let told = row.secrets.iter();
        let told = told.filter(|(_, plaintext)| may_be_told(self.principal, plaintext));
        for (_, plaintext) in told {
            for asset in self.holders(plaintext).await? {
                let is_meant = self.is_meant(asset, row, company).await?;
                match found {
                    _ if !is_meant => {}
                    // Two that could be meant tell that none is.
                    Some(other) if other != asset => return Ok(None),
                    _ => found = Some(asset),
                }
            }
        }
        Ok(found)
    }

    /// The assets at which a key is in force, as far as the caller sees them.
    async fn holders(&self, plaintext: &SecretString) -> Result<Vec<AssetId>, Reason> {
        let equal = equal(self.state, self.principal, plaintext).await?;
        let among: Vec<_> = equal
            .iter()
            .filter(|one| one.asset_id.as_bytes()[..6] != self.import.as_bytes()[..6])
            .map(|one| {
                let secret = SecretRef {
                    secret_id: SecretId(one.secret.secret_id),
                    version: one.secret.version,
                };
                (AssetId(one.asset_id), secret)
            })
            .collect();
        if among.is_empty() || among.len() > CANDIDATES_MAX {
            return Ok(Vec::new());
        }
        let holders = in_force(self.state, self.principal, among).await?;
        Ok(holders.into_iter().map(|(asset, _)| asset).collect())
    }

    async fn is_meant(&self, id: AssetId, row: &Row, company: CompanyId) -> Result<bool, Reason> {
        let subject = self.catalog.subject(self.principal.tenant, id.0).await;
        let (subject, _) = subject.map_err(|error| Reason::Unavailable(error.to_string()))?;
        let Subject::Asset(asset) = subject else {
            return Ok(false);
        };
        Ok(asset.type_id == row.asset_type
            && asset.company_on(NaiveDate::MAX) == company
            && asset.tracked.at_or_first(NaiveDate::MAX) != Some(&false)
            && is_of_product(&asset, row))
    }
}

/// Whether the asset is of the product that the row names, if it names one.
fn is_of_product(asset: &Asset, row: &Row) -> bool {
    let Some(key) = &row.product else {
        return true;
    };
    let Some(named) = row.values.get(key).and_then(serde_json::Value::as_str) else {
        return true;
    };
    let own = asset.values.iter().find(|(own, _)| own.as_str() == key);
    match own {
        Some((_, Value::Text(own))) => text::normalized(own) == text::normalized(named),
        _ => false,
    }
}

/// Those of the values that are in force where the principal may see them, as the ledger says. Nothing is recorded.
pub(super) async fn in_force(
    state: &State,
    principal: &Principal,
    among: Vec<(AssetId, SecretRef)>,
) -> Result<Vec<(AssetId, SecretRef)>, Reason> {
    let context = Context::of(principal.clone());
    match state.submit(context, Command::FindEqual { among }).await {
        Ok(Outcome::Decided {
            answer: Ok(answered),
            ..
        }) => match answered.answer.detail {
            Detail::Equal(held) => Ok(held),
            _ => Ok(Vec::new()),
        },
        Ok(Outcome::Decided {
            answer: Err(refusal),
            ..
        }) => Err(refused_or_away(&refused(refusal))),
        // It carries no key, so nothing is replayed.
        Ok(Outcome::Replayed { .. }) => Ok(Vec::new()),
        Err(error) => Err(refused_or_away(&not_submitted(&error))),
    }
}

/// The stored secrets that equal this one.
pub(super) async fn equal(
    state: &State,
    principal: &Principal,
    plaintext: &SecretString,
) -> Result<Vec<vault::EqualSecret>, Reason> {
    let away = |error: &dyn std::fmt::Display| Reason::Unavailable(error.to_string());
    let vault = state.vault().vault().map_err(|error| away(&error))?;
    let tenant = principal.tenant.0;
    let fingerprint: Result<Fingerprint, FingerprintError> =
        vault.fingerprint(state.secrets(), tenant, plaintext).await;
    let fingerprint = fingerprint.map_err(|error| away(&error))?;
    let equal = state.secrets().find_equal(tenant, &fingerprint).await;
    equal.map_err(|error| away(&error))
}
