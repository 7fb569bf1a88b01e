//! What subscribers hold on to: subjects and CloudEvents.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use chrono::{NaiveDate, TimeZone, Utc};
use contract::{EVENT_TYPES, EnvelopeError, cloud_event, parse_cloud_event, stream_kind, subject};
use event_log::Recorded;
use uuid::Uuid;

fn recorded() -> Recorded {
    Recorded {
        sequence: 9_007_199_254_740_993,
        tenant_id: Uuid::from_u128(1),
        entry: 42,
        stream_id: Uuid::from_u128(2),
        version: 3,
        event_id: Uuid::from_u128(4),
        event_type: "SeatsInUseCounted".to_owned(),
        schema_version: 1,
        company_id: Some(Uuid::from_u128(5)),
        payload: "{ \"source\":\"typed\",\n \"to\" : 2.50e1, \"caf\\u00e9\":\"\u{1f511}\" }"
            .to_owned(),
        metadata: r#"{"principal":{"system":true},"reason":"say \"why\""}"#.to_owned(),
        effective_on: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
        recorded_at: Utc.timestamp_opt(1_795_520_399, 123_456_000).unwrap(),
    }
}

#[test]
fn the_envelope_is_a_promise() {
    let message = String::from_utf8(cloud_event(&recorded()).unwrap()).unwrap();
    assert_eq!(
        message,
        concat!(
            r#"{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000004","#,
            r#""source":"/ledger/00000000-0000-0000-0000-000000000001","type":"seatledger.SeatsInUseCounted","#,
            r#""subject":"00000000-0000-0000-0000-000000000002","time":"2026-11-24T11:39:59.123456Z","#,
            r#""datacontenttype":"application/json","sequence":"9007199254740993","entry":"42","version":3,"#,
            r#""tenantid":"00000000-0000-0000-0000-000000000001","companyid":"00000000-0000-0000-0000-000000000005","#,
            r#""schemaversion":1,"effectiveon":"2026-11-24","#,
            r#""metadata":"{\"principal\":{\"system\":true},\"reason\":\"say \\\"why\\\"\"}","#,
            "\"data\":{ \"source\":\"typed\",\n \"to\" : 2.50e1, \"caf\\u00e9\":\"\u{1f511}\" }}",
        )
    );
}

#[test]
fn an_event_comes_back_from_its_envelope_byte_for_byte() {
    let without_company = Recorded {
        company_id: None,
        event_type: "PolicySet".to_owned(),
        ..recorded()
    };
    for recorded in [recorded(), without_company] {
        assert_eq!(
            parse_cloud_event(&cloud_event(&recorded).unwrap()).unwrap(),
            recorded
        );
    }
}

#[test]
fn a_message_that_is_no_envelope_of_ours_is_refused() {
    let message = String::from_utf8(cloud_event(&recorded()).unwrap()).unwrap();
    for (from, to) in [
        ("\"1.0\"", "\"0.3\""),
        ("seatledger.Seats", "other.Seats"),
        ("\"42\"", "\"many\""),
        ("11:39:59.123456Z", "noon"),
    ] {
        let wrong = message.replacen(from, to, 1);
        assert_ne!(wrong, message);
        let error = parse_cloud_event(wrong.as_bytes()).unwrap_err();
        assert!(
            matches!(error, EnvelopeError::Attribute(_)),
            "{to}: {error:?}"
        );
    }
    for wrong in [b"".as_slice(), b"{}", b"\xff", &message.as_bytes()[..100]] {
        assert!(matches!(
            parse_cloud_event(wrong),
            Err(EnvelopeError::Malformed(_))
        ));
    }
    let no_json = Recorded {
        payload: "{".to_owned(),
        ..recorded()
    };
    assert!(matches!(
        cloud_event(&no_json),
        Err(EnvelopeError::Payload(_))
    ));
}

#[test]
fn a_subject_names_ledger_company_stream_and_event() {
    let (tenant, company) = (Uuid::from_u128(1), Uuid::from_u128(5));
    let of = |event_type: &str, company_id, stream_id| {
        subject(&Recorded {
            event_type: event_type.to_owned(),
            company_id,
            stream_id,
            ..recorded()
        })
    };
    let other = Uuid::from_u128(2);
    for (event_type, company_id, stream_id, rest) in [
        (
            "SeatsInUseCounted",
            Some(company),
            other,
            format!("{company}.asset.seats_in_use_counted"),
        ),
        ("PolicySet", None, other, "_.policy.policy_set".to_owned()),
        (
            "ExternalIdLinked",
            Some(company),
            other,
            format!("{company}.asset.external_id_linked"),
        ),
        (
            "ExternalIdLinked",
            Some(company),
            company,
            format!("{company}.company.external_id_linked"),
        ),
        (
            "SecretRevealed",
            Some(company),
            other,
            format!("{company}.token.secret_revealed"),
        ),
        (
            "LicenseDreamt",
            None,
            other,
            "_.unknown.license_dreamt".to_owned(),
        ),
    ] {
        assert_eq!(
            of(event_type, company_id, stream_id),
            format!("ledger.{tenant}.{rest}")
        );
    }
}

#[test]
fn every_event_type_has_a_name_of_capitalized_words_and_a_stream_kind() {
    for known in EVENT_TYPES {
        assert!(
            known
                .name
                .starts_with(|first: char| first.is_ascii_uppercase()),
            "{}",
            known.name
        );
        assert!(
            known
                .name
                .chars()
                .all(|letter| letter.is_ascii_alphabetic()),
            "{}",
            known.name
        );
        assert_eq!(
            stream_kind(&Recorded {
                event_type: known.name.to_owned(),
                ..recorded()
            }),
            known.stream_kind
        );
    }
}
