//! What may be asked, what is needed to answer, and what the answer is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::{
    access::Principal,
    alert::{AlertOverrides, TicketNews},
    asset::{
        AllocationDraft, AssetDraft, AssetPatch, AssignmentDraft, CountDraft, DecisionDraft,
        Holder, KeyDraft, PurchaseDraft, ReductionDraft, RenewalDraft, SheetLine, TransferDraft,
    },
    asset_type::{FieldDraft, FieldKey, FieldPatch, FieldRole},
    company::ExternalId,
    compliance::PoolKey,
    event::Fact,
    ids::{
        AlertId, AssetId, AssetTypeId, AssignmentId, CompanyId, DocumentId, FeedId, IntegrationId,
        PersonId, ProductId, PurchaseId, SecretId, TokenId,
    },
    integration::{Backlog, IntegrationDraft, IntegrationPatch, Mode},
    money::Currency,
    policy::Policy,
    product::{ProductDraft, ProductPatch},
    refusal::Refusal,
    subject::Subject,
    value::SecretRef,
};

/// How many values are looked for at once: two streams are read for each before the command can be decided, and
/// others wait meanwhile.
pub const EQUAL_AMONG_MAX: usize = 200;

/// A command with who gives it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who.
    pub principal: Principal,
    /// The version of the subject on which they decided, if they say so.
    pub if_match: Option<i32>,
    /// What.
    pub command: Command,
}

/// What may be asked of the ledger. Ids of things to be made arrive with the command.
#[derive(Debug, Clone)]
pub enum Command {
    /// Opens an MSP's account.
    CreateTenant {
        /// The MSP's name.
        name: String,
        /// Its calendar.
        time_zone: Tz,
        /// The currency of bare amounts.
        currency: Currency,
    },
    /// Lets a person act; the name is kept elsewhere, where it can be erased.
    InvitePerson {
        /// Who.
        id: PersonId,
    },
    /// Makes an API token.
    IssueToken {
        /// The new token.
        id: TokenId,
        /// Whose it is, if a person's.
        person: Option<PersonId>,
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
    /// Ends a token.
    RevokeToken {
        /// Which.
        id: TokenId,
    },
    /// Makes an asset type.
    DefineAssetType {
        /// The new type.
        id: AssetTypeId,
        /// Its name; a template has one of its own.
        name: Option<String>,
        /// The template it is made from.
        template: Option<String>,
        /// Its fields, unless it is made from a template.
        fields: Vec<FieldDraft>,
    },
    /// Changes what holds for the whole of a type; what is not named stays.
    ChangeAssetType {
        /// Which.
        id: AssetTypeId,
        /// The new name.
        name: Option<String>,
        /// What happens when more seats of its licenses are taken than are owned: `allow`, `warn` or `block`.
        over_use: Option<String>,
    },
    /// Adds a field to a type.
    AddField {
        /// Which type.
        id: AssetTypeId,
        /// The field.
        field: FieldDraft,
    },
    /// Changes a field's settings.
    ChangeField {
        /// Which type.
        id: AssetTypeId,
        /// Which field.
        key: String,
        /// What changes.
        patch: FieldPatch,
    },
    /// Takes a field out of use.
    RetireField {
        /// Which type.
        id: AssetTypeId,
        /// Which field.
        key: String,
    },
    /// Takes a type out of use.
    ArchiveAssetType {
        /// Which.
        id: AssetTypeId,
    },
    /// Adds a company.
    AddCompany {
        /// The new company.
        id: CompanyId,
        /// What it is.
        draft: CompanyDraft,
    },
    /// Changes a company; what is not named stays.
    ChangeCompany {
        /// Which.
        id: CompanyId,
        /// What changes.
        patch: CompanyPatch,
    },
    /// Adds the company that another system knows by an id, or changes it.
    PutCompany {
        /// The id that a new company gets.
        id: CompanyId,
        /// The other system.
        system: String,
        /// Its id.
        external_id: String,
        /// What the company is.
        draft: CompanyDraft,
    },
    /// Takes a company out of care.
    ArchiveCompany {
        /// Which.
        id: CompanyId,
    },
    /// Looks after an archived company again.
    RestoreCompany {
        /// Which.
        id: CompanyId,
    },
    /// Registers an asset.
    RegisterAsset {
        /// The new asset.
        id: AssetId,
        /// What it is.
        draft: AssetDraft,
    },
    /// Changes an asset; what is not named stays.
    ChangeAsset {
        /// Which.
        id: AssetId,
        /// What changes.
        patch: AssetPatch,
    },
    /// Registers the asset that another system knows by an id, or changes it.
    PutAsset {
        /// The id that a new asset gets.
        id: AssetId,
        /// The other system.
        system: String,
        /// Its id.
        external_id: String,
        /// What the asset is.
        draft: AssetDraft,
    },
    /// Puts a tag on, or takes it off.
    SetTag {
        /// Which asset.
        id: AssetId,
        /// The tag.
        tag: String,
        /// On or off.
        on: bool,
    },
    /// Moves an asset to another company.
    MoveAsset {
        /// Which.
        id: AssetId,
        /// Its new company.
        company: CompanyId,
        /// From which day on; today if none.
        effective_on: Option<String>,
    },
    /// Stops tracking an asset.
    ArchiveAsset {
        /// Which.
        id: AssetId,
    },
    /// Tracks an archived asset again.
    RestoreAsset {
        /// Which.
        id: AssetId,
    },
    /// Records that seats were bought.
    PurchaseSeats {
        /// For which license.
        id: AssetId,
        /// The new purchase.
        purchase: PurchaseId,
        /// What was bought.
        draft: PurchaseDraft,
    },
    /// Ends a purchase.
    EndPurchase {
        /// Of which license.
        id: AssetId,
        /// Which purchase.
        purchase: PurchaseId,
        /// Its last day; today if none.
        last_day: Option<String>,
        /// Whether it ends with the license's term, instead of on a named day.
        with_term: bool,
    },
    /// Gives seats of a purchase back.
    ReducePurchase {
        /// Of which license.
        id: AssetId,
        /// Which purchase.
        purchase: PurchaseId,
        /// To how many, from when.
        draft: ReductionDraft,
    },
    /// Records how many seats are in use.
    CountSeats {
        /// Of which license.
        id: AssetId,
        /// The count.
        draft: CountDraft,
    },
    /// Says whose count of the seats in use stands.
    SetInUseSource {
        /// Of which license.
        id: AssetId,
        /// The word: `typed`, `named` or `synced`.
        source: String,
        /// From which day on; today if none.
        effective_on: Option<String>,
    },
    /// Records the counts of many licenses of one company at once, all of them or none.
    CountSheet {
        /// The company.
        company: CompanyId,
        /// A line for each license.
        lines: Vec<SheetLine>,
        /// The day for which they were counted; today if none.
        effective_on: Option<String>,
    },
    /// Gives seats to users or devices.
    AssignSeats {
        /// Of which license.
        id: AssetId,
        /// To whom.
        drafts: Vec<AssignmentDraft>,
    },
    /// Takes seats back.
    ReleaseSeats {
        /// Of which license.
        id: AssetId,
        /// Which assignments.
        assignments: Vec<AssignmentId>,
        /// Their last day; today if none.
        last_day: Option<String>,
    },
    /// Gives the seats of one holder to another.
    PassSeat {
        /// Of which license.
        id: AssetId,
        /// Whose seats.
        assignment: AssignmentId,
        /// The new assignment.
        new: AssignmentId,
        /// Who holds them from then on.
        to: Holder,
        /// From which day on; today if none.
        from: Option<String>,
    },
    /// Gives another company seats of a license without giving it the license.
    AllocateSeats {
        /// Of which license.
        id: AssetId,
        /// To whom, how many.
        draft: AllocationDraft,
    },
    /// Makes a license, or a part of it, a license of another company.
    TransferSeats {
        /// Which license.
        id: AssetId,
        /// The new license.
        new: AssetId,
        /// To whom, how many.
        draft: TransferDraft,
    },
    /// Says what is to be done at the end of a term.
    DecideRenewal {
        /// Of which asset.
        id: AssetId,
        /// What.
        draft: DecisionDraft,
    },
    /// Adds keys to a license, beside those in its fields.
    AddKeys {
        /// To which license.
        id: AssetId,
        /// Sealed in the vault just now.
        keys: Vec<KeyDraft>,
    },
    /// Destroys all values of a secret for good.
    DestroySecret {
        /// Of which asset.
        id: AssetId,
        /// Which secret.
        of: SecretName,
    },
    /// Adds a product to the catalog.
    AddProduct {
        /// The new product.
        id: ProductId,
        /// What it is.
        draft: ProductDraft,
    },
    /// Changes a product; what is not named stays.
    ChangeProduct {
        /// Which.
        id: ProductId,
        /// What changes.
        patch: ProductPatch,
    },
    /// Says that a product is another.
    MergeProduct {
        /// Which.
        id: ProductId,
        /// What it is.
        into: ProductId,
    },
    /// Takes over the well-known products that the catalog does not have yet.
    AdoptStartingSet,
    /// Begins the next term.
    RenewTerm {
        /// Of which asset.
        id: AssetId,
        /// On what terms.
        draft: RenewalDraft,
    },
    /// Writes a document.
    WriteDocument {
        /// The new document.
        id: DocumentId,
        /// Whose it is.
        company: CompanyId,
        /// Its title.
        title: String,
        /// Its text.
        body: String,
    },
    /// Gives a document a new title and text.
    ReviseDocument {
        /// Which.
        id: DocumentId,
        /// Its title.
        title: String,
        /// Its text.
        body: String,
    },
    /// Puts a document away.
    ArchiveDocument {
        /// Which.
        id: DocumentId,
    },
    /// Sets the tenant's policy.
    SetPolicy {
        /// The whole policy.
        policy: Policy,
    },
    /// Judges by the rules what there is to act on, and records what changed.
    ReviewAlerts {
        /// Of what.
        of: Review,
        /// When that was recorded which made it necessary; none for the calendar.
        recorded_at: Option<DateTime<Utc>>,
    },
    /// Records what an integration tells of the ticket of these alerts.
    TellTicket {
        /// Which alerts, at most [`TICKET_ALERTS_MAX`](crate::alert::TICKET_ALERTS_MAX).
        alerts: Vec<AlertId>,
        /// Which integration.
        integration: IntegrationId,
        /// What.
        news: TicketNews,
    },
    /// Raises an alert because a person asks for it.
    RaiseByHand {
        /// The new alert.
        id: AlertId,
        /// On which asset.
        asset: AssetId,
        /// The system to be told; none for all.
        integration: Option<IntegrationId>,
        /// What is to be done.
        note: String,
    },
    /// Says that somebody knows of an alert.
    AcknowledgeAlert {
        /// Which.
        id: AlertId,
    },
    /// Puts an alert off.
    SnoozeAlert {
        /// Which.
        id: AlertId,
        /// The last day on which nothing is told; none to wake it.
        until: Option<String>,
    },
    /// Clears an alert that a person raised.
    ClearAlert {
        /// Which.
        id: AlertId,
    },
    /// Says when something is worth an alert, where that is not as for all.
    SetAlertPolicy {
        /// Of what.
        of: PolicyOf,
        /// What is otherwise.
        policy: AlertOverrides,
    },
    /// Adds an integration, in dry run.
    AddIntegration {
        /// The new integration.
        id: IntegrationId,
        /// What it is.
        draft: IntegrationDraft,
    },
    /// Changes an integration; what is not named stays.
    ChangeIntegration {
        /// Which.
        id: IntegrationId,
        /// What changes.
        patch: IntegrationPatch,
    },
    /// Gives an integration a secret that was sealed in the vault just now.
    StoreIntegrationSecret {
        /// Which.
        id: IntegrationId,
        /// The secret's name.
        name: String,
        /// Where it lies.
        sealed: SecretRef,
    },
    /// Turns an integration on or off.
    SetIntegrationMode {
        /// Which.
        id: IntegrationId,
        /// What it is to be.
        mode: Mode,
        /// What becomes of what was found before.
        backlog: Option<Backlog>,
    },
    /// Takes an integration away.
    RemoveIntegration {
        /// Which.
        id: IntegrationId,
    },
    /// Delivers again all that came after an entry.
    ReplayIntegration {
        /// Which.
        id: IntegrationId,
        /// The entry; 0 for all.
        after_entry: i64,
    },
    /// Opens a calendar that can be subscribed to.
    OpenFeed {
        /// The new feed.
        id: FeedId,
        /// What it is for.
        label: String,
        /// SHA-256 of the secret part of its address.
        secret_sha256: [u8; 32],
        /// The companies it shows; none means all.
        companies: Option<BTreeSet<CompanyId>>,
    },
    /// Ends a calendar feed.
    CloseFeed {
        /// Which.
        id: FeedId,
    },
    /// Records that a secret is about to be shown, or that it was refused.
    RevealSecret {
        /// Of which asset.
        id: AssetId,
        /// Which secret.
        of: SecretName,
    },
    /// Asks which fields of an asset, or of a type's assets to come, are secrets. Records nothing.
    FindSecrets {
        /// What the secrets belong to.
        of: SecretsOf,
    },
    /// Asks which of these values are in force at assets that the caller may see. Records nothing.
    FindEqual {
        /// Values with their assets, at most [`EQUAL_AMONG_MAX`]; more are not looked at.
        among: Vec<(AssetId, SecretRef)>,
    },
    /// Tells the same to somebody who has the value in hand, and records each that is told as revealed.
    RevealEqual {
        /// Values with their assets, at most [`EQUAL_AMONG_MAX`]; more are not looked at.
        among: Vec<(AssetId, SecretRef)>,
    },
}

/// What is judged together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// A pool, and the ends of the licenses that its company owns.
    Pool {
        /// Which.
        key: PoolKey,
        /// All its licenses, at most [`REVIEWED_LICENSES_MAX`](crate::alert::REVIEWED_LICENSES_MAX); what is not of the pool is passed over.
        licenses: Vec<AssetId>,
    },
    /// An asset by itself: one that is no license, or is no longer looked after.
    Asset(AssetId),
    /// A token.
    Token(TokenId),
}

/// Whose alerts a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyOf {
    /// A company's.
    Company(CompanyId),
    /// Those of the assets of a type.
    AssetType(AssetTypeId),
    /// Those of one asset.
    Asset(AssetId),
}

/// How a secret of an asset is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretName {
    /// By the field that holds it.
    Field(String),
    /// By its id, for a key beside the fields.
    Key(SecretId),
}

impl SecretName {
    /// The secret that it names.
    #[must_use]
    pub fn secret_of(&self, asset: AssetId) -> SecretId {
        match self {
            Self::Field(field) => SecretId::of_field(asset, field),
            Self::Key(secret) => *secret,
        }
    }
}

/// Whose password fields are asked for.
#[derive(Debug, Clone)]
pub enum SecretsOf {
    /// An asset that is about to be registered.
    NewAsset {
        /// The asset.
        id: AssetId,
        /// Its type.
        asset_type: AssetTypeId,
    },
    /// An asset that is about to be changed.
    Asset {
        /// The asset.
        id: AssetId,
    },
    /// An asset that is about to be put by another system's id.
    ExternalAsset {
        /// The id that a new asset gets.
        id: AssetId,
        /// Its type.
        asset_type: AssetTypeId,
        /// The other system.
        system: String,
        /// Its id.
        external_id: String,
    },
}

/// A company to be added.
#[derive(Debug, Clone, Default)]
pub struct CompanyDraft {
    /// Its name.
    pub name: String,
    /// Whether it is the MSP itself.
    pub own: bool,
    /// An IANA time zone.
    pub time_zone: Option<String>,
    /// What other systems call it: system and id.
    pub external_ids: Vec<(String, String)>,
}

/// What changes of a company.
#[derive(Debug, Clone, Default)]
pub struct CompanyPatch {
    /// Its new name.
    pub name: Option<String>,
    /// Whether it is the MSP itself.
    pub own: Option<bool>,
    /// Its new IANA time zone; an inner none takes it away.
    pub time_zone: Option<Option<String>>,
    /// What other systems call it, in addition: system and id.
    pub external_ids: Vec<(String, String)>,
}

/// What a decision rests on: states of streams and owners of claims, all read at one moment.
pub trait Facts {
    /// The state of a stream; none if it was not read.
    fn subject(&self, stream: Uuid) -> Option<&Subject>;
    /// The number of events in a stream; 0 if it was not read or does not exist.
    fn version(&self, stream: Uuid) -> i32;
    /// Who owns a unique name; none if nobody does. The outer none says that it was not read.
    fn claim(&self, key: &ClaimKey) -> Option<Option<Uuid>>;
}

/// What must be read before a command can be decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Streams.
    pub streams: Vec<Uuid>,
    /// Unique names.
    pub claims: Vec<ClaimKey>,
}

/// A name that only one thing of a tenant may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimKey {
    /// Among what it is unique.
    pub scope: &'static str,
    /// The name.
    pub key: String,
}

impl ClaimKey {
    /// An asset type's name.
    #[must_use]
    pub fn asset_type_name(name: &str) -> Self {
        Self {
            scope: "asset_type.name",
            key: crate::text::normalized(name),
        }
    }

    /// A company's name.
    #[must_use]
    pub fn company_name(name: &str) -> Self {
        Self {
            scope: "company.name",
            key: crate::text::normalized(name),
        }
    }

    /// What another system calls a company.
    #[must_use]
    pub fn company_external_id(id: &ExternalId) -> Self {
        Self {
            scope: "company.external_id",
            key: id.claim_key(),
        }
    }

    /// What another system calls an asset.
    #[must_use]
    pub fn asset_external_id(id: &ExternalId) -> Self {
        Self {
            scope: "asset.external_id",
            key: id.claim_key(),
        }
    }
}

/// A name that is taken, or given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimChange {
    /// Which.
    pub key: ClaimKey,
    /// Whose it is now; none if it is free again.
    pub owner: Option<Uuid>,
}

/// What a command does. A refusal may be recorded too.
#[derive(Debug, Clone)]
pub struct Decided {
    /// What happened, in order.
    pub facts: Vec<Fact>,
    /// Names taken and given up.
    pub claims: Vec<ClaimChange>,
    /// What the caller is told.
    pub outcome: Result<Answer, Refusal>,
}

/// What the caller is told of a command that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The subject.
    pub id: Uuid,
    /// The stream whose version is the subject's: its own, or of a product the whole catalog's.
    pub stream: Uuid,
    /// Whether it did not exist before.
    pub created: bool,
    /// What the caller should know, though nothing is wrong.
    pub warnings: Vec<String>,
    /// What else the decision found out.
    pub detail: Detail,
}

/// What a decision found out.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// Nothing more.
    None,
    /// The fields of a type with their keys and roles.
    Fields(Vec<FieldAnswer>),
    /// The purchase that was made.
    Purchase(PurchaseId),
    /// The secret that may be shown now.
    Revealable {
        /// Its asset.
        asset: AssetId,
        /// Its field.
        field: FieldKey,
        /// Which secret and value.
        secret: SecretRef,
    },
    /// The assignments that were made.
    Assignments(Vec<AssignmentId>),
    /// The keys that were added.
    Keys(Vec<SecretId>),
    /// The license that came about by a transfer.
    Transferred(AssetId),
    /// How many lines of a sheet changed anything.
    Sheet {
        /// Lines that were a change or a new count.
        changed: usize,
        /// Lines that said what was known.
        unchanged: usize,
    },
    /// The secret whose values are to be deleted, up to this one.
    Destroyed(SecretRef),
    /// How many products were added.
    Adopted(usize),
    /// The values that were found in force.
    Equal(Vec<(AssetId, SecretRef)>),
    /// The password fields that were asked for, with the number of their latest value (0 if none).
    Secrets {
        /// The asset they belong to.
        asset: AssetId,
        /// By field.
        fields: BTreeMap<FieldKey, (SecretId, i32)>,
    },
}

/// A field's key and role, as decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldAnswer {
    /// Its name in JSON.
    pub key: FieldKey,
    /// Its name for people.
    pub name: String,
    /// What it means.
    pub role: Option<FieldRole>,
    /// Whether the role was told from the name and kind.
    pub inferred: bool,
}
