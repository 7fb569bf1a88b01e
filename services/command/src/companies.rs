//! `/v1/companies`.

use domain::{
    Command,
    command::{CompanyDraft, CompanyPatch},
    ids::CompanyId,
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
    bodies::{ByExternalId, ById, ExternalId, Reason, optional, pairs, sent},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(add_company))
        .routes(routes!(change_company))
        .routes(routes!(archive_company))
        .routes(routes!(restore_company))
        .routes(routes!(put_company))
}

/// A company, as it is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCompany {
    /// Unique among the companies.
    #[schema(example = "Contoso Dental", max_length = 200)]
    name: String,
    /// Whether it is the MSP itself.
    #[serde(default)]
    own: bool,
    /// An IANA time zone, if it is elsewhere than the MSP.
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// What other systems call it.
    #[serde(default)]
    external_ids: Vec<ExternalId>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// What changes of a company. What is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedCompany {
    /// Its new name.
    name: Option<String>,
    /// Whether it is the MSP itself.
    own: Option<bool>,
    /// Its new time zone; null takes it away.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// What other systems call it, in addition. A system has one id for a company: a new one takes its place.
    #[serde(default)]
    external_ids: Vec<ExternalId>,
    /// Why; shown in the history.
    reason: Option<String>,
}

impl NewCompany {
    fn draft(self) -> (CompanyDraft, Option<String>) {
        let Self {
            name,
            own,
            time_zone,
            external_ids,
            reason,
        } = self;
        (
            CompanyDraft {
                name,
                own,
                time_zone,
                external_ids: pairs(external_ids),
            },
            reason,
        )
    }
}

/// Add a company.
#[utoipa::path(
    post,
    path = "/v1/companies",
    tag = "Companies",
    params(WriteHeaders),
    request_body = NewCompany,
    responses((status = 201, description = "Added.", body = Answer), Problems),
    security(("token" = []))
)]
async fn add_company(call: Call, body: RawJson<NewCompany>) -> Result<Done, Problem> {
    let (draft, reason) = body.value.draft();
    let id = CompanyId(call.state.new_id());
    call.submit(&body.bytes, reason, Command::AddCompany { id, draft })
        .await
}

/// Change a company.
#[utoipa::path(
    patch,
    path = "/v1/companies/{id}",
    tag = "Companies",
    params(ById, WriteHeaders),
    request_body = ChangedCompany,
    responses((status = 200, description = "Changed.", body = Answer), Problems),
    security(("token" = []))
)]
async fn change_company(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<ChangedCompany>,
) -> Result<Done, Problem> {
    let ChangedCompany {
        name,
        own,
        time_zone,
        external_ids,
        reason,
    } = body.value;
    let patch = CompanyPatch {
        name,
        own,
        time_zone,
        external_ids: pairs(external_ids),
    };
    call.submit(
        &body.bytes,
        reason,
        Command::ChangeCompany {
            id: CompanyId(id),
            patch,
        },
    )
    .await
}

/// Stop looking after a company. Its assets stay.
#[utoipa::path(
    post,
    path = "/v1/companies/{id}/archive",
    tag = "Companies",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Archived.", body = Answer), Problems),
    security(("token" = []))
)]
async fn archive_company(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    call.submit(
        &bytes,
        reason,
        Command::ArchiveCompany { id: CompanyId(id) },
    )
    .await
}

/// Look after an archived company again.
#[utoipa::path(
    post,
    path = "/v1/companies/{id}/restore",
    tag = "Companies",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Restored.", body = Answer), Problems),
    security(("token" = []))
)]
async fn restore_company(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    call.submit(
        &bytes,
        reason,
        Command::RestoreCompany { id: CompanyId(id) },
    )
    .await
}

/// Add the company that another system knows by an id, or change it.
#[utoipa::path(
    put,
    path = "/v1/companies/by-external-id/{system}/{id}",
    tag = "Companies",
    params(ByExternalId, WriteHeaders),
    request_body = NewCompany,
    responses(
        (status = 200, description = "Changed.", body = Answer),
        (status = 201, description = "Added.", body = Answer),
        Problems
    ),
    security(("token" = []))
)]
async fn put_company(
    call: Call,
    Path(ByExternalId {
        system,
        id: external_id,
    }): Path<ByExternalId>,
    body: RawJson<NewCompany>,
) -> Result<Done, Problem> {
    let (draft, reason) = body.value.draft();
    let id = CompanyId(call.state.new_id());
    call.submit(
        &body.bytes,
        reason,
        Command::PutCompany {
            id,
            system,
            external_id,
            draft,
        },
    )
    .await
}
