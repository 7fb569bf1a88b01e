//! Every event type and version ever written still decodes, to what it meant, and is written the same.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use std::{collections::BTreeSet, fs, path::Path};

use contract::{DecodeError, EVENT_TYPES, decode, encode};

/// The fixtures: type, version and payload. A fixture is never edited; a new shape gets a new file.
fn fixtures() -> Vec<(String, i16, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let [event_type, version, "json"] = name.split('.').collect::<Vec<_>>()[..] else {
            panic!("{name} is not named <Type>.v<version>.json");
        };
        let version = version.strip_prefix('v').unwrap().parse().unwrap();
        (
            event_type.to_owned(),
            version,
            fs::read_to_string(path).unwrap().trim_end().to_owned(),
        )
    };
    fs::read_dir(folder).unwrap().map(read).collect()
}

#[test]
fn every_version_of_every_event_type_has_a_fixture() {
    let found: BTreeSet<_> = fixtures()
        .into_iter()
        .map(|(name, version, _)| (name, version))
        .collect();
    let expected: BTreeSet<_> = EVENT_TYPES
        .iter()
        .flat_map(|known| {
            (1..=known.schema_version).map(|version| (known.name.to_owned(), version))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_fixture_decodes_and_is_encoded_to_the_same_bytes() {
    for (name, version, payload) in fixtures() {
        let event = decode(&name, version, &payload)
            .unwrap_or_else(|error| panic!("{name} v{version}: {error:?}"));
        let stored = encode(&event);
        assert_eq!(stored.event_type, name);
        let current = EVENT_TYPES
            .iter()
            .find(|known| known.name == name)
            .unwrap()
            .schema_version;
        assert_eq!(stored.schema_version, current);
        if version == current {
            assert_eq!(stored.payload, payload, "{name} v{version}");
        }
    }
}

#[test]
fn a_payload_with_a_member_too_many_or_too_few_is_malformed() {
    for (name, version, payload) in fixtures() {
        let mut parts: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&payload).unwrap();
        parts.insert("surplus".to_owned(), true.into());
        let surplus = serde_json::to_string(&parts).unwrap();
        for wrong in [surplus.as_str(), "[[[]]]", "{", "null", ""] {
            let error = decode(&name, version, wrong).unwrap_err();
            assert!(
                matches!(error, DecodeError::Malformed { .. }),
                "{name}: {wrong}: {error:?}"
            );
        }
    }
}

#[test]
fn what_this_release_does_not_know_is_told_apart() {
    assert!(
        matches!(decode("LicenseDreamt", 1, "{}"), Err(DecodeError::UnknownType(name)) if name == "LicenseDreamt")
    );
    for version in [-1, 0, 2, i16::MAX] {
        let decoded = decode("TagAdded", version, r#"{"tag":"x"}"#);
        assert!(
            matches!(decoded, Err(DecodeError::UnknownVersion { schema_version, .. }) if schema_version == version),
            "{decoded:?}"
        );
    }
}

#[test]
fn values_out_of_their_range_are_malformed() {
    for (name, payload) in [
        (
            "TenantCreated",
            r#"{"name":"x","time_zone":"Mars/Olympus","currency":"USD"}"#,
        ),
        (
            "TenantCreated",
            r#"{"name":"x","time_zone":"UTC","currency":"dollars"}"#,
        ),
        (
            "SeatsInUseCounted",
            r#"{"source":"guessed","from":null,"to":1,"correction":false}"#,
        ),
        (
            "TotalSeatsAdjusted",
            r#"{"from":null,"to":1.5,"delta":1,"correction":false}"#,
        ),
        (
            "ExpiryChanged",
            r#"{"from":null,"to":"2027-02-30","correction":false}"#,
        ),
        (
            "CostChanged",
            r#"{"role":"annual_cost","from":null,"to":{"amount":6600,"currency":"USD"},"correction":false}"#,
        ),
        (
            "SecretRevealed",
            r#"{"asset_id":"x","field":"k","secret_id":"y","secret_version":1}"#,
        ),
    ] {
        let decoded = decode(name, 1, payload);
        assert!(
            matches!(decoded, Err(DecodeError::Malformed { .. })),
            "{name}: {decoded:?}"
        );
    }
}
