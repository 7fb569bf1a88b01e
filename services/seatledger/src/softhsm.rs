//! SoftHSM finds its configuration by an environment variable, which must be set before the process starts.

use std::{
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::settings::Settings;

/// The variable.
const CONFIGURATION: &str = "SOFTHSM2_CONF";

/// Starts the process again with the variable set, if it needs the embedded SoftHSM and has not got it.
pub(crate) fn with_its_configuration(settings: &Settings) -> io::Result<()> {
    if settings.pkcs11_module.is_some() || settings.softhsm2_conf.is_some() {
        return Ok(());
    }
    let data_dir: PathBuf = std::path::absolute(Path::new(&settings.data_dir))?;
    let conf = embedded::SoftHsm::conf(&data_dir);
    let again = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(CONFIGURATION, conf)
        .exec();
    // It only comes back if it failed.
    Err(again)
}
