//! What a token's issue said, for good.

use domain::{
    access::{Actor, Principal},
    ids::{CompanyId, PersonId, TenantId, TokenId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The payload of `TokenIssued`, `schema_version` 1, as far as authentication needs it. Read here and not
/// through the contract, because this crate stands below it; were the two to differ, no token that the
/// command service issues would be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// The person that it acts for; else `integration` is set.
    pub person_id: Option<Uuid>,
    /// The outside system that it acts for.
    pub integration: Option<String>,
    /// SHA-256 of the secret, in hexadecimal.
    pub secret_sha256: String,
    /// The companies that it is limited to; `None` is all.
    pub companies: Option<Vec<Uuid>>,
    /// Whether it may reveal secrets.
    pub may_reveal: bool,
    /// Whether it may give and take access.
    pub administer: bool,
}

impl TokenFacts {
    /// The principal that holds the token; `None` if it acts for nobody, which no token of ours does.
    pub(super) fn principal(&self, tenant: Uuid, token: TokenId) -> Option<Principal> {
        let actor = match (self.person_id, &self.integration) {
            (Some(person), _) => Actor::Person(PersonId(person)),
            (None, Some(name)) => Actor::Integration(name.clone()),
            (None, None) => return None,
        };
        let companies = self.companies.as_ref();
        Some(Principal {
            tenant: TenantId(tenant),
            token,
            actor,
            companies: companies.map(|ids| ids.iter().copied().map(CompanyId).collect()),
            may_reveal: self.may_reveal,
            may_administer: self.administer,
        })
    }
}
