//! Seats bought and terms renewed: `/v1/assets/{id}/purchases` and `/renew`.

use domain::{
    Command,
    asset::{PurchaseDraft, ReductionDraft, RenewalDraft},
    ids::{AssetId, PurchaseId},
};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    problem::{Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, optional},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(purchase_seats))
        .routes(routes!(end_purchase))
        .routes(routes!(reduce_purchase))
        .routes(routes!(renew_term))
}

/// Seats bought together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPurchase {
    /// How many seats.
    #[schema(value_type = i64, minimum = 1)]
    quantity: Json,
    /// What one seat costs: `{amount, currency}`, or a number in the account's currency.
    unit_price: Option<Json>,
    /// For how long a seat is had at that price: `month`, `year` or `once`. Unless named, `once` of what is
    /// perpetual, else `year`.
    #[schema(example = "year")]
    price_per: Option<String>,
    /// The order's number.
    order: Option<String>,
    /// From whom.
    supplier: Option<String>,
    /// The first day; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    from: Option<String>,
    /// The last day; the end of the license's term unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    until: Option<String>,
    /// The first day on which the vendor takes seats of it back; with only `reducible_until`, the first day of the
    /// purchase.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    reducible_from: Option<String>,
    /// The last day on which the vendor takes seats of it back.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    reducible_until: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// The end of a purchase.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndedPurchase {
    /// The last day on which its seats are owned; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    last_day: Option<String>,
    /// Whether it ends with the license's present term, instead of on a named day.
    #[serde(default)]
    with_term: bool,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Seats of a purchase that are given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reduction {
    /// How many it has from then on.
    #[schema(value_type = i64, minimum = 0)]
    quantity: Json,
    /// From which day on; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    from: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A next term.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Renewal {
    /// Its last day.
    #[schema(value_type = chrono::NaiveDate)]
    expiry_date: String,
    /// Its seats, if they change with it.
    #[schema(value_type = Option<i64>)]
    quantity: Option<Json>,
    /// What a year of it costs, if that changes with it: `{amount, currency}`, or a number in the account's
    /// currency.
    cost: Option<Json>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// The purchase that a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PurchasePath {
    /// The license.
    id: Uuid,
    /// The purchase.
    purchase_id: Uuid,
}

/// Record that seats were bought.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/purchases",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = NewPurchase,
    responses((status = 201, description = "Recorded; `purchase_id` names it.", body = Answer), Problems),
    security(("token" = []))
)]
async fn purchase_seats(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewPurchase>,
) -> Result<Done, Problem> {
    let NewPurchase {
        quantity,
        unit_price,
        price_per,
        order,
        supplier,
        from,
        until,
        reducible_from,
        reducible_until,
        reason,
    } = body.value;
    let purchase = PurchaseId(call.state.new_id());
    let draft = PurchaseDraft {
        quantity,
        from,
        until,
        unit_price,
        price_per,
        order,
        supplier,
        reducible_from,
        reducible_until,
    };
    call.submit(
        &body.bytes,
        reason,
        Command::PurchaseSeats {
            id: AssetId(id),
            purchase,
            draft,
        },
    )
    .await
}

/// End a purchase.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/purchases/{purchase_id}/end",
    tag = "Assets",
    params(PurchasePath, WriteHeaders),
    request_body = Option<EndedPurchase>,
    responses((status = 200, description = "Ended.", body = Answer), Problems),
    security(("token" = []))
)]
async fn end_purchase(
    call: Call,
    Path(PurchasePath { id, purchase_id }): Path<PurchasePath>,
    body: Option<RawJson<Option<EndedPurchase>>>,
) -> Result<Done, Problem> {
    let (ended, bytes) = optional(body);
    let EndedPurchase {
        last_day,
        with_term,
        reason,
    } = ended;
    let command = Command::EndPurchase {
        id: AssetId(id),
        purchase: PurchaseId(purchase_id),
        last_day,
        with_term,
    };
    call.submit(&bytes, reason, command).await
}

/// Give seats of a purchase back. The answer warns if the vendor need not take them.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/purchases/{purchase_id}/reduce",
    tag = "Assets",
    params(PurchasePath, WriteHeaders),
    request_body = Reduction,
    responses((status = 200, description = "Recorded.", body = Answer), Problems),
    security(("token" = []))
)]
async fn reduce_purchase(
    call: Call,
    Path(PurchasePath { id, purchase_id }): Path<PurchasePath>,
    body: RawJson<Reduction>,
) -> Result<Done, Problem> {
    let Reduction {
        quantity,
        from,
        reason,
    } = body.value;
    let command = Command::ReducePurchase {
        id: AssetId(id),
        purchase: PurchaseId(purchase_id),
        draft: ReductionDraft { quantity, from },
    };
    call.submit(&body.bytes, reason, command).await
}

/// Begin the next term, from the day after the present one's last. Seats in force are carried over.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/renew",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = Renewal,
    responses((status = 200, description = "Renewed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn renew_term(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Renewal>,
) -> Result<Done, Problem> {
    let Renewal {
        expiry_date,
        quantity,
        cost,
        reason,
    } = body.value;
    let draft = RenewalDraft {
        expiry_date,
        quantity,
        cost,
    };
    call.submit(
        &body.bytes,
        reason,
        Command::RenewTerm {
            id: AssetId(id),
            draft,
        },
    )
    .await
}
