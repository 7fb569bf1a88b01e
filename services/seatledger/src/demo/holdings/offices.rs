//! Companies that mostly sit at desks.

use super::super::products::*;
use super::{Holding, annual, fixed, lot, monthly, perpetual, site};

pub(in super::super) const CONTOSO: &[&[Holding]] = &[&[
    annual(&M365_PREMIUM, 25, 27, 34).tagged(&["renewal talk"]),
    annual(&EXCHANGE_P1, 12, 11, 34),
    site(&DENTRIX, 187).tagged(&["line of business"]),
    annual(&SENTINELONE, 40, 38, 96).tagged(&["security"]),
    fixed(&ACROBAT, 8, 8, 25),
    monthly(&DUO, 28, 27).tagged(&["security"]),
    perpetual(&WINDOWS_SERVER, 32, 32).maintained(-140),
    perpetual(&RDS_CAL, 15, 19).noted("Four more logged on since the second practice opened."),
    annual(&VEEAM, 10, 6, 215),
    fixed(&FORTIGATE, 2, 2, 80).tagged(&["network"]),
    annual(&KNOWBE4, 30, 27, 150).tagged(&["security"]),
    monthly(&ZOOM, 4, 2),
    annual(&KEEPER, 30, 26, 277).mistyped(),
    fixed(&QUICKBOOKS, 5, 2, 113).peak(4),
    perpetual(&OFFICE_LTSC, 6, 6),
]];

pub(in super::super) const WINGTIP: &[&[Holding]] = &[&[
    annual(&M365_STANDARD, 48, 46, 71),
    annual(&M365_BASIC, 10, 4, 71).noted("Kept for seasonal staff."),
    fixed(&CCH_AXCESS, 30, 31, 38).tagged(&["line of business", "renewal talk"]),
    fixed(&QUICKBOOKS, 10, 6, 52)
        .peak(12)
        .tagged(&["line of business"]),
    annual(&SAGE_50, 5, 3, 199).peak(5),
    annual(&ACROBAT, 40, 37, 160),
    annual(&DOCUSIGN, 12, 12, 244),
    annual(&CROWDSTRIKE, 55, 52, 132).tagged(&["security"]),
    monthly(&ONEPASSWORD, 48, 45).tagged(&["security"]),
    perpetual(&WINDOWS_SERVER, 48, 48).maintained(95),
    perpetual(&SQL_SERVER, 4, 8).tagged(&["audit"]),
    fixed(&TABLEAU, 4, 4, -12)
        .noted("The partner who ordered it is on leave: ask the office manager."),
    annual(&DROPBOX, 20, 12, 300),
    perpetual(&SNAGIT, 10, 7),
    monthly(&PROOFPOINT, 50, 48).tagged(&["security"]),
    annual(&ZOOM, 15, 14, 91),
]];

pub(in super::super) const MARGIES: &[&[Holding]] = &[&[
    monthly(&M365_STANDARD, 18, 18),
    monthly(&M365_BASIC, 9, 8),
    monthly(&SLACK, 18, 17),
    annual(&ZOOM, 6, 6, 208),
    annual(&HUBSPOT, 8, 5, 134),
    fixed(&SALESFORCE, 10, 9, 5).tagged(&["renewal talk"]),
    annual(&KEEPER, 20, 18, 59),
    monthly(&SOPHOS, 24, 26).tagged(&["security"]),
    fixed(&CREATIVE_CLOUD, 2, 2, 81),
    annual(&DOCUSIGN, 5, 5, 251),
    perpetual(&WINRAR, 15, 9),
    fixed(&DROPBOX, 15, 0, -60).noted("Moved to SharePoint in the spring."),
    annual(&ACROBAT, 6, 6, 173),
    monthly(&DUO, 18, 18).tagged(&["security"]),
]];

pub(in super::super) const ALPINE: &[&[Holding]] = &[&[
    annual(&M365_PREMIUM, 60, 58, 121),
    annual(&M365_BASIC, 140, 96, 121)
        .next_term(100)
        .noted("The winter staff leaves in April."),
    annual(&POWER_BI_PRO, 5, 5, 121),
    site(&SILVERWARE, 155).tagged(&["line of business"]),
    fixed(&CREATIVE_CLOUD, 4, 6, 45).tagged(&["renewal talk"]),
    annual(&SENTINELONE, 80, 77, 190).tagged(&["security"]),
    monthly(&DUO, 70, 66).tagged(&["security"]),
    fixed(&FORTIGATE, 4, 4, 25).tagged(&["network"]),
    annual(&VEEAM, 20, 19, 280).lots(&[lot(12, 760), lot(5, 700).until(330), lot(8, 330)]),
    perpetual(&WINDOWS_SERVER, 48, 44).maintained(40),
    perpetual(&RDS_CAL, 25, 22),
    annual(&ZENDESK, 6, 6, 226),
    monthly(&ZOOM, 10, 9),
    annual(&FILEMAKER, 5, 2, 147).peak(4),
    annual(&ACROBAT, 10, 9, 121).uncounted(),
]];
