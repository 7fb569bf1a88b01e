//! The first day with licenses as MSPs have them, over HTTP: the README's second walkthrough. And what a day in the
//! life of keys is: rotation beside the running service, and a key that is destroyed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::{path::Path, time::Duration};

use reqwest::Method;
use serde_json::{Value as Json, json};
use tests::{Api, Product};

/// Keys that are stored while the vault's key is rotated; each is then revealed three times at most.
const KEYS: usize = 12;
/// What a token may reveal in a minute.
const REVEALS: usize = 10;
/// How often a reveal is tried again, each time after the second or two that the answer names.
const RETRIES: usize = 8;
/// Between two keys: so that some are stored before, during and after the new key becomes the primary.
const PACE: Duration = Duration::from_secs(4);
const CSV: &str = "\
Company,Product Name,Vendor,License Type,Total Seats,Assigned Seats,License Key,Expiry Date,Annual Cost
Contoso Dental,Adobe Acrobat Pro,Adobe,Per-user,10,8,,2031-06-30,2400
Fabrikam Logistics,Windows Server 2022 Standard,Microsoft,Per-device,4,5,CCCCC-DDDDD,,
";

fn text(json: &Json) -> String {
    json.as_str()
        .unwrap_or_else(|| panic!("no text: {json}"))
        .to_owned()
}

async fn made(api: &Api, path: &str, body: Json) -> String {
    text(&api.post(path, body).await.good()["id"])
}

/// A license of a fresh account with a type from the template.
async fn licensed(api: &Api, type_id: &str, company: &str, values: Json) -> String {
    let body = json!({"type_id": type_id, "company_id": company, "values": values});
    made(api, "/v1/assets", body).await
}

#[tokio::test]
async fn the_first_day_with_licenses() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();
    let type_id = made(
        &api,
        "/v1/asset-types",
        json!({"template": "software-license"}),
    )
    .await;
    let contoso = made(&api, "/v1/companies", json!({"name": "Contoso Dental"})).await;
    let msp = made(
        &api,
        "/v1/companies",
        json!({"name": "Northwind", "own": true}),
    )
    .await;

    // Two names, one product.
    let dentrix = json!({"name": "Dentrix", "vendor": "Henry Schein One", "skus": ["DX-7"]});
    let dentrix = made(&api, "/v1/products", dentrix).await;
    let aliases = format!("/v1/products/{dentrix}/aliases");
    let _ = api
        .post(&aliases, json!({"names": ["Dentrix Ascend"]}))
        .await
        .good();
    let named =
        json!({"product_name": "dentrix  ASCEND", "license_type": "Site", "annual_cost": 5900});
    let _ = licensed(&api, &type_id, &contoso, named).await;

    // Seats of the MSP, shared: one too many is used.
    let edr = json!({"product_name": "Huntress", "license_type": "Per-device"});
    let edr = format!("/v1/assets/{}", licensed(&api, &type_id, &msp, edr).await);
    let bought = json!({"quantity": 100, "price_per": "month", "order": "PO-7",
        "unit_price": {"amount": "3.60", "currency": "USD"}});
    let _ = api.post(&format!("{edr}/purchases"), bought).await.good();
    let share = json!({"company_id": contoso, "seats": 40});
    let _ = api.post(&format!("{edr}/allocations"), share).await.good();
    let _ = api
        .put(&format!("{edr}/in-use-source"), json!({"source": "synced"}))
        .await
        .good();
    let count = json!({"source": "synced", "count": 41, "company_id": contoso});
    let entry = api.post(&format!("{edr}/counts"), count).await.entry();
    let pools = api
        .get_at(entry, &format!("/v1/compliance?company={contoso}"))
        .await;
    let pool = |name: &str| {
        let items = pools["items"].as_array().unwrap();
        let found = items.iter().find(|pool| pool["product"]["name"] == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {pools}"))
            .clone()
    };
    let shared = pool("Huntress Managed EDR");
    assert_eq!(shared["status"], "under_licensed", "{shared}");
    assert_eq!(
        (&shared["owned"], &shared["short"]),
        (&json!(40), &json!(1))
    );
    assert_eq!(
        shared["short_cost"],
        json!([{"amount": "43.20", "currency": "USD"}])
    );
    assert_eq!(shared["licenses"][0]["allocated"], true);
    assert_eq!(pool("Dentrix")["status"], "unlimited");

    // Somebody by name.
    let m365 = json!({"product_name": "M365 Business Premium", "license_type": "Per-user",
        "total_seats": 25, "assigned_seats": 27, "annual_cost": 6600});
    let m365 = licensed(&api, &type_id, &contoso, m365).await;
    let assigned = api
        .post(
            &format!("/v1/assets/{m365}/assignments"),
            json!({"user": "Ana Lindqvist"}),
        )
        .await;
    let entry = assigned.entry();
    assert_eq!(
        assigned.good()["assignment_ids"].as_array().unwrap().len(),
        1
    );
    let held = api
        .get_at(entry, &format!("/v1/assets/{m365}/assignments"))
        .await;
    assert!(
        held["items"][0].to_string().contains("Ana Lindqvist"),
        "{held}"
    );

    count_sheet(&api, entry, &contoso, &m365).await;
    spend(&api).await;
    import_and_export(&api, &Files::of(&product)).await;
    product.stop().await;
}

/// Read, fill in, put: one write with one reason. A line that somebody changed meanwhile is told, and nothing lands.
async fn count_sheet(api: &Api, entry: i64, company: &str, license: &str) {
    let path = format!("/v1/companies/{company}/count-sheet");
    let sheet = api.get_at(entry, &path).await;
    let lines = sheet["items"].as_array().unwrap().iter();
    let counted = |line: &&Json| line["asset_id"] == license;
    let lines: Vec<Json> = lines
        .filter(counted)
        .map(|line| json!({"asset_id": line["asset_id"], "in_use": 24, "version": line["version"]}))
        .collect();
    let body = json!({"lines": lines, "reason": "November count"});
    let put = api.put(&path, body).await;
    let entry = put.entry();
    let put = put.good();
    assert_eq!(
        (&put["changed"], &put["unchanged"]),
        (&json!(1), &json!(0)),
        "{put}"
    );
    let pools = api
        .get_at(entry, &format!("/v1/compliance?company={company}"))
        .await;
    let pools = pools["items"].as_array().unwrap().iter();
    let found = pools.filter(|pool| pool["product"]["name"] == "Microsoft 365 Business Premium");
    let found: Vec<&Json> = found.collect();
    assert_eq!(found[0]["in_use"], 24, "{found:?}");
    assert_eq!(found[0]["status"], "compliant");
    let stale = json!({"lines": [{"asset_id": license, "in_use": 3, "version": 1}]});
    let refused = api.put(&path, stale).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
}

async fn spend(api: &Api) {
    let year = tests::in_days(0)[..4].to_owned();
    let path = format!("/v1/spend?from={year}-01-01&to={year}-12-31&group_by=vendor");
    let spend = api.get(&path).await.good();
    let vendors: Vec<String> = spend["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["name"]))
        .collect();
    for vendor in ["Henry Schein One", "Huntress", "Microsoft"] {
        assert!(
            vendors.iter().any(|known| known == vendor),
            "{vendor} in {spend}"
        );
    }
    assert_eq!(spend["totals"]["total"][0]["currency"], "USD", "{spend}");
}

/// A file is rehearsed, imported, imported again; an exported workbook changes nothing when it comes back.
async fn import_and_export(api: &Api, files: &Files) {
    let create = "on_missing_company=create";
    for (how, created, unchanged) in [
        (format!("dry_run=true&{create}"), 2, 0),
        (create.to_owned(), 2, 0),
        (create.to_owned(), 0, 2),
    ] {
        let rows = imported(api, files, &how, "text/csv", CSV.as_bytes().to_vec()).await;
        let found = (&rows["created"], &rows["unchanged"], &rows["rejected"]);
        assert_eq!(
            found,
            (&json!(created), &json!(unchanged), &json!(0)),
            "{how}: {rows}"
        );
    }
    let workbook = files.get("/v1/assets?format=xlsx").await;
    assert!(workbook.starts_with(b"PK"), "a workbook is a zip file");
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let rows = imported(api, files, "dry_run=true", kind, workbook).await;
    let changed = ["created", "changed", "rejected"].map(|word| rows[word].as_i64().unwrap());
    assert_eq!(
        changed,
        [0, 0, 0],
        "what was exported changes nothing: {rows}"
    );
    assert_eq!(rows["unchanged"], 5, "{rows}");
}

/// Files come and go as bytes of other kinds than JSON.
struct Files {
    url: String,
    token: String,
}

impl Files {
    fn of(product: &Product) -> Self {
        let url = product.url.trim_end_matches('/').to_owned();
        Self {
            url,
            token: product.token(),
        }
    }

    async fn send(&self, method: Method, path: &str, file: Option<(&str, Vec<u8>)>) -> Vec<u8> {
        let client = tests::http_client();
        let mut request = client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        if let Some((kind, file)) = file {
            request = request.header("content-type", kind).body(file);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.bytes().await.unwrap().to_vec();
        assert!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&body)
        );
        body
    }

    async fn get(&self, path: &str) -> Vec<u8> {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, kind: &str, file: Vec<u8>) -> Json {
        let body = self.send(Method::POST, path, Some((kind, file))).await;
        serde_json::from_slice(&body).unwrap()
    }
}

/// Imports a file and watches its job to the end.
async fn imported(api: &Api, files: &Files, how: &str, kind: &'static str, file: Vec<u8>) -> Json {
    let path = format!("/v1/imports?{how}");
    let job = text(&files.post(&path, kind, file).await["job_id"]);
    let events = api.get(&format!("/v1/jobs/{job}/events")).await;
    assert_eq!(
        events.header("content-type").as_deref(),
        Some("text/event-stream")
    );
    assert!(events.text.contains("data:"), "{}", events.text);
    let done = api.get(&format!("/v1/jobs/{job}")).await.good();
    assert_eq!(done["state"], "done", "{done}");
    done["rows"].clone()
}

/// Tokens that reveal in turn, so that none exceeds what it may reveal in a minute.
struct Revealers {
    apis: Vec<Api>,
    revealed: usize,
}

impl Revealers {
    async fn new(api: &Api, folder: &Path, reveals: usize) -> Self {
        let mut apis = Vec::new();
        for at in 0..reveals.div_ceil(REVEALS) {
            let name = format!("revealer {at}");
            let arguments = [
                "token",
                "issue",
                "--integration",
                &name,
                "--label",
                "keys",
                "--reveal",
            ];
            let told = run(folder, &arguments).await;
            let token = told
                .split_whitespace()
                .find(|word| word.starts_with("slt_"));
            apis.push(api.as_holder_of(token.expect("a token")));
        }
        Self { apis, revealed: 0 }
    }

    /// Opens a key. As a client would, it tries again after a moment in which the vault can't be used: a service that
    /// misses a key version looks anew whether it was destroyed, or only lost from sight.
    async fn reveal(&mut self, license: &str, secret: &str) -> String {
        let path = format!("/v1/assets/{license}/keys/{secret}/reveal");
        let reason = json!({"reason": "reinstall"});
        for _ in 0..RETRIES {
            let api = &self.apis[self.revealed / REVEALS];
            self.revealed += 1;
            let answer = api.post(&path, reason.clone()).await;
            if answer.status != 503 {
                return text(&answer.good()["value"]);
            }
            let wait = answer
                .header("retry-after")
                .and_then(|wait| wait.parse().ok());
            tokio::time::sleep(Duration::from_secs(wait.expect("when to try again"))).await;
        }
        panic!("{secret} can't be opened any more");
    }
}

/// Runs a command of the binary to its good end: what it says.
async fn run(folder: &Path, arguments: &[&str]) -> String {
    let mut command = tokio::process::Command::from(Product::command(folder, arguments));
    let output = command.output().await.unwrap();
    let (said, faults) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{arguments:?}: {said}{faults}");
    said
}

async fn store(api: &Api, license: &str, value: &str) -> String {
    let path = format!("/v1/assets/{license}/keys");
    let added = api
        .post(&path, json!({"keys": [{"value": value}]}))
        .await
        .good();
    text(&added["secret_ids"][0])
}

#[tokio::test]
async fn the_vaults_key_is_rotated_while_keys_are_stored_and_shown() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();
    let type_id = made(
        &api,
        "/v1/asset-types",
        json!({"template": "software-license"}),
    )
    .await;
    let company = made(&api, "/v1/companies", json!({"name": "Contoso Dental"})).await;
    let values = json!({"product_name": "Camtasia", "total_seats": KEYS});
    let license = licensed(&api, &type_id, &company, values).await;
    let mut revealers = Revealers::new(&api, folder.path(), 3 * KEYS + RETRIES).await;

    let value = |at: usize| format!("ROTATED-{at:04}");
    let mut keys = vec![store(&api, &license, &value(0)).await];
    let at_once = folder.path().to_owned();
    let rotation = tokio::spawn(async move { run(&at_once, &["vault", "rotate"]).await });
    while keys.len() < KEYS {
        tokio::time::sleep(PACE).await;
        let at = keys.len();
        keys.push(store(&api, &license, &value(at)).await);
        assert_eq!(revealers.reveal(&license, &keys[at]).await, value(at));
    }
    let said = rotation.await.unwrap();
    assert!(said.contains("wrapped anew"), "{said}");
    for (at, key) in keys.iter().enumerate() {
        assert_eq!(revealers.reveal(&license, key).await, value(at));
    }

    let named = run(folder.path(), &["vault", "destroy-old"]).await;
    let status = run(folder.path(), &["vault", "status"]).await;
    assert!(
        status.contains("decrypt-only"),
        "nothing goes without --yes: {named}{status}"
    );
    run(folder.path(), &["vault", "destroy-old", "--yes"]).await;
    let status = run(folder.path(), &["vault", "status"]).await;
    assert!(!status.contains("decrypt-only"), "{status}");
    for (at, key) in keys.iter().enumerate() {
        assert_eq!(revealers.reveal(&license, key).await, value(at));
    }
    product.stop().await;
}

const SHRED: &str = "SHREDDED-PLANTED-CANARY";

#[tokio::test]
async fn a_destroyed_key_is_found_nowhere() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();
    let type_id = made(
        &api,
        "/v1/asset-types",
        json!({"template": "software-license"}),
    )
    .await;
    let company = made(&api, "/v1/companies", json!({"name": "Contoso Dental"})).await;
    let values = json!({"product_name": "Camtasia", "total_seats": 2});
    let license = licensed(&api, &type_id, &company, values).await;
    let key = store(&api, &license, SHRED).await;
    let kept = store(&api, &license, "KEPT-PLANTED-CANARY").await;

    let database = superuser(folder.path()).await;
    let rows = sealed(&database, &key).await;
    assert_eq!(rows.len(), 1);
    let path = format!("/v1/assets/{license}/keys/{key}");
    let destroyed = api.send(Method::DELETE, &path, None).await.unwrap();
    let entry = destroyed.entry();
    let _ = destroyed.good();
    assert!(
        sealed(&database, &key).await.is_empty(),
        "the sealed row is gone"
    );
    assert_eq!(sealed(&database, &kept).await.len(), 1, "the other is not");
    let gone = api.post(&format!("{path}/reveal"), json!({})).await;
    assert!(gone.status.is_client_error(), "{}", gone.text);
    let keys = api
        .get_at(entry, &format!("/v1/assets/{license}/keys"))
        .await;
    assert!(!keys.to_string().contains(&key), "{keys}");
    let still = api
        .post(
            &format!("/v1/assets/{license}/keys/{kept}/reveal"),
            json!({}),
        )
        .await;
    assert_eq!(still.good()["value"], "KEPT-PLANTED-CANARY");

    // The row's place is given back to the disk, as the database's own cleaning does in time.
    for statement in ["vacuum full vault.secret_version", "checkpoint"] {
        database.batch_execute(statement).await.unwrap();
    }
    product.stop().await;
    assert_eq!(
        files_with(folder.path(), SHRED.as_bytes()),
        Vec::<String>::new()
    );
    // The database's own journal of changes is written over in time.
    let found = files_with(folder.path(), &rows[0]);
    let elsewhere: Vec<&String> = found
        .iter()
        .filter(|file| !file.contains("/pg_wal/"))
        .collect();
    assert_eq!(elsewhere, Vec::<&String>::new());
}

/// The sealed values of a secret.
async fn sealed(database: &tokio_postgres::Client, secret: &str) -> Vec<Vec<u8>> {
    let secret: uuid::Uuid = secret.parse().unwrap();
    let query = "select ciphertext from vault.secret_version where secret_id = $1";
    let rows = database.query(query, &[&secret]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The embedded database as its superuser, who sees past all walls.
async fn superuser(folder: &Path) -> tokio_postgres::Client {
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let servers = read("run/servers.env");
    let url = servers
        .lines()
        .find_map(|line| line.strip_prefix("DATABASE_URL="));
    let mut config: tokio_postgres::Config = url.unwrap().parse().unwrap();
    config
        .user("postgres")
        .password(read("secrets/postgres").trim());
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The files below a folder that hold some bytes.
fn files_with(folder: &Path, wanted: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, wanted));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if bytes.windows(wanted.len()).any(|window| window == wanted) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
