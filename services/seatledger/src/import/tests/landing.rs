use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use command::imports::{Companies, Landed, Ledger, Mapping, Options, Plan, Reason, Row};
use domain::{
    Command, FieldError, Refusal,
    command::CompanyDraft,
    ids::{AssetId, CompanyId},
};
use indicatif::ProgressBar;
use uuid::Uuid;

use super::{companies, ledger, license_type};
use crate::{
    demo,
    import::{
        drive::{drive, read},
        report::Report,
    },
};

/// The domain's rules in place of a server.
struct Rules {
    ledger: Mutex<demo::testing::Ledger>,
    /// How many commands are taken before nothing lands any more.
    patience: Mutex<usize>,
}

impl Rules {
    fn new(patience: usize) -> Arc<Self> {
        Arc::new(Self {
            ledger: Mutex::new(ledger()),
            patience: Mutex::new(patience),
        })
    }

    fn give(&self, command: Command) -> Result<(Landed, Uuid), Reason> {
        let mut patience = self.patience.lock().expect("patience");
        *patience = patience
            .checked_sub(1)
            .ok_or_else(|| Reason::Unavailable("the log can't be reached".to_owned()))?;
        let given = self.ledger.lock().expect("a ledger").give(command);
        let (answer, facts) = given.map_err(reason)?;
        let landed = match facts {
            0 => Landed::Unchanged,
            _ if answer.created => Landed::New,
            _ => Landed::Changed,
        };
        Ok((landed, answer.id))
    }
}

fn reason(refusal: Refusal) -> Reason {
    Reason::Refused(match refusal {
        Refusal::Invalid(errors) => errors,
        other => vec![FieldError {
            field: String::new(),
            message: other.to_string(),
        }],
    })
}

impl Ledger for &Rules {
    async fn add_company(&self, name: &str) -> Result<CompanyId, Reason> {
        let id = CompanyId(Uuid::now_v7());
        let draft = CompanyDraft {
            name: name.to_owned(),
            ..CompanyDraft::default()
        };
        self.give(Command::AddCompany { id, draft }).map(|_| id)
    }

    async fn put(&self, row: Row, company: Option<CompanyId>) -> Result<Landed, Reason> {
        let id = AssetId(Uuid::now_v7());
        let company = row.company(company);
        self.give(row.command(id, company))
            .map(|(landed, _)| landed)
    }
}

/// A file of its own, gone with it.
struct Csv(PathBuf);

impl Csv {
    fn of(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("seatledger-import-{}.csv", Uuid::now_v7()));
        std::fs::write(&path, text).expect("a file");
        Self(path)
    }
}

impl Drop for Csv {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.0.with_extension("failed.csv"));
    }
}

async fn import(file: &Csv, rules: &Arc<Rules>) -> Report {
    import_with(file, rules, companies(), true).await
}

async fn import_with(
    file: &Csv,
    rules: &Arc<Rules>,
    companies: Companies,
    create_companies: bool,
) -> Report {
    let options = Options {
        create_companies,
        ..Options::default()
    };
    let (names, records) = read(&file.0).expect("a file that can be read");
    let asset_type = license_type();
    let plan = Plan::new(&names, &Mapping::new(), &asset_type, &companies, options);
    let mut plan = plan.expect("columns that can be read");
    drive(&records, &mut plan, &**rules, &ProgressBar::hidden()).await
}

fn counts(report: &Report) -> [u64; 4] {
    let rows = &report.rows;
    let failed = rows.failed.len() as u64;
    [rows.new, rows.changed, rows.unchanged, failed]
}

fn printed(report: &Report) -> String {
    let mut out = Vec::new();
    report.print(&mut out).expect("memory");
    String::from_utf8(out).expect("UTF-8")
}

const FILE: &str = "Company,Product Name,Vendor,License Type,Total Seats,Assigned Seats,Purchase Date,Expiry Date,\
                    Auto-Renew,Annual Cost,Vendor Portal URL,Notes,Tags\n\
    Contoso Dental,Microsoft 365 Business Premium,Microsoft,Subscription,25,27,2025-12-01,2026-11-30,yes,6600 USD,\
https://admin.microsoft.com,<b>renew</b>,microsoft;talk\n\
    Fabrikam,Microsoft 365 Business Premium,Microsoft,Subscription,40,38,2025-12-01,2026-11-30,no,10560.00,,,\n\
    Fabrikam,Slack,Slack,Subscription,5,5,,,,,,,\n\
    Fabrikam,Slack,Slack,Subscription,5,5,,,,,,,\n\
    Litware,Dentrix,Henry Schein One,Site,,,2020-02-29,2021-02-28,no,,,\"two\nlines\",\n\
    Litware,Zoom,Zoom,Per-user,3,2,,,,,,,\n";

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let (rules, file) = (Rules::new(usize::MAX), Csv::of(FILE));
    let first = import(&file, &rules).await;
    assert_eq!(counts(&first), [6, 0, 0, 0], "{}", printed(&first));
    assert_eq!(first.rows.companies, 1);
    assert_eq!(rules.ledger.lock().expect("a ledger").assets().len(), 6);

    // The company that was added is not among those known here, as if another process had added it.
    let known = rules.ledger.lock().expect("a ledger").recorded.len();
    let mut again = ledger_companies(&rules);
    again.extend([("contoso dental".to_owned(), super::CONTOSO)]);
    let second = import_with(&file, &rules, again.into_iter().collect(), false).await;
    assert_eq!(counts(&second), [0, 0, 6, 0], "{}", printed(&second));
    assert_eq!(rules.ledger.lock().expect("a ledger").recorded.len(), known);
}

fn ledger_companies(rules: &Rules) -> Vec<(String, CompanyId)> {
    let ledger = rules.ledger.lock().expect("a ledger");
    let added = ledger.recorded.iter().filter_map(|fact| match &fact.event {
        domain::Event::CompanyAdded { name, .. } => Some((name.clone(), CompanyId(fact.stream))),
        _ => None,
    });
    added.collect()
}

#[tokio::test]
async fn what_changed_in_the_file_changes_in_the_ledger() {
    let rules = Rules::new(usize::MAX);
    let head = "company,Product Name,Total Seats\n";
    import(
        &Csv::of(&format!("{head}Fabrikam,Slack,5\nFabrikam,Zoom,9\n")),
        &rules,
    )
    .await;
    let report = import(
        &Csv::of(&format!(
            "{head}Fabrikam,Zoom,10\nFabrikam,Slack,5\nFabrikam,Jira,1\n"
        )),
        &rules,
    )
    .await;
    assert_eq!(counts(&report), [1, 1, 1, 0], "{}", printed(&report));
}

#[tokio::test]
async fn every_row_lands_or_is_told_with_its_line_and_reason() {
    let mut text = "company,Product Name,Total Seats,Purchase Date,Expiry Date\n".to_owned();
    for row in 0..300 {
        text.push_str(&match row % 3 {
            0 => format!("Fabrikam,Product {row},{row},,\n"),
            1 => format!("Fabrikam,Product {row},many,,\n"),
            // What only the ledger knows to be wrong.
            _ => format!("Fabrikam,Product {row},{row},2026-05-01,2026-04-30\n"),
        });
    }
    let (rules, file) = (Rules::new(usize::MAX), Csv::of(&text));
    let report = import(&file, &rules).await;
    assert_eq!(counts(&report), [100, 0, 0, 200]);
    assert!(!report.is_complete());
    let lines: Vec<u64> = report.rows.failed.iter().map(|error| error.line).collect();
    assert!(lines.is_sorted());
    let text = printed(&report);
    assert!(text.contains("line 3: Total Seats is \"many\""), "{text}");
    assert!(text.contains("line 4: values.expiry_date "), "{text}");
    let path = report.write_failures(&file.0).expect("a report");
    let failures = std::fs::read_to_string(path).expect("a report");
    assert_eq!(failures.lines().count(), 201);
    assert!(
        failures.starts_with("line,column,message\n3,Total Seats,"),
        "{failures}"
    );
}

#[tokio::test]
async fn a_ledger_out_of_reach_breaks_off_and_a_second_run_lands_the_rest() {
    let rows: String = (0..500)
        .map(|row| format!("Fabrikam,Product {row},1\n"))
        .collect();
    let file = Csv::of(&format!("company,Product Name,Total Seats\n{rows}"));
    let rules = Rules::new(200);
    let report = import(&file, &rules).await;
    assert_eq!(counts(&report), [200, 0, 0, 0]);
    assert_eq!(report.rows.left, 300);
    assert!(
        printed(&report).contains("300 rows left: the log can't be reached"),
        "{}",
        printed(&report)
    );
    *rules.patience.lock().expect("patience") = usize::MAX;
    let report = import(&file, &rules).await;
    assert_eq!(counts(&report), [300, 0, 200, 0]);
}

#[tokio::test]
async fn a_company_that_cannot_be_added_fails_each_of_its_rows() {
    let rules = Rules::new(usize::MAX);
    let taken = Command::AddCompany {
        id: CompanyId(Uuid::now_v7()),
        draft: CompanyDraft {
            name: "Litware".to_owned(),
            ..CompanyDraft::default()
        },
    };
    assert!(rules.give(taken).is_ok());
    let file = Csv::of("company,Product Name\nLitware,Slack\nlitware,Zoom\nFabrikam,Slack\n");
    let report = import(&file, &rules).await;
    assert_eq!(counts(&report), [1, 0, 0, 2]);
    assert!(
        printed(&report).contains("line 3: a company named"),
        "{}",
        printed(&report)
    );
}
