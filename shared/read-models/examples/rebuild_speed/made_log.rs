//! A log as MSPs would have it: a dozen events an asset, most of them about seats.

use std::collections::HashMap;

use chrono::{DateTime, Days, TimeDelta};
use contract::{Actor, Metadata, Principal};
use domain::{Event, Fact, ids::CompanyId};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::history::{
    Dice, asset_registered, company_added, day, fact, id, in_use, license_fields, set,
    tenant_created, text, total, type_defined,
};

const TENANTS: u64 = 20;
const COMPANIES: u64 = 50;
const PRODUCTS: u64 = 40;
/// Events of a new asset.
const BEGINNING: i64 = 8;
/// Events in one statement.
const PAGE: usize = 10_000;

pub(crate) struct MadeLog {
    pub(crate) sequence: i64,
    entries: HashMap<Uuid, i64>,
    versions: HashMap<Uuid, i32>,
    assets: Vec<(Uuid, Uuid, CompanyId)>,
    /// Only so many assets change from now on, and on one day.
    pub(crate) hot: Option<u64>,
    dice: Dice,
    metadata: String,
}

impl Default for MadeLog {
    fn default() -> Self {
        let principal = Principal {
            actor: Actor::Person(id("person")),
            token: Some(id("token")),
        };
        let metadata = Metadata {
            request: Some(id("request").to_string()),
            ..Metadata::of(principal)
        };
        Self {
            sequence: 0,
            entries: HashMap::new(),
            versions: HashMap::new(),
            assets: Vec::new(),
            hot: None,
            dice: Dice::new(11),
            metadata: metadata.encode(),
        }
    }
}

impl MadeLog {
    pub(crate) async fn append(&mut self, client: &Client, count: i64) {
        let until = self.sequence + count;
        let mut facts = Vec::new();
        if self.sequence == 0 {
            facts.extend((0..TENANTS).flat_map(begin));
        }
        while self.sequence < until {
            while facts.len() < PAGE {
                self.more(&mut facts);
            }
            let left = usize::try_from(until - self.sequence).unwrap();
            let page: Vec<_> = facts.drain(..PAGE.min(left)).collect();
            self.insert(client, page).await;
        }
    }

    fn more(&mut self, facts: &mut Vec<(Uuid, Fact)>) {
        let dice = &mut self.dice;
        let on = day("2024-12-01") + Days::new(dice.below(700));
        let new = self.hot.is_none() && (self.assets.is_empty() || dice.below(10) == 0);
        let on = if self.hot.is_some() {
            day("2026-11-01")
        } else {
            on
        };
        if new {
            let tenant = id(&format!("tenant {}", dice.below(TENANTS)));
            let company = Uuid::new_v5(&tenant, &dice.below(COMPANIES).to_be_bytes());
            let asset = Uuid::new_v5(&company, &self.assets.len().to_be_bytes());
            let company_id = CompanyId(company);
            self.assets.push((tenant, asset, company_id));
            let product = format!("Product {}", dice.below(PRODUCTS));
            let expiry = Some(on + Days::new(365));
            let beginning = [
                asset_registered(asset, Uuid::new_v5(&tenant, b"type"), company, on),
                set(asset, on, "Product", text(&product)),
                set(asset, on, "Vendor", text("Vendor")),
                set(asset, on, "License Type", text("Per-user")),
                total(asset, on, None, 25),
                in_use(asset, on, None, 20),
                fact(
                    asset,
                    on,
                    Event::ExpiryChanged {
                        from: None,
                        to: expiry,
                        correction: false,
                    },
                ),
                fact(
                    asset,
                    on,
                    Event::TagAdded {
                        tag: format!("tag-{}", dice.below(9)),
                    },
                ),
            ];
            debug_assert_eq!(i64::try_from(beginning.len()), Ok(BEGINNING));
            facts.extend(beginning.map(|fact| {
                (
                    tenant,
                    Fact {
                        company: Some(company_id),
                        ..fact
                    },
                )
            }));
            return;
        }
        let (tenant, asset, company) = self.assets
            [usize::try_from(dice.below(self.hot.unwrap_or(self.assets.len() as u64))).unwrap()];
        let count = i64::try_from(dice.below(40)).unwrap();
        let fact = if dice.below(2) == 0 {
            total(asset, on, Some(25), count)
        } else {
            in_use(asset, on, Some(20), count)
        };
        facts.push((
            tenant,
            Fact {
                company: Some(company),
                ..fact
            },
        ));
    }

    async fn insert(&mut self, client: &Client, facts: Vec<(Uuid, Fact)>) {
        let count = facts.len();
        let from = self.sequence + 1;
        let mut tenants = Vec::with_capacity(count);
        let mut entries = Vec::with_capacity(count);
        let mut streams = Vec::with_capacity(count);
        let mut versions = Vec::with_capacity(count);
        let mut types = Vec::with_capacity(count);
        let mut companies = Vec::with_capacity(count);
        let mut payloads = Vec::with_capacity(count);
        let mut days = Vec::with_capacity(count);
        let mut times = Vec::with_capacity(count);
        let epoch = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        for (tenant, fact) in facts {
            self.sequence += 1;
            let entry = self.entries.entry(tenant).or_default();
            *entry += 1;
            let version = self.versions.entry(fact.stream).or_default();
            *version += 1;
            let stored = contract::encode(&fact.event);
            tenants.push(tenant);
            entries.push(*entry);
            streams.push(fact.stream);
            versions.push(*version);
            types.push(stored.event_type);
            companies.push(fact.company.map(|company| company.0));
            payloads.push(stored.payload);
            days.push(fact.effective_on);
            times.push(epoch + TimeDelta::milliseconds(self.sequence));
        }
        let sql = "insert into log.event
            select $1 + at - 1, tenant, entry, stream, version, gen_random_uuid(), type, 1, company, payload::json,
                $11::text::json, day, time
            from unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::integer[], $6::text[], $7::uuid[], $8::text[],
                $9::date[], $10::timestamptz[])
                with ordinality t (tenant, entry, stream, version, type, company, payload, day, time, at)";
        client
            .execute(
                sql,
                &[
                    &from,
                    &tenants,
                    &entries,
                    &streams,
                    &versions,
                    &types,
                    &companies,
                    &payloads,
                    &days,
                    &times,
                    &self.metadata,
                ],
            )
            .await
            .unwrap();
    }
}

fn begin(at: u64) -> Vec<(Uuid, Fact)> {
    let tenant = id(&format!("tenant {at}"));
    let mut facts = vec![
        (tenant, tenant_created(tenant)),
        (
            tenant,
            type_defined(Uuid::new_v5(&tenant, b"type"), license_fields()),
        ),
    ];
    facts.extend((0..COMPANIES).map(|at: u64| {
        let company = Uuid::new_v5(&tenant, &at.to_be_bytes());
        (tenant, company_added(company, &format!("Company {at}")))
    }));
    facts
}
