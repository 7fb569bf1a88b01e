//! The ways in which a system fails.

use std::collections::VecDeque;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Takes the call and never answers; nothing is done.
    Stall,
    /// Does what was asked and never answers.
    StallAfter,
    /// 500, before anything was done.
    FailBefore,
    /// Does what was asked, and then answers 500.
    FailAfter,
    /// The connection breaks before anything was done.
    CutBefore,
    /// Does what was asked, and then the connection breaks without an answer.
    CutAfter,
    /// 429 with `Retry-After` in seconds.
    BusySeconds(u64),
    /// 429 with `Retry-After` as a date, so many seconds ahead.
    BusyDate(u64),
    /// 401, though the credentials are right.
    Unauthorized,
    /// A page for people with this status; nothing is done.
    Page(u16),
    /// Does what was asked, and answers 200 with a page for people.
    PageAfter,
    /// Does what was asked, and answers half of the JSON.
    Truncated,
    /// Does what was asked, and answers megabytes.
    Huge,
}

/// Each way once, for tables and for chance.
pub const EVERY_FAULT: [Fault; 14] = [
    Fault::Stall,
    Fault::StallAfter,
    Fault::FailBefore,
    Fault::FailAfter,
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::BusySeconds(7),
    Fault::BusyDate(90),
    Fault::Unauthorized,
    Fault::Page(200),
    Fault::Page(502),
    Fault::PageAfter,
    Fault::Truncated,
    Fault::Huge,
];

/// The faults to come.
#[derive(Default)]
pub(crate) struct Faults {
    any: VecDeque<Fault>,
    changes: VecDeque<Fault>,
    chance: Option<Chance>,
}

struct Chance {
    state: u64,
    per_mille: u64,
    faults: Vec<Fault>,
}

impl Faults {
    pub(crate) fn next(&mut self, fault: Fault) {
        self.any.push_back(fault);
    }

    pub(crate) fn next_change(&mut self, fault: Fault) {
        self.changes.push_back(fault);
    }

    pub(crate) fn by_chance(&mut self, seed: u64, per_mille: u64, faults: &[Fault]) {
        assert!(!faults.is_empty(), "name at least one fault");
        self.chance = Some(Chance {
            state: seed,
            per_mille,
            faults: faults.to_vec(),
        });
    }

    /// What happens to the call at hand.
    pub(crate) fn draw(&mut self, is_change: bool) -> Option<Fault> {
        if is_change && let Some(fault) = self.changes.pop_front() {
            return Some(fault);
        }
        if let Some(fault) = self.any.pop_front() {
            return Some(fault);
        }
        let chance = self.chance.as_mut()?;
        if chance.random() % 1_000 >= chance.per_mille {
            return None;
        }
        let which = chance.random() % u64::try_from(chance.faults.len()).unwrap();
        chance.faults.get(usize::try_from(which).unwrap()).copied()
    }
}

impl Chance {
    /// SplitMix64: the same seed gives the same run, on any machine.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
