//! Licenses whose story is told act by act: bought in parts, shared among clients, given to people by name, reduced,
//! handed on.

mod table;
mod tell;

pub(super) use table::{DEALS, DECISIONS};
pub(super) use tell::{decisions, tell};

use domain::asset::HolderKind;

use super::products::Product;

/// A license with what was done to it, in the order in which it was done. Days are counted from today: those
/// that are past are negative.
#[derive(Debug)]
pub(super) struct Deal {
    pub(super) company: &'static str,
    pub(super) product: &'static Product,
    /// Tells it from the company's other licenses of the product.
    pub(super) contract: &'static str,
    /// The day on which it begins.
    pub(super) since: i64,
    pub(super) values: &'static [(&'static str, Entry)],
    pub(super) acts: &'static [Act],
}

/// What stands in a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    Text(&'static str),
    Number(i64),
    Day(i64),
    Is(bool),
    /// In the company's currency.
    Money(&'static str),
}

/// What somebody did to a license.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Buy(Lot),
    /// The order, the seats that are left of it, the day.
    Reduce(&'static str, i64, i64),
    /// Seats to holders, one for each, from a day on.
    Give(HolderKind, &'static [&'static str], i64),
    /// A holder's seat is taken back; the last day.
    TakeBack(&'static str, i64),
    /// From whom, to whom, from which day on.
    Pass(&'static str, &'static str, i64),
    /// How many seats a client has, from which day on.
    Share(&'static str, i64, i64),
    /// How many of a client's seats were in use, by the vendor's portal; of the owner's, if no client is named.
    Sync(Option<&'static str>, i64, i64),
    /// Whose count stands, from which day on.
    Believe(&'static str, i64),
    /// Keys: what each is for, and the holder whose seat it belongs to.
    Keys(&'static [(&'static str, Option<&'static str>)]),
    /// So many seats become a license of another company, from a day on.
    HandOn(&'static str, i64, i64),
}

/// Seats bought together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lot {
    pub(super) order: &'static str,
    pub(super) seats: i64,
    pub(super) from: i64,
    /// In the company's currency, for a seat.
    pub(super) price: &'static str,
    pub(super) per: &'static str,
    /// The first and the last day on which seats may be given back.
    pub(super) reducible: Option<(i64, i64)>,
}

/// What is to be done at the end of a term of a license that is told elsewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decided {
    pub(super) company: &'static str,
    pub(super) product: &'static Product,
    pub(super) decision: &'static str,
    pub(super) seats: Option<i64>,
    pub(super) note: &'static str,
}
