//! What the read models tell of a company.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::money::{Amounts, Currency, Money};
use rust_decimal::Decimal;
use serde::{Deserialize, de::DeserializeOwned};
use tokio_postgres::{Row, types::Json};
use uuid::Uuid;
use web::problem::Problem;

use super::told::Audience;
use crate::row::Columns;

/// A row of `review.sql`.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) account: String,
    pub(super) company: String,
    pub(super) pools: Vec<Pool>,
    pub(super) licenses: Vec<License>,
    /// The pools on the day before the period.
    pub(super) positions: Vec<Earlier>,
    pub(super) ends: Vec<End>,
    pub(super) new: Vec<Happened>,
    pub(super) renewals: Vec<Happened>,
    pub(super) ended: Vec<Happened>,
    pub(super) transfers: Vec<Happened>,
    pub(super) alerts: Vec<Alert>,
}

/// How far the read models had come when they told it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) entry: i64,
    /// Whether all of them had come equally far, so that what they tell is of one entry.
    pub(super) even: bool,
    pub(super) halted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PoolId {
    pub(super) product_key: String,
    pub(super) metric: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Pool {
    pub(super) product_key: String,
    pub(super) metric: String,
    pub(super) product: Option<String>,
    pub(super) vendor: Option<String>,
    pub(super) owned: i64,
    pub(super) in_use: i64,
    pub(super) short: i64,
    pub(super) spare: i64,
    pub(super) recoverable_now: i64,
    pub(super) status: String,
    pub(super) incomplete: bool,
    pub(super) spare_since: Option<NaiveDate>,
    pub(super) short_since: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct License {
    pub(super) asset_id: Uuid,
    pub(super) name: String,
    pub(super) product_key: String,
    pub(super) metric: String,
    pub(super) allocated: bool,
    pub(super) total: Option<i64>,
    pub(super) owned: Option<i64>,
    pub(super) in_use: Option<i64>,
    pub(super) in_force: bool,
    pub(super) reducible: i64,
    pub(super) perpetual: bool,
    /// What the company's part costs a year; read for the account alone.
    cost: Option<BTreeMap<String, String>>,
    /// What the whole license is sold for a year; read for clients alone.
    price: Option<StoredMoney>,
    /// What other companies have of it.
    elsewhere: Vec<Option<i64>>,
    pub(super) deadline: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct StoredMoney {
    amount: String,
    currency: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Earlier {
    pub(super) product_key: String,
    pub(super) metric: String,
    pub(super) product: Option<String>,
    pub(super) licensed_as: Option<String>,
    pub(super) owned: i64,
    pub(super) in_use: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct End {
    pub(super) asset_id: Uuid,
    pub(super) name: String,
    pub(super) expiry_date: NaiveDate,
    pub(super) deadline: NaiveDate,
    pub(super) auto_renew: bool,
    pub(super) presumed: bool,
    pub(super) decision: Option<String>,
    pub(super) quantity: Option<i64>,
    pub(super) note: Option<String>,
    typed: Option<StoredMoney>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Happened {
    pub(super) asset_id: Uuid,
    pub(super) name: String,
    pub(super) on: NaiveDate,
    pub(super) seats: Option<i64>,
    /// Of a renewal the last day of the new term.
    pub(super) until: Option<NaiveDate>,
    /// Of an end, whether it is no longer tracked.
    #[serde(default)]
    pub(super) archived: bool,
    /// Of a transfer, whether it came to the company.
    #[serde(default)]
    pub(super) received: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Alert {
    pub(super) alert_id: Uuid,
    pub(super) kind: String,
    pub(super) product_key: Option<String>,
    pub(super) metric: Option<String>,
    pub(super) name: Option<String>,
    pub(super) term: Option<NaiveDate>,
    pub(super) deadline: Option<NaiveDate>,
    pub(super) since: Option<NaiveDate>,
    pub(super) seats: Option<i64>,
    pub(super) owned: Option<i64>,
    pub(super) in_use: Option<i64>,
    pub(super) acknowledged: bool,
    pub(super) gravity: i32,
    pub(super) urgent_on: NaiveDate,
    pub(super) note: Option<String>,
}

impl Rows {
    pub(super) fn of(row: &Row) -> Result<Self, Problem> {
        Ok(Self {
            account: row.read("account")?,
            company: row.read("company")?,
            pools: list(row, "pools")?,
            licenses: list(row, "licenses")?,
            positions: list(row, "positions")?,
            ends: list(row, "ends")?,
            new: list(row, "new")?,
            renewals: list(row, "renewals")?,
            ended: list(row, "ended")?,
            transfers: list(row, "transfers")?,
            alerts: list(row, "alerts")?,
        })
    }

    /// The most that one of the bounded lists holds.
    pub(super) fn longest(&self) -> usize {
        let lists = [
            self.licenses.len(),
            self.new.len(),
            self.renewals.len(),
            self.ended.len(),
            self.transfers.len(),
            self.alerts.len(),
        ];
        lists.into_iter().max().unwrap_or(0)
    }
}

impl Standing {
    pub(super) fn of(row: &Row) -> Result<Self, Problem> {
        let (first, last): (i64, i64) = (row.read("first_entry")?, row.read("last_entry")?);
        Ok(Self {
            entry: first,
            even: first == last,
            halted: row.read("halted")?,
        })
    }
}

fn list<T: DeserializeOwned>(row: &Row, name: &str) -> Result<Vec<T>, Problem> {
    let Json(items) = row.read(name)?;
    Ok(items)
}

impl Pool {
    pub(super) fn id(&self) -> PoolId {
        PoolId {
            product_key: self.product_key.clone(),
            metric: self.metric.clone(),
        }
    }
}

impl License {
    pub(super) fn pool(&self) -> PoolId {
        PoolId {
            product_key: self.product_key.clone(),
            metric: self.metric.clone(),
        }
    }

    /// What the company's part of it comes to in a year: for a client the part of the license's price that its seats
    /// make, for the account what it costs. Nothing where nobody said.
    pub(super) fn yearly(&self, audience: Audience) -> Amounts {
        if audience == Audience::Internal {
            let sums = self.cost.iter().flatten();
            return sums
                .filter_map(|(code, amount)| money(amount, code))
                .collect();
        }
        let whole: Amounts = self.price.iter().filter_map(StoredMoney::money).collect();
        let elsewhere = self.elsewhere.iter().flatten().copied();
        let seats = elsewhere
            .clone()
            .fold(self.total.unwrap_or(0), i64::saturating_add);
        if self.allocated {
            return whole.share(self.total.unwrap_or(0), seats);
        }
        let given = elsewhere.fold(Amounts::default(), |mut given, part| {
            given.add_all(&whole.share(part, seats));
            given
        });
        whole.less(&given)
    }
}

impl End {
    /// What is typed of the whole of it, of what is no license.
    pub(super) fn yearly(&self) -> Amounts {
        self.typed.iter().filter_map(StoredMoney::money).collect()
    }
}

impl StoredMoney {
    fn money(&self) -> Option<Money> {
        money(&self.amount, &self.currency)
    }
}

fn money(amount: &str, currency: &str) -> Option<Money> {
    let currency = Currency::parse(currency).ok()?;
    let amount: Decimal = amount.parse().ok()?;
    Some(Money { amount, currency })
}
