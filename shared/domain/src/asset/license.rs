use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use chrono::NaiveDate;

use super::{Asset, CountedFor, InUseSource, Purchase, Seats, assignment::seats_taken};
use crate::{
    asset_type::{Agreement, AssetType, Field, FieldKind, FieldRole, Metric},
    expiry::Expiring,
    ids::CompanyId,
    money::{Amounts, Money},
    product::{Catalog, Product, ProductKey},
    timeline::{Interval, Timeline, intervals},
    value::Value,
};

/// An asset seen as a license, through the roles of its type's fields and the catalog.
#[derive(Debug, Clone)]
pub struct License<'a> {
    /// The asset.
    pub asset: &'a Asset,
    /// What was bought, as people write it.
    pub product: Option<&'a str>,
    /// Its part number, as people write it.
    pub sku: Option<&'a str>,
    /// The product of the catalog that these name; none if they are nobody's.
    pub known: Option<&'a Product>,
    /// Who makes or sells it: by the catalog, else as people write it.
    pub vendor: Option<&'a str>,
    /// How its seats are counted; per user unless it says otherwise.
    pub metric: Metric,
    /// On what terms its seats are owned, if it says so.
    pub agreement: Option<Agreement>,
    /// Its terms.
    pub term: Expiring<'a>,
    /// The day on which use beyond what is owned is counted and billed.
    pub true_up_on: Option<NaiveDate>,
    seats: Cow<'a, Seats>,
    typed_cost: Cow<'a, Timeline<Option<Money>>>,
    /// The seats that assignments take.
    taken: BTreeMap<CountedFor, Timeline<i64>>,
}

/// What a company has of a license on one day: its owner all but what is allocated to others, another company
/// what is allocated to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseDay {
    /// The company.
    pub company: CompanyId,
    /// Whether the seats are another company's, allocated to this one.
    pub allocated: bool,
    /// Its seats, expiry aside. Less than none are left to the owner who allocated more than there are: then
    /// those are missing, and what all companies have adds up to what the license has.
    pub total: Option<i64>,
    /// Its seats that are owned, given the license's term.
    pub owned: Option<i64>,
    /// Its seats in use, by the source that counts.
    pub in_use: Option<i64>,
    /// Which source counts.
    pub source: InUseSource,
    /// The day for which the count that stands was made; none for assignments, which are what they are.
    pub counted_on: Option<NaiveDate>,
    /// What each source says, the one that counts among them.
    pub counts: Counts,
    /// Whether the license's term runs.
    pub in_force: bool,
    /// Seats that may be given back on this day.
    pub reducible: i64,
    /// Whether use beyond what is owned is billed on a day that is yet to come.
    pub trues_up: bool,
    /// What a year of it costs.
    pub annual_cost: Amounts,
}

/// The seats in use by each source; none where it never counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// As a person typed it.
    pub typed: Option<i64>,
    /// The assignments in force.
    pub named: Option<i64>,
    /// As a portal or an agent reported it.
    pub synced: Option<i64>,
}

impl<'a> License<'a> {
    /// The license that an asset is; none if its type counts no seats.
    #[must_use]
    pub fn of(asset: &'a Asset, asset_type: &'a AssetType, catalog: &'a Catalog) -> Option<Self> {
        if !asset_type.is_license() {
            return None;
        }
        let (metric, agreement) = metric_and_agreement(asset, asset_type);
        let product = asset.text_with(asset_type, FieldRole::Product);
        let sku = asset.text_with(asset_type, FieldRole::Sku);
        let known = catalog.resolve(product, sku);
        let (seats, typed_cost) = match asset.seen_through(asset_type) {
            Cow::Borrowed(asset) => (
                Cow::Borrowed(&asset.seats),
                Cow::Borrowed(&asset.annual_cost),
            ),
            Cow::Owned(asset) => (Cow::Owned(asset.seats), Cow::Owned(asset.annual_cost)),
        };
        let reassignable = asset.is_reassignable(asset_type);
        Some(Self {
            asset,
            product,
            sku,
            known,
            vendor: known
                .and_then(|known| known.facts.vendor.as_deref())
                .or_else(|| asset.text_with(asset_type, FieldRole::Vendor)),
            metric: metric.unwrap_or(Metric::PerUser),
            agreement,
            term: Expiring::of(asset, asset_type, catalog),
            true_up_on: match asset.value_with(asset_type, FieldRole::TrueUpOn) {
                Some(Value::Date(day)) => Some(*day),
                _ => None,
            },
            taken: taken(&seats, reassignable),
            seats,
            typed_cost,
        })
    }

    /// What it is a license of.
    #[must_use]
    pub fn product_key(&self) -> ProductKey {
        match (self.known, self.product.or(self.sku)) {
            (Some(known), _) => ProductKey::of_product(known.id),
            (None, Some(name)) => ProductKey::of_name(name),
            (None, None) => ProductKey::of_unnamed(self.asset.id),
        }
    }

    /// What people call what it is a license of.
    #[must_use]
    pub fn product_name(&self) -> Option<&'a str> {
        self.known
            .map(|known| known.name.as_str())
            .or(self.product)
            .or(self.sku)
    }

    /// The companies that own or owned it, or have or had seats of it.
    #[must_use]
    pub fn companies(&self) -> BTreeSet<CompanyId> {
        let owners = self.asset.company.iter().map(|(_, company)| *company);
        owners
            .chain(self.seats.allocations.keys().copied())
            .collect()
    }

    /// What its owner has of it on a day; none while it is archived.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<LicenseDay> {
        self.share(self.asset.company_on(day), day)
    }

    /// What a company has of it on a day; none if nothing.
    #[must_use]
    pub fn share(&self, company: CompanyId, day: NaiveDate) -> Option<LicenseDay> {
        if self.asset.tracked.at_or_first(day) == Some(&false) {
            return None;
        }
        let owner = self.asset.company_on(day);
        if company == owner {
            Some(self.own_share(owner, day))
        } else {
            self.allocated_share(company, day)
        }
    }

    fn own_share(&self, owner: CompanyId, day: NaiveDate) -> LicenseDay {
        let in_force = self.term.in_force(day);
        let elsewhere: Vec<(CompanyId, i64)> = self
            .seats
            .allocated(day)
            .filter(|(company, _)| *company != owner)
            .collect();
        let allocated: i64 = elsewhere.iter().map(|(_, seats)| seats).sum();
        // More may be promised than there is: that is missing here, where it can be bought.
        let rest = |seats: i64| seats - allocated;
        let all = self.seats.total(day);
        let cost = self.annual_cost(day, in_force);
        let shares = elsewhere
            .iter()
            .map(|(_, seats)| cost.share(*seats, all.unwrap_or(0)));
        let given = shares.fold(Amounts::default(), |mut sum, share| {
            sum.add_all(&share);
            sum
        });
        let counts = self.counts(None, day);
        let source = self.asset.source_on(day);
        // Who passes seats on, and counts none of its own, uses none: what is left is spare.
        let none_counted = (allocated > 0).then_some(0);
        LicenseDay {
            company: owner,
            allocated: false,
            total: all.map(rest),
            owned: self.seats.owned(day, in_force).map(
                |owned| {
                    if in_force { rest(owned) } else { owned }
                },
            ),
            in_use: counts.of(source).or(none_counted),
            source,
            counted_on: self.counted_on(None, source, day),
            counts,
            in_force,
            reducible: if in_force {
                self.seats.reducible(day)
            } else {
                0
            },
            trues_up: self.trues_up(day),
            annual_cost: cost.less(&given),
        }
    }

    fn allocated_share(&self, company: CompanyId, day: NaiveDate) -> Option<LicenseDay> {
        let seats = *self.seats.allocations.get(&company)?.at(day)?;
        let counted_for = Some(company);
        let counts = self.counts(counted_for, day);
        let source = self.asset.source_on(day);
        let in_use = counts.of(source);
        if seats == 0 && in_use.is_none_or(|in_use| in_use == 0) {
            return None;
        }
        let in_force = self.term.in_force(day);
        let cost = self.annual_cost(day, in_force);
        Some(LicenseDay {
            company,
            allocated: true,
            total: Some(seats),
            owned: Some(if in_force { seats } else { 0 }),
            in_use,
            source,
            counted_on: self.counted_on(counted_for, source, day),
            counts,
            in_force,
            reducible: 0,
            trues_up: self.trues_up(day),
            annual_cost: cost.share(seats, self.seats.total(day).unwrap_or(0)),
        })
    }

    fn counts(&self, of: CountedFor, day: NaiveDate) -> Counts {
        let counted = |source| self.seats.count(of, source, day)?.1;
        let taken_by = |of: CountedFor| {
            let taken = self.taken.get(&of)?;
            Some(taken.at(day).copied().unwrap_or(0))
        };
        // Whoever got the license with seats of its own still has who holds those.
        let own_before = of
            .is_none()
            .then(|| taken_by(Some(self.asset.company_on(day))));
        let named = match (taken_by(of), own_before.flatten()) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        // Who counts by assignments and has none uses none.
        let none_named = (self.asset.source_on(day) == InUseSource::Named).then_some(0);
        Counts {
            typed: counted(InUseSource::Typed),
            named: named.or(none_named),
            synced: counted(InUseSource::Synced),
        }
    }

    fn counted_on(&self, of: CountedFor, source: InUseSource, day: NaiveDate) -> Option<NaiveDate> {
        self.seats.count(of, source, day).map(|(since, _)| since)
    }

    fn trues_up(&self, day: NaiveDate) -> bool {
        self.true_up_on.is_some_and(|due| day <= due)
    }

    /// What a year of the whole license costs: as it is typed, else by its purchases. Of a license past its
    /// term, what is still owned of it tells; if nothing is, what it cost.
    #[must_use]
    pub fn annual_cost(&self, day: NaiveDate, in_force: bool) -> Amounts {
        let typed: Option<Money> = self.typed_cost.at(day).copied().flatten();
        if let Some(typed) = typed {
            return [typed].into_iter().collect();
        }
        let bounded = |purchase: &Purchase| purchase.until.is_some();
        let some_owned = self
            .seats
            .owned(day, in_force)
            .is_some_and(|owned| owned > 0);
        if !in_force && some_owned {
            return self.seats.yearly_cost(day, bounded);
        }
        // Fewer seats than were bought, as typed or agreed on with a renewal, are paid at the price of what was
        // bought. What more of them cost nobody said.
        let bought = self.seats.purchased(day);
        let cost = self.seats.yearly_cost(day, |_| true);
        match self.seats.total(day) {
            Some(total) if total < bought => cost.share(total, bought),
            _ => cost,
        }
    }

    /// What each company has of it, from the first day that anything is known of, past and to come: by company,
    /// then by day.
    #[must_use]
    pub fn days(&self) -> Vec<Interval<LicenseDay>> {
        // A term that ended before anything else is known of the license does not make it older.
        let first = self.first_day().unwrap_or(NaiveDate::MIN);
        let owners: BTreeSet<CompanyId> =
            self.asset.company.iter().map(|(_, owner)| *owner).collect();
        let companies = self.companies().into_iter();
        companies
            .flat_map(|company| {
                let days = self.changes(company, owners.contains(&company));
                let days: BTreeSet<NaiveDate> = days.filter(|day| *day >= first).collect();
                intervals(days, |day| self.share(company, day))
            })
            .collect()
    }

    /// The first day of what was recorded of it, its terms aside.
    fn first_day(&self) -> Option<NaiveDate> {
        self.recorded_on()
            .chain(self.seats.counted_on(|_| true))
            .chain(self.seats.allocations.values().flat_map(Timeline::days))
            .chain(self.taken.values().flat_map(Timeline::days))
            .min()
    }

    /// The days on which the share of a company may change. What concerns the shares of others only is left out:
    /// a license may be allocated to a thousand companies, each counted month by month.
    fn changes(&self, company: CompanyId, owned_it: bool) -> impl Iterator<Item = NaiveDate> + '_ {
        let concerns = move |of: CountedFor| of == Some(company) || (owned_it && of.is_none());
        let taken = self.taken.iter().filter(move |(of, _)| concerns(**of));
        let allocated = self.seats.allocations.iter();
        let allocated = allocated.filter(move |(other, _)| owned_it || **other == company);
        self.recorded_on()
            .chain(self.seats.counted_on(concerns))
            .chain(taken.flat_map(|(_, seats)| seats.days()))
            .chain(allocated.flat_map(|(_, seats)| seats.days()))
            .chain(self.term.breakpoints())
            .chain(self.true_up_on.and_then(|due| due.succ_opt()))
    }

    /// The days of what was recorded of the license as a whole, its terms aside.
    fn recorded_on(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        let asset = self.asset;
        self.seats
            .owned_on()
            .chain(asset.company.days())
            .chain(asset.tracked.days())
            .chain(self.typed_cost.days())
            .chain(asset.in_use_source.days())
    }
}

impl Counts {
    /// What a source says.
    #[must_use]
    pub fn of(&self, source: InUseSource) -> Option<i64> {
        match source {
            InUseSource::Typed => self.typed,
            InUseSource::Named => self.named,
            InUseSource::Synced => self.synced,
        }
    }
}

/// The seats that assignments take, for each company that has some.
fn taken(seats: &Seats, reassignable: bool) -> BTreeMap<CountedFor, Timeline<i64>> {
    let companies: BTreeSet<CountedFor> = seats
        .assignments
        .values()
        .map(|assignment| assignment.company)
        .collect();
    let of = |company| {
        let own = seats
            .assignments
            .values()
            .filter(move |assignment| assignment.company == company);
        (company, seats_taken(own, reassignable))
    };
    companies.into_iter().map(of).collect()
}

fn metric_and_agreement(
    asset: &Asset,
    asset_type: &AssetType,
) -> (Option<Metric>, Option<Agreement>) {
    let option = |role| {
        let field = asset_type.field_with(role)?;
        match asset.values.get(&field.key)? {
            Value::Text(label) => asset_type.option(field, label),
            _ => None,
        }
    };
    let by_metric = option(FieldRole::LicenseMetric);
    let by_agreement = option(FieldRole::Agreement);
    (
        by_metric.and_then(|option| option.metric),
        by_agreement
            .and_then(|option| option.agreement)
            .or_else(|| by_metric.and_then(|option| option.agreement)),
    )
}

impl Asset {
    /// The text of the field that has a role.
    #[must_use]
    pub fn text_with(&self, asset_type: &AssetType, role: FieldRole) -> Option<&str> {
        match self.value_with(asset_type, role)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The plain value of the field that has a role.
    #[must_use]
    pub fn value_with(&self, asset_type: &AssetType, role: FieldRole) -> Option<&Value> {
        self.values.get(&asset_type.field_with(role)?.key)
    }

    /// Whether an input for a select is the label that it holds already, which may have been taken out since.
    pub(super) fn holds_label(&self, field: &Field, input: &serde_json::Value) -> bool {
        let held = match self.values.get(&field.key) {
            Some(Value::Text(label)) if matches!(field.kind, FieldKind::Select { .. }) => label,
            _ => return false,
        };
        input.as_str() == Some(held)
    }

    /// Whether a seat that is given back can be given to another. Those of an OEM license go with their device.
    #[must_use]
    pub fn is_reassignable(&self, asset_type: &AssetType) -> bool {
        self.agreement(asset_type) != Some(Agreement::Oem)
            && self.value_with(asset_type, FieldRole::Reassignable) != Some(&Value::Boolean(false))
    }

    /// What lists call it: its product, else its first text, else its type.
    #[must_use]
    pub fn name<'a>(&'a self, asset_type: &'a AssetType) -> &'a str {
        let first_text = || {
            asset_type
                .live_fields()
                .find_map(|field| match self.values.get(&field.key) {
                    Some(Value::Text(text)) => Some(text.as_str()),
                    _ => None,
                })
        };
        self.text_with(asset_type, FieldRole::Product)
            .or_else(first_text)
            .unwrap_or(&asset_type.name)
    }

    /// The agreement that the asset's own fields name.
    #[must_use]
    pub fn agreement(&self, asset_type: &AssetType) -> Option<Agreement> {
        metric_and_agreement(self, asset_type).1
    }
}
