//! The names of people, which stand beside the log and never in it.

use std::collections::HashMap;

use futures_util::future::join4;
use serde::Serialize;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use crate::{error, row::Columns, state::QueryState};

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
    let names = names(state, tenant, &ids).await?;
    for (id, actor) in &mut people {
        actor.name = names.get(id).cloned();
    }
    Ok(())
}

async fn names(
    state: &QueryState,
    tenant: Uuid,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Problem> {
    let client = state
        .people
        .get()
        .await
        .map_err(|error| error::of_log(&event_log::ReadError::Connect(error)))?;
    let read = async {
        let set = client
            .prepare_cached("select set_config('app.tenant', $1, true)")
            .await?;
        let people = client.prepare_cached(include_str!("people.sql")).await?;
        let tenant_text = tenant.to_string();
        let tenant_parameter: [&(dyn ToSql + Sync); 1] = [&tenant_text];
        let parameters: [&(dyn ToSql + Sync); 2] = [&tenant, &ids];
        // All four leave at once; the order in which they are polled is the order on the wire.
        let (begun, set, rows, ended) = join4(
            client.batch_execute("begin read only"),
            client.execute(&set, &tenant_parameter),
            client.query(&people, &parameters),
            client.batch_execute("commit"),
        )
        .await;
        begun?;
        set?;
        let rows = rows?;
        ended?;
        Ok(rows)
    };
    let rows = read
        .await
        .map_err(|error| error::of_log(&event_log::ReadError::Query(error)))?;
    rows.iter()
        .map(|row| Ok((row.read("person_id")?, row.read("name")?)))
        .collect()
}
