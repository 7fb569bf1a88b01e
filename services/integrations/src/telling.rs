//! From what was found to what is said, with names looked up.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    alert::{About as Of, Finding},
    ids::{AlertId, CompanyId, TenantId},
};
use url::Url;

use crate::{
    context::{Account, Context, LookupError},
    wording::{self, About, Names as Said},
};

/// An account at a moment.
pub(crate) struct Telling<'a> {
    pub(crate) context: &'a Context,
    pub(crate) tenant: TenantId,
    pub(crate) account: Account,
    pub(crate) today: NaiveDate,
}

impl<'a> Telling<'a> {
    pub(crate) async fn new(
        context: &'a Context,
        tenant: TenantId,
        now: DateTime<Utc>,
    ) -> Result<Self, LookupError> {
        let account = context.names.account(tenant).await?;
        let today = now.with_timezone(&account.zone).date_naive();
        Ok(Self {
            context,
            tenant,
            account,
            today,
        })
    }

    /// When it is no longer quiet, if it is now.
    pub(crate) fn held_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let ends = self.account.quiet_hours?.ends(now, self.account.zone);
        (ends > now).then_some(ends)
    }

    pub(crate) async fn about(
        &self,
        alert: AlertId,
        finding: &Finding,
    ) -> Result<About, LookupError> {
        let names = &self.context.names;
        let company = match finding.company {
            Some(id) => names.company(self.tenant, Some(id)).await?,
            None => None,
        };
        let looked = names.finding(self.tenant, finding, self.today).await?;
        let (mut license, mut vendor) = (None, None);
        let mut product = looked.product;
        if let Some(asset) = looked.asset {
            if matches!(finding.about, Of::Asset(_)) {
                license = Some(asset.name);
            }
            vendor = asset.vendor;
            product = product.or(asset.product);
        }
        let said = Said {
            company: company.map(|company| company.name),
            product,
            license,
            vendor,
            token: match &finding.about {
                Of::Token(token) => Some(format!("token {token}")),
                _ => None,
            },
        };
        let url = self.url(&["alerts", &alert.to_string()]);
        Ok(wording::about(finding, said, looked.money, self.today, url))
    }

    /// The page of a company's alerts, or of all.
    pub(crate) fn alerts_url(&self, company: Option<CompanyId>) -> Url {
        let mut url = self.url(&["alerts"]);
        if let Some(company) = company {
            url.query_pairs_mut()
                .append_pair("company", &company.to_string());
        }
        url
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.context.public_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}
