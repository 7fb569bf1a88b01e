//! What each company holds, one license a line: product, seats owned, seats in use, days to its end.

mod crafts;
mod msp;
mod offices;
mod trades;

pub(super) use crafts::{LITWARE, PROSEWARE, TAILSPIN, TREY};
pub(super) use msp::NORTHWIND;
pub(super) use offices::{ALPINE, CONTOSO, MARGIES, WINGTIP};
pub(super) use trades::{ADVENTURE_WORKS, FABRIKAM, FOURTH_COFFEE, WOODGROVE};

use super::products::Product;

/// A license of the demo, as it stands today.
#[derive(Debug)]
pub(super) struct Holding {
    pub(super) product: &'static Product,
    /// None if nobody knows.
    pub(super) owned: Option<i64>,
    /// None if nobody has counted.
    pub(super) used: Option<i64>,
    pub(super) term: Term,
    pub(super) tale: Tale,
    /// Tells licenses of one product apart.
    pub(super) contract: &'static str,
    pub(super) tags: &'static [&'static str],
    pub(super) note: Option<&'static str>,
}

/// How long a license runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Term {
    /// A year at a time, and the next begins by itself.
    Annual { ends_in: i64 },
    /// A month at a time, and the next begins by itself.
    Monthly,
    /// A year at a time, if somebody renews it. A negative end lies in the past.
    Fixed { ends_in: i64 },
    /// For good, with or without maintenance.
    Perpetual { maintenance_ends_in: Option<i64> },
}

/// What is special about its history.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tale {
    /// It grew, or shrank, with the company.
    Usual,
    /// Somebody typed a zero too many and put it right days later.
    Mistyped,
    /// It was bought in parts, some of which have ended.
    Lots(&'static [Lot]),
    /// Its seats change with the next term.
    NextTerm(i64),
    /// So many used it at once, lately.
    Peak(i64),
}

/// Seats bought together. Days are counted back from today.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lot {
    pub(super) quantity: i64,
    pub(super) from: i64,
    pub(super) until: Option<i64>,
}

const fn held(product: &'static Product, owned: i64, used: i64, term: Term) -> Holding {
    Holding {
        product,
        owned: Some(owned),
        used: Some(used),
        term,
        tale: Tale::Usual,
        contract: "",
        tags: &[],
        note: None,
    }
}

const fn annual(product: &'static Product, owned: i64, used: i64, ends_in: i64) -> Holding {
    held(product, owned, used, Term::Annual { ends_in })
}

const fn monthly(product: &'static Product, owned: i64, used: i64) -> Holding {
    held(product, owned, used, Term::Monthly)
}

const fn fixed(product: &'static Product, owned: i64, used: i64, ends_in: i64) -> Holding {
    held(product, owned, used, Term::Fixed { ends_in })
}

const fn perpetual(product: &'static Product, owned: i64, used: i64) -> Holding {
    let term = Term::Perpetual {
        maintenance_ends_in: None,
    };
    held(product, owned, used, term)
}

/// A whole site: nobody counts.
const fn site(product: &'static Product, ends_in: i64) -> Holding {
    let mut holding = annual(product, 0, 0, ends_in);
    holding.owned = None;
    holding.used = None;
    holding
}

const fn lot(quantity: i64, from: i64) -> Lot {
    Lot {
        quantity,
        from,
        until: None,
    }
}

impl Lot {
    const fn until(mut self, until: i64) -> Self {
        self.until = Some(until);
        self
    }
}

impl Holding {
    const fn uncounted(mut self) -> Self {
        self.used = None;
        self
    }

    const fn unknown_total(mut self) -> Self {
        self.owned = None;
        self
    }

    const fn maintained(mut self, ends_in: i64) -> Self {
        self.term = Term::Perpetual {
            maintenance_ends_in: Some(ends_in),
        };
        self
    }

    const fn mistyped(mut self) -> Self {
        self.tale = Tale::Mistyped;
        self
    }

    const fn lots(mut self, lots: &'static [Lot]) -> Self {
        self.tale = Tale::Lots(lots);
        self
    }

    const fn next_term(mut self, seats: i64) -> Self {
        self.tale = Tale::NextTerm(seats);
        self
    }

    const fn peak(mut self, seats: i64) -> Self {
        self.tale = Tale::Peak(seats);
        self
    }

    const fn contract(mut self, contract: &'static str) -> Self {
        self.contract = contract;
        self
    }

    const fn tagged(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    const fn noted(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }
}
