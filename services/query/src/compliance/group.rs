use std::collections::BTreeMap;

use domain::compliance::Status;
use read_models::compliance::queries::{self, AfterGroup, Group};
use serde::Serialize;
use tokio_postgres::{Row, types::Json};
use utoipa::ToSchema;
use web::problem::Problem;

use super::{Asked, about};
use crate::{
    export::{Cell, Lines},
    money::{self, Amount, add_all},
    page::Fetched,
    parameters::CompanyName,
    row::Columns,
};

/// The positions of several pools, added up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sum {
    /// How many pools there are.
    pools: i64,
    /// How many of them stand how.
    by_status: BTreeMap<String, i64>,
    /// Seats missing, over all its pools. Never netted with the spare ones.
    short: i64,
    /// Seats left over, over all its pools.
    spare: i64,
    /// Pools of which a count is missing or stale, so that the sums say less than the truth.
    incomplete: i64,
    /// Those of them of which a count is too old to be relied on.
    stale: i64,
    /// What the missing seats would cost a year.
    short_cost: Vec<Amount>,
    /// What the spare seats cost a year.
    spare_cost: Vec<Amount>,
    /// The spare seats that may be given back on the asked day, and what they cost a year.
    recoverable_now: Recoverable,
    /// The other spare seats, which can be given back when their terms end.
    recoverable_at_renewal: Recoverable,
}

/// Seats that can be given back.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Recoverable {
    pub(super) seats: i64,
    /// What they cost a year.
    pub(super) cost: Vec<Amount>,
}

/// The positions of one company's or vendor's pools, added up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupPosition {
    /// Of `group_by=company`.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyName>,
    /// Of `group_by=vendor`; null for the pools of no vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<Option<String>>,
    #[serde(flatten)]
    sum: Sum,
    #[serde(skip)]
    keys: AfterGroup,
}

pub(super) async fn fetch(
    asked: &Asked,
    group: Group,
    after: Option<AfterGroup>,
    limit: i64,
) -> Result<Fetched<GroupPosition>, Problem> {
    let answered = asked.reading.ask(|context| {
        queries::groups(
            about(context, asked.as_of),
            asked.pools.clone(),
            group,
            after.clone(),
            limit,
        )
    });
    let answered = answered.await?;
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

impl Default for Sum {
    fn default() -> Self {
        Self {
            pools: 0,
            by_status: none_stand(),
            short: 0,
            spare: 0,
            incomplete: 0,
            stale: 0,
            short_cost: vec![],
            spare_cost: vec![],
            recoverable_now: Recoverable::default(),
            recoverable_at_renewal: Recoverable::default(),
        }
    }
}

impl Sum {
    /// Adds the pools of one status.
    pub(super) fn add(&mut self, row: &Row) -> Result<(), Problem> {
        let more = Self::of(row)?;
        self.by_status.insert(row.read("status")?, more.pools);
        self.pools += more.pools;
        self.short += more.short;
        self.spare += more.spare;
        self.incomplete += more.incomplete;
        self.stale += more.stale;
        add_all(&mut self.short_cost, &more.short_cost)?;
        add_all(&mut self.spare_cost, &more.spare_cost)?;
        for (sum, part) in [
            (&mut self.recoverable_now, more.recoverable_now),
            (
                &mut self.recoverable_at_renewal,
                more.recoverable_at_renewal,
            ),
        ] {
            sum.seats += part.seats;
            add_all(&mut sum.cost, &part.cost)?;
        }
        Ok(())
    }

    fn of(row: &Row) -> Result<Self, Problem> {
        let (spare, spare_cost) = (row.read("spare")?, money::read(row, "spare_cost")?);
        let now = Recoverable {
            seats: row.read("recoverable_now")?,
            cost: money::read(row, "recoverable_now_cost")?,
        };
        Ok(Self {
            pools: row.read("pools")?,
            short: row.read("short")?,
            spare,
            incomplete: row.read("incomplete")?,
            stale: row.read("stale")?,
            short_cost: money::read(row, "short_cost")?,
            recoverable_at_renewal: Recoverable::rest(spare, &spare_cost, &now)?,
            recoverable_now: now,
            spare_cost,
            ..Self::default()
        })
    }
}

impl Recoverable {
    /// What is spare and cannot be given back now.
    pub(super) fn rest(spare: i64, spare_cost: &[Amount], now: &Self) -> Result<Self, Problem> {
        Ok(Self {
            seats: (spare - now.seats).max(0),
            cost: money::less(spare_cost, &now.cost)?,
        })
    }
}

impl GroupPosition {
    fn of(row: &Row, group: Group) -> Result<Self, Problem> {
        let keys = AfterGroup {
            key: row.read("key")?,
            id: row.read("id")?,
        };
        let mut sum = Sum::of(row)?;
        let Json(counted): Json<BTreeMap<String, i64>> = row.read("by_status")?;
        sum.by_status.extend(counted);
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
            sum,
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
    columns.extend(["stale", "short_cost", "spare_cost"]);
    columns.extend(["recoverable_now", "recoverable_now_cost"]);
    Lines::new(columns, cells)
}

fn cells<'a>(group: &'a GroupPosition, cells: &mut Vec<Cell<'a>>) {
    if let Some(company) = &group.company {
        cells.extend([Cell::plain(company.id), Cell::text(&company.name)]);
    }
    if let Some(vendor) = &group.vendor {
        cells.push(Cell::optional(vendor.as_deref()));
    }
    let sum = &group.sum;
    cells.extend([
        Cell::plain(sum.pools),
        Cell::plain(sum.short),
        Cell::plain(sum.spare),
        Cell::plain(sum.incomplete),
    ]);
    let counts = Status::ALL.iter().map(|(_, word)| sum.by_status.get(*word));
    cells.extend(counts.map(Cell::maybe));
    cells.extend([
        Cell::plain(sum.stale),
        money::cell(&sum.short_cost),
        money::cell(&sum.spare_cost),
        Cell::plain(sum.recoverable_now.seats),
        money::cell(&sum.recoverable_now.cost),
    ]);
}
