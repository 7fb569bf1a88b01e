use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    ids::PurchaseId,
    money::Money,
    words::{named, word_of},
};

/// How many purchases a license may have: one a week for forty years. Each day is a sum over all of them.
pub const PURCHASES_MAX: usize = 2_000;

/// Seats bought together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Its id.
    pub id: PurchaseId,
    /// How many seats.
    pub quantity: i64,
    /// The first day on which they are owned.
    pub from: NaiveDate,
    /// The last day. Without one they are owned as long as the license's term runs.
    pub until: Option<NaiveDate>,
    /// What one seat costs.
    pub unit_price: Option<Money>,
    /// For how long a seat is had at that price. None where there is no price, or where it was recorded before
    /// this was asked: then it was paid once.
    pub price_per: Option<PricePer>,
    /// The order's number.
    pub order: Option<String>,
    /// From whom.
    pub supplier: Option<String>,
    /// The days on which seats of it may be given back before its end, both included, if there are any.
    pub reducible: Option<Window>,
}

/// Days, both included; no last day means for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: Option<NaiveDate>,
}

/// For how long a seat is had at its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PricePer {
    /// A month.
    Month,
    /// A year.
    Year,
    /// For good, or as long as the purchase lasts: it is paid on its first day.
    Once,
}

impl PricePer {
    /// All of them with their words in JSON.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Month, "month"),
        (Self::Year, "year"),
        (Self::Once, "once"),
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }

    /// The one that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }
}

impl Window {
    /// Whether a day is one of its days.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

impl Purchase {
    /// Whether its seats are owned on a day, the license's term aside.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// What one seat costs a year, if it is paid again and again.
    #[must_use]
    pub fn yearly_price(&self) -> Option<Money> {
        let times = match self.price_per? {
            PricePer::Month => Decimal::from(12),
            PricePer::Year => Decimal::ONE,
            PricePer::Once => return None,
        };
        let price = self.unit_price?;
        Some(Money {
            amount: price.amount * times,
            currency: price.currency,
        })
    }
}
