//! What a server's answers mean for the next try.

use super::address::Address;
use super::error::MailError;
use crate::wording::one_line;

/// What is quoted of a server, in characters.
const SAID_MAX: usize = 300;

pub(super) fn of_mail(error: &lettre::transport::smtp::Error, to: &Address) -> MailError {
    of_answer(error, Some(to))
}

/// By the code that the server answered; without one the connection broke.
pub(super) fn of_answer(error: &lettre::transport::smtp::Error, to: Option<&Address>) -> MailError {
    let text =
        std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let said = said(&text, to);
    match error.status().map(u16::from) {
        Some(code) if error.is_permanent() => MailError::Refused { code, said },
        Some(code) => MailError::Later { code, said },
        None => MailError::Unreachable(said),
    }
}

/// What a server says to a log-in is left out: some repeat it.
pub(super) fn of_login(error: &lettre::transport::smtp::Error) -> MailError {
    match of_answer(error, None) {
        MailError::Refused { code, .. } => MailError::Unauthorized(format!("status {code}")),
        MailError::Later { code, .. } => MailError::Later {
            code,
            said: "the log-in cannot be checked now".to_owned(),
        },
        MailError::Unreachable(_) if error.is_client() => MailError::Unauthorized(
            "it offers no log-in with user and password (PLAIN or LOGIN)".to_owned(),
        ),
        _ => MailError::Unreachable("the connection broke during the log-in".to_owned()),
    }
}

/// A certificate that is not trusted will not be at the next try; a connection that broke may hold.
pub(super) fn of_tls(error: &(dyn std::error::Error + 'static)) -> MailError {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let within = error
            .downcast_ref::<std::io::Error>()
            .and_then(|error| error.get_ref());
        let tls = error
            .downcast_ref()
            .or_else(|| within.and_then(|error| error.downcast_ref::<rustls::Error>()));
        if let Some(tls) = tls {
            return MailError::Unsafe(said(&tls.to_string(), None));
        }
        cause = error.source();
    }
    MailError::Unreachable(said(&error.to_string(), None))
}

/// What a server said, fit to be kept: one line, cut, without the recipient's address.
pub(super) fn said(text: &str, to: Option<&Address>) -> String {
    let text: String = text.chars().take(SAID_MAX).collect();
    let Some(to) = to.map(|to| to.to_string().to_lowercase()) else {
        return one_line(&text);
    };
    // Case by case only in ASCII, so that places in both texts are the same.
    let lower = text.to_ascii_lowercase();
    let mut masked = String::new();
    let mut from = 0;
    for (at, found) in lower.match_indices(&to) {
        masked.push_str(&text[from..at]);
        masked.push_str("the recipient");
        from = at + found.len();
    }
    masked.push_str(&text[from..]);
    one_line(&masked)
}
