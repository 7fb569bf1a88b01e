//! The order in which assets are listed, and where a page of them ended.

use std::{borrow::Cow, ops::RangeInclusive};

use chrono::{DateTime, Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fields::{Value, ValueKind};

/// What assets are sorted by; then by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AssetOrder {
    /// By what.
    pub key: AssetKey,
    /// The other way round.
    pub descending: bool,
}

/// What assets can be sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub enum AssetKey {
    /// What lists call it.
    #[default]
    Name,
    /// Whose it is, by name.
    Company,
    /// The vendor's name; none first.
    Vendor,
    /// When its term ends; what never ends comes last.
    ExpiryDate,
    /// The seats owned; what is no license comes first.
    Owned,
    /// The seats in use; what is no license comes first.
    InUse,
    /// When it was registered.
    CreatedAt,
    /// When it changed last.
    UpdatedAt,
    /// The value of a field; none comes first.
    Field {
        /// The field's key.
        field: String,
        /// What its values are compared as.
        kind: ValueKind,
        /// Whether it changes from day to day.
        dated: bool,
    },
}

/// Where a page of assets ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterAsset {
    /// The column `sort_key` of its last row.
    pub sort_key: String,
    /// The asset of its last row.
    pub asset_id: Uuid,
}

/// How the database keeps what is sorted by.
#[derive(Clone, Copy)]
pub(super) enum KeyType {
    Text,
    Count,
    Day,
    Instant,
    Number,
}

/// Comes before all numbers.
const NO_NUMBER: &str = "-Infinity";

/// Years that both ISO and the database write with four digits and no sign.
const YEARS: RangeInclusive<i32> = 1..=9999;

impl KeyType {
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Count => "bigint",
            Self::Day => "date",
            Self::Instant => "timestamptz",
            Self::Number => "numeric",
        }
    }
}

impl AfterAsset {
    /// The same, spelled so that the database can take it for a sort key of this kind. None if it can't be one:
    /// cursors are not signed, so one may have been made by hand.
    #[must_use]
    pub fn readable(self, key: &AssetKey) -> Option<Self> {
        let sort_key = match key.sql("").1 {
            KeyType::Text => self.sort_key,
            KeyType::Count => self.sort_key.parse::<i64>().ok()?.to_string(),
            KeyType::Number if self.sort_key == NO_NUMBER => self.sort_key,
            KeyType::Number => self.sort_key.parse::<Decimal>().ok()?.to_string(),
            KeyType::Day if self.sort_key == "infinity" => self.sort_key,
            KeyType::Day => {
                let day = self.sort_key.parse::<NaiveDate>().ok()?;
                YEARS.contains(&day.year()).then(|| day.to_string())?
            }
            KeyType::Instant => {
                let at =
                    DateTime::parse_from_str(&self.sort_key, "%Y-%m-%d %H:%M:%S%.f%#z").ok()?;
                let at = at.to_utc();
                YEARS.contains(&at.year()).then(|| at.to_string())?
            }
        };
        Some(Self { sort_key, ..self })
    }
}

impl AssetKey {
    /// All keys but the fields with the words that name them.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Name, "name"),
        (Self::Company, "company"),
        (Self::Vendor, "vendor"),
        (Self::ExpiryDate, "expiry_date"),
        (Self::Owned, "owned"),
        (Self::InUse, "in_use"),
        (Self::CreatedAt, "created_at"),
        (Self::UpdatedAt, "updated_at"),
    ];

    /// The expression, which is never null, and its type. `field` is the parameter that holds a field's key.
    pub(super) fn sql(&self, field: &str) -> (Cow<'static, str>, KeyType) {
        let (sql, of) = match self {
            Self::Name => ("a.name", KeyType::Text),
            Self::Company => ("c.name", KeyType::Text),
            Self::Vendor => ("a.vendor_key", KeyType::Text),
            Self::ExpiryDate => ("coalesce(ends.expiry_date, 'infinity')", KeyType::Day),
            Self::Owned => ("coalesce(l.owned, -1)", KeyType::Count),
            Self::InUse => ("coalesce(l.in_use, -1)", KeyType::Count),
            Self::CreatedAt => ("a.created_at", KeyType::Instant),
            Self::UpdatedAt => ("a.updated_at", KeyType::Instant),
            Self::Field { kind, dated, .. } => {
                let value = Value::of(field, *dated);
                return match kind {
                    ValueKind::Number => {
                        let sql = format!("coalesce({}, '{NO_NUMBER}')", value.number);
                        (sql.into(), KeyType::Number)
                    }
                    _ => {
                        let sql = format!("coalesce(lower({}), '')", value.text);
                        (sql.into(), KeyType::Text)
                    }
                };
            }
        };
        (sql.into(), of)
    }

    /// Whether an index of the assets has this order.
    pub(super) const fn is_indexed(&self) -> bool {
        matches!(
            self,
            Self::Name | Self::Vendor | Self::CreatedAt | Self::UpdatedAt
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sort_key_that_the_database_could_not_cast_is_none() {
        use AssetKey::{CreatedAt, ExpiryDate, Name, Owned};
        for (key, written, read) in [
            (Name, "", Some("")),
            (Name, "Contoso", Some("Contoso")),
            (Owned, "-1", Some("-1")),
            (Owned, "+7", Some("7")),
            (Owned, "", None),
            (Owned, "seven", None),
            (Owned, "1.5", None),
            (Owned, "9223372036854775808", None),
            (ExpiryDate, "2026-12-31", Some("2026-12-31")),
            (ExpiryDate, "infinity", Some("infinity")),
            (ExpiryDate, "2026-02-30", None),
            (ExpiryDate, "+200000-01-01", None),
            (ExpiryDate, "-0001-01-01", None),
            (ExpiryDate, "soon", None),
            (
                CreatedAt,
                "2026-11-01 00:00:00+00",
                Some("2026-11-01 00:00:00 UTC"),
            ),
            (
                CreatedAt,
                "2026-11-01 05:30:00.123456+05:30",
                Some("2026-11-01 00:00:00.123456 UTC"),
            ),
            (CreatedAt, "0001-01-01 00:00:00+01", None),
            (CreatedAt, "2026-11-01", None),
            (CreatedAt, "now", None),
        ] {
            let after = AfterAsset {
                sort_key: written.to_owned(),
                asset_id: Uuid::nil(),
            };
            let found = after.readable(&key).map(|after| after.sort_key);
            assert_eq!(found.as_deref(), read, "{written:?}");
        }
    }
}
