//! With the HSM down everything but secrets works.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use command::VaultDoor;
use embedded::testing;
use reqwest::Method;
use serde_json::json;
use vault::{THREADS_DEFAULT, Vault, VaultConfig};

use crate::stage::Stage;

#[tokio::test]
async fn without_a_vault_only_secrets_are_unavailable() {
    let stage = Stage::with_vault(VaultDoor::closed()).await;
    let asset = stage
        .license(json!({ "vendor": "Example", "total_seats": 3 }))
        .await;
    let path = format!("/v1/assets/{asset}");
    stage
        .patch(
            &path,
            json!({ "values": { "vendor": "Other", "license_key": null } }),
        )
        .await
        .done();
    let length = stage.log_length().await;
    for (method, path, body) in [
        (
            Method::PATCH,
            path.clone(),
            json!({ "values": { "license_key": "AAAAA" } }),
        ),
        (
            Method::POST,
            format!("{path}/secrets/license_key/reveal"),
            json!({}),
        ),
    ] {
        let reply = stage
            .ask(method, &path)
            .json(&body)
            .send()
            .await
            .problem(503, "vault-unavailable");
        assert!(reply.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    assert_eq!(
        stage.log_length().await,
        length,
        "what can't be shown costs no budget"
    );
}

/// Where the process of its own finds its token.
const FOLDER: &str = "COMMAND_OUTAGE_FOLDER";
const LABEL: &str = "outage";
const PIN: &str = "87654321";

/// Between looks at whether the HSM is back, and how often it is looked: well above the vault's longest pause.
const POLL: Duration = Duration::from_millis(50);
const LOOKS_MAX: usize = 1_200;

#[tokio::test]
async fn a_token_that_vanishes_closes_secrets_alone_and_opens_them_when_it_is_back() {
    let name = "outage::a_token_that_vanishes_closes_secrets_alone_and_opens_them_when_it_is_back";
    let Some(folder) = own_process(name) else {
        return;
    };
    let config = VaultConfig {
        module: testing::hsm().module,
        token_label: LABEL.to_owned(),
        pin: PIN.into(),
        threads: THREADS_DEFAULT,
    };
    let vault = Vault::initialize(config).await.unwrap();
    let stage = Stage::with_vault(VaultDoor::open(vault)).await;
    let asset = stage
        .license(json!({ "license_key": "AAAAA", "total_seats": 1 }))
        .await;
    let path = format!("/v1/assets/{asset}");
    let reveal = || {
        stage
            .ask(Method::POST, &format!("{path}/secrets/license_key/reveal"))
            .send()
    };
    let set = || stage.patch(&path, json!({ "values": { "license_key": "BBBBB" } }));

    fs::rename(folder.join("tokens"), folder.join("gone")).unwrap();
    until(async || reveal().await.status == 503).await;
    reveal().await.problem(503, "vault-unavailable");
    set().await.problem(503, "vault-unavailable");
    stage
        .patch(
            &path,
            json!({ "values": { "total_seats": 2, "vendor": "Example" } }),
        )
        .await
        .done();
    stage.company("Fabrikam").await;

    fs::rename(folder.join("gone"), folder.join("tokens")).unwrap();
    until(async || set().await.status == 200).await;
    assert_eq!(reveal().await.done().body["value"], "BBBBB");
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if holds().await {
            return;
        }
        tokio::time::sleep(POLL).await;
    }
    panic!("waited in vain");
}

/// Runs the test again as a process of its own, with a token of its own: SoftHSM reads its configuration from
/// the environment, which has to be set before the process starts. Answers the folder in that process.
fn own_process(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\n",
        tokens.display()
    );
    fs::write(&configuration, text).unwrap();
    let run = |program: &std::path::Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env(FOLDER, folder.path())
            .env(testing::HSM_CONF, &configuration);
        let ran = command.output().unwrap();
        let (stdout, stderr) = (
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr),
        );
        assert!(ran.status.success(), "{stdout}\n{stderr}");
        stdout.into_owned()
    };
    let module = testing::hsm().module;
    let module = module.to_str().unwrap();
    let util = testing::programs().softhsm_util.unwrap();
    let token = [
        "--init-token",
        "--free",
        "--label",
        LABEL,
        "--pin",
        PIN,
        "--so-pin",
        PIN,
        "--module",
        module,
    ];
    run(&util, &token);
    let stdout = run(
        &std::env::current_exe().unwrap(),
        &[test, "--exact", "--nocapture"],
    );
    assert!(stdout.contains("1 passed"), "{stdout}");
    None
}
