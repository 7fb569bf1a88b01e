//! The kinds of outside systems, and what each must be told.

/// A kind of outside system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntegrationKind {
    /// Request Tracker 5.
    RequestTracker,
    /// Zammad.
    Zammad,
    /// ConnectWise PSA.
    ConnectWise,
    /// HaloPSA.
    HaloPsa,
    /// Autotask PSA.
    Autotask,
    /// An HTTP endpoint.
    Webhook,
    /// Mail.
    Email,
}

/// One setting of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingSpec {
    /// Its name.
    pub name: &'static str,
    /// What it looks like.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
    /// What it means, for people.
    pub hint: &'static str,
}

/// What a setting looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Text,
    /// A whole number within bounds.
    Number(i64, i64),
    /// An http or https address without user, password or fragment.
    Url,
    /// Mail addresses, separated by commas.
    Addresses,
    /// One of these words.
    Choice(&'static [&'static str]),
}

const fn required(name: &'static str, shape: Shape, hint: &'static str) -> SettingSpec {
    SettingSpec {
        name,
        shape,
        required: true,
        hint,
    }
}

const fn optional(name: &'static str, shape: Shape, hint: &'static str) -> SettingSpec {
    SettingSpec {
        name,
        shape,
        required: false,
        hint,
    }
}

const URL: SettingSpec = required("url", Shape::Url, "the system's address");
const COMPANY_SYSTEM: SettingSpec = optional(
    "company_system",
    Shape::Text,
    "the system in companies' external ids that holds their ids there; its kind's name unless set",
);
const WORKED_STATUSES: SettingSpec = optional(
    "worked_statuses",
    Shape::Text,
    "statuses, separated by commas, that say that a person works on a ticket",
);

const REQUEST_TRACKER: &[SettingSpec] = &[
    URL,
    required("queue", Shape::Text, "the queue of the tickets"),
    optional(
        "reference_field",
        Shape::Text,
        "the ticket custom field for the reference; seatledger_ref unless set",
    ),
    optional(
        "company_field",
        Shape::Text,
        "the ticket custom field for the company's id",
    ),
    optional(
        "requestor",
        Shape::Text,
        "the mail address of the tickets' requestor",
    ),
    optional(
        "closed_status",
        Shape::Text,
        "the status of a ticket that is done; resolved unless set",
    ),
    COMPANY_SYSTEM,
    WORKED_STATUSES,
];
const ZAMMAD: &[SettingSpec] = &[
    URL,
    required("group", Shape::Text, "the group of the tickets"),
    optional(
        "customer",
        Shape::Number(1, 1_000_000_000),
        "the id of the user who is the tickets' customer; an organization's first member unless set",
    ),
    optional(
        "reference_field",
        Shape::Text,
        "the ticket attribute for the reference; seatledger_ref unless set",
    ),
    optional(
        "closed_status",
        Shape::Text,
        "the state of a ticket that is done; closed unless set",
    ),
    COMPANY_SYSTEM,
    WORKED_STATUSES,
];
const CONNECTWISE: &[SettingSpec] = &[
    URL,
    required(
        "login_company",
        Shape::Text,
        "the company with which one signs in",
    ),
    required(
        "public_key",
        Shape::Text,
        "the public key of the API member",
    ),
    required("client_id", Shape::Text, "the client id of the integration"),
    required("board", Shape::Text, "the service board of the tickets"),
    optional(
        "closed_status",
        Shape::Text,
        "the board's status of a ticket that is done; Closed unless set",
    ),
    COMPANY_SYSTEM,
    WORKED_STATUSES,
];
const HALO_PSA: &[SettingSpec] = &[
    URL,
    required(
        "client_id",
        Shape::Text,
        "the client id of the API application",
    ),
    required(
        "ticket_type_id",
        Shape::Number(1, 1_000_000_000),
        "the id of the tickets' type",
    ),
    optional(
        "closed_status_id",
        Shape::Number(1, 1_000_000_000),
        "the id of the status of a ticket that is done; 9 unless set",
    ),
    optional(
        "priority_id",
        Shape::Number(1, 1_000_000_000),
        "the id of the tickets' priority",
    ),
    optional(
        "tenant",
        Shape::Text,
        "the tenant's name, as hosted systems ask for it at the sign-in",
    ),
    optional(
        "note_outcome",
        Shape::Text,
        "the outcome that makes an action a note; Private Note unless set",
    ),
    COMPANY_SYSTEM,
    WORKED_STATUSES,
];
const AUTOTASK: &[SettingSpec] = &[
    URL,
    required("user_name", Shape::Text, "the name of the API user"),
    required(
        "queue_id",
        Shape::Number(1, 1_000_000_000),
        "the id of the tickets' queue",
    ),
    optional(
        "new_status",
        Shape::Number(1, 1_000_000_000),
        "the status of a new ticket; 1 unless set",
    ),
    optional(
        "closed_status",
        Shape::Number(1, 1_000_000_000),
        "the status of a ticket that is done; 5 unless set",
    ),
    optional(
        "priority",
        Shape::Number(1, 1_000_000_000),
        "the tickets' priority; 2 unless set",
    ),
    COMPANY_SYSTEM,
    WORKED_STATUSES,
];
const WEBHOOK: &[SettingSpec] = &[required("url", Shape::Url, "the endpoint")];
const EMAIL: &[SettingSpec] = &[
    required("host", Shape::Text, "the SMTP server"),
    optional("port", Shape::Number(1, 65_535), "its port; 587 unless set"),
    optional(
        "security",
        Shape::Choice(&["starttls", "tls", "none"]),
        "how the connection is protected; starttls unless set",
    ),
    optional("user", Shape::Text, "the account, if one signs in"),
    required("from", Shape::Addresses, "the sender"),
    required("to", Shape::Addresses, "the recipients"),
    optional(
        "send",
        Shape::Choice(&["digest", "each"]),
        "a digest a day, or a mail for each alert; digest unless set",
    ),
    optional(
        "digest_hour",
        Shape::Number(0, 23),
        "the hour of the digest on the account's clock; 7 unless set",
    ),
];

impl IntegrationKind {
    /// All kinds with their words.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::RequestTracker, "request_tracker"),
        (Self::Zammad, "zammad"),
        (Self::ConnectWise, "connectwise"),
        (Self::HaloPsa, "halopsa"),
        (Self::Autotask, "autotask"),
        (Self::Webhook, "webhook"),
        (Self::Email, "email"),
    ];

    /// Its settings.
    #[must_use]
    pub fn settings(self) -> &'static [SettingSpec] {
        match self {
            Self::RequestTracker => REQUEST_TRACKER,
            Self::Zammad => ZAMMAD,
            Self::ConnectWise => CONNECTWISE,
            Self::HaloPsa => HALO_PSA,
            Self::Autotask => AUTOTASK,
            Self::Webhook => WEBHOOK,
            Self::Email => EMAIL,
        }
    }

    /// The names of its secrets, which are kept in the vault.
    #[must_use]
    pub fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::RequestTracker | Self::Zammad => &["token"],
            Self::ConnectWise => &["private_key"],
            Self::HaloPsa => &["client_secret"],
            Self::Autotask => &["integration_code", "secret"],
            // Two at a time while one takes the other's place.
            Self::Webhook => &["signing_key", "previous_signing_key"],
            Self::Email => &["password"],
        }
    }

    /// Whether it has tickets.
    #[must_use]
    pub fn is_psa(self) -> bool {
        !matches!(self, Self::Webhook | Self::Email)
    }
}
