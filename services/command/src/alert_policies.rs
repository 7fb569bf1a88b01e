//! When something is worth an alert, where that is not as for all: of a company, an asset type or an asset.

use std::collections::BTreeSet;

use domain::{
    Command, Violations,
    alert::{AlertOverrides, Kind},
    command::PolicyOf,
    ids::{AssetId, AssetTypeId, CompanyId},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    extract::{Path, RawJson},
    problem::{Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::ById,
    call::{Call, WriteHeaders},
    errors::refused,
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(set_company_policy))
        .routes(routes!(set_type_policy))
        .routes(routes!(set_asset_policy))
}

/// What is otherwise than for all. What is left out or null is as it is for all: an asset goes by its own policy, then
/// by its company's, its type's and the account's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAlertPolicy {
    /// Days before a deadline at which it is brought to mind.
    #[schema(example = json!([90, 60, 30]))]
    lead_days: Option<Vec<u32>>,
    /// A shortage is told when it has lasted so many hours.
    #[schema(minimum = 0, maximum = 2160)]
    shortage_after_hours: Option<i64>,
    /// A surplus is told when it has lasted so many days.
    #[schema(minimum = 0, maximum = 730)]
    surplus_after_days: Option<i64>,
    /// Fewer free seats than this are told.
    #[schema(minimum = 0, maximum = 1_000_000)]
    min_free_seats: Option<i64>,
    /// Kinds of alerts that are never told; an empty list tells all.
    #[schema(example = json!(["expiring", "renewal_notice"]))]
    muted: Option<Vec<String>>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Set what is otherwise about alerts for a company.
#[utoipa::path(
    put,
    path = "/v1/companies/{id}/policy",
    tag = "Policy",
    params(ById, WriteHeaders),
    request_body = NewAlertPolicy,
    responses((status = 200, description = "Set.", body = Answer), Problems),
    security(("token" = []))
)]
async fn set_company_policy(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewAlertPolicy>,
) -> Result<Done, Problem> {
    set(call, PolicyOf::Company(CompanyId(id)), body).await
}

/// Set what is otherwise about alerts for the assets of a type.
#[utoipa::path(
    put,
    path = "/v1/asset-types/{id}/policy",
    tag = "Policy",
    params(ById, WriteHeaders),
    request_body = NewAlertPolicy,
    responses((status = 200, description = "Set.", body = Answer), Problems),
    security(("token" = []))
)]
async fn set_type_policy(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewAlertPolicy>,
) -> Result<Done, Problem> {
    set(call, PolicyOf::AssetType(AssetTypeId(id)), body).await
}

/// Set what is otherwise about alerts for an asset.
#[utoipa::path(
    put,
    path = "/v1/assets/{id}/policy",
    tag = "Policy",
    params(ById, WriteHeaders),
    request_body = NewAlertPolicy,
    responses((status = 200, description = "Set.", body = Answer), Problems),
    security(("token" = []))
)]
async fn set_asset_policy(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewAlertPolicy>,
) -> Result<Done, Problem> {
    set(call, PolicyOf::Asset(AssetId(id)), body).await
}

async fn set(call: Call, of: PolicyOf, body: RawJson<NewAlertPolicy>) -> Result<Done, Problem> {
    let NewAlertPolicy {
        lead_days,
        shortage_after_hours,
        surplus_after_days,
        min_free_seats,
        muted,
        reason,
    } = body.value;
    let mut found = Violations::default();
    let muted = muted.map(|words| kinds("muted", &words, &mut found));
    found.check().map_err(refused)?;
    let policy = AlertOverrides {
        lead_days,
        shortage_after_hours: shortage_after_hours.map(count),
        surplus_after_days: surplus_after_days.map(count),
        min_free_seats,
        muted,
    };
    call.submit(&body.bytes, reason, Command::SetAlertPolicy { of, policy })
        .await
}

/// The kinds of alerts that these words name.
pub(crate) fn kinds(field: &str, words: &[String], found: &mut Violations) -> BTreeSet<Kind> {
    let mut kinds = BTreeSet::new();
    for word in words {
        match Kind::parse(word.trim()) {
            Some(kind) => {
                kinds.insert(kind);
            }
            None => {
                let known: Vec<&str> = Kind::ALL.iter().map(|(_, word)| *word).collect();
                let shown: String = word.chars().take(40).collect();
                found.add(
                    field,
                    format!("{shown:?} is none: choose among {}", known.join(", ")),
                );
            }
        }
    }
    kinds
}

/// What does not fit is more than any policy allows, and so is refused like everything else outside its range.
pub(crate) fn count(given: i64) -> u32 {
    u32::try_from(given).unwrap_or(u32::MAX)
}
