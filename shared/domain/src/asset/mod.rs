//! Assets: instances of asset types. A license is an asset whose type counts seats.

mod adopt;
mod decide;
mod license;
mod seats;
mod term;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

pub(crate) use decide::Dated;
pub use decide::{AssetDraft, AssetPatch, PurchaseDraft, RenewalDraft};
pub(crate) use decide::{
    add_tags, archive, change, end_purchase, external_ids_of, move_to, new_external_ids, purchase,
    register, renew, restore, set_tag,
};
pub use license::{License, LicenseDay};
pub use seats::{InUseSource, PURCHASES_MAX, Purchase, Seats};
pub use term::Term;

use crate::{
    asset_type::{FieldKey, FieldRole},
    company::ExternalId,
    event::{Event, Fact},
    ids::{AssetId, AssetTypeId, CompanyId},
    money::Money,
    timeline::Timeline,
    value::Value,
};

/// How many tags an asset may have.
pub const TAGS_MAX: usize = 50;

/// An asset, as its events made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Also the id of its stream.
    pub id: AssetId,
    /// Its schema; never changes.
    pub type_id: AssetTypeId,
    /// Whose it is from which day on.
    pub company: Timeline<CompanyId>,
    /// The values of its plain fields. Seats, expiry and costs are dated and stand below.
    pub values: BTreeMap<FieldKey, Value>,
    /// Its yes-or-no fields by day: whether a term renews itself is asked of the day on which it ended.
    pub switches: BTreeMap<FieldKey, Timeline<bool>>,
    /// Its labels.
    pub tags: BTreeSet<String>,
    /// What other systems call it.
    pub external_ids: BTreeSet<ExternalId>,
    /// Seats bought and in use.
    pub seats: Seats,
    /// The terms it runs.
    pub term: Term,
    /// What a year costs the MSP.
    pub annual_cost: Timeline<Option<Money>>,
    /// What a year costs the company.
    pub annual_price: Timeline<Option<Money>>,
    /// Whether it is tracked, from which day on.
    pub tracked: Timeline<bool>,
}

impl Asset {
    pub(crate) fn new(
        id: AssetId,
        type_id: AssetTypeId,
        company: CompanyId,
        from: NaiveDate,
    ) -> Self {
        let mut asset = Self {
            id,
            type_id,
            company: Timeline::default(),
            values: BTreeMap::new(),
            switches: BTreeMap::new(),
            tags: BTreeSet::new(),
            external_ids: BTreeSet::new(),
            seats: Seats::default(),
            term: Term::default(),
            annual_cost: Timeline::default(),
            annual_price: Timeline::default(),
            tracked: Timeline::default(),
        };
        asset.company.set(from, company);
        asset.tracked.set(from, true);
        asset
    }

    /// Whose it is on a day. Before it was registered it belonged to whom it was registered for.
    ///
    /// # Panics
    /// Never: an asset is registered for a company.
    #[must_use]
    pub fn company_on(&self, day: NaiveDate) -> CompanyId {
        self.company
            .at_or_first(day)
            .copied()
            .unwrap_or(CompanyId(uuid::Uuid::nil()))
    }

    /// Whose it is in the end, moves to come included.
    #[must_use]
    pub fn latest_company(&self) -> CompanyId {
        self.company_on(NaiveDate::MAX)
    }

    /// Whether it is archived in the end.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        self.tracked.last().is_some_and(|(_, tracked)| !tracked)
    }

    pub(crate) fn evolve(&mut self, fact: &Fact) {
        self.apply(fact.effective_on, &fact.event);
    }

    fn apply(&mut self, day: NaiveDate, event: &Event) {
        match event {
            Event::FieldsChanged { changes } => {
                for change in changes {
                    if change.is_switch() {
                        let on = change.to == Some(Value::Boolean(true));
                        self.switches
                            .entry(change.field.clone())
                            .or_default()
                            .set(day, on);
                    }
                    match &change.to {
                        Some(value) => self.values.insert(change.field.clone(), value.clone()),
                        None => self.values.remove(&change.field),
                    };
                }
            }
            Event::SeatsPurchased { purchase } => self.seats.purchases.push(purchase.clone()),
            Event::PurchaseEnded { purchase_id } => self.seats.end(*purchase_id, day),
            Event::TotalSeatsAdjusted { delta, .. } => self.seats.adjustments.set(day, *delta),
            Event::SeatsInUseCounted { source, to, .. } => {
                self.seats.in_use.entry(*source).or_default().set(day, *to);
            }
            Event::ExpiryChanged { from, to, .. } => self.term.change(day, *from, *to),
            Event::TermRenewed { from, to } => self.term.renew(day, *from, *to),
            Event::CostChanged {
                role: FieldRole::AnnualPrice,
                to,
                ..
            } => self.annual_price.set(day, *to),
            Event::CostChanged { to, .. } => self.annual_cost.set(day, *to),
            Event::TagAdded { tag } => {
                self.tags.insert(tag.clone());
            }
            Event::TagRemoved { tag } => {
                self.tags.remove(tag);
            }
            Event::ExternalIdLinked { external_id } => {
                self.external_ids
                    .retain(|known| known.system != external_id.system);
                self.external_ids.insert(external_id.clone());
            }
            Event::MovedToCompany { to, .. } => self.company.set(day, *to),
            Event::AssetArchived => self.tracked.set(day, false),
            Event::AssetRestored => self.tracked.set(day, true),
            _ => {}
        }
    }
}

impl Asset {
    /// Whole months from the first to the last day of a term.
    pub(crate) fn months_between(first: NaiveDate, last: NaiveDate) -> Option<u32> {
        term::months_between(first, last)
    }
}
