//! HaloPSA, as haloservicedesk.com/apidoc has it: access tokens, tickets, actions. Stricter than it in one thing:
//! parameters and fields that it would ignore are refused.

use serde_json::{Value, json};

use crate::ask::{Answer, Ask, Reply, created, ok};
use crate::shape::{Type, list, may, must, number, object, text};
use crate::store::{Author, Status, Store, Ticket};

/// The tenant that tokens are asked for.
pub const TENANT: &str = "acme";
/// The API application's id.
pub const CLIENT_ID: &str = "8e2f-app";
/// The API application's secret.
pub const CLIENT_SECRET: &str = "halo-secret-77d1";
/// The ticket type that we make.
pub const TICKET_TYPE: u64 = 21;
/// The status that we set to close.
pub const CLOSED: u64 = 9;
/// Another status that closes, which people set.
pub const RESOLVED: u64 = 8;
/// The outcome that our notes have.
pub const OUTCOME: &str = "Private Note";

const STATUSES: [(u64, &str); 4] = [
    (1, "New"),
    (2, "In Progress"),
    (RESOLVED, "Resolved"),
    (CLOSED, "Closed"),
];

pub(crate) fn error(status: u16, text: &str) -> Reply {
    Reply::new(status, json!({ "class": "Error", "message": text }))
}

pub(crate) fn answer(store: &mut Store, ask: &Ask) -> Answer {
    let (method, path) = ask.route();
    if (method, path.as_slice()) == ("POST", &["auth", "token"]) {
        return token(store, ask);
    }
    if path.first() != Some(&"api") {
        return Err(error(404, "no such path"));
    }
    let token = ask
        .header("authorization")
        .and_then(|header| header.strip_prefix("Bearer "));
    if !token.is_some_and(|token| store.tokens.iter().any(|given| given == token)) {
        return Err(error(
            401,
            "Authorization has been denied for this request.",
        ));
    }
    match (method, path.as_slice()) {
        ("GET", ["api", "Agent", "me"]) => {
            ok(json!({ "id": Author::Us.id(), "name": "Seatledger" }))
        }
        ("GET", ["api", "TicketType", id]) if *id == TICKET_TYPE.to_string() => {
            ok(json!({ "id": TICKET_TYPE, "name": "License" }))
        }
        ("GET", ["api", "TicketType", _]) => Err(error(404, "not found")),
        ("GET", ["api", "Status"]) => ok(json!(
            STATUSES.map(|(id, name)| json!({ "id": id, "name": name }))
        )),
        ("GET", ["api", "Status", id]) => {
            let known = STATUSES.iter().find(|status| status.0.to_string() == *id);
            let (id, name) = known.ok_or_else(|| error(404, "not found"))?;
            ok(json!({ "id": id, "name": name }))
        }
        ("GET", ["api", "Tickets"]) => search(store, ask),
        ("POST", ["api", "Tickets"]) => write(store, ask),
        ("GET", ["api", "Tickets", id]) => {
            ask.parameters(&["includedetails"])
                .map_err(|why| refuse(store, &why))?;
            let id: u64 = id.parse().map_err(|_| error(404, "not found"))?;
            // What is thrown away is still told of, marked.
            let found = store.tickets.iter().find(|ticket| ticket.id == id);
            ok(row(found.ok_or_else(|| error(404, "not found"))?, false))
        }
        ("GET", ["api", "Actions"]) => {
            let known = ["ticket_id", "count", "includehtmlnote"];
            ask.parameters(&known).map_err(|why| refuse(store, &why))?;
            let id = ask.parameter("ticket_id").unwrap_or_default();
            let found = store
                .tickets
                .iter()
                .find(|ticket| ticket.id.to_string() == id);
            let actions = found.map(actions).unwrap_or_default();
            ok(json!({ "record_count": actions.len(), "actions": actions }))
        }
        ("POST", ["api", "Actions"]) => act(store, ask),
        _ => Err(refuse(store, &format!("no route {method} {path:?}"))),
    }
}

fn token(store: &mut Store, ask: &Ask) -> Answer {
    let form = ask.form().map_err(|why| refuse(store, &why))?;
    let field = |name: &str| form.get(name).map(String::as_str);
    let right = field("grant_type") == Some("client_credentials")
        && field("client_id") == Some(CLIENT_ID)
        && field("client_secret") == Some(CLIENT_SECRET)
        && field("scope") == Some("all")
        && ask.parameter("tenant") == Some(TENANT);
    if !right {
        // It repeats what it was sent, as some servers do.
        let said = format!("invalid_client: {form:?}");
        return Err(Reply::new(
            400,
            json!({ "error": "invalid_client", "error_description": said }),
        ));
    }
    store.tokens_given += 1;
    let token = format!("halo-token-{}", store.tokens_given);
    store.tokens.push(token.clone());
    ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "all" }))
}

fn search(store: &mut Store, ask: &Ask) -> Answer {
    let known = ["third_party_id_string", "pageinate", "page_no", "page_size"];
    ask.parameters(&known).map_err(|why| refuse(store, &why))?;
    let size = ask
        .parameter("page_size")
        .and_then(|text| text.parse().ok());
    let size =
        size.filter(|size| (1..=100).contains(size) && ask.parameter("pageinate") == Some("true"));
    let size =
        size.ok_or_else(|| refuse(store, "page_size is not 1 to 100, or pageinate is not true"))?;
    let wanted = ask.parameter("third_party_id_string");
    let found = store.search(size, |ticket| {
        wanted.is_none() || ticket.reference.as_deref() == wanted
    });
    let rows: Vec<Value> = found
        .into_iter()
        .map(|ticket| row(ticket, store.terse_lists))
        .collect();
    ok(json!({ "page_no": 1, "page_size": size, "record_count": rows.len(), "tickets": rows }))
}

fn write(store: &mut Store, ask: &Ask) -> Answer {
    let body = ask.json().map_err(|why| refuse(store, &why))?;
    let items = list("body", &body).map_err(|why| refuse(store, &why))?;
    let [item] = items else {
        return Err(refuse(store, "one ticket at a time is known here"));
    };
    if item.get("id").is_some() {
        let change = object(
            "ticket",
            item,
            &[must("id", Type::Number), must("status_id", Type::Number)],
        );
        let change = change.map_err(|why| refuse(store, &why))?;
        let id = number(change, "id").unwrap_or_default().to_string();
        let status = match number(change, "status_id") {
            Some(CLOSED | RESOLVED) => Status::Closed,
            Some(2) => Status::InProgress,
            _ => return Err(refuse(store, "no such status")),
        };
        let ticket = store.ticket(&id).ok_or_else(|| error(404, "not found"))?;
        ticket.status = status;
        return created(row(ticket, false));
    }
    let read = || {
        let ticket = object(
            "ticket",
            item,
            &[
                must("summary", Type::Text),
                must("details", Type::Text),
                must("tickettype_id", Type::Number),
                must("client_id", Type::Number),
                may("third_party_id_string", Type::Text),
                may("priority_id", Type::Number),
            ],
        )?;
        let company = number(ticket, "client_id").unwrap_or_default();
        if number(ticket, "tickettype_id") != Some(TICKET_TYPE)
            || !store.companies.contains(&company)
        {
            return Err("Please select a valid Ticket Type and Client".to_owned());
        }
        Ok::<_, String>(Ticket {
            company,
            subject: text(ticket, "summary", 255)?.to_owned(),
            body: text(ticket, "details", usize::MAX)?.to_owned(),
            reference: Some(text(ticket, "third_party_id_string", 250)?.to_owned()),
            priority: number(ticket, "priority_id"),
            ..Ticket::default()
        })
    };
    let made = read().map_err(|why| refuse(store, &why))?;
    let id = store.create(made).to_string();
    let made = store.ticket(&id).ok_or_else(|| error(404, "not found"))?;
    created(row(made, false))
}

fn act(store: &mut Store, ask: &Ask) -> Answer {
    let body = ask.json().map_err(|why| refuse(store, &why))?;
    let read = || {
        let [action] = list("body", &body)? else {
            return Err("one action at a time is known here".to_owned());
        };
        let action = object(
            "action",
            action,
            &[
                must("ticket_id", Type::Number),
                must("outcome", Type::Text),
                must("note_html", Type::Text),
                may("hiddenfromuser", Type::Flag),
            ],
        )?;
        if action["outcome"] != OUTCOME {
            return Err("An Outcome must be entered for this Action".to_owned());
        }
        Ok((
            number(action, "ticket_id").unwrap_or_default(),
            text(action, "note_html", usize::MAX)?.to_owned(),
        ))
    };
    let (id, html) = read().map_err(|why| refuse(store, &why))?;
    let Some(ticket) = store.ticket(&id.to_string()) else {
        return Err(error(400, "The Ticket for this Action does not exist"));
    };
    ticket.note(Author::Us, &html);
    created(json!({ "id": ticket.note_id(ticket.notes.len()), "ticket_id": ticket.id }))
}

fn row(ticket: &Ticket, terse: bool) -> Value {
    let status = match ticket.status {
        Status::New => 1,
        Status::InProgress => 2,
        Status::Closed if ticket.notes.iter().all(|note| note.by != Author::Us) => RESOLVED,
        Status::Closed => CLOSED,
    };
    let mut row = json!({
        "id": ticket.id, "summary": ticket.subject, "client_id": ticket.company, "status_id": status,
        "tickettype_id": TICKET_TYPE, "merged_into_id": ticket.merged_into.unwrap_or(0), "deleted": ticket.deleted,
    });
    if !terse {
        row["third_party_id_string"] = json!(ticket.reference.as_deref().unwrap_or_default());
    }
    row
}

/// The newest first.
fn actions(ticket: &Ticket) -> Vec<Value> {
    let texts = ticket.texts().into_iter().enumerate();
    let mut actions: Vec<Value> = texts.map(|(number, (id, by, text))| {
        let outcome = if number == 0 { "opened" } else { OUTCOME };
        // Ours came as HTML; what people write is told as text beside it.
        let html = match by {
            Author::Us => text.to_owned(),
            Author::Person | Author::Rule => {
                format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;"))
            }
        };
        json!({
            "id": id, "ticket_id": ticket.id, "outcome": outcome, "who_agentid": by.id(), "note_html": html,
            "timetaken": 0.0,
        })
    }).collect();
    if ticket.minutes > 0 {
        let hours = std::time::Duration::from_secs(ticket.minutes * 60).as_secs_f64() / 3_600.0;
        actions.push(json!({
            "id": ticket.note_id(999), "ticket_id": ticket.id, "outcome": "Time", "who_agentid": Author::Person.id(),
            "note": "worked on it", "timetaken": hours,
        }));
    }
    actions.reverse();
    actions
}

fn refuse(store: &mut Store, why: &str) -> Reply {
    store.refusals.push(why.to_owned());
    error(400, why)
}
