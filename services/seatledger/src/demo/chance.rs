//! The demo's own source of variety: the same on every machine and every day.

use uuid::Uuid;

/// A xorshift64* generator seeded from a name. Good enough for invented seat counts, and for nothing else.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(name: &str) -> Self {
        let (seed, _) = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).as_u64_pair();
        // A state of zero would stay zero.
        Self(seed | 1)
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        let span = u64::try_from(most - least).unwrap_or(0) + 1;
        least + i64::try_from(drawn % span).unwrap_or(0)
    }

    pub(super) fn one_in(&mut self, n: i64) -> bool {
        self.between(1, n) == 1
    }
}
