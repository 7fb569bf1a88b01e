//! The commands that tell a deal.

use std::collections::BTreeMap;

use domain::{
    Command,
    asset::{
        AllocationDraft, AssetDraft, AssignmentDraft, CountDraft, DecisionDraft, Holder, KeyDraft,
        PurchaseDraft, ReductionDraft, TransferDraft,
    },
    ids::AssetId,
    value::SecretRef,
};
use serde_json::{Value as Json, json};

use super::{Act, DECISIONS, Deal, Entry, Lot};
use crate::demo::{
    NewKey, Step,
    certificates::{day_in, entries},
    companies::{COMPANIES, Company},
    holders::Holders,
    ids::Ids,
    schemas,
};

/// All that happened to a license, in order.
pub(in crate::demo) fn tell(
    deal: &Deal,
    ids: &Ids,
    holders: &Holders,
    today: chrono::NaiveDate,
) -> Vec<Step> {
    let name = [deal.company, deal.product.name, deal.contract].join("/");
    let teller = Teller {
        deal,
        ids,
        holders,
        today,
        id: ids.asset(&name),
        currency: currency_of(deal.company),
        name,
    };
    let mut steps = vec![teller.register()];
    steps.extend(deal.acts.iter().map(|act| teller.act(act)));
    for (at, step) in steps.iter_mut().enumerate() {
        step.name = format!("{}/{at}", teller.name);
    }
    steps
}

/// What was decided for the end of terms.
pub(in crate::demo) fn decisions(ids: &Ids) -> impl Iterator<Item = Step> {
    DECISIONS.iter().map(|decided| {
        let name = [decided.company, decided.product.name, ""].join("/");
        let draft = DecisionDraft {
            decision: Some(decided.decision.to_owned()),
            quantity: decided.seats.map(Json::from),
            note: Some(decided.note.to_owned()),
            ..DecisionDraft::default()
        };
        let id = ids.asset(&name);
        Step::new(
            format!("decided/{name}"),
            Command::DecideRenewal { id, draft },
        )
    })
}

fn currency_of(company: &str) -> &'static str {
    let known = COMPANIES.iter().find(|known| known.name == company);
    known.map_or("USD", |company: &Company| company.currency)
}

struct Teller<'a> {
    deal: &'a Deal,
    ids: &'a Ids,
    holders: &'a Holders,
    today: chrono::NaiveDate,
    id: AssetId,
    currency: &'static str,
    name: String,
}

impl Teller<'_> {
    fn register(&self) -> Step {
        let (deal, product) = (self.deal, self.deal.product);
        let mut values = entries(json!({
            "product_name": product.name,
            "vendor": product.vendor,
            "license_type": product.license_type,
            "sku": product.sku,
            "purchase_date": self.day(deal.since),
            "vendor_portal_url": product.portal,
        }));
        let given = deal.values.iter();
        values.extend(given.map(|(key, entry)| ((*key).to_owned(), self.entry(*entry))));
        let draft = AssetDraft {
            type_id: self.ids.asset_type(schemas::LICENSE),
            company_id: self.ids.company(deal.company),
            values,
            secrets: BTreeMap::new(),
            tags: vec![product.vendor.to_lowercase()],
            external_ids: Vec::new(),
            effective_on: Some(self.day(deal.since)),
        };
        Step::new("", Command::RegisterAsset { id: self.id, draft })
    }

    fn act(&self, act: &Act) -> Step {
        match *act {
            Act::Buy(lot) => self.buy(&lot).because("Ordered"),
            Act::Reduce(order, seats, day) => {
                self.reduce(order, seats, day).because("Fewer people")
            }
            Act::Give(_, holders, day) => {
                let drafts = holders.iter().map(|holder| self.seat(holder, day));
                Step::new(
                    "",
                    Command::AssignSeats {
                        id: self.id,
                        drafts: drafts.collect(),
                    },
                )
            }
            Act::TakeBack(holder, day) => {
                let release = Command::ReleaseSeats {
                    id: self.id,
                    assignments: vec![self.assignment(holder)],
                    last_day: Some(self.day(day)),
                };
                Step::new("", release).because("No longer needed")
            }
            Act::Pass(from, to, day) => {
                let pass = Command::PassSeat {
                    id: self.id,
                    assignment: self.assignment(from),
                    new: self.assignment(to),
                    to: self.holder(to),
                    from: Some(self.day(day)),
                };
                Step::new("", pass).because("Took over the desk")
            }
            Act::Share(client, seats, day) => {
                let draft = AllocationDraft {
                    company: self.ids.company(client),
                    seats: json!(seats),
                    effective_on: Some(self.day(day)),
                };
                Step::new("", Command::AllocateSeats { id: self.id, draft })
            }
            Act::Sync(client, count, day) => self.sync(client, count, day),
            Act::Believe(source, day) => {
                let believe = Command::SetInUseSource {
                    id: self.id,
                    source: source.to_owned(),
                    effective_on: Some(self.day(day)),
                };
                Step::new("", believe)
            }
            Act::Keys(keys) => self.keys(keys),
            Act::HandOn(company, seats, day) => {
                let transfer = Command::TransferSeats {
                    id: self.id,
                    new: self.ids.asset(&format!("{}/{company}", self.name)),
                    draft: TransferDraft {
                        company: self.ids.company(company),
                        quantity: Some(json!(seats)),
                        effective_on: Some(self.day(day)),
                    },
                };
                Step::new("", transfer).because("Sold with the workshop")
            }
        }
    }

    fn buy(&self, lot: &Lot) -> Step {
        let (since, until) = lot.reducible.unzip();
        let draft = PurchaseDraft {
            quantity: json!(lot.seats),
            from: Some(self.day(lot.from)),
            unit_price: Some(self.money(lot.price)),
            price_per: Some(lot.per.to_owned()),
            reducible_from: since.map(|day| self.day(day)),
            reducible_until: until.map(|day| self.day(day)),
            order: Some(lot.order.to_owned()),
            supplier: Some("Northwind Distribution".to_owned()),
            until: None,
        };
        let buy = Command::PurchaseSeats {
            id: self.id,
            purchase: self.purchase(lot.order),
            draft,
        };
        Step::new("", buy)
    }

    fn reduce(&self, order: &str, seats: i64, day: i64) -> Step {
        let draft = ReductionDraft {
            quantity: json!(seats),
            from: Some(self.day(day)),
        };
        let reduce = Command::ReducePurchase {
            id: self.id,
            purchase: self.purchase(order),
            draft,
        };
        Step::new("", reduce)
    }

    fn sync(&self, client: Option<&str>, count: i64, day: i64) -> Step {
        let draft = CountDraft {
            source: "synced".to_owned(),
            count: json!(count),
            counted_for: client.map(|client| self.ids.company(client)),
            counted_on: Some(self.day(day)),
            correction: false,
        };
        Step::new("", Command::CountSeats { id: self.id, draft })
    }

    fn keys(&self, keys: &[(&str, Option<&str>)]) -> Step {
        let mut drafts = Vec::new();
        let mut to_seal = Vec::new();
        for (label, holder) in keys {
            let secret = SecretRef {
                secret_id: self.ids.secret(&format!("{}/{label}", self.name)),
                version: 1,
            };
            drafts.push(KeyDraft {
                secret,
                label: Some((*label).to_owned()),
                assignment: holder.map(|holder| self.assignment(holder)),
            });
            let digits = secret.secret_id.0.simple().to_string().to_uppercase();
            to_seal.push(NewKey {
                asset: self.id,
                secret,
                value: format!(
                    "DEMO-{}-{}-{}",
                    &digits[..5],
                    &digits[5..10],
                    &digits[10..15]
                ),
            });
        }
        let add = Command::AddKeys {
            id: self.id,
            keys: drafts,
        };
        Step {
            keys: to_seal,
            ..Step::new("", add)
        }
    }

    fn seat(&self, holder: &str, day: i64) -> AssignmentDraft {
        AssignmentDraft {
            id: self.assignment(holder),
            holder: self.holder(holder),
            company: None,
            quantity: Json::Null,
            from: Some(self.day(day)),
            until: None,
            note: None,
        }
    }

    fn holder(&self, name: &str) -> Holder {
        self.holders.of(name)
    }

    fn assignment(&self, holder: &str) -> domain::ids::AssignmentId {
        self.ids.assignment(&format!("{}/{holder}", self.name))
    }

    fn purchase(&self, order: &str) -> domain::ids::PurchaseId {
        self.ids.purchase(&format!("{}/{order}", self.name))
    }

    fn entry(&self, entry: Entry) -> Json {
        match entry {
            Entry::Text(text) => json!(text),
            Entry::Number(number) => json!(number),
            Entry::Day(day) => json!(self.day(day)),
            Entry::Is(yes) => json!(yes),
            Entry::Money(amount) => self.money(amount),
        }
    }

    fn money(&self, amount: &str) -> Json {
        json!({ "amount": amount, "currency": self.currency })
    }

    fn day(&self, day: i64) -> String {
        day_in(self.today, day).to_string()
    }
}
