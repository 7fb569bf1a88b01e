//! Amounts of money and their currencies.

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
