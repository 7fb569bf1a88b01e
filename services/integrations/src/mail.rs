//! Mail out: composing what is said, without clock or network, and handing it to an SMTP server.

mod address;
mod compose;
mod connection;
mod digest;
mod error;
mod mailer;
mod meaning;
mod message;
mod settings;
mod stream;

pub use address::{Address, BadAddress};
pub use compose::{AlertText, News, ReminderText, compose_alert, compose_reminder};
pub use digest::{CompanySection, Digest, Totals, compose_digest};
pub use error::MailError;
pub use mailer::Mailer;
pub use message::{Heading, Mail};
pub use settings::{Login, Security, Settings, SettingsError, Waits};
