//! What people do about alerts: `/v1/alerts`, and tickets and reminders that they ask for themselves.

use domain::{
    Command,
    ids::{AlertId, AssetId, IntegrationId},
    integration::IntegrationKind,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use web::{
    extract::{Path, RawJson},
    problem::{Kind, Problem, Problems},
};

use crate::{
    answer::{Answer, Done},
    bodies::{ById, Reason, optional},
    call::{Call, WriteHeaders},
    state::State,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(acknowledge_alert))
        .routes(routes!(snooze_alert))
        .routes(routes!(clear_alert))
        .routes(routes!(ask_for_ticket))
        .routes(routes!(ask_for_reminder))
}

/// Until when nothing is told of an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Snooze {
    /// The last day on which nothing is told, at most 366 days ahead; null wakes it now.
    #[schema(example = "2027-01-31", format = Date)]
    until: Option<String>,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A ticket that a person asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTicket {
    /// The PSA that it is made in.
    integration_id: Uuid,
    /// What is to be done.
    #[schema(
        example = "Ask the client how many seats they need next year",
        max_length = 200
    )]
    note: String,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// A reminder that a person asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReminder {
    /// The mail integration that it goes out by. Left out, every integration is told that such alerts are meant for.
    integration_id: Option<Uuid>,
    /// What is to be done.
    #[schema(
        example = "Ask the client how many seats they need next year",
        max_length = 200
    )]
    note: String,
    /// Why; shown in the history.
    reason: Option<String>,
}

/// Say that somebody knows of an alert: nothing more is told of it until it gets worse or another term begins.
#[utoipa::path(
    post,
    path = "/v1/alerts/{id}/acknowledge",
    tag = "Alerts",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Acknowledged.", body = Answer), Problems),
    security(("token" = []))
)]
async fn acknowledge_alert(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let command = Command::AcknowledgeAlert { id: AlertId(id) };
    call.submit(&bytes, reason, command).await
}

/// Put an alert off, or wake it.
#[utoipa::path(
    post,
    path = "/v1/alerts/{id}/snooze",
    tag = "Alerts",
    params(ById, WriteHeaders),
    request_body = Snooze,
    responses((status = 200, description = "Put off, or awake again.", body = Answer), Problems),
    security(("token" = []))
)]
async fn snooze_alert(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Snooze>,
) -> Result<Done, Problem> {
    let Snooze { until, reason } = body.value;
    let id = AlertId(id);
    call.submit(&body.bytes, reason, Command::SnoozeAlert { id, until })
        .await
}

/// Clear an alert that a person asked for. All others clear themselves when their cause is gone.
#[utoipa::path(
    post,
    path = "/v1/alerts/{id}/clear",
    tag = "Alerts",
    params(ById, WriteHeaders),
    request_body = Option<Reason>,
    responses((status = 200, description = "Cleared.", body = Answer), Problems),
    security(("token" = []))
)]
async fn clear_alert(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: Option<RawJson<Option<Reason>>>,
) -> Result<Done, Problem> {
    let (Reason { reason }, bytes) = optional(body);
    let command = Command::ClearAlert { id: AlertId(id) };
    call.submit(&bytes, reason, command).await
}

/// Ask for a ticket about an asset. It is an alert of its own, which is cleared by hand; its id is answered.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/tickets",
    tag = "Alerts",
    params(ById, WriteHeaders),
    request_body = NewTicket,
    responses((status = 201, description = "Asked for.", body = Answer), Problems),
    security(("token" = []))
)]
async fn ask_for_ticket(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewTicket>,
) -> Result<Done, Problem> {
    let NewTicket {
        integration_id,
        note,
        reason,
    } = body.value;
    let integration = IntegrationId(integration_id);
    fits(
        &call,
        integration,
        IntegrationKind::is_psa,
        "has no tickets: name a PSA",
    )
    .await?;
    let command = Command::RaiseByHand {
        id: AlertId(call.state.new_id()),
        asset: AssetId(id),
        integration: Some(integration),
        note,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Ask for a reminder about an asset by mail. It is an alert of its own, which is cleared by hand; its id is answered.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/reminders",
    tag = "Alerts",
    params(ById, WriteHeaders),
    request_body = NewReminder,
    responses((status = 201, description = "Asked for.", body = Answer), Problems),
    security(("token" = []))
)]
async fn ask_for_reminder(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewReminder>,
) -> Result<Done, Problem> {
    let NewReminder {
        integration_id,
        note,
        reason,
    } = body.value;
    let integration = integration_id.map(IntegrationId);
    if let Some(integration) = integration {
        let is_mail = |kind| kind == IntegrationKind::Email;
        fits(
            &call,
            integration,
            is_mail,
            "sends no mail: name one that does",
        )
        .await?;
    }
    let command = Command::RaiseByHand {
        id: AlertId(call.state.new_id()),
        asset: AssetId(id),
        integration,
        note,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Whether an integration is of a kind that can do what is asked. One that there is not is told by the decision, with
/// everything else.
async fn fits(
    call: &Call,
    id: IntegrationId,
    fits: impl Fn(IntegrationKind) -> bool,
    otherwise: &str,
) -> Result<(), Problem> {
    let known = call
        .state
        .known_integration(call.principal.tenant, id)
        .await?;
    match known {
        Some(known) if !known.removed && !fits(known.config.kind) => {
            Err(Problem::new(Kind::Validation).with_error(
                "integration_id",
                format!(
                    "{} is {:?}, which {otherwise}",
                    id,
                    known.config.kind.as_str()
                ),
            ))
        }
        _ => Ok(()),
    }
}
