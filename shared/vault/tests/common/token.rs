//! A token of a test's own. Its test runs again as a process of its own: SoftHSM's configuration comes from the
//! environment, which has to be set before the process starts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use vault::VaultConfig;

use super::config;

/// Where the process of its own finds its folder.
const FOLDER: &str = "VAULT_TEST_FOLDER";
const SOFTHSM_CONF: &str = "SOFTHSM2_CONF";

const PIN: &str = "87654321";
const LABEL: &str = "private";

/// In the process of its own, its folder; None in the process that started it and saw it succeed.
pub(crate) fn own_process(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tokens")).unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    let tokens = folder.path().join("tokens");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&configuration, text).unwrap();
    let ran = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .env(SOFTHSM_CONF, &configuration)
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("1 passed"), "{stdout}\n{stderr}");
    None
}

pub(crate) fn private_config() -> VaultConfig {
    VaultConfig {
        token_label: LABEL.to_owned(),
        pin: PIN.into(),
        ..config()
    }
}

/// Makes a token in the process's folder, with what `fill` puts in.
pub(crate) fn make_token(fill: impl FnOnce(&Session)) {
    let pin = AuthPin::from(PIN);
    let pkcs11 = module();
    let slot = pkcs11.get_all_slots().unwrap()[0];
    pkcs11.init_token(slot, &pin, LABEL).unwrap();
    let session = pkcs11.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&pin)).unwrap();
    session.init_pin(&pin).unwrap();
    drop(session);
    pkcs11.finalize().unwrap();

    let (pkcs11, session) = token_session();
    fill(&session);
    drop(session);
    pkcs11.finalize().unwrap();
}

/// A session that may write to the token.
pub(crate) fn token_session() -> (Pkcs11, Session) {
    let pkcs11 = module();
    let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
    let session = pkcs11.open_rw_session(slot).unwrap();
    session
        .login(UserType::User, Some(&AuthPin::from(PIN)))
        .unwrap();
    (pkcs11, session)
}

pub(crate) fn module() -> Pkcs11 {
    let pkcs11 = Pkcs11::new(config().module).unwrap();
    pkcs11
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .unwrap();
    pkcs11
}

pub(crate) fn make_key(
    session: &Session,
    label: &str,
    extractable: bool,
) -> cryptoki::object::ObjectHandle {
    session
        .generate_key(
            &Mechanism::AesKeyGen,
            &[
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(extractable),
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
                Attribute::ValueLen(32.into()),
                Attribute::Label(label.into()),
            ],
        )
        .unwrap()
}

pub(crate) fn start_over(folder: &Path) {
    let tokens = folder.join("tokens");
    fs::remove_dir_all(&tokens).unwrap();
    fs::create_dir(&tokens).unwrap();
}
