//! Alerts: reviewed by the rules, answered by people, told of by integrations.

use super::{Deciding, Effect};
use crate::{
    access::{Action, Actor, Resource},
    alert::{
        About, Alert, AlertOverrides, AlertRules, AlertStanding, Cause, Cleared, Finding, Kind,
        Reviewing, TicketNews, TicketStanding, Wanted, asset_findings, pool_findings, review,
        token_findings,
    },
    asset::{Asset, License},
    asset_type::AssetType,
    calendar,
    command::{Command, PolicyOf, Review},
    compliance::PoolKey,
    event::{Event, Fact},
    ids::{AlertId, AssetId, CompanyId, IntegrationId, TokenId},
    product::Catalog,
    refusal::{Refusal, Violations},
    subject::Subject,
    text,
};

/// How far ahead an alert may be put off, in days.
const SNOOZE_DAYS_MAX: i64 = 366;

impl Deciding<'_> {
    pub(super) fn alert_effect(&self) -> Result<Effect, Refusal> {
        match &self.order.command {
            Command::ReviewAlerts { of, recorded_at } => {
                self.only_itself()?;
                let at = Reviewing {
                    now: self.now,
                    today: self.setting.today,
                    zone: self.setting.zone,
                    policy: &self.setting.policy,
                    recorded_at: *recorded_at,
                };
                let facts = match of {
                    Review::Pool { key, licenses } => self.review_pool(key, licenses, &at),
                    Review::Asset(id) => self.review_asset(*id, &at),
                    Review::Token(id) => self.review_token(*id, &at),
                };
                Ok(self.of_facts(self.tenant.0, facts))
            }
            Command::TellTicket {
                alerts,
                integration,
                news,
            } => {
                self.only_itself()?;
                let facts = alerts
                    .iter()
                    .flat_map(|alert| self.told(*alert, *integration, news))
                    .collect();
                Ok(self.of_facts(integration.0, facts))
            }
            Command::RaiseByHand {
                id,
                asset,
                integration,
                note,
            } => self.raise_by_hand(*id, *asset, *integration, note),
            Command::AcknowledgeAlert { id } => {
                let alert = self.open_alert(*id)?;
                let acknowledged = (!alert.acknowledged).then_some(Event::AlertAcknowledged {
                    integration_id: None,
                });
                Ok(self.of_alert(alert, acknowledged))
            }
            Command::SnoozeAlert { id, until } => {
                let alert = self.open_alert(*id)?;
                let until = self.snooze_until(until.as_deref())?;
                let event = match until {
                    None => alert.snoozed_until.map(|_| Event::AlertWoken),
                    Some(until) => (alert.snoozed_until != Some(until))
                        .then_some(Event::AlertSnoozed { until }),
                };
                Ok(self.of_alert(alert, event))
            }
            Command::ClearAlert { id } => {
                let alert = self.open_alert(*id)?;
                if alert.finding.kind != Kind::ByHand {
                    return Err(Refusal::Conflict(
                        "this alert clears itself when its cause is gone: acknowledge or snooze it instead"
                            .to_owned(),
                    ));
                }
                let cleared = Cleared::ByPerson;
                Ok(self.of_alert(alert, Some(Event::AlertCleared { cleared })))
            }
            Command::SetAlertPolicy { of, policy } => self.set_alert_policy(*of, policy),
            _ => Err(Refusal::NotFound("command")),
        }
    }

    /// What Seatledger finds and does is not for callers to make up.
    fn only_itself(&self) -> Result<(), Refusal> {
        match self.order.principal.actor {
            Actor::System => Ok(()),
            _ => Err(Refusal::Forbidden(
                "alerts are found by the rules".to_owned(),
            )),
        }
    }

    fn rules_of(
        &self,
        asset_type: Option<&AssetType>,
        company: Option<CompanyId>,
        asset: Option<&Asset>,
    ) -> AlertRules {
        let company = company.and_then(|id| match self.facts.subject(id.0) {
            Some(Subject::Company(company)) => Some(&company.alerts),
            _ => None,
        });
        let levels = [
            asset_type.map(|known| &known.alerts),
            company,
            asset.map(|known| &known.alerts),
        ];
        let all = self.setting.policy.alert_rules();
        levels.into_iter().flatten().fold(all, AlertRules::with)
    }

    fn catalog_now(&self) -> &Catalog {
        match self.facts.subject(self.tenant.catalog_stream()) {
            Some(Subject::Catalog(catalog)) => catalog,
            _ => Catalog::empty(),
        }
    }

    fn known_asset(&self, id: AssetId) -> Option<(&Asset, &AssetType)> {
        let Some(Subject::Asset(asset)) = self.facts.subject(id.0) else {
            return None;
        };
        match self.facts.subject(asset.type_id.0) {
            Some(Subject::AssetType(asset_type)) => Some((asset, asset_type)),
            _ => None,
        }
    }

    fn review_pool(&self, key: &PoolKey, licenses: &[AssetId], at: &Reviewing<'_>) -> Vec<Fact> {
        let catalog = self.catalog_now();
        let known: Vec<(&Asset, &AssetType)> = licenses
            .iter()
            .filter_map(|id| self.known_asset(*id))
            .collect();
        // What has left the pool since it was looked up is judged with its new one.
        let of_pool = |license: &License<'_>| {
            license.product_key() == key.product && license.metric == key.metric
        };
        let of_pool: Vec<(License<'_>, &AssetType)> = known
            .iter()
            .filter_map(|(asset, asset_type)| {
                Some((License::of(asset, asset_type, catalog)?, *asset_type))
            })
            .filter(|(license, _)| of_pool(license))
            .collect();
        let licenses: Vec<License<'_>> =
            of_pool.iter().map(|(license, _)| license.clone()).collect();
        // The pool's own rules are those of the first license that has some, else of the company.
        let first = of_pool
            .iter()
            .find(|(license, _)| license.asset.alerts != AlertOverrides::default());
        let first = first.or_else(|| of_pool.first());
        let rules = self.rules_of(
            first.map(|(_, asset_type)| *asset_type),
            Some(key.company),
            first.map(|(license, _)| license.asset),
        );
        let (found, day) = pool_findings(key, &licenses, &rules, at);
        let about = About::Pool(key.clone());
        let mut facts = self.reviewed(&about, found, at);
        for (license, asset_type) in &of_pool {
            if license.asset.company_on(at.today) != key.company {
                continue;
            }
            let share = license
                .days()
                .into_iter()
                .find(|day| day.holds(at.today) && day.value.company == key.company);
            let rules = self.rules_of(Some(asset_type), Some(key.company), Some(license.asset));
            let pool = day.as_ref().zip(share.as_ref().map(|share| &share.value));
            let found = asset_findings(license.asset, asset_type, catalog, pool, &rules, at);
            facts.extend(self.reviewed(&About::Asset(license.asset.id), found, at));
        }
        facts
    }

    /// An asset by itself. A license that is looked after is judged with its pool, since others may cover it.
    fn review_asset(&self, id: AssetId, at: &Reviewing<'_>) -> Vec<Fact> {
        let Some((asset, asset_type)) = self.known_asset(id) else {
            return Vec::new();
        };
        let tracked = asset.tracked.at_or_first(at.today) != Some(&false);
        if asset_type.is_license() && tracked {
            return Vec::new();
        }
        let company = asset.company_on(at.today);
        let rules = self.rules_of(Some(asset_type), Some(company), Some(asset));
        let found = asset_findings(asset, asset_type, self.catalog_now(), None, &rules, at);
        self.reviewed(&About::Asset(id), found, at)
    }

    fn review_token(&self, id: TokenId, at: &Reviewing<'_>) -> Vec<Fact> {
        let Some(Subject::Token(token)) = self.facts.subject(id.0) else {
            return Vec::new();
        };
        let rules = self.setting.policy.alert_rules();
        let found = token_findings(token, &rules, at);
        self.reviewed(&About::Token(id), found, at)
    }

    fn reviewed(
        &self,
        about: &About,
        found: Vec<(Cause, Result<Wanted, Cleared>)>,
        at: &Reviewing<'_>,
    ) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (cause, found) in found {
            let id = AlertId::of(self.tenant, cause, about);
            let alert = self.alert(id);
            let known = alert.and_then(Alert::company);
            let company = found
                .as_ref()
                .map_or(known, |wanted| wanted.finding.company);
            for event in review(alert, found, at.now, at.today) {
                // What another company had stays in its own history.
                let company = match event {
                    Event::AlertCleared { .. } => known,
                    _ => company,
                };
                facts.push(self.fact_of(id, company, event));
            }
        }
        facts
    }

    fn alert(&self, id: AlertId) -> Option<&Alert> {
        match self.facts.subject(id.0) {
            Some(Subject::Alert(alert)) => Some(alert),
            _ => None,
        }
    }

    fn fact_of(&self, id: AlertId, company: Option<CompanyId>, event: Event) -> Fact {
        Fact {
            stream: id.0,
            company,
            effective_on: self.setting.today,
            event,
        }
    }

    fn of_facts(&self, stream: uuid::Uuid, facts: Vec<Fact>) -> Effect {
        let mut effect = self.today(stream, None, []);
        effect.facts = facts;
        effect
    }

    fn of_alert(&self, alert: &Alert, event: Option<Event>) -> Effect {
        self.today(alert.id.0, alert.company(), event)
    }

    /// An open alert that the caller may answer.
    fn open_alert(&self, id: AlertId) -> Result<&Alert, Refusal> {
        let none = Refusal::NotFound("alert");
        let alert = self.alert(id).ok_or(none)?;
        let resource = alert.company().map_or(Resource::Policy, Resource::Asset);
        self.may(Action::Write, resource, "alert")?;
        self.version_matches(id.0)?;
        match alert.standing {
            AlertStanding::Open => Ok(alert),
            _ => Err(Refusal::Conflict("the alert is not open".to_owned())),
        }
    }

    fn snooze_until(&self, until: Option<&str>) -> Result<Option<chrono::NaiveDate>, Refusal> {
        let Some(until) = until else { return Ok(None) };
        let mut found = Violations::default();
        let until = found.keep("until", calendar::parse_date(until.trim()));
        if let Some(until) = until {
            let ahead = calendar::days_left(self.setting.today, until);
            if !(0..=SNOOZE_DAYS_MAX).contains(&ahead) {
                found.add(
                    "until",
                    format!(
                        "{until} must be a day from today, at most {SNOOZE_DAYS_MAX} days ahead"
                    ),
                );
            }
        }
        found.check()?;
        Ok(until)
    }

    fn raise_by_hand(
        &self,
        id: AlertId,
        asset: AssetId,
        integration: Option<IntegrationId>,
        note: &str,
    ) -> Result<Effect, Refusal> {
        let (known, _) = self.known_asset(asset).ok_or(Refusal::NotFound("asset"))?;
        let company = known.company_on(self.setting.today);
        self.may(Action::Write, Resource::Asset(company), "asset")?;
        self.is_new(id.0, "alert")?;
        let mut found = Violations::default();
        let note = found.keep("note", text::line(note, text::NAME_LENGTH_MAX));
        if let Some(integration) = integration {
            match self.facts.subject(integration.0) {
                Some(Subject::Integration(known)) if !known.removed => {}
                _ => found.add(
                    "integration_id",
                    format!("there is no integration {integration}"),
                ),
            }
        }
        found.check()?;
        let mut finding = Finding::new(Kind::ByHand, About::Asset(asset), Some(company));
        finding.note = note;
        finding.licenses.insert(asset);
        let raised = Event::AlertRaised {
            finding,
            occurrence: 1,
        };
        let mut events = vec![raised];
        events.extend(integration.map(|integration_id| Event::TicketRequested { integration_id }));
        Ok(self.today(id.0, Some(company), events).created())
    }

    /// What is recorded of what an integration tells; nothing of what is known.
    fn told(&self, id: AlertId, integration: IntegrationId, news: &TicketNews) -> Vec<Fact> {
        let Some(alert) = self.alert(id) else {
            return Vec::new();
        };
        let known = alert.tickets.get(&integration);
        let integration_id = integration;
        let mut events = Vec::new();
        match news {
            TicketNews::Opened(ticket) => {
                if known.is_none_or(|known| known.ticket != *ticket) {
                    events.push(Event::TicketOpened {
                        integration_id,
                        ticket: ticket.clone(),
                    });
                }
            }
            TicketNews::Stands(to) => {
                if let Some(known) = known.filter(|known| known.standing != *to) {
                    events.push(Event::TicketChanged {
                        integration_id,
                        from: known.standing,
                        to: *to,
                    });
                    if *to == TicketStanding::ClosedByPerson
                        && alert.is_open()
                        && !alert.acknowledged
                    {
                        events.push(Event::AlertAcknowledged {
                            integration_id: Some(integration),
                        });
                    }
                }
            }
            TicketNews::Merged(into) => {
                if known.is_some_and(|known| known.ticket.id != into.id) {
                    events.push(Event::TicketMerged {
                        integration_id,
                        into: into.clone(),
                    });
                }
            }
            TicketNews::Commented(what) => events.push(Event::TicketCommented {
                integration_id,
                what: what.clone(),
            }),
            TicketNews::Failed(why) => events.push(Event::DeliveryFailed {
                integration_id,
                why: why.clone(),
            }),
        }
        let fact = |event| self.fact_of(id, alert.company(), event);
        events.into_iter().map(fact).collect()
    }

    fn set_alert_policy(&self, of: PolicyOf, policy: &AlertOverrides) -> Result<Effect, Refusal> {
        let (stream, company) = match of {
            PolicyOf::Company(id) => {
                self.company(id, Action::Write)?;
                (id.0, Some(id))
            }
            PolicyOf::AssetType(id) => {
                self.may(Action::Write, Resource::AssetTypes, "asset type")?;
                self.asset_type(id)?;
                (id.0, None)
            }
            PolicyOf::Asset(id) => {
                let (asset, _) = self.known_asset(id).ok_or(Refusal::NotFound("asset"))?;
                let company = asset.company_on(self.setting.today);
                self.may(Action::Write, Resource::Asset(company), "asset")?;
                (id.0, Some(company))
            }
        };
        self.version_matches(stream)?;
        let mut found = Violations::default();
        policy.violations(&mut found);
        found.check()?;
        let policy = policy.clone().in_order();
        let known = match self.facts.subject(stream) {
            Some(Subject::Company(company)) => &company.alerts,
            Some(Subject::AssetType(asset_type)) => &asset_type.alerts,
            Some(Subject::Asset(asset)) => &asset.alerts,
            _ => return Err(Refusal::NotFound("policy")),
        };
        let event = (*known != policy).then_some(match of {
            PolicyOf::Company(_) => Event::CompanyPolicySet { policy },
            PolicyOf::AssetType(_) => Event::TypePolicySet { policy },
            PolicyOf::Asset(_) => Event::AssetPolicySet { policy },
        });
        Ok(self.today(stream, company, event))
    }
}
