//! From an integration's settings to what speaks to its system.

use std::sync::Arc;
use std::time::Duration;

use domain::integration::IntegrationKind;
use secrecy::SecretString;
use url::Url;

use crate::context::Setup;
use crate::http::{self, Client, ClientError, Reach};
use crate::mail::{Address, Login, Mailer, Security, Settings as MailSettings, Waits};
use crate::psa::{self, Priorities, Psa, autotask, connectwise, halo, request_tracker, zammad};
use crate::webhook::{Key, Signer};

/// Until when an Autotask ticket is due, which it must be.
const AUTOTASK_DUE_IN: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// The usual port of handing mail over.
const MAIL_PORT: u16 = 587;

/// Makes what speaks to outside systems.
pub trait Connector: Send + Sync {
    /// A ticket system.
    ///
    /// # Errors
    /// What is wrong with the settings.
    fn psa(&self, setup: &Setup) -> Result<Arc<dyn Psa>, ConnectError>;

    /// With what webhooks are posted.
    ///
    /// # Errors
    /// What is wrong with the settings.
    fn hook(&self, setup: &Setup) -> Result<Hook, ConnectError>;

    /// With what mails are sent.
    ///
    /// # Errors
    /// What is wrong with the settings.
    fn post(&self, setup: &Setup) -> Result<Post, ConnectError>;
}

/// The settings don't serve. Tells which and how to mend them, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(pub String);

/// An endpoint of webhooks.
#[derive(Clone)]
pub struct Hook {
    /// Where.
    pub endpoint: Url,
    /// Its keys.
    pub signer: Arc<Signer>,
    /// With what.
    pub client: Client,
}

/// A way to recipients of mail.
#[derive(Clone)]
pub struct Post {
    /// Hands them over.
    pub mailer: Arc<Mailer>,
    /// To whom.
    pub to: Vec<Address>,
}

/// Over HTTP and SMTP.
pub struct HttpConnector {
    tickets: Client,
    hooks: Client,
    hello_name: String,
}

impl HttpConnector {
    /// Ticket systems may be anywhere, endpoints of webhooks where `hooks` allows. `hello_name` is this machine's,
    /// as mail servers are told it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(hooks: Reach, hello_name: impl Into<String>) -> Result<Self, ClientError> {
        Ok(Self {
            tickets: http::client(Reach::Anywhere)?,
            hooks: http::client(hooks)?,
            hello_name: hello_name.into(),
        })
    }
}

impl Connector for HttpConnector {
    fn psa(&self, setup: &Setup) -> Result<Arc<dyn Psa>, ConnectError> {
        let client = self.tickets.clone();
        let given = Given(setup);
        let made: Result<Arc<dyn Psa>, psa::PsaError> = match setup.config.kind {
            IntegrationKind::RequestTracker => {
                request_tracker::RequestTracker::new(client, request_tracker_of(&given)?)
                    .map(|made| Arc::new(made) as Arc<dyn Psa>)
            }
            IntegrationKind::Zammad => zammad::Zammad::new(client, zammad_of(&given)?)
                .map(|made| Arc::new(made) as Arc<dyn Psa>),
            IntegrationKind::ConnectWise => {
                connectwise::ConnectWise::new(client, connectwise_of(&given)?)
                    .map(|made| Arc::new(made) as Arc<dyn Psa>)
            }
            IntegrationKind::HaloPsa => {
                halo::Halo::new(client, halo_of(&given)?).map(|made| Arc::new(made) as Arc<dyn Psa>)
            }
            IntegrationKind::Autotask => autotask::Autotask::new(client, autotask_of(&given)?)
                .map(|made| Arc::new(made) as Arc<dyn Psa>),
            IntegrationKind::Webhook | IntegrationKind::Email => {
                return Err(ConnectError("it has no tickets".to_owned()));
            }
        };
        made.map_err(|error| ConnectError(error.to_string()))
    }

    fn hook(&self, setup: &Setup) -> Result<Hook, ConnectError> {
        let given = Given(setup);
        let names = IntegrationKind::Webhook.secrets();
        let secrets = names.iter().filter_map(|name| setup.secrets.get(*name));
        let keys = secrets.map(|secret| Key::parse(secrecy::ExposeSecret::expose_secret(secret)));
        let keys = keys.collect::<Result<Vec<_>, _>>();
        let signer = keys
            .map_err(|error| ConnectError(error.to_string()))
            .and_then(|keys| Signer::new(keys).map_err(|error| ConnectError(error.to_string())))?;
        Ok(Hook {
            endpoint: given.url("url")?,
            signer: Arc::new(signer),
            client: self.hooks.clone(),
        })
    }

    fn post(&self, setup: &Setup) -> Result<Post, ConnectError> {
        let given = Given(setup);
        let address = |text: &str| {
            Address::parse(text.trim(), None).map_err(|error| ConnectError(error.to_string()))
        };
        let login = given.optional("user").zip(setup.secrets.get("password"));
        let security = given.optional("security").unwrap_or("starttls");
        let settings = MailSettings {
            host: given.required("host")?.to_owned(),
            port: given.number("port")?.unwrap_or(MAIL_PORT),
            security: Security::parse(security)
                .ok_or_else(|| ConnectError(format!("security: {security:?} is none")))?,
            login: login.map(|(user, password)| Login {
                user: user.to_owned(),
                password: password.clone(),
            }),
            from: address(given.required("from")?)?,
            hello_name: self.hello_name.clone(),
            extra_root_pem: None,
            waits: Waits::default(),
        };
        let to = given.required("to")?.split(',').map(address);
        Ok(Post {
            to: to.collect::<Result<_, _>>()?,
            mailer: Arc::new(
                Mailer::new(settings).map_err(|error| ConnectError(error.to_string()))?,
            ),
        })
    }
}

struct Given<'a>(&'a Setup);

impl Given<'_> {
    fn optional(&self, name: &str) -> Option<&str> {
        let set = self.0.config.settings.get(name).map(String::as_str);
        set.filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<&str, ConnectError> {
        self.optional(name)
            .ok_or_else(|| ConnectError(format!("the setting {name:?} is missing: set it")))
    }

    fn or(&self, name: &str, usual: &str) -> String {
        self.optional(name).unwrap_or(usual).to_owned()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, ConnectError> {
        let set = self.optional(name);
        let wrong =
            |value: &str| ConnectError(format!("the setting {name:?} is {value:?}: give a number"));
        set.map(|value| value.parse().map_err(|_| wrong(value)))
            .transpose()
    }

    fn url(&self, name: &str) -> Result<Url, ConnectError> {
        let value = self.required(name)?;
        Url::parse(value)
            .map_err(|error| ConnectError(format!("the setting {name:?} is no address: {error}")))
    }

    fn secret(&self, name: &str) -> Result<SecretString, ConnectError> {
        let stored = self.0.secrets.get(name).cloned();
        stored.ok_or_else(|| ConnectError(format!("the secret {name:?} is missing: store it")))
    }
}

fn request_tracker_of(given: &Given<'_>) -> Result<request_tracker::Settings, ConnectError> {
    Ok(request_tracker::Settings {
        url: given.url("url")?,
        token: given.secret("token")?,
        queue: given.required("queue")?.to_owned(),
        reference_field: given.or("reference_field", "seatledger_ref"),
        company_field: given.optional("company_field").map(str::to_owned),
        requestor: given.optional("requestor").map(str::to_owned),
        closed_status: given.or("closed_status", "resolved"),
        priorities: Priorities::default(),
    })
}

fn zammad_of(given: &Given<'_>) -> Result<zammad::Settings, ConnectError> {
    Ok(zammad::Settings {
        url: given.url("url")?,
        token: given.secret("token")?,
        group: given.required("group")?.to_owned(),
        reference_attribute: given.or("reference_field", "seatledger_ref"),
        // Without one the organization's first member is asked for.
        customer: given.number("customer")?,
        closed_state: given.or("closed_status", "closed"),
        priorities: Priorities::default(),
    })
}

fn connectwise_of(given: &Given<'_>) -> Result<connectwise::Settings, ConnectError> {
    Ok(connectwise::Settings {
        url: given.url("url")?,
        company: given.required("login_company")?.to_owned(),
        public_key: given.required("public_key")?.to_owned(),
        private_key: given.secret("private_key")?,
        client_id: given.required("client_id")?.to_owned().into(),
        board: given.required("board")?.to_owned(),
        closed_status: given.or("closed_status", "Closed"),
        priorities: Priorities::default(),
    })
}

fn halo_of(given: &Given<'_>) -> Result<halo::Settings, ConnectError> {
    let priority = given.number("priority_id")?;
    Ok(halo::Settings {
        url: given.url("url")?,
        tenant: given.optional("tenant").map(str::to_owned),
        client_id: given.required("client_id")?.to_owned(),
        client_secret: given.secret("client_secret")?,
        ticket_type: given.number("ticket_type_id")?.unwrap_or(1),
        closed_statuses: vec![given.number("closed_status_id")?.unwrap_or(9)],
        note_outcome: given.or("note_outcome", "Private Note"),
        priorities: Priorities {
            low: priority,
            normal: priority,
            high: priority,
        },
    })
}

fn autotask_of(given: &Given<'_>) -> Result<autotask::Settings, ConnectError> {
    let priority = given.number("priority")?.unwrap_or(2);
    Ok(autotask::Settings {
        url: given.url("url")?,
        pages: None,
        integration_code: given.secret("integration_code")?,
        user: given.required("user_name")?.to_owned(),
        secret: given.secret("secret")?,
        queue: given.number("queue_id")?.unwrap_or(1),
        new_status: given.number("new_status")?.unwrap_or(1),
        closed_statuses: vec![given.number("closed_status")?.unwrap_or(5)],
        priorities: Priorities {
            low: priority,
            normal: priority,
            high: priority,
        },
        due_in: AUTOTASK_DUE_IN,
        note_type: 1,
        note_publish: 2,
    })
}
