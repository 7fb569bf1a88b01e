mod cells;
mod landing;
mod rows;

use std::io::Read;

use domain::{
    asset_type::AssetType,
    command::CompanyDraft,
    ids::{AssetTypeId, CompanyId},
};
use uuid::Uuid;

use super::{Companies, FileError, Options, Plan, Row, RowError, Trouble};
use crate::demo::testing::Ledger;

const CONTOSO: CompanyId = CompanyId(Uuid::from_u128(7));
const FABRIKAM: CompanyId = CompanyId(Uuid::from_u128(8));
const LICENSE: AssetTypeId = AssetTypeId(Uuid::from_u128(9));

/// A ledger with the template's type and two companies.
fn ledger() -> Ledger {
    let mut ledger = Ledger::on("2026-11-24".parse().expect("a date"));
    let define = domain::Command::DefineAssetType {
        id: LICENSE,
        name: None,
        template: Some("software-license".to_owned()),
        fields: vec![],
    };
    ledger.give(define).expect("a type");
    for (id, name) in [(CONTOSO, "Contoso Dental"), (FABRIKAM, "Fabrikam")] {
        let draft = CompanyDraft {
            name: name.to_owned(),
            ..CompanyDraft::default()
        };
        let add = domain::Command::AddCompany { id, draft };
        ledger.give(add).expect("a company");
    }
    ledger
}

fn license_type() -> AssetType {
    ledger().asset_type(LICENSE).clone()
}

fn companies() -> Companies {
    let known = [("Contoso Dental", CONTOSO), ("Fabrikam", FABRIKAM)];
    known.into_iter().collect()
}

/// What a file asks, with what is wrong in between, and the notes about it.
type Planned = (Vec<Result<Row, RowError>>, Vec<String>);

fn planned_as(file: impl Read, options: Options) -> Result<Planned, FileError> {
    let (asset_type, companies) = (license_type(), companies());
    let mut plan = Plan::new(file, &asset_type, &companies, options)?;
    let mut rows = Vec::new();
    for planned in &mut plan {
        match planned {
            Ok(row) => rows.push(Ok(row)),
            Err(Trouble::Row(error)) => rows.push(Err(error)),
            Err(Trouble::File(error)) => return Err(error),
        }
    }
    Ok((rows, plan.warnings().to_vec()))
}

#[track_caller]
fn planned(file: &str) -> Vec<Result<Row, RowError>> {
    planned_as(file.as_bytes(), Options::default())
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
