//! Old payloads become new ones when they are read. No event is ever rewritten.

use serde_json::Value;

use crate::codec::DecodeError;

/// One step: the payload of a version becomes that of the next.
pub(crate) struct Upcast {
    /// Of which type.
    pub(crate) event_type: &'static str,
    /// From which version.
    pub(crate) from: i16,
    /// Changes the payload in place.
    pub(crate) step: fn(&mut Value),
}

/// All steps there are.
pub(crate) const UPCASTS: &[Upcast] = &[
    // What was paid was not said to be paid again, nor that seats could be given back.
    Upcast {
        event_type: "SeatsPurchased",
        from: 1,
        step: |payload| {
            add(payload, Some("purchase"), "price_per", Value::Null);
            add(payload, Some("purchase"), "reducible", Value::Null);
        },
    },
    // Seats could not be allocated to other companies.
    Upcast {
        event_type: "SeatsInUseCounted",
        from: 1,
        step: |payload| add(payload, None, "counted_for", Value::Null),
    },
    // Of counts nobody had said when they are too old: what holds where nothing is set.
    Upcast {
        event_type: "PolicySet",
        from: 1,
        step: |payload| {
            let usual = domain::policy::Policy::default();
            let days = usual.stale_after_days.into();
            add(payload, Some("policy"), "stale_after_days", days);
            add(
                payload,
                Some("policy"),
                "typed_stale_after_days",
                Value::Null,
            );
        },
    },
    // Alerts were not raised yet: what holds where nothing is set.
    Upcast {
        event_type: "PolicySet",
        from: 2,
        step: |payload| {
            let usual = domain::policy::Policy::default();
            for (member, value) in [
                ("shortage_after_hours", usual.shortage_after_hours.into()),
                ("surplus_after_days", usual.surplus_after_days.into()),
                ("min_free_seats", Value::Null),
                ("muted", Value::Array(Vec::new())),
                ("quiet_hours", Value::Null),
            ] {
                add(payload, Some("policy"), member, value);
            }
        },
    },
];

/// Adds a member to the payload, or to the object within it. What is no object is told when it is read.
fn add(payload: &mut Value, within: Option<&str>, member: &str, value: Value) {
    let object = match within {
        Some(part) => payload.get_mut(part),
        None => Some(payload),
    };
    if let Some(object) = object.and_then(Value::as_object_mut) {
        object.insert(member.to_owned(), value);
    }
}

/// The payload of version `from` in the shape of version `to`.
pub(crate) fn upcast(
    steps: &[Upcast],
    event_type: &str,
    from: i16,
    to: i16,
    payload: &str,
) -> Result<String, DecodeError> {
    let unknown = || DecodeError::UnknownVersion {
        event_type: event_type.to_owned(),
        schema_version: from,
    };
    let malformed = |source| DecodeError::Malformed {
        event_type: event_type.to_owned(),
        source,
    };
    if from >= to || from < 1 {
        return Err(unknown());
    }
    let mut value: Value = serde_json::from_str(payload).map_err(malformed)?;
    for version in from..to {
        let is_next = |step: &&Upcast| step.event_type == event_type && step.from == version;
        (steps.iter().find(is_next).ok_or_else(unknown)?.step)(&mut value);
    }
    serde_json::to_string(&value).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A type whose `seats` were once called `count`, and whose second version knew no correction.
    const STEPS: &[Upcast] = &[
        Upcast {
            event_type: "Counted",
            from: 1,
            step: |payload| {
                if let Some(count) = payload["count"].as_i64() {
                    *payload = json!({ "seats": count });
                }
            },
        },
        Upcast {
            event_type: "Counted",
            from: 2,
            step: |payload| payload["correction"] = json!(false),
        },
    ];

    #[test]
    fn a_payload_passes_through_every_version_on_its_way() {
        for (from, payload) in [(1, r#"{"count":3}"#), (2, r#"{"seats":3}"#)] {
            let upcast = upcast(STEPS, "Counted", from, 3, payload).unwrap();
            let upcast: Value = serde_json::from_str(&upcast).unwrap();
            assert_eq!(upcast, json!({ "seats": 3, "correction": false }));
        }
    }

    #[test]
    fn a_version_without_a_way_to_the_current_one_is_unknown() {
        for (event_type, from, to) in [
            ("Counted", 3, 4),
            ("Other", 1, 2),
            ("Counted", 4, 3),
            ("Counted", 0, 3),
            ("Counted", -1, 3),
        ] {
            let error = upcast(STEPS, event_type, from, to, "{}").unwrap_err();
            assert!(
                matches!(error, DecodeError::UnknownVersion { .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn a_payload_that_is_no_json_is_malformed() {
        let error = upcast(STEPS, "Counted", 1, 3, "{").unwrap_err();
        assert!(matches!(error, DecodeError::Malformed { .. }), "{error}");
    }
}
