//! What may be asked of alerts, tickets, integrations and feeds.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    days,
    query::{Parameter, Statement, parameter},
    register::queries::AfterName,
};

/// The names of what is concerned stand in the register, those of products beside the pools.
const MODELS: &[&str] = &["alerts", "register", "compliance"];

/// Which alerts; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// One alert.
    pub one: Option<Uuid>,
    /// Whose. What concerns the whole account is nobody's.
    pub companies: Option<Vec<Uuid>>,
    /// By the words of [`domain::alert::Kind`].
    pub kinds: Option<Vec<String>>,
    /// By the words of [`domain::alert::Cause`].
    pub causes: Option<Vec<String>>,
    /// `pending`, `open`, `cleared`.
    pub standings: Option<Vec<String>>,
    /// Whether somebody knows of it.
    pub acknowledged: Option<bool>,
    /// Whether it is put off today.
    pub snoozed: Option<bool>,
    /// That concern one of these assets, as it was found last.
    pub assets: Option<Vec<Uuid>>,
    /// Of which products, by the keys of their pools.
    pub product_keys: Option<Vec<String>>,
}

/// In which order alerts come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertOrder {
    /// The gravest first, of these the nearest deadline, or what has been so for longest.
    Urgent,
    /// What was noticed or raised last comes first.
    Newest,
}

/// Where a page of alerts ended: the columns of its last row. Of another order than is asked for it counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterAlert {
    /// Of [`AlertOrder::Urgent`].
    Urgent {
        /// How grave.
        gravity: i32,
        /// The day by which it is urgent.
        #[serde(deserialize_with = "days::of_ours")]
        urgent_on: NaiveDate,
        /// Which.
        alert_id: Uuid,
    },
    /// Of [`AlertOrder::Newest`].
    Newest {
        /// When it was noticed or raised.
        #[serde(deserialize_with = "days::instant_of_ours")]
        begun_at: DateTime<Utc>,
        /// Which.
        alert_id: Uuid,
    },
}

/// Which tickets; none of a kind means all.
#[derive(Debug, Clone, Default)]
pub struct Tickets {
    /// In which systems.
    pub integrations: Option<Vec<Uuid>>,
    /// By the words of [`domain::alert::TicketStanding`].
    pub standings: Option<Vec<String>>,
    /// Of whose alerts.
    pub companies: Option<Vec<Uuid>>,
    /// Of which alerts.
    pub alerts: Option<Vec<Uuid>>,
    /// By the ids that their systems give them.
    pub ticket_ids: Option<Vec<String>>,
}

/// Where a page of tickets ended: the columns of its last row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterTicket {
    /// When it was made.
    #[serde(deserialize_with = "days::instant_of_ours")]
    pub opened_at: DateTime<Utc>,
    /// Of which alert.
    pub alert_id: Uuid,
    /// In which system.
    pub integration_id: Uuid,
}

/// A page of alerts, or one. `sees` are the companies that the token sees, if not all.
///
/// Columns: `alert_id`, `company_id`?, `company_name`?, `kind`, `cause`, `about` (`pool`, `asset`, `token`), `asset_id`?,
/// `asset_name`?, `token_id`?, `product_key`?, `product_id`?, `product`?, `vendor`?, `metric`?, `standing`, `due_at`?,
/// `occurrence` (int4), `term`?, `deadline`?, `lead_days`? (int4), `since`?, `seats`? `owned`? `in_use`? (int8), `note`?,
/// `acknowledged`, `snoozed_until`?, `gravity` (int4), `urgent_on`, `begun_at`, `raised_at`?, `changed_at`, `cleared_at`?,
/// `cleared`?, `version` (int4), `entry` (int8), `licenses` (json: `asset_id`, `name`), `tickets` (json:
/// `integration_id`, `integration`, `ticket_id`, `number`, `url`, `standing`, `opened_at`, `changed_at`).
/// Those with a question mark may be null. Of a license, product and metric are told too.
#[must_use]
pub fn alerts(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    today: NaiveDate,
    alerts: Alerts,
    order: AlertOrder,
    after: Option<&AfterAlert>,
    limit: i64,
) -> Statement {
    let mut parameters = vec![
        parameter(tenant),
        parameter(sees),
        parameter(today),
        parameter(alerts.one),
        parameter(alerts.companies),
        parameter(alerts.kinds),
        parameter(alerts.causes),
        parameter(alerts.standings),
        parameter(alerts.acknowledged),
        parameter(alerts.snoozed),
        parameter(alerts.assets),
        parameter(alerts.product_keys),
    ];
    let (beyond, by) = match order {
        AlertOrder::Urgent => {
            let after = match after {
                Some(AfterAlert::Urgent {
                    gravity,
                    urgent_on,
                    alert_id,
                }) => Some((*gravity, *urgent_on, *alert_id)),
                _ => None,
            };
            parameters.extend([
                parameter(after.map(|after| after.0)),
                parameter(after.map(|after| after.1)),
                parameter(after.map(|after| after.2)),
            ]);
            (
                "($13::integer is null or a.gravity < $13
                  or (a.gravity = $13 and (a.urgent_on, a.alert_id) > ($14::date, $15::uuid)))",
                "{of}.gravity desc, {of}.urgent_on, {of}.alert_id",
            )
        }
        AlertOrder::Newest => {
            let after = match after {
                Some(AfterAlert::Newest { begun_at, alert_id }) => Some((*begun_at, *alert_id)),
                _ => None,
            };
            parameters.extend([
                parameter(after.map(|after| after.0)),
                parameter(after.map(|after| after.1)),
            ]);
            (
                "($13::timestamptz is null or (a.begun_at, a.alert_id) < ($13, $14::uuid))",
                "{of}.begun_at desc, {of}.alert_id desc",
            )
        }
    };
    parameters.push(parameter(limit));
    let sql = include_str!("alerts.sql")
        .replace("{beyond}", beyond)
        .replace("{order}", &by.replace("{of}", "a"))
        .replace("{page_order}", &by.replace("{of}", "page"))
        .replace("{limit}", &format!("${}", parameters.len()));
    Statement {
        models: MODELS,
        sql: sql.into(),
        parameters,
        planned_anew: true,
    }
}

/// A page of the tickets of alerts' current occurrences, the last made first.
///
/// Columns: `alert_id`, `integration_id`, `integration`?, `integration_kind`?, `ticket_id`, `number`, `url`?, `standing`,
/// `opened_at`, `changed_at`, and of the alert: `company_id`?, `company_name`?, `kind`, `cause`, `occurrence`,
/// `alert_standing`, `deadline`?, `acknowledged`, `snoozed_until`?.
#[must_use]
pub fn tickets(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    tickets: Tickets,
    after: Option<&AfterTicket>,
    limit: i64,
) -> Statement {
    asked(
        include_str!("tickets.sql"),
        vec![
            parameter(tenant),
            parameter(sees),
            parameter(tickets.integrations),
            parameter(tickets.standings),
            parameter(tickets.companies),
            parameter(tickets.alerts),
            parameter(tickets.ticket_ids),
            parameter(after.map(|after| after.opened_at)),
            parameter(after.map(|after| after.alert_id)),
            parameter(after.map(|after| after.integration_id)),
            parameter(limit),
        ],
    )
}

/// A page of integrations by name, or one. They are the account's: for tokens that may administer.
///
/// Columns: `integration_id`, `name`, `kind`, `settings` (jsonb: name to text), `filter` (jsonb: `companies`, `kinds`,
/// `events`, `types`, empty means all), `group_renewals`, `secrets` (jsonb: name to version), `mode`, `removed`,
/// `version`, `entry`, `created_at`, `updated_at`.
#[must_use]
pub fn integrations(
    tenant: Uuid,
    one: Option<Uuid>,
    removed: Option<bool>,
    after: Option<&AfterName>,
    limit: i64,
) -> Statement {
    asked(
        include_str!("integrations.sql"),
        vec![
            parameter(tenant),
            parameter(one),
            parameter(removed),
            parameter(after.map(|after| after.name.clone())),
            parameter(after.map(|after| after.id)),
            parameter(limit),
        ],
    )
}

/// A page of calendar feeds by label, or one. A token that is limited to companies is told of those feeds alone that
/// show none but these.
///
/// Columns: `feed_id`, `label`, `companies`? (uuid[]; null means all), `closed`, `created_at`.
#[must_use]
pub fn feeds(
    tenant: Uuid,
    sees: Option<Vec<Uuid>>,
    one: Option<Uuid>,
    closed: Option<bool>,
    after: Option<&AfterName>,
    limit: i64,
) -> Statement {
    asked(
        include_str!("feeds.sql"),
        vec![
            parameter(tenant),
            parameter(sees),
            parameter(one),
            parameter(closed),
            parameter(after.map(|after| after.name.clone())),
            parameter(after.map(|after| after.id)),
            parameter(limit),
        ],
    )
}

fn asked(sql: &'static str, parameters: Vec<Parameter>) -> Statement {
    Statement {
        models: MODELS,
        sql: sql.into(),
        parameters,
        planned_anew: true,
    }
}
