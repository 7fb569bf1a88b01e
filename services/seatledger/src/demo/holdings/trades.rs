//! Companies that move, sell and lend.

use super::super::products::*;
use super::{Holding, annual, fixed, lot, monthly, perpetual, site};

pub(in super::super) const FABRIKAM: &[&[Holding]] = &[&[
    annual(&M365_E3, 120, 117, 164),
    annual(&M365_BASIC, 80, 83, 164),
    annual(&ENTRA_P1, 80, 80, 164),
    site(&LOADMASTER, 245).tagged(&["line of business"]),
    fixed(&AUTOCAD_LT, 3, 3, 80),
    annual(&CROWDSTRIKE, 210, 188, 57).tagged(&["security"]),
    annual(&DUO, 200, 197, 109).tagged(&["security"]),
    perpetual(&WINDOWS_SERVER, 96, 96).maintained(200),
    perpetual(&SQL_SERVER, 16, 24)
        .tagged(&["audit"])
        .noted("Found in the spring: a second node runs all the time."),
    fixed(&VSPHERE, 96, 96, 25).tagged(&["renewal talk"]),
    annual(&VEEAM, 40, 44, 141),
    fixed(&FORTIGATE, 6, 6, 66).tagged(&["network"]),
    annual(&ACROBAT, 25, 17, 230),
    monthly(&ZOOM, 20, 19),
    annual(&POWER_BI_PRO, 12, 12, 164).mistyped(),
    annual(&VISIO_P2, 5, 4, 164),
    fixed(&PROJECT_P3, 6, 6, -21).noted("Still open on three desks."),
    monthly(&KNOWBE4, 200, 196).tagged(&["security"]),
    annual(&ACRONIS, 60, 55, 182),
]];

pub(in super::super) const ADVENTURE_WORKS: &[&[Holding]] = &[&[
    annual(&M365_PREMIUM, 65, 63, 97),
    annual(&M365_PREMIUM, 10, 10, 221)
        .contract("second store")
        .noted("Bought with the store in Dayton; runs out with its lease."),
    annual(&EXCHANGE_P1, 30, 24, 97),
    annual(&CREATIVE_CLOUD, 6, 6, 203),
    fixed(&FUSION, 4, 3, 45),
    annual(&SOLIDWORKS, 3, 2, 175)
        .peak(4)
        .tagged(&["engineering"]),
    monthly(&SLACK, 40, 33),
    annual(&HUBSPOT, 9, 9, 261),
    annual(&ZENDESK, 10, 12, 128),
    perpetual(&WINDOWS_SERVER, 32, 32).maintained(-20),
    annual(&SOPHOS, 90, 86, 152).tagged(&["security"]),
    monthly(&KEEPER, 70, 64).tagged(&["security"]),
    fixed(&FORTIGATE, 3, 3, 240).tagged(&["network"]),
    fixed(&QUICKBOOKS, 8, 5, 5)
        .peak(7)
        .tagged(&["renewal talk"]),
    annual(&VEEAM, 15, 13, 330),
    perpetual(&SNAGIT, 12, 12),
]];

pub(in super::super) const FOURTH_COFFEE: &[&[Holding]] = &[&[
    monthly(&M365_BASIC, 85, 79),
    monthly(&M365_STANDARD, 14, 14),
    site(&SILVERWARE, 92).tagged(&["line of business"]),
    site(&SILVERWARE, 260)
        .contract("airport")
        .tagged(&["line of business"]),
    fixed(&QUICKBOOKS, 3, 2, 167).peak(3),
    monthly(&SOPHOS, 40, 37).tagged(&["security"]),
    fixed(&CREATIVE_CLOUD, 2, 1, 80),
    monthly(&DUO, 20, 19),
    annual(&DROPBOX, 5, 5, 211),
    fixed(&FORTIGATE, 9, 9, -3)
        .tagged(&["network", "renewal talk"])
        .noted("The order is with the distributor."),
    annual(&HUBSPOT, 3, 3, 188).uncounted(),
    perpetual(&OFFICE_LTSC, 9, 7),
    monthly(&ZOOM, 3, 3),
    fixed(&TABLEAU, 4, 0, 140).noted("Given notice: no longer needed after the term."),
]];

pub(in super::super) const WOODGROVE: &[&[Holding]] = &[&[
    annual(&M365_E5, 150, 144, 133).lots(&[
        lot(110, 780),
        lot(30, 520),
        lot(15, 500).until(140),
        lot(10, 140),
    ]),
    annual(&EXCHANGE_P1, 40, 38, 133),
    annual(&CROWDSTRIKE, 190, 190, 77).tagged(&["security"]),
    annual(&DUO, 160, 151, 229).tagged(&["security"]),
    annual(&PROOFPOINT, 160, 149, 185).tagged(&["security"]),
    annual(&KNOWBE4, 160, 158, 101).tagged(&["security"]),
    perpetual(&WINDOWS_SERVER, 128, 128).maintained(160),
    perpetual(&SQL_SERVER, 16, 16).maintained(160),
    fixed(&VSPHERE, 128, 128, 45)
        .next_term(96)
        .tagged(&["renewal talk"]),
    annual(&VEEAM, 60, 58, 217),
    fixed(&FORTIGATE, 8, 8, 194).tagged(&["network"]),
    annual(&DOCUSIGN, 45, 33, 256),
    annual(&ACROBAT, 60, 61, 88),
    annual(&TABLEAU, 8, 8, 148),
    fixed(&VISIO_P2, 10, 7, 25),
    perpetual(&RDS_CAL, 60, 52),
    annual(&SALESFORCE, 35, 34, 290),
    annual(&ONEPASSWORD, 30, 30, 122).tagged(&["security"]),
    annual(&SNAGIT, 25, 0, 116).unknown_total().uncounted(),
]];
