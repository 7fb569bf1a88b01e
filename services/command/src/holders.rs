//! Who holds seats, by name: `/v1/holders`. Names stand beside the ledger, never in it.

use axum::{Json, extract::FromRef};
use domain::{
    access::{Action, Denied, Resource, may},
    ids::HolderId,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    access::{Authenticator, Holders, HoldersError},
    extract::Path,
    problem::{Kind, Problem, Problems},
};

use crate::{bodies::ById, call::Call, state::State};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(erase_holder))
}

/// What became of a name.
#[derive(Debug, Serialize, ToSchema)]
struct Erased {
    /// Whose it was. Assignments in the ledger keep this id.
    id: Uuid,
    /// What is worth knowing, though nothing is wrong.
    warnings: Vec<String>,
}

/// Erase the name of a user, device or other holder of seats, for good. The ledger keeps the id, so counts stay what
/// they were; what is read of it then shows no name. Seats given to the same name later are another holder's.
#[utoipa::path(
    delete,
    path = "/v1/holders/{id}",
    tag = "Assets",
    params(ById),
    responses((status = 200, description = "Erased.", body = Erased), Problems),
    security(("token" = []))
)]
async fn erase_holder(call: Call, Path(ById { id }): Path<ById>) -> Result<Json<Erased>, Problem> {
    let none = || Problem::new(Kind::NotFound).with_detail("there is no such holder of seats");
    may(&call.principal, Action::Administer, Resource::Tokens).map_err(|denied| match denied {
        Denied::NotVisible => none(),
        Denied::Forbidden(why) => Problem::new(Kind::Forbidden).with_detail(why),
    })?;
    // No command is decided, which would have looked whether the token is still good.
    call.state.check_token(call.principal.clone()).await?;
    let erased = call
        .state
        .holders()
        .erase(call.principal.tenant, HolderId(id))
        .await
        .map_err(|error| holders_failed(&error))?;
    if !erased {
        return Err(none());
    }
    let backups = "the name is gone here now; backups of the database hold it until they expire";
    Ok(Json(Erased {
        id,
        warnings: vec![backups.to_owned()],
    }))
}

impl State {
    /// Where names of seat holders stand: beside the tokens, in the log's database.
    pub(crate) fn holders(&self) -> Holders {
        Authenticator::from_ref(self).holders()
    }
}

pub(crate) fn holders_failed(error: &HoldersError) -> Problem {
    Problem::unavailable(error)
}
