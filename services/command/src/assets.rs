//! `/v1/assets`.

use std::collections::BTreeMap;

use domain::{
    Command,
    asset::{AssetDraft, AssetPatch},
    ids::{AssetId, AssetTypeId, CompanyId},
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
    bodies::{ByExternalId, ById, ExternalId, Reason, optional, pairs},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(register_asset))
        .routes(routes!(change_asset))
        .routes(routes!(put_asset))
        .routes(routes!(add_tag, remove_tag))
        .routes(routes!(move_asset))
        .routes(routes!(archive_asset))
        .routes(routes!(restore_asset))
}

/// An asset, as it is registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAsset {
    /// Its type.
    type_id: Uuid,
    /// Whose it is.
    company_id: Uuid,
    /// Its values by the keys of its type's fields. A password's text is sealed before it is stored.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({ "product_name": "Microsoft 365 Business Premium", "total_seats": 25 }))]
    values: BTreeMap<String, Json>,
    /// Its labels.
    #[serde(default)]
    tags: Vec<String>,
    /// What other systems call it.
    #[serde(default)]
    external_ids: Vec<ExternalId>,
    /// The day from which it is true, past or to come; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    effective_on: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// What changes of an asset. What is not named stays; null takes a value away; an equal value is no change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedAsset {
    /// The values that change, by the keys of its type's fields.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({ "total_seats": 30 }))]
    values: BTreeMap<String, Json>,
    /// The day from which it is true, past or to come; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    effective_on: Option<String>,
    /// Whether it mends what was recorded wrongly: it then holds from the first day of the value it replaces.
    #[serde(default)]
    correction: bool,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Where an asset goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Move {
    /// Its new company.
    company_id: Uuid,
    /// The day from which it is true; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    effective_on: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// The tag that a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TagPath {
    /// The asset.
    id: Uuid,
    /// The tag.
    tag: String,
}

impl NewAsset {
    fn draft(self) -> (AssetDraft, Option<String>) {
        let Self {
            type_id,
            company_id,
            values,
            tags,
            external_ids,
            effective_on,
            reason,
        } = self;
        let draft = AssetDraft {
            type_id: AssetTypeId(type_id),
            company_id: CompanyId(company_id),
            values,
            secrets: BTreeMap::new(),
            tags,
            external_ids: pairs(external_ids),
            effective_on,
        };
        (draft, reason)
    }
}

/// Register an asset.
#[utoipa::path(
    post,
    path = "/v1/assets",
    tag = "Assets",
    params(WriteHeaders),
    request_body = NewAsset,
    responses((status = 201, description = "Registered.", body = Answer), Problems),
    security(("token" = []))
)]
async fn register_asset(call: Call, body: RawJson<NewAsset>) -> Result<Done, Problem> {
    let (draft, reason) = body.value.draft();
    let id = AssetId(call.state.new_id());
    call.submit(&body.bytes, reason, Command::RegisterAsset { id, draft })
        .await
}

/// Change an asset.
#[utoipa::path(
    patch,
    path = "/v1/assets/{id}",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = ChangedAsset,
    responses((status = 200, description = "Changed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn change_asset(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<ChangedAsset>,
) -> Result<Done, Problem> {
    let ChangedAsset {
        values,
        effective_on,
        correction,
        reason,
    } = body.value;
    let patch = AssetPatch {
        values,
        secrets: BTreeMap::new(),
        effective_on,
        correction,
    };
    call.submit(
        &body.bytes,
        reason,
        Command::ChangeAsset {
            id: AssetId(id),
            patch,
        },
    )
    .await
}

/// Register the asset that another system knows by an id, or change it.
#[utoipa::path(
    put,
    path = "/v1/assets/by-external-id/{system}/{id}",
    tag = "Assets",
    params(ByExternalId, WriteHeaders),
    request_body = NewAsset,
    responses(
        (status = 200, description = "Changed.", body = Answer),
        (status = 201, description = "Registered.", body = Answer),
        Problems
    ),
    security(("token" = []))
)]
async fn put_asset(
    call: Call,
    Path(ByExternalId {
        system,
        id: external_id,
    }): Path<ByExternalId>,
    body: RawJson<NewAsset>,
) -> Result<Done, Problem> {
    let (draft, reason) = body.value.draft();
    let id = AssetId(call.state.new_id());
    call.submit(
        &body.bytes,
        reason,
        Command::PutAsset {
            id,
            system,
            external_id,
            draft,
        },
    )
    .await
}

/// Put a tag on.
#[utoipa::path(
    put,
    path = "/v1/assets/{id}/tags/{tag}",
    tag = "Assets",
    params(TagPath, WriteHeaders),
    responses((status = 200, description = "The asset has the tag.", body = Answer), Problems),
    security(("token" = []))
)]
async fn add_tag(call: Call, Path(TagPath { id, tag }): Path<TagPath>) -> Result<Done, Problem> {
    call.submit(
        &[],
        None,
        Command::SetTag {
            id: AssetId(id),
            tag,
            on: true,
        },
    )
    .await
}

/// Take a tag off.
#[utoipa::path(
    delete,
    path = "/v1/assets/{id}/tags/{tag}",
    tag = "Assets",
    params(TagPath, WriteHeaders),
    responses((status = 200, description = "The asset does not have the tag.", body = Answer), Problems),
    security(("token" = []))
)]
async fn remove_tag(call: Call, Path(TagPath { id, tag }): Path<TagPath>) -> Result<Done, Problem> {
    call.submit(
        &[],
        None,
        Command::SetTag {
            id: AssetId(id),
            tag,
            on: false,
        },
    )
    .await
}

/// Move an asset to another company.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/move",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = Move,
    responses((status = 200, description = "Moved.", body = Answer), Problems),
    security(("token" = []))
)]
async fn move_asset(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Move>,
) -> Result<Done, Problem> {
    let Move {
        company_id,
        effective_on,
        reason,
    } = body.value;
    let command = Command::MoveAsset {
        id: AssetId(id),
        company: CompanyId(company_id),
        effective_on,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Stop tracking an asset. Its history stays.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/archive",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Archived.", body = Answer), Problems),
    security(("token" = []))
)]
async fn archive_asset(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    call.submit(&bytes, reason, Command::ArchiveAsset { id: AssetId(id) })
        .await
}

/// Track an archived asset again.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/restore",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Restored.", body = Answer), Problems),
    security(("token" = []))
)]
async fn restore_asset(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    call.submit(&bytes, reason, Command::RestoreAsset { id: AssetId(id) })
        .await
}
