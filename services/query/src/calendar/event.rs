//! From what ends to the text of a calendar. Pure: the same ends make the same bytes.

use chrono::{DateTime, NaiveDate, Utc};
use icalendar::{Calendar, Component, Event, EventLike};
use uuid::Uuid;

/// What made the calendar, for whoever reads the file.
const MAKER: &str = "-//Seatledger//Calendar//EN";
/// Characters of one text at most: a name may be longer than any program shows.
const TEXT_CHARS_MAX: usize = 300;

/// Something that ends.
pub(super) struct Ending {
    pub(super) asset_id: Uuid,
    pub(super) name: String,
    pub(super) company: String,
    pub(super) product: Option<String>,
    pub(super) vendor: Option<String>,
    /// The last day of the term.
    pub(super) expiry_date: NaiveDate,
    /// The last day on which something can be done.
    pub(super) deadline: NaiveDate,
    pub(super) auto_renew: bool,
    /// The term is one that nobody has confirmed.
    pub(super) presumed: bool,
    /// What is to be done at the end.
    pub(super) decision: Option<String>,
    /// When the asset last changed, and its version.
    pub(super) changed_at: DateTime<Utc>,
    pub(super) version: i32,
    /// Nothing before this day is shown.
    pub(super) first: Option<NaiveDate>,
}

/// The calendar's text: folded lines that end in CR LF. The library counts 75 bytes without the space that a folded
/// line goes on with.
pub(super) fn calendar(name: &str, ends: &[Ending], is_cut: bool) -> String {
    let mut calendar = Calendar::empty();
    // The crate's own would name the crate as the maker.
    calendar
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", MAKER))
        .append_property(("CALSCALE", "GREGORIAN"))
        .append_property(("METHOD", "PUBLISH"))
        .name(&line(name));
    if is_cut {
        calendar
            .description("There is more than a calendar can show: open one for fewer companies.");
    }
    for end in ends {
        for event in events(end) {
            calendar.push(event);
        }
    }
    calendar.to_string()
}

fn events(end: &Ending) -> Vec<Event> {
    let mut events = Vec::new();
    let is_shown = |day: NaiveDate| end.first.is_none_or(|first| day >= first);
    if end.deadline != end.expiry_date && is_shown(end.deadline) {
        let what = match end.auto_renew {
            true => "Last day to cancel",
            false => "Last day to act",
        };
        events.push(event(end, "deadline", what, end.deadline));
    }
    if is_shown(end.expiry_date) {
        let what = match (end.auto_renew, end.presumed) {
            (false, _) => "Expires",
            (true, false) => "Renews itself",
            (true, true) => "Renews itself (to be confirmed)",
        };
        events.push(event(end, "expiry", what, end.expiry_date));
    }
    events
}

fn event(end: &Ending, kind: &str, what: &str, day: NaiveDate) -> Event {
    let product = end.product.as_deref();
    let called = match product {
        Some(product) if product != end.name => format!("{product} ({})", end.name),
        _ => end.name.clone(),
    };
    // A term that is presumed begins without an entry, so its events are others than the former term's.
    let term = match end.presumed {
        true => format!("-{}", end.expiry_date),
        false => String::new(),
    };
    let mut event = Event::new();
    event
        .uid(&format!("{}-{kind}{term}@seatledger", end.asset_id))
        .timestamp(end.changed_at)
        .sequence(u32::try_from(end.version).unwrap_or(0))
        // Of a day without an end the day itself is the end: one that ends on its own first day is none.
        .starts(day)
        .summary(&line(&format!("{what}: {}: {called}", end.company)))
        .description(&description(end))
        .url(&format!("urn:uuid:{}", end.asset_id));
    // Nobody is busy for it.
    event.add_property("TRANSP", "TRANSPARENT");
    event
}

fn description(end: &Ending) -> String {
    let mut lines = vec![format!("Company: {}", line(&end.company))];
    let told = [
        ("Product", end.product.as_deref()),
        ("Vendor", end.vendor.as_deref()),
        ("License", Some(end.name.as_str())),
    ];
    for (label, text) in told {
        lines.extend(text.map(|text| format!("{label}: {}", line(text))));
    }
    lines.push(format!("Last day of the term: {}", end.expiry_date));
    if end.deadline != end.expiry_date {
        lines.push(format!("Last day to act: {}", end.deadline));
    }
    lines.push(match end.auto_renew {
        true => "It renews itself.".to_owned(),
        false => "It does not renew itself.".to_owned(),
    });
    let decided = end.decision.as_deref().and_then(|decision| match decision {
        "renew" => Some("Decided: it is renewed."),
        "change" => Some("Decided: it is renewed with another number of seats."),
        "lapse" => Some("Decided: it is left to lapse."),
        _ => None,
    });
    lines.extend(decided.map(str::to_owned));
    lines.join("\n")
}

/// One line, without what no line of a calendar may hold.
fn line(text: &str) -> String {
    let plain = text.chars().map(|char| match char.is_control() {
        true => ' ',
        false => char,
    });
    plain.take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn ending() -> Ending {
        Ending {
            asset_id: Uuid::from_u128(7),
            name: "Slack, Business+; \"ours\"".to_owned(),
            company: "Fabrikam".to_owned(),
            product: Some("Slack".to_owned()),
            vendor: None,
            expiry_date: day("2027-02-28"),
            deadline: day("2027-01-29"),
            auto_renew: true,
            presumed: false,
            decision: Some("lapse".to_owned()),
            changed_at: "2026-11-01T10:00:00Z".parse().unwrap(),
            version: 3,
            first: None,
        }
    }

    /// The texts of a property, as a parser of others reads them.
    fn read(text: &str, property: &str) -> Vec<String> {
        let calendar = ical::IcalParser::new(text.as_bytes())
            .next()
            .unwrap()
            .unwrap();
        let events = calendar
            .events
            .into_iter()
            .flat_map(|event| event.properties);
        let named = events.filter(|found| found.name == property);
        named.map(|found| found.value.unwrap_or_default()).collect()
    }

    #[test]
    fn an_end_is_an_event_on_its_deadline_and_one_on_its_last_day() {
        let text = calendar("Ours", &[ending()], false);
        assert_eq!(
            text,
            calendar("Ours", &[ending()], false),
            "the same bytes each time"
        );
        assert_eq!(read(&text, "DTSTART"), ["20270129", "20270228"]);
        assert_eq!(
            read(&text, "DTSTAMP"),
            ["20261101T100000Z", "20261101T100000Z"]
        );
        assert_eq!(read(&text, "SEQUENCE"), ["3", "3"]);
        let id = Uuid::from_u128(7);
        assert_eq!(
            read(&text, "UID"),
            [
                format!("{id}-deadline@seatledger"),
                format!("{id}-expiry@seatledger")
            ]
        );
        assert_eq!(
            read(&text, "SUMMARY"),
            [
                r#"Last day to cancel: Fabrikam: Slack (Slack\, Business+\; "ours")"#,
                r#"Renews itself: Fabrikam: Slack (Slack\, Business+\; "ours")"#
            ]
        );
        assert!(read(&text, "DESCRIPTION")[0].contains("left to lapse"));
        assert!(!text.contains("VALARM"));
    }

    #[test]
    fn what_lies_before_the_first_day_is_not_shown_and_a_presumed_term_is_an_event_of_its_own() {
        let late = Ending {
            first: Some(day("2027-02-01")),
            presumed: true,
            ..ending()
        };
        let text = calendar("Ours", &[late], true);
        let uid = format!("{}-expiry-2027-02-28@seatledger", Uuid::from_u128(7));
        assert_eq!(read(&text, "UID"), [uid]);
        assert!(text.replace("\r\n ", "").contains("fewer companies"));
        let plain = Ending {
            deadline: day("2027-02-28"),
            auto_renew: false,
            ..ending()
        };
        let text = calendar("Ours", &[plain], false);
        assert!(read(&text, "SUMMARY")[0].starts_with("Expires: "));
    }

    proptest! {
        #[test]
        fn whatever_things_are_called_it_is_a_calendar_of_short_lines(name in ".{0,400}", company in ".{0,100}") {
            let end = Ending { name: name.clone(), company, product: None, ..ending() };
            let text = calendar(&name, &[end], false);
            for line in text.split_inclusive("\r\n") {
                prop_assert!(line.ends_with("\r\n") && line.len() <= 78, "{line:?}");
                prop_assert!(!line.trim_end_matches("\r\n").contains(['\r', '\n']), "{line:?}");
            }
            prop_assert_eq!(read(&text, "UID").len(), 2);
            prop_assert_eq!(read(&text, "DTSTART").len(), 2);
            prop_assert!(text.parse::<Calendar>().is_ok());
        }
    }
}
