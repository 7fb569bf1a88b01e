//! The made companies.

use super::holdings::{self, Holding};

/// A company of the demo.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) name: &'static str,
    pub(super) own: bool,
    /// Its number in the PSA.
    pub(super) connectwise: &'static str,
    pub(super) time_zone: Option<&'static str>,
    /// What it pays in.
    pub(super) currency: &'static str,
    pub(super) sector: &'static str,
    /// Under the reserved domain `example`, which nobody can own.
    pub(super) site: &'static str,
    pub(super) holdings: &'static [&'static [Holding]],
}

const fn client(
    name: &'static str,
    connectwise: &'static str,
    sector: &'static str,
    site: &'static str,
    holdings: &'static [&'static [Holding]],
) -> Company {
    Company {
        name,
        own: false,
        connectwise,
        time_zone: None,
        currency: "USD",
        sector,
        site,
        holdings,
    }
}

impl Company {
    const fn abroad(mut self, time_zone: &'static str, currency: &'static str) -> Self {
        self.time_zone = Some(time_zone);
        self.currency = currency;
        self
    }

    const fn own(mut self) -> Self {
        self.own = true;
        self
    }
}

/// The MSP first, then its clients.
pub(super) const COMPANIES: [Company; 13] = [
    client(
        super::MSP_NAME,
        "2",
        "msp",
        "northwind-it.example",
        holdings::NORTHWIND,
    )
    .own(),
    client(
        "Contoso Dental",
        "19842",
        "dental",
        "contosodental.example",
        holdings::CONTOSO,
    ),
    client(
        "Fabrikam Logistics",
        "19847",
        "logistics",
        "fabrikam.example",
        holdings::FABRIKAM,
    ),
    client(
        "Adventure Works Cycles",
        "19853",
        "retail",
        "adventure-works.example",
        holdings::ADVENTURE_WORKS,
    ),
    client(
        "Wingtip Accounting",
        "19860",
        "accounting",
        "wingtip.example",
        holdings::WINGTIP,
    ),
    client(
        "Proseware Architects",
        "19871",
        "architecture",
        "proseware.example",
        holdings::PROSEWARE,
    ),
    client(
        "Fourth Coffee",
        "19888",
        "hospitality",
        "fourthcoffee.example",
        holdings::FOURTH_COFFEE,
    ),
    client(
        "Trey Research",
        "19902",
        "research",
        "treyresearch.example",
        holdings::TREY,
    ),
    client(
        "Woodgrove Credit Union",
        "19915",
        "finance",
        "woodgrove.example",
        holdings::WOODGROVE,
    ),
    client(
        "Tailspin Toys",
        "19921",
        "manufacturing",
        "tailspintoys.example",
        holdings::TAILSPIN,
    ),
    client(
        "Margie's Travel",
        "19934",
        "travel",
        "margiestravel.example",
        holdings::MARGIES,
    ),
    client(
        "Litware Legal",
        "19940",
        "legal",
        "litware.example",
        holdings::LITWARE,
    )
    .abroad("Europe/Berlin", "EUR"),
    client(
        "Alpine Ski House",
        "19952",
        "tourism",
        "alpineskihouse.example",
        holdings::ALPINE,
    )
    .abroad("America/Vancouver", "CAD"),
];
