//! The description of the routes, which is generated from them.

use serde_json::Value;

use crate::stage::document;

#[test]
fn every_operation_needs_a_token_names_its_success_and_shares_one_problem() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert_eq!(
                operation["security"],
                serde_json::json!([{ "token": [] }]),
                "{at}"
            );
            let responses = operation["responses"].as_object().unwrap();
            assert_eq!(
                responses["default"]["$ref"], "#/components/responses/Problem",
                "{at}"
            );
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{at}"
            );
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|summary| !summary.is_empty()),
                "{at}"
            );
            for parameter in path.split(['{', '}']).skip(1).step_by(2) {
                let described =
                    operation["parameters"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|described| {
                            described["name"] == parameter
                                && described["in"] == "path"
                                && described["required"] == true
                        });
                assert!(described, "{at}: {parameter}");
            }
        }
    }
}

#[test]
fn the_description_changes_only_on_purpose() {
    insta::assert_json_snapshot!(document());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        // The problem and the security scheme are added by whoever serves the document.
        if !pointer.ends_with("/Problem") {
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match (key.as_str(), member) {
                    ("$ref", Value::String(reference)) => references.push(reference.clone()),
                    _ => collect(member, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
