use std::collections::BTreeMap;

use domain::compliance::Status;
use read_models::compliance::queries::{self, AfterGroup, Group};
use serde::Serialize;
use tokio_postgres::{Row, types::Json};
use utoipa::ToSchema;
use web::problem::Problem;

use super::{ListQuery, about};
use crate::{
    export::{Cell, Lines},
    page::Fetched,
    parameters::CompanyName,
    read::Reading,
    row::Columns,
};

/// The positions of one company's or vendor's pools, added up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupPosition {
    /// Of `group_by=company`.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyName>,
    /// Of `group_by=vendor`; null for the pools of no vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<Option<String>>,
    /// How many pools there are.
    pools: i64,
    /// How many of them stand how.
    by_status: BTreeMap<String, i64>,
    /// Seats missing, over all its pools. Never netted with the spare ones.
    short: i64,
    /// Seats left over, over all its pools.
    spare: i64,
    /// Pools of which a count is missing, so that the sums say less than the truth.
    incomplete: i64,
    #[serde(skip)]
    keys: AfterGroup,
}

pub(super) async fn fetch(
    reading: &Reading,
    query: &ListQuery,
    group: Group,
    after: Option<AfterGroup>,
    limit: i64,
) -> Result<Fetched<GroupPosition>, Problem> {
    let asked = reading.ask(|asked| {
        queries::groups(
            about(asked, query.as_of),
            query.pools(),
            group,
            after.clone(),
            limit,
        )
    });
    let answered = asked.await?;
    let items = answered
        .rows
        .iter()
        .map(|row| GroupPosition::of(row, group))
        .collect::<Result<_, _>>()?;
    Ok(Fetched {
        items,
        entry: answered.entry,
    })
}

impl GroupPosition {
    fn of(row: &Row, group: Group) -> Result<Self, Problem> {
        let keys = AfterGroup {
            key: row.read("key")?,
            id: row.read("id")?,
        };
        let Json(counted): Json<BTreeMap<String, i64>> = row.read("by_status")?;
        let mut by_status = none_stand();
        by_status.extend(counted);
        let (company, vendor) = match group {
            Group::Company => {
                let (id, name) = (keys.id, row.read("name")?);
                (Some(CompanyName { id, name }), None)
            }
            Group::Vendor => (None, Some(row.read("name")?)),
        };
        Ok(Self {
            company,
            vendor,
            pools: row.read("pools")?,
            by_status,
            short: row.read("short")?,
            spare: row.read("spare")?,
            incomplete: row.read("incomplete")?,
            keys,
        })
    }

    pub(super) fn keys(last: &Self) -> AfterGroup {
        last.keys.clone()
    }
}

/// Every status, each with no pool yet.
pub(super) fn none_stand() -> BTreeMap<String, i64> {
    let words = Status::ALL.iter().map(|(_, word)| (*word).to_owned());
    words.map(|word| (word, 0)).collect()
}

/// The columns of an export: stable, since scripts hold on to them.
pub(super) fn lines(
    group: Group,
) -> Lines<impl for<'a> Fn(&'a GroupPosition, &mut Vec<Cell<'a>>) + Send + 'static> {
    let mut columns: Vec<&str> = match group {
        Group::Company => vec!["company_id", "company"],
        Group::Vendor => vec!["vendor"],
    };
    columns.extend(["pools", "short", "spare", "incomplete"]);
    columns.extend(Status::ALL.iter().map(|(_, word)| *word));
    Lines::new(columns, cells)
}

fn cells<'a>(group: &'a GroupPosition, cells: &mut Vec<Cell<'a>>) {
    if let Some(company) = &group.company {
        cells.extend([Cell::plain(company.id), Cell::text(&company.name)]);
    }
    if let Some(vendor) = &group.vendor {
        cells.push(Cell::optional(vendor.as_deref()));
    }
    cells.extend([
        Cell::plain(group.pools),
        Cell::plain(group.short),
        Cell::plain(group.spare),
        Cell::plain(group.incomplete),
    ]);
    let counts = Status::ALL
        .iter()
        .map(|(_, word)| group.by_status.get(*word));
    cells.extend(counts.map(Cell::maybe));
}
