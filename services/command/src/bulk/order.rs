//! Which operations may go together.
//!
//! Only operations on assets and documents do, and only those that can't meet. An asset can be named by its id
//! and by another system's, so the two ways never go together. Whatever else there is goes alone: what is
//! decided of assets rests on companies, types and policies.

use std::{collections::BTreeSet, ops::Range};

use domain::text;
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;
use uuid::Uuid;

use super::Operation;

/// Members that name what an operation rests on, and does not change.
const RESTS_ON: [&str; 2] = ["type_id", "company_id"];

/// What an operation may change, as far as it goes beside others.
#[derive(Debug)]
struct Touched {
    by: Option<By>,
    names: BTreeSet<String>,
}

/// How what is touched is named. Of the two ways none tells that it means the same as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Id,
    ExternalId,
}

/// Parts the list into stretches whose operations may go together, in their order.
pub(super) fn waves(operations: &[Operation]) -> Vec<Range<usize>> {
    let mut waves: Vec<Range<usize>> = Vec::new();
    let mut open: Option<Touched> = None;
    for (at, operation) in operations.iter().enumerate() {
        let touched = touched(operation);
        let joins = match (&mut open, &touched) {
            (Some(open), Some(touched)) => open.takes_in(touched),
            _ => false,
        };
        match waves.last_mut() {
            Some(wave) if joins => wave.end = at + 1,
            _ => {
                waves.push(at..at + 1);
                open = touched;
            }
        }
    }
    waves
}

impl Touched {
    /// Joins what can't meet anything of this, and says whether it did.
    fn takes_in(&mut self, other: &Self) -> bool {
        let named_alike = match (self.by, other.by) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        if !named_alike || !self.names.is_disjoint(&other.names) {
            return false;
        }
        self.by = self.by.or(other.by);
        self.names.extend(other.names.iter().cloned());
        true
    }
}

/// None for what goes alone.
fn touched(operation: &Operation) -> Option<Touched> {
    let segments: Vec<String> = operation
        .path
        .strip_prefix("/v1/")?
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let body: Json = match &operation.body {
        Some(body) => serde_json::from_str(body.get()).ok()?,
        None => Json::Null,
    };
    let external = external_ids(&body);
    Some(match (operation.method.as_str(), segments.as_slice()) {
        ("POST", ["assets"] | ["documents"]) => Touched {
            by: (!external.is_empty()).then_some(By::ExternalId),
            names: external,
        },
        ("PUT", ["assets", "by-external-id", system, id]) => {
            let mut names = external;
            names.insert(external_id(system, id));
            Touched {
                by: Some(By::ExternalId),
                names,
            }
        }
        (_, ["assets" | "documents", id, ..]) if external.is_empty() => {
            let mut names = BTreeSet::from([Uuid::try_parse(id).ok()?.to_string()]);
            ids_in(&body, &mut names);
            Touched {
                by: Some(By::Id),
                names,
            }
        }
        _ => return None,
    })
}

fn external_ids(body: &Json) -> BTreeSet<String> {
    let list = body.get("external_ids").and_then(Json::as_array);
    let text = |id: &Json, part: &str| {
        let part = id.get(part).and_then(Json::as_str);
        part.unwrap_or_default().to_owned()
    };
    list.into_iter()
        .flatten()
        .map(|id| external_id(&text(id, "system"), &text(id, "id")))
        .collect()
}

fn external_id(system: &str, id: &str) -> String {
    format!("{}\n{}", text::normalized(system), text::normalized(id))
}

/// Every id that a body names: a transfer touches two assets.
fn ids_in(body: &Json, names: &mut BTreeSet<String>) {
    match body {
        Json::String(text) => names.extend(Uuid::try_parse(text).map(|id| id.to_string())),
        Json::Array(items) => items.iter().for_each(|item| ids_in(item, names)),
        Json::Object(members) => members
            .iter()
            .filter(|(key, _)| !RESTS_ON.contains(&key.as_str()))
            .for_each(|(_, member)| ids_in(member, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn operation((method, path, body): (&str, &str, Json)) -> Operation {
        Operation {
            method: method.to_owned(),
            path: path.to_owned(),
            body: serde_json::value::to_raw_value(&body).ok(),
            if_match: None,
            idempotency_key: None,
        }
    }

    #[test]
    fn what_may_meet_keeps_its_order_and_what_can_not_goes_together() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let asset = |id: Uuid| format!("/v1/assets/{id}");
        let external = |id: &str| format!("/v1/assets/by-external-id/rmm/{id}");
        let nothing = || json!({});
        let company = json!({ "company_id": two, "type_id": two });
        type Case<'a> = (&'a [(&'a str, &'a str, Json)], &'a [usize]);
        let cases: &[Case<'_>] = &[
            (
                &[
                    ("PATCH", &asset(one), nothing()),
                    ("PATCH", &asset(two), nothing()),
                ],
                &[2],
            ),
            (
                &[
                    ("PATCH", &asset(one), nothing()),
                    ("POST", &format!("{}/archive", asset(one)), nothing()),
                ],
                &[1, 1],
            ),
            (
                &[
                    ("PATCH", &asset(one), nothing()),
                    (
                        "PATCH",
                        &format!("/v1/assets/{}", one.to_string().to_uppercase()),
                        nothing(),
                    ),
                ],
                &[1, 1],
            ),
            (
                &[
                    ("PUT", &external("9"), nothing()),
                    ("PUT", &external("%39"), nothing()),
                ],
                &[1, 1],
            ),
            (
                &[
                    ("PUT", &external("9"), company.clone()),
                    ("PUT", &external("8"), company.clone()),
                ],
                &[2],
            ),
            (
                &[
                    ("PUT", &external("9"), nothing()),
                    ("PATCH", &asset(one), nothing()),
                ],
                &[1, 1],
            ),
            (
                &[
                    ("POST", "/v1/assets", company.clone()),
                    ("POST", "/v1/assets", company.clone()),
                    ("PATCH", &asset(one), nothing()),
                ],
                &[3],
            ),
            (
                &[
                    (
                        "POST",
                        "/v1/assets",
                        json!({ "external_ids": [{ "system": "rmm", "id": "9" }] }),
                    ),
                    ("PUT", &external("9"), nothing()),
                ],
                &[1, 1],
            ),
            (
                &[
                    (
                        "POST",
                        &format!("{}/transfer", asset(one)),
                        json!({ "to": two }),
                    ),
                    ("PATCH", &asset(two), nothing()),
                ],
                &[1, 1],
            ),
            (
                &[
                    ("POST", &format!("{}/move", asset(one)), company.clone()),
                    ("PATCH", &asset(two), nothing()),
                ],
                &[2],
            ),
            (
                &[
                    ("POST", "/v1/companies", nothing()),
                    ("POST", "/v1/companies", nothing()),
                ],
                &[1, 1],
            ),
            (
                &[
                    ("PATCH", &asset(one), nothing()),
                    ("PUT", "/v1/policy", nothing()),
                    ("PATCH", &asset(two), nothing()),
                ],
                &[1, 1, 1],
            ),
            (&[], &[]),
        ];
        for (operations, expected) in cases {
            let list: Vec<Operation> = operations.iter().cloned().map(operation).collect();
            let lengths: Vec<usize> = waves(&list).into_iter().map(|wave| wave.len()).collect();
            assert_eq!(&lengths, expected, "{operations:?}");
        }
    }
}
