//! What was bought, shared and handed on.

use domain::asset::HolderKind::{Device, User};

use super::{
    Act::{Believe, Buy, Give, HandOn, Keys, Pass, Reduce, Share, Sync, TakeBack},
    Deal, Decided,
    Entry::{Day, Is, Money, Number, Text},
    Lot,
};
use crate::demo::{MSP_NAME, products::*};

/// Licenses that are told act by act.
pub(in crate::demo) const DEALS: &[Deal] = &[
    // The MSP pays one bill and shares the seats out. Contoso is one short; Alpine's portal has been silent.
    Deal {
        company: MSP_NAME,
        product: &HUNTRESS,
        contract: "all clients",
        since: -390,
        values: &[
            ("expiry_date", Day(-361)),
            ("auto_renew", Is(true)),
            ("term_length", Number(1)),
        ],
        acts: &[
            Buy(Lot {
                order: "HN-1001",
                seats: 900,
                from: -390,
                price: "3.60",
                per: "month",
                reducible: Some((-390, -376)),
            }),
            Buy(monthly("HN-1062", 120, -150, "3.70")),
            Believe("synced", -390),
            Share("Contoso Dental", 40, -390),
            Share("Fabrikam Logistics", 212, -380),
            Share("Adventure Works Cycles", 92, -380),
            Share("Wingtip Accounting", 56, -360),
            Share("Proseware Architects", 50, -350),
            Share("Fourth Coffee", 40, -350),
            Share("Trey Research", 96, -330),
            Share("Woodgrove Credit Union", 190, -300),
            Share("Tailspin Toys", 90, -290),
            Share("Tailspin Toys", 96, -90),
            Share("Margie's Travel", 24, -250),
            Share("Alpine Ski House", 80, -140),
            Sync(Some("Contoso Dental"), 38, -160),
            Sync(Some("Fabrikam Logistics"), 201, -160),
            Sync(Some("Woodgrove Credit Union"), 181, -160),
            Sync(Some("Tailspin Toys"), 88, -160),
            Sync(Some("Contoso Dental"), 40, -70),
            Sync(Some("Fabrikam Logistics"), 207, -70),
            Sync(Some("Alpine Ski House"), 74, -52),
            Sync(Some("Contoso Dental"), 41, -2),
            Sync(Some("Fabrikam Logistics"), 210, -2),
            Sync(Some("Adventure Works Cycles"), 90, -2),
            Sync(Some("Wingtip Accounting"), 55, -2),
            Sync(Some("Proseware Architects"), 49, -2),
            Sync(Some("Fourth Coffee"), 38, -2),
            Sync(Some("Trey Research"), 93, -2),
            Sync(Some("Woodgrove Credit Union"), 190, -2),
            Sync(Some("Tailspin Toys"), 94, -2),
            Sync(Some("Margie's Travel"), 24, -2),
            Sync(None, 31, -2),
        ],
    },
    // Beside the annual license: the summer's people, by the month.
    Deal {
        company: "Proseware Architects",
        product: &M365_PREMIUM,
        contract: "interns",
        since: -170,
        values: &[
            ("expiry_date", Day(-141)),
            ("auto_renew", Is(true)),
            ("term_length", Number(1)),
            ("assigned_seats", Number(3)),
        ],
        acts: &[
            Buy(Lot {
                order: "PW-2207",
                seats: 9,
                from: -170,
                price: "26.40",
                per: "month",
                reducible: Some((-110, 30)),
            }),
            Reduce("PW-2207", 4, -80),
        ],
    },
    // Annual, by name; two were given back within the vendor's week, five were added since.
    Deal {
        company: "Wingtip Accounting",
        product: &COPILOT,
        contract: "pilot",
        since: -200,
        values: &[
            ("expiry_date", Day(164)),
            ("auto_renew", Is(true)),
            ("term_length", Number(12)),
        ],
        acts: &[
            Buy(Lot {
                order: "WT-3110",
                seats: 10,
                from: -200,
                price: "360.00",
                per: "year",
                reducible: Some((-200, -193)),
            }),
            Reduce("WT-3110", 8, -195),
            Buy(yearly("WT-3164", 5, -60, "378.00")),
            Believe("named", -198),
            Give(
                User,
                &[
                    "Ana Lindqvist",
                    "Ben Okafor",
                    "Carla Moretti",
                    "Dev Patel",
                    "Ella Novak",
                    "Finn Gallagher",
                    "Grace Liu",
                ],
                -198,
            ),
            Pass("Ben Okafor", "Hana Suzuki", -75),
            Give(User, &["Ines Duarte", "Jonas Weber", "Kira Holm"], -58),
            TakeBack("Dev Patel", -12),
        ],
    },
    // An enterprise agreement is counted once a year: until then more in use is no breach.
    Deal {
        company: "Woodgrove Credit Union",
        product: &WINDOWS_E3,
        contract: "enterprise agreement",
        since: -291,
        values: &[
            ("total_seats", Number(150)),
            ("assigned_seats", Number(158)),
            ("annual_cost", Money("12600.00")),
            ("expiry_date", Day(804)),
            ("true_up_on", Day(74)),
        ],
        acts: &[],
    },
    Deal {
        company: "Fabrikam Logistics",
        product: &WINDOWS_E3,
        contract: "enterprise agreement",
        since: -234,
        values: &[
            ("total_seats", Number(120)),
            ("assigned_seats", Number(126)),
            ("annual_cost", Money("10080.00")),
            ("expiry_date", Day(861)),
            ("true_up_on", Day(131)),
        ],
        acts: &[],
    },
    Deal {
        company: "Trey Research",
        product: &WINDOWS_E3,
        contract: "enterprise agreement",
        since: -157,
        values: &[
            ("total_seats", Number(95)),
            ("assigned_seats", Number(99)),
            ("annual_cost", Money("7980.00")),
            ("expiry_date", Day(938)),
            ("true_up_on", Day(208)),
        ],
        acts: &[],
    },
    // Half of it went with the workshop that was sold.
    Deal {
        company: "Adventure Works Cycles",
        product: &FOXIT,
        contract: "workshop",
        since: -420,
        values: &[
            ("agreement", Text("Perpetual")),
            ("maintenance_until", Day(310)),
        ],
        acts: &[
            Buy(Lot {
                order: "AW-1190",
                seats: 12,
                from: -420,
                price: "210.00",
                per: "once",
                reducible: None,
            }),
            HandOn("Tailspin Toys", 6, -45),
        ],
    },
    // A key for each seat, and one for the build machine.
    Deal {
        company: "Trey Research",
        product: &CAMTASIA,
        contract: "",
        since: -310,
        values: &[
            ("agreement", Text("Perpetual")),
            ("maintenance_until", Day(55)),
            ("total_seats", Number(4)),
        ],
        acts: &[
            Believe("named", -310),
            Give(User, &["Lena Fischer", "Marc Dubois", "Nora Haddad"], -310),
            Keys(&[
                ("Lena's seat", Some("Lena Fischer")),
                ("Marc's seat", Some("Marc Dubois")),
                ("Nora's seat", Some("Nora Haddad")),
                ("Spare, not activated", None),
            ]),
        ],
    },
    // They stay with the machines that they came on: a seat that is taken back is gone.
    Deal {
        company: "Contoso Dental",
        product: &WINDOWS_OEM,
        contract: "reception",
        since: -640,
        values: &[
            ("agreement", Text("OEM")),
            ("reassignable", Is(false)),
            ("total_seats", Number(5)),
        ],
        acts: &[
            Believe("named", -640),
            Give(
                Device,
                &[
                    "CD-FRONT-01",
                    "CD-FRONT-02",
                    "CD-FRONT-03",
                    "CD-XRAY-01",
                    "CD-XRAY-02",
                ],
                -640,
            ),
            TakeBack("CD-FRONT-02", -31),
        ],
    },
    Deal {
        company: "Margie's Travel",
        product: &OFFICE_HOME,
        contract: "",
        since: -250,
        values: &[
            ("agreement", Text("Perpetual")),
            ("reassignable", Is(false)),
            ("total_seats", Number(3)),
            ("annual_cost", Money("0.00")),
        ],
        acts: &[
            Believe("named", -250),
            Give(Device, &["MT-DESK-01", "MT-DESK-02", "MT-DESK-03"], -250),
        ],
    },
    // The MSP's own bundle covers what its parts are needed for.
    Deal {
        company: "Alpine Ski House",
        product: &CARE,
        contract: "",
        since: -220,
        values: &[
            ("expiry_date", Day(145)),
            ("auto_renew", Is(true)),
            ("term_length", Number(12)),
            ("assigned_seats", Number(24)),
        ],
        acts: &[Buy(yearly("AS-4410", 30, -220, "118.00"))],
    },
    // The portal's connector was switched off with the old firewall.
    Deal {
        company: "Litware Legal",
        product: &DEFENDER,
        contract: "",
        since: -300,
        values: &[
            ("expiry_date", Day(65)),
            ("auto_renew", Is(true)),
            ("term_length", Number(12)),
        ],
        acts: &[
            Buy(yearly("LL-5120", 45, -300, "31.20")),
            Believe("synced", -300),
            Sync(None, 40, -190),
            Sync(None, 43, -96),
        ],
    },
];

/// What is to become of licenses at the end of their terms.
pub(in crate::demo) const DECISIONS: [Decided; 5] = [
    decided(
        "Contoso Dental",
        &ACROBAT,
        "renew",
        None,
        "All eight are used daily.",
    ),
    decided(
        "Alpine Ski House",
        &CREATIVE_CLOUD,
        "change",
        Some(6),
        "Two more, as the marketing team asked.",
    ),
    decided(
        "Fourth Coffee",
        &TABLEAU,
        "lapse",
        None,
        "Given notice in writing.",
    ),
    decided(
        "Woodgrove Credit Union",
        &VISIO_P2,
        "change",
        Some(7),
        "Three have not opened it this year.",
    ),
    decided(
        "Wingtip Accounting",
        &QUICKBOOKS,
        "renew",
        None,
        "Until the tax season is over.",
    ),
];

const fn decided(
    company: &'static str,
    product: &'static Product,
    decision: &'static str,
    seats: Option<i64>,
    note: &'static str,
) -> Decided {
    Decided {
        company,
        product,
        decision,
        seats,
        note,
    }
}

const fn monthly(order: &'static str, seats: i64, from: i64, price: &'static str) -> Lot {
    Lot {
        order,
        seats,
        from,
        price,
        per: "month",
        reducible: None,
    }
}

const fn yearly(order: &'static str, seats: i64, from: i64, price: &'static str) -> Lot {
    Lot {
        order,
        seats,
        from,
        price,
        per: "year",
        reducible: None,
    }
}
