//! What somebody wrote down beside the licenses.

use domain::Command;

use super::{Step, ids::Ids};

/// Company, title, text.
const DOCUMENTS: [(&str, &str, &str); 4] = [
    (
        "Fabrikam Logistics",
        "SQL Server: findings of the license review",
        "The vendor's partner asked for a count of all cores in the spring.\n\n\
         Found: 24 cores run SQL Server 2022 Standard, 16 are licensed. The second node of the cluster was \
         meant to stand by; it has served reports since the move.\n\n\
         Agreed: the reports move to the first node by the end of the quarter, or eight cores are bought.",
    ),
    (
        "Proseware Architects",
        "AEC Collection: audit letter answered",
        "Letter received, answered within the ten days that it gave. Enclosed were the seat history of two \
         years and the list of named users.\n\n\
         Open: two people who left are still assigned. Release them before the renewal.",
    ),
    (
        "Woodgrove Credit Union",
        "What the examiners ask for each year",
        "1. All software that is in use, with the number of licenses and of users.\n\
         2. What runs out within a year, and who decides on it.\n\
         3. Who may see license keys, and who has looked.",
    ),
    (
        super::MSP_NAME,
        "How we keep licenses",
        "Every purchase is entered on the day it is ordered, with the order's number. Seats in use are counted \
         each quarter. What ends within sixty days gets a ticket.",
    ),
];

pub(super) fn steps(ids: &Ids) -> Vec<Step> {
    let mut steps: Vec<Step> = DOCUMENTS
        .iter()
        .map(|&(company, title, body)| {
            let write = Command::WriteDocument {
                id: ids.document(title),
                company: ids.company(company),
                title: title.to_owned(),
                body: body.to_owned(),
            };
            Step::new(format!("documents/{title}"), write)
        })
        .collect();
    let (_, title, body) = DOCUMENTS[0];
    let decided = Command::ReviseDocument {
        id: ids.document(title),
        title: title.to_owned(),
        body: format!("{body}\n\nDecided: the reports move. Check again at the next count."),
    };
    steps.push(Step::new(format!("documents/{title}/decided"), decided));
    steps
}
