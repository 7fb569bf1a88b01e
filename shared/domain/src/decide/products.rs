//! The catalog of products.

use super::{Deciding, Effect};
use crate::{
    access::{Action, Resource},
    command::{Command, Detail},
    event::Event,
    product::{self, Catalog, starting_set},
    refusal::Refusal,
    subject::Subject,
};

impl Deciding<'_> {
    pub(super) fn product_effect(&self) -> Result<Effect, Refusal> {
        self.may(Action::Write, Resource::Products, "product")?;
        let stream = self.tenant.catalog_stream();
        self.version_matches(stream)?;
        let catalog = match self.facts.subject(stream) {
            Some(Subject::Catalog(catalog)) => catalog,
            _ => Catalog::empty(),
        };
        let of = |id: uuid::Uuid, events: Vec<Event>| {
            let mut effect = self.today(stream, None, events);
            effect.answer.id = id;
            effect
        };
        match &self.order.command {
            Command::AddProduct { id, draft } => {
                if catalog.get(*id).is_some() {
                    return Err(Refusal::Conflict("the product exists already".to_owned()));
                }
                Ok(of(id.0, product::add(catalog, *id, draft)?).created())
            }
            Command::ChangeProduct { id, patch } => {
                Ok(of(id.0, product::change(catalog, *id, patch)?))
            }
            Command::MergeProduct { id, into } => {
                Ok(of(id.0, product::merge(catalog, *id, *into)?))
            }
            Command::AdoptStartingSet => {
                let events = product::adopt(catalog, starting_set());
                let added = events.iter().map(|event| match event {
                    Event::ProductsAdded { products, .. } => products.len(),
                    _ => 0,
                });
                let added = added.sum();
                Ok(of(stream, events).with_detail(Detail::Adopted(added)))
            }
            _ => Err(Refusal::NotFound("command")),
        }
    }
}
