//! Products: what makes two licenses licenses of the same thing, and what is known of it.

mod catalog;
mod decide;
mod starting_set;

use std::collections::BTreeSet;

pub use catalog::Catalog;
pub use decide::{FactsPatch, ProductDraft, ProductPatch};
pub(crate) use decide::{add, adopt, change, merge};
pub use starting_set::{STARTING_SET_NAME, starting_set};

use crate::{ids::ProductId, text};

/// How many products a catalog may have: all of them are one stream, which is held in memory while it is in use.
pub const PRODUCTS_MAX: usize = 20_000;
/// How many names and part numbers one product may have.
pub const ALIASES_MAX: usize = 500;
/// How many products a suite may hold.
pub const SUITE_PARTS_MAX: usize = 100;

/// A product as pools know it: by its id, or while its name is nobody's, by the normalized name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductKey(pub String);

impl ProductKey {
    /// The key of a product of the catalog.
    #[must_use]
    pub fn of_product(product: ProductId) -> Self {
        Self(format!("product {product}"))
    }

    /// The key of a name that no product of the catalog has, whatever its case and spacing.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        Self(text::normalized(name))
    }

    /// The key of a license that names no product: it stands alone.
    #[must_use]
    pub fn of_unnamed(asset: crate::ids::AssetId) -> Self {
        Self(format!("asset {asset}"))
    }
}

/// A product of a tenant's catalog, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// What people call it; also the first of its names.
    pub name: String,
    /// What else licenses call it.
    pub aliases: BTreeSet<Alias>,
    /// What is known of it.
    pub facts: ProductFacts,
    /// The product that it turned out to be.
    pub merged_into: Option<ProductId>,
}

/// What a license may call a product. A name or part number belongs to one product only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alias {
    /// A name; case and spacing do not count.
    Name(String),
    /// A vendor's part number; likewise.
    Sku(String),
}

impl Alias {
    /// The word for its kind in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Sku(_) => "sku",
        }
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Name(text) | Self::Sku(text) => text,
        }
    }

    /// What all its spellings have in common.
    #[must_use]
    pub fn key(&self) -> Self {
        match self {
            Self::Name(text) => Self::Name(text::normalized(text)),
            Self::Sku(text) => Self::Sku(text::normalized(text)),
        }
    }
}

/// What is known of a product, beside its names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFacts {
    /// Who makes it.
    pub vendor: Option<String>,
    /// The products that a license of it covers: a user of several of them takes one seat.
    pub suite_of: BTreeSet<ProductId>,
    /// Whether it is installed on devices; a cloud service is not. None if nobody said.
    pub installable: Option<bool>,
    /// On how many devices one user may install it.
    pub installs_per_user: Option<u32>,
    /// The newer product whose license may be used for this one.
    pub downgrade_of: Option<ProductId>,
    /// Days before the end of a term by which notice must be given, where a license does not say.
    pub notice_days: Option<u32>,
}
