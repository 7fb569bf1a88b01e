//! The list of all problems.

use std::time::Duration;

use http::StatusCode;

/// The wait that is named where the cause is expected to pass by itself within seconds.
const SOON: Duration = Duration::from_secs(1);

/// The wait that is named where someone has to start or mend a server first.
const WHEN_MENDED: Duration = Duration::from_secs(10);

macro_rules! kinds {
    ($($name:ident $slug:literal $status:ident $title:literal $help:literal)*) => {
        /// A documented type of problem. The URI of each is a promise to clients: it is never renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(#[doc = $help] $name,)*
        }

        impl Kind {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The last part of the URI.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The HTTP status that it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What all problems of this type are called.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// When it happens and what to do about it, in a line or two.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$name => $help,)* }
            }
        }
    };
}

kinds! {
    MalformedBody "malformed-body" BAD_REQUEST "The body can't be read"
        "The body is not JSON, repeats a key, holds a NUL character or is nested too deeply. `errors` says where."
    BadQuery "bad-query" BAD_REQUEST "A query parameter can't be read"
        "A parameter is unknown, or its value is of the wrong form. `errors` names it."
    BadHeader "bad-header" BAD_REQUEST "A header can't be read"
        "A header that the route looks at is of the wrong form. `errors` names it."
    BadCursor "bad-cursor" BAD_REQUEST "The cursor does not belong to this query"
        "A cursor goes on where the same query, with the same filters, left off. Start again without a cursor."
    Unauthorized "unauthorized" UNAUTHORIZED "A valid token is needed"
        "Send `Authorization: Bearer slt_…` with a token that was issued and not revoked."
    Forbidden "forbidden" FORBIDDEN "The token lacks the right"
        "The token is valid but may not do this. `detail` says which right is lacking."
    NotFound "not-found" NOT_FOUND "There is no such thing"
        "Nothing is at this address, or nothing that the token can see."
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "The method does not fit the address"
        "The `Allow` header lists the methods that do."
    Conflict "conflict" CONFLICT "The present state does not allow it"
        "A name or external id is taken, or the thing is archived. `detail` says which."
    Stale "stale" PRECONDITION_FAILED "It was changed in the meantime"
        "The version in `If-Match` is no longer the current one. Read it again, then decide again."
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large"
        "A body holds 1 MiB at most, and one fact 256 KiB. Send less at a time."
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "The content type is not supported"
        "Send JSON, with `Content-Type: application/json`."
    Validation "validation" UNPROCESSABLE_ENTITY "The input is not valid"
        "The body was read but breaks rules. `errors` lists all of them at once; nothing was changed."
    KeyReused "key-reused" UNPROCESSABLE_ENTITY "The idempotency key belongs to another request"
        "The same `Idempotency-Key` was sent with another method, address or body within 24 hours. Use a new key."
    RateLimited "rate-limited" TOO_MANY_REQUESTS "Too many requests"
        "The token sent more requests than it may. Wait as `Retry-After` says."
    RevealBudget "reveal-budget" TOO_MANY_REQUESTS "Too many secrets revealed"
        "A token reveals 10 secrets a minute and 20 an hour at most. The refusal is recorded. Wait as `Retry-After` says."
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong on our side"
        "The log of the service has the cause, under the id in `X-Request-Id`."
    Busy "busy" SERVICE_UNAVAILABLE "The queue is full"
        "More commands wait than the service takes on. Nothing was changed. Wait as `Retry-After` says."
    Timeout "timeout" SERVICE_UNAVAILABLE "It took too long"
        "The request was given up. A write may still have been done: repeat it with the same `Idempotency-Key`."
    Unavailable "unavailable" SERVICE_UNAVAILABLE "A server behind this one does not answer"
        "The database or the message bus can't be reached. A write may still have been done: repeat it with the same `Idempotency-Key`."
    VaultUnavailable "vault-unavailable" SERVICE_UNAVAILABLE "The HSM does not answer"
        "Secrets can't be stored or revealed at present; everything else works."
    UpgradeRequired "upgrade-required" SERVICE_UNAVAILABLE "Written by a newer version"
        "This service met facts that only a newer version knows, and does not decide on half of the truth. It needs an upgrade."
    ReadModelBehind "read-model-behind" SERVICE_UNAVAILABLE "Not there yet"
        "What is read has not reached the entry in `Seatledger-Min-Entry`. Wait as `Retry-After` says."
    ReadModelHalted "read-model-halted" SERVICE_UNAVAILABLE "Stopped at an event"
        "What is read stopped at an event that it can't digest, and waits for the operator; `Seatledger-Min-Entry` will not be reached."
}

impl Kind {
    /// The URI reference that stands in `type`: relative to the origin, so it holds behind any name.
    #[must_use]
    pub fn uri(self) -> String {
        format!("/problems/{}", self.slug())
    }

    /// The kind with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }

    /// The usual wait, for what passes by itself.
    pub(super) const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::RateLimited | Self::Busy | Self::Timeout | Self::ReadModelBehind => Some(SOON),
            Self::Unavailable | Self::VaultUnavailable | Self::UpgradeRequired => Some(WHEN_MENDED),
            _ => None,
        }
    }
}
