//! From alerts, integrations and feeds to their rows.

use domain::{
    Subject,
    alert::{About, Alert, AlertStanding},
    feed::Feed,
    integration::{Filter, Integration},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{AlertLicenseRow, AlertRow, FeedRow, IntegrationRow, TicketRow, Times};
use crate::{
    rows::{JsonText, Sink, Unfit},
    world::{Folded, World},
};

/// The rows of an alert, an integration or a feed; nothing for other streams.
pub(crate) fn subject(
    world: &World,
    tenant: Uuid,
    stream: Uuid,
    sink: &mut Sink,
) -> Result<(), Unfit> {
    let Some(folded) = world.get(tenant, stream) else {
        return Ok(());
    };
    match &folded.subject {
        Subject::Alert(alert) => {
            let none = Times::default();
            let times = folded.alert_times.as_deref().unwrap_or(&none);
            sink.replace(
                &[&tenant, &stream],
                &[alert_row(tenant, folded, alert, times)],
            )?;
            sink.replace(&[&tenant, &stream], &license_rows(tenant, alert))?;
            sink.replace(
                &[&tenant, &stream],
                &ticket_rows(tenant, folded, alert, times),
            )
        }
        Subject::Integration(integration) => sink.replace(
            &[&tenant, &stream],
            &[integration_row(tenant, folded, integration)],
        ),
        Subject::Feed(feed) => sink.replace(
            &[&tenant, &stream],
            &[feed_row(tenant, stream, folded, feed)],
        ),
        _ => Ok(()),
    }
}

fn alert_row(tenant: Uuid, folded: &Folded, alert: &Alert, times: &Times) -> AlertRow {
    let finding = &alert.finding;
    let (standing, due_at) = match alert.standing {
        AlertStanding::Pending { due_at, .. } => ("pending", Some(due_at)),
        AlertStanding::Open => ("open", None),
        AlertStanding::Cleared => ("cleared", None),
    };
    let cleared = times.cleared.filter(|_| standing == "cleared");
    let begun_at = times.begun_at.unwrap_or(folded.created_at);
    let row = AlertRow {
        tenant_id: tenant,
        alert_id: alert.id.0,
        company_id: finding.company.map(|company| company.0),
        kind: finding.kind.as_str(),
        cause: finding.kind.cause().as_str(),
        about: "token",
        asset_id: None,
        token_id: None,
        product_key: None,
        metric: None,
        standing,
        due_at,
        occurrence: i32::try_from(alert.occurrence).unwrap_or(i32::MAX),
        term: finding.term,
        deadline: finding.deadline,
        lead_days: finding.lead_days.and_then(|days| i32::try_from(days).ok()),
        since: finding.since,
        seats: finding.seats,
        owned: finding.owned,
        in_use: finding.in_use,
        note: finding.note.clone(),
        acknowledged: alert.acknowledged,
        snoozed_until: alert.snoozed_until,
        gravity: match finding.kind.is_for_review() {
            true => 0,
            false => i32::from(finding.kind.gravity()),
        },
        urgent_on: finding
            .deadline
            .or(finding.since)
            .unwrap_or(begun_at.date_naive()),
        begun_at,
        raised_at: times.raised_at,
        changed_at: folded.updated_at,
        cleared_at: cleared.map(|(at, _)| at),
        cleared: cleared.map(|(_, why)| why.as_str()),
        version: folded.version,
        entry: folded.entry,
    };
    match &finding.about {
        About::Pool(pool) => AlertRow {
            about: "pool",
            product_key: Some(pool.product.0.clone()),
            metric: Some(pool.metric.as_str()),
            ..row
        },
        About::Asset(asset) => AlertRow {
            about: "asset",
            asset_id: Some(asset.0),
            ..row
        },
        About::Token(token) => AlertRow {
            token_id: Some(token.0),
            ..row
        },
    }
}

fn license_rows(tenant: Uuid, alert: &Alert) -> Vec<AlertLicenseRow> {
    let licenses = alert.finding.licenses.iter();
    licenses
        .map(|license| AlertLicenseRow {
            tenant_id: tenant,
            alert_id: alert.id.0,
            asset_id: license.0,
        })
        .collect()
}

fn ticket_rows(tenant: Uuid, folded: &Folded, alert: &Alert, times: &Times) -> Vec<TicketRow> {
    let tickets = alert.tickets.iter();
    tickets
        .map(|(integration, known)| {
            let at = times.tickets.get(integration);
            let (opened_at, changed_at) = at
                .copied()
                .unwrap_or((folded.updated_at, folded.updated_at));
            TicketRow {
                tenant_id: tenant,
                alert_id: alert.id.0,
                integration_id: integration.0,
                ticket_id: known.ticket.id.clone(),
                number: known.ticket.number.clone(),
                url: known.ticket.url.clone(),
                standing: known.standing.as_str(),
                opened_at,
                changed_at,
            }
        })
        .collect()
}

fn integration_row(tenant: Uuid, folded: &Folded, integration: &Integration) -> IntegrationRow {
    let config = &integration.config;
    let secrets: Map<String, Json> = integration
        .secrets
        .iter()
        .map(|(name, stored)| (name.clone(), Json::from(stored.version)))
        .collect();
    IntegrationRow {
        tenant_id: tenant,
        integration_id: integration.id.0,
        name: config.name.clone(),
        kind: config.kind.as_str(),
        settings: JsonText(json!(config.settings).to_string()),
        filter: filter(&config.filter),
        group_renewals: config.group_renewals,
        secrets: JsonText(Json::Object(secrets).to_string()),
        mode: integration.mode.as_str(),
        removed: integration.removed,
        version: folded.version,
        entry: folded.entry,
        created_at: folded.created_at,
        updated_at: folded.updated_at,
    }
}

fn filter(filter: &Filter) -> JsonText {
    let companies: Vec<Uuid> = filter.companies.iter().map(|id| id.0).collect();
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
    let types: Vec<Uuid> = filter.types.iter().map(|id| id.0).collect();
    let json = json!({
        "companies": companies,
        "kinds": kinds,
        "events": filter.events,
        "types": types,
    });
    JsonText(json.to_string())
}

fn feed_row(tenant: Uuid, id: Uuid, folded: &Folded, feed: &Feed) -> FeedRow {
    let companies = feed.companies.as_ref();
    FeedRow {
        tenant_id: tenant,
        feed_id: id,
        label: feed.label.clone(),
        companies: companies.map(|companies| companies.iter().map(|id| id.0).collect()),
        closed: feed.closed,
        created_at: folded.created_at,
    }
}
