//! Python's SMTP server, as a process of its own.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

pub(crate) struct Server {
    pub(crate) port: u16,
    /// The certificate that it shows, and that is its own authority.
    pub(crate) root_pem: String,
    told: mpsc::UnboundedReceiver<String>,
    _process: Child,
    _files: tempfile::TempDir,
}

impl Server {
    pub(crate) async fn start(security: &str, login: bool) -> Self {
        let files = tempfile::tempdir().unwrap();
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
        std::fs::write(&cert, own.cert.pem()).unwrap();
        std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
        let options = json!({"security": security, "login": login, "cert": cert, "key": key});
        let mut process = python()
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/server.py"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python3 starts");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (tell, mut told) = mpsc::unbounded_channel();
        // Read at once: a server that waits for room in the pipe answers nobody.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let port = told
            .recv()
            .await
            .expect("Python's SMTP server starts; is aiosmtpd there? run deploy/test");
        let port: Value = serde_json::from_str(&port).unwrap();
        Self {
            port: port["port"].as_u64().unwrap().try_into().unwrap(),
            root_pem: own.cert.pem(),
            told,
            _process: process,
            _files: files,
        }
    }

    /// The next mail that it took.
    pub(crate) async fn mail(&mut self) -> Value {
        let line = self.told.recv().await.unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by deploy/test where it put things"
)]
fn python() -> Command {
    let packages = std::env::var("SEATLEDGER_TEST_PYTHON")
        .expect("SEATLEDGER_TEST_PYTHON names the folder of Python's packages: run deploy/test");
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", packages);
    command
}
