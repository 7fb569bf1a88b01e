//! Whatever is killed at whatever moment: every acknowledged command is in the ledger exactly once, entries are
//! 1..n, and every read model equals a fold of the ledger.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::Method;
use serde_json::{Value as Json, json};
use tests::{Api, Product};

/// Licenses that are changed at once, each by a worker of its own.
const WORKERS: usize = 8;
/// How long a worker goes on repeating one change: longer than any server takes to come back.
const PATIENCE: Duration = Duration::from_secs(60);

/// A license and the totals whose change was acknowledged, in order.
struct Changed {
    id: String,
    acknowledged: Vec<i64>,
}

/// Registers one license for each worker.
async fn licenses(api: &Api) -> Vec<String> {
    let type_id = api
        .post("/v1/asset-types", json!({"template": "software-license"}))
        .await
        .good()["id"]
        .clone();
    let company = api
        .post("/v1/companies", json!({"name": "Contoso Dental"}))
        .await
        .good()["id"]
        .clone();
    let mut ids = Vec::new();
    for worker in 0..WORKERS {
        let values = json!({"product_name": format!("Product {worker}"), "total_seats": 0, "assigned_seats": 5});
        let body = json!({"type_id": type_id, "company_id": company, "values": values});
        let registered = api.post("/v1/assets", body).await.good();
        ids.push(registered["id"].as_str().unwrap().to_owned());
    }
    ids
}

/// Changes one license's total to 1, 2, 3 …, each until it is acknowledged, as a client with a key may.
async fn change(api: Api, id: String, stop: Arc<AtomicBool>) -> Changed {
    let mut acknowledged = Vec::new();
    let path = format!("/v1/assets/{id}");
    while !stop.load(Ordering::Relaxed) {
        let total = i64::try_from(acknowledged.len()).unwrap() + 1;
        let keyed = api.with("idempotency-key", format!("{id}-{total}"));
        let body = json!({"values": {"total_seats": total}})
            .to_string()
            .into_bytes();
        let one = async {
            loop {
                match keyed.send(Method::PATCH, &path, Some(body.clone())).await {
                    Ok(answer) if answer.status.is_success() => break,
                    Ok(answer) if answer.status.is_client_error() && answer.status != 409 => {
                        panic!("refused: {}", answer.text)
                    }
                    _ => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, one)
            .await
            .expect("the change is acknowledged in the end");
        acknowledged.push(total);
    }
    Changed { id, acknowledged }
}

/// The whole ledger, page by page.
async fn ledger(api: &Api) -> Vec<Json> {
    let mut entries: Vec<Json> = Vec::new();
    loop {
        let page = api
            .get(&format!(
                "/v1/ledger/entries?after={}&limit=1000",
                entries.len()
            ))
            .await
            .good();
        let items = page["items"].as_array().unwrap().clone();
        if items.is_empty() {
            return entries;
        }
        entries.extend(items);
    }
}

/// Checks everything that must hold once the dust has settled.
async fn check(api: &Api, changed: &[Changed]) {
    let entries = ledger(api).await;
    for (at, entry) in entries.iter().enumerate() {
        assert_eq!(entry["entry"], json!(at + 1), "entries are 1..n");
    }
    let mut totals: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for entry in entries
        .iter()
        .filter(|entry| entry["type"] == "TotalSeatsAdjusted")
    {
        let stream = entry["stream_id"].as_str().unwrap();
        totals
            .entry(stream)
            .or_default()
            .extend(entry["payload"]["to"].as_i64());
    }
    let last = i64::try_from(entries.len()).unwrap();
    for license in changed {
        let recorded = &totals[license.id.as_str()];
        let expected: Vec<i64> = (0..i64::try_from(recorded.len()).unwrap()).collect();
        assert_eq!(
            *recorded, expected,
            "each change is recorded once, in order"
        );
        assert!(
            recorded.len() > license.acknowledged.len(),
            "every acknowledged change is recorded"
        );
        let path = format!("/v1/assets/{}", license.id);
        let shown = settled(api, last, &path).await;
        let today = chrono::Utc::now().date_naive();
        let folded = api.get(&format!("{path}?as_of={today}")).await.good();
        assert_eq!(
            shown["values"], folded["values"],
            "the read model equals a fold of the ledger"
        );
        assert_eq!(shown["version"], folded["version"]);
    }
}

/// What is shown once everything is visible; servers may take a while to come back.
async fn settled(api: &Api, entry: i64, path: &str) -> Json {
    let seen = async {
        loop {
            let answer = api.with("seatledger-min-entry", entry).get(path).await;
            if answer.status.is_success() {
                return answer.json();
            }
            assert_eq!(answer.status, 503, "{}", answer.text);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, seen)
        .await
        .expect("everything becomes visible in the end")
}

fn start_load(
    api: &Api,
    ids: &[String],
) -> (Arc<AtomicBool>, Vec<tokio::task::JoinHandle<Changed>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let workers = ids
        .iter()
        .map(|id| tokio::spawn(change(api.clone(), id.clone(), stop.clone())))
        .collect();
    (stop, workers)
}

async fn end_load(
    stop: &AtomicBool,
    workers: Vec<tokio::task::JoinHandle<Changed>>,
) -> Vec<Changed> {
    stop.store(true, Ordering::Relaxed);
    let mut changed = Vec::new();
    for worker in workers {
        changed.push(worker.await.unwrap());
    }
    changed
}

/// The pid of an embedded server: the process whose command line names the program and the data directory and
/// whose parent is not another of them.
fn server(data_dir: &Path, program: &str) -> Pid {
    let wanted = data_dir.to_string_lossy().into_owned();
    for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let first = line.split(' ').next().unwrap_or_default();
        if first.ends_with(program) && line.contains(&wanted) {
            return Pid::from_raw(pid);
        }
    }
    panic!("no {program} runs on {wanted}");
}

#[tokio::test]
async fn servers_that_are_killed_under_load_lose_nothing() {
    let folder = Product::folder();
    let product = Product::start(folder.path()).await;
    let api = product.api();
    let ids = licenses(&api).await;
    let (stop, workers) = start_load(&api, &ids);
    for program in ["nats-server", "postgres", "nats-server", "postgres"] {
        tokio::time::sleep(Duration::from_millis(700)).await;
        kill(server(folder.path(), program), Signal::SIGKILL).unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let changed = end_load(&stop, workers).await;
    check(&api, &changed).await;
    product.stop().await;
}

/// An address at which nobody listens now.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn a_process_that_is_killed_under_load_loses_nothing() {
    let folder = Product::folder();
    // One address for all starts: whoever gives the load knows no other.
    let listen = free_address();
    let mut product = Product::start_with(folder.path(), &["--listen", &listen]).await;
    let api = product.api();
    let ids = licenses(&api).await;
    let (stop, workers) = start_load(&api, &ids);
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(900)).await;
        product.kill().await;
        product = Product::start_with(folder.path(), &["--listen", &listen]).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let changed = end_load(&stop, workers).await;
    check(&api, &changed).await;
    product.stop().await;
}

/// Copies a folder with everything below it, as `cp -a` does.
fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .arg(from)
        .arg(to)
        .status()
        .unwrap();
    assert!(copied.success());
}

#[tokio::test]
async fn a_bus_that_is_lost_or_put_back_to_an_older_copy_is_filled_again() {
    let folder = Product::folder();
    let older = Product::folder();
    let product = Product::start(folder.path()).await;
    let ids = licenses(&product.api()).await;
    product.stop().await;
    let nats = folder.path().join("nats");
    copy(&nats, &older.path().join("nats"));

    let mut changed: Vec<Changed> = Vec::new();
    for put_back in [true, false] {
        let product = Product::start(folder.path()).await;
        let api = product.api();
        if changed.is_empty() {
            let (stop, workers) = start_load(&api, &ids);
            tokio::time::sleep(Duration::from_millis(500)).await;
            changed = end_load(&stop, workers).await;
        }
        check(&api, &changed).await;
        product.stop().await;
        std::fs::remove_dir_all(&nats).unwrap();
        if put_back {
            copy(&older.path().join("nats"), &nats);
        }
    }
    let product = Product::start(folder.path()).await;
    check(&product.api(), &changed).await;
    let entry = product
        .api()
        .post("/v1/companies", json!({"name": "After"}))
        .await
        .entry();
    let _ = product.api().get_at(entry, "/v1/companies").await;
    product.stop().await;
}

#[tokio::test]
async fn a_log_that_is_put_back_beside_a_newer_bus_is_noticed() {
    let folder = Product::folder();
    let older = Product::folder();
    let product = Product::start(folder.path()).await;
    let ids = licenses(&product.api()).await;
    product.stop().await;
    copy(
        &folder.path().join("postgres"),
        &older.path().join("postgres"),
    );

    let product = Product::start(folder.path()).await;
    let (stop, workers) = start_load(&product.api(), &ids);
    tokio::time::sleep(Duration::from_millis(300)).await;
    end_load(&stop, workers).await;
    product.stop().await;
    std::fs::remove_dir_all(folder.path().join("postgres")).unwrap();
    copy(
        &older.path().join("postgres"),
        &folder.path().join("postgres"),
    );

    let product = Product::start(folder.path()).await;
    let api = product.api();
    let (stop, workers) = start_load(&api, &ids);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let changed = end_load(&stop, workers).await;
    check(&api, &changed).await;
    let metrics = api.get("/metrics").await.text;
    let alarm = metrics
        .lines()
        .find(|line| line.starts_with("bus_relay_forks_total"));
    assert!(
        alarm.is_some_and(|line| !line.ends_with(" 0")),
        "it raised an alarm: {alarm:?}"
    );
    product.stop().await;
}
