//! Companies that design, build, research and argue.

use super::super::products::*;
use super::{Holding, annual, fixed, lot, monthly, perpetual};

pub(in super::super) const PROSEWARE: &[&[Holding]] = &[&[
    annual(&M365_PREMIUM, 38, 37, 176),
    fixed(&AEC_COLLECTION, 18, 20, 38).tagged(&["audit", "engineering", "renewal talk"]),
    fixed(&AUTOCAD, 6, 5, 38).tagged(&["engineering"]),
    fixed(&REVIT, 4, 0, -150).noted("Part of the AEC Collection since last year."),
    annual(&BLUEBEAM, 30, 28, 140).tagged(&["engineering"]),
    annual(&SKETCHUP, 12, 7, 204).tagged(&["engineering"]),
    annual(&CREATIVE_CLOUD, 8, 8, 62),
    fixed(&SKETCHUP, 3, 3, 80)
        .contract("interior team")
        .tagged(&["engineering"]),
    monthly(&ONEPASSWORD, 38, 36).tagged(&["security"]),
    annual(&SENTINELONE, 50, 48, 119).tagged(&["security"]),
    perpetual(&WINDOWS_SERVER, 32, 24).maintained(250),
    annual(&VEEAM, 10, 10, 263),
    fixed(&FORTIGATE, 1, 1, 149).tagged(&["network"]),
    annual(&ZOOM, 12, 11, 236).mistyped(),
    monthly(&DROPBOX, 38, 36),
    perpetual(&WINRAR, 40, 0).uncounted(),
]];

pub(in super::super) const TREY: &[&[Holding]] = &[&[
    annual(&M365_E3, 70, 68, 111),
    annual(&MATLAB, 12, 7, 157).peak(14).tagged(&["research"]),
    annual(&PRISM, 25, 22, 81).tagged(&["research"]),
    perpetual(&ENDNOTE, 30, 0).uncounted().tagged(&["research"]),
    annual(&ARCGIS, 4, 2, 209).peak(3).tagged(&["research"]),
    annual(&GITHUB_TEAM, 32, 30, 171).tagged(&["research"]),
    annual(&JETBRAINS, 15, 9, 222).tagged(&["research"]),
    fixed(&VISUAL_STUDIO, 5, 5, 25),
    monthly(&SLACK, 72, 70),
    annual(&JIRA, 50, 48, 126),
    annual(&CONFLUENCE, 50, 48, 126),
    annual(&ZOOM, 40, 38, 240),
    fixed(&TABLEAU, 6, 7, 80).tagged(&["renewal talk"]),
    perpetual(&SQL_SERVER, 8, 8).maintained(-300),
    perpetual(&WINDOWS_SERVER, 64, 80),
    annual(&CROWDSTRIKE, 95, 91, 193).tagged(&["security"]),
    monthly(&KEEPER, 70, 67).tagged(&["security"]),
]];

pub(in super::super) const TAILSPIN: &[&[Holding]] = &[&[
    annual(&M365_STANDARD, 55, 52, 145),
    annual(&M365_BASIC, 35, 35, 145),
    perpetual(&SOLIDWORKS, 6, 4)
        .maintained(88)
        .peak(6)
        .tagged(&["engineering"]),
    fixed(&FUSION, 8, 8, 45).tagged(&["engineering"]),
    annual(&CREATIVE_CLOUD, 10, 11, 183),
    annual(&FIGMA, 12, 8, 214),
    perpetual(&OFFICE_LTSC, 14, 14),
    perpetual(&WINDOWS_SERVER, 48, 48).maintained(-10),
    annual(&SOPHOS, 95, 92, 250).tagged(&["security"]),
    monthly(&DUO, 60, 54).tagged(&["security"]),
    fixed(&ACRONIS, 20, 18, -35).tagged(&["renewal talk"]),
    annual(&SAGE_50, 6, 4, 137).peak(6),
    monthly(&ZOOM, 8, 8),
    annual(&JIRA, 20, 15, 272),
    annual(&VEEAM, 12, 12, 80).lots(&[lot(8, 740), lot(4, 210)]),
    fixed(&FORTIGATE, 2, 2, 302).tagged(&["network"]),
    annual(&POWER_BI_PRO, 4, 0, 145).uncounted(),
]];

pub(in super::super) const LITWARE: &[&[Holding]] = &[&[
    annual(&M365_E3, 42, 41, 107),
    annual(&CLIO, 28, 28, 168).tagged(&["line of business"]),
    annual(&DATEV, 6, 6, 123).tagged(&["line of business"]),
    annual(&ACROBAT, 42, 34, 107).next_term(36),
    fixed(&DOCUSIGN, 15, 13, 5).tagged(&["renewal talk"]),
    annual(&SENTINELONE, 50, 49, 231).tagged(&["security"]),
    annual(&DUO, 45, 42, 86).tagged(&["security"]),
    perpetual(&WINDOWS_SERVER, 32, 32).maintained(120),
    perpetual(&SQL_SERVER, 4, 4),
    annual(&VEEAM, 10, 11, 198),
    monthly(&ZOOM, 12, 10),
    annual(&KNOWBE4, 45, 41, 153).tagged(&["security"]),
    fixed(&FORTIGATE, 2, 2, 80).tagged(&["network"]),
    monthly(&KEEPER, 45, 43),
    fixed(&VISIO_P2, 3, 2, -90),
    annual(&PROOFPOINT, 45, 42, 259).tagged(&["security"]),
]];
