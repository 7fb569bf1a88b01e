//! ConnectWise PSA, as developer.connectwise.com has it: `service/tickets` with notes, boards, time entries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::ask::{Answer, Ask, Reply, created, ok};
use crate::shape::{Type, list, may, must, number, object, text};
use crate::store::{Author, Status, Store, Ticket};

/// The company's login id.
pub const COMPANY: &str = "acme";
/// The API member's public key.
pub const PUBLIC_KEY: &str = "cwPublic";
/// The API member's private key.
pub const PRIVATE_KEY: &str = "cw-private-91ab";
/// The integration's client id.
pub const CLIENT_ID: &str = "5c1f9a30-0000-4000-8000-00000000cafe";
/// The board that gets tickets.
pub const BOARD: &str = "Licenses";
/// Its status that closes.
pub const CLOSED: &str = ">Closed";
/// One that does not.
pub const IN_PROGRESS: &str = "In Progress";

pub(crate) fn error(status: u16, text: &str) -> Reply {
    let code = match status {
        401 => "Unauthorized",
        404 => "NotFound",
        429 => "TooManyRequests",
        _ => "Error",
    };
    Reply::new(
        status,
        json!({ "code": code, "message": text, "errors": null }),
    )
}

pub(crate) fn answer(store: &mut Store, ask: &Ask) -> Answer {
    let credentials = STANDARD.encode(format!("{COMPANY}+{PUBLIC_KEY}:{PRIVATE_KEY}"));
    if ask.header("authorization") != Some(&format!("Basic {credentials}")) {
        return Err(error(401, "The supplied credentials are invalid"));
    }
    if ask.header("clientid") != Some(CLIENT_ID) {
        return Err(error(401, "The clientId is missing or unknown"));
    }
    if !ask
        .header("accept")
        .is_some_and(|accept| accept.starts_with("application/vnd.connectwise.com+json"))
    {
        return Err(refuse(store, "the accept header does not name the API"));
    }
    let (method, path) = ask.route();
    let ["v4_6_release", "apis", "3.0", path @ ..] = path.as_slice() else {
        return Err(error(404, "no such path"));
    };
    match (method, path) {
        ("GET", ["service", "boards"]) => {
            paged(store, ask, &[])?;
            ok(json!([{ "id": 1, "name": "Help Desk" }, { "id": 2, "name": BOARD }]))
        }
        ("GET", ["service", "boards", "2", "statuses"]) => {
            paged(store, ask, &[])?;
            ok(json!([
                { "id": 11, "name": "New", "closedStatus": false },
                { "id": 12, "name": IN_PROGRESS, "closedStatus": false },
                { "id": 13, "name": CLOSED, "closedStatus": true },
            ]))
        }
        ("GET", ["service", "tickets"]) => {
            let rows_max = paged(store, ask, &["conditions"])?;
            let conditions = ask.parameter("conditions").unwrap_or_default();
            let value = conditions
                .strip_prefix("externalXRef=\"")
                .and_then(|rest| rest.strip_suffix('"'));
            let Some(value) = value.filter(|value| !value.contains('"')) else {
                return Err(refuse(
                    store,
                    &format!("conditions cannot be read: {conditions}"),
                ));
            };
            let found = store.search(rows_max, |ticket| {
                !ticket.deleted && ticket.reference.as_deref() == Some(value)
            });
            let found: Vec<Value> = found
                .into_iter()
                .filter(|ticket| !ticket.deleted)
                .map(row)
                .collect();
            ok(json!(found))
        }
        ("POST", ["service", "tickets"]) => create(store, ask),
        ("GET", ["service", "tickets", id]) => ok(row(ticket(store, id)?)),
        ("PATCH", ["service", "tickets", id]) => patch(store, ask, id),
        ("GET", ["service", "tickets", id, "notes"]) => {
            paged(store, ask, &[])?;
            ok(notes(ticket(store, id)?))
        }
        ("POST", ["service", "tickets", id, "notes"]) => {
            let body = ask.json().map_err(|why| refuse(store, &why))?;
            let fields = [
                must("text", Type::Text),
                must("detailDescriptionFlag", Type::Flag),
                must("internalAnalysisFlag", Type::Flag),
                must("resolutionFlag", Type::Flag),
            ];
            let note = object("note", &body, &fields).map_err(|why| refuse(store, &why))?;
            let said = text(note, "text", usize::MAX).map_err(|why| refuse(store, &why))?;
            if note.values().all(|flag| flag != &Value::Bool(true)) {
                return Err(refuse(
                    store,
                    "a note is for a description, an analysis or a resolution",
                ));
            }
            let ticket = ticket(store, id)?;
            ticket.note(Author::Us, said);
            created(
                json!({ "id": ticket.note_id(ticket.notes.len()), "ticketId": ticket.id, "text": said }),
            )
        }
        ("GET", ["time", "entries"]) => {
            paged(store, ask, &["conditions"])?;
            let conditions = ask.parameter("conditions").unwrap_or_default();
            let id = conditions
                .strip_prefix("chargeToId=")
                .and_then(|rest| rest.strip_suffix(" and chargeToType=\"ServiceTicket\""));
            let Some(id) = id.and_then(|id| id.parse::<u64>().ok()) else {
                return Err(refuse(
                    store,
                    &format!("conditions cannot be read: {conditions}"),
                ));
            };
            let charged = store
                .tickets
                .iter()
                .filter(|ticket| ticket.id == id && ticket.minutes > 0);
            let kind = "ServiceTicket";
            let entry = |ticket: &Ticket| json!({ "id": 900 + ticket.id, "chargeToId": ticket.id, "chargeToType": kind });
            ok(charged.map(entry).collect())
        }
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
                must("summary", Type::Text),
                must("company", Type::Object),
                must("board", Type::Object),
                may("initialDescription", Type::Text),
                may("externalXRef", Type::Text),
                may("priority", Type::Object),
            ],
        )?;
        let company = object("company", &ticket["company"], &[must("id", Type::Number)])?;
        let company = number(company, "id").unwrap_or_default();
        let board = object("board", &ticket["board"], &[must("name", Type::Text)])?;
        if board["name"] != BOARD || !store.companies.contains(&company) {
            return Err("Company or board was not found".to_owned());
        }
        let priority = match ticket.get("priority") {
            Some(priority) => number(
                object("priority", priority, &[must("id", Type::Number)])?,
                "id",
            ),
            None => None,
        };
        Ok::<_, String>(Ticket {
            company,
            subject: text(ticket, "summary", 100)?.to_owned(),
            body: text(ticket, "initialDescription", usize::MAX)?.to_owned(),
            reference: Some(text(ticket, "externalXRef", 100)?.to_owned()),
            priority,
            ..Ticket::default()
        })
    };
    let made = read().map_err(|why| refuse(store, &why))?;
    let id = store.create(made).to_string();
    created(row(ticket(store, &id)?))
}

fn patch(store: &mut Store, ask: &Ask, id: &str) -> Answer {
    let body = ask.json().map_err(|why| refuse(store, &why))?;
    let read = || {
        let [change] = list("patch", &body)? else {
            return Err("one operation is known here".to_owned());
        };
        let change = object(
            "operation",
            change,
            &[
                must("op", Type::Text),
                must("path", Type::Text),
                must("value", Type::Object),
            ],
        )?;
        let status = object("status", &change["value"], &[must("name", Type::Text)])?;
        match (
            change["op"].as_str(),
            change["path"].as_str(),
            status["name"].as_str(),
        ) {
            (Some("replace"), Some("status"), Some(CLOSED)) => Ok(Status::Closed),
            (Some("replace"), Some("status"), Some(IN_PROGRESS)) => Ok(Status::InProgress),
            _ => Err(format!("cannot be applied: {change:?}")),
        }
    };
    let status = read().map_err(|why| refuse(store, &why))?;
    let ticket = ticket(store, id)?;
    ticket.status = status;
    ok(row(ticket))
}

fn ticket<'a>(store: &'a mut Store, id: &str) -> Result<&'a mut Ticket, Reply> {
    store
        .ticket(id)
        .ok_or_else(|| error(404, &format!("Ticket {id} not found")))
}

fn row(ticket: &Ticket) -> Value {
    let (id, name) = match ticket.status {
        Status::New => (11, "New"),
        Status::InProgress => (12, IN_PROGRESS),
        Status::Closed => (13, CLOSED),
    };
    let mut row = json!({
        "id": ticket.id, "summary": ticket.subject, "recordType": "ServiceTicket",
        "company": { "id": ticket.company }, "board": { "id": 2, "name": BOARD },
        "status": { "id": id, "name": name }, "closedFlag": ticket.status == Status::Closed,
        "externalXRef": ticket.reference, "_info": { "enteredBy": who(ticket.by) },
    });
    if let Some(into) = ticket.merged_into {
        row["mergedParentTicket"] = json!({ "id": into, "summary": "another" });
        row["closedFlag"] = true.into();
    }
    row
}

fn notes(ticket: &Ticket) -> Value {
    let texts = ticket.texts().into_iter().enumerate();
    texts.map(|(number, (id, by, text))| {
        // People write into the discussion, as the description is; we and rules into the analysis.
        let discussion = number == 0 || by == Author::Person;
        json!({
            "id": id, "ticketId": ticket.id, "text": text, "createdBy": who(by),
            "detailDescriptionFlag": discussion, "internalAnalysisFlag": !discussion, "resolutionFlag": false,
        })
    }).collect()
}

fn who(author: Author) -> &'static str {
    match author {
        Author::Us => "SeatledgerAPI",
        Author::Person => "jdoe",
        Author::Rule => "zadmin",
    }
}

/// The page size that is asked for.
fn paged(store: &mut Store, ask: &Ask, others: &[&str]) -> Result<usize, Reply> {
    let known: Vec<&str> = others
        .iter()
        .copied()
        .chain(["pageSize", "page", "orderBy", "fields"])
        .collect();
    ask.parameters(&known).map_err(|why| refuse(store, &why))?;
    if !matches!(ask.parameter("orderBy"), None | Some("id asc")) {
        return Err(refuse(store, "orderBy cannot be read"));
    }
    let size = ask.parameter("pageSize").unwrap_or("25").parse().ok();
    size.filter(|size| (1..=1000).contains(size))
        .ok_or_else(|| refuse(store, "pageSize is not 1 to 1000"))
}

fn refuse(store: &mut Store, why: &str) -> Reply {
    store.refusals.push(why.to_owned());
    let error =
        json!({ "code": "InvalidField", "message": why, "resource": "ticket", "field": "" });
    Reply::new(
        400,
        json!({ "code": "InvalidObject", "message": "ticket object is invalid", "errors": [error] }),
    )
}
