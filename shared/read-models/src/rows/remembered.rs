use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroUsize,
};

use lru::LruCache;

use super::Table;

/// Subjects whose rows are remembered, in each table by itself: with ten rows each some 10 MB.
const SUBJECTS_MAX: NonZeroUsize = NonZeroUsize::new(60_000).unwrap();
/// Rows that are remembered in all: some 30 MB. A license with 50,000 assignments has as many.
const ROWS_MAX: usize = 2_000_000;

/// The digests of a subject's rows: of their keys, and of all of them.
type Digests = Vec<(u64, u64)>;

/// What was written last for each subject, so that only what differs is written: of the many days of a license
/// that was counted again, one or two do.
///
/// It must never say more than the database holds: whoever meets an error, or finds that somebody else has
/// written, forgets it all.
pub(crate) struct Remembered {
    committed: LruCache<u64, Digests>,
    /// Rows in `committed`.
    rows: usize,
    /// Of the transaction that runs.
    written: HashMap<u64, Digests>,
}

/// What of a subject's rows has to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Differs {
    /// All, after the older ones have been taken away.
    All,
    /// Those at these places; the others are there.
    At(Vec<usize>),
}

impl Remembered {
    pub(crate) fn new() -> Self {
        Self {
            committed: LruCache::new(SUBJECTS_MAX),
            rows: 0,
            written: HashMap::new(),
        }
    }

    /// The transaction that wrote is committed.
    pub(crate) fn commit(&mut self) {
        for (subject, rows) in self.written.drain() {
            self.rows += rows.len();
            // The subject's older rows, or those of the one that it pushes out.
            if let Some((_, gone)) = self.committed.push(subject, rows) {
                self.rows -= gone.len();
            }
        }
        while self.rows > ROWS_MAX
            && let Some((_, gone)) = self.committed.pop_lru()
        {
            self.rows -= gone.len();
        }
    }

    /// What has to be written so that these are a subject's rows. Each row comes as its key and the whole.
    pub(super) fn write(
        &mut self,
        table: &'static Table,
        subject: &[u8],
        rows: &[(&[u8], &[u8])],
    ) -> Differs {
        let subject = digest(&(std::ptr::from_ref(table).addr(), subject));
        let now: Digests = rows
            .iter()
            .map(|(key, row)| (digest(key), digest(row)))
            .collect();
        let before = self
            .written
            .get(&subject)
            .or_else(|| self.committed.get(&subject));
        let differs = before.map_or(Differs::All, |before| difference(before, &now));
        self.written.insert(subject, now);
        differs
    }
}

fn difference(before: &Digests, now: &Digests) -> Differs {
    let keys: HashSet<u64> = now.iter().map(|(key, _)| *key).collect();
    if before.iter().any(|(key, _)| !keys.contains(key)) {
        return Differs::All;
    }
    let before: HashSet<&(u64, u64)> = before.iter().collect();
    let places = now
        .iter()
        .enumerate()
        .filter(|(_, row)| !before.contains(row));
    Differs::At(places.map(|(at, _)| at).collect())
}

fn digest(of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Row;

    #[test]
    fn only_what_differs_is_written_unless_a_row_is_gone() {
        let table = crate::tags::TagRow::TABLE;
        let mut remembered = Remembered::new();
        let rows = |texts: &[&'static str]| -> Vec<(&'static [u8], &'static [u8])> {
            texts
                .iter()
                .map(|text| (&text.as_bytes()[..1], text.as_bytes()))
                .collect()
        };
        for (now, differs) in [
            (&["a1", "b1"][..], Differs::All),
            (&["a1", "b1"], Differs::At(vec![])),
            (&["a1", "b2", "c1"], Differs::At(vec![1, 2])),
            (&["a1", "c1"], Differs::All),
            (&[], Differs::All),
            (&[], Differs::At(vec![])),
            (&["a1"], Differs::At(vec![0])),
        ] {
            assert_eq!(
                remembered.write(table, b"subject", &rows(now)),
                differs,
                "{now:?}"
            );
            remembered.commit();
        }
        assert_eq!(
            remembered.write(table, b"other", &rows(&["a1"])),
            Differs::All
        );
    }
}
