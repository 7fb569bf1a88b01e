//! Rows in batches on their way to the ledger.

use std::collections::HashMap;

use domain::{FieldError, ids::CompanyId, text};
use futures_util::{StreamExt, stream};

use super::{Landed, Ledger, Owner, Reason, Row, RowError};

/// Rows on their way at once: what one append gathers grows with it, and no other work of the account waits
/// behind more than these.
const IN_FLIGHT_MAX: usize = 32;

/// Where the rows of one file land, and the companies that were added for them.
pub struct Landing<L> {
    ledger: L,
    /// By normalized name: the companies that rows asked for, or why they could not be added.
    added: HashMap<String, Result<CompanyId, Vec<FieldError>>>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Batch {
    /// Assets that were not there.
    pub new: u64,
    /// Assets of which something was different.
    pub changed: u64,
    /// Assets of which nothing was.
    pub unchanged: u64,
    /// Companies that were added.
    pub companies: u64,
    /// Rows that did not land, in the file's order.
    pub failed: Vec<RowError>,
    /// Why it was broken off, if it was: some rows may have landed, and land again without harm.
    pub stopped: Option<Reason>,
    /// Rows of which nothing became, since it was broken off.
    pub left: u64,
}

impl<L: Ledger> Landing<L> {
    /// Nothing has landed yet.
    pub fn new(ledger: L) -> Self {
        Self {
            ledger,
            added: HashMap::new(),
        }
    }

    /// Where the rows land.
    pub fn ledger(&self) -> &L {
        &self.ledger
    }

    /// Lands the rows of a batch and notes those that were not fit.
    pub async fn land(&mut self, planned: Vec<Result<Row, RowError>>) -> Batch {
        let mut batch = Batch::default();
        let mut rows = Vec::with_capacity(planned.len());
        for planned in planned {
            match planned {
                Err(error) => batch.failed.push(error),
                Ok(_) if batch.stopped.is_some() => batch.left += 1,
                Ok(row) => match self.company_of(&row, &mut batch).await {
                    Ok(company) => rows.push((row, company)),
                    Err(reason) => batch.refused(row.line, reason),
                },
            }
        }
        let ledger = &self.ledger;
        let put = |(row, company): (Row, Option<CompanyId>)| async move {
            (row.line, ledger.put(row, company).await)
        };
        let mut landing = stream::iter(rows).map(put).buffer_unordered(IN_FLIGHT_MAX);
        while let Some((line, landed)) = landing.next().await {
            match landed {
                Ok(Landed::New) => batch.new += 1,
                Ok(Landed::Changed) => batch.changed += 1,
                Ok(Landed::Unchanged) => batch.unchanged += 1,
                Err(reason) => batch.refused(line, reason),
            }
        }
        batch.failed.sort_by_key(|error| error.line);
        batch
    }

    /// The company that a row needs, added when the first one does.
    async fn company_of(
        &mut self,
        row: &Row,
        batch: &mut Batch,
    ) -> Result<Option<CompanyId>, Reason> {
        let Owner::New(name) = &row.owner else {
            return Ok(None);
        };
        let key = text::normalized(name);
        if let Some(known) = self.added.get(&key) {
            return known.clone().map(Some).map_err(Reason::Refused);
        }
        let added = self.ledger.add_company(name).await;
        let kept = match &added {
            Ok(id) => Ok(*id),
            Err(Reason::Refused(errors)) => Err(errors.clone()),
            Err(Reason::Unavailable(_) | Reason::Ended(_)) => return added.map(Some),
        };
        batch.companies += u64::from(added.is_ok());
        self.added.insert(key, kept);
        added.map(Some)
    }
}

impl Batch {
    /// Adds what became of the rows after these.
    pub fn add(&mut self, other: Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.companies += other.companies;
        self.failed.extend(other.failed);
        self.left += other.left;
        if self.stopped.is_none() {
            self.stopped = other.stopped;
        }
    }

    fn refused(&mut self, line: u64, reason: Reason) {
        match reason {
            Reason::Refused(errors) => self.failed.push(RowError { line, errors }),
            // Once whoever asked may not any more, waiting does not help.
            ended @ Reason::Ended(_) => {
                self.left += 1;
                self.stopped = Some(ended);
            }
            away @ Reason::Unavailable(_) => {
                self.left += 1;
                self.stopped.get_or_insert(away);
            }
        }
    }
}
