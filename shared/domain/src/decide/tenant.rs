//! The tenant itself, its tokens and its policy.

use super::{Deciding, Effect};
use crate::{
    access::{Action, Resource},
    command::Command,
    event::Event,
    ids::TokenId,
    refusal::{Refusal, Violations},
    subject::Subject,
    tenant::TOKEN_COMPANIES_MAX,
    text,
};

impl Deciding<'_> {
    pub(super) fn tenant_effect(&self) -> Result<Effect, Refusal> {
        match &self.order.command {
            Command::CreateTenant {
                name,
                time_zone,
                currency,
            } => {
                self.may(Action::Administer, Resource::Tokens, "MSP account")?;
                let mut found = Violations::default();
                let name = found.keep("name", text::line(name, text::NAME_LENGTH_MAX));
                found.check()?;
                self.is_new(self.tenant.0, "MSP account")?;
                let created = Event::TenantCreated {
                    name: name.unwrap_or_default(),
                    time_zone: *time_zone,
                    currency: *currency,
                };
                Ok(self.today(self.tenant.0, None, [created]).created())
            }
            Command::InvitePerson { id } => {
                self.may(Action::Administer, Resource::Tokens, "person")?;
                Ok(self.today(
                    self.tenant.0,
                    None,
                    [Event::PersonInvited { person_id: *id }],
                ))
            }
            Command::IssueToken { id, .. } => self.issue_token(*id),
            Command::RevokeToken { id } => {
                self.may(Action::Administer, Resource::Tokens, "token")?;
                match self.facts.subject(id.0) {
                    Some(Subject::Token(token)) => {
                        let revoked = (!token.revoked).then_some(Event::TokenRevoked);
                        Ok(self.today(id.0, None, revoked))
                    }
                    _ => Err(Refusal::NotFound("token")),
                }
            }
            Command::SetPolicy { policy } => {
                self.may(Action::Write, Resource::Policy, "policy")?;
                let stream = self.tenant.policy_stream();
                self.version_matches(stream)?;
                let mut found = Violations::default();
                policy.violations(&mut found);
                found.check()?;
                let policy = policy.clone().in_order();
                let set = (self.setting.policy != policy || self.facts.version(stream) == 0)
                    .then_some(Event::PolicySet { policy });
                Ok(self.today(stream, None, set))
            }
            _ => Err(Refusal::NotFound("command")),
        }
    }

    fn issue_token(&self, token: TokenId) -> Result<Effect, Refusal> {
        let Command::IssueToken {
            person,
            integration,
            label,
            secret_sha256,
            companies,
            may_reveal,
            administer,
            ..
        } = &self.order.command
        else {
            return Err(Refusal::NotFound("command"));
        };
        self.may(Action::Administer, Resource::Tokens, "token")?;
        self.is_new(token.0, "token")?;
        let mut found = Violations::default();
        let label = found.keep("label", text::line(label, text::NAME_LENGTH_MAX));
        let integration = integration.as_ref().map(|name| {
            found
                .keep("integration", text::line(name, text::NAME_LENGTH_MAX))
                .unwrap_or_default()
        });
        if person.is_some() == integration.is_some() {
            found.add(
                "person",
                "a token belongs either to a person or to an integration: name one of them",
            );
        }
        if companies
            .as_ref()
            .is_some_and(|all| all.len() > TOKEN_COMPANIES_MAX)
        {
            found.add(
                "companies",
                format!("at most {TOKEN_COMPANIES_MAX} are allowed"),
            );
        }
        for company in companies.iter().flatten().take(TOKEN_COMPANIES_MAX) {
            if !matches!(self.facts.subject(company.0), Some(Subject::Company(_))) {
                found.add("companies", format!("there is no company {company}"));
            }
        }
        found.check()?;
        let issued = Event::TokenIssued {
            person_id: *person,
            integration,
            label: label.unwrap_or_default(),
            secret_sha256: *secret_sha256,
            companies: companies.clone(),
            may_reveal: *may_reveal,
            administer: *administer,
        };
        Ok(self.today(token.0, None, [issued]).created())
    }
}
