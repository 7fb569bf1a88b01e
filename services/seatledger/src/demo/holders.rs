//! Users and devices that hold seats. Names stand beside the ledger, so the demo's commands get their ids from
//! outside.

use std::collections::BTreeMap;

use domain::{
    asset::{Holder, HolderKind},
    ids::HolderId,
};

use super::deals::{Act, DEALS};

/// The ids of the demo's holders, by name.
#[derive(Debug, Clone)]
pub(crate) struct Holders(BTreeMap<&'static str, Holder>);

impl Holders {
    /// The kinds and names of all holders, each once.
    #[must_use]
    pub(crate) fn names() -> Vec<(HolderKind, &'static str)> {
        let mut names: BTreeMap<&'static str, HolderKind> = BTreeMap::new();
        for act in DEALS.iter().flat_map(|deal| deal.acts) {
            match *act {
                Act::Give(kind, holders, _) => {
                    names.extend(holders.iter().map(|name| (*name, kind)));
                }
                Act::Pass(_, to, _) => {
                    names.entry(to).or_insert(HolderKind::User);
                }
                _ => {}
            }
        }
        names.into_iter().map(|(name, kind)| (kind, name)).collect()
    }

    /// Takes the ids of all holders, in the order of [`Holders::names`].
    #[must_use]
    pub(crate) fn of_ids(ids: Vec<HolderId>) -> Self {
        let names = Self::names().into_iter().zip(ids);
        Self(
            names
                .map(|((kind, name), id)| (name, Holder { kind, id }))
                .collect(),
        )
    }

    /// A holder of the table.
    pub(super) fn of(&self, name: &str) -> Holder {
        let unnamed = Holder {
            kind: HolderKind::Other,
            id: HolderId::UNNAMED,
        };
        // The ledger refuses the unnamed.
        self.0.get(name).copied().unwrap_or(unnamed)
    }
}
