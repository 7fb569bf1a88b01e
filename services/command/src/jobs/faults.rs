//! The rows that did not land.

use bytes::Bytes;
use domain::ids::TenantId;
use futures_util::{Stream, stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::Jobs;
use crate::imports::{RowError, defang};

/// A row that did not land.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportFault)]
pub(super) struct Fault {
    /// Where it begins in the file, counted from 1.
    line: u64,
    /// All that is wrong with it.
    errors: Vec<CellError>,
}

/// One thing that is wrong with a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportCellError)]
struct CellError {
    /// The column, as the file names it, or the field's key; empty if it is the whole row.
    #[schema(example = "Total Seats")]
    column: String,
    /// What is wrong, and how to mend it. Values of password fields are never shown.
    #[schema(example = "is \"many\": a number such as 1234.50 is expected")]
    message: String,
}

impl Fault {
    pub(super) fn of(error: RowError) -> Self {
        let errors = error.errors.into_iter().map(|error| CellError {
            column: error.field,
            message: error.message,
        });
        Self {
            line: error.line,
            errors: errors.collect(),
        }
    }
}

/// All of them as the lines of a CSV file, a page at a time.
pub(super) fn lines(
    jobs: Jobs,
    tenant: TenantId,
    job: Uuid,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let head = stream::once(async { Ok(Bytes::from_static(b"line,column,message\r\n")) });
    let pages = stream::unfold(Some(0), move |after| {
        let jobs = jobs.clone();
        async move {
            let page = jobs.faults(tenant, job, after?).await;
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(error = %web::problem::Causes(&error), "a list of faults broke off");
                    return Some((Err(std::io::Error::other("it can't be read on")), None));
                }
            };
            let last = page.last().and_then(|row| i64::try_from(row.line).ok())?;
            Some((written(&page), Some(last)))
        }
    });
    futures_util::StreamExt::chain(head, pages)
}

fn written(page: &[RowError]) -> Result<Bytes, std::io::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in page {
        for error in &row.errors {
            let cells = [
                row.line.to_string(),
                defang(&error.field).into_owned(),
                defang(&error.message).into_owned(),
            ];
            writer.write_record(&cells).map_err(std::io::Error::other)?;
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|_| std::io::Error::other("memory"))?;
    Ok(bytes.into())
}
