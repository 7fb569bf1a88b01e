//! Seats given to users and devices: `/v1/assets/{id}/assignments`.

mod bodies;

use std::collections::BTreeMap;

use domain::{
    Command, FieldError,
    access::Principal,
    asset::{ASSIGNED_AT_ONCE_MAX, AssignmentDraft, Holder, HolderKind},
    command::SecretsOf,
    ids::{AssetId, AssignmentId, CompanyId, HolderId},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    access::HolderName,
    extract::{Path, RawJson},
    problem::{Kind, Problem, Problems},
};

use self::bodies::{
    Assigned, AssignmentPath, NewAssignments, Passed, Released, ReleasedOne, Unnamed, named,
};
use crate::{
    answer::{Answer, Done},
    bodies::{ById, optional},
    call::{Call, WriteHeaders},
    holders::holders_failed,
    state::State,
};

/// Whoever has no name that is one.
const UNNAMED: Holder = Holder {
    kind: HolderKind::Other,
    id: HolderId::UNNAMED,
};

pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(assign_seats))
        .routes(routes!(release_seats))
        .routes(routes!(release_seat))
        .routes(routes!(pass_seat))
}

/// Give seats to users or devices: one assignment, or a list of them with a reason, all of it or nothing. Names stand
/// beside the ledger, where they can be erased.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/assignments",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = NewAssignments,
    responses(
        (status = 201, description = "Recorded; `assignment_ids` names them in the order of the request.", body = Answer),
        Problems
    ),
    security(("token" = []))
)]
async fn assign_seats(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<NewAssignments>,
) -> Result<Done, Problem> {
    let (assigned, is_list, reason) = body.value.read()?;
    let too_many = assigned.len() > ASSIGNED_AT_ONCE_MAX;
    let looked_at = &assigned[..assigned.len().min(ASSIGNED_AT_ONCE_MAX)];
    let names: Vec<Result<HolderName, Unnamed>> = looked_at.iter().map(Assigned::holder).collect();
    let holders = call
        .state
        .holders_of(&call.principal, AssetId(id), &names, !too_many)
        .await?;
    let mut told = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        let path = format!("assignments[{at}]");
        let error = match name {
            Ok(name) => (format!("{path}.{}", name.kind().as_str()), None),
            Err(Unnamed { field, message }) => {
                let field = field.map_or_else(|| path.clone(), |field| format!("{path}.{field}"));
                (field, Some(message.clone()))
            }
        };
        told.insert(format!("{path}.holder"), error);
    }
    let holders = holders.into_iter().chain(std::iter::repeat(UNNAMED));
    let drafts = assigned.into_iter().zip(holders).map(|(assigned, holder)| {
        let Assigned {
            company_id,
            quantity,
            from,
            until,
            note,
            ..
        } = assigned;
        AssignmentDraft {
            id: AssignmentId(call.state.new_id()),
            holder,
            company: company_id.map(CompanyId),
            quantity: quantity.unwrap_or_default(),
            from,
            until,
            note,
        }
    });
    let command = Command::AssignSeats {
        id: AssetId(id),
        drafts: drafts.collect(),
    };
    let submitted = call.submit(&body.bytes, reason, command).await;
    submitted.map_err(|problem| {
        renamed(problem, |error| {
            let error = match told.get(&error.field) {
                Some((field, message)) => FieldError {
                    field: field.clone(),
                    message: message.clone().unwrap_or(error.message),
                },
                None => error,
            };
            let of_one = error.field.strip_prefix("assignments[0]");
            match of_one.filter(|_| !is_list) {
                // Which of the three ways to name a holder is missing, nobody can tell.
                Some("") => FieldError {
                    field: "user".to_owned(),
                    ..error
                },
                Some(rest) => FieldError {
                    field: rest.trim_start_matches('.').to_owned(),
                    ..error
                },
                None => error,
            }
        })
    })
}

/// Take seats back. What has ended by then stays as it is.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/assignments/release",
    tag = "Assets",
    params(ById, WriteHeaders),
    request_body = Released,
    responses((status = 200, description = "Released.", body = Answer), Problems),
    security(("token" = []))
)]
async fn release_seats(
    call: Call,
    Path(ById { id }): Path<ById>,
    body: RawJson<Released>,
) -> Result<Done, Problem> {
    let Released {
        assignment_ids,
        last_day,
        reason,
    } = body.value;
    let command = Command::ReleaseSeats {
        id: AssetId(id),
        assignments: assignment_ids.into_iter().map(AssignmentId).collect(),
        last_day,
    };
    call.submit(&body.bytes, reason, command).await
}

/// Take the seats of one assignment back.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/assignments/{assignment_id}/release",
    tag = "Assets",
    params(AssignmentPath, WriteHeaders),
    request_body = Option<ReleasedOne>,
    responses((status = 200, description = "Released.", body = Answer), Problems),
    security(("token" = []))
)]
async fn release_seat(
    call: Call,
    Path(AssignmentPath { id, assignment_id }): Path<AssignmentPath>,
    body: Option<RawJson<Option<ReleasedOne>>>,
) -> Result<Done, Problem> {
    let (ReleasedOne { last_day, reason }, bytes) = optional(body);
    let command = Command::ReleaseSeats {
        id: AssetId(id),
        assignments: vec![AssignmentId(assignment_id)],
        last_day,
    };
    let submitted = call.submit(&bytes, reason, command).await;
    submitted.map_err(|problem| rename(problem, "assignment_ids[0]", "last_day"))
}

/// Give the seats of one holder to another, from a day on. `assignment_ids` names the new assignment.
#[utoipa::path(
    post,
    path = "/v1/assets/{id}/assignments/{assignment_id}/transfer",
    tag = "Assets",
    params(AssignmentPath, WriteHeaders),
    request_body = Passed,
    responses((status = 201, description = "Recorded.", body = Answer), Problems),
    security(("token" = []))
)]
async fn pass_seat(
    call: Call,
    Path(AssignmentPath { id, assignment_id }): Path<AssignmentPath>,
    body: RawJson<Passed>,
) -> Result<Done, Problem> {
    let Passed {
        user,
        device,
        other,
        from,
        reason,
    } = body.value;
    let name = named([user.as_deref(), device.as_deref(), other.as_deref()]);
    let (field, message) = match &name {
        Ok(name) => (name.kind().as_str(), None),
        Err(Unnamed { field, message }) => (field.unwrap_or("user"), Some(message.clone())),
    };
    let holders = call
        .state
        .holders_of(&call.principal, AssetId(id), &[name], true)
        .await?;
    let Some(to) = holders.first().copied() else {
        return Err(Problem::new(Kind::Internal));
    };
    let command = Command::PassSeat {
        id: AssetId(id),
        assignment: AssignmentId(assignment_id),
        new: AssignmentId(call.state.new_id()),
        to,
        from,
    };
    let submitted = call.submit(&body.bytes, reason, command).await;
    submitted.map_err(|problem| {
        renamed(problem, |error| {
            if error.field != "to" {
                return error;
            }
            FieldError {
                field: field.to_owned(),
                message: message.clone().unwrap_or(error.message),
            }
        })
    })
}

impl State {
    /// The holders of these names; who has no name is [`HolderId::UNNAMED`], which the decision refuses with all else
    /// that is wrong. Names are made only for somebody who may change the asset, and only if all of them are good.
    async fn holders_of(
        &self,
        principal: &Principal,
        asset: AssetId,
        names: &[Result<HolderName, Unnamed>],
        make: bool,
    ) -> Result<Vec<Holder>, Problem> {
        self.find_secrets(principal, SecretsOf::Asset { id: asset })
            .await?;
        let good: Vec<HolderName> = names.iter().flatten().cloned().collect();
        let (holders, tenant) = (self.holders(), principal.tenant);
        let ids: Vec<HolderId> = if make && good.len() == names.len() {
            let made = holders.find_or_make(tenant, &good).await;
            made.map_err(|error| holders_failed(&error))?
        } else {
            let found = holders.find(tenant, &good).await;
            let found = found.map_err(|error| holders_failed(&error))?;
            self.in_place_of_unknown(&good, found)
        };
        let mut ids = ids.into_iter();
        let holder = |name: &Result<HolderName, Unnamed>| match name {
            Ok(name) => Holder {
                kind: name.kind(),
                id: ids.next().unwrap_or(HolderId::UNNAMED),
            },
            Err(_) => UNNAMED,
        };
        Ok(names.iter().map(holder).collect())
    }

    /// An id for each name that nobody has yet, so that the same name twice is told even where nothing is made.
    fn in_place_of_unknown(
        &self,
        names: &[HolderName],
        found: Vec<Option<HolderId>>,
    ) -> Vec<HolderId> {
        let mut new: BTreeMap<&HolderName, HolderId> = BTreeMap::new();
        let id = |(name, found): (_, Option<HolderId>)| {
            found.unwrap_or_else(|| *new.entry(name).or_insert_with(|| HolderId(self.new_id())))
        };
        names.iter().zip(found).map(id).collect()
    }
}

/// A problem with the fields that are wrong called as the request calls them.
fn renamed(problem: Problem, name: impl Fn(FieldError) -> FieldError) -> Problem {
    if problem.kind() != Kind::Validation {
        return problem;
    }
    let errors = problem.errors().iter().map(|error| {
        name(FieldError {
            field: error.field.clone(),
            message: error.message.clone(),
        })
    });
    let renamed = Problem::validation(errors);
    match problem.detail() {
        Some(detail) => renamed.with_detail(detail),
        None => renamed,
    }
}

fn rename(problem: Problem, from: &str, to: &str) -> Problem {
    renamed(problem, |error| {
        let field = if error.field == from {
            to
        } else {
            &error.field
        };
        FieldError {
            field: field.to_owned(),
            message: error.message.clone(),
        }
    })
}
