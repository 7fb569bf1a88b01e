//! Handing a mail to an SMTP server.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::connection::{connect, is_near};
use super::error::MailError;
use super::meaning::{of_answer, of_login, of_mail, of_tls, said};
use super::message::Mail;
use super::settings::{Security, Settings, SettingsError};
use super::stream::Bounded;

/// For the polite end of a connection: the mail is sent by then.
const GOODBYE_MAX: Duration = Duration::from_secs(2);

type Smtp = Result<Response, lettre::transport::smtp::Error>;

/// Hands mails to one SMTP server, each over a connection of its own: mails are few, and a connection that idled is
/// the one that breaks halfway.
pub struct Mailer {
    settings: Settings,
    /// The host without the brackets of an IPv6 address.
    host: String,
    roots: Vec<CertificateDer<'static>>,
    tls: Arc<rustls::ClientConfig>,
}

impl Mailer {
    /// Checks the settings as far as that goes without the server.
    ///
    /// # Errors
    /// [`SettingsError`] with all that is wrong, and the remedies.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let mut problems = settings.problems();
        let mut roots = Vec::new();
        if settings.security != Security::None {
            roots = rustls_native_certs::load_native_certs().certs;
            // One that cannot be read is not worth failing for: systems carry such.
            roots.retain(|root| rustls::RootCertStore::empty().add(root.clone()).is_ok());
        }
        if let Some(pem) = &settings.extra_root_pem {
            let extra: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
            match extra {
                Ok(extra) if !extra.is_empty() => roots.extend(extra),
                _ => problems.push("extra_root_pem: holds no certificate in PEM: begin it with -----BEGIN CERTIFICATE-----".to_owned()),
            }
        }
        if roots.is_empty() && settings.security != Security::None {
            problems.push("security: no certificate authorities are installed: install ca-certificates, or set extra_root_pem".to_owned());
        }
        let tls = client_config(&roots).map_err(|error| {
            problems.push(format!("extra_root_pem: cannot be used: {error}"));
        });
        match tls {
            Ok(tls) if problems.is_empty() => Ok(Self {
                host: settings
                    .host
                    .trim_start_matches('[')
                    .trim_end_matches(']')
                    .to_owned(),
                settings,
                roots,
                tls: Arc::new(tls),
            }),
            _ => Err(SettingsError(problems)),
        }
    }

    /// Connects and logs in, and sends nothing: whether the settings serve, told before a first mail needs them.
    ///
    /// # Errors
    /// [`MailError`], never [`MailError::Uncertain`].
    pub async fn check(&self) -> Result<(), MailError> {
        let mut connection = self.ready().await?;
        goodbye(&mut connection).await;
        Ok(())
    }

    /// Sends a mail. Tried once: retries are the caller's.
    ///
    /// # Errors
    /// [`MailError`], by what it means for the next try.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let from = &self.settings.from;
        let to = &mail.heading.to;
        let written = mail.written(from)?;
        let mut connection = self.ready().await?;

        let mut parameters = Vec::new();
        if !to.bare().to_string().is_ascii() || !from.bare().to_string().is_ascii() {
            if !connection
                .server_info()
                .supports_feature(Extension::SmtpUtfEight)
            {
                let why = "the address holds other letters than ASCII, which the mail server does not take";
                return Err(MailError::Unfit(why.to_owned()));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let hello = connection.command(commands::Mail::new(Some(from.bare().clone()), parameters));
        self.answer(hello)
            .await?
            .map_err(|error| self.of_sender(&error))?;
        let recipient = connection.command(commands::Rcpt::new(to.bare().clone(), Vec::new()));
        self.answer(recipient)
            .await?
            .map_err(|error| of_mail(&error, to))?;
        let data = connection.command(commands::Data);
        self.answer(data)
            .await?
            .map_err(|error| of_mail(&error, to))?;

        // From here on a missing answer says nothing.
        let accept_max = self.settings.waits.accept_max;
        match timeout(accept_max, connection.message(&written)).await {
            Ok(Ok(_)) => {
                goodbye(&mut connection).await;
                Ok(())
            }
            Ok(Err(error)) if error.status().is_some() => Err(of_mail(&error, to)),
            Ok(Err(error)) => Err(MailError::Uncertain(said(&error.to_string(), Some(to)))),
            Err(_) => Err(MailError::Uncertain(format!(
                "no answer within {accept_max:?}"
            ))),
        }
    }

    /// A connection that is as safe as asked for, greeted and logged in.
    async fn ready(&self) -> Result<AsyncSmtpConnection, MailError> {
        let settings = &self.settings;
        let hello_name = ClientId::Domain(settings.hello_name.clone());
        let (stream, peer) = connect(&self.host, settings.port, settings.waits.connect_max).await?;
        let mut connection = if settings.security == Security::Tls {
            let name = ServerName::try_from(self.host.clone()).map_err(|error| MailError::Unsafe(error.to_string()))?;
            let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.tls));
            let connect_max = settings.waits.connect_max;
            let stream = match timeout(connect_max, connector.connect(name, stream)).await {
                Ok(stream) => stream.map_err(|error| of_tls(&error))?,
                Err(_) => {
                    let why = format!("TLS was not agreed on within {connect_max:?}; does this port begin with TLS?");
                    return Err(MailError::Unreachable(why));
                }
            };
            let stream = Box::new(Bounded::new(stream, peer));
            self.answer(AsyncSmtpConnection::connect_with_transport(stream, &hello_name)).await?
        } else {
            let stream = Box::new(Bounded::new(stream, peer));
            self.answer(AsyncSmtpConnection::connect_with_transport(stream, &hello_name)).await?
        }
        .map_err(|error| self.of_sender(&error))?;

        if settings.security == Security::StartTls {
            if !connection.can_starttls() {
                let why = "the server offers no STARTTLS; use another port, or security tls";
                return Err(MailError::Unsafe(why.to_owned()));
            }
            let parameters = self.parameters()?;
            self.answer(connection.starttls(parameters, &hello_name))
                .await?
                .map_err(|error| of_tls(&error))?;
        }
        if let Some(login) = &settings.login {
            if settings.security == Security::None && !is_near(peer.ip()) {
                let why = "a password would go over the open network: use security starttls or tls";
                return Err(MailError::Unsafe(why.to_owned()));
            }
            let credentials = Credentials::new(
                login.user.clone(),
                login.password.expose_secret().to_owned(),
            );
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            self.answer(connection.auth(&mechanisms, &credentials))
                .await?
                .map_err(|error| of_login(&error))?;
        }
        Ok(connection)
    }

    fn parameters(&self) -> Result<TlsParameters, MailError> {
        let unusable = |error: lettre::transport::smtp::Error| MailError::Unsafe(error.to_string());
        let mut parameters =
            TlsParameters::builder(self.host.clone()).certificate_store(CertificateStore::None);
        for root in &self.roots {
            parameters = parameters
                .add_root_certificate(Certificate::from_der(root.to_vec()).map_err(unusable)?);
        }
        parameters.build().map_err(unusable)
    }

    /// An answer within its time. What is not there by then is not sent.
    async fn answer<T>(&self, answer: impl Future<Output = T>) -> Result<T, MailError> {
        let answer_max = self.settings.waits.answer_max;
        let late = |_| MailError::Unreachable(format!("no answer within {answer_max:?}"));
        timeout(answer_max, answer).await.map_err(late)
    }

    /// A refusal before any recipient is named concerns whoever we write to.
    fn of_sender(&self, error: &lettre::transport::smtp::Error) -> MailError {
        match of_answer(error, None) {
            // "Authentication required".
            MailError::Refused { code: 530, .. } => MailError::Unauthorized(
                "it asks for a log-in (530): set user and password".to_owned(),
            ),
            MailError::Refused { code, said } => MailError::SenderRefused {
                sender: self.settings.from.to_string(),
                code,
                said,
            },
            other => other,
        }
    }
}

fn client_config(roots: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig, rustls::Error> {
    let mut store = rustls::RootCertStore::empty();
    for root in roots {
        store.add(root.clone())?;
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store)
        .with_no_client_auth())
}

async fn goodbye(connection: &mut AsyncSmtpConnection) {
    // Whatever becomes of it: what was to be done is done.
    let quit: Result<Smtp, _> = timeout(GOODBYE_MAX, connection.command(commands::Quit)).await;
    drop(quit);
}
