//! What is exported can be imported again: nothing changes where it came from, and elsewhere it is the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::{collections::BTreeMap, time::Duration};

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value as Json, json};
use tests::{Api, Product};

/// Licenses that are made, each of other values.
const LICENSES: usize = 150;
/// How often a job is looked at, and how long between: far longer than any import here takes.
const LOOKS: usize = 1_200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

const OPTIONS: [&str; 7] = [
    "Per-user",
    "=cmd()",
    "One; two",
    "[\"Site\"]",
    "007",
    "Say \"hello\", twice",
    "Größe 大",
];

/// What is hard about texts, one piece each; cells are made of some of them.
const PIECES: [&str; 40] = [
    "Contoso",
    "=1+1",
    "+49 30",
    "-5",
    "@SUM(A1)",
    "＝x",
    "'",
    "''",
    "'=",
    "\"",
    "\"\"",
    ",",
    ";",
    "; ",
    "\t",
    "|",
    "\u{a0}",
    "\u{200b}",
    "\u{feff}",
    "é",
    "e\u{301}",
    "大",
    "😀",
    "007",
    "1e5",
    "1.234",
    "1,5",
    "TRUE",
    "null",
    "set",
    "[\"a\"]",
    "{}",
    "_x000D_",
    "_x0041_",
    "&amp;",
    "<b>x</b>",
    "\u{fffe}",
    "\u{ffff}",
    "%00",
    "2027-01-31",
];
const BREAKS: [&str; 4] = ["\n", "\r\n", "\r", "\n\n"];

fn fields() -> Json {
    json!([
        {"name": "Product Name", "kind": "text", "required": true, "shown_in_list": true},
        {"name": "Vendor", "kind": "text"},
        {"name": "Version", "kind": "text"},
        {"name": "Channel", "kind": "select", "options": OPTIONS},
        {"name": "Parts", "kind": "multiselect", "options": OPTIONS},
        {"name": "License Key", "kind": "password"},
        {"name": "Total Seats", "kind": "number"},
        {"name": "Score", "kind": "number", "decimals": 4},
        {"name": "Purchase Date", "kind": "date"},
        {"name": "Expiry Date", "kind": "date"},
        {"name": "Reviewed", "kind": "date"},
        {"name": "Auto-Renew", "kind": "boolean"},
        {"name": "Annual Cost", "kind": "number"},
        {"name": "Vendor Portal URL", "kind": "url"},
        {"name": "Remarks", "kind": "textarea"},
        {"name": "Notes", "kind": "rich_text"},
        {"name": "Tags", "kind": "text"},
    ])
}

/// A line of text that is taken: not blank, and without characters that break lines.
fn line() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => Just(" ".to_owned()),
    ];
    let line = proptest::collection::vec(pieces, 1..5).prop_map(|pieces| pieces.concat());
    line.prop_map(|line| line.replace('\t', " "))
        .prop_filter("no line is taken", |line| {
            domain::text::line(line, 200).is_ok()
        })
}

/// Lines, blanks at their ends included.
fn lines() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => line(),
        2 => select(BREAKS.to_vec()).prop_map(str::to_owned),
        1 => select(vec![" ", "\t"]).prop_map(str::to_owned),
    ];
    let text = proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat());
    text.prop_filter("no text is taken", |text| {
        domain::text::body(text, 60_000).is_ok()
    })
}

fn day() -> impl Strategy<Value = String> {
    (1900..=9999, 1..=12, 1..=28)
        .prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}"))
}

fn money() -> impl Strategy<Value = Json> {
    let amount = (0..1_000_000u32, 0..=6u32)
        .prop_map(|(digits, scale)| rust_decimal::Decimal::new(digits.into(), scale).to_string());
    (amount, select(vec!["USD", "EUR"]))
        .prop_map(|(amount, currency)| json!({"amount": amount, "currency": currency}))
}

fn maybe(value: impl Strategy<Value = Json>) -> impl Strategy<Value = Json> {
    prop_oneof![1 => Just(Json::Null), 4 => value]
}

/// The body of a license, but for its type and company.
fn license() -> impl Strategy<Value = Json> {
    let texts = (
        line(),
        maybe(line().prop_map(Json::from)),
        maybe(line().prop_map(Json::from)),
        maybe(lines().prop_map(Json::from)),
        maybe(lines().prop_map(|text| json!(format!("<p>{text}</p>")))),
        maybe(line().prop_map(Json::from)),
    );
    let choices = (
        maybe(select(OPTIONS.to_vec()).prop_map(Json::from)),
        maybe(subsequence(OPTIONS.to_vec(), 1..OPTIONS.len()).prop_map(Json::from)),
        maybe(any::<bool>().prop_map(Json::from)),
        maybe(
            "[a-z0-9?=&;,'\"é%]{0,12}"
                .prop_map(|path| json!(format!("https://example.com/{path}"))),
        ),
    );
    let score = (-1_000_000..1_000_000i64, 0..=4u32)
        .prop_map(|(digits, scale)| json!(rust_decimal::Decimal::new(digits, scale).to_string()));
    let numbers = (
        maybe((0..100_000u32).prop_map(Json::from)),
        maybe(score),
        maybe(money()),
    );
    let days = (maybe(day().prop_map(Json::from)), any::<bool>());
    let tag = line().prop_map(|tag| tag.replace([',', '/'], "-"));
    let tag = tag.prop_filter("no tag is taken", |tag| {
        tag.len() <= 60 && !matches!(tag.trim(), "." | "..") && domain::text::line(tag, 60).is_ok()
    });
    let tags = proptest::collection::vec(tag, 0..3);
    (texts, choices, numbers, days, tags).prop_map(
        |(
            (product, vendor, version, remarks, notes, tags_field),
            (channel, parts, renews, url),
            (seats, score, cost),
            (reviewed, has_term),
            tags,
        )| {
            let (bought, expires) = match has_term {
                true => (json!("2024-02-29"), json!("2031-12-31")),
                false => (Json::Null, Json::Null),
            };
            json!({
                "values": {
                    "product_name": product, "vendor": vendor, "version": version,
                    "channel": channel, "parts": parts, "total_seats": seats,
                    "score": score, "purchase_date": bought, "expiry_date": expires,
                    "reviewed": reviewed, "auto_renew": renews, "annual_cost": cost,
                    "vendor_portal_url": url, "remarks": remarks, "notes": notes, "tags": tags_field,
                },
                "tags": tags,
            })
        },
    )
}

/// The same at each run, so that what fails fails again.
fn licenses() -> Vec<Json> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut one = |at: usize| {
        let mut license = license().new_tree(&mut runner).unwrap().current();
        license["external_ids"] = json!([{"system": "psa", "id": format!("0{at}; =x:'1'")}]);
        license["values"]["license_key"] = json!(format!("KEY-{at}-PLANTED-CANARY"));
        license
    };
    (0..LICENSES).map(&mut one).collect()
}

/// A client that sends and gets files, which are bytes.
struct Files<'a> {
    url: &'a str,
    token: String,
    client: reqwest::Client,
}

impl Files<'_> {
    async fn exported(&self, format: &str, at: i64) -> Vec<u8> {
        let path = format!("{}/v1/assets?sort=created_at&format={format}", self.url);
        let request = self
            .client
            .get(path)
            .bearer_auth(&self.token)
            .header("seatledger-min-entry", at);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap().to_vec()
    }

    /// The job, once it has ended.
    async fn imported(&self, query: &[(&str, &str)], file: Vec<u8>) -> Json {
        let api = Api::new(self.url, &self.token);
        let query = reqwest::Url::parse_with_params("http://localhost/v1/imports", query).unwrap();
        let query = query.query().unwrap_or_default();
        let request = self
            .client
            .post(format!("{}/v1/imports?{query}", self.url))
            .bearer_auth(&self.token)
            .header("content-type", "application/octet-stream")
            .body(file);
        let response = request.send().await.unwrap();
        let status = response.status();
        let job: Json = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(status, 202, "{job}");
        let path = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
        for _ in 0..LOOKS {
            let job = api.get(&path).await.good();
            if !job["ended_at"].is_null() {
                assert_eq!(job["state"], "done", "{job}");
                return job;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        panic!("the job does not end");
    }
}

/// Created, changed, unchanged, rejected.
fn counts(job: &Json) -> [i64; 4] {
    ["created", "changed", "unchanged", "rejected"].map(|name| job["rows"][name].as_i64().unwrap())
}

/// What no two accounts have in common.
const OWN: [&str; 8] = [
    "asset_id",
    "type_id",
    "company_id",
    "version",
    "created_at",
    "updated_at",
    "external_ids",
    "license_key",
];

/// The rows of a CSV file, each by its columns.
fn rows(file: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(file);
    reader.deserialize().map(Result::unwrap).collect()
}

/// An account's last entry, which is told by what is written.
async fn last_entry(api: &Api) -> i64 {
    let entries = api.get("/v1/ledger/entries?limit=1000").await.good();
    let mut last = entries["items"].as_array().unwrap().last().cloned();
    while let Some(after) = last.as_ref().map(|last| last["entry"].clone()) {
        let more = api
            .get(&format!("/v1/ledger/entries?limit=1000&after={after}"))
            .await
            .good();
        match more["items"].as_array().unwrap().last() {
            Some(more) => last = Some(more.clone()),
            None => return after.as_i64().unwrap(),
        }
    }
    0
}

/// Defines the type of the licenses.
async fn furnish(api: &Api) -> Json {
    let asset_type = json!({"name": "Software License", "fields": fields()});
    api.post("/v1/asset-types", asset_type).await.good()["id"].clone()
}

#[tokio::test]
async fn what_is_exported_is_imported_again_as_it_was() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();
    let files = Files {
        url: &product.url,
        token: product.token(),
        client: tests::http_client(),
    };
    let type_id = furnish(&api).await;
    let mut companies = Vec::new();
    for name in ["=Contoso; \"Dental\"", "'+Größe, 大", "007"] {
        let company = api
            .post("/v1/companies", json!({"name": name}))
            .await
            .good();
        companies.push(company["id"].clone());
    }
    for (at, mut license) in licenses().into_iter().enumerate() {
        license["type_id"] = type_id.clone();
        license["company_id"] = companies[at % companies.len()].clone();
        let answer = api.post("/v1/assets", license.clone()).await;
        assert_eq!(answer.status, 201, "{license} {}", answer.text);
    }
    let before = last_entry(&api).await;

    // Where it came from, nothing changes.
    let csv = files.exported("csv", before).await;
    let xlsx = files.exported("xlsx", before).await;
    assert_eq!(rows(&csv).len(), LICENSES);
    for (format, file) in [("csv", &csv), ("xlsx", &xlsx)] {
        let job = files.imported(&[], file.clone()).await;
        let expected = [0, 0, i64::try_from(LICENSES).unwrap(), 0];
        assert_eq!(counts(&job), expected, "{format}: {job:#}");
        assert_eq!(
            last_entry(&api).await,
            before,
            "{format}: nothing is written"
        );
    }

    // Elsewhere it is the same, whichever file is taken.
    for (name, file) in [("csv", &csv), ("xlsx", &xlsx)] {
        let other = Files {
            token: account(folder.path(), name),
            client: tests::http_client(),
            url: files.url,
        };
        let api = Api::new(&product.url, &other.token);
        furnish(&api).await;
        let mapping = json!({"external_id": "asset_id"}).to_string();
        let query = [
            ("asset_type", "Software License"),
            ("mapping", mapping.as_str()),
            ("on_missing_company", "create"),
        ];
        let job = other.imported(&query, file.clone()).await;
        let expected = [i64::try_from(LICENSES).unwrap(), 0, 0, 0];
        assert_eq!(counts(&job), expected, "{name}: {job:#}");
        let again = other.exported("csv", last_entry(&api).await).await;
        same(&csv, &again, name);
    }
    product.stop().await;
}

/// Opens another account on the product's servers, and answers its administrator's token.
fn account(data_dir: &std::path::Path, name: &str) -> String {
    let arguments = [
        "tenant",
        "create",
        "--name",
        name,
        "--admin-name",
        "Ada",
        "--admin-email",
        "ada@example.com",
    ];
    let made = Product::command(data_dir, &arguments).output().unwrap();
    let told = String::from_utf8(made.stdout).unwrap();
    assert!(
        made.status.success(),
        "{told} {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let token = told
        .split_whitespace()
        .find(|word| word.starts_with("slt_"));
    token
        .unwrap_or_else(|| panic!("no token in {told}"))
        .to_owned()
}

/// Every cell of both files is the same, but for what is each account's own.
fn same(one: &[u8], other: &[u8], name: &str) {
    // The order of assets that were created within one transaction is not told.
    let sorted = |file: &[u8]| {
        let mut rows = rows(file);
        for row in &mut rows {
            row.retain(|column, _| !OWN.contains(&column.as_str()));
        }
        rows.sort();
        rows
    };
    let (one, other) = (sorted(one), sorted(other));
    let differ: Vec<_> = one
        .iter()
        .zip(&other)
        .filter(|(one, other)| one != other)
        .collect();
    assert!(
        differ.is_empty() && one.len() == other.len(),
        "{name}: {:#?}",
        differ.first()
    );
}
