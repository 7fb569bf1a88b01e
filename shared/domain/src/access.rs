//! Who may do what: one pure question, asked by every route.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::ids::{CompanyId, PersonId, TenantId, TokenId};

/// Reveals that one token is allowed within a minute. A technician opens a handful of keys while
/// working on one machine; more than that is a script copying the vault.
pub const REVEALS_PER_MINUTE: usize = 10;

/// Reveals that one token is allowed within an hour: bounds what a stolen token yields before its
/// refusals, which are recorded, are noticed.
pub const REVEALS_PER_HOUR: usize = 20;

/// The least time between two recorded refusals of one token for one cause. The first says all that an alarm
/// needs, and a script that asks in a loop must not make the ledger longer without end: two causes a minute
/// are at most 2,880 entries a day, where a token would otherwise write as fast as it can ask.
pub const REFUSALS_RECORDED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The word for a reveal that was refused since too many went before it.
pub(crate) const BUDGET_CAUSE: &str = "budget";

const MINUTE: TimeDelta = TimeDelta::minutes(1);
const HOUR: TimeDelta = TimeDelta::hours(1);

/// Whoever asks, as established from a token. The tenant comes from the token alone, so no
/// request can name another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose data it is about, all of it.
    pub tenant: TenantId,
    /// The token that was shown; nil for [`Actor::System`], which has none.
    pub token: TokenId,
    /// In whose name.
    pub actor: Actor,
    /// The companies that the token is limited to; `None` is all of them, those yet to come included.
    pub companies: Option<BTreeSet<CompanyId>>,
    /// Whether secrets may be seen in plain text; never given by default.
    pub may_reveal: bool,
    /// Whether access itself may be given and taken.
    pub may_administer: bool,
}

/// In whose name something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A named person; the name itself is not kept in events.
    Person(PersonId),
    /// An outside system, by the name given when its token was issued.
    Integration(String),
    /// Seatledger itself, on the operator's command line.
    System,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// To see it, its history included.
    Read,
    /// To change it.
    Write,
    /// To give and take access itself.
    Administer,
    /// To see a password field in plain text.
    Reveal,
}

/// What it is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The schema that all companies share.
    AssetTypes,
    /// The policy of the whole account.
    Policy,
    /// The catalog of products that all companies share.
    Products,
    /// The set of companies: writing is adding one. Reading a list is allowed to everyone, since a
    /// list shows only the companies that [`Principal::sees`] lets through.
    Companies,
    /// The tokens of the account and the people behind them.
    Tokens,
    /// The ledger as a whole: its entries, its stream. A slice by company would not be gapless, so a
    /// limited token gets none.
    Ledger,
    /// A company itself: its name, external ids and policy.
    Company(CompanyId),
    /// An asset of this company, its secrets included.
    Asset(CompanyId),
    /// A document of this company.
    Document(CompanyId),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Outside what the token can see: to be answered exactly as if it did not exist.
    #[error("not found")]
    NotVisible,
    /// Visible, but the right is lacking; the text says which one and is meant for the caller.
    #[error("{0}")]
    Forbidden(&'static str),
}

/// The time until the next reveal would be allowed: whole seconds, 1 to 3600.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter {
    /// Rounded up, so that a retry after exactly this time succeeds.
    pub seconds: u32,
}

impl Principal {
    /// The operator at the command line, who holds the database anyway: everything but reveals,
    /// because a reveal is recorded with the person who saw it.
    #[must_use]
    pub fn system(tenant: TenantId) -> Self {
        Self {
            tenant,
            token: TokenId(Uuid::nil()),
            actor: Actor::System,
            companies: None,
            may_reveal: false,
            may_administer: true,
        }
    }

    /// Whether things of this company exist for the principal at all.
    #[must_use]
    pub fn sees(&self, company: CompanyId) -> bool {
        self.companies
            .as_ref()
            .is_none_or(|companies| companies.contains(&company))
    }

    fn is_limited(&self) -> bool {
        self.companies.is_some()
    }
}

impl Resource {
    /// The company that it belongs to; `None` for what all companies share.
    #[must_use]
    pub fn company(self) -> Option<CompanyId> {
        match self {
            Self::Company(company) | Self::Asset(company) | Self::Document(company) => {
                Some(company)
            }
            Self::AssetTypes
            | Self::Policy
            | Self::Products
            | Self::Companies
            | Self::Tokens
            | Self::Ledger => None,
        }
    }
}

/// Whether the principal may do this. Moving an asset is asked twice: of the company it leaves and
/// of the one it goes to.
///
/// # Errors
/// [`Denied`], which says whether the thing may even be known to exist.
pub fn may(principal: &Principal, action: Action, resource: Resource) -> Result<(), Denied> {
    if let Some(company) = resource.company()
        && !principal.sees(company)
    {
        return Err(Denied::NotVisible);
    }
    match (action, resource) {
        (Action::Reveal, Resource::Asset(_)) => require(
            principal.may_reveal,
            "this token does not have the right to reveal secrets",
        ),
        (Action::Reveal, _) => Err(Denied::Forbidden(
            "only the secrets of assets can be revealed",
        )),
        (Action::Administer, _) | (_, Resource::Tokens) => {
            require(
                principal.may_administer,
                "this token does not have the right to administer the account",
            )?;
            unlimited_unless_of_company(principal, resource)
        }
        (Action::Read, Resource::Ledger) => unlimited_unless_of_company(principal, resource),
        (Action::Read, _) => Ok(()),
        (Action::Write, Resource::Ledger) => {
            Err(Denied::Forbidden("the ledger is written by commands alone"))
        }
        (Action::Write, _) => unlimited_unless_of_company(principal, resource),
    }
}

/// Whether a token that revealed at these instants may reveal now: at most [`REVEALS_PER_MINUTE`]
/// and [`REVEALS_PER_HOUR`], in windows that slide. Refused attempts do not belong in `reveals`, or
/// a client that keeps asking would never be let in again.
///
/// # Errors
/// [`RetryAfter`], the wait until both windows have room.
pub fn reveal_budget(
    reveals: impl Iterator<Item = DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), RetryAfter> {
    let mut recent: Vec<_> = reveals.filter(|&at| now - at < HOUR).collect();
    recent.sort_unstable();
    let wait = [(REVEALS_PER_MINUTE, MINUTE), (REVEALS_PER_HOUR, HOUR)]
        .into_iter()
        .filter_map(|(limit, window)| wait_for(&recent, limit, window, now))
        .max();
    wait.map_or(Ok(()), |wait| Err(RetryAfter::rounded_up(wait)))
}

impl RetryAfter {
    fn rounded_up(wait: TimeDelta) -> Self {
        let milliseconds = wait.num_milliseconds().clamp(1, HOUR.num_milliseconds());
        let seconds = u32::try_from((milliseconds + 999) / 1000).unwrap_or(u32::MAX);
        Self { seconds }
    }
}

/// How long until fewer than `limit` of the sorted `times` lie within the window that ends now.
fn wait_for(
    times: &[DateTime<Utc>],
    limit: usize,
    window: TimeDelta,
    now: DateTime<Utc>,
) -> Option<TimeDelta> {
    let must_leave = times.len().checked_sub(limit)?;
    let leaves_at = *times.get(must_leave)? + window;
    (leaves_at > now).then(|| leaves_at - now)
}

fn require(right: bool, otherwise: &'static str) -> Result<(), Denied> {
    if right {
        Ok(())
    } else {
        Err(Denied::Forbidden(otherwise))
    }
}

fn unlimited_unless_of_company(principal: &Principal, resource: Resource) -> Result<(), Denied> {
    require(
        resource.company().is_some() || !principal.is_limited(),
        "this token is limited to some companies; this concerns the whole account",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: CompanyId = CompanyId(Uuid::from_u128(1));
    const THEIRS: CompanyId = CompanyId(Uuid::from_u128(2));
    const TENANT: TenantId = TenantId(Uuid::from_u128(9));

    fn token(limited: bool, may_reveal: bool, may_administer: bool) -> Principal {
        Principal {
            tenant: TENANT,
            token: TokenId(Uuid::from_u128(8)),
            actor: Actor::Integration("RMM".to_owned()),
            companies: limited.then(|| BTreeSet::from([OURS])),
            may_reveal,
            may_administer,
        }
    }

    /// One letter an outcome: `y` allowed, `n` forbidden, `-` not visible. A column for each token:
    /// plain, +reveal, +administer, both; then the same four limited to `OURS`.
    const TABLE: &[(Action, Resource, &str)] = &[
        (Action::Read, Resource::AssetTypes, "yyyy yyyy"),
        (Action::Read, Resource::Products, "yyyy yyyy"),
        (Action::Read, Resource::Policy, "yyyy yyyy"),
        (Action::Read, Resource::Companies, "yyyy yyyy"),
        (Action::Read, Resource::Tokens, "nnyy nnnn"),
        (Action::Read, Resource::Ledger, "yyyy nnnn"),
        (Action::Read, Resource::Company(OURS), "yyyy yyyy"),
        (Action::Read, Resource::Asset(OURS), "yyyy yyyy"),
        (Action::Read, Resource::Document(OURS), "yyyy yyyy"),
        (Action::Read, Resource::Company(THEIRS), "yyyy ----"),
        (Action::Read, Resource::Asset(THEIRS), "yyyy ----"),
        (Action::Read, Resource::Document(THEIRS), "yyyy ----"),
        (Action::Write, Resource::AssetTypes, "yyyy nnnn"),
        (Action::Write, Resource::Products, "yyyy nnnn"),
        (Action::Write, Resource::Policy, "yyyy nnnn"),
        (Action::Write, Resource::Companies, "yyyy nnnn"),
        (Action::Write, Resource::Tokens, "nnyy nnnn"),
        (Action::Write, Resource::Ledger, "nnnn nnnn"),
        (Action::Write, Resource::Company(OURS), "yyyy yyyy"),
        (Action::Write, Resource::Asset(OURS), "yyyy yyyy"),
        (Action::Write, Resource::Document(OURS), "yyyy yyyy"),
        (Action::Write, Resource::Company(THEIRS), "yyyy ----"),
        (Action::Write, Resource::Asset(THEIRS), "yyyy ----"),
        (Action::Write, Resource::Document(THEIRS), "yyyy ----"),
        (Action::Administer, Resource::AssetTypes, "nnyy nnnn"),
        (Action::Administer, Resource::Products, "nnyy nnnn"),
        (Action::Administer, Resource::Policy, "nnyy nnnn"),
        (Action::Administer, Resource::Companies, "nnyy nnnn"),
        (Action::Administer, Resource::Tokens, "nnyy nnnn"),
        (Action::Administer, Resource::Ledger, "nnyy nnnn"),
        (Action::Administer, Resource::Company(OURS), "nnyy nnyy"),
        (Action::Administer, Resource::Asset(OURS), "nnyy nnyy"),
        (Action::Administer, Resource::Document(OURS), "nnyy nnyy"),
        (Action::Administer, Resource::Company(THEIRS), "nnyy ----"),
        (Action::Administer, Resource::Asset(THEIRS), "nnyy ----"),
        (Action::Administer, Resource::Document(THEIRS), "nnyy ----"),
        (Action::Reveal, Resource::AssetTypes, "nnnn nnnn"),
        (Action::Reveal, Resource::Products, "nnnn nnnn"),
        (Action::Reveal, Resource::Policy, "nnnn nnnn"),
        (Action::Reveal, Resource::Companies, "nnnn nnnn"),
        (Action::Reveal, Resource::Tokens, "nnnn nnnn"),
        (Action::Reveal, Resource::Ledger, "nnnn nnnn"),
        (Action::Reveal, Resource::Company(OURS), "nnnn nnnn"),
        (Action::Reveal, Resource::Asset(OURS), "nyny nyny"),
        (Action::Reveal, Resource::Document(OURS), "nnnn nnnn"),
        (Action::Reveal, Resource::Company(THEIRS), "nnnn ----"),
        (Action::Reveal, Resource::Asset(THEIRS), "nyny ----"),
        (Action::Reveal, Resource::Document(THEIRS), "nnnn ----"),
    ];

    #[test]
    fn every_combination_of_token_action_and_resource_has_its_answer() {
        let mut rows = BTreeSet::new();
        for &(action, resource, expected) in TABLE {
            assert!(
                rows.insert((action, resource)),
                "{action:?} {resource:?} twice"
            );
            let outcomes: String = [false, true]
                .map(|limited| outcomes(limited, action, resource))
                .join(" ");
            assert_eq!(outcomes, expected, "{action:?} {resource:?}");
        }
        let actions = rows.iter().map(|row| row.0).collect::<BTreeSet<_>>().len();
        let resources = rows.iter().map(|row| row.1).collect::<BTreeSet<_>>().len();
        assert_eq!(rows.len(), actions * resources, "the table has holes");
    }

    fn outcomes(limited: bool, action: Action, resource: Resource) -> String {
        [(false, false), (true, false), (false, true), (true, true)]
            .map(|(reveal, administer)| {
                match may(&token(limited, reveal, administer), action, resource) {
                    Ok(()) => 'y',
                    Err(Denied::Forbidden(_)) => 'n',
                    Err(Denied::NotVisible) => '-',
                }
            })
            .iter()
            .collect()
    }

    #[test]
    fn a_token_limited_to_no_company_sees_none() {
        let mut principal = token(true, true, true);
        principal.companies = Some(BTreeSet::new());
        assert_eq!(
            may(&principal, Action::Read, Resource::Asset(OURS)),
            Err(Denied::NotVisible)
        );
    }

    #[test]
    fn the_system_may_do_all_but_reveal() {
        let system = Principal::system(TENANT);
        assert_eq!(may(&system, Action::Administer, Resource::Tokens), Ok(()));
        assert_eq!(may(&system, Action::Write, Resource::Asset(THEIRS)), Ok(()));
        assert!(may(&system, Action::Reveal, Resource::Asset(OURS)).is_err());
    }

    /// The ages of past reveals in seconds, and the wait that they ask for (0: none).
    const BUDGETS: &[(&[i64], u32)] = &[
        (&[], 0),
        (&[0; 9], 0),
        (&[0; 10], 60),
        (&[59; 10], 1),
        (&[60; 10], 0),
        (&[59, 60, 60, 60, 60, 60, 60, 60, 60, 60], 0),
        (&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 50),
        (&[61; 19], 0),
        (&[61; 20], 3539),
        (&[3599; 20], 1),
        (&[3600; 20], 0),
        (&[3600; 1000], 0),
        // The hour asks for longer than the minute: it decides.
        (&[1; 20], 3599),
        // More than the limit, as after the limit was lowered: enough of them must leave.
        (&[50, 40, 30, 1, 1, 1, 1, 1, 1, 1, 1, 1], 30),
        // Recorded by a clock ahead of ours: counted, and never longer than the window.
        (&[-7200; 20], 3600),
    ];

    #[test]
    fn reveals_are_limited_by_the_minute_and_the_hour() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for &(ages, seconds) in BUDGETS {
            let reveals = ages.iter().map(|&age| now - TimeDelta::seconds(age));
            let expected = if seconds == 0 {
                Ok(())
            } else {
                Err(RetryAfter { seconds })
            };
            assert_eq!(reveal_budget(reveals, now), expected, "{ages:?}");
        }
    }

    #[test]
    fn a_wait_is_rounded_up_so_that_the_retry_succeeds() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let reveals = [now - TimeDelta::milliseconds(58_001); 10];
        assert_eq!(
            reveal_budget(reveals.into_iter(), now),
            Err(RetryAfter { seconds: 2 })
        );
    }
}
