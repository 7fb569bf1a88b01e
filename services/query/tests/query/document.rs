use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::stage::Stage;

#[tokio::test]
async fn the_document_describes_every_route_with_its_parameters_answers_and_problems() {
    let stage = Stage::new().await;
    let document: &Json = &stage.document;
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let route = &item["get"];
        let id = route["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{path}: {id} twice");
        assert!(
            route["summary"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{path}"
        );
        assert_eq!(
            route["responses"]["default"]["$ref"], "#/components/responses/Problem",
            "{path}"
        );
        assert!(route["responses"]["200"]["content"].is_object(), "{path}");
        // The address of a calendar feed is a secret by itself.
        let is_feed = path == "/v1/calendar/{file}";
        let security = match is_feed {
            true => serde_json::json!([{}]),
            false => serde_json::json!([{"token": []}]),
        };
        assert_eq!(route["security"], security, "{path}");
        let parameters = route["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            assert_eq!(
                parameter["required"] == true,
                parameter["in"] == "path",
                "{path}: {name}"
            );
            assert!(parameter["schema"].is_object(), "{path}: {name}");
        }
        let waits = parameters
            .iter()
            .any(|parameter| parameter["name"] == "Seatledger-Min-Entry");
        assert_eq!(waits, !path.starts_with("/v1/ledger") && !is_feed, "{path}");
    }
    // Whatever is referred to is there.
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}
