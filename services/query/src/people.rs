//! The names of people and of who holds seats, which stand beside the log and never in it.

use std::collections::HashMap;

use domain::{asset::HolderKind, text};
use futures_util::future::join4;
use read_models::query::{Statement, parameter};
use serde::Serialize;
use tokio_postgres::{Row, types::ToSql};
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use crate::{error, export::Cell, read::Reading, row::Columns, state::QueryState};

/// In whose name something was done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Actor {
    /// `person`, `integration` or `system`.
    #[schema(example = "person")]
    pub(crate) kind: String,
    /// The person's id, or the integration's name.
    pub(crate) id: String,
    /// What to show; none of a person who was erased.
    pub(crate) name: Option<String>,
}

impl Actor {
    /// As the read models keep it; a person's name is for [`name_people`].
    pub(crate) fn of(kind: String, id: String) -> Self {
        let name = (kind != "person").then(|| id.clone());
        Self { kind, id, name }
    }
}

/// Holders that one change shows: it may have a thousand.
const SHOWN_MAX: i64 = 20;

/// Assignments of one change that are looked up for a token that is limited to companies. More than are shown, since
/// some of the first may be seats of companies that it does not see; few, since a page has a thousand changes.
const LOOKED_UP_MAX: i64 = 100;

/// Gives people their names. They are read with every answer, so that a name that was erased is gone.
pub(crate) async fn name_people<'a>(
    state: &QueryState,
    tenant: Uuid,
    actors: impl Iterator<Item = &'a mut Actor>,
) -> Result<(), Problem> {
    let mut people: Vec<(Uuid, &mut Actor)> = actors
        .filter(|actor| actor.kind == "person")
        .filter_map(|actor| Some((actor.id.parse().ok()?, actor)))
        .collect();
    if people.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<Uuid> = people.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = names(state, tenant, include_str!("people.sql"), &ids).await?;
    for (id, actor) in &mut people {
        actor.name = names.get(id).cloned();
    }
    Ok(())
}

/// Who or what holds a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SeatHolder)]
pub(crate) struct Holder {
    /// `user`, `device` or `other`.
    #[schema(example = "user")]
    pub(crate) kind: String,
    pub(crate) id: Uuid,
    /// What to show; none of one who was erased.
    pub(crate) name: Option<String>,
}

/// Gives holders of seats their names, likewise read with every answer.
pub(crate) async fn name_holders<'a>(
    state: &QueryState,
    tenant: Uuid,
    holders: impl Iterator<Item = &'a mut Holder>,
) -> Result<(), Problem> {
    let mut holders: Vec<&mut Holder> = holders.collect();
    if holders.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<Uuid> = holders.iter().map(|holder| holder.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = names(state, tenant, include_str!("holders.sql"), &ids).await?;
    for holder in &mut holders {
        holder.name = names.get(&holder.id).cloned();
    }
    Ok(())
}

/// The holder that is called so, whatever the case and spacing: the id that events know it by. None if nobody
/// is called so, or was erased.
pub(crate) async fn holder_called(
    state: &QueryState,
    tenant: Uuid,
    kind: HolderKind,
    name: &str,
) -> Result<Option<Uuid>, Problem> {
    let (kind, key) = (kind.as_str(), text::normalized(name));
    let parameters: [&(dyn ToSql + Sync); 3] = [&tenant, &kind, &key];
    let sql = include_str!("holder_called.sql");
    let rows = beside_the_log(state, tenant, sql, &parameters).await?;
    rows.first().map(|row| row.read("id")).transpose()
}

impl Holder {
    /// All of them in one cell.
    pub(crate) fn cell(holders: &[Self]) -> Cell<'static> {
        if holders.is_empty() {
            return Cell::Empty;
        }
        let name = |holder: &Self| holder.name.clone().unwrap_or_else(|| holder.id.to_string());
        Cell::list(&holders.iter().map(name).collect::<Vec<_>>())
    }
}

/// Who was given seats, or gave them back, with these entries of the ledger: of each the first few, as far as the
/// seats are of companies that the token sees. Beyond its first [`LOOKED_UP_MAX`] an entry is not searched for them.
pub(crate) async fn holders_of(
    reading: &Reading,
    entries: Vec<i64>,
) -> Result<HashMap<i64, Vec<Holder>>, Problem> {
    let mut holders: HashMap<i64, Vec<Holder>> = HashMap::new();
    if entries.is_empty() {
        return Ok(holders);
    }
    let answered = reading
        .ask(|context| {
            let is_limited = context.companies.is_some();
            let looked_up = if is_limited { LOOKED_UP_MAX } else { SHOWN_MAX };
            Statement {
                models: &["holdings", "trail", "register"],
                sql: include_str!("holders_of.sql").into(),
                parameters: vec![
                    parameter(context.tenant),
                    parameter(entries.clone()),
                    parameter(context.companies.clone()),
                    parameter(SHOWN_MAX),
                    parameter(looked_up),
                ],
                planned_anew: false,
            }
        })
        .await?;
    for row in &answered.rows {
        let holder = Holder {
            kind: row.read("holder_kind")?,
            id: row.read("holder_id")?,
            name: None,
        };
        holders.entry(row.read("entry")?).or_default().push(holder);
    }
    let all = holders.values_mut().flatten();
    name_holders(&reading.state, answered.context.tenant, all).await?;
    Ok(holders)
}

async fn names(
    state: &QueryState,
    tenant: Uuid,
    sql: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Problem> {
    let parameters: [&(dyn ToSql + Sync); 2] = [&tenant, &ids];
    let rows = beside_the_log(state, tenant, sql, &parameters).await?;
    rows.iter()
        .map(|row| Ok((row.read("id")?, row.read("name")?)))
        .collect()
}

/// What an erasable table beside the log says, as one tenant sees it.
async fn beside_the_log(
    state: &QueryState,
    tenant: Uuid,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Problem> {
    let client = state
        .people
        .get()
        .await
        .map_err(|error| error::of_log(&event_log::ReadError::Connect(error)))?;
    let read = async {
        let set = client
            .prepare_cached("select set_config('app.tenant', $1, true)")
            .await?;
        let asked = client.prepare_cached(sql).await?;
        let tenant_text = tenant.to_string();
        let tenant_parameter: [&(dyn ToSql + Sync); 1] = [&tenant_text];
        // All four leave at once; the order in which they are polled is the order on the wire.
        let (begun, set, rows, ended) = join4(
            client.batch_execute("begin read only"),
            client.execute(&set, &tenant_parameter),
            client.query(&asked, parameters),
            client.batch_execute("commit"),
        )
        .await;
        begun?;
        set?;
        let rows = rows?;
        ended?;
        Ok(rows)
    };
    read.await
        .map_err(|error| error::of_log(&event_log::ReadError::Query(error)))
}
