//! What one asset shows beside what lists do.

use chrono::NaiveDate;
use domain::{
    asset::{InUseSource, License, PlannedRenewal, RenewalDecision as Decided},
    expiry::Expiring,
};
use read_models::query::{Settings, Statement, parameter};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;
use web::problem::Problem;

use super::asset::Asset;
use crate::{
    holdings::{RenewalDecision, person},
    products::ProductName,
    row::Columns,
    stale::is_stale,
};

/// An asset with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssetInFull)]
pub(crate) struct InFull {
    #[serde(flatten)]
    pub(super) asset: Asset,
    #[serde(flatten)]
    pub(super) details: Details,
}

/// What one asset shows beside what lists do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssetDetails)]
pub(crate) struct Details {
    /// The product of the catalog that its part number or name means; none while that is nobody's.
    catalog_product: Option<ProductName>,
    /// How its seats in use are counted; none of what is no license, and while it is archived.
    in_use: Option<InUse>,
    /// Seats of it that other companies have; none of what is no license.
    allocated: Option<i64>,
    /// What is decided about the end of the present term.
    renewal: Option<RenewalDecision>,
}

/// The seats in use of a license, those of other companies' shares aside.
#[derive(Debug, Serialize, ToSchema)]
struct InUse {
    /// Whose count stands: `typed`, `named` or `synced`.
    #[schema(example = "typed")]
    source: &'static str,
    /// None if it is not known.
    count: Option<i64>,
    /// The day for which it was counted; none of assignments, which are what they are.
    counted_on: Option<NaiveDate>,
    /// Whether the count is too old to be relied on.
    stale: bool,
    /// As a person typed it.
    typed: Option<i64>,
    /// The assignments in force.
    named: Option<i64>,
    /// As a portal or an agent reported it.
    synced: Option<i64>,
}

/// Asks for the details of an asset, whoever may see it.
pub(super) fn details(tenant: Uuid, asset: Uuid, day: NaiveDate) -> Statement {
    Statement {
        models: &["compliance", "holdings", "expiry", "register"],
        sql: include_str!("details.sql").into(),
        parameters: vec![parameter(tenant), parameter(asset), parameter(day)],
        planned_anew: false,
    }
}

impl Details {
    pub(super) fn of(row: &Row, settings: &Settings, day: NaiveDate) -> Result<Self, Problem> {
        let (id, name) = (row.read("product_id")?, row.read("product")?);
        let source = row.read::<Option<&str>>("source")?;
        let in_use = source
            .and_then(InUseSource::parse)
            .map(|source| {
                let counted_on = row.read("counted_on")?;
                let count = row.read("in_use")?;
                let (typed, named, synced) =
                    (row.read("typed")?, row.read("named")?, row.read("synced")?);
                let counts = domain::asset::Counts {
                    typed,
                    named,
                    synced,
                };
                Ok::<_, Problem>(InUse::new(source, count, counted_on, counts, settings, day))
            })
            .transpose()?;
        Ok(Self {
            catalog_product: Option::zip(id, name).map(|(id, name)| ProductName { id, name }),
            in_use,
            allocated: row.read("allocated")?,
            renewal: RenewalDecision::of(row)?,
        })
    }

    /// The same of an asset that was folded from the log.
    pub(super) fn folded(
        asset: &domain::asset::Asset,
        license: Option<&License<'_>>,
        expiring: Option<&Expiring<'_>>,
        settings: &Settings,
        day: NaiveDate,
    ) -> Self {
        let held = license.and_then(|license| license.on(day));
        let known = license
            .filter(|_| held.is_some())
            .and_then(|license| license.known);
        let in_use = held.as_ref().map(|held| {
            InUse::new(
                held.source,
                held.in_use,
                held.counted_on,
                held.counts,
                settings,
                day,
            )
        });
        let elsewhere = asset
            .seats
            .allocated(day)
            .filter(|(company, _)| *company != asset.company_on(day));
        let term_end = expiring.and_then(|expiring| Some(expiring.on(day)?.expiry_on(day)));
        Self {
            catalog_product: known.map(|known| ProductName {
                id: known.id.0,
                name: known.name.clone(),
            }),
            in_use,
            allocated: held.map(|_| elsewhere.map(|(_, seats)| seats).sum()),
            renewal: term_end.and_then(|end| Some(decided(end, asset.renewals.get(&end)?))),
        }
    }

    /// The decision whose owner has no name yet.
    pub(super) fn renewal_mut(&mut self) -> Option<&mut RenewalDecision> {
        self.renewal.as_mut()
    }
}

impl InUse {
    fn new(
        source: InUseSource,
        count: Option<i64>,
        counted_on: Option<NaiveDate>,
        counts: domain::asset::Counts,
        settings: &Settings,
        day: NaiveDate,
    ) -> Self {
        Self {
            source: source.as_str(),
            count,
            counted_on,
            stale: count.is_some() && is_stale(settings, source, counted_on, day),
            typed: counts.typed,
            named: counts.named,
            synced: counts.synced,
        }
    }
}

fn decided(term_end: NaiveDate, planned: &PlannedRenewal) -> RenewalDecision {
    let (decision, quantity) = match planned.decision {
        Decided::Renew => ("renew", None),
        Decided::ChangeTo(seats) => ("change", Some(seats)),
        Decided::Lapse => ("lapse", None),
    };
    RenewalDecision {
        term_end,
        decision,
        quantity,
        owner: planned.owner.map(|owner| person(owner.0)),
        note: planned.note.clone(),
    }
}
