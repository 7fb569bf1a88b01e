//! Zammad 6, as docs.zammad.org and its own controllers have it. Stricter than it in one thing: a field that it would
//! ignore is refused.

use serde_json::{Value, json};

use crate::ask::{Answer, Ask, Reply, created, ok};
use crate::shape::{Type, may, must, number, object, text};
use crate::store::{Author, Status, Store, Ticket};

/// The access token of the account under test.
pub const TOKEN: &str = "zammad-token-3fd8";
/// The group that gets tickets.
pub const GROUP: &str = "Licenses";
/// The tickets' attribute for references, which an administrator added.
pub const ATTRIBUTE: &str = "seatledger_reference";
/// A user who belongs to every organization, beside each one's own first member.
pub const SHARED_CUSTOMER: u64 = 50;

const STATES: [(u64, &str, &str); 5] = [
    (1, "new", "new"),
    (2, "in work", "open"),
    (4, "closed", "closed"),
    (5, "merged", "merged"),
    (6, "done, billed", "closed"),
];

pub(crate) fn error(status: u16, text: &str) -> Reply {
    Reply::new(status, json!({ "error": text, "error_human": text }))
}

pub(crate) fn answer(store: &mut Store, ask: &Ask) -> Answer {
    if ask.header("authorization") != Some(&format!("Token token={TOKEN}")) {
        return Err(error(401, "Authentication required"));
    }
    let (method, path) = ask.route();
    match (method, path.as_slice()) {
        ("GET", ["api", "v1", "users", "me"]) => {
            ok(json!({ "id": Author::Us.id(), "login": "seatledger" }))
        }
        ("GET", ["api", "v1", "groups"]) => ok(json!([
            { "id": 1, "name": "Users", "active": true },
            { "id": 2, "name": GROUP, "active": true },
            { "id": 3, "name": "Old", "active": false },
        ])),
        ("GET", ["api", "v1", "ticket_states"]) => {
            let states =
                STATES.map(|(id, name, _)| json!({ "id": id, "name": name, "active": true }));
            ok(json!(states))
        }
        ("GET", ["api", "v1", "ticket_states", id]) => {
            expanded(store, ask, &[])?;
            let state = STATES.iter().find(|state| state.0.to_string() == *id);
            let (id, name, kind) = state.ok_or_else(|| not_found("Ticket::State", id))?;
            ok(json!({ "id": id, "name": name, "state_type": kind, "active": true }))
        }
        ("GET", ["api", "v1", "organizations", id]) => {
            let id: u64 = id.parse().map_err(|_| not_found("Organization", id))?;
            if !store.companies.contains(&id) {
                return Err(not_found("Organization", &id.to_string()));
            }
            ok(json!({
                "id": id, "name": format!("Company {id}"), "active": true,
                "member_ids": [id * 10 + 2, id * 10 + 1], "secondary_member_ids": [SHARED_CUSTOMER],
            }))
        }
        ("GET", ["api", "v1", "tickets"]) => {
            expanded(store, ask, &["per_page", "page"])?;
            let per_page = ask
                .parameter("per_page")
                .and_then(|text| text.parse().ok())
                .unwrap_or(100);
            let rows: Vec<Value> = store
                .tickets
                .iter()
                .filter(|ticket| !ticket.deleted)
                .take(per_page)
                .map(row)
                .collect();
            ok(json!(rows))
        }
        ("GET", ["api", "v1", "tickets", "search"]) => {
            expanded(store, ask, &["query", "limit"])?;
            let limit = ask.parameter("limit").and_then(|text| text.parse().ok());
            let limit = limit
                .filter(|limit| (1..=200).contains(limit))
                .ok_or_else(|| refuse(store, "limit is not 1 to 200"))?;
            let query = ask.parameter("query").unwrap_or_default().to_lowercase();
            if query.is_empty() || query.contains(|c: char| "\":*?()[]{}/\\ ".contains(c)) {
                return Err(refuse(
                    store,
                    "the query is empty or means something else than one word",
                ));
            }
            // Full text, over attributes, titles and articles; what was thrown away a moment ago is still in it.
            let found = store.search(limit, |ticket| {
                let texts = ticket.texts().into_iter().map(|(_, _, text)| text);
                let mut texts = texts
                    .chain([ticket.subject.as_str()])
                    .chain(ticket.reference.as_deref());
                !ticket.hidden && texts.any(|text| text.to_lowercase().contains(&query))
            });
            ok(json!(found.into_iter().map(row).collect::<Vec<Value>>()))
        }
        ("POST", ["api", "v1", "tickets"]) => create(store, ask),
        ("GET", ["api", "v1", "tickets", id]) => {
            expanded(store, ask, &[])?;
            ok(row(visible(store, id)?))
        }
        ("PUT", ["api", "v1", "tickets", id]) => update(store, ask, id),
        ("GET", ["api", "v1", "ticket_articles", "by_ticket", id]) => {
            expanded(store, ask, &[])?;
            ok(articles(visible(store, id)?))
        }
        ("POST", ["api", "v1", "ticket_articles"]) => {
            let body = ask.json().map_err(|why| refuse(store, &why))?;
            let fields = [
                must("ticket_id", Type::Number),
                must("body", Type::Text),
                must("content_type", Type::Text),
                must("type", Type::Text),
                must("internal", Type::Flag),
                may("subject", Type::Text),
            ];
            let article = object("article", &body, &fields).map_err(|why| refuse(store, &why))?;
            let said = text(article, "body", usize::MAX).map_err(|why| refuse(store, &why))?;
            let id = number(article, "ticket_id").unwrap_or_default().to_string();
            let ticket = visible(store, &id)?;
            ticket.note(Author::Us, said);
            created(json!({ "id": ticket.note_id(ticket.notes.len()), "ticket_id": ticket.id }))
        }
        ("GET", ["api", "v1", "links"]) => {
            ask.parameters(&["link_object", "link_object_value"])
                .map_err(|why| refuse(store, &why))?;
            let id = ask.parameter("link_object_value").unwrap_or_default();
            let into = visible(store, id)?.merged_into;
            // A merged ticket has its target as parent; other links come with it.
            let parent = into.map(|into| {
                json!({ "link_type": "parent", "link_object": "Ticket", "link_object_value": into })
            });
            let other = json!({ "link_type": "normal", "link_object": "Ticket", "link_object_value": 4711 });
            let links: Vec<Value> = [Some(other), parent].into_iter().flatten().collect();
            ok(json!({ "links": links, "assets": {} }))
        }
        _ => Err(refuse_with(
            store,
            404,
            &format!("No route matches {method} /{}", path.join("/")),
        )),
    }
}

fn create(store: &mut Store, ask: &Ask) -> Answer {
    expanded(store, ask, &[])?;
    let body = ask.json().map_err(|why| refuse(store, &why))?;
    let read = || {
        let ticket = object(
            "ticket",
            &body,
            &[
                must("title", Type::Text),
                must("group", Type::Text),
                must("customer_id", Type::Number),
                must("organization_id", Type::Number),
                must("article", Type::Object),
                may(ATTRIBUTE, Type::Text),
                may("priority_id", Type::Number),
            ],
        )?;
        let article = object(
            "article",
            &ticket["article"],
            &[
                must("body", Type::Text),
                must("content_type", Type::Text),
                must("type", Type::Text),
                must("internal", Type::Flag),
                may("subject", Type::Text),
            ],
        )?;
        let company = number(ticket, "organization_id").unwrap_or_default();
        let customer = number(ticket, "customer_id").unwrap_or_default();
        if ticket["group"] != GROUP {
            return Err("No lookup value found for 'group'".to_owned());
        }
        if !store.companies.contains(&company)
            || ![company * 10 + 1, company * 10 + 2, SHARED_CUSTOMER].contains(&customer)
        {
            return Err("the customer is no member of the organization".to_owned());
        }
        Ok::<_, String>(Ticket {
            company,
            subject: text(ticket, "title", 250)?.to_owned(),
            body: text(article, "body", usize::MAX)?.to_owned(),
            reference: ticket
                .get(ATTRIBUTE)
                .and_then(Value::as_str)
                .map(str::to_owned),
            priority: number(ticket, "priority_id"),
            ..Ticket::default()
        })
    };
    let ticket = read().map_err(|why| refuse(store, &why))?;
    let id = store.create(ticket).to_string();
    created(row(visible(store, &id)?))
}

fn update(store: &mut Store, ask: &Ask, id: &str) -> Answer {
    let body = ask.json().map_err(|why| refuse(store, &why))?;
    let read = || {
        let change = object(
            "ticket",
            &body,
            &[must("state", Type::Text), must("article", Type::Object)],
        )?;
        let article = object(
            "article",
            &change["article"],
            &[
                must("body", Type::Text),
                must("content_type", Type::Text),
                must("type", Type::Text),
                must("internal", Type::Flag),
            ],
        )?;
        if change["state"] != "closed" {
            return Err("No lookup value found for 'state'".to_owned());
        }
        text(article, "body", usize::MAX).map(str::to_owned)
    };
    let said = read().map_err(|why| refuse(store, &why))?;
    let ticket = visible(store, id)?;
    ticket.note(Author::Us, &said);
    ticket.status = Status::Closed;
    ok(row(ticket))
}

fn visible<'a>(store: &'a mut Store, id: &str) -> Result<&'a mut Ticket, Reply> {
    let ticket = store.ticket(id).ok_or_else(|| not_found("Ticket", id))?;
    if ticket.hidden {
        return Err(error(403, "Not authorized"));
    }
    Ok(ticket)
}

fn row(ticket: &Ticket) -> Value {
    let state = match (ticket.merged_into, ticket.status) {
        (Some(_), _) => 5,
        (None, Status::New) => 1,
        (None, Status::InProgress) => 2,
        // A person has words of her own for it.
        (None, Status::Closed) if ticket.notes.iter().all(|note| note.by != Author::Us) => 6,
        (None, Status::Closed) => 4,
    };
    let name = STATES
        .iter()
        .find(|known| known.0 == state)
        .map(|known| known.1);
    let time = (ticket.minutes > 0).then(|| format!("{}.0", ticket.minutes));
    json!({
        "id": ticket.id, "number": (22_000 + ticket.id).to_string(), "title": ticket.subject, "group": GROUP,
        "state": name, "state_id": state, "organization_id": ticket.company, "priority_id": ticket.priority,
        "created_by_id": ticket.by.id(), "time_unit": time, ATTRIBUTE: ticket.reference,
        "article_count": ticket.notes.len() + 1, "preferences": {},
    })
}

fn articles(ticket: &Ticket) -> Value {
    let texts = ticket.texts().into_iter().map(|(id, by, text)| {
        // Agents write in an editor of HTML.
        let (content_type, body) = match by {
            Author::Person => (
                "text/html",
                format!(
                    "<div>{}</div>",
                    text.replace('&', "&amp;").replace('<', "&lt;")
                ),
            ),
            Author::Us | Author::Rule => ("text/plain", text.to_owned()),
        };
        json!({
            "id": id, "ticket_id": ticket.id, "type": "note", "internal": true, "body": body,
            "content_type": content_type, "created_by_id": by.id(),
            "sender": if by == Author::Rule { "System" } else { "Agent" },
        })
    });
    texts.collect()
}

/// Rows with names in place of ids come only when they are asked for.
fn expanded(store: &mut Store, ask: &Ask, others: &[&str]) -> Result<(), Reply> {
    let known: Vec<&str> = others.iter().copied().chain(["expand"]).collect();
    ask.parameters(&known).map_err(|why| refuse(store, &why))?;
    if ask.parameter("expand") != Some("true") {
        return Err(refuse(
            store,
            "the caller wants names, and does not ask for expand=true",
        ));
    }
    Ok(())
}

fn not_found(what: &str, id: &str) -> Reply {
    error(404, &format!("Couldn't find {what} with 'id'={id}"))
}

fn refuse(store: &mut Store, why: &str) -> Reply {
    refuse_with(store, 422, why)
}

fn refuse_with(store: &mut Store, status: u16, why: &str) -> Reply {
    store.refusals.push(why.to_owned());
    error(status, why)
}
