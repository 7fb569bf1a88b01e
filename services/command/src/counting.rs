//! How many seats are in use: one count, whose count stands, and a company's count sheet.

use domain::{
    Command,
    asset::{CountDraft, SheetLine},
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
    bodies::{ById, sent},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(count_seats))
        .routes(routes!(set_in_use_source))
        .routes(routes!(write_count_sheet))
}

/// A count of the seats in use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCount {
    /// Who counted: `typed` for a person, `synced` for a vendor's portal or an agent.
    #[schema(example = "synced")]
    source: String,
    /// How many; null if it is no longer known.
    #[schema(value_type = Option<i64>, minimum = 0)]
    count: Json,
    /// The company to which seats are allocated whose use was counted; the license's own unless named.
    company_id: Option<Uuid>,
    /// The day for which it was counted; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    counted_on: Option<String>,
    /// Whether it mends the count that stands, from the day for which that was made.
    #[serde(default)]
    correction: bool,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Whose count stands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInUseSource {
    /// `typed`, `named` or `synced`.
    #[schema(example = "named")]
    source: String,
    /// From which day on; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    effective_on: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// The counts of many licenses of one company.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountSheet {
    /// A line for each license.
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<CountSheetLine>,
    /// The day for which they were counted; today unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    effective_on: Option<String>,
    /// Why, for all lines; shown in the history.
    reason: Option<String>,
}

/// A license's line. What is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountSheetLine {
    /// The license.
    asset_id: Uuid,
    /// Its seats in use; null if they are no longer known.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    in_use: Option<Json>,
    /// All its seats; null if they are no longer known.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    total: Option<Json>,
    /// The version of the license that the line was filled in on: the sheet is refused if it is no longer the
    /// current one.
    #[schema(minimum = 1)]
    version: Option<i32>,
}

/// Record how many seats are in use. The same count again is recorded too, once a day: it is fresh.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/counts",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = NewCount,
    responses((status = 200, description = "Recorded.", body = Answer), Problems),
    security(("token" = []))
)]
async fn count_seats(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewCount>,
) -> Result<Done, Problem> {
    let NewCount {
        source,
        count,
        company_id,
        counted_on,
        correction,
        reason,
    } = body.value;
    let draft = CountDraft {
        source,
        count,
        counted_for: company_id.map(CompanyId),
        counted_on,
        correction,
    };
    let command = Command::CountSeats {
        id: AssetId(id),
        draft,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Say whose count of the seats in use stands: what a person typed, the named assignments, or what was synced.
#[utoipa::path(
    put,
    path = "/v1/assets/{id}/in-use-source",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = NewInUseSource,
    responses((status = 200, description = "Set.", body = Answer), Problems),
    security(("token" = []))
)]
async fn set_in_use_source(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewInUseSource>,
) -> Result<Done, Problem> {
    let NewInUseSource {
        source,
        effective_on,
        reason,
    } = body.value;
    let command = Command::SetInUseSource {
        id: AssetId(id),
        source,
        effective_on,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Write the counts of a company's licenses as one table: all lines or none.
#[utoipa::path(
    put,
    path = "/v1/companies/{id}/count-sheet",
    tag = "Companies",
    params(ById, WriteHeaders),
    request_body = CountSheet,
    responses(
        (
            status = 200,
            description = "Recorded; `changed` and `unchanged` say how many lines were new. `id` and `version` are \
                           the company's.",
            body = Answer
        ),
        Problems
    ),
    security(("token" = []))
)]
async fn write_count_sheet(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<CountSheet>,
) -> Result<Done, Problem> {
    let CountSheet {
        lines,
        effective_on,
        reason,
    } = body.value;
    let command = Command::CountSheet {
        company: CompanyId(id),
        lines: lines.into_iter().map(CountSheetLine::line).collect(),
        effective_on,
    };
    call.submit(&body.bytes, reason, command).await
}

impl CountSheetLine {
    fn line(self) -> SheetLine {
        let Self {
            asset_id,
            in_use,
            total,
            version,
        } = self;
        SheetLine {
            asset: AssetId(asset_id),
            in_use,
            total,
            version,
        }
    }
}
