//! What is to be reviewed, and what is told of alerts.

mod reviewed;
mod settled;
mod told;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveTime, Utc};
use domain::{
    alert::{About as Of, AlertOverrides, Finding, Kind, QuietHours, TicketRef},
    asset_type::{FieldKind, Metric},
    command::Review,
    compliance::PoolKey,
    ids::{AlertId, IntegrationId, TokenId},
    integration::{Filter, IntegrationConfig, IntegrationKind, Mode},
    policy::Policy,
    product::ProductKey,
    value::{SecretRef, Value},
};
use read_models::{
    alerts::{
        candidates::{self, AfterPool, Candidate, Due, NextDue},
        queries::{AfterAlert, AlertOrder, Alerts, Tickets, alerts, feeds, integrations, tickets},
    },
    register, trail,
};

use super::*;
use crate::{history::field, stage::recorded_at};

/// The day on which all is looked at.
const TODAY: &str = "2026-06-01";

fn today() -> NaiveDate {
    day(TODAY)
}

fn raised(name: &str, finding: Finding) -> Fact {
    let company = finding.company;
    let raised = Event::AlertRaised {
        finding,
        occurrence: 1,
    };
    Fact {
        company,
        ..fact(id(name), today(), raised)
    }
}

fn of_alert(name: &str, company: &str, event: Event) -> Fact {
    Fact {
        company: Some(CompanyId(id(company))),
        ..fact(id(name), today(), event)
    }
}

fn about_asset(kind: Kind, asset: &str, company: &str) -> Finding {
    let asset = AssetId(id(asset));
    Finding {
        licenses: [asset].into(),
        ..Finding::new(kind, Of::Asset(asset), Some(CompanyId(id(company))))
    }
}

impl Account {
    /// A license with so many seats and so many in use.
    async fn seats(&mut self, name: &str, total_seats: i64, used: i64, more: Vec<Fact>) {
        let on = day("2026-01-01");
        let mut facts = vec![
            total(id(name), on, None, total_seats),
            in_use(id(name), on, None, used),
        ];
        facts.extend(more);
        self.license(name, "contoso", name, facts).await;
    }

    async fn candidates(&self, statement: Statement) -> Vec<Candidate> {
        let rows = self.ask(statement).await;
        rows.iter().map(|row| Candidate::of(row).unwrap()).collect()
    }

    /// The pool that a license is in.
    async fn pool_of(&self, name: &str) -> PoolKey {
        let sql = format!(
            "select product_key from compliance.license_day where asset_id = '{}' limit 1",
            id(name)
        );
        PoolKey {
            company: CompanyId(id("contoso")),
            product: ProductKey(self.stage.value(&sql).await.unwrap()),
            metric: Metric::PerUser,
        }
    }

    async fn about_pool(&self, kind: Kind, license: &str) -> Finding {
        let key = self.pool_of(license).await;
        Finding {
            licenses: [AssetId(id(license))].into(),
            seats: Some(3),
            ..Finding::new(kind, Of::Pool(key), Some(CompanyId(id("contoso"))))
        }
    }
}

fn named(names: &[&str]) -> BTreeSet<Uuid> {
    names.iter().map(|name| id(name)).collect()
}
