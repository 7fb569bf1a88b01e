//! Tenants and the tokens that speak for them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::{
    access::REFUSALS_RECORDED_EVERY,
    event::Event,
    ids::{CompanyId, PersonId, TokenId},
    money::Currency,
};

/// How many companies a token may be limited to: each is read when it is issued, and all stand in one event.
pub const TOKEN_COMPANIES_MAX: usize = 1_000;

/// One MSP's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The MSP's name.
    pub name: String,
    /// Its calendar, unless the policy says otherwise.
    pub time_zone: Tz,
    /// The currency of bare amounts, unless the policy says otherwise.
    pub currency: Currency,
}

/// An API token, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Also the id of its stream.
    pub id: TokenId,
    /// Whose it is, if a person's.
    pub person: Option<PersonId>,
    /// Whose it is, if a program's.
    pub integration: Option<String>,
    /// The companies it is limited to; none means all.
    pub companies: Option<BTreeSet<CompanyId>>,
    /// Whether it may reveal secrets.
    pub may_reveal: bool,
    /// Whether it may change types, policies and tokens.
    pub administer: bool,
    /// No longer good.
    pub revoked: bool,
    /// The latest reveals, oldest first; as many as the budget looks at.
    pub reveals: VecDeque<DateTime<Utc>>,
    /// When a refused reveal was last recorded, by its cause.
    pub refusals: BTreeMap<String, DateTime<Utc>>,
}

/// More reveals than the largest budget allows in its window need not be remembered.
const REVEALS_REMEMBERED_MAX: usize = 64;

impl Token {
    pub(crate) fn evolve(&mut self, event: &Event, recorded_at: DateTime<Utc>) {
        match event {
            Event::TokenRevoked => self.revoked = true,
            Event::SecretRevealed { .. } => {
                if self.reveals.len() == REVEALS_REMEMBERED_MAX {
                    self.reveals.pop_front();
                }
                self.reveals.push_back(recorded_at);
            }
            Event::RevealRefused { cause, .. } => {
                self.refusals.insert(cause.clone(), recorded_at);
            }
            _ => {}
        }
    }

    /// Whether one more refusal for this cause is worth an entry: see [`REFUSALS_RECORDED_EVERY`].
    pub(crate) fn records_refusal(&self, cause: &str, now: DateTime<Utc>) -> bool {
        let last = self.refusals.get(cause);
        last.is_none_or(|&last| now - last >= REFUSALS_RECORDED_EVERY)
    }
}
