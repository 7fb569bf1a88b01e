//! Events of alerts, integrations and feeds.

use std::collections::BTreeSet;

use domain::{
    alert::{About, AlertOverrides, Cleared, Finding, Kind, TicketRef, TicketStanding},
    compliance::PoolKey,
    ids::{IntegrationId, TokenId},
    integration::{Filter, IntegrationConfig, IntegrationKind, Mode},
    product::ProductKey,
};

use super::*;

/// An event of an alert, an integration, a feed or of what is said otherwise of alerts.
pub(super) fn alerting(account: &mut Account, dice: &mut Dice, new: Uuid) -> Fact {
    let on = dice.day();
    let company = *dice.of(&account.companies);
    match dice.below(12) {
        0 => overrides(account, dice, on),
        1 => integration(account, dice, new, on),
        2 => feed(account, dice, new, on),
        _ => Fact {
            company: (dice.below(6) > 0).then_some(CompanyId(company)),
            ..alert(account, dice, new, on)
        },
    }
}

fn overrides(account: &Account, dice: &mut Dice, on: NaiveDate) -> Fact {
    let policy = match dice.below(3) {
        0 => AlertOverrides::default(),
        _ => AlertOverrides {
            lead_days: (dice.below(2) == 0).then(|| vec![90, 30]),
            min_free_seats: (dice.below(2) == 0).then(|| dice.count()),
            muted: (dice.below(2) == 0).then(|| [Kind::OverLicensed].into()),
            ..AlertOverrides::default()
        },
    };
    match (dice.below(3), account.assets.first()) {
        (0, Some(asset)) => fact(*asset, on, Event::AssetPolicySet { policy }),
        (1, _) => {
            let of = *dice.of(&account.types);
            fact(of, on, Event::TypePolicySet { policy })
        }
        _ => {
            let of = *dice.of(&account.companies);
            fact(of, on, Event::CompanyPolicySet { policy })
        }
    }
}

fn integration(account: &mut Account, dice: &mut Dice, new: Uuid, on: NaiveDate) -> Fact {
    let config = IntegrationConfig {
        name: format!("System {}", dice.below(5)),
        kind: IntegrationKind::Zammad,
        settings: [("url".to_owned(), format!("https://z{}", dice.below(9)))].into(),
        filter: Filter {
            kinds: [Kind::Expiring]
                .into_iter()
                .filter(|_| dice.below(2) == 0)
                .collect(),
            ..Filter::default()
        },
        group_renewals: dice.below(2) == 0,
    };
    if account.integrations.is_empty() || dice.below(4) == 0 {
        account.integrations.push(new);
        return fact(new, on, Event::IntegrationAdded { config });
    }
    let event = match dice.below(4) {
        0 => Event::IntegrationChanged {
            from: config.clone(),
            to: config,
        },
        1 => Event::IntegrationSecretStored {
            secret: "token".to_owned(),
            stored: SecretRef {
                secret_id: SecretId(new),
                version: i32::try_from(dice.count()).unwrap(),
            },
        },
        2 => Event::IntegrationModeSet {
            from: Mode::DryRun,
            to: *dice.of(&[Mode::On, Mode::Paused]),
            backlog: None,
        },
        _ => Event::IntegrationRemoved,
    };
    fact(*dice.of(&account.integrations), on, event)
}

fn feed(account: &mut Account, dice: &mut Dice, new: Uuid, on: NaiveDate) -> Fact {
    if account.feeds.is_empty() || dice.below(2) == 0 {
        account.feeds.push(new);
        let companies = account.companies.iter().map(|id| CompanyId(*id));
        let opened = Event::FeedOpened {
            label: format!("Feed {}", dice.below(4)),
            secret_sha256: [7; 32],
            companies: (dice.below(2) == 0).then(|| companies.collect()),
        };
        return fact(new, on, opened);
    }
    fact(*dice.of(&account.feeds), on, Event::FeedClosed)
}

fn alert(account: &mut Account, dice: &mut Dice, new: Uuid, on: NaiveDate) -> Fact {
    let found = finding(account, dice);
    if account.alerts.is_empty() || dice.below(5) == 0 {
        account.alerts.push(new);
    }
    let stream = *dice.of(&account.alerts);
    let integration_id = IntegrationId(account.integrations.first().copied().unwrap_or(stream));
    let ticket = TicketRef {
        id: dice.count().to_string(),
        number: format!("#{}", dice.count()),
        url: (dice.below(2) == 0).then(|| "https://z/1".to_owned()),
    };
    let event = match dice.below(14) {
        0 => Event::FindingNoticed {
            finding: found,
            due_at: chrono::DateTime::UNIX_EPOCH,
        },
        1..=3 => Event::AlertRaised {
            finding: found,
            occurrence: u32::try_from(dice.below(9)).unwrap(),
        },
        4 => Event::AlertChanged {
            from: finding(account, dice),
            to: found,
            worse: dice.below(2) == 0,
        },
        5 => Event::AlertCleared {
            cleared: *dice.of(&[Cleared::Gone, Cleared::Decided]),
        },
        6 => Event::AlertAcknowledged {
            integration_id: None,
        },
        7 => Event::AlertSnoozed { until: dice.day() },
        8 => Event::AlertWoken,
        9 | 10 => Event::TicketOpened {
            integration_id,
            ticket,
        },
        11 => Event::TicketChanged {
            integration_id,
            from: TicketStanding::Open,
            to: *dice.of(&[TicketStanding::TakenOver, TicketStanding::Deleted]),
        },
        12 => Event::TicketCommented {
            integration_id,
            what: "worse".to_owned(),
        },
        _ => Event::TicketMerged {
            integration_id,
            into: ticket,
        },
    };
    fact(stream, on, event)
}

fn finding(account: &Account, dice: &mut Dice) -> Finding {
    let company = CompanyId(*dice.of(&account.companies));
    let (kind, about) = match (dice.below(4), account.assets.first()) {
        (0, Some(asset)) => (Kind::Expiring, About::Asset(AssetId(*asset))),
        (1, _) => (Kind::RevealBudget, About::Token(TokenId(account.tenant))),
        _ => (
            *dice.of(&[Kind::UnderLicensed, Kind::OverLicensed]),
            About::Pool(PoolKey {
                company,
                product: ProductKey((*dice.of(&NAMES)).to_owned()),
                metric: Metric::PerUser,
            }),
        ),
    };
    let licenses: BTreeSet<AssetId> = (0..dice.below(4))
        .filter_map(|_| account.assets.get(usize::try_from(dice.below(5)).unwrap()))
        .map(|asset| AssetId(*asset))
        .collect();
    Finding {
        deadline: (dice.below(2) == 0).then(|| dice.day()),
        since: (dice.below(2) == 0).then(|| dice.day()),
        seats: Some(dice.count()),
        licenses,
        ..Finding::new(kind, about, (dice.below(5) > 0).then_some(company))
    }
}
