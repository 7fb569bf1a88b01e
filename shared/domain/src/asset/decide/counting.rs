//! How many seats are in use, and whose count stands.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::Value as Json;

use super::{
    Asset, Dated,
    dated::total,
    inputs::{day_given, seats_given},
};
use crate::{
    asset::{CountedFor, InUseSource, License},
    asset_type::{AssetType, Metric, OverUse},
    decide::Setting,
    event::Event,
    ids::{AssetId, CompanyId},
    product::Catalog,
    refusal::{Refusal, Violations},
};

/// How many licenses one count sheet may have: a company with more writes several.
pub const SHEET_LINES_MAX: usize = 500;

/// A count, as it comes in.
#[derive(Debug, Clone, Default)]
pub struct CountDraft {
    /// The word for who counted: `typed` or `synced`.
    pub source: String,
    /// How many; null if it is no longer known.
    pub count: Json,
    /// The company to which seats are allocated whose use was counted; none for the license's own company.
    pub counted_for: Option<CompanyId>,
    /// The day for which it was counted; today if none.
    pub counted_on: Option<String>,
    /// Whether it mends what was counted wrongly.
    pub correction: bool,
}

/// A line of a count sheet, as it comes in. What is none stays as it is.
#[derive(Debug, Clone)]
pub struct SheetLine {
    /// The license.
    pub asset: AssetId,
    /// Seats in use, as a person counted them; null if it is no longer known.
    pub in_use: Option<Json>,
    /// All its seats.
    pub total: Option<Json>,
    /// The version of the license that the line was filled in on, if it says so.
    pub version: Option<i32>,
}

/// Records a count. One that is the same as before is recorded too, once for a day: it was made again, and is
/// not stale.
pub(crate) fn count(
    asset: &Asset,
    draft: &CountDraft,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let source = match InUseSource::parse(draft.source.trim()) {
        Some(InUseSource::Named) => {
            found.add(
                "source",
                "\"named\" is counted by assignments: assign seats instead",
            );
            None
        }
        None => {
            found.add(
                "source",
                format!("{:?} is no source: choose typed or synced", draft.source),
            );
            None
        }
        source => source,
    };
    let count = count_given("count", &draft.count, &mut found);
    let day = day_given("counted_on", draft.counted_on.as_deref(), &mut found);
    let day = day.unwrap_or(setting.today);
    let of = counted_for(asset, draft.counted_for, day, "company_id", &mut found);
    found.check()?;
    let (Some(source), Some(to)) = (source, count) else {
        return Ok(vec![]);
    };
    let counted = counted(asset, (of, source), to, day, draft.correction);
    let first = counted
        .as_ref()
        .and_then(|(day, _)| first_source(asset, source, *day));
    Ok(first.into_iter().chain(counted).collect())
}

/// The day of a sheet.
pub(crate) fn sheet_day(
    effective_on: Option<&str>,
    setting: &Setting,
    found: &mut Violations,
) -> NaiveDate {
    day_given("effective_on", effective_on, found).unwrap_or(setting.today)
}

/// What a line of a sheet says of its license. `path` names the line.
pub(crate) fn sheet_line(
    asset: &Asset,
    line: &SheetLine,
    path: &str,
    day: NaiveDate,
    found: &mut Violations,
) -> Vec<Dated> {
    let mut events = Vec::new();
    if let Some(given) = &line.total {
        let path = format!("{path}.total");
        let to = if given.is_null() {
            Some(None)
        } else {
            seats_given(&path, given, 0, found).map(Some)
        };
        events.extend(to.and_then(|to| total(asset, to, day, false)));
    }
    if let Some(given) = &line.in_use
        && let Some(to) = count_given(&format!("{path}.in_use"), given, found)
    {
        events.extend(counted(asset, (None, InUseSource::Typed), to, day, false));
    }
    events
}

/// Says whose count stands from a day on.
pub(crate) fn set_source(
    asset: &Asset,
    source: &str,
    effective_on: Option<&str>,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let to = InUseSource::parse(source.trim());
    if to.is_none() {
        found.add(
            "source",
            format!("{source:?} is no source: choose typed, named or synced"),
        );
    }
    let day = day_given("effective_on", effective_on, &mut found).unwrap_or(setting.today);
    found.check()?;
    let from = asset.source_on(day);
    Ok(to
        .filter(|to| *to != from)
        .map(|to| (day, Event::InUseSourceChanged { from, to }))
        .into_iter()
        .collect())
}

/// A license that no other source has counted is counted by the first one that does, on earlier days too if
/// they are told later.
pub(super) fn first_source(asset: &Asset, source: InUseSource, day: NaiveDate) -> Option<Dated> {
    let seats = &asset.seats;
    let counted_otherwise = seats.counts.keys().any(|(_, known)| *known != source)
        || (source != InUseSource::Named && !seats.assignments.is_empty());
    let chosen_otherwise = asset
        .in_use_source
        .iter()
        .any(|(_, known)| *known != source);
    let from = asset.source_on(day);
    let first = !counted_otherwise && !chosen_otherwise && from != source;
    first.then_some((day, Event::InUseSourceChanged { from, to: source }))
}

/// What a caller should know of whose count stands once events are recorded: that another source counts from now
/// on, or that what was counted is only shown beside the count that stands.
pub(crate) fn unheard(asset: &Asset, events: &[Dated]) -> Option<String> {
    let chosen = events.iter().find_map(|(_, event)| match event {
        Event::InUseSourceChanged { to, .. } => Some(*to),
        _ => None,
    });
    let counted = events.iter().find_map(|(day, event)| match event {
        Event::SeatsInUseCounted { source, .. } => Some((*day, *source)),
        Event::SeatsAssigned { .. } => Some((*day, InUseSource::Named)),
        _ => None,
    });
    let (day, source) = counted?;
    let stands = chosen.unwrap_or_else(|| asset.source_on(day));
    if stands != source {
        return Some(format!(
            "the seats in use are those of the source \"{}\": what was given as \"{}\" is shown beside it",
            stands.as_str(),
            source.as_str()
        ));
    }
    chosen.map(|chosen| {
        format!(
            "nobody had counted this license: from now on its seats in use are those of the source \"{}\"",
            chosen.as_str()
        )
    })
}

/// The company whose seats are meant: the license's own is said by none.
pub(super) fn counted_for(
    asset: &Asset,
    company: Option<CompanyId>,
    day: NaiveDate,
    path: &str,
    found: &mut Violations,
) -> CountedFor {
    let company = company.filter(|company| *company != asset.company_on(day))?;
    let allocated = asset.seats.allocations.get(&company);
    if allocated.is_none_or(|seats| seats.at(day).is_none()) {
        let message =
            format!("{company} has no seats of the license on {day}: allocate some first");
        found.add(path, message);
    }
    Some(company)
}

fn count_given(path: &str, given: &Json, found: &mut Violations) -> Option<Option<i64>> {
    if given.is_null() {
        return Some(None);
    }
    seats_given(path, given, 0, found).map(Some)
}

fn counted(
    asset: &Asset,
    (of, source): (CountedFor, InUseSource),
    to: Option<i64>,
    day: NaiveDate,
    correction: bool,
) -> Option<Dated> {
    let standing = asset.seats.count(of, source, day);
    let day = match standing {
        Some((since, _)) if correction => since,
        _ => day,
    };
    let known = standing.is_some_and(|(since, from)| from == to && since == day);
    let nothing = standing.is_none() && to.is_none();
    (!known && !nothing).then_some((
        day,
        Event::SeatsInUseCounted {
            source,
            counted_for: of,
            from: standing.and_then(|(_, from)| from),
            to,
            correction,
        },
    ))
}

/// What the type's rule says of the use that events bring about.
pub(crate) fn over_use(
    before: Option<&Asset>,
    events: &[Dated],
    blank: &Asset,
    asset_type: &AssetType,
) -> Result<Option<i64>, Refusal> {
    let takes = |event: &Event| {
        let typed = InUseSource::Typed;
        matches!(event, Event::SeatsInUseCounted { source, .. } if *source == typed)
            || matches!(event, Event::SeatsAssigned { .. })
    };
    let first = events
        .iter()
        .filter(|(_, event)| takes(event))
        .map(|(day, _)| *day)
        .min();
    let Some(first) = first.filter(|_| asset_type.over_use != OverUse::Allow) else {
        return Ok(None);
    };
    let mut after = before.unwrap_or(blank).clone();
    for (day, event) in events {
        after.apply(*day, event);
    }
    let Some(over_by) = excess(before, &after, asset_type, first) else {
        return Ok(None);
    };
    match asset_type.over_use {
        OverUse::Block => Err(Refusal::Conflict(format!(
            "takes {over_by} more seats than are owned, which {:?} does not allow: buy seats or give some back \
             first",
            asset_type.name
        ))),
        OverUse::Warn | OverUse::Allow => Ok(Some(over_by)),
    }
}

/// By how many seats use exceeds what is owned on the worst of the days from `first` on on which it exceeds it
/// by more than `before`; none if there is no such day.
///
/// Days to come on which the term has ended do not count: seats that are taken now say nothing of whether the
/// license will be renewed, and every license that ends would else be full.
fn excess(
    before: Option<&Asset>,
    after: &Asset,
    asset_type: &AssetType,
    first: NaiveDate,
) -> Option<i64> {
    let catalog = Catalog::empty();
    let before = before.and_then(|before| License::of(before, asset_type, catalog));
    let after = License::of(after, asset_type, catalog)?;
    if matches!(after.metric, Metric::Site | Metric::Usage) {
        return None;
    }
    let days = after.days().into_iter();
    let known = before.iter().flat_map(License::days);
    let points: BTreeSet<(CompanyId, NaiveDate)> = days
        .chain(known)
        .filter(|day| day.until.is_none_or(|until| until >= first))
        .map(|day| (day.value.company, day.from.max(first)))
        .collect();
    let over = |license: &License<'_>, company, day| {
        let share = license.share(company, day)?;
        let counts = share.in_force || day == first;
        let over_by = share.in_use? - share.owned?;
        (counts && over_by > 0).then_some(over_by)
    };
    let more = points.into_iter().filter_map(|(company, day)| {
        let known = before
            .as_ref()
            .and_then(|before| over(before, company, day));
        over(&after, company, day).filter(|over_by| *over_by > known.unwrap_or(0))
    });
    more.max()
}
