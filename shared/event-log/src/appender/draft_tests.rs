use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use tokio::sync::oneshot;

use super::*;
use crate::toy::{Command, Counters};

const TENANTS: u128 = 3;
const COUNTERS: u128 = 4;

fn tenant(number: u128) -> Uuid {
    Uuid::from_u128(100 + number)
}

fn command() -> impl Strategy<Value = (u128, Command)> {
    let counter = || (0..COUNTERS).prop_map(Uuid::from_u128);
    let command = prop_oneof![
        (counter(), 0..10_i64).prop_map(|(counter, limit)| Command::Add {
            counter,
            by: 1,
            limit
        }),
        (counter(), 0..5_usize).prop_map(|(counter, times)| Command::Burst { counter, times }),
        counter().prop_map(|counter| Command::Look { counter }),
        counter().prop_map(|counter| Command::RefuseAndRecord { counter }),
        counter().prop_map(|counter| Command::ClaimOnly { counter }),
        counter().prop_map(|counter| Command::Burst {
            counter,
            times: EVENTS_PER_COMMAND_MAX + 1
        }),
    ];
    (0..TENANTS, command)
}

fn pending(tenant: Uuid, command: Command) -> Pending<Counters> {
    let (reply, _) = oneshot::channel();
    Pending {
        tenant,
        command,
        metadata: Arc::from("{}"),
        idempotency: None,
        reply,
    }
}

fn run(
    draft: &mut Draft<Counters>,
    memory: &mut Memory<crate::toy::Counter>,
    command: &Pending<Counters>,
) {
    let view = View { memory, draft };
    let facts = crate::Facts::new(command.tenant, &view);
    let now = draft.writing.recorded_at;
    let decision = Counters.decide(command.tenant, &command.command, &facts, now);
    let reply = draft.take(&Counters, memory, command, decision);
    draft.replies.push(reply);
}

fn known(memory: &Memory<crate::toy::Counter>) -> Vec<(i32, i64)> {
    let keys =
        (0..TENANTS).flat_map(|t| (0..COUNTERS).map(move |c| (tenant(t), Uuid::from_u128(c))));
    keys.map(|key| match memory.stream(&key) {
        Some(Known::Folded { state, version }) => (*version, state.value),
        _ => (0, 0),
    })
    .collect()
}

proptest! {
    #[test]
    fn numbers_have_no_gap_and_a_lost_batch_leaves_no_trace(
        batches in proptest::collection::vec(
            (any::<bool>(), proptest::collection::vec(command(), 0..12)), 1..8),
    ) {
        let mut memory: Memory<crate::toy::Counter> = Memory::new(100);
        for number in 0..TENANTS {
            memory.set_entry(tenant(number), 0);
        }
        let mut entries: HashMap<Uuid, i64> = HashMap::new();
        let mut versions: HashMap<(Uuid, Uuid), i32> = HashMap::new();
        let mut ids = HashSet::new();
        for (lost, commands) in batches {
            let before = known(&memory);
            let mut draft: Draft<Counters> = Draft::new(DateTime::default());
            for (number, command) in commands {
                run(&mut draft, &mut memory, &pending(tenant(number), command));
            }
            if lost {
                draft.undo(&mut memory);
                for (number, entry) in (0..TENANTS).map(|n| (n, entries.get(&tenant(n)))) {
                    prop_assert_eq!(memory.entry(tenant(number)), Some(entry.copied().unwrap_or_default()));
                }
                // What a lost batch touched is forgotten, to be read again; the rest is as it was.
                for (after, before) in known(&memory).iter().zip(before) {
                    prop_assert!(*after == before || *after == (0, 0));
                }
                break;
            }
            let rows = &draft.writing.rows;
            for place in 0..rows.len() {
                let entry = entries.entry(rows.tenant_id[place]).or_default();
                *entry += 1;
                prop_assert_eq!(rows.entry[place], *entry);
                let version = versions.entry((rows.tenant_id[place], rows.stream_id[place])).or_default();
                *version += 1;
                prop_assert_eq!(rows.version[place], *version);
                prop_assert!(ids.insert(rows.event_id[place]));
                prop_assert_eq!(rows.event_id[place].get_version_num(), 7);
            }
            memory.head = draft.writing.head_after(memory.head);
            let total: i64 = entries.values().sum();
            prop_assert_eq!(memory.head.sequence, total);
            let last = draft.replies.iter().rev().find_map(|reply| match reply {
                Ok(Outcome::Decided { written, .. }) => Some(written.sequence),
                _ => None,
            });
            prop_assert!(last.is_none_or(|last| last == total));
        }
    }
}
