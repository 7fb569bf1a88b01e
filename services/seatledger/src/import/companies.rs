use std::collections::HashMap;

use domain::{ids::CompanyId, text};

/// The companies that are there, by name, whatever its case and spacing.
#[derive(Debug, Default)]
pub(crate) struct Companies(HashMap<String, CompanyId>);

impl Companies {
    pub(super) fn find(&self, name: &str) -> Option<CompanyId> {
        self.0.get(&text::normalized(name)).copied()
    }
}

impl<N: AsRef<str>> FromIterator<(N, CompanyId)> for Companies {
    fn from_iter<I: IntoIterator<Item = (N, CompanyId)>>(companies: I) -> Self {
        let by_name = |(name, id): (N, CompanyId)| (text::normalized(name.as_ref()), id);
        Self(companies.into_iter().map(by_name).collect())
    }
}
