//! What was found, of what.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Kind;
use crate::{
    compliance::PoolKey,
    ids::{AssetId, CompanyId, TokenId},
};

/// How many licenses of a pool a finding names: enough for a person, and for their timelines.
pub const FINDING_LICENSES_MAX: usize = 50;

/// What something was found of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// The licenses of one company, product and metric.
    Pool(PoolKey),
    /// An asset.
    Asset(AssetId),
    /// A token.
    Token(TokenId),
}

impl About {
    /// Tells it apart from all others.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            // Neither an id nor a metric holds a line break, so the parts can't run together.
            Self::Pool(pool) => format!(
                "pool\n{}\n{}\n{}",
                pool.company,
                pool.metric.as_str(),
                pool.product.0
            ),
            Self::Asset(asset) => format!("asset\n{asset}"),
            Self::Token(token) => format!("token\n{token}"),
        }
    }
}

/// What was found. Names are not in it: they are looked up when it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// Of what.
    pub about: About,
    /// Whose; none for what concerns the whole account.
    pub company: Option<CompanyId>,
    /// The last day of the term, or of the maintenance.
    pub term: Option<NaiveDate>,
    /// The last day on which something can be done.
    pub deadline: Option<NaiveDate>,
    /// Of the policy's lead days, the one that was passed last.
    pub lead_days: Option<u32>,
    /// The first day on which it was so.
    pub since: Option<NaiveDate>,
    /// Seats: missing, to be trued up, spare, or free, as the kind says.
    pub seats: Option<i64>,
    /// Seats owned.
    pub owned: Option<i64>,
    /// Seats in use.
    pub in_use: Option<i64>,
    /// The licenses concerned, at most [`FINDING_LICENSES_MAX`].
    pub licenses: BTreeSet<AssetId>,
    /// What the person wrote who asked for it.
    pub note: Option<String>,
}

impl Finding {
    /// A finding of which nothing more is known.
    #[must_use]
    pub fn new(kind: Kind, about: About, company: Option<CompanyId>) -> Self {
        Self {
            kind,
            about,
            company,
            term: None,
            deadline: None,
            lead_days: None,
            since: None,
            seats: None,
            owned: None,
            in_use: None,
            licenses: BTreeSet::new(),
            note: None,
        }
    }

    /// Whether it is another matter than an earlier one of the same cause: another term, or another company's.
    #[must_use]
    pub fn is_another_matter(&self, earlier: &Self) -> bool {
        self.term != earlier.term || self.company != earlier.company
    }

    /// Whether it is worse than an earlier one of the same matter: graver, or more seats are missing. That a further
    /// reminder is due is not worse.
    #[must_use]
    pub fn is_worse_than(&self, earlier: &Self) -> bool {
        let missing_more = match self.kind {
            Kind::UnderLicensed | Kind::TrueUpDue | Kind::ExpiredInUse => {
                self.seats > earlier.seats
            }
            // Of these, fewer are worse.
            Kind::FewFreeSeats => self.seats < earlier.seats,
            _ => false,
        };
        match self.kind.gravity().cmp(&earlier.kind.gravity()) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => missing_more,
            std::cmp::Ordering::Less => false,
        }
    }
}
