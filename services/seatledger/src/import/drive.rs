//! Gives the commands of a file to the ledger, many at once, and counts what became of them.

use std::{collections::HashMap, fs::File, path::Path, sync::Arc};

use domain::{FieldError, asset_type::AssetType, ids::CompanyId, text};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use super::{Companies, FileError, Options, Owner, Plan, Report, Row, RowError, Trouble};

/// Rows on their way to the ledger at once: what one append gathers grows with it, and no other work of the
/// tenant waits behind more than these.
const IN_FLIGHT_MAX: usize = 64;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Landed {
    New,
    Changed,
    Unchanged,
}

/// Why a row did not land.
#[derive(Debug)]
pub(crate) enum Reason {
    /// It never will as it stands.
    Refused(Vec<FieldError>),
    /// Nothing would land now: the rest of the file is left for another run.
    Unavailable(String),
}

/// Where rows land.
pub(crate) trait Ledger: Send + Sync + 'static {
    /// Adds a company.
    fn add_company(&self, name: &str) -> impl Future<Output = Result<CompanyId, Reason>> + Send;

    /// Seals a row's secrets and gives its command. `company` is the one that was added for it. A secret that
    /// the vault holds already is best left out: a file that is imported twice should change nothing.
    fn put(
        &self,
        row: Row,
        company: Option<CompanyId>,
    ) -> impl Future<Output = Result<Landed, Reason>> + Send;
}

/// A bar that shows itself on a terminal only.
pub(crate) fn progress() -> ProgressBar {
    let template = "{wide_bar} {pos}/{len} rows, {per_sec}, {eta} left {msg}";
    let style = ProgressStyle::with_template(template);
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Imports a file.
///
/// # Errors
/// If the file as a whole can't be imported. It is read once before anything lands, so that nothing has.
pub(crate) async fn drive<L: Ledger>(
    path: &Path,
    asset_type: &AssetType,
    companies: &Companies,
    options: Options,
    ledger: Arc<L>,
    bar: &ProgressBar,
) -> Result<Report, FileError> {
    let open = || {
        let file = File::open(path).map_err(FileError::Open)?;
        Plan::new(file, asset_type, companies, options)
    };
    bar.set_length(survey(open()?)?);
    let mut landing = Landing {
        ledger,
        report: Report::default(),
        added: HashMap::new(),
        running: JoinSet::new(),
        bar,
    };
    let mut plan = open()?;
    for planned in plan.by_ref() {
        match planned {
            Ok(row) => landing.take(row).await,
            Err(Trouble::Row(error)) => landing.failed(error),
            Err(Trouble::File(error)) => return Err(error),
        }
        if landing.report.stopped.is_some() {
            break;
        }
    }
    while !landing.running.is_empty() {
        landing.one_landed().await;
    }
    let mut report = landing.report;
    report.failed.sort_by_key(|error| error.line);
    report.warnings = plan.warnings().to_vec();
    report.left = bar.length().unwrap_or(0).saturating_sub(report.rows());
    bar.finish_and_clear();
    Ok(report)
}

/// Counts the rows of a file that can be read to its end.
fn survey(mut plan: Plan<'_, File>) -> Result<u64, FileError> {
    for planned in &mut plan {
        if let Err(Trouble::File(error)) = planned {
            return Err(error);
        }
    }
    Ok(plan.rows())
}

struct Landing<'a, L> {
    ledger: Arc<L>,
    report: Report,
    /// By normalized name: the companies that rows asked for, or why they could not be added.
    added: HashMap<String, Result<CompanyId, Vec<FieldError>>>,
    running: JoinSet<(u64, Result<Landed, Reason>)>,
    bar: &'a ProgressBar,
}

impl<L: Ledger> Landing<'_, L> {
    async fn take(&mut self, row: Row) {
        let line = row.line;
        let company = match &row.owner {
            Owner::Known(_) | Owner::Unchanged => None,
            Owner::New(name) => match self.company(&name.clone()).await {
                Ok(added) => Some(added),
                Err(reason) => return self.landed(line, Err(reason)),
            },
        };
        while self.running.len() >= IN_FLIGHT_MAX {
            self.one_landed().await;
        }
        if self.report.stopped.is_none() {
            let ledger = Arc::clone(&self.ledger);
            self.running
                .spawn(async move { (line, ledger.put(row, company).await) });
        }
    }

    /// The company that a row needs, added when the first one does.
    async fn company(&mut self, name: &str) -> Result<CompanyId, Reason> {
        let key = text::normalized(name);
        if let Some(known) = self.added.get(&key) {
            return known.clone().map_err(Reason::Refused);
        }
        let added = self.ledger.add_company(name).await;
        let kept = match &added {
            Ok(id) => Ok(*id),
            Err(Reason::Refused(errors)) => Err(errors.clone()),
            Err(Reason::Unavailable(_)) => return added,
        };
        self.report.companies += u64::from(added.is_ok());
        self.added.insert(key, kept);
        added
    }

    async fn one_landed(&mut self) {
        match self.running.join_next().await {
            Some(Ok((line, landed))) => self.landed(line, landed),
            // Tasks are never cancelled, so it panicked; its row is unknown, and what it asked may be done.
            Some(Err(error)) => self.stop(format!("a row could not be followed: {error}")),
            None => {}
        }
    }

    fn landed(&mut self, line: u64, landed: Result<Landed, Reason>) {
        match landed {
            Ok(Landed::New) => self.report.new += 1,
            Ok(Landed::Changed) => self.report.changed += 1,
            Ok(Landed::Unchanged) => self.report.unchanged += 1,
            Err(Reason::Refused(errors)) => return self.failed(RowError { line, errors }),
            Err(Reason::Unavailable(why)) => return self.stop(why),
        }
        self.bar.inc(1);
    }

    fn failed(&mut self, error: RowError) {
        self.report.failed.push(error);
        self.bar.inc(1);
    }

    fn stop(&mut self, why: String) {
        self.report.stopped.get_or_insert(why);
    }
}
