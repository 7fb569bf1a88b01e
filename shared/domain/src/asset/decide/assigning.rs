//! Seats given to users and devices.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value as Json;

use super::{
    Asset, Dated,
    counting::{counted_for, first_source},
    inputs::{day_given, line_given, seats_given},
};
use crate::{
    asset::{ASSIGNED_AT_ONCE_MAX, ASSIGNMENTS_MAX, Assignment, Holder, InUseSource},
    decide::Setting,
    event::Event,
    ids::{AssignmentId, CompanyId},
    refusal::{Refusal, Violations},
};

/// Assignments in one event: with their notes well below what an event may have.
const ASSIGNMENTS_PER_EVENT: usize = 200;

/// Seats to be assigned, as they come in.
#[derive(Debug, Clone)]
pub struct AssignmentDraft {
    /// The new assignment.
    pub id: AssignmentId,
    /// Who holds them.
    pub holder: Holder,
    /// The company to which the seats are allocated; none for the license's own company.
    pub company: Option<CompanyId>,
    /// How many; one if null.
    pub quantity: Json,
    /// The first day; today if none.
    pub from: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// What is worth knowing of it.
    pub note: Option<String>,
}

/// Gives seats to users and devices, all of them or none.
pub(crate) fn assign(
    asset: &Asset,
    drafts: &[AssignmentDraft],
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    if drafts.is_empty() || drafts.len() > ASSIGNED_AT_ONCE_MAX {
        let message = format!(
            "there are {}: 1 to {ASSIGNED_AT_ONCE_MAX} are expected",
            drafts.len()
        );
        found.add("assignments", message);
    }
    if asset.seats.assignments.len() + drafts.len() > ASSIGNMENTS_MAX {
        let message = format!(
            "a license has at most {ASSIGNMENTS_MAX}: count this one in the vendor's portal instead"
        );
        found.add("assignments", message);
    }
    found.check()?;
    let mut found = Violations::default();
    let mut held: BTreeMap<Holder, Vec<(NaiveDate, Option<NaiveDate>)>> = BTreeMap::new();
    for known in asset.seats.assignments.values() {
        held.entry(known.holder)
            .or_default()
            .push((known.from, known.until));
    }
    let mut assignments = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let path = format!("assignments[{at}]");
        let assignment = assignment_given(asset, draft, &path, setting, &mut found);
        if draft.holder.id.is_unnamed() {
            found.add(format!("{path}.holder"), "has no name");
            continue;
        }
        let terms = held.entry(assignment.holder).or_default();
        let meets =
            |(from, until): &&(NaiveDate, Option<NaiveDate>)| assignment.meets(*from, *until);
        if let Some((from, _)) = terms.iter().find(meets) {
            let message =
                format!("holds a seat of this license from {from} on already: release it first");
            found.add(format!("{path}.holder"), message);
        }
        terms.push((assignment.from, assignment.until));
        assignments.push(assignment);
    }
    found.check()?;
    let first = assignments.iter().map(|assignment| assignment.from).min();
    let first = first.unwrap_or(setting.today);
    let mut events = Vec::from_iter(first_source(asset, InUseSource::Named, first));
    for part in assignments.chunks(ASSIGNMENTS_PER_EVENT) {
        let from = part.iter().map(|assignment| assignment.from).min();
        let assigned = Event::SeatsAssigned {
            assignments: part.to_vec(),
            over_by: None,
        };
        events.push((from.unwrap_or(first), assigned));
    }
    Ok(events)
}

fn assignment_given(
    asset: &Asset,
    draft: &AssignmentDraft,
    path: &str,
    setting: &Setting,
    found: &mut Violations,
) -> Assignment {
    let quantity = if draft.quantity.is_null() {
        Some(1)
    } else {
        seats_given(&format!("{path}.quantity"), &draft.quantity, 1, found)
    };
    let from = day_given(&format!("{path}.from"), draft.from.as_deref(), found);
    let from = from.unwrap_or(setting.today);
    let until = day_given(&format!("{path}.until"), draft.until.as_deref(), found);
    if until.is_some_and(|until| until < from) {
        found.add(
            format!("{path}.until"),
            format!("lies before the first day {from}"),
        );
    }
    Assignment {
        id: draft.id,
        holder: draft.holder,
        quantity: quantity.unwrap_or_default(),
        from,
        until,
        company: counted_for(
            asset,
            draft.company,
            from,
            &format!("{path}.company_id"),
            found,
        ),
        note: line_given(&format!("{path}.note"), draft.note.as_deref(), found),
    }
}

/// Takes seats back. What has ended by then already stays as it is.
pub(crate) fn release(
    asset: &Asset,
    ids: &[AssignmentId],
    last_day: Option<&str>,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    if ids.is_empty() || ids.len() > ASSIGNED_AT_ONCE_MAX {
        let message = format!(
            "there are {}: 1 to {ASSIGNED_AT_ONCE_MAX} are expected",
            ids.len()
        );
        found.add("assignment_ids", message);
        found.check()?;
        return Ok(vec![]);
    }
    let last_day = day_given("last_day", last_day, &mut found).unwrap_or(setting.today);
    let mut released = BTreeSet::new();
    for (at, id) in ids.iter().enumerate() {
        let path = format!("assignment_ids[{at}]");
        match asset.seats.assignments.get(id) {
            None if ids.len() == 1 => return Err(Refusal::NotFound("assignment")),
            None => found.add(path, format!("the license has no assignment {id}")),
            Some(known)
                if known
                    .from
                    .pred_opt()
                    .is_some_and(|before| last_day < before) =>
            {
                let message = format!("begins on {} only, after {last_day}", known.from);
                found.add(path, message);
            }
            Some(known) if known.until.is_some_and(|until| until <= last_day) => {}
            Some(known) => {
                released.insert(known.id);
            }
        }
    }
    found.check()?;
    if released.is_empty() {
        return Ok(vec![]);
    }
    let assignment_ids = released.into_iter().collect();
    Ok(vec![(last_day, Event::SeatsReleased { assignment_ids })])
}

/// Passes the seats of one holder on to another: the old assignment ends on the day before.
pub(crate) fn pass(
    asset: &Asset,
    (id, new): (AssignmentId, AssignmentId),
    to: Holder,
    from: Option<&str>,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let known = asset
        .seats
        .assignments
        .get(&id)
        .ok_or(Refusal::NotFound("assignment"))?;
    let day = day_given("from", from, &mut found).unwrap_or(setting.today);
    let last_day = day.pred_opt().filter(|_| known.holds(day));
    if last_day.is_none() {
        let until = known
            .until
            .map_or_else(String::new, |until| format!(" until {until}"));
        let message = format!(
            "{day} is no day of the assignment, which holds from {}{until}",
            known.from
        );
        found.add("from", message);
    }
    if to.id.is_unnamed() {
        found.add("to", "has no name");
    }
    let passed = Assignment {
        id: new,
        holder: to,
        from: day,
        ..known.clone()
    };
    let others = asset.seats.assignments.values();
    let mut meeting = others.filter(|other| other.holder == to && other.meets(day, known.until));
    if meeting.next().is_some() {
        found.add("to", "holds a seat of this license already");
    }
    found.check()?;
    let Some(last_day) = last_day else {
        return Ok(vec![]);
    };
    let released = Event::SeatsReleased {
        assignment_ids: vec![id],
    };
    let assigned = Event::SeatsAssigned {
        assignments: vec![passed],
        over_by: None,
    };
    Ok(vec![(last_day, released), (day, assigned)])
}
