//! Hours in which nobody is to be disturbed.

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc,
    Weekday,
};
use chrono_tz::Tz;

/// When nothing is told to people: what is found is recorded all the same, and told afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute, on the account's clock.
    pub from: NaiveTime,
    /// The first minute in which things are told again. Before or at `from`: of the next day.
    pub until: NaiveTime,
    /// Whether Saturdays and Sundays are quiet throughout.
    pub weekends: bool,
}

/// A quiet time ends within a weekend and a night.
const DAYS_LOOKED_AT: u64 = 5;

impl QuietHours {
    /// When it is no longer quiet: `now`, unless it is.
    #[must_use]
    pub fn ends(&self, now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let local = now.with_timezone(&zone).naive_local();
        if !self.is_quiet(local) {
            return now;
        }
        let first = local.date();
        let days = (0..DAYS_LOOKED_AT).filter_map(|ahead| first.checked_add_days(Days::new(ahead)));
        let ends = days.flat_map(|day| [day.and_time(NaiveTime::MIN), day.and_time(self.until)]);
        let mut ends: Vec<NaiveDateTime> = ends.filter(|end| *end > local).collect();
        ends.sort_unstable();
        let end = ends.into_iter().find(|end| !self.is_quiet(*end));
        end.map_or(now, |end| instant(end, zone).max(now))
    }

    fn is_quiet(&self, local: NaiveDateTime) -> bool {
        if self.weekends && is_weekend(local.date()) {
            return true;
        }
        let time = local.time();
        if self.from == self.until {
            false
        } else if self.from < self.until {
            time >= self.from && time < self.until
        } else {
            time >= self.from || time < self.until
        }
    }
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The instant of a local time. One that the clocks skip is the first after it; of one that comes twice, the first.
pub(crate) fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.with_timezone(&Utc),
        LocalResult::None => {
            // Clocks skip an hour, seldom a day: with the offset of the day before it is the first that there is.
            let before = zone.offset_from_utc_datetime(&(local - chrono::TimeDelta::days(1)));
            let fix = chrono::Offset::fix(&before).local_minus_utc();
            (local - chrono::TimeDelta::seconds(i64::from(fix))).and_utc()
        }
    }
}
