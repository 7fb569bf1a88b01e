//! Spans of days, as rows have them.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use domain::asset::Asset;
use serde::{Deserialize, Deserializer, de::Error};

/// The first day of what has always been so: the earliest that ISO dates can write.
pub(crate) const ALWAYS: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();

/// The days on which something about an asset's owner, seats, cost or recorded expiry may change.
pub(crate) fn of_asset(asset: &Asset) -> BTreeSet<NaiveDate> {
    let after = |day: Option<NaiveDate>| day.and_then(|day| day.succ_opt());
    let purchases = asset.seats.purchases.iter();
    let mut days: BTreeSet<NaiveDate> = purchases
        .flat_map(|purchase| [Some(purchase.from), after(purchase.until)])
        .flatten()
        .collect();
    days.extend(asset.seats.adjustments.days());
    days.extend(asset.seats.counts.values().flat_map(|count| count.days()));
    days.extend(
        asset
            .seats
            .reductions
            .values()
            .flat_map(|seats| seats.days()),
    );
    days.extend(asset.in_use_source.days());
    days.extend(asset.term.expiry.days());
    days.extend(asset.annual_cost.days());
    days.extend(asset.annual_price.days());
    days.extend(of_owner(asset));
    days
}

/// The days on which an asset changes hands, is archived or restored, and the first of all.
pub(crate) fn of_owner(asset: &Asset) -> impl Iterator<Item = NaiveDate> + '_ {
    [ALWAYS]
        .into_iter()
        .chain(asset.company.days())
        .chain(asset.tracked.days())
}

/// Whether an asset is archived on a day. Before it was registered it is not.
pub(crate) fn is_archived(asset: &Asset, day: NaiveDate) -> bool {
    asset.tracked.at_or_first(day) == Some(&false)
}

/// A day of a cursor. It may have been made by hand, with a day before all that the database knows.
pub(crate) fn of_ours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let day = NaiveDate::deserialize(deserializer)?;
    match day >= ALWAYS {
        true => Ok(day),
        false => Err(D::Error::custom("no day of ours")),
    }
}

/// An instant of a cursor, likewise.
pub(crate) fn instant_of_ours<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<DateTime<Utc>, D::Error> {
    let instant = DateTime::<Utc>::deserialize(deserializer)?;
    match instant.year() >= ALWAYS.year() {
        true => Ok(instant),
        false => Err(D::Error::custom("no instant of ours")),
    }
}
