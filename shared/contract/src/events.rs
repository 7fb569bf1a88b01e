//! The table of all events: the kind of their stream, their schema version and their payload.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{
    Change, Event,
    alert::{AlertOverrides, Cleared, Finding, TicketRef, TicketStanding},
    asset::{Assignment, InUseSource, Purchase, RenewalDecision},
    asset_type::{Field, FieldKey, FieldRole, OverUse},
    company::ExternalId,
    ids::{
        AssetId, AssetTypeId, AssignmentId, CompanyId, IntegrationId, PersonId, ProductId,
        PurchaseId, SecretId,
    },
    integration::{Backlog, IntegrationConfig, Mode},
    money::{Currency, Money},
    policy::Policy,
    product::{Alias, Product, ProductFacts},
    value::SecretRef,
};
use serde::{Deserialize, Serialize};

use crate::wire::Wire;

/// What is known of one type of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// Its name in the log.
    pub name: &'static str,
    /// The version in which it is written; older ones are upcast when they are read.
    pub schema_version: i16,
    /// The kind of the streams that it stands in.
    pub stream_kind: &'static str,
}

/// Makes of the table below a payload struct for each event and the functions that choose among them. The
/// match over the domain's events has no catch-all: an event without a stored shape does not compile.
macro_rules! events {
    ($($kind:literal { $($name:ident $version:literal { $($field:ident: $part:ty),* $(,)? })* })*) => {
        mod payloads {
            use super::*;
            $($(
                #[derive(Serialize, Deserialize)]
                #[serde(deny_unknown_fields)]
                pub(super) struct $name {
                    $(pub(super) $field: <$part as Wire>::Json,)*
                }
            )*)*
        }

        /// Every event that can be stored.
        pub const EVENT_TYPES: &[EventType] = &[$($(
            EventType { name: stringify!($name), schema_version: $version, stream_kind: $kind },
        )*)*];

        /// The type's name, its current schema version and the payload.
        pub(crate) fn to_payload(event: &Event) -> (&'static str, i16, serde_json::Result<String>) {
            match event {
                $($(
                    Event::$name { $($field),* } => (
                        stringify!($name),
                        $version,
                        serde_json::to_string(&payloads::$name { $($field: $field.to_json()),* }),
                    ),
                )*)*
            }
        }

        /// Reads a payload of the type's current schema version; none if the type is not known.
        pub(crate) fn from_payload(event_type: &str, payload: &str) -> Option<serde_json::Result<Event>> {
            Some(match event_type {
                $($(
                    stringify!($name) => serde_json::from_str::<payloads::$name>(payload)
                        .map(|_stored| Event::$name { $($field: Wire::from_json(_stored.$field)),* }),
                )*)*
                _ => return None,
            })
        }
    };
}

events! {
    "tenant" {
        TenantCreated 1 { name: String, time_zone: Tz, currency: Currency }
        PersonInvited 1 { person_id: PersonId }
    }
    "token" {
        // The database's access function reads this payload: a new version of it is a migration there.
        TokenIssued 1 {
            person_id: Option<PersonId>,
            integration: Option<String>,
            label: String,
            secret_sha256: [u8; 32],
            companies: Option<BTreeSet<CompanyId>>,
            may_reveal: bool,
            administer: bool,
        }
        TokenRevoked 1 {}
        SecretRevealed 1 { asset_id: AssetId, field: FieldKey, secret_id: SecretId, secret_version: i32 }
        RevealRefused 1 { asset_id: AssetId, field: FieldKey, cause: String }
    }
    "asset_type" {
        AssetTypeDefined 1 { name: String, fields: Vec<Field> }
        AssetTypeRenamed 1 { from: String, to: String }
        FieldAdded 1 { field: Field }
        FieldChanged 1 { from: Field, to: Field }
        FieldRetired 1 { key: FieldKey }
        TypePolicySet 1 { policy: AlertOverrides }
        OverUseSet 1 { from: OverUse, to: OverUse }
        AssetTypeArchived 1 {}
    }
    "company" {
        CompanyAdded 1 { name: String, own: bool, time_zone: Option<Tz> }
        CompanyRenamed 1 { from: String, to: String }
        CompanyTimeZoneChanged 1 { from: Option<Tz>, to: Option<Tz> }
        CompanyOwnChanged 1 { from: bool, to: bool }
        CompanyPolicySet 1 { policy: AlertOverrides }
        CompanyArchived 1 {}
        CompanyRestored 1 {}
    }
    "asset" {
        AssetRegistered 1 { type_id: AssetTypeId, company_id: CompanyId }
        FieldsChanged 1 { changes: Vec<Change> }
        SeatsPurchased 2 { purchase: Purchase }
        PurchaseReduced 1 { purchase_id: PurchaseId, from: i64, to: i64 }
        PurchaseEnded 1 { purchase_id: PurchaseId }
        TotalSeatsAdjusted 1 { from: Option<i64>, to: Option<i64>, delta: Option<i64>, correction: bool }
        SeatsInUseCounted 2 {
            source: InUseSource,
            counted_for: Option<CompanyId>,
            from: Option<i64>,
            to: Option<i64>,
            correction: bool,
        }
        InUseSourceChanged 1 { from: InUseSource, to: InUseSource }
        SeatsAssigned 1 { assignments: Vec<Assignment>, over_by: Option<i64> }
        SeatsReleased 1 { assignment_ids: Vec<AssignmentId> }
        SeatsAllocated 1 { company_id: CompanyId, from: i64, to: i64 }
        SeatsTransferred 1 { to_asset: AssetId, to_company: CompanyId, quantity: Option<i64> }
        SeatsReceived 1 { from_asset: AssetId, quantity: Option<i64> }
        RenewalDecided 1 {
            term_end: NaiveDate,
            decision: Option<RenewalDecision>,
            owner: Option<PersonId>,
            note: Option<String>,
        }
        KeyAdded 1 {
            secret_id: SecretId,
            secret_version: i32,
            label: Option<String>,
            assignment_id: Option<AssignmentId>,
        }
        KeyRemoved 1 { secret_id: SecretId }
        ExpiryChanged 1 { from: Option<NaiveDate>, to: Option<NaiveDate>, correction: bool }
        TermRenewed 1 { from: NaiveDate, to: NaiveDate }
        CostChanged 1 { role: FieldRole, from: Option<Money>, to: Option<Money>, correction: bool }
        TagAdded 1 { tag: String }
        TagRemoved 1 { tag: String }
        MovedToCompany 1 { from: CompanyId, to: CompanyId }
        AssetPolicySet 1 { policy: AlertOverrides }
        AssetArchived 1 {}
        AssetRestored 1 {}
        // Also of companies: see `stream_kind`.
        ExternalIdLinked 1 { external_id: ExternalId }
    }
    "secret" {
        SecretStored 1 { asset_id: AssetId, field: FieldKey, secret_version: i32 }
        SecretDestroyed 1 {}
    }
    "document" {
        DocumentWritten 1 { company_id: CompanyId, title: String, body: String }
        DocumentRevised 1 { title: String, body: String }
        DocumentArchived 1 {}
    }
    "policy" {
        PolicySet 3 { policy: Policy }
    }
    "alert" {
        FindingNoticed 1 { finding: Finding, due_at: DateTime<Utc> }
        AlertRaised 1 { finding: Finding, occurrence: u32 }
        AlertChanged 1 { from: Finding, to: Finding, worse: bool }
        AlertCleared 1 { cleared: Cleared }
        AlertAcknowledged 1 { integration_id: Option<IntegrationId> }
        AlertSnoozed 1 { until: NaiveDate }
        AlertWoken 1 {}
        TicketRequested 1 { integration_id: IntegrationId }
        TicketOpened 1 { integration_id: IntegrationId, ticket: TicketRef }
        TicketCommented 1 { integration_id: IntegrationId, what: String }
        TicketChanged 1 { integration_id: IntegrationId, from: TicketStanding, to: TicketStanding }
        TicketMerged 1 { integration_id: IntegrationId, into: TicketRef }
        DeliveryFailed 1 { integration_id: IntegrationId, why: String }
    }
    "integration" {
        IntegrationAdded 1 { config: IntegrationConfig }
        IntegrationChanged 1 { from: IntegrationConfig, to: IntegrationConfig }
        IntegrationSecretStored 1 { secret: String, stored: SecretRef }
        IntegrationModeSet 1 { from: Mode, to: Mode, backlog: Option<Backlog> }
        ReplayAsked 1 { after_entry: i64 }
        IntegrationRemoved 1 {}
    }
    "feed" {
        // The database's access function reads this payload: a new version of it is a migration there.
        FeedOpened 1 { label: String, secret_sha256: [u8; 32], companies: Option<BTreeSet<CompanyId>> }
        FeedClosed 1 {}
    }
    "catalog" {
        ProductsAdded 1 { source: Option<String>, products: Vec<Product> }
        ProductRenamed 1 { product_id: ProductId, from: String, to: String }
        AliasAdded 1 { product_id: ProductId, alias: Alias }
        AliasRemoved 1 { product_id: ProductId, alias: Alias }
        ProductFactsSet 1 { product_id: ProductId, from: ProductFacts, to: ProductFacts }
        ProductMerged 1 { product_id: ProductId, into: ProductId }
    }
}

/// What is known of the type with a name.
pub(crate) fn event_type(name: &str) -> Option<&'static EventType> {
    EVENT_TYPES
        .iter()
        .find(|event_type| event_type.name == name)
}
