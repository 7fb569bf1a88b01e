//! Autotask PSA, as its developer help has it: tickets, notes, queries, thresholds. As the real one it answers a
//! request that breaks a rule with 500, and ignores an operator that it does not know.

use serde_json::{Value, json};

use crate::ask::{Answer, Ask, Reply, ok};
use crate::shape::{Type, list, may, must, number, object, text};
use crate::store::{Author, Status, Store, Ticket};

/// The tracking identifier.
pub const INTEGRATION_CODE: &str = "AT-CODE-11";
/// The API user.
pub const USER: &str = "seatledger@acme.example";
/// The API user's secret.
pub const SECRET: &str = "at-secret-5e0c";
/// The queue that gets tickets.
pub const QUEUE: u64 = 29_682_833;
/// The status of a new ticket.
pub const NEW: u64 = 1;
/// The status that closes.
pub const COMPLETE: u64 = 5;
/// Calls an hour, for all integrations together.
pub const CALLS_MAX: u64 = 10_000;
/// The priorities for low, normal and high.
pub const PRIORITIES: [u64; 3] = [2, 1, 4];

const STATUSES: [(u64, &str); 3] = [(NEW, "New"), (8, "In Progress"), (COMPLETE, "Complete")];

pub(crate) fn error(status: u16, text: &str) -> Reply {
    Reply::new(status, json!({ "errors": [text] }))
}

pub(crate) fn answer(store: &mut Store, ask: &Ask) -> Answer {
    let right = ask.header("apiintegrationcode") == Some(INTEGRATION_CODE)
        && ask.header("username") == Some(USER)
        && ask.header("secret") == Some(SECRET);
    if !right {
        return Err(error(
            401,
            "The logged in Resource does not have the adequate permissions",
        ));
    }
    let (method, path) = ask.route();
    let ["ATServicesRest", "V1.0", path @ ..] = path.as_slice() else {
        return Err(error(404, "no such path"));
    };
    match (method, path) {
        ("GET", ["ThresholdInformation"]) => {
            let calls = store.others_calls + u64::try_from(store.calls.len()).unwrap();
            ok(json!({
                "externalRequestThreshold": CALLS_MAX,
                "requestThresholdTimeframe": 60,
                "currentTimeframeRequestCount": calls,
            }))
        }
        ("GET", ["Tickets", "entityInformation", "fields"]) => ok(fields()),
        ("POST", ["Tickets"]) => create(store, ask),
        ("PATCH", ["Tickets"]) => {
            let body = ask.json().map_err(|why| refuse(store, &why))?;
            let change = object(
                "ticket",
                &body,
                &[must("id", Type::Number), must("status", Type::Number)],
            );
            let change = change.map_err(|why| refuse(store, &why))?;
            let id = number(change, "id").unwrap_or_default();
            let status = match number(change, "status") {
                Some(COMPLETE) => Status::Closed,
                Some(8) => Status::InProgress,
                _ => return Err(refuse(store, "status: no such picklist value")),
            };
            ticket(store, &id.to_string())?.status = status;
            ok(json!({ "itemId": id }))
        }
        ("GET", ["Tickets", id]) => {
            ok(json!({ "item": store.ticket(id).map(|ticket| row(ticket)) }))
        }
        ("POST", ["Tickets", id, "Notes"]) => {
            let body = ask.json().map_err(|why| refuse(store, &why))?;
            let fields = [
                must("title", Type::Text),
                must("description", Type::Text),
                must("noteType", Type::Number),
                must("publish", Type::Number),
            ];
            let note = object("note", &body, &fields).map_err(|why| refuse(store, &why))?;
            let said = text(note, "title", 250)
                .and_then(|_| text(note, "description", 32_000))
                .map_err(|why| refuse(store, &why))?;
            let ticket = ticket(store, id)?;
            ticket.note(Author::Us, said);
            ok(json!({ "itemId": ticket.note_id(ticket.notes.len()) }))
        }
        (
            "POST",
            [
                entity @ ("Tickets" | "TicketNotes" | "TimeEntries"),
                "query",
            ],
        ) => query(store, ask, entity),
        _ => Err(refuse(store, &format!("no route {method} {path:?}"))),
    }
}

fn create(store: &mut Store, ask: &Ask) -> Answer {
    let body = ask.json().map_err(|why| refuse(store, &why))?;
    let read = || {
        let ticket = object(
            "ticket",
            &body,
            &[
                must("companyID", Type::Number),
                must("title", Type::Text),
                must("status", Type::Number),
                must("priority", Type::Number),
                must("dueDateTime", Type::Text),
                may("queueID", Type::Number),
                may("externalID", Type::Text),
                may("description", Type::Text),
            ],
        )?;
        let company = number(ticket, "companyID").unwrap_or_default();
        if !store.companies.contains(&company) {
            return Err(
                "Reference value on field: companyID of type: Company does not exist or is invalid"
                    .to_owned(),
            );
        }
        let priority = number(ticket, "priority").filter(|priority| PRIORITIES.contains(priority));
        if number(ticket, "status") != Some(NEW)
            || priority.is_none()
            || number(ticket, "queueID") != Some(QUEUE)
        {
            return Err(
                "Value does not exist for the required field: status, priority or queueID"
                    .to_owned(),
            );
        }
        chrono::DateTime::parse_from_rfc3339(text(ticket, "dueDateTime", 40)?)
            .map_err(|_| "dueDateTime is no time".to_owned())?;
        Ok::<_, String>(Ticket {
            company,
            subject: text(ticket, "title", 255)?.to_owned(),
            body: text(ticket, "description", 8_000)?.to_owned(),
            reference: Some(text(ticket, "externalID", 50 + 50)?.to_owned()),
            priority,
            ..Ticket::default()
        })
    };
    let made = read().map_err(|why| refuse(store, &why))?;
    let id = store.create(made);
    ok(json!({ "itemId": id }))
}

fn query(store: &mut Store, ask: &Ask, entity: &str) -> Answer {
    let body = ask.json().map_err(|why| refuse(store, &why))?;
    let read = || {
        let query = object(
            "query",
            &body,
            &[must("filter", Type::Any), may("MaxRecords", Type::Number)],
        )?;
        let [filter] = list("filter", &query["filter"])? else {
            return Err("one condition is known here".to_owned());
        };
        let filter = object(
            "condition",
            filter,
            &[
                must("op", Type::Text),
                must("field", Type::Text),
                must("value", Type::Any),
            ],
        )?;
        let rows_max = number(query, "MaxRecords").unwrap_or(500);
        if !(1..=500).contains(&rows_max) {
            return Err("MaxRecords is not 1 to 500".to_owned());
        }
        let field = filter["field"].as_str().unwrap_or_default().to_owned();
        // An operator that it does not know is ignored, and so is its condition.
        let condition = (filter["op"] == "eq").then(|| (field, filter["value"].clone()));
        Ok((condition, usize::try_from(rows_max).unwrap()))
    };
    let (condition, rows_max) = read().map_err(|why| refuse(store, &why))?;
    let condition = condition.filter(|_| !store.ignores_filters);
    let holds = |row: &Value| {
        condition
            .as_ref()
            .is_none_or(|(field, value)| row.get(field).is_some_and(|found| found == value))
    };
    let there = store.tickets.iter().filter(|ticket| !ticket.deleted);
    let rows: Vec<Value> = match entity {
        "Tickets" => there
            .filter(|ticket| ticket.seen_from <= store.now)
            .map(row)
            .collect(),
        "TicketNotes" => there.flat_map(|ticket| notes(store, ticket)).collect(),
        _ => there
            .filter(|ticket| ticket.minutes > 0)
            .map(|ticket| json!({ "id": 900 + ticket.id, "ticketID": ticket.id }))
            .collect(),
    };
    let mut rows: Vec<Value> = rows.into_iter().filter(holds).collect();
    let more = rows.len() > rows_max;
    rows.truncate(rows_max);
    let next = more.then_some("https://webservices1.autotask.net/ATServicesRest/V1.0/next");
    ok(json!({
        "pageDetails": { "count": rows.len(), "requestCount": rows_max, "prevPageUrl": null, "nextPageUrl": next },
        "items": rows,
    }))
}

fn fields() -> Value {
    let values = |known: &[(u64, &str)]| -> Value {
        let value = |(id, label): &(u64, &str)| json!({ "value": id.to_string(), "label": label, "isActive": true });
        known.iter().map(value).collect()
    };
    let priorities = PRIORITIES.map(|id| (id, "a priority"));
    json!({ "fields": [
        { "name": "id", "isPickList": false, "picklistValues": null },
        { "name": "status", "isPickList": true, "picklistValues": values(&STATUSES) },
        { "name": "priority", "isPickList": true, "picklistValues": values(&priorities) },
        { "name": "queueID", "isPickList": true, "picklistValues": values(&[(QUEUE, "Licenses")]) },
    ] })
}

fn ticket<'a>(store: &'a mut Store, id: &str) -> Result<&'a mut Ticket, Reply> {
    store
        .ticket(id)
        .ok_or_else(|| error(500, "Unable to find Ticket in the Autotask system."))
}

fn number_of(id: u64) -> String {
    format!("T20260407.{id:04}")
}

fn row(ticket: &Ticket) -> Value {
    let status = match ticket.status {
        Status::Closed => COMPLETE,
        _ if ticket.merged_into.is_some() => COMPLETE,
        Status::New => NEW,
        Status::InProgress => 8,
    };
    json!({
        "id": ticket.id, "ticketNumber": number_of(ticket.id), "companyID": ticket.company, "title": ticket.subject,
        "description": ticket.body, "status": status, "priority": ticket.priority, "queueID": QUEUE,
        "externalID": ticket.reference, "creatorResourceID": ticket.by.id(),
    })
}

fn notes(store: &Store, ticket: &Ticket) -> Vec<Value> {
    let texts = ticket.texts().into_iter().skip(1);
    let mut notes: Vec<Value> = texts.map(|(id, by, text)| {
        let kind = if by == Author::Rule { 13 } else { 1 };
        json!({
            "id": id, "ticketID": ticket.id, "noteType": kind, "title": "Note", "description": text,
            "creatorResourceID": by.id(),
        })
    }).collect();
    let into = ticket
        .merged_into
        .and_then(|into| store.tickets.iter().find(|ticket| ticket.id == into));
    notes.extend(into.map(|into| json!({
        "id": ticket.note_id(999), "ticketID": ticket.id, "noteType": 93, "title": "Merged Into Ticket",
        "description": format!("This ticket was merged into {}.", number_of(into.id)),
        "creatorResourceID": Author::Person.id(),
    })));
    notes
}

fn refuse(store: &mut Store, why: &str) -> Reply {
    store.refusals.push(why.to_owned());
    error(500, why)
}
