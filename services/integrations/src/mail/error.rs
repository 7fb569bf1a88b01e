//! Why a mail was not sent, by what it means for the next try.

/// A mail was not sent, or nobody knows. Never holds credentials, nor the recipient's address, which a person may ask
/// to have erased; what the server said is cut to some hundred characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The mail is not one that can be sent; it says what to change.
    #[error("the mail cannot be sent: {0}")]
    Unfit(String),
    /// Permanent for this mail and this recipient (5xx). Other mails may go.
    #[error("the mail server refuses this mail or its recipient with {code}: {said}")]
    Refused {
        /// SMTP's three digits.
        code: u16,
        /// What it said.
        said: String,
    },
    /// Permanent for every mail of ours: it does not take our sender, or not our connections.
    #[error(
        "the mail server refuses our sender {sender} with {code}: {said}; set another sender, or have this one allowed there"
    )]
    SenderRefused {
        /// Our sender's address.
        sender: String,
        /// SMTP's three digits.
        code: u16,
        /// What it said.
        said: String,
    },
    /// The server asks to come again (4xx).
    #[error("the mail server asks to come later with {code}: {said}")]
    Later {
        /// SMTP's three digits.
        code: u16,
        /// What it said.
        said: String,
    },
    /// No connection, or one that broke before the mail was handed over: it was not sent.
    #[error("the mail server cannot be reached: {0}")]
    Unreachable(String),
    /// The user and password don't serve. What the server said is left out: it may repeat them.
    #[error("the mail server refuses the user and password: {0}")]
    Unauthorized(String),
    /// The connection is not as safe as the settings ask for, so that nothing was sent.
    #[error("the connection to the mail server is not safe: {0}")]
    Unsafe(String),
    /// The mail was handed over and the answer is missing: it may have been sent. Sent again, it has the same
    /// Message-ID.
    #[error("the mail server did not say whether it took the mail: {0}")]
    Uncertain(String),
}

impl MailError {
    /// Whether the mail may have been sent all the same.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        matches!(self, Self::Uncertain(_))
    }

    /// Whether the same mail may go at a later try, with nothing changed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Later { .. } | Self::Unreachable(_) | Self::Uncertain(_)
        )
    }

    /// Whether no mail at all will go before a person changes the settings or the server.
    #[must_use]
    pub fn stops_all(&self) -> bool {
        matches!(
            self,
            Self::SenderRefused { .. } | Self::Unauthorized(_) | Self::Unsafe(_)
        )
    }
}
