//! The operator at the command line: commands given without HTTP, through the same decisions and the same log.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use command::{Context as Terms, Done, Ledger, State, VaultDoor, Writer};
use domain::{
    Command,
    access::Principal,
    ids::{CompanyId, PersonId, TenantId, TokenId},
};
use event_log::{AppenderConfig, Clock, Idempotency, Role};
use uuid::Uuid;
use vault::SecretStore;
use web::{access::Authenticator, problem::Problem, token::TokenText};

use crate::{
    database::{Database, connect},
    servers::Servers,
};

/// Makes a person whom a token can name.
const ADD_PERSON: &str =
    "insert into access.person (tenant_id, person_id, name, email) values ($1, $2, $3, $4)";
/// The accounts there are. Read by a role that sees all of the log, since no tenant is known yet.
const TENANTS: &str =
    "select tenant_id, payload::text from log.event where type = 'TenantCreated' order by sequence";
/// Whether any token was ever issued.
const HAS_TOKENS: &str = "select exists (select from log.event where type = 'TokenIssued')";

/// Gives commands to the log on behalf of the operator.
pub(crate) struct Operator {
    writer: Writer,
    state: State,
    log: Database,
}

/// Whose a token is.
#[derive(Debug, Clone)]
pub(crate) enum Holder {
    /// A person, whose name and address are kept where they can be erased.
    Person {
        /// The name.
        name: String,
        /// The e-mail address.
        email: String,
    },
    /// A program.
    Integration(String),
}

/// What a token may do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    /// The companies it is limited to; none means all.
    pub(crate) companies: Vec<Uuid>,
    /// Whether it may reveal secrets.
    pub(crate) reveal: bool,
    /// Whether it may change types, policies and tokens.
    pub(crate) administer: bool,
}

/// The time, which nothing below the binary reads by itself.
pub(crate) fn clock() -> Clock {
    Arc::new(chrono::Utc::now)
}

impl Operator {
    /// An operator on the log of these servers, who stores secrets through this door.
    pub(crate) fn new(servers: &Servers, door: VaultDoor) -> Result<Self> {
        let config = AppenderConfig::new(servers.log().role(Role::Command)?);
        let writer = Writer::start(Ledger, config, clock());
        let authenticator = Authenticator::new(servers.log().pool(Role::Command, 1)?);
        let secrets = SecretStore::new(servers.log().pool(Role::Vault, 1)?);
        // Repetitions are recognized by key at the HTTP door alone: the operator sends none.
        let state = State::new(writer.clone(), authenticator, secrets, door, [0; 32]);
        Ok(Self {
            writer,
            state,
            log: servers.log().clone(),
        })
    }

    /// The accounts there are: id and name.
    pub(crate) async fn tenants(&self) -> Result<Vec<(TenantId, String)>> {
        let client = connect(&self.log.role(Role::Projector)?).await?;
        let rows = client
            .query(TENANTS, &[])
            .await
            .context("cannot read the log")?;
        let account = |row: tokio_postgres::Row| {
            let payload: serde_json::Value = serde_json::from_str(row.get(1)).unwrap_or_default();
            (
                TenantId(row.get(0)),
                payload["name"].as_str().unwrap_or_default().to_owned(),
            )
        };
        Ok(rows.into_iter().map(account).collect())
    }

    /// Whether any token was ever issued.
    pub(crate) async fn has_tokens(&self) -> Result<bool> {
        let client = connect(&self.log.role(Role::Projector)?).await?;
        let row = client
            .query_one(HAS_TOKENS, &[])
            .await
            .context("cannot read the log")?;
        Ok(row.get(0))
    }

    /// The account that is meant: the one that is named, or the only one there is.
    pub(crate) async fn tenant(&self, named: Option<Uuid>) -> Result<TenantId> {
        let tenants = self.tenants().await?;
        if let Some(tenant) = named.map(TenantId) {
            if !tenants.iter().any(|(known, _)| *known == tenant) {
                bail!(
                    "there is no MSP account {tenant}: `seatledger tenant list` names those there are"
                );
            }
            return Ok(tenant);
        }
        match tenants.as_slice() {
            [(tenant, _)] => Ok(*tenant),
            [] => bail!("there is no MSP account yet: make one with `seatledger tenant create`"),
            several => {
                let list: Vec<String> = several
                    .iter()
                    .map(|(id, name)| format!("{id} ({name})"))
                    .collect();
                bail!(
                    "there are several MSP accounts: name one with --tenant: {}",
                    list.join(", ")
                )
            }
        }
    }

    /// Gives a command.
    pub(crate) async fn give(&self, tenant: TenantId, command: Command) -> Result<Done> {
        self.state
            .execute(Terms::of(Principal::system(tenant)), command)
            .await
            .map_err(|problem| told(&problem))
    }

    /// Gives a command of a name, and says why. Under the same name it is carried out once, however often it is
    /// given within a day.
    pub(crate) async fn give_once(
        &self,
        tenant: TenantId,
        name: &str,
        command: Command,
        reason: Option<&str>,
    ) -> Result<Done> {
        let key = Idempotency {
            principal: Uuid::nil(),
            key: name.to_owned(),
            body_hmac: [0; 32],
        };
        let terms = Terms {
            reason: reason.map(str::to_owned),
            idempotency: Some(key),
            ..Terms::of(Principal::system(tenant))
        };
        self.state
            .execute(terms, command)
            .await
            .map_err(|problem| told(&problem))
    }

    /// What commands are given through.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Opens an MSP's account.
    pub(crate) async fn create_tenant(
        &self,
        tenant: TenantId,
        name: &str,
        time_zone: &str,
        currency: &str,
    ) -> Result<()> {
        let command = Command::CreateTenant {
            name: name.to_owned(),
            time_zone: domain::calendar::parse_zone(time_zone)?,
            currency: domain::money::Currency::parse(currency)?,
        };
        self.give(tenant, command)
            .await
            .context("cannot open the MSP account")?;
        Ok(())
    }

    /// Takes over the well-known products that the account's catalog does not have yet, and says how many.
    pub(crate) async fn adopt_products(&self, tenant: TenantId) -> Result<usize> {
        let done = self
            .give(tenant, Command::AdoptStartingSet)
            .await
            .context("cannot fill the catalog of products")?;
        let answer: command::Answer = serde_json::from_str(&done.body)?;
        Ok(answer.adopted.unwrap_or(0))
    }

    /// Makes a token. Its text is told this once; what is kept is a hash.
    pub(crate) async fn issue_token(
        &self,
        tenant: TenantId,
        holder: &Holder,
        label: &str,
        rights: &Rights,
    ) -> Result<TokenText> {
        let person = match holder {
            Holder::Person { name, email } => Some(self.add_person(tenant, name, email).await?),
            Holder::Integration(_) => None,
        };
        let mut random = [0; 32];
        getrandom::fill(&mut random)
            .map_err(|error| anyhow!("the system has no randomness: {error}"))?;
        let token = TokenText::generate(TokenId(Uuid::now_v7()), random);
        let companies = rights.companies.iter().map(|&id| CompanyId(id)).collect();
        let command = Command::IssueToken {
            id: token.token(),
            person,
            integration: match holder {
                Holder::Integration(name) => Some(name.clone()),
                Holder::Person { .. } => None,
            },
            label: label.to_owned(),
            secret_sha256: token.secret_sha256_bytes(),
            companies: if rights.companies.is_empty() {
                None
            } else {
                Some(companies)
            },
            may_reveal: rights.reveal,
            administer: rights.administer,
        };
        self.give(tenant, command)
            .await
            .context("cannot issue the token")?;
        Ok(token)
    }

    async fn add_person(&self, tenant: TenantId, name: &str, email: &str) -> Result<PersonId> {
        let person = PersonId(Uuid::now_v7());
        self.give(tenant, Command::InvitePerson { id: person })
            .await?;
        let client = connect(&self.log.role(Role::Command)?).await?;
        let tenants = tenant.0.to_string();
        client
            .query("select set_config('app.tenants', $1, false)", &[&tenants])
            .await?;
        client
            .execute(ADD_PERSON, &[&tenant.0, &person.0, &name, &email])
            .await
            .context("cannot keep the person's name")?;
        Ok(person)
    }

    /// Ends a token.
    pub(crate) async fn revoke_token(&self, tenant: TenantId, token: Uuid) -> Result<()> {
        let command = Command::RevokeToken { id: TokenId(token) };
        self.give(tenant, command)
            .await
            .context("cannot revoke the token")?;
        Ok(())
    }

    /// Waits until what was given is written, and lets go of the log.
    pub(crate) async fn stop(self) {
        self.writer.stop().await;
    }
}

/// A problem as a person at a terminal reads it: every field that is wrong, on a line of its own.
pub(crate) fn told(problem: &Problem) -> anyhow::Error {
    let lines: Vec<String> = problem
        .errors()
        .iter()
        .map(|error| format!("{} {}", error.field, error.message))
        .collect();
    match (lines.is_empty(), problem.detail()) {
        (false, _) => anyhow!("{}", lines.join("; ")),
        (true, Some(detail)) => anyhow!("{detail}"),
        (true, None) => anyhow!("{}", problem.kind().title()),
    }
}
