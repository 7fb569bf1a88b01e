use std::collections::HashMap;

use domain::{ids::CompanyId, text};

/// The companies that are there, by name, whatever its case and spacing.
#[derive(Debug, Default)]
pub struct Companies(HashMap<String, CompanyId>);

impl Companies {
    pub(super) fn find(&self, name: &str) -> Option<CompanyId> {
        self.0.get(&text::normalized(name)).copied()
    }

    /// By name, or by id.
    pub(super) fn named(&self, company: &str) -> Option<CompanyId> {
        self.find(company).or_else(|| {
            let id = CompanyId(company.trim().parse().ok()?);
            self.0.values().any(|known| *known == id).then_some(id)
        })
    }
}

impl<N: AsRef<str>> FromIterator<(N, CompanyId)> for Companies {
    fn from_iter<I: IntoIterator<Item = (N, CompanyId)>>(companies: I) -> Self {
        let by_name = |(name, id): (N, CompanyId)| (text::normalized(name.as_ref()), id);
        Self(companies.into_iter().map(by_name).collect())
    }
}
