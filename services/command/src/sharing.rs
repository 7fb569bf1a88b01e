//! Seats that other companies get: allocated to them, or transferred for good.

use domain::{
    Command,
    asset::{AllocationDraft, TransferDraft},
    ids::{AssetId, CompanyId},
};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    problem::{Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::ById,
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(allocate_seats))
        .routes(routes!(transfer_seats))
}

/// Seats of a license that another company has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Allocation {
    /// To whom; not the license's own company, which has what nobody else has.
    company_id: Uuid,
    /// How many it has from then on; 0 ends the allocation.
    #[schema(value_type = i64, minimum = 0)]
    seats: Json,
    /// From which day on; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    effective_on: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A license, or a part of it, for another company.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SeatTransfer {
    /// To whom.
    company_id: Uuid,
    /// How many seats; the whole license unless named.
    #[schema(value_type = Option<i64>, minimum = 1)]
    quantity: Option<Json>,
    /// From which day on; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    effective_on: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Give another company seats of a license without giving it the license. The answer warns if more are given than
/// there are.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/allocations",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = Allocation,
    responses((status = 200, description = "Allocated.", body = Answer), Problems),
    security(("token" = []))
)]
async fn allocate_seats(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Allocation>,
) -> Result<Done, Problem> {
    let Allocation {
        company_id,
        seats,
        effective_on,
        reason,
    } = body.value;
    let draft = AllocationDraft {
        company: CompanyId(company_id),
        seats,
        effective_on,
    };
    let command = Command::AllocateSeats {
        id: AssetId(id),
        draft,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Make a license, or a part of it, a license of another company. It becomes a license of its own, with seats, term
/// and cost in proportion: its owner sees neither what was recorded before nor the keys. A whole license that was
/// given away is archived.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/transfer",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = SeatTransfer,
    responses(
        (
            status = 201,
            description = "Transferred; `new_asset_id` names the other company's license. `id` and `version` are \
                           those of the license that gave.",
            body = Answer
        ),
        Problems
    ),
    security(("token" = []))
)]
async fn transfer_seats(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<SeatTransfer>,
) -> Result<Done, Problem> {
    let SeatTransfer {
        company_id,
        quantity,
        effective_on,
        reason,
    } = body.value;
    let new = AssetId(call.state.new_id());
    let draft = TransferDraft {
        company: CompanyId(company_id),
        quantity,
        effective_on,
    };
    let command = Command::TransferSeats {
        id: AssetId(id),
        new,
        draft,
    };
    call.submit(&body.bytes, reason, command).await
}
