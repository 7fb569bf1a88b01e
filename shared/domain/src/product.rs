//! What makes two licenses licenses of the same product.

use crate::text;

/// A product as pools know it: until it is given an alias, its normalized name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductKey(pub String);

impl ProductKey {
    /// The key of a product's name, whatever its case and spacing.
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
