//! `/v1/documents`.

use domain::{
    Command,
    ids::{CompanyId, DocumentId},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    problem::{Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, Reason, optional},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(write_document))
        .routes(routes!(revise_document))
        .routes(routes!(archive_document))
}

/// A document, as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDocument {
    /// Whose it is.
    company_id: Uuid,
    /// Its title.
    #[schema(example = "Audit findings 2026", max_length = 200)]
    title: String,
    /// Its text, Markdown by convention.
    #[schema(max_length = 60_000)]
    body: String,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A document's new title and text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RevisedDocument {
    /// Its title.
    #[schema(max_length = 200)]
    title: String,
    /// Its text.
    #[schema(max_length = 60_000)]
    body: String,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Write a document.
#[utoipa::path(
    post,
    path = "/v1/documents",
    tag = "Documents",
    params(WriteHeaders),
    request_body = NewDocument,
    responses((status = 201, description = "Written.", body = Answer), Problems),
    security(("token" = []))
)]
async fn write_document(call: Call, body: RawJson<NewDocument>) -> Result<Done, Problem> {
    let NewDocument {
        company_id,
        title,
        body: text,
        reason,
    } = body.value;
    let id = DocumentId(call.state.new_id());
    let command = Command::WriteDocument {
        id,
        company: CompanyId(company_id),
        title,
        body: text,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Give a document a new title and text.
#[utoipa::path(
    put,
    path = "/v1/documents/{id}",
    tag = "Documents",
    params(ById, WriteHeaders),
    request_body = RevisedDocument,
    responses((status = 200, description = "Revised.", body = Answer), Problems),
    security(("token" = []))
)]
async fn revise_document(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<RevisedDocument>,
) -> Result<Done, Problem> {
    let RevisedDocument {
        title,
        body: text,
        reason,
    } = body.value;
    let command = Command::ReviseDocument {
        id: DocumentId(id),
        title,
        body: text,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Put a document away.
#[utoipa::path(
    post,
    path = "/v1/documents/{id}/archive",
    tag = "Documents",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Archived.", body = Answer), Problems),
    security(("token" = []))
)]
async fn archive_document(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    call.submit(
        &bytes,
        reason,
        Command::ArchiveDocument { id: DocumentId(id) },
    )
    .await
}
