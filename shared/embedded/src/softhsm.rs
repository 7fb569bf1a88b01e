//! A SoftHSM token of our own, opened through PKCS#11 in this process.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::binaries::SoftHsmBinaries;
use crate::error::Error;
use crate::{files, launch};

/// The token's label, by which it is found: its slot number changes when it is initialized.
const LABEL: &str = "seatledger";

/// An initialized SoftHSM token.
#[derive(Debug, Clone)]
pub struct SoftHsm {
    /// The PKCS#11 module to load.
    pub module: PathBuf,
    /// The token's label.
    pub token_label: String,
    /// The file (mode 0600) with the user PIN.
    pub pin_file: PathBuf,
    /// What `SOFTHSM2_CONF` must be when the process that loads the module starts.
    pub conf: PathBuf,
}

impl SoftHsm {
    /// Writes the configuration and initializes the token, unless that was done. The token belongs to
    /// this process, which loads the module, not to the servers' account.
    pub(crate) async fn prepare(
        data_dir: &Path,
        binaries: &SoftHsmBinaries,
    ) -> Result<Self, Error> {
        let folder = data_dir.join("softhsm");
        let tokens = folder.join("tokens");
        let secrets = data_dir.join("secrets");
        files::folder(&folder, 0o700)?;
        files::folder(&tokens, 0o700)?;
        let conf = Self::conf(data_dir);
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
            tokens.display()
        );
        std::fs::write(&conf, text).map_err(Error::file("write", &conf))?;
        let this = Self {
            module: binaries.module.clone(),
            token_label: LABEL.to_owned(),
            pin_file: secrets.join("hsm-pin"),
            conf,
        };
        if !this.is_initialized(binaries).await? {
            let so_pin = files::secret(&secrets.join("hsm-so-pin"))?;
            let pin = files::secret(&this.pin_file)?;
            // The tool takes PINs from its arguments or a terminal alone. Whoever saw them in the
            // process table could do nothing with them: only we can read the token's files.
            let arguments = [
                "--init-token",
                "--free",
                "--label",
                LABEL,
                "--so-pin",
                &so_pin,
                "--pin",
                &pin,
            ];
            this.util(binaries, &arguments).await?;
            this.flush().await?;
        }
        if !this.pin_file.exists() {
            return Err(Error::PinLost {
                pin_file: this.pin_file,
            });
        }
        Ok(this)
    }

    /// Where a data directory has its configuration: what `SOFTHSM2_CONF` must be.
    pub fn conf(data_dir: &Path) -> PathBuf {
        data_dir.join("softhsm/softhsm2.conf")
    }

    /// Makes the token's objects survive a power cut. SoftHSM leaves them to the system's cache, so
    /// whoever made a key calls this before anything is encrypted with it.
    ///
    /// # Errors
    /// That the file system can't be flushed.
    pub async fn flush(&self) -> Result<(), Error> {
        files::flush_all(&self.conf).await
    }

    /// That this process was started with the configuration of this token.
    pub(crate) fn check_conf(&self, found: Option<&Path>) -> Result<(), Error> {
        let same = found.and_then(|path| path.canonicalize().ok()) == self.conf.canonicalize().ok();
        if same {
            return Ok(());
        }
        Err(Error::SoftHsmConf {
            expected: self.conf.clone(),
            found: found.map(Path::to_owned),
        })
    }

    async fn is_initialized(&self, binaries: &SoftHsmBinaries) -> Result<bool, Error> {
        let slots = self.util(binaries, &["--show-slots"]).await?;
        Ok(slots
            .lines()
            .any(|line| line.trim().strip_prefix("Label:").map(str::trim) == Some(LABEL)))
    }

    async fn util(&self, binaries: &SoftHsmBinaries, arguments: &[&str]) -> Result<String, Error> {
        let mut command = Command::new(&binaries.util);
        command
            .arg("--module")
            .arg(&self.module)
            .args(arguments.iter().map(OsStr::new));
        command.env("SOFTHSM2_CONF", &self.conf);
        launch::run(command, "softhsm2-util", &binaries.util).await
    }
}
