//! The stored shapes of what events are made of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::{
    Change,
    alert::{About, AlertOverrides, Cleared, Finding, Kind, QuietHours, TicketRef, TicketStanding},
    asset::{
        Assignment, Holder, HolderKind, InUseSource, PricePer, Purchase, RenewalDecision, Window,
    },
    asset_type::{FieldKey, FieldRole, Metric, OverUse},
    company::ExternalId,
    compliance::PoolKey,
    ids::{
        AssetId, AssetTypeId, AssignmentId, CompanyId, HolderId, IntegrationId, PersonId,
        ProductId, PurchaseId, SecretId, TokenId,
    },
    integration::{Backlog, Filter, IntegrationConfig, IntegrationKind, Mode},
    money::{Currency, Money},
    policy::Policy,
    product::{Alias, Product, ProductFacts, ProductKey},
    value::{SecretRef, Value},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::wire::{Text, Wire, Word};

macro_rules! as_they_are {
    ($($type:ty),*) => {$(
        impl Wire for $type {
            type Json = Self;

            fn to_json(&self) -> Self {
                self.clone()
            }

            fn from_json(json: Self) -> Self {
                json
            }
        }
    )*};
}

as_they_are!(
    String,
    bool,
    u8,
    u32,
    i32,
    i64,
    NaiveDate,
    NaiveTime,
    DateTime<Utc>
);

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl Wire for $id {
            type Json = Uuid;

            fn to_json(&self) -> Uuid {
                self.0
            }

            fn from_json(json: Uuid) -> Self {
                Self(json)
            }
        }
    )*};
}

ids!(
    AssetId,
    AssetTypeId,
    AssignmentId,
    CompanyId,
    HolderId,
    IntegrationId,
    PersonId,
    ProductId,
    PurchaseId,
    SecretId
);

impl<T: Wire> Wire for Option<T> {
    type Json = Option<T::Json>;

    fn to_json(&self) -> Self::Json {
        self.as_ref().map(T::to_json)
    }

    fn from_json(json: Self::Json) -> Self {
        json.map(T::from_json)
    }
}

impl<T: Wire> Wire for Vec<T> {
    type Json = Vec<T::Json>;

    fn to_json(&self) -> Self::Json {
        self.iter().map(T::to_json).collect()
    }

    fn from_json(json: Self::Json) -> Self {
        json.into_iter().map(T::from_json).collect()
    }
}

impl<T: Wire + Ord> Wire for BTreeSet<T> {
    type Json = Vec<T::Json>;

    fn to_json(&self) -> Self::Json {
        self.iter().map(T::to_json).collect()
    }

    fn from_json(json: Self::Json) -> Self {
        json.into_iter().map(T::from_json).collect()
    }
}

impl Word for Tz {
    const EXPECTED: &'static str = "an IANA time zone";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.name()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Word for Currency {
    const EXPECTED: &'static str = "an ISO 4217 currency code";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.code()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

/// Decimals are texts, so that no reader makes floats of them; their zeros at the end are kept.
impl Word for Decimal {
    const EXPECTED: &'static str = "a decimal number as a text";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Word for FieldKey {
    const EXPECTED: &'static str = "a field's key";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Some(Self::from_stored(text.to_owned()))
    }
}

impl Word for FieldRole {
    const EXPECTED: &'static str = "a field's role";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Word for InUseSource {
    const EXPECTED: &'static str = "a source of a count";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Word for HolderKind {
    const EXPECTED: &'static str = "what holds a seat";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Word for PricePer {
    const EXPECTED: &'static str = "for how long a price is paid";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Word for OverUse {
    const EXPECTED: &'static str = "a rule for over-use";

    fn text(&self) -> impl std::fmt::Display + '_ {
        self.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

macro_rules! words {
    ($($type:ident: $expected:literal,)*) => {$(
        impl Word for $type {
            const EXPECTED: &'static str = $expected;

            fn text(&self) -> impl std::fmt::Display + '_ {
                self.as_str()
            }

            fn read(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }
    )*};
}

words! {
    Backlog: "what becomes of what was found before",
    Cleared: "why an alert is gone",
    IntegrationKind: "a kind of integration",
    Kind: "a kind of alert",
    Mode: "a mode of an integration",
    TicketStanding: "how a ticket stands",
}

/// A SHA-256 in hexadecimal, which is how the access function in the database compares it.
impl Word for [u8; 32] {
    const EXPECTED: &'static str = "64 hexadecimal digits";

    fn text(&self) -> impl std::fmt::Display + '_ {
        Hex(self)
    }

    fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
        }
        Some(bytes)
    }
}

struct Hex<'a>(&'a [u8; 32]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Gives a struct of the domain a stored shape with fields of the same names. The names are the promise: the
/// fixtures notice when one follows a renaming in the domain.
macro_rules! shape {
    ($($type:ident as $json:ident { $($field:ident: $part:ty),* $(,)? })*) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $json {
            $($field: <$part as Wire>::Json,)*
        }

        impl Wire for $type {
            type Json = $json;

            fn to_json(&self) -> $json {
                let Self { $($field),* } = self;
                $json { $($field: $field.to_json()),* }
            }

            fn from_json(json: $json) -> Self {
                Self { $($field: Wire::from_json(json.$field)),* }
            }
        }
    )*};
}
pub(crate) use shape;

shape! {
    Money as MoneyJson { amount: Decimal, currency: Currency }
    SecretRef as SecretRefJson { secret_id: SecretId, version: i32 }
    ExternalId as ExternalIdJson { system: String, id: String }
    Change as ChangeJson { field: FieldKey, from: Option<Value>, to: Option<Value> }
    Purchase as PurchaseJson {
        id: PurchaseId,
        quantity: i64,
        from: NaiveDate,
        until: Option<NaiveDate>,
        unit_price: Option<Money>,
        price_per: Option<PricePer>,
        order: Option<String>,
        supplier: Option<String>,
        reducible: Option<Window>,
    }
    Window as WindowJson { from: NaiveDate, until: Option<NaiveDate> }
    Holder as HolderJson { kind: HolderKind, id: HolderId }
    Assignment as AssignmentJson {
        id: AssignmentId,
        holder: Holder,
        quantity: i64,
        from: NaiveDate,
        until: Option<NaiveDate>,
        company: Option<CompanyId>,
        note: Option<String>,
    }
    Product as ProductJson {
        id: ProductId,
        name: String,
        aliases: BTreeSet<Alias>,
        facts: ProductFacts,
        merged_into: Option<ProductId>,
    }
    ProductFacts as ProductFactsJson {
        vendor: Option<String>,
        suite_of: BTreeSet<ProductId>,
        installable: Option<bool>,
        installs_per_user: Option<u32>,
        downgrade_of: Option<ProductId>,
        notice_days: Option<u32>,
    }
    Policy as PolicyJson {
        min_spare_seats: i64,
        spare_ratio_percent: i64,
        stale_after_days: u32,
        typed_stale_after_days: Option<u32>,
        lead_days: Vec<u32>,
        shortage_after_hours: u32,
        surplus_after_days: u32,
        min_free_seats: Option<i64>,
        muted: BTreeSet<Kind>,
        quiet_hours: Option<QuietHours>,
        time_zone: Option<Tz>,
        currency: Option<Currency>,
    }
}

shape! {
    QuietHours as QuietHoursJson { from: NaiveTime, until: NaiveTime, weekends: bool }
    AlertOverrides as AlertOverridesJson {
        lead_days: Option<Vec<u32>>,
        shortage_after_hours: Option<u32>,
        surplus_after_days: Option<u32>,
        min_free_seats: Option<i64>,
        muted: Option<BTreeSet<Kind>>,
    }
    Finding as FindingJson {
        kind: Kind,
        about: About,
        company: Option<CompanyId>,
        term: Option<NaiveDate>,
        deadline: Option<NaiveDate>,
        lead_days: Option<u32>,
        since: Option<NaiveDate>,
        seats: Option<i64>,
        owned: Option<i64>,
        in_use: Option<i64>,
        licenses: BTreeSet<AssetId>,
        note: Option<String>,
    }
    PoolKey as PoolKeyJson { company: CompanyId, product: ProductKey, metric: Metric }
    TicketRef as TicketRefJson { id: String, number: String, url: Option<String> }
    IntegrationConfig as IntegrationConfigJson {
        name: String,
        kind: IntegrationKind,
        settings: BTreeMap<String, String>,
        filter: Filter,
        group_renewals: bool,
    }
    Filter as FilterJson {
        companies: BTreeSet<CompanyId>,
        kinds: BTreeSet<Kind>,
        events: BTreeSet<String>,
        types: BTreeSet<AssetTypeId>,
    }
}

impl Wire for BTreeMap<String, String> {
    type Json = Self;

    fn to_json(&self) -> Self {
        self.clone()
    }

    fn from_json(json: Self) -> Self {
        json
    }
}

impl Wire for ProductKey {
    type Json = String;

    fn to_json(&self) -> String {
        self.0.clone()
    }

    fn from_json(json: String) -> Self {
        Self(json)
    }
}

/// An object whose one key says which it is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AboutJson {
    Pool(PoolKeyJson),
    Asset(Uuid),
    Token(Uuid),
}

impl Wire for About {
    type Json = AboutJson;

    fn to_json(&self) -> AboutJson {
        match self {
            Self::Pool(pool) => AboutJson::Pool(pool.to_json()),
            Self::Asset(asset) => AboutJson::Asset(asset.0),
            Self::Token(token) => AboutJson::Token(token.0),
        }
    }

    fn from_json(json: AboutJson) -> Self {
        match json {
            AboutJson::Pool(pool) => Self::Pool(Wire::from_json(pool)),
            AboutJson::Asset(asset) => Self::Asset(AssetId(asset)),
            AboutJson::Token(token) => Self::Token(TokenId(token)),
        }
    }
}

/// An object whose one key says which it is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AliasJson {
    Name(String),
    Sku(String),
}

impl Wire for Alias {
    type Json = AliasJson;

    fn to_json(&self) -> AliasJson {
        match self {
            Self::Name(text) => AliasJson::Name(text.clone()),
            Self::Sku(text) => AliasJson::Sku(text.clone()),
        }
    }

    fn from_json(json: AliasJson) -> Self {
        match json {
            AliasJson::Name(text) => Self::Name(text),
            AliasJson::Sku(text) => Self::Sku(text),
        }
    }
}

/// A word, or of a change an object whose one key is the word.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RenewalDecisionJson {
    Renew,
    ChangeTo(i64),
    Lapse,
}

impl Wire for RenewalDecision {
    type Json = RenewalDecisionJson;

    fn to_json(&self) -> RenewalDecisionJson {
        match self {
            Self::Renew => RenewalDecisionJson::Renew,
            Self::ChangeTo(seats) => RenewalDecisionJson::ChangeTo(*seats),
            Self::Lapse => RenewalDecisionJson::Lapse,
        }
    }

    fn from_json(json: RenewalDecisionJson) -> Self {
        match json {
            RenewalDecisionJson::Renew => Self::Renew,
            RenewalDecisionJson::ChangeTo(seats) => Self::ChangeTo(seats),
            RenewalDecisionJson::Lapse => Self::Lapse,
        }
    }
}

/// A value with the kind that it was given as, so that it can be read without its field.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ValueJson {
    Text(String),
    RichText(String),
    Number(Text<Decimal>),
    Date(NaiveDate),
    Boolean(bool),
    Labels(Vec<String>),
    Url(String),
    Money(MoneyJson),
    Secret(SecretRefJson),
}

impl Wire for Value {
    type Json = ValueJson;

    fn to_json(&self) -> ValueJson {
        match self {
            Self::Text(text) => ValueJson::Text(text.clone()),
            Self::RichText(html) => ValueJson::RichText(html.clone()),
            Self::Number(number) => ValueJson::Number(number.to_json()),
            Self::Date(date) => ValueJson::Date(*date),
            Self::Boolean(yes) => ValueJson::Boolean(*yes),
            Self::Labels(labels) => ValueJson::Labels(labels.clone()),
            Self::Url(url) => ValueJson::Url(url.clone()),
            Self::Money(money) => ValueJson::Money(money.to_json()),
            Self::Secret(secret) => ValueJson::Secret(secret.to_json()),
        }
    }

    fn from_json(json: ValueJson) -> Self {
        match json {
            ValueJson::Text(text) => Self::Text(text),
            ValueJson::RichText(html) => Self::RichText(html),
            ValueJson::Number(number) => Self::Number(Wire::from_json(number)),
            ValueJson::Date(date) => Self::Date(date),
            ValueJson::Boolean(yes) => Self::Boolean(yes),
            ValueJson::Labels(labels) => Self::Labels(labels),
            ValueJson::Url(url) => Self::Url(url),
            ValueJson::Money(money) => Self::Money(Wire::from_json(money)),
            ValueJson::Secret(secret) => Self::Secret(Wire::from_json(secret)),
        }
    }
}
