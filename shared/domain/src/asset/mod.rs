//! Assets: instances of asset types. A license is an asset whose type counts seats.

mod adopt;
mod assignment;
mod decide;
mod license;
mod purchase;
mod renewal;
mod seats;
mod term;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

pub use assignment::{ASSIGNED_AT_ONCE_MAX, ASSIGNMENTS_MAX, Assignment, Holder, HolderKind};
pub(crate) use decide::Dated;
pub use decide::{
    AllocationDraft, AssetDraft, AssetPatch, AssignmentDraft, CountDraft, DecisionDraft, KeyDraft,
    PurchaseDraft, ReductionDraft, RenewalDraft, SHEET_LINES_MAX, SheetLine, TransferDraft,
};
pub(crate) use decide::{
    add_keys, add_tags, allocate, archive, assign, change, count, decide_renewal, end_purchase,
    external_ids_of, move_to, new_external_ids, over_use, pass, purchase, reduce, register,
    release, renew, restore, set_source, set_tag, sheet_day, sheet_line, transfer, unheard,
};
pub use license::{Counts, License, LicenseDay};
pub use purchase::{PURCHASES_MAX, PricePer, Purchase, Window};
pub use renewal::{PlannedRenewal, RenewalDecision};
pub use seats::{CountedFor, InUseSource, Seats};
pub use term::Term;

use crate::{
    alert::AlertOverrides,
    asset_type::{FieldKey, FieldRole},
    company::ExternalId,
    event::{Event, Fact},
    ids::{AssetId, AssetTypeId, AssignmentId, CompanyId, SecretId},
    money::Money,
    timeline::Timeline,
    value::Value,
};

/// How many keys a license may have beside those in its fields.
pub const KEYS_MAX: usize = 10_000;
/// How many keys one command may add: each is sealed in the vault first.
pub const KEYS_AT_ONCE_MAX: usize = 200;
/// What stands for a field in the place of a key that belongs to none.
pub const KEYS_FIELD: &str = "keys";

/// A key beside those in a license's fields. Its value lies in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Which of the secret's values.
    pub version: i32,
    /// What it is for.
    pub label: Option<String>,
    /// The assignment that it belongs to.
    pub assignment: Option<AssignmentId>,
    /// The day on which it was added.
    pub added_on: NaiveDate,
}

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
    /// Whose count of the seats in use stands, from which day on; typed ones unless it says otherwise.
    pub in_use_source: Timeline<InUseSource>,
    /// Keys beside those in its fields.
    pub keys: BTreeMap<SecretId, Key>,
    /// What is to be done at the end of a term, by its last day.
    pub renewals: BTreeMap<NaiveDate, PlannedRenewal>,
    /// The terms it runs.
    pub term: Term,
    /// What a year costs the MSP.
    pub annual_cost: Timeline<Option<Money>>,
    /// What a year costs the company.
    pub annual_price: Timeline<Option<Money>>,
    /// When something of it is worth an alert, where that is not as for all.
    pub alerts: AlertOverrides,
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
            in_use_source: Timeline::default(),
            keys: BTreeMap::new(),
            renewals: BTreeMap::new(),
            term: Term::default(),
            annual_cost: Timeline::default(),
            annual_price: Timeline::default(),
            alerts: AlertOverrides::default(),
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

    /// Whose count of its seats in use stands on a day. Before another source was named it is what was typed:
    /// naming one changes no day before.
    #[must_use]
    pub fn source_on(&self, day: NaiveDate) -> InUseSource {
        let source = self.in_use_source.at(day);
        source.copied().unwrap_or(InUseSource::Typed)
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
            Event::AssetPolicySet { policy } => self.alerts.clone_from(policy),
            Event::SeatsPurchased { purchase } => self.seats.purchases.push(purchase.clone()),
            Event::PurchaseEnded { purchase_id } => self.seats.end(*purchase_id, day),
            Event::PurchaseReduced {
                purchase_id, to, ..
            } => {
                let quantities = self.seats.reductions.entry(*purchase_id).or_default();
                quantities.set(day, *to);
            }
            Event::TotalSeatsAdjusted { delta, .. } => self.seats.adjustments.set(day, *delta),
            Event::SeatsInUseCounted {
                source,
                counted_for,
                to,
                ..
            } => {
                let counts = self.seats.counts.entry((*counted_for, *source));
                counts.or_default().set(day, *to);
            }
            Event::InUseSourceChanged { to, .. } => self.in_use_source.set(day, *to),
            Event::SeatsAssigned { assignments, .. } => {
                for assignment in assignments {
                    self.seats
                        .assignments
                        .insert(assignment.id, assignment.clone());
                }
            }
            Event::SeatsReleased { assignment_ids } => {
                for id in assignment_ids {
                    if let Some(assignment) = self.seats.assignments.get_mut(id) {
                        assignment.until = Some(day);
                    }
                }
            }
            Event::SeatsAllocated { company_id, to, .. } => {
                self.seats
                    .allocations
                    .entry(*company_id)
                    .or_default()
                    .set(day, *to);
            }
            Event::RenewalDecided {
                term_end,
                decision,
                owner,
                note,
            } => {
                match decision {
                    Some(decision) => self.renewals.insert(
                        *term_end,
                        PlannedRenewal {
                            decision: *decision,
                            owner: *owner,
                            note: note.clone(),
                        },
                    ),
                    None => self.renewals.remove(term_end),
                };
            }
            Event::KeyAdded {
                secret_id,
                secret_version,
                label,
                assignment_id,
            } => {
                let key = Key {
                    version: *secret_version,
                    label: label.clone(),
                    assignment: *assignment_id,
                    added_on: day,
                };
                self.keys.insert(*secret_id, key);
            }
            Event::KeyRemoved { secret_id } => {
                self.keys.remove(secret_id);
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
