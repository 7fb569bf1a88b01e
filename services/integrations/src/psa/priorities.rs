//! How urgent, in a system's own numbers.

use super::Urgency;

/// Which of the system's priorities, by id, an urgency is. Where a priority is optional and none is named, the
/// system's default stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Priorities<T = Option<u64>> {
    /// Of [`Urgency::Low`].
    pub low: T,
    /// Of [`Urgency::Normal`].
    pub normal: T,
    /// Of [`Urgency::High`].
    pub high: T,
}

impl<T: Copy> Priorities<T> {
    pub(super) fn of(&self, urgency: Urgency) -> T {
        match urgency {
            Urgency::Low => self.low,
            Urgency::Normal => self.normal,
            Urgency::High => self.high,
        }
    }
}
