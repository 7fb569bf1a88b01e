use std::collections::{BTreeMap, BTreeSet};

use super::{Alias, Product, ProductKey};
use crate::{event::Event, ids::ProductId};

/// How many merges are followed: more would be a circle, which no decision makes.
const MERGES_MAX: usize = 64;

/// The products of a tenant, with whose each name is. One stream, since a name is resolved on the whole of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    products: BTreeMap<ProductId, Product>,
    /// By [`Alias::key`]. A product's own name is among them.
    owners: BTreeMap<Alias, ProductId>,
}

impl Catalog {
    /// A catalog without products, for rules that do not ask which product it is.
    #[must_use]
    pub fn empty() -> &'static Self {
        static EMPTY: Catalog = Catalog {
            products: BTreeMap::new(),
            owners: BTreeMap::new(),
        };
        &EMPTY
    }

    /// The product with an id, merged or not.
    #[must_use]
    pub fn get(&self, id: ProductId) -> Option<&Product> {
        self.products.get(&id)
    }

    /// The product that an id means now: where it was merged, the one that it was merged into.
    #[must_use]
    pub fn standing(&self, id: ProductId) -> Option<&Product> {
        let mut product = self.products.get(&id)?;
        for _ in 0..MERGES_MAX {
            match product
                .merged_into
                .and_then(|into| self.products.get(&into))
            {
                Some(into) => product = into,
                None => return Some(product),
            }
        }
        Some(product)
    }

    /// The product that a license means by its part number, which is the more exact, or by its name.
    #[must_use]
    pub fn resolve(&self, name: Option<&str>, sku: Option<&str>) -> Option<&Product> {
        let by = |alias: Option<Alias>| self.standing(*self.owners.get(&alias?.key())?);
        by(sku.map(|sku| Alias::Sku(sku.to_owned())))
            .or_else(|| by(name.map(|name| Alias::Name(name.to_owned()))))
    }

    /// Whose a name or part number is.
    #[must_use]
    pub fn owner(&self, alias: &Alias) -> Option<&Product> {
        self.standing(*self.owners.get(&alias.key())?)
    }

    /// The products that licenses of `product` cover: itself, and the parts of a suite, whole suites among them.
    #[must_use]
    pub fn covered_by(&self, product: ProductId) -> BTreeSet<ProductId> {
        let mut covered = BTreeSet::new();
        let mut next = vec![product];
        while let Some(id) = next.pop() {
            if let Some(product) = self
                .standing(id)
                .filter(|product| covered.insert(product.id))
            {
                next.extend(&product.facts.suite_of);
            }
        }
        covered
    }

    /// The keys of the pools whose licenses cover a product: its own, and those of suites that hold it.
    #[must_use]
    pub fn pools_covering(&self, product: ProductId) -> BTreeSet<ProductKey> {
        let Some(wanted) = self.standing(product).map(|product| product.id) else {
            return BTreeSet::new();
        };
        let standing = self.standing_products().map(|product| product.id);
        standing
            .filter(|&id| self.covered_by(id).contains(&wanted))
            .map(ProductKey::of_product)
            .collect()
    }

    /// The products that were not merged into another, by id.
    pub fn standing_products(&self) -> impl Iterator<Item = &Product> {
        self.products
            .values()
            .filter(|product| product.merged_into.is_none())
    }

    /// How many products there are, merged ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }

    /// All names by which licenses reach a product, as keys; those of products merged into it among them.
    #[must_use]
    pub fn names_of(&self, product: ProductId) -> BTreeSet<Alias> {
        let Some(product) = self.standing(product) else {
            return BTreeSet::new();
        };
        let owned = self.owners.iter().filter(|(_, owner)| {
            self.standing(**owner)
                .is_some_and(|owner| owner.id == product.id)
        });
        owned.map(|(alias, _)| alias.clone()).collect()
    }

    /// The names whose licenses may mean another thing, or have other facts, because of an event. Asked once it
    /// has been folded.
    #[must_use]
    pub fn names_touched(&self, event: &Event) -> BTreeSet<Alias> {
        match event {
            Event::ProductsAdded { products, .. } => products
                .iter()
                .flat_map(|product| self.names_of(product.id))
                .collect(),
            Event::AliasAdded { alias, .. } | Event::AliasRemoved { alias, .. } => {
                [alias.key()].into()
            }
            Event::ProductRenamed {
                product_id, from, ..
            } => {
                let mut names = self.names_of(*product_id);
                names.insert(Alias::Name(from.clone()).key());
                names
            }
            Event::ProductFactsSet { product_id, .. } => self.names_of(*product_id),
            Event::ProductMerged { into, .. } => self.names_of(*into),
            _ => BTreeSet::new(),
        }
    }

    pub(crate) fn evolve(&mut self, event: &Event) {
        match event {
            Event::ProductsAdded { products, .. } => {
                for product in products {
                    self.own(&Alias::Name(product.name.clone()), product.id);
                    for alias in &product.aliases {
                        self.own(alias, product.id);
                    }
                    self.products.insert(product.id, product.clone());
                }
            }
            Event::ProductRenamed { product_id, to, .. } => {
                // The old name stays one of its names: licenses are written with it.
                self.own(&Alias::Name(to.clone()), *product_id);
                if let Some(product) = self.products.get_mut(product_id) {
                    let old = Alias::Name(std::mem::replace(&mut product.name, to.clone()));
                    product.aliases.insert(old);
                    let new = Alias::Name(to.clone()).key();
                    product.aliases.retain(|alias| alias.key() != new);
                }
            }
            Event::AliasAdded { product_id, alias } => {
                self.own(alias, *product_id);
                if let Some(product) = self.products.get_mut(product_id) {
                    product.aliases.insert(alias.clone());
                }
            }
            Event::AliasRemoved { product_id, alias } => {
                self.owners.remove(&alias.key());
                if let Some(product) = self.products.get_mut(product_id) {
                    product.aliases.retain(|known| known.key() != alias.key());
                }
            }
            Event::ProductFactsSet { product_id, to, .. } => {
                if let Some(product) = self.products.get_mut(product_id) {
                    product.facts = to.clone();
                }
            }
            Event::ProductMerged { product_id, into } => {
                if let Some(product) = self.products.get_mut(product_id) {
                    product.merged_into = Some(*into);
                }
            }
            _ => {}
        }
    }

    fn own(&mut self, alias: &Alias, product: ProductId) {
        self.owners.insert(alias.key(), product);
    }
}
