//! One id type per kind of thing, so that no id is taken for another.

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// One MSP's account; also the id of the tenant's own stream.
    TenantId,
    /// A client of the MSP, or the MSP itself.
    CompanyId,
    /// A tenant's schema for assets.
    AssetTypeId,
    /// An instance of an asset type.
    AssetId,
    /// Seats bought together.
    PurchaseId,
    /// The values that one password field of one asset has had.
    SecretId,
    /// A text kept beside a company's assets.
    DocumentId,
    /// A person of the MSP. Names and addresses stand in an erasable table, never in events.
    PersonId,
    /// An API token; also the id of its stream.
    TokenId,
    /// A software product of the tenant's catalog.
    ProductId,
    /// Seats given to one user or device.
    AssignmentId,
    /// An open finding about one subject for one cause; also the id of its stream.
    AlertId,
    /// An outside system that alerts are carried to; also the id of its stream.
    IntegrationId,
    /// A calendar that can be subscribed to; also the id of its stream.
    FeedId,
    /// Who holds a seat. The name stands in an erasable table, never in events.
    HolderId,
}

impl TenantId {
    /// The stream of the tenant's policy. Derived, so that nobody has to look it up.
    #[must_use]
    pub fn policy_stream(self) -> Uuid {
        Uuid::new_v5(&self.0, b"policy")
    }

    /// The stream of the tenant's catalog of products. Derived, likewise.
    #[must_use]
    pub fn catalog_stream(self) -> Uuid {
        Uuid::new_v5(&self.0, b"catalog")
    }
}

impl HolderId {
    /// Stands for somebody whose name is none, so that it is told with everything else that is wrong.
    pub const UNNAMED: Self = Self(Uuid::nil());

    pub(crate) fn is_unnamed(self) -> bool {
        self == Self::UNNAMED
    }
}
