use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

/// Commands that wait in all, whoever their tenants are: a bound for the memory, far above what a
/// second's work could be.
const WAITING_MAX: usize = 100_000;

/// Queues by tenant, drained in turn, so that whoever queues much waits for itself alone.
#[derive(Debug)]
pub(super) struct FairQueue<T> {
    /// Each tenant with something waiting, once; the one in front is next.
    turns: VecDeque<Uuid>,
    waiting: HashMap<Uuid, VecDeque<T>>,
    len: usize,
    per_tenant: usize,
}

impl<T> FairQueue<T> {
    pub(super) fn new(per_tenant: usize) -> Self {
        Self {
            turns: VecDeque::new(),
            waiting: HashMap::new(),
            len: 0,
            per_tenant,
        }
    }

    /// Queues behind the tenant's others; false if the tenant, or all together, have too many waiting.
    pub(super) fn push(&mut self, tenant: Uuid, item: T) -> bool {
        if self.len >= WAITING_MAX {
            return false;
        }
        let queue = self.waiting.entry(tenant).or_default();
        if queue.len() >= self.per_tenant {
            return false;
        }
        if queue.is_empty() {
            self.turns.push_back(tenant);
        }
        queue.push_back(item);
        self.len += 1;
        true
    }

    /// Takes up to `most`, one of each tenant in turn; the next call goes on where this one stopped.
    pub(super) fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(most.min(self.len));
        while taken.len() < most {
            let Some(tenant) = self.turns.pop_front() else {
                break;
            };
            let Some(queue) = self.waiting.get_mut(&tenant) else {
                continue;
            };
            taken.extend(queue.pop_front());
            if queue.is_empty() {
                self.waiting.remove(&tenant);
            } else {
                self.turns.push_back(tenant);
            }
        }
        self.len -= taken.len();
        taken
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// Why a command was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoRoom {
    Full,
    Closed,
}

/// The fair queue between the callers and the append task.
pub(super) struct Inbox<T> {
    shelf: Mutex<Shelf<T>>,
    arrived: Notify,
}

struct Shelf<T> {
    queue: FairQueue<T>,
    closed: bool,
}

impl<T> Inbox<T> {
    pub(super) fn new(per_tenant: usize) -> Self {
        Self {
            shelf: Mutex::new(Shelf {
                queue: FairQueue::new(per_tenant),
                closed: false,
            }),
            arrived: Notify::new(),
        }
    }

    pub(super) fn put(&self, tenant: Uuid, item: T) -> Result<(), NoRoom> {
        let mut shelf = self.shelf();
        if shelf.closed {
            return Err(NoRoom::Closed);
        }
        if !shelf.queue.push(tenant, item) {
            return Err(NoRoom::Full);
        }
        drop(shelf);
        self.arrived.notify_one();
        Ok(())
    }

    pub(super) fn take(&self, most: usize) -> Vec<T> {
        self.shelf().queue.take(most)
    }

    /// Waits until something is queued; false if nothing is and nothing will be.
    pub(super) async fn wait(&self) -> bool {
        loop {
            {
                let shelf = self.shelf();
                if shelf.queue.len() > 0 {
                    return true;
                }
                if shelf.closed {
                    return false;
                }
            }
            self.arrived.notified().await;
        }
    }

    pub(super) fn close(&self) {
        self.shelf().closed = true;
        self.arrived.notify_one();
    }

    pub(super) fn closed(&self) -> bool {
        self.shelf().closed
    }

    pub(super) fn len(&self) -> usize {
        self.shelf().queue.len()
    }

    /// A panic while the lock is held can't leave the queue half changed: nothing in between may panic.
    fn shelf(&self) -> MutexGuard<'_, Shelf<T>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::FairQueue;

    #[derive(Clone, Debug)]
    enum Step {
        Push(u8),
        Take(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..5_u8).prop_map(Step::Push),
            1 => (0..12_usize).prop_map(Step::Take),
        ]
    }

    fn tenant(number: u8) -> Uuid {
        Uuid::from_u128(u128::from(number))
    }

    proptest! {
        #[test]
        fn each_tenant_is_served_in_its_order_and_nobody_twice_before_all_others(
            steps in proptest::collection::vec(step(), 0..200),
            per_tenant in 1..6_usize,
        ) {
            let mut queue = FairQueue::new(per_tenant);
            let mut waiting: HashMap<u8, Vec<usize>> = HashMap::new();
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Push(who) => {
                        let mine = waiting.entry(who).or_default();
                        let room = mine.len() < per_tenant;
                        prop_assert_eq!(queue.push(tenant(who), (who, number)), room);
                        if room {
                            mine.push(number);
                        }
                    }
                    Step::Take(most) => {
                        let before: usize = waiting.values().map(Vec::len).sum();
                        let at_first: HashMap<u8, usize> =
                            waiting.iter().map(|(who, mine)| (*who, mine.len())).collect();
                        let taken = queue.take(most);
                        prop_assert_eq!(taken.len(), most.min(before));
                        let mut turns: HashMap<u8, usize> = HashMap::new();
                        for (who, number) in taken {
                            prop_assert_eq!(waiting.get_mut(&who).map(|mine| mine.remove(0)), Some(number));
                            *turns.entry(who).or_default() += 1;
                        }
                        // Whoever still has something waiting had as many turns as anybody, but one.
                        let most_turns = turns.values().max().copied().unwrap_or_default();
                        for (who, had) in at_first {
                            let mine = turns.get(&who).copied().unwrap_or_default();
                            prop_assert!(mine == had || mine + 1 >= most_turns);
                        }
                    }
                }
                prop_assert_eq!(queue.len(), waiting.values().map(Vec::len).sum::<usize>());
            }
        }
    }
}
