//! When something is worth an alert, where that is not as for all, and what is in force then.

use std::collections::BTreeSet;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    access::Resource,
    alert::{AlertOverrides, AlertRules, Kind},
    ids::{AssetId, AssetTypeId, CompanyId},
};
use read_models::query::{Statement, parameter};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Row, types::Json as PgJson};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{
    extract::Path,
    headers::ETag,
    problem::{Kind as ProblemKind, Problem, Problems},
};

use crate::{
    parameters::NewEnough,
    read::{Context, Reading},
    row::Columns,
};

/// When something is worth an alert, of a company, an asset type or an asset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertPolicy {
    /// What is otherwise than for all; null where it is not.
    overrides: Overrides,
    /// What it comes to. An asset goes by its own policy, then by its company's, its type's and the account's.
    in_force: InForce,
    /// The version of the company, type or asset.
    version: i32,
}

/// What is said of one level.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertPolicyOverrides)]
struct Overrides {
    /// Days before a deadline at which it is brought to mind, longest first.
    lead_days: Option<Vec<u32>>,
    /// A shortage is told when it has lasted so many hours.
    shortage_after_hours: Option<u32>,
    /// A surplus is told when it has lasted so many days.
    surplus_after_days: Option<u32>,
    /// Fewer free seats than this are told.
    min_free_seats: Option<i64>,
    /// Kinds of alerts that are never told.
    muted: Option<Vec<String>>,
}

/// What is in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertPolicyInForce)]
struct InForce {
    lead_days: Vec<u32>,
    shortage_after_hours: u32,
    surplus_after_days: u32,
    /// Few free seats are never told if null.
    min_free_seats: Option<i64>,
    muted: Vec<&'static str>,
}

/// What is asked about.
#[derive(Clone, Copy)]
enum Of {
    Company(CompanyId),
    AssetType(AssetTypeId),
    Asset(AssetId),
}

/// When something is worth an alert, for a company.
#[utoipa::path(get, path = "/v1/companies/{id}/policy", operation_id = "get_company_policy", tag = "Policy",
    params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = AlertPolicy, headers(("ETag" = String, description = "The company's version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn of_company(
    reading: Reading,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::Company(CompanyId(id)))?;
    answer(&reading, Of::Company(CompanyId(id))).await
}

/// When something is worth an alert, for the assets of a type.
#[utoipa::path(get, path = "/v1/asset-types/{id}/policy", operation_id = "get_asset_type_policy", tag = "Policy",
    params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = AlertPolicy, headers(("ETag" = String, description = "The type's version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn of_asset_type(
    reading: Reading,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    reading.may_read(Resource::AssetTypes)?;
    answer(&reading, Of::AssetType(AssetTypeId(id))).await
}

/// When something is worth an alert, for an asset.
#[utoipa::path(get, path = "/v1/assets/{id}/policy", operation_id = "get_asset_policy", tag = "Policy",
    params(("id" = Uuid, Path), NewEnough),
    responses((status = OK, body = AlertPolicy, headers(("ETag" = String, description = "The asset's version."))), Problems),
    security(("token" = [])))]
pub(crate) async fn of_asset(reading: Reading, Path(id): Path<Uuid>) -> Result<Response, Problem> {
    reading.may_read(Resource::Companies)?;
    answer(&reading, Of::Asset(AssetId(id))).await
}

async fn answer(reading: &Reading, of: Of) -> Result<Response, Problem> {
    let (row, answered) = reading.ask_one(|asked| levels(asked, of)).await?;
    if let Of::Asset(_) = of {
        let company: Option<Uuid> = row.read("asset_company_id")?;
        let company = company.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
        reading.may_read(Resource::Asset(CompanyId(company)))?;
    }
    let version: Option<i32> = row.read(match of {
        Of::Company(_) => "company_version",
        Of::AssetType(_) => "type_version",
        Of::Asset(_) => "asset_version",
    })?;
    let version = version.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    let mut rules = account_rules(&row)?;
    let mut own = Overrides::default();
    // From the least to the most particular.
    for (level, is_own) in [
        ("type_alerts", matches!(of, Of::AssetType(_))),
        ("company_alerts", matches!(of, Of::Company(_))),
        ("asset_alerts", matches!(of, Of::Asset(_))),
    ] {
        let said = row.read::<Option<PgJson<Overrides>>>(level)?;
        let said = said.map_or_else(Overrides::default, |PgJson(said)| said);
        rules = rules.with(&said.read());
        if is_own {
            own = said;
        }
    }
    let policy = AlertPolicy {
        overrides: own,
        in_force: InForce::of(rules),
        version,
    };
    Ok((answered.entry, ETag(version), Json(policy)).into_response())
}

fn levels(asked: &Context, of: Of) -> Statement {
    let (company, asset_type, asset) = match of {
        Of::Company(id) => (Some(id.0), None, None),
        Of::AssetType(id) => (None, Some(id.0), None),
        Of::Asset(id) => (None, None, Some(id.0)),
    };
    Statement {
        models: &["register"],
        sql: include_str!("alert_policies.sql").into(),
        parameters: vec![
            parameter(asked.tenant),
            parameter(asked.today),
            parameter(company),
            parameter(asset_type),
            parameter(asset),
        ],
        planned_anew: false,
    }
}

fn account_rules(row: &Row) -> Result<AlertRules, Problem> {
    let number = |given: i32| u32::try_from(given).unwrap_or(0);
    let lead_days: Vec<i32> = row.read("lead_days")?;
    let muted: Vec<String> = row.read("muted")?;
    Ok(AlertRules {
        lead_days: lead_days.into_iter().map(number).collect(),
        shortage_after_hours: number(row.read("shortage_after_hours")?),
        surplus_after_days: number(row.read("surplus_after_days")?),
        min_free_seats: row.read("min_free_seats")?,
        muted: kinds(&muted),
    })
}

/// The model writes no other words.
fn kinds(words: &[String]) -> BTreeSet<Kind> {
    words.iter().filter_map(|word| Kind::parse(word)).collect()
}

impl Overrides {
    fn read(&self) -> AlertOverrides {
        AlertOverrides {
            lead_days: self.lead_days.clone(),
            shortage_after_hours: self.shortage_after_hours,
            surplus_after_days: self.surplus_after_days,
            min_free_seats: self.min_free_seats,
            muted: self.muted.as_deref().map(kinds),
        }
    }
}

impl InForce {
    fn of(rules: AlertRules) -> Self {
        Self {
            lead_days: rules.lead_days,
            shortage_after_hours: rules.shortage_after_hours,
            surplus_after_days: rules.surplus_after_days,
            min_free_seats: rules.min_free_seats,
            muted: rules.muted.into_iter().map(Kind::as_str).collect(),
        }
    }
}
