//! What several routes take and answer.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use domain::{calendar, compliance::Status};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Documents the header that [`crate::read::Reading`] looks at.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only described; the extractor reads it")]
pub(crate) struct NewEnough {
    /// Waits, 2 s at most, until what is read has reached this entry of the ledger.
    #[param(rename = "Seatledger-Min-Entry")]
    min_entry: Option<i64>,
}

/// A company by id and name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CompanyName {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

/// A day of the calendar, such as `2027-01-31`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Date)]
pub(crate) struct Day(pub(crate) NaiveDate);

/// A day, meaning all of it on the tenant's calendar, or an instant.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub(crate) enum Moment {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

/// How pools stand, as a filter.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(value_type = String, examples("under_licensed", "expired_in_use"))]
pub(crate) struct StatusName(Status);

/// What a list is answered as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// A page of it.
    #[default]
    Json,
    /// All of it, for spreadsheets.
    Csv,
    /// All of it, as a workbook.
    Xlsx,
    /// All of it, a JSON object a line.
    Ndjson,
}

/// A filter that is not set filters nothing.
pub(crate) fn filter<T>(values: Vec<T>) -> Option<Vec<T>> {
    Some(values).filter(|values| !values.is_empty())
}

pub(crate) fn lower(values: &[String]) -> Option<Vec<String>> {
    filter(values.iter().map(|value| value.to_lowercase()).collect())
}

pub(crate) fn words(statuses: &[StatusName]) -> Option<Vec<String>> {
    filter(
        statuses
            .iter()
            .map(|status| status.0.as_str().to_owned())
            .collect(),
    )
}

impl Moment {
    /// Its first instant.
    pub(crate) fn begin(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Day(day) => midnight(day, zone),
            Self::Instant(at) => at,
        }
    }

    /// The first instant after it. An instant is counted as belonging to what it ends.
    pub(crate) fn end(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Day(day) => midnight(day.succ_opt().unwrap_or(day), zone),
            Self::Instant(at) => at + chrono::TimeDelta::microseconds(1),
        }
    }
}

/// The first instant of a day. Where clocks are set forward over midnight, the day begins an hour or so later.
fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    const STEPS: u32 = 4;
    let at = day.and_time(NaiveTime::MIN);
    (0..=STEPS)
        .map(|step| at + chrono::TimeDelta::minutes(30) * i32::try_from(step).unwrap_or(0))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or_else(|| at.and_utc(), |at| at.to_utc())
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        calendar::parse_date(&text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Ok(day) = calendar::parse_date(&text) {
            return Ok(Self::Day(day));
        }
        // A plus sign in a query is a space to many clients.
        let instant = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
        instant.map(|at| Self::Instant(at.to_utc())).map_err(|_| {
            D::Error::custom(
                "must be a day, such as 2027-01-31, or an instant, such as 2027-01-31T12:00:00Z",
            )
        })
    }
}

impl<'de> Deserialize<'de> for StatusName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Status::parse(&text).map(Self).ok_or_else(|| {
            let words: Vec<_> = Status::ALL.iter().map(|(_, word)| *word).collect();
            D::Error::custom(format!("must be one of {}", words.join(", ")))
        })
    }
}

impl Serialize for StatusName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_on_the_calendar_of_its_zone() {
        for (day, zone, begin, end) in [
            (
                "2026-03-29",
                "Europe/Berlin",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            (
                "2026-11-01",
                "America/New_York",
                "2026-11-01T04:00:00Z",
                "2026-11-02T05:00:00Z",
            ),
            // Clocks go from 23:59:59 to 01:00: the day has no midnight.
            (
                "2018-11-04",
                "America/Sao_Paulo",
                "2018-11-04T03:00:00Z",
                "2018-11-05T02:00:00Z",
            ),
        ] {
            let moment = Moment::Day(day.parse().unwrap());
            let zone = calendar::parse_zone(zone).unwrap();
            assert_eq!(
                moment.begin(zone),
                begin.parse::<DateTime<Utc>>().unwrap(),
                "{day}"
            );
            assert_eq!(
                moment.end(zone),
                end.parse::<DateTime<Utc>>().unwrap(),
                "{day}"
            );
        }
    }
}
