//! A made MSP to look around in: its companies, licenses and certificates, and what became of them in two years.
//!
//! Pure and deterministic: the same tenant and day give the same commands with the same ids, so that no
//! license can be made twice. Products, vendors and rough prices are real; companies,
//! counts and keys are invented.

mod certificates;
mod chance;
mod companies;
mod documents;
mod holdings;
mod ids;
mod products;
mod schemas;
mod tale;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use domain::{Command, command::CompanyDraft, ids::TenantId};

use companies::{COMPANIES, Company};
use ids::Ids;

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
}

impl Step {
    fn new(name: impl Into<String>, command: Command) -> Self {
        Self {
            name: name.into(),
            command,
            reason: None,
        }
    }

    fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }
}

/// All that the made MSP did, as it stands on `today`, in an account that is open. It reckons in dollars.
#[must_use]
pub(crate) fn steps(tenant: TenantId, today: NaiveDate) -> Vec<Step> {
    let ids = Ids::of(tenant);
    let mut steps = schemas::steps(&ids);
    for company in &COMPANIES {
        steps.push(add(company, &ids));
        let holdings = company.holdings.iter().copied().flatten();
        steps.extend(holdings.flat_map(|holding| tale::tell(company, holding, &ids, today)));
        steps.extend(certificates::steps(company, &ids, today));
    }
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
