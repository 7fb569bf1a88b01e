//! A made MSP to look around in: its companies, licenses and certificates, and what became of them in two years.
//!
//! Pure and deterministic: the same tenant and day give the same commands with the same ids, so that [`probe`]
//! can tell whether they were given before. Products, vendors and rough prices are real; companies,
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
use domain::{
    Command,
    command::{CompanyDraft, SecretsOf},
    ids::{AssetId, TenantId},
    value::SecretRef,
};
use secrecy::SecretString;

use companies::{COMPANIES, Company};
use ids::Ids;

/// The made MSP, which is also its own company.
pub(crate) const MSP_NAME: &str = "Northwind IT Services";
/// Its calendar.
pub(crate) const TIME_ZONE: chrono_tz::Tz = chrono_tz::America::Chicago;
/// What it reckons in.
pub(crate) const CURRENCY: domain::money::Currency = domain::money::Currency::USD;

/// One command of the demo. They build on each other: give them in order, and stop at the first refusal.
#[derive(Debug)]
pub(crate) struct Step {
    /// Unique and the same in every load of one tenant and day, so that it can serve as an idempotency key: a
    /// load that broke off goes on where it stopped.
    pub(crate) name: String,
    /// What to do.
    pub(crate) command: Command,
    /// Why somebody did it.
    pub(crate) reason: Option<&'static str>,
    /// What must lie in the vault before the command is given.
    pub(crate) keys: Vec<LicenseKey>,
}

/// A made-up license key, to be sealed under the reference that the command carries.
#[derive(Debug)]
pub(crate) struct LicenseKey {
    pub(crate) asset: AssetId,
    pub(crate) field: &'static str,
    pub(crate) secret: SecretRef,
    pub(crate) plaintext: SecretString,
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

/// Opens the made MSP's account; for who does not open it otherwise.
#[must_use]
pub(crate) fn msp() -> Command {
    Command::CreateTenant {
        name: MSP_NAME.to_owned(),
        time_zone: TIME_ZONE,
        currency: CURRENCY,
    }
}

/// Asks whether the demo is there already: refused as not found if it is not. Records nothing.
#[must_use]
pub(crate) fn probe(tenant: TenantId) -> Command {
    // The first thing of the demo that belongs to a company and a type.
    let first = &COMPANIES[0];
    let name = first.holdings[0]
        .first()
        .map(|holding| tale::name(first, holding));
    let id = Ids::of(tenant).asset(&name.unwrap_or_default());
    Command::FindSecrets {
        of: SecretsOf::Asset { id },
    }
}

/// All that the made MSP did, as it stands on `today`, in an account that is open.
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
