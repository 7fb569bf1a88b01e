//! Licenses out of a file, from the command line: the same reading, planning and landing as `POST /v1/imports`, with
//! a progress bar and a report for people.

mod drive;
mod report;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, anyhow, bail};
use command::{
    VaultDoor,
    imports::{Catalog, DateOrder, DecimalMark, Mapping, Options, Plan, Through, chosen},
};
use domain::access::Principal;
use event_log::{Reader, Role};
use uuid::Uuid;

use crate::{
    cli::ImportLicenses,
    operator::Operator,
    servers::{Need, Servers},
    settings::Settings,
};
use drive::{drive, progress, read};

/// Which comes first in a day that is no ISO date.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Dates {
    /// 31/12/2026.
    DayFirst,
    /// 12/31/2026.
    MonthFirst,
}

/// What stands before the decimals of a number.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Mark {
    /// 1,234.50.
    Point,
    /// 1.234,50.
    Comma,
}

/// Imports licenses from a CSV or XLSX file and reports what became of each row.
pub(crate) async fn licenses(settings: &Settings, options: &ImportLicenses) -> Result<()> {
    let servers = Servers::start(settings, Need::DatabasesAndHsm).await?;
    let imported = import(&servers, options).await;
    imported.and(servers.stop().await)
}

async fn import(servers: &Servers, options: &ImportLicenses) -> Result<()> {
    let vault = servers.vault().await?;
    let operator = Operator::new(servers, VaultDoor::open(vault))?;
    let imported = with(&operator, servers, options).await;
    operator.stop().await;
    imported
}

async fn with(operator: &Operator, servers: &Servers, options: &ImportLicenses) -> Result<()> {
    let principal = Principal::system(operator.tenant(options.tenant).await?);
    let catalog = Catalog::new(
        servers.log().pool(Role::Command, 4)?,
        Reader::new(servers.log().pool(Role::Projector, 4)?),
    );
    let types = catalog.asset_types(principal.tenant).await?;
    let asset_type =
        chosen(&types, options.asset_type.as_deref()).map_err(|why| anyhow!("{why} (--type)"))?;
    let companies = catalog.companies(&principal).await?;
    let of_file = || format!("cannot import {}", options.file.display());
    let (names, records) = read(&options.file).with_context(of_file)?;
    let mut plan = Plan::new(
        &names,
        &Mapping::new(),
        asset_type,
        &companies,
        how(options),
    )
    .with_context(of_file)?;
    let state = operator.state().clone();
    let ledger = Through::new(state, catalog.clone(), principal, None, Uuid::now_v7());
    let report = drive(&records, &mut plan, ledger, &progress()).await;
    report.print(&mut std::io::stdout())?;
    if report.is_complete() {
        return Ok(());
    }
    if !report.rows.failed.is_empty() {
        let failures = report
            .write_failures(&options.file)
            .context("cannot write down what failed")?;
        println!("what did not land is listed in {}", failures.display());
    }
    bail!("not every row landed")
}

fn how(options: &ImportLicenses) -> Options {
    Options {
        create_companies: options.create_companies,
        company: None,
        dates: options.dates.map(|dates| match dates {
            Dates::DayFirst => DateOrder::DayFirst,
            Dates::MonthFirst => DateOrder::MonthFirst,
        }),
        decimal_mark: options.decimal_mark.map(|mark| match mark {
            Mark::Point => DecimalMark::Point,
            Mark::Comma => DecimalMark::Comma,
        }),
    }
}
