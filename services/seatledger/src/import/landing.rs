//! The ledger as rows land in it: secrets are sealed, and one that the vault holds already is left alone.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use command::{Done, VaultDoor};
use domain::{
    Command, FieldError, Subject,
    asset_type::AssetType,
    command::CompanyDraft,
    ids::{AssetId, CompanyId, TenantId},
};
use event_log::{Reader, Role};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::{Aad, SecretStore, Vault};
use web::problem::Problem;

use super::{Companies, Landed, Ledger, Options, Reason, Row, drive, drive::progress};
use crate::{
    cli::ImportLicenses,
    database::{Database, connect},
    operator::Operator,
    servers::{Need, Servers},
    settings::Settings,
};

/// The streams of types and companies, which a file's rows are read by.
const CATALOG: &str = "select stream_id from log.event \
                       where tenant_id = $1 and type in ('AssetTypeDefined', 'CompanyAdded') order by sequence";

/// Imports licenses from a CSV file and reports what became of each row.
pub(crate) async fn licenses(settings: &Settings, options: &ImportLicenses) -> Result<()> {
    let servers = Servers::start(settings, Need::DatabasesAndHsm).await?;
    let imported = import(&servers, options).await;
    imported.and(servers.stop().await)
}

async fn import(servers: &Servers, options: &ImportLicenses) -> Result<()> {
    let vault = servers.vault().await?;
    let operator = Operator::new(servers, VaultDoor::open(vault.clone()))?;
    let tenant = operator.tenant(options.tenant).await?;
    let (types, companies) = catalog(servers.log(), tenant).await?;
    let asset_type = chosen(&types, options.asset_type.as_deref())?;
    let secrets = SecretStore::new(servers.log().pool(Role::Vault, 2)?);
    let ledger = Arc::new(Landing {
        operator,
        tenant,
        vault,
        secrets,
    });
    let how = Options {
        create_companies: options.create_companies,
        dates: options.dates,
        decimal_mark: options.decimal_mark,
    };
    let report = drive(
        &options.file,
        asset_type,
        &companies,
        how,
        ledger.clone(),
        &progress(),
    )
    .await;
    if let Ok(landing) = Arc::try_unwrap(ledger) {
        landing.operator.stop().await;
    }
    let report = report.with_context(|| format!("cannot import {}", options.file.display()))?;
    report.print(&mut std::io::stdout())?;
    if report.is_complete() {
        return Ok(());
    }
    if !report.failed.is_empty() {
        let failures = report
            .write_failures(&options.file)
            .context("cannot write down what failed")?;
        println!("what did not land is listed in {}", failures.display());
    }
    bail!("not every row landed")
}

/// The account's asset types and companies.
async fn catalog(log: &Database, tenant: TenantId) -> Result<(Vec<AssetType>, Companies)> {
    let client = connect(&log.role(Role::Projector)?).await?;
    let reader = Reader::new(log.pool(Role::Projector, 2)?);
    let (mut types, mut companies) = (Vec::new(), Vec::new());
    for row in client
        .query(CATALOG, &[&tenant.0])
        .await
        .context("cannot read the log")?
    {
        match fold(&reader, tenant, row.get(0)).await? {
            Subject::AssetType(asset_type) if !asset_type.archived => types.push(asset_type),
            Subject::Company(company) if !company.archived => {
                companies.push((company.name, company.id));
            }
            _ => {}
        }
    }
    Ok((types, companies.into_iter().collect()))
}

/// The state of one stream, folded from the log.
async fn fold(reader: &Reader, tenant: TenantId, stream: Uuid) -> Result<Subject> {
    /// What the reader gives at once at most.
    const PAGE: usize = 1_000;
    let (mut subject, mut version) = (Subject::default(), 0);
    loop {
        let page = reader
            .read_stream(tenant.0, stream, version, PAGE)
            .await
            .context("cannot read the log")?;
        for recorded in &page {
            subject.evolve(&contract::fact(recorded)?, recorded.recorded_at);
            version = recorded.version;
        }
        if page.len() < PAGE {
            return Ok(subject);
        }
    }
}

/// The type that is meant: by id, by name, or the only type of licenses.
fn chosen<'a>(types: &'a [AssetType], named: Option<&str>) -> Result<&'a AssetType> {
    if let Some(named) = named {
        let is_meant = |asset_type: &&AssetType| {
            asset_type.id.to_string() == named || asset_type.name.eq_ignore_ascii_case(named)
        };
        return types
            .iter()
            .find(is_meant)
            .ok_or_else(|| anyhow!("there is no asset type {named:?}"));
    }
    let licenses: Vec<&AssetType> = types
        .iter()
        .filter(|asset_type| asset_type.is_license())
        .collect();
    match licenses.as_slice() {
        [only] => Ok(only),
        [] => bail!(
            "there is no type of licenses yet: make one, such as from the template software-license"
        ),
        several => {
            let names: Vec<&str> = several
                .iter()
                .map(|asset_type| asset_type.name.as_str())
                .collect();
            bail!(
                "there are several types of licenses: name one with --type: {}",
                names.join(", ")
            )
        }
    }
}

struct Landing {
    operator: Operator,
    tenant: TenantId,
    vault: Vault,
    secrets: SecretStore,
}

impl Ledger for Landing {
    async fn add_company(&self, name: &str) -> Result<CompanyId, Reason> {
        let id = CompanyId(Uuid::now_v7());
        let draft = CompanyDraft {
            name: name.to_owned(),
            ..CompanyDraft::default()
        };
        self.give(Command::AddCompany { id, draft }).await?;
        Ok(id)
    }

    async fn put(&self, mut row: Row, company: Option<CompanyId>) -> Result<Landed, Reason> {
        let new = AssetId(Uuid::now_v7());
        let secrets = std::mem::take(&mut row.secrets);
        let found = self
            .operator
            .find_secrets(self.tenant, row.secrets_of(new))
            .await
            .map_err(|why| reason(&why))?;
        let mut command = row.command(new, company, BTreeMap::new());
        for (key, plaintext) in secrets {
            let held = match found.fields.get(key.as_str()) {
                Some((secret, version)) if *version > 0 => {
                    self.holds(&self.aad(found.asset, secret.0, &key, *version), &plaintext)
                        .await?
                }
                _ => false,
            };
            if !held {
                // Sealed on the way in, like a value that comes over HTTP.
                insert(&mut command, key, plaintext.expose_secret());
            }
        }
        let done = self.give(command).await?;
        Ok(
            match (done.status.as_u16(), done.version == found.version) {
                (201, _) => Landed::New,
                (_, true) => Landed::Unchanged,
                _ => Landed::Changed,
            },
        )
    }
}

impl Landing {
    async fn give(&self, command: Command) -> Result<Done, Reason> {
        self.operator
            .carry_out(self.tenant, command)
            .await
            .map_err(|why| reason(&why))
    }

    fn aad(&self, asset: AssetId, secret_id: Uuid, field_key: &str, version: i32) -> Aad {
        let field_key = field_key.to_owned();
        Aad {
            tenant_id: self.tenant.0,
            asset_id: asset.0,
            secret_id,
            field_key,
            version,
        }
    }

    /// Whether the vault holds this very secret. It is compared here and shown to nobody.
    async fn holds(&self, aad: &Aad, plaintext: &SecretString) -> Result<bool, Reason> {
        let unavailable = |error: &dyn std::fmt::Display| Reason::Unavailable(error.to_string());
        let Some(sealed) = self
            .secrets
            .get(aad)
            .await
            .map_err(|error| unavailable(&error))?
        else {
            return Ok(false);
        };
        let held = self
            .vault
            .open(aad, &sealed)
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(held.expose_secret() == plaintext.expose_secret())
    }
}

fn insert(command: &mut Command, key: String, plaintext: &str) {
    let values = match command {
        Command::PutAsset { draft, .. } => &mut draft.values,
        Command::ChangeAsset { patch, .. } => &mut patch.values,
        _ => return,
    };
    values.insert(key, serde_json::Value::from(plaintext));
}

fn reason(problem: &Problem) -> Reason {
    let status = problem.kind().status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Reason::Unavailable(
            problem
                .detail()
                .unwrap_or(problem.kind().title())
                .to_owned(),
        );
    }
    let errors: Vec<FieldError> = problem
        .errors()
        .iter()
        .map(|error| FieldError {
            field: error.field.trim_start_matches("values.").to_owned(),
            message: error.message.clone(),
        })
        .collect();
    if !errors.is_empty() {
        return Reason::Refused(errors);
    }
    let message = problem
        .detail()
        .unwrap_or(problem.kind().title())
        .to_owned();
    Reason::Refused(vec![FieldError {
        field: String::new(),
        message,
    }])
}
