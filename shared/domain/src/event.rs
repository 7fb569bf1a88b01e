//! The facts of the ledger.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::{
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
    value::{SecretRef, Value},
};

/// An event with where and when it is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The subject's stream.
    pub stream: Uuid,
    /// The company it concerns, for those who follow one company.
    pub company: Option<CompanyId>,
    /// The day on which it becomes true; may lie before or after the day it is recorded.
    pub effective_on: NaiveDate,
    /// What happened.
    pub event: Event,
}

/// A field's value before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which field.
    pub field: FieldKey,
    /// Its old value.
    pub from: Option<Value>,
    /// Its new value.
    pub to: Option<Value>,
}

impl Change {
    /// Bytes of the texts in it, which may be long.
    pub(crate) fn text_bytes(&self) -> usize {
        let bytes = |value: &Option<Value>| value.as_ref().map_or(0, Value::text_bytes);
        bytes(&self.from) + bytes(&self.to)
    }

    /// Whether the field is a yes-or-no field.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        let is_boolean = |value: &Option<Value>| matches!(value, Some(Value::Boolean(_)));
        is_boolean(&self.from) || is_boolean(&self.to)
    }
}

/// One immutable fact, in the past tense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An MSP's account was opened.
    TenantCreated {
        /// The MSP's name.
        name: String,
        /// Its calendar.
        time_zone: Tz,
        /// The currency of bare amounts.
        currency: Currency,
    },
    /// A person may act from now on.
    PersonInvited {
        /// Who; the name stands in an erasable table.
        person_id: PersonId,
    },
    /// An API token was made.
    TokenIssued {
        /// Whose it is, if a person's.
        person_id: Option<PersonId>,
        /// Whose it is, if a program's.
        integration: Option<String>,
        /// What it is for.
        label: String,
        /// SHA-256 of its secret part.
        secret_sha256: [u8; 32],
        /// The companies it is limited to; none means all.
        companies: Option<BTreeSet<CompanyId>>,
        /// Whether it may reveal secrets.
        may_reveal: bool,
        /// Whether it may change types, policies and tokens.
        administer: bool,
    },
    /// A token is no longer good.
    TokenRevoked,
    /// A secret is about to be shown to the holder of a token.
    SecretRevealed {
        /// The asset whose secret it is.
        asset_id: AssetId,
        /// Which field.
        field: FieldKey,
        /// Which secret.
        secret_id: SecretId,
        /// Which of its values.
        secret_version: i32,
    },
    /// A secret was asked for and not shown. Of a token's refusals for one cause within
    /// [a minute](crate::access::REFUSALS_RECORDED_EVERY) the first stands for all.
    RevealRefused {
        /// The asset whose secret it is.
        asset_id: AssetId,
        /// Which field.
        field: FieldKey,
        /// Why, in a word: `not_permitted` or `budget`.
        cause: String,
    },
    /// A type of assets was made.
    AssetTypeDefined {
        /// Its name.
        name: String,
        /// Its fields in order.
        fields: Vec<Field>,
    },
    /// A type has another name.
    AssetTypeRenamed {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// A type has one more field.
    FieldAdded {
        /// The field.
        field: Field,
    },
    /// A field's settings changed.
    FieldChanged {
        /// As it was.
        from: Field,
        /// As it is.
        to: Field,
    },
    /// A field was taken out of use.
    FieldRetired {
        /// Which.
        key: FieldKey,
    },
    /// What happens when more seats of a type's licenses are taken than are owned.
    OverUseSet {
        /// What happened before.
        from: OverUse,
        /// What happens now.
        to: OverUse,
    },
    /// No new assets are made of a type.
    AssetTypeArchived,
    /// A company is looked after from now on.
    CompanyAdded {
        /// Its name.
        name: String,
        /// Whether it is the MSP itself.
        own: bool,
        /// Where it is, if elsewhere than the MSP.
        time_zone: Option<Tz>,
    },
    /// A company has another name.
    CompanyRenamed {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// A company's time zone changed.
    CompanyTimeZoneChanged {
        /// The old one.
        from: Option<Tz>,
        /// The new one.
        to: Option<Tz>,
    },
    /// A company turned out to be the MSP itself, or not to be.
    CompanyOwnChanged {
        /// Whether it was.
        from: bool,
        /// Whether it is.
        to: bool,
    },
    /// A company is no longer looked after.
    CompanyArchived,
    /// An archived company is looked after again.
    CompanyRestored,
    /// A company or an asset is known in another system by an id of that system's.
    ExternalIdLinked {
        /// The system and its id.
        external_id: ExternalId,
    },
    /// An asset is tracked from now on.
    AssetRegistered {
        /// Its type.
        type_id: AssetTypeId,
        /// Whose it is.
        company_id: CompanyId,
    },
    /// Plain fields changed.
    FieldsChanged {
        /// All that changed together.
        changes: Vec<Change>,
    },
    /// Seats were bought.
    SeatsPurchased {
        /// The purchase.
        purchase: Purchase,
    },
    /// A purchase ends, on the effective day as its last.
    PurchaseEnded {
        /// Which.
        purchase_id: PurchaseId,
    },
    /// A purchase has fewer seats from the effective day on.
    PurchaseReduced {
        /// Which.
        purchase_id: PurchaseId,
        /// How many it had.
        from: i64,
        /// How many it has.
        to: i64,
    },
    /// A total was typed in.
    TotalSeatsAdjusted {
        /// The total of the effective day before.
        from: Option<i64>,
        /// What was typed; none if it was cleared.
        to: Option<i64>,
        /// `to` less the purchases of the effective day. What is learned later doesn't change it.
        delta: Option<i64>,
        /// Whether it mends what was recorded wrongly.
        correction: bool,
    },
    /// The seats in use were counted. A count that is the same as before was made again: it is not stale.
    SeatsInUseCounted {
        /// By whom.
        source: InUseSource,
        /// The company to which seats are allocated whose use was counted; none for the license's own company.
        counted_for: Option<CompanyId>,
        /// The count of the effective day before.
        from: Option<i64>,
        /// The count; none if it is no longer known.
        to: Option<i64>,
        /// Whether it mends what was recorded wrongly.
        correction: bool,
    },
    /// Another source counts the seats in use from the effective day on.
    InUseSourceChanged {
        /// Which it was.
        from: InUseSource,
        /// Which it is.
        to: InUseSource,
    },
    /// Seats were given to users or devices.
    SeatsAssigned {
        /// Who holds them, from when.
        assignments: Vec<Assignment>,
        /// Seats by which more are in use than owned because of it, where the type warns of that.
        over_by: Option<i64>,
    },
    /// Seats were given back, with the effective day as the last.
    SeatsReleased {
        /// Which assignments end.
        assignment_ids: Vec<AssignmentId>,
    },
    /// A company has so many of the license's seats from the effective day on, without owning the license.
    SeatsAllocated {
        /// The company.
        company_id: CompanyId,
        /// How many it had.
        from: i64,
        /// How many it has.
        to: i64,
    },
    /// Seats went to another company, as a license of its own there, from the effective day on. What they were
    /// taken from is said by the events beside this one.
    SeatsTransferred {
        /// The new license.
        to_asset: AssetId,
        /// Whose it is.
        to_company: CompanyId,
        /// How many seats; none if the whole license went, of which it is not known how many it has.
        quantity: Option<i64>,
    },
    /// The license came about by a transfer.
    SeatsReceived {
        /// The license from which the seats came: its own history is not the new owner's.
        from_asset: AssetId,
        /// How many seats; none if it is not known.
        quantity: Option<i64>,
    },
    /// What is to be done at the end of a term was decided, or the decision was taken back.
    RenewalDecided {
        /// The last day of the term.
        term_end: NaiveDate,
        /// What is to be done; none if nothing is decided any more.
        decision: Option<RenewalDecision>,
        /// Who sees to it.
        owner: Option<PersonId>,
        /// Why, or how.
        note: Option<String>,
    },
    /// A license has one more key.
    KeyAdded {
        /// The secret.
        secret_id: SecretId,
        /// Which of its values.
        secret_version: i32,
        /// What it is for.
        label: Option<String>,
        /// The assignment that it belongs to.
        assignment_id: Option<AssignmentId>,
    },
    /// A key is no longer the license's.
    KeyRemoved {
        /// The secret.
        secret_id: SecretId,
    },
    /// The end of the term was moved.
    ExpiryChanged {
        /// The old last day.
        from: Option<NaiveDate>,
        /// The new last day.
        to: Option<NaiveDate>,
        /// Whether it mends what was recorded wrongly.
        correction: bool,
    },
    /// A new term begins on the effective day, the day after the old one's last.
    TermRenewed {
        /// The last day of the old term.
        from: NaiveDate,
        /// The last day of the new term.
        to: NaiveDate,
    },
    /// What a year costs changed.
    CostChanged {
        /// `AnnualCost` or `AnnualPrice`.
        role: FieldRole,
        /// The old amount.
        from: Option<Money>,
        /// The new amount.
        to: Option<Money>,
        /// Whether it mends what was recorded wrongly.
        correction: bool,
    },
    /// A tag was put on.
    TagAdded {
        /// The tag.
        tag: String,
    },
    /// A tag was taken off.
    TagRemoved {
        /// The tag.
        tag: String,
    },
    /// An asset belongs to another company from the effective day on.
    ///
    /// The fact concerns the company that the asset belongs to when it is recorded, as every fact of an asset
    /// does, even if the effective day has passed: one fact has one [`Fact::company`]. Who follows the old
    /// company sees the asset leave; who follows the new one meets it with the next fact that is recorded once
    /// it belongs there, and must then read the asset itself, whose history they have not been told.
    MovedToCompany {
        /// Whose it was.
        from: CompanyId,
        /// Whose it is.
        to: CompanyId,
    },
    /// An asset is no longer tracked.
    AssetArchived,
    /// An archived asset is tracked again.
    AssetRestored,
    /// A secret has a new value, which lies in the vault.
    SecretStored {
        /// The asset whose secret it is.
        asset_id: AssetId,
        /// Which field.
        field: FieldKey,
        /// Which of its values, from 1.
        secret_version: i32,
    },
    /// All values that a secret has had are gone for good. A later value begins anew.
    SecretDestroyed,
    /// Products were added to the catalog.
    ProductsAdded {
        /// The set that they were taken from; none if somebody added them.
        source: Option<String>,
        /// The products.
        products: Vec<Product>,
    },
    /// A product has another name; the old one stays an alias.
    ProductRenamed {
        /// Which.
        product_id: ProductId,
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// Licenses that are called so are licenses of this product.
    AliasAdded {
        /// The product.
        product_id: ProductId,
        /// The name or part number.
        alias: Alias,
    },
    /// A name is no longer a product's.
    AliasRemoved {
        /// The product.
        product_id: ProductId,
        /// The name or part number.
        alias: Alias,
    },
    /// What is known of a product changed.
    ProductFactsSet {
        /// Which.
        product_id: ProductId,
        /// What was known.
        from: ProductFacts,
        /// What is known.
        to: ProductFacts,
    },
    /// A product turned out to be another: they are one from now on, and for all days.
    ProductMerged {
        /// The product that is no longer one of its own.
        product_id: ProductId,
        /// What it is.
        into: ProductId,
    },
    /// A document was written.
    DocumentWritten {
        /// Whose it is.
        company_id: CompanyId,
        /// Its title.
        title: String,
        /// Its text.
        body: String,
    },
    /// A document has a new text.
    DocumentRevised {
        /// Its title now.
        title: String,
        /// Its text now.
        body: String,
    },
    /// A document was put away.
    DocumentArchived,
    /// When something of a company is worth an alert, where that is not as for all.
    CompanyPolicySet {
        /// What is otherwise.
        policy: AlertOverrides,
    },
    /// Likewise of the assets of a type.
    TypePolicySet {
        /// What is otherwise.
        policy: AlertOverrides,
    },
    /// Likewise of one asset.
    AssetPolicySet {
        /// What is otherwise.
        policy: AlertOverrides,
    },
    /// Something was found that is worth an alert if it lasts.
    FindingNoticed {
        /// What.
        finding: Finding,
        /// When it is raised.
        due_at: DateTime<Utc>,
    },
    /// Somebody should act.
    AlertRaised {
        /// On what.
        finding: Finding,
        /// How often it was raised so far, this one included.
        occurrence: u32,
    },
    /// It is the same matter, and stands otherwise now.
    AlertChanged {
        /// What was found.
        from: Finding,
        /// What is found.
        to: Finding,
        /// Whether it is worse, so that who knew of it is told again.
        worse: bool,
    },
    /// There is nothing to act on any more.
    AlertCleared {
        /// Why.
        cleared: Cleared,
    },
    /// Somebody knows of it.
    AlertAcknowledged {
        /// The system in which they closed the ticket; none if they said so here.
        integration_id: Option<IntegrationId>,
    },
    /// It is put off.
    AlertSnoozed {
        /// The last day on which nothing is told.
        until: NaiveDate,
    },
    /// It is no longer put off.
    AlertWoken,
    /// A person wants a ticket in this system.
    TicketRequested {
        /// Which system.
        integration_id: IntegrationId,
    },
    /// There is a ticket.
    TicketOpened {
        /// In which system.
        integration_id: IntegrationId,
        /// Which.
        ticket: TicketRef,
    },
    /// We wrote on a ticket.
    TicketCommented {
        /// In which system.
        integration_id: IntegrationId,
        /// What it was about.
        what: String,
    },
    /// A ticket stands otherwise than was known.
    TicketChanged {
        /// In which system.
        integration_id: IntegrationId,
        /// How it stood.
        from: TicketStanding,
        /// How it stands.
        to: TicketStanding,
    },
    /// A ticket became part of another.
    TicketMerged {
        /// In which system.
        integration_id: IntegrationId,
        /// Which.
        into: TicketRef,
    },
    /// Something could not be delivered, and is not tried again by itself.
    DeliveryFailed {
        /// To which system.
        integration_id: IntegrationId,
        /// Why.
        why: String,
    },
    /// An outside system is to be told. It begins in dry run.
    IntegrationAdded {
        /// Which, and how.
        config: IntegrationConfig,
    },
    /// It is told otherwise.
    IntegrationChanged {
        /// How it was.
        from: IntegrationConfig,
        /// How it is.
        to: IntegrationConfig,
    },
    /// One of its secrets has a new value, which lies in the vault.
    IntegrationSecretStored {
        /// Its name.
        secret: String,
        /// Which.
        stored: SecretRef,
    },
    /// It was turned on or off.
    IntegrationModeSet {
        /// What it was.
        from: Mode,
        /// What it is.
        to: Mode,
        /// What becomes of what was found before.
        backlog: Option<Backlog>,
    },
    /// All that came after an entry is to be delivered again.
    ReplayAsked {
        /// Which entry.
        after_entry: i64,
    },
    /// It is gone.
    IntegrationRemoved,
    /// A calendar can be subscribed to.
    FeedOpened {
        /// What it is for.
        label: String,
        /// SHA-256 of the secret part of its address.
        secret_sha256: [u8; 32],
        /// The companies it shows; none means all.
        companies: Option<BTreeSet<CompanyId>>,
    },
    /// A calendar can no longer be read.
    FeedClosed,
    /// The tenant's policy was set.
    PolicySet {
        /// The whole policy from now on.
        policy: Policy,
    },
}
