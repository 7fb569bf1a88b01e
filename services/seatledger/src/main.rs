//! The one binary: `seatledger run`, its parts, and the admin command line.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to its terminal"
)]

mod admin;
mod cli;
mod database;
mod demo;
mod doctor;
mod import;
mod keys;
mod openapi;
mod operator;
mod rebuild;
mod remote;
mod run;
mod servers;
mod settings;
mod softhsm;
mod stop;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if let Err(error) = softhsm::with_its_configuration(&cli.settings) {
        eprintln!("seatledger: cannot start again with SoftHSM's configuration: {error}");
        return ExitCode::FAILURE;
    }
    let format = if cli.settings.log_json {
        web::telemetry::LogFormat::Json
    } else {
        web::telemetry::LogFormat::Text
    };
    if let Err(error) = web::telemetry::init_logs(&cli.settings.log, format) {
        eprintln!("seatledger: {error}");
        return ExitCode::FAILURE;
    }
    match cli.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seatledger: {error:#}");
            ExitCode::FAILURE
        }
    }
}
