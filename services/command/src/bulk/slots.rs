//! Places for work that is heavy for its size, so that no account takes all of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

/// A bounded number of places, of which one account takes a bounded part.
#[derive(Debug, Clone)]
pub(crate) struct Slots {
    taken: Arc<Mutex<HashMap<Uuid, usize>>>,
    all_max: usize,
    tenant_max: usize,
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Slots,
    tenant: Uuid,
}

impl Slots {
    pub(crate) fn new(all_max: usize, tenant_max: usize) -> Self {
        Self {
            taken: Arc::default(),
            all_max,
            tenant_max,
        }
    }

    /// A place, unless the account or all accounts together have as many as they may.
    pub(crate) fn take(&self, tenant: Uuid) -> Option<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&tenant).copied().unwrap_or(0);
        if own >= self.tenant_max || taken.values().sum::<usize>() >= self.all_max {
            return None;
        }
        taken.insert(tenant, own + 1);
        Some(Slot {
            slots: self.clone(),
            tenant,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self
            .slots
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_takes_its_part_and_leaves_the_rest() {
        let (slots, one, two) = (Slots::new(3, 2), Uuid::from_u128(1), Uuid::from_u128(2));
        let (first, _second) = (slots.take(one), slots.take(one));
        assert!(first.is_some() && slots.take(one).is_none());
        let third = slots.take(two);
        assert!(third.is_some() && slots.take(two).is_none());
        drop(first);
        assert!(slots.take(two).is_some());
    }
}
