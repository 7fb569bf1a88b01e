//! What a review tells.

use chrono::NaiveDate;
use domain::money::Amounts;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    money::{self, Amount},
    parameters::CompanyName,
};

/// Who reads it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Audience {
    /// The client: money is what the client pays, and nothing where no price is on record.
    #[default]
    Client,
    /// The MSP account itself: money is what the account pays.
    Internal,
}

/// Which money it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MoneyKind {
    /// What the client pays.
    Price,
    /// What the MSP account pays.
    Cost,
}

/// Amounts of money a year, one for each currency; empty where none is on record.
#[derive(Debug, Clone, Default, PartialEq, Eq, ToSchema)]
#[schema(value_type = Vec<Amount>)]
pub(crate) struct Yearly(pub(super) Amounts);

/// How a company stands with its licenses, what changed, and what is to be decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Review {
    /// The name of the MSP account.
    pub(super) account: String,
    pub(super) company: CompanyName,
    pub(super) audience: Audience,
    /// What every amount in it is.
    pub(super) money: MoneyKind,
    /// The quarter, if the period is one.
    #[schema(example = "2026-Q4")]
    pub(super) quarter: Option<String>,
    /// The first day of the period.
    pub(super) from: NaiveDate,
    /// The last day of the period.
    pub(super) to: NaiveDate,
    /// The day that all figures hold for: the last of the period, or today while it runs.
    pub(super) as_of: NaiveDate,
    /// The last entry of the account's ledger that it knows of.
    pub(super) entry: i64,
    pub(super) figures: Figures,
    /// Pools that own more than they use, those with the most first.
    pub(super) spare: Listing<SpareSeats>,
    /// Pools that use more than they own, and must not, those that miss the most first.
    pub(super) short: Listing<MissingSeats>,
    /// Pools that use more than they own, which is billed on a day to come.
    pub(super) beyond_billed: Listing<MissingSeats>,
    pub(super) ahead: Ahead,
    pub(super) changes: Changes,
    /// What is open at this entry, the gravest first.
    pub(super) decisions: Listing<Decision>,
}

/// Sums over all pools. Spare seats never make up for missing ones of another pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Figures {
    /// Licenses that the company has, or has seats of.
    pub(super) licenses: usize,
    /// Those of them that are in force and of which no amount is on record: the sums leave them out.
    pub(super) without_amount: usize,
    /// Pools of which a count is missing or outdated, so that the figures say less than the truth.
    pub(super) incomplete: usize,
    pub(super) seats_owned: i64,
    pub(super) seats_in_use: i64,
    pub(super) short: i64,
    pub(super) spare: i64,
    /// What the licenses that are in force come to in a year.
    pub(super) yearly: Yearly,
    /// What the missing seats would come to in a year.
    pub(super) short_yearly: Yearly,
    /// Seats in use beyond what is owned, billed on a day to come; they are among the missing ones.
    pub(super) beyond_billed: i64,
    /// What those would come to in a year.
    pub(super) beyond_billed_yearly: Yearly,
    /// What the spare seats come to in a year.
    pub(super) spare_yearly: Yearly,
    pub(super) recoverable_now: Seats,
    pub(super) recoverable_at_renewal: Seats,
}

/// A list of which the first are shown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    pub(super) items: Vec<T>,
    /// How many more there are.
    pub(super) more: usize,
}

/// Seats, and what they come to in a year.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = ReviewSeats)]
pub(crate) struct Seats {
    pub(super) seats: i64,
    pub(super) yearly: Yearly,
}

/// A product, and how its seats are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = ReviewProduct)]
pub(crate) struct Product {
    pub(super) product: String,
    pub(super) vendor: Option<String>,
    #[schema(example = "per_user")]
    pub(super) metric: String,
}

/// A pool with seats to spare.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpareSeats {
    #[serde(flatten)]
    pub(super) pool: Product,
    pub(super) owned: i64,
    pub(super) in_use: i64,
    pub(super) spare: i64,
    /// The first of the days without a break on which there were some.
    pub(super) since: Option<NaiveDate>,
    /// Whether so many are spare for so long that an alert asks for a decision.
    pub(super) flagged: bool,
    /// What the spare seats come to in a year.
    pub(super) yearly: Yearly,
    /// Those that may be given back at once.
    pub(super) recoverable_now: Seats,
    /// The others.
    pub(super) recoverable_at_renewal: Seats,
    /// The first day by which something can be decided about those; none if no term ends.
    pub(super) renewal_on: Option<NaiveDate>,
}

/// A pool that uses more than it owns.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct MissingSeats {
    #[serde(flatten)]
    pub(super) pool: Product,
    pub(super) owned: i64,
    pub(super) in_use: i64,
    /// Of concurrent use by its highest peak.
    pub(super) missing: i64,
    /// The first of the days without a break on which some were missing.
    pub(super) since: Option<NaiveDate>,
    /// Whether a term has ended while its seats are in use.
    pub(super) expired: bool,
    /// What the missing seats would come to in a year.
    pub(super) yearly: Yearly,
}

/// What renews or ends from the day of the review until the end of the three months after the period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Ahead {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
    #[serde(flatten)]
    pub(super) ends: Listing<Ending>,
}

/// A term that ends, or about which something must be decided.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Ending {
    pub(super) asset_id: Uuid,
    pub(super) name: String,
    /// The last day of the term.
    pub(super) expiry_date: NaiveDate,
    /// The last day on which something can be done about it.
    pub(super) deadline: NaiveDate,
    /// Whether it renews itself.
    pub(super) auto_renew: bool,
    /// Whether the term itself is one that nobody confirmed.
    pub(super) presumed: bool,
    /// What is decided: `renew`, `change` or `lapse`.
    #[schema(example = "change")]
    pub(super) decision: Option<&'static str>,
    /// Of `change`: to how many seats.
    pub(super) quantity: Option<i64>,
    /// Why, or how; told to the account alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    /// Seats that are owned.
    pub(super) seats: Option<i64>,
    pub(super) yearly: Yearly,
}

/// What is otherwise than on the day before the period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Changes {
    /// The day that is compared with.
    pub(super) since: NaiveDate,
    pub(super) positions: Listing<Position>,
    /// Licenses that are new.
    pub(super) new: Listing<Change>,
    /// Terms that began in the period.
    pub(super) renewed: Listing<Change>,
    /// Licenses whose term has ended, or that are no longer tracked.
    pub(super) ended: Listing<Change>,
    /// Licenses and seats that came from another company, or went to one.
    pub(super) transferred: Listing<Change>,
}

/// A pool then and now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Position {
    #[serde(flatten)]
    pub(super) pool: Product,
    pub(super) owned_before: i64,
    pub(super) owned: i64,
    pub(super) in_use_before: i64,
    pub(super) in_use: i64,
}

/// What happened to a license.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ReviewChange)]
pub(crate) struct Change {
    pub(super) asset_id: Uuid,
    pub(super) name: String,
    pub(super) what: What,
    /// The first day on which it was so; of an ended term its last day.
    pub(super) on: NaiveDate,
    /// Seats concerned, where they are known.
    pub(super) seats: Option<i64>,
    /// Of a renewal the last day of the new term.
    pub(super) until: Option<NaiveDate>,
}

/// What can happen to a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    New,
    Renewed,
    Ended,
    Archived,
    Received,
    GivenAway,
}

/// Something that a person is to decide.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Decision {
    pub(super) alert_id: Uuid,
    /// As alerts have it.
    #[schema(example = "under_licensed")]
    pub(super) kind: String,
    /// In plain words.
    pub(super) text: String,
    /// The last day on which something can be done, where there is one.
    pub(super) deadline: Option<NaiveDate>,
    /// Whether somebody has taken note of it.
    pub(super) acknowledged: bool,
}

impl Audience {
    pub(super) const fn money(self) -> MoneyKind {
        match self {
            Self::Client => MoneyKind::Price,
            Self::Internal => MoneyKind::Cost,
        }
    }
}

impl<T> Listing<T> {
    /// The first of all, so that no list is longer than `most`.
    pub(super) fn first(mut all: Vec<T>, most: usize) -> Self {
        let more = all.len().saturating_sub(most);
        all.truncate(most);
        Self { items: all, more }
    }
}

impl Serialize for Yearly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|sum| Amount {
            amount: money::text(sum.amount),
            currency: sum.currency.code().to_owned(),
        }))
    }
}
