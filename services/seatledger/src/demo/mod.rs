//! A made MSP to look around in: its companies, licenses and certificates, and what became of them in two years.
//!
//! Pure and deterministic: the same tenant and day give the same commands with the same ids, so that no
//! license can be made twice. Products, vendors and rough prices are real; companies,
//! counts and keys are invented.

mod catalog;
mod certificates;
mod chance;
mod companies;
mod deals;
mod documents;
mod holders;
mod holdings;
mod ids;
mod load;
mod products;
mod schemas;
mod tale;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use domain::{
    Command,
    command::CompanyDraft,
    ids::{AssetId, TenantId},
    value::SecretRef,
};

use companies::{COMPANIES, Company};
pub(crate) use holders::Holders;
use ids::Ids;
pub(crate) use load::load;

/// The made MSP, which is also its own company.
pub(crate) const MSP_NAME: &str = "Northwind IT Services";
/// Its calendar.
pub(crate) const TIME_ZONE: &str = "America/Chicago";

/// One command of the demo. They build on each other: give them in order, and stop at the first refusal.
#[derive(Debug)]
pub(crate) struct Step {
    /// Unique, and the same in every load.
    pub(crate) name: String,
    /// What to do. A made-up license key stands among its values, to be sealed like any other.
    pub(crate) command: Command,
    /// Why somebody did it.
    pub(crate) reason: Option<&'static str>,
    /// Keys that the command names and that have to be sealed before it is given.
    pub(crate) keys: Vec<NewKey>,
}

/// A made-up license key that stands beside the fields of a license.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    /// Whose it is.
    pub(crate) asset: AssetId,
    /// Under which id it is sealed.
    pub(crate) secret: SecretRef,
    /// The key.
    pub(crate) value: String,
}

impl Step {
    fn new(name: impl Into<String>, command: Command) -> Self {
        Self {
            name: name.into(),
            command,
            reason: None,
            keys: Vec::new(),
        }
    }

    fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }
}

/// All that the made MSP did, as it stands on `today`, in an account that is open and knows the well-known products.
/// It reckons in dollars.
#[must_use]
pub(crate) fn steps(tenant: TenantId, today: NaiveDate, holders: &Holders) -> Vec<Step> {
    let ids = Ids::of(tenant);
    let mut steps = schemas::steps(&ids);
    steps.extend(catalog::steps(&ids));
    for company in &COMPANIES {
        steps.push(add(company, &ids));
        let holdings = company.holdings.iter().copied().flatten();
        steps.extend(holdings.flat_map(|holding| tale::tell(company, holding, &ids, today)));
        steps.extend(certificates::steps(company, &ids, today));
    }
    steps.extend(
        deals::DEALS
            .iter()
            .flat_map(|deal| deals::tell(deal, &ids, holders, today)),
    );
    steps.extend(deals::decisions(&ids));
    steps.extend(documents::steps(&ids));
    steps
}

fn add(company: &Company, ids: &Ids) -> Step {
    let draft = CompanyDraft {
        name: company.name.to_owned(),
        own: company.own,
        time_zone: company.time_zone.map(str::to_owned),
        external_ids: vec![("connectwise".to_owned(), company.connectwise.to_owned())],
    };
    let id = ids.company(company.name);
    Step::new(company.name, Command::AddCompany { id, draft })
}
