//! One mail, and how it is written out.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{MultiPart, SinglePart};
use uuid::Uuid;

use super::address::{Address, breaks};
use super::error::MailError;

/// Earlier mails that are named: the first, by which a thread is found, and the newest.
const EARLIER_MAX: usize = 10;
/// What mail programs show of a subject is far less; more is an attempt.
const SUBJECT_LENGTH_MAX: usize = 300;

/// To whom a mail goes, and which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The one recipient: so that none learns of another, and one refusal is of one person.
    pub to: Address,
    /// This delivery. It makes the Message-ID, so that a mail that is sent again can be told from a second one.
    pub delivery: Uuid,
    /// The deliveries before to this recipient about the same alert, the oldest first: mail programs show them as one
    /// thread.
    pub earlier: Vec<Uuid>,
    /// When it is written.
    pub date: DateTime<Utc>,
}

/// A mail to be sent, in two forms with the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom, and which it is.
    pub heading: Heading,
    /// One line.
    pub subject: String,
    /// For who reads text.
    pub text: String,
    /// For who reads HTML; without images, scripts or anything that is fetched.
    pub html: String,
}

impl Mail {
    /// As it goes over the line. ASCII, whatever it says.
    pub(super) fn written(&self, from: &Address) -> Result<Vec<u8>, MailError> {
        if self.subject.contains(breaks) {
            let subject = self.subject.chars().take(80).collect::<String>();
            let why = format!(
                "the subject {subject:?} holds a line break or another control character: remove it"
            );
            return Err(MailError::Unfit(why));
        }
        let length = self.subject.chars().count();
        if length > SUBJECT_LENGTH_MAX {
            let why = format!(
                "the subject is {length} characters long: at most {SUBJECT_LENGTH_MAX} are allowed"
            );
            return Err(MailError::Unfit(why));
        }
        let heading = &self.heading;
        let id = |delivery: &Uuid| format!("<{delivery}@{}>", from.domain());
        let mut message = Message::builder()
            .from(from.mailbox())
            .to(heading.to.mailbox())
            .subject(self.subject.as_str())
            .date(SystemTime::from(heading.date))
            .message_id(Some(id(&heading.delivery)))
            // No holiday notice shall answer it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let (Some(first), Some(last)) = (heading.earlier.first(), heading.earlier.last()) {
            let newest = heading
                .earlier
                .iter()
                .skip(1)
                .rev()
                .take(EARLIER_MAX - 1)
                .rev();
            let all: Vec<String> = std::iter::once(first).chain(newest).map(id).collect();
            message = message.in_reply_to(id(last)).references(all.join(" "));
        }
        let parts = MultiPart::alternative()
            // Not random, so that the same delivery is the same bytes.
            .boundary(format!("=_{}", heading.delivery.simple()))
            .singlepart(SinglePart::plain(self.text.clone()))
            .singlepart(SinglePart::html(self.html.clone()));
        let message = message
            .multipart(parts)
            .map_err(|error| MailError::Unfit(format!("the mail cannot be written: {error}")))?;
        Ok(message.formatted())
    }
}
