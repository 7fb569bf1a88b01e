//! Facts of what is held of licenses, and of products, as commands would have recorded them.

use std::collections::BTreeSet;

use domain::{
    Event, Fact,
    asset::{
        Assignment, Holder, HolderKind, InUseSource, PricePer, Purchase, RenewalDecision, Window,
    },
    ids::{AssignmentId, CompanyId, HolderId, PersonId, ProductId, PurchaseId, SecretId, TenantId},
    money::{Currency, Money},
    product::{Alias, Product, ProductFacts},
    text,
};
use uuid::Uuid;

use crate::{
    facts::{Account, License, day, id},
    stage::Stage,
};

/// A product with names and part numbers, whose id is named for its name.
pub(crate) fn product(account: &Account, name: &str, skus: &[&str], facts: ProductFacts) -> Fact {
    let product = Product {
        id: ProductId(account.id(name)),
        name: name.to_owned(),
        aliases: skus
            .iter()
            .map(|sku| Alias::Sku((*sku).to_owned()))
            .collect(),
        facts,
        merged_into: None,
    };
    of_catalog(
        account,
        Event::ProductsAdded {
            source: None,
            products: vec![product],
        },
    )
}

pub(crate) fn suite_of(account: &Account, parts: &[&str]) -> ProductFacts {
    let parts: BTreeSet<_> = parts
        .iter()
        .map(|part| ProductId(account.id(part)))
        .collect();
    ProductFacts {
        suite_of: parts,
        ..ProductFacts::default()
    }
}

pub(crate) fn of_catalog(account: &Account, event: Event) -> Fact {
    Fact {
        stream: TenantId(account.tenant).catalog_stream(),
        company: None,
        effective_on: day("2026-01-01"),
        event,
    }
}

pub(crate) fn money(amount: &str, currency: &str) -> Money {
    Money {
        amount: amount.parse().unwrap(),
        currency: Currency::parse(currency).unwrap(),
    }
}

/// The id of a holder by name.
pub(crate) fn holder(name: &str) -> Uuid {
    id(&format!("holder {name}"))
}

impl Stage {
    /// Names a user that holds seats.
    pub(crate) async fn name_user(&self, account: &Account, name: &str) {
        let sql = "insert into access.seat_holder (tenant_id, holder_id, kind, name, name_key)
            values ($1, $2, 'user', $3, $4)";
        let key = text::normalized(name);
        self.superuser
            .execute(sql, &[&account.tenant, &holder(name), &name, &key])
            .await
            .unwrap();
    }

    pub(crate) async fn erase_user(&self, account: &Account, name: &str) {
        let sql = "delete from access.seat_holder where tenant_id = $1 and holder_id = $2";
        self.superuser
            .execute(sql, &[&account.tenant, &holder(name)])
            .await
            .unwrap();
    }
}

impl License<'_> {
    pub(crate) fn bought(&self, on: &str, quantity: i64, price: Option<(Money, PricePer)>) -> Fact {
        self.bought_reducible(on, quantity, price, None)
    }

    pub(crate) fn bought_reducible(
        &self,
        on: &str,
        quantity: i64,
        price: Option<(Money, PricePer)>,
        reducible: Option<(&str, &str)>,
    ) -> Fact {
        let purchase = Purchase {
            id: self.purchase(on),
            quantity,
            from: day(on),
            until: None,
            unit_price: price.map(|(price, _)| price),
            price_per: price.map(|(_, per)| per),
            order: Some(format!("PO {on}")),
            supplier: Some("Pax8".to_owned()),
            reducible: reducible.map(|(from, until)| Window {
                from: day(from),
                until: Some(day(until)),
            }),
        };
        self.fact(on, Event::SeatsPurchased { purchase })
    }

    /// The purchase of a day.
    pub(crate) fn purchase(&self, on: &str) -> PurchaseId {
        PurchaseId(id(&format!("{} purchase {on}", self.asset)))
    }

    /// The assignment of a user.
    pub(crate) fn assignment(&self, user: &str) -> AssignmentId {
        AssignmentId(id(&format!("{} assignment {user}", self.asset)))
    }

    pub(crate) fn assigned(&self, on: &str, users: &[&str], company: Option<Uuid>) -> Fact {
        let assignments = users.iter().map(|user| Assignment {
            id: self.assignment(user),
            holder: Holder {
                kind: HolderKind::User,
                id: HolderId(holder(user)),
            },
            quantity: 1,
            from: day(on),
            until: None,
            company: company.map(CompanyId),
            note: None,
        });
        let assigned = Event::SeatsAssigned {
            assignments: assignments.collect(),
            over_by: None,
        };
        self.fact(on, assigned)
    }

    pub(crate) fn released(&self, on: &str, users: &[&str]) -> Fact {
        let assignment_ids = users.iter().map(|user| self.assignment(user)).collect();
        self.fact(on, Event::SeatsReleased { assignment_ids })
    }

    pub(crate) fn allocated(&self, on: &str, company: Uuid, seats: i64) -> Fact {
        let allocated = Event::SeatsAllocated {
            company_id: CompanyId(company),
            from: 0,
            to: seats,
        };
        self.fact(on, allocated)
    }

    pub(crate) fn counted_by(&self, on: &str, to: InUseSource) -> Fact {
        let from = InUseSource::Typed;
        self.fact(on, Event::InUseSourceChanged { from, to })
    }

    pub(crate) fn counted(&self, on: &str, source: InUseSource, to: i64) -> Fact {
        let counted = Event::SeatsInUseCounted {
            source,
            counted_for: None,
            from: None,
            to: Some(to),
            correction: false,
        };
        self.fact(on, counted)
    }

    pub(crate) fn key_added(&self, on: &str, label: &str) -> Fact {
        let added = Event::KeyAdded {
            secret_id: SecretId(id(&format!("{} key {label}", self.asset))),
            secret_version: 1,
            label: Some(label.to_owned()),
            assignment_id: None,
        };
        self.fact(on, added)
    }

    pub(crate) fn decided(
        &self,
        term_end: &str,
        decision: RenewalDecision,
        owner: Uuid,
        note: &str,
    ) -> Fact {
        let decided = Event::RenewalDecided {
            term_end: day(term_end),
            decision: Some(decision),
            owner: Some(PersonId(owner)),
            note: Some(note.to_owned()),
        };
        self.fact("2026-10-01", decided)
    }
}
