//! What a pool's missing and spare seats come to in a year, by whichever money the reader is told.
//!
//! The read models keep this for what the account pays. Prices to clients are told by the same rule: missing seats at a
//! seat's price of the license in force that has the most, spare ones each at its own license's, and what can be given
//! back now first.

use std::cmp::Reverse;

use chrono::NaiveDate;
use domain::money::Amounts;

use super::{
    rows::{License, Pool},
    told::{Audience, Seats, Yearly},
};

/// The money of one pool.
#[derive(Debug, Default)]
pub(super) struct Priced {
    pub(super) short: Yearly,
    pub(super) spare: Yearly,
    pub(super) now: Seats,
    pub(super) later: Seats,
    /// The first day by which something can be decided about a license with spare seats.
    pub(super) renewal_on: Option<NaiveDate>,
}

/// `licenses` are the pool's, in the order of their ids.
pub(super) fn priced(
    pool: &Pool,
    licenses: &[&License],
    audience: Audience,
    as_of: NaiveDate,
) -> Priced {
    let of_seats = |license: &License, seats| {
        let yearly = license.yearly(audience);
        yearly.share(seats, license.total.unwrap_or(0))
    };
    let main = licenses
        .iter()
        .filter(|license| license.total.unwrap_or(0) > 0 && !license.yearly(audience).is_empty())
        .max_by_key(|license| (license.in_force, license.total));
    let short = main.map_or_else(Amounts::default, |main| of_seats(main, pool.short));
    let mut by_reducible = licenses.to_vec();
    by_reducible.sort_by_key(|license| Reverse(license.reducible));
    let (mut spare, mut now) = (Amounts::default(), Amounts::default());
    let mut left = pool.spare;
    for license in by_reducible {
        let own = license.owned.unwrap_or(0) - license.in_use.unwrap_or(0);
        let seats = own.clamp(0, left);
        left -= seats;
        spare.add_all(&of_seats(license, seats));
        now.add_all(&of_seats(license, license.reducible.clamp(0, seats)));
    }
    let later = pool.spare - pool.recoverable_now;
    let mut rest = spare.less(&now);
    rest.0.retain(|_, amount| !amount.is_zero());
    Priced {
        short: Yearly(short),
        spare: Yearly(spare),
        now: Seats {
            seats: pool.recoverable_now,
            yearly: Yearly(now),
        },
        later: Seats {
            seats: later,
            yearly: Yearly(rest),
        },
        renewal_on: if later > 0 {
            renewal_on(licenses, as_of)
        } else {
            None
        },
    }
}

fn renewal_on(licenses: &[&License], as_of: NaiveDate) -> Option<NaiveDate> {
    let spare = licenses.iter().filter(|license| {
        license.in_force && !license.perpetual && license.owned > Some(license.in_use.unwrap_or(0))
    });
    spare
        .filter_map(|license| license.deadline)
        .filter(|deadline| *deadline >= as_of)
        .min()
}
