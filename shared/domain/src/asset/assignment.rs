use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    ids::{AssignmentId, CompanyId, HolderId},
    timeline::Timeline,
    words::{named, word_of},
};

/// How many assignments a license may have, ended ones included: all are held in memory while the license is in
/// use. Who has more counts them in the vendor's portal.
pub const ASSIGNMENTS_MAX: usize = 50_000;
/// How many seats may be assigned or released by one command.
pub const ASSIGNED_AT_ONCE_MAX: usize = 1_000;

/// Seats given to one user or device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// Who holds them.
    pub holder: Holder,
    /// How many; a server may take a seat for each core.
    pub quantity: i64,
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none if no end is in sight.
    pub until: Option<NaiveDate>,
    /// The company to which the seats are allocated; none for the license's own company.
    pub company: Option<CompanyId>,
    /// What is worth knowing of it.
    pub note: Option<String>,
}

/// Who or what holds a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holder {
    /// What it is.
    pub kind: HolderKind,
    /// Who: the name stands in an erasable table.
    pub id: HolderId,
}

/// What holds a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderKind {
    /// A user.
    User,
    /// A device.
    Device,
    /// Something else: a service, a room, a function.
    Other,
}

impl HolderKind {
    /// All of them with their words in JSON.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::User, "user"),
        (Self::Device, "device"),
        (Self::Other, "other"),
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }

    /// The one that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }
}

impl Assignment {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Whether it shares a day with the days from `from` to `until`. What ended before it began shares none.
    #[must_use]
    pub(crate) fn meets(&self, from: NaiveDate, until: Option<NaiveDate>) -> bool {
        let begins = self.from.max(from);
        self.until.is_none_or(|own| begins <= own) && until.is_none_or(|other| begins <= other)
    }
}

/// The seats that a company's assignments take, day by day. Seats that can't be given to another stay taken for
/// good: of one holder, as many as they ever held at once.
pub(super) fn seats_taken<'a>(
    assignments: impl Iterator<Item = &'a Assignment>,
    reassignable: bool,
) -> Timeline<i64> {
    let mut changes: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    if reassignable {
        for assignment in assignments {
            *changes.entry(assignment.from).or_default() += assignment.quantity;
            if let Some(next) = assignment.until.and_then(|until| until.succ_opt())
                && next > assignment.from
            {
                *changes.entry(next).or_default() -= assignment.quantity;
            } else if assignment
                .until
                .is_some_and(|until| until < assignment.from)
            {
                *changes.entry(assignment.from).or_default() -= assignment.quantity;
            }
        }
    } else {
        let mut begun: Vec<&Assignment> = assignments
            .filter(|assignment| {
                assignment
                    .until
                    .is_none_or(|until| until >= assignment.from)
            })
            .collect();
        begun.sort_by_key(|assignment| assignment.from);
        let mut held: BTreeMap<Holder, i64> = BTreeMap::new();
        for assignment in begun {
            let known = held.entry(assignment.holder).or_default();
            let more = (assignment.quantity - *known).max(0);
            *known += more;
            *changes.entry(assignment.from).or_default() += more;
        }
    }
    let mut taken = Timeline::default();
    let mut sum = 0;
    for (day, change) in changes {
        sum += change;
        taken.set(day, sum);
    }
    taken
}
