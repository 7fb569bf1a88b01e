//! What the MSP runs itself.

use super::super::products::*;
use super::{Holding, annual, fixed, lot, monthly, perpetual, site};

pub(in super::super) const NORTHWIND: &[&[Holding]] = &[&[
    annual(&M365_E5, 24, 22, 143).tagged(&["own use"]),
    annual(&CONNECTWISE_PSA, 20, 19, 201).tagged(&["own use", "operations"]),
    monthly(&NINJAONE, 1450, 1398).tagged(&["operations"]),
    fixed(&SCREENCONNECT, 10, 7, 45)
        .peak(9)
        .tagged(&["operations"]),
    annual(&TEAMVIEWER, 3, 2, 262).peak(3),
    site(&PRTG, 118).tagged(&["operations"]),
    annual(&ONEPASSWORD, 30, 23, 174).tagged(&["security"]),
    monthly(&SLACK, 26, 24),
    annual(&KNOWBE4, 450, 431, 88)
        .next_term(500)
        .tagged(&["security"]),
    annual(&PROOFPOINT, 600, 612, 127).tagged(&["security"]),
    annual(&GITHUB_TEAM, 6, 6, 233),
    annual(&JETBRAINS, 2, 2, 305),
    fixed(&SNAGIT, 12, 9, -420)
        .noted("Replaced by the recorder in Microsoft 365. Nobody has asked for it since."),
    perpetual(&WINDOWS_SERVER, 64, 64).maintained(310),
    perpetual(&SQL_SERVER, 8, 8).maintained(-75),
    annual(&VEEAM, 50, 41, 66).lots(&[lot(20, 720), lot(30, 400)]),
]];
