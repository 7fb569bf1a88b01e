//! Licenses as they are really had: shared out, priced, renamed, counted by several sources.

mod alerts;
mod costs;
mod held;
mod names;
mod shares;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use domain::{
    Event, Fact,
    asset::{
        Assignment, Holder, HolderKind, InUseSource, PricePer, Purchase, RenewalDecision, Window,
    },
    asset_type::FieldRole,
    ids::{AssetId, AssignmentId, CompanyId, HolderId, ProductId, PurchaseId, SecretId, TenantId},
    money::Money,
    product::{Alias, Product, ProductFacts},
};
use read_models::{
    Live, Model, catalog,
    compliance::{
        queries::{About, Group, Pools},
        spend::{self, Spend, SpendBy},
        usage::{Part, Usage, usage},
    },
    holdings,
    query::{Settings, Statement, ask},
    seats,
};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use tokio_postgres::types::Json as Column;
use uuid::Uuid;

use crate::{
    history::{
        asset_registered, company_added, day, fact, id, in_use, license_fields, set,
        tenant_created, text, total, type_defined, usd,
    },
    stage::{Stage, assert_same, pool},
};

/// A log of one account, taken up live.
struct Account {
    stage: Stage,
    live: Live,
    tenant: Uuid,
}

impl Account {
    /// An MSP with two clients and no licenses.
    async fn new() -> Self {
        let stage = Stage::built().await;
        let live = stage.live(&Model::ALL).await;
        let mut account = Self {
            stage,
            live,
            tenant: id("tenant"),
        };
        account
            .add(vec![
                tenant_created(id("tenant")),
                company_added(id("msp"), "An MSP"),
                company_added(id("contoso"), "Contoso Dental"),
                company_added(id("fabrikam"), "Fabrikam"),
                type_defined(id("type"), license_fields()),
            ])
            .await;
        account
    }

    async fn add(&mut self, facts: Vec<Fact>) {
        let facts = facts.into_iter().map(|fact| (self.tenant, fact)).collect();
        self.stage.append_all(facts).await;
        self.stage.follow(&mut self.live, 100).await;
    }

    /// A license of a company, from the first of 2026.
    async fn license(&mut self, name: &str, company: &str, product: &str, facts: Vec<Fact>) {
        let on = day("2026-01-01");
        let mut all = vec![
            asset_registered(id(name), id("type"), id(company), on),
            set(id(name), on, "Product", text(product)),
        ];
        all.extend(facts);
        self.add(all).await;
    }

    async fn rows(&self, sql: &str) -> Vec<Json> {
        let sql = format!("select to_jsonb(t) from ({sql}) t");
        let rows = self.stage.superuser.query(&sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// What the service's own role is answered.
    async fn ask(&self, statement: Statement) -> Vec<tokio_postgres::Row> {
        let pool = pool(self.stage.config("seatledger_query"));
        let client = pool.get().await.unwrap();
        ask(&client, self.tenant, &statement, true)
            .await
            .unwrap()
            .rows
    }

    async fn rebuilt_is_the_same(&self) {
        let lived = self.stage.dump().await;
        self.stage.rebuild(&Model::ALL).await.unwrap();
        assert_same(&lived, &self.stage.dump().await, "live and rebuilt");
    }
}

fn costs(asset: &str, on: NaiveDate, amount: i64) -> Fact {
    let to = Some(Money {
        amount: Decimal::from(amount),
        currency: usd(),
    });
    let event = Event::CostChanged {
        role: FieldRole::AnnualCost,
        from: None,
        to,
        correction: false,
    };
    fact(id(asset), on, event)
}

fn allocated(asset: &str, company: &str, on: NaiveDate, from: i64, to: i64) -> Fact {
    let company_id = CompanyId(id(company));
    let event = Event::SeatsAllocated {
        company_id,
        from,
        to,
    };
    fact(id(asset), on, event)
}

fn assignment(name: &str, holder: &str, from: NaiveDate) -> Assignment {
    Assignment {
        id: AssignmentId(id(name)),
        holder: Holder {
            kind: HolderKind::User,
            id: HolderId(id(holder)),
        },
        quantity: 1,
        from,
        until: None,
        company: None,
        note: None,
    }
}

fn assigned(asset: &str, on: NaiveDate, assignments: Vec<Assignment>) -> Fact {
    let over_by = None;
    let event = Event::SeatsAssigned {
        assignments,
        over_by,
    };
    fact(id(asset), on, event)
}

fn product(name: &str, aliases: &[Alias], facts: ProductFacts) -> Product {
    Product {
        id: ProductId(id(name)),
        name: name.to_owned(),
        aliases: aliases.iter().cloned().collect(),
        facts,
        merged_into: None,
    }
}

fn catalog_fact(event: Event) -> Fact {
    let stream = TenantId(id("tenant")).catalog_stream();
    fact(stream, day("2026-02-01"), event)
}

fn added(products: Vec<Product>) -> Fact {
    catalog_fact(Event::ProductsAdded {
        source: None,
        products,
    })
}

fn about(day: NaiveDate, settings: &Settings) -> About<'_> {
    About {
        tenant: id("tenant"),
        sees: None,
        day,
        settings,
    }
}

fn spend_of(from: &str, until: &str) -> Spend {
    Spend {
        tenant: id("tenant"),
        sees: None,
        from: day(from),
        until: day(until),
        companies: None,
        product_keys: None,
        vendors: None,
        assets: None,
    }
}

fn json_of(row: &tokio_postgres::Row, column: &str) -> Json {
    row.get::<_, Column<Json>>(column).0
}

/// A license of the MSP's own with 100 seats for 1000 USD a year, shared out from March on.
async fn shared_out() -> Account {
    let mut account = Account::new().await;
    let (january, march) = (day("2026-01-01"), day("2026-03-01"));
    let facts = vec![
        total(id("edr"), january, None, 100),
        costs("edr", january, 1000),
        allocated("edr", "contoso", march, 0, 30),
        allocated("edr", "fabrikam", march, 0, 20),
    ];
    account
        .license("edr", "msp", "Endpoint Protection", facts)
        .await;
    account
}
