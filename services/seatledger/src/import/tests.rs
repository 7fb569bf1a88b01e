mod landing;

use command::imports::Companies;
use domain::{
    asset_type::AssetType,
    command::CompanyDraft,
    ids::{AssetTypeId, CompanyId},
};
use uuid::Uuid;

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
