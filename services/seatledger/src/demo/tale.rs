//! What became of a license, told as the commands that a technician gave over two years.

mod counts;
mod terms;
mod turns;

use chrono::NaiveDate;
use domain::{
    Command,
    asset::{AssetDraft, AssetPatch, RenewalDraft},
    ids::AssetId,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Step,
    certificates::{day_in, entries},
    chance::Chance,
    companies::Company,
    holdings::{Holding, Term},
    ids::Ids,
    schemas,
};
use terms::Terms;

/// What a client pays for each hundred that the MSP pays.
const PRICE_PERCENT: i64 = 118;
/// Vendors raise prices; a year ago seats cost so much less, in percent.
const DEARER_EACH_YEAR_PERCENT: i64 = 5;

/// The commands of one license, in the order of the days from which they are true.
pub(super) fn tell(company: &Company, holding: &Holding, ids: &Ids, today: NaiveDate) -> Vec<Step> {
    let name = name(company, holding);
    let mut chance = Chance::of(&name);
    let terms = Terms::of(holding, today, &mut chance);
    let teller = Teller {
        company,
        holding,
        ids,
        today,
        id: ids.asset(&name),
        name,
        terms,
    };
    let owned = counts::owned(holding, &teller.terms, today, &mut chance);
    let used = counts::used(holding, &owned, teller.terms.first(), today, &mut chance);
    let mut told = vec![teller.register(&owned, &used)];
    told.extend(teller.renewals());
    told.extend(teller.later_totals(&owned));
    told.extend(used.iter().skip(1).map(|&(day, seats)| {
        let values = json!({ "assigned_seats": seats });
        teller.change(day, values, false).because("Quarterly count")
    }));
    told.extend(teller.own_turn(&owned));
    told.sort_by_key(|told| told.day);
    let steps = told.into_iter().enumerate().map(|(at, told)| {
        let mut step = told.step;
        step.name = format!("{}/{at}", teller.name);
        step
    });
    steps.collect()
}

/// What tells a license from all others of the demo.
pub(super) fn name(company: &Company, holding: &Holding) -> String {
    [company.name, holding.product.name, holding.contract].join("/")
}

/// A step with the day from which it is true.
struct Told {
    day: NaiveDate,
    step: Step,
}

impl Told {
    fn because(mut self, reason: &'static str) -> Self {
        self.step = self.step.because(reason);
        self
    }
}

struct Teller<'a> {
    company: &'a Company,
    holding: &'a Holding,
    ids: &'a Ids,
    today: NaiveDate,
    id: AssetId,
    name: String,
    terms: Terms,
}

/// Seats from a day on.
type Counts = Vec<(NaiveDate, i64)>;

impl Teller<'_> {
    fn register(&self, owned: &Counts, used: &Counts) -> Told {
        let (holding, product, first) = (self.holding, self.holding.product, self.terms.first());
        let mut values = json!({
            "product_name": product.name,
            "vendor": product.vendor,
            "license_type": product.license_type,
            "agreement": self.terms.is_perpetual().then_some("Perpetual"),
            "sku": product.sku,
            "total_seats": owned.first().map(|(_, seats)| seats),
            "assigned_seats": used.first().map(|(_, seats)| seats),
            "purchase_date": first.to_string(),
            "expiry_date": self.terms.ends().first().map(NaiveDate::to_string),
            "vendor_portal_url": product.portal,
            "notes": holding.note.map(|note| format!("<p>{note}</p>")),
        });
        match holding.term {
            Term::Annual { .. } => {
                values["auto_renew"] = json!(true);
                values["term_length"] = json!(12);
                values["notice_days"] = json!(30);
            }
            Term::Monthly => {
                values["auto_renew"] = json!(true);
                values["term_length"] = json!(1);
            }
            Term::Fixed { .. } => values["auto_renew"] = json!(false),
            Term::Perpetual {
                maintenance_ends_in,
            } => {
                let end = maintenance_ends_in.map(|days| day_in(self.today, days).to_string());
                values["maintenance_until"] = json!(end);
            }
        }
        let seats = owned.first().map(|(_, seats)| *seats).or(holding.owned);
        for (key, amount) in self.amounts(first, seats) {
            values[key] = amount;
        }
        if product.keyed {
            values["license_key"] = json!(self.key());
        }
        let draft = AssetDraft {
            type_id: self.ids.asset_type(schemas::LICENSE),
            company_id: self.ids.company(self.company.name),
            values: entries(values),
            secrets: Default::default(),
            tags: self.tags(),
            external_ids: self.external_ids(),
            effective_on: Some(first.to_string()),
        };
        let register = Command::RegisterAsset { id: self.id, draft };
        self.told(first, register)
    }

    /// Each later term begins the day after the one before.
    fn renewals(&self) -> impl Iterator<Item = Told> {
        let later = self.terms.starts().iter().zip(self.terms.ends()).skip(1);
        later.map(|(start, end)| {
            let draft = RenewalDraft {
                expiry_date: end.to_string(),
                ..RenewalDraft::default()
            };
            let renew = Command::RenewTerm { id: self.id, draft };
            self.told(*start, renew).because("Renewed")
        })
    }

    fn later_totals(&self, owned: &Counts) -> impl Iterator<Item = Told> {
        owned.windows(2).map(|pair| {
            let ((_, before), (day, seats)) = (pair[0], pair[1]);
            let reason = if seats > before {
                "More people"
            } else {
                "Fewer people"
            };
            self.change(day, self.total(day, seats), false)
                .because(reason)
        })
    }

    fn told(&self, day: NaiveDate, command: Command) -> Told {
        Told {
            day,
            step: Step::new(String::new(), command),
        }
    }

    fn change(&self, day: NaiveDate, values: Json, correction: bool) -> Told {
        let patch = AssetPatch {
            values: entries(values),
            effective_on: Some(day.to_string()),
            correction,
            ..AssetPatch::default()
        };
        self.told(day, Command::ChangeAsset { id: self.id, patch })
    }

    /// A total with what it costs.
    fn total(&self, day: NaiveDate, seats: i64) -> Json {
        let mut values = json!({ "total_seats": seats });
        for (key, amount) in self.amounts(day, Some(seats)) {
            values[key] = amount;
        }
        values
    }

    /// What a year of it costs the MSP and its client. What is kept for good costs its maintenance, while it
    /// has any.
    fn amounts(&self, day: NaiveDate, seats: Option<i64>) -> Vec<(&'static str, Json)> {
        let unpaid = matches!(
            self.holding.term,
            Term::Perpetual { maintenance_ends_in } if maintenance_ends_in.is_none_or(|days| days < 0)
        );
        let is_site = self.holding.product.license_type == "Site";
        let Some(seats) = seats.or(is_site.then_some(1)).filter(|_| !unpaid) else {
            return Vec::new();
        };
        let cost = self.price(day) * seats;
        let mut amounts = vec![("annual_cost", self.money(cost * 100))];
        if !self.company.own {
            amounts.push(("annual_price", self.money(cost * PRICE_PERCENT)));
        }
        amounts
    }

    /// What a seat and year costs on a day.
    fn price(&self, day: NaiveDate) -> i64 {
        let years = (self.today - day).num_days().max(0) / 365;
        let percent = 100 - DEARER_EACH_YEAR_PERCENT * years.min(5);
        self.holding.product.price * percent / 100
    }

    fn money(&self, cents: i64) -> Json {
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        json!({ "amount": amount, "currency": self.company.currency })
    }

    fn tags(&self) -> Vec<String> {
        let vendor = self.holding.product.vendor.to_lowercase();
        let own = self.holding.tags.iter().copied();
        let all = own.chain([vendor.as_str(), self.company.sector]);
        all.map(str::to_owned).collect()
    }

    /// What is billed to a client through the PSA has an addition's number there.
    fn external_ids(&self) -> Vec<(String, String)> {
        let billed = !self.company.own && !self.terms.is_perpetual();
        let id = format!("{}-{}", self.company.connectwise, &self.digits()[..6]);
        billed
            .then(|| ("connectwise".to_owned(), id))
            .into_iter()
            .collect()
    }

    /// A key that no vendor would take.
    fn key(&self) -> String {
        let digits = self.digits().to_uppercase();
        let groups = [
            &digits[8..13],
            &digits[13..18],
            &digits[18..23],
            &digits[23..28],
        ];
        format!("DEMO-{}", groups.join("-"))
    }

    /// Hexadecimal digits that tell this license from any other.
    fn digits(&self) -> String {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, self.name.as_bytes());
        id.simple().to_string()
    }
}
