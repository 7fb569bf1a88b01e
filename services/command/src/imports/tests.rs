mod cells;
mod hostile;
mod rows;

use std::io::{Cursor, Read};

use domain::{
    Facts, Order, Subject,
    access::Principal,
    asset_type::AssetType,
    command::ClaimKey,
    ids::{AssetTypeId, CompanyId, TenantId},
    tenant::Tenant,
};
use uuid::Uuid;

use super::{Companies, FileError, Mapping, Options, Plan, Row, RowError, Sheet};

const CONTOSO: CompanyId = CompanyId(Uuid::from_u128(7));
const FABRIKAM: CompanyId = CompanyId(Uuid::from_u128(8));
const LICENSE: AssetTypeId = AssetTypeId(Uuid::from_u128(9));
const TENANT: TenantId = TenantId(Uuid::from_u128(1));

/// An account in which nothing has happened yet.
struct Opened(Subject);

impl Facts for Opened {
    fn subject(&self, stream: Uuid) -> Option<&Subject> {
        (stream == TENANT.0).then_some(&self.0)
    }

    fn version(&self, _: Uuid) -> i32 {
        0
    }

    fn claim(&self, _: &ClaimKey) -> Option<Option<Uuid>> {
        Some(None)
    }
}

/// The template's type.
fn license_type() -> AssetType {
    let opened = Opened(Subject::Tenant(Tenant {
        name: "Example MSP".to_owned(),
        time_zone: chrono_tz::UTC,
        currency: domain::money::Currency::USD,
    }));
    let order = Order {
        principal: Principal::system(TENANT),
        if_match: None,
        command: domain::Command::DefineAssetType {
            id: LICENSE,
            name: None,
            template: Some("software-license".to_owned()),
            fields: vec![],
        },
    };
    let now = chrono::DateTime::UNIX_EPOCH;
    let decided = domain::decide(TENANT, &order, &opened, now);
    let own = decided.facts.iter().filter(|fact| fact.stream == LICENSE.0);
    match Subject::fold(own.map(|fact| (fact, now))) {
        Subject::AssetType(known) => known,
        other => panic!("no type: {other:?} {:?}", decided.outcome),
    }
}

fn companies() -> Companies {
    let known = [("Contoso Dental", CONTOSO), ("Fabrikam", FABRIKAM)];
    known.into_iter().collect()
}

/// What a file asks, with what is wrong in between, and the notes about it.
type Planned = (Vec<Result<Row, RowError>>, Vec<String>);

fn planned_as(file: impl Read + Send + 'static, options: Options) -> Result<Planned, FileError> {
    planned_by(Sheet::of_csv(file)?, &Mapping::new(), options)
}

fn planned_by(mut sheet: Sheet, mapping: &Mapping, options: Options) -> Result<Planned, FileError> {
    let (asset_type, companies) = (license_type(), companies());
    let mut plan = Plan::new(&sheet.names, mapping, &asset_type, &companies, options)?;
    let mut rows = Vec::new();
    for record in &mut sheet {
        rows.push(plan.row(&record?));
    }
    Ok((rows, plan.warnings()))
}

#[track_caller]
fn planned(file: &str) -> Vec<Result<Row, RowError>> {
    planned_as(Cursor::new(file.to_owned()), Options::default())
        .expect("a file that can be read")
        .0
}

#[track_caller]
fn rows(file: &str) -> Vec<Row> {
    let rows = planned(file).into_iter();
    rows.map(|row| row.expect("a row that is fit")).collect()
}

/// The failures of a file, as people read them.
#[track_caller]
fn failures(file: &str) -> Vec<String> {
    let rows = planned(file).into_iter();
    rows.filter_map(|row| row.err().map(|error| error.to_string()))
        .collect()
}
