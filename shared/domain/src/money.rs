//! Amounts of money and their currencies.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

/// An ISO 4217 code such as `USD`: three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Why a text is no currency code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no currency: use a three-letter ISO 4217 code such as USD or EUR")]
pub struct NotACurrency(String);

impl Currency {
    /// US dollars.
    pub const USD: Self = Self(*b"USD");

    /// Reads a code in any case.
    ///
    /// # Errors
    /// If it is not three ASCII letters.
    pub fn parse(code: &str) -> Result<Self, NotACurrency> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self(letters.map(|letter| letter.to_ascii_uppercase())))
            }
            _ => Err(NotACurrency(code.chars().take(12).collect())),
        }
    }

    /// The code in capitals.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in a currency. Amounts of different currencies are never added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Exact, in the currency's main unit, with at most [`Money::DECIMALS_MAX`] decimals.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// Unit prices of usage-based licenses go below a cent; no vendor's list was seen to go below this.
    pub const DECIMALS_MAX: u32 = 6;
    /// Beyond this an amount is a typing error; it also keeps sums far from the limits of [`Decimal`].
    pub const AMOUNT_MAX: i64 = 1_000_000_000_000;
}

/// Sums of money, one for each currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amounts(pub BTreeMap<Currency, Decimal>);

impl Amounts {
    /// Adds an amount to its currency's sum.
    pub fn add(&mut self, money: Money) {
        // The first amount stands as it is written: 6600.00.
        self.0
            .entry(money.currency)
            .and_modify(|sum| *sum = sum.saturating_add(money.amount))
            .or_insert(money.amount);
    }

    /// Adds all of the others.
    pub fn add_all(&mut self, others: &Self) {
        for money in others.iter() {
            self.add(money);
        }
    }

    /// The sums in the order of their currencies.
    pub fn iter(&self) -> impl Iterator<Item = Money> + '_ {
        let money = |(&currency, &amount)| Money { amount, currency };
        self.0.iter().map(money)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The part of it that `part` of `whole` make, each sum rounded to cents; nothing of nothing.
    #[must_use]
    pub fn share(&self, part: i64, whole: i64) -> Self {
        if whole <= 0 || part <= 0 {
            return Self::default();
        }
        if part == whole {
            return self.clone();
        }
        let mut share = Self::default();
        for money in self.iter() {
            let exact = money
                .amount
                .checked_mul(Decimal::from(part))
                .map(|amount| amount / Decimal::from(whole));
            let mut amount = exact.unwrap_or_default().round_dp(2);
            amount.rescale(2);
            share.add(Money {
                amount,
                currency: money.currency,
            });
        }
        share
    }

    /// What is left of it without another. A currency that is not in it is passed over.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for money in self.iter() {
            let taken = other.0.get(&money.currency);
            rest.add(Money {
                amount: taken.map_or(money.amount, |taken| money.amount - taken),
                currency: money.currency,
            });
        }
        rest
    }
}

impl FromIterator<Money> for Amounts {
    fn from_iter<T: IntoIterator<Item = Money>>(all: T) -> Self {
        let mut amounts = Self::default();
        for money in all {
            amounts.add(money);
        }
        amounts
    }
}
