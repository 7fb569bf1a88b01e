//! Imports run one way. Each crate may import those in its line and no other of ours.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// From the bottom up. `embedded` may be used by the tests of all.
const MAY_IMPORT: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("event-log", &[]),
    ("bus", &[]),
    ("vault", &[]),
    ("embedded", &[]),
    ("contract", &["bus", "domain", "event-log"]),
    ("web", &["domain"]),
    ("reports", &["domain"]),
    ("read-models", &["contract", "domain", "event-log"]),
    (
        "command",
        &["bus", "contract", "domain", "event-log", "vault", "web"],
    ),
    (
        "projectors",
        &["bus", "contract", "domain", "event-log", "read-models"],
    ),
    (
        "query",
        &[
            "contract",
            "domain",
            "event-log",
            "read-models",
            "reports",
            "web",
        ],
    ),
    (
        "alerts",
        &["bus", "contract", "domain", "event-log", "read-models"],
    ),
    (
        "integrations",
        &["bus", "contract", "domain", "event-log", "vault", "web"],
    ),
    (
        "seatledger",
        &[
            "alerts",
            "bus",
            "command",
            "contract",
            "domain",
            "embedded",
            "event-log",
            "integrations",
            "projectors",
            "query",
            "read-models",
            "vault",
            "web",
        ],
    ),
];

/// What the pure core may reach: data types and rules, no driver, no runtime, no clock, no randomness.
const CORE_MAY_USE: [&str; 9] = [
    "ammonia",
    "chrono",
    "chrono-tz",
    "rust_decimal",
    "serde_json",
    "thiserror",
    "unicode-normalization",
    "url",
    "uuid",
];

#[test]
fn each_crate_imports_only_what_stands_below_it() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let ours: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    // Tests and what is made for them alone may use everything, and nothing else uses them.
    for package in metadata
        .packages
        .iter()
        .filter(|package| !["tests", "simulators"].contains(&package.name.as_str()))
    {
        let name = package.name.as_str();
        let allowed = table
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the table of imports"));
        let imported: BTreeSet<&str> = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .map(|dependency| dependency.name.as_str())
            .filter(|dependency| ours.contains(dependency))
            .collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert!(
            imported.is_subset(&allowed),
            "{name} imports {:?}",
            imported.difference(&allowed)
        );
    }
}

#[test]
fn the_core_is_pure() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let domain = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "domain")
        .unwrap();
    let normal = domain
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal);
    let used: BTreeSet<&str> = normal
        .clone()
        .map(|dependency| dependency.name.as_str())
        .collect();
    assert_eq!(used, CORE_MAY_USE.into_iter().collect());
    for dependency in normal {
        let forbidden = ["clock", "now", "v4", "v7", "rng"];
        let found: Vec<&String> = dependency
            .features
            .iter()
            .filter(|feature| forbidden.contains(&feature.as_str()))
            .collect();
        assert!(found.is_empty(), "{} has {found:?}", dependency.name);
    }
}
