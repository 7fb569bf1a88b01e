//! What is to be done at the end of a term.

use domain::{
    Command,
    access::{Actor, Principal},
    asset::DecisionDraft,
    ids::{AssetId, PersonId},
};
use serde::{Deserialize, Deserializer};
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
    OpenApiRouter::new().routes(routes!(decide_renewal))
}

/// A decision on a renewal, as a whole: what is left out is not kept from an earlier one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlannedRenewal {
    /// `renew` as it is, `change` to another number of seats, or let it `lapse`; null takes the decision back.
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, required = true, example = "renew")]
    decision: Option<String>,
    /// Of `change`: to how many seats.
    #[schema(value_type = Option<i64>, minimum = 0)]
    quantity: Option<Json>,
    /// The person who sees to it. Left out, it is whoever decides, if that is a person; null is nobody.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Uuid>)]
    owner: Option<Option<Uuid>>,
    /// Why, or how.
    note: Option<String>,
    /// The last day of the term that is meant; of the present one unless named.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    term_end: Option<String>,
    /// Why it is decided now; shown in the history.
    reason: Option<String>,
}

/// Say what is to be done at the end of a term.
#[utoipa::path(
    put,
    path = "/v1/assets/{id}/renewal-decision",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = PlannedRenewal,
    responses((status = 200, description = "Decided.", body = Answer), Problems),
    security(("token" = []))
)]
async fn decide_renewal(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<PlannedRenewal>,
) -> Result<Done, Problem> {
    let PlannedRenewal {
        decision,
        quantity,
        owner,
        note,
        term_end,
        reason,
    } = body.value;
    let owner = match owner {
        Some(named) => named.map(PersonId),
        None if decision.is_some() => deciding_person(&call.principal),
        None => None,
    };
    let draft = DecisionDraft {
        decision,
        quantity,
        owner,
        note,
        term_end,
    };
    let command = Command::DecideRenewal {
        id: AssetId(id),
        draft,
    };
    call.submit(&body.bytes, reason, command).await
}

fn deciding_person(principal: &Principal) -> Option<PersonId> {
    match principal.actor {
        Actor::Person(person) => Some(person),
        Actor::Integration(_) | Actor::System => None,
    }
}

/// Something that may be null, and must be sent: a body that forgets it must not take a decision back.
fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
