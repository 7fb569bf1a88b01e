//! What an asset is called, whose it is, and whether it is tracked.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{Asset, Dated, inputs::day_given};
use crate::{
    asset::TAGS_MAX,
    company::{EXTERNAL_IDS_MAX, ExternalId},
    decide::Setting,
    event::Event,
    ids::CompanyId,
    refusal::{Refusal, Violations},
    text,
};

/// Puts a tag on or takes it off.
pub(crate) fn set_tag(asset: &Asset, tag: &str, on: bool) -> Result<Option<Event>, Refusal> {
    let mut found = Violations::default();
    let tag = tag_of("tag", tag, &mut found);
    let is_new = tag.as_ref().is_some_and(|tag| !asset.tags.contains(tag));
    if on && is_new && asset.tags.len() >= TAGS_MAX {
        found.add(
            "tag",
            format!("the asset has {TAGS_MAX} tags already, which is as many as allowed"),
        );
    }
    found.check()?;
    let tag = tag.unwrap_or_default();
    Ok(match (on, asset.tags.contains(&tag)) {
        (true, false) => Some(Event::TagAdded { tag }),
        (false, true) => Some(Event::TagRemoved { tag }),
        _ => None,
    })
}

/// The tags of a draft that an asset does not have yet.
pub(crate) fn add_tags(asset: &Asset, given: &[String]) -> Result<Vec<Event>, Refusal> {
    let mut found = Violations::default();
    let tags = tags_of(given, &mut found);
    let new: Vec<String> = tags.difference(&asset.tags).cloned().collect();
    if asset.tags.len() + new.len() > TAGS_MAX {
        found.add(
            "tags",
            format!("an asset has at most {TAGS_MAX} tags, and it has others already"),
        );
    }
    found.check()?;
    Ok(new.into_iter().map(|tag| Event::TagAdded { tag }).collect())
}

/// Moves an asset to another company.
pub(crate) fn move_to(
    asset: &Asset,
    to: CompanyId,
    effective_on: Option<&str>,
    setting: &Setting,
) -> Result<Vec<Dated>, Refusal> {
    let mut found = Violations::default();
    let day = day_given("effective_on", effective_on, &mut found).unwrap_or(setting.today);
    found.check()?;
    // Before its first day an asset belongs to whom it was registered for: a move cannot stand before that.
    let first = asset.company.days().next();
    let day = first.map_or(day, |first| day.max(first));
    let from = asset.company_on(day);
    Ok(if from == to {
        vec![]
    } else {
        vec![(day, Event::MovedToCompany { from, to })]
    })
}

/// Stops tracking an asset, or what is to be tracked from a later day on.
pub(crate) fn archive(asset: &Asset, today: NaiveDate) -> Option<Dated> {
    (!asset.is_archived()).then(|| (tracking_from(asset, today), Event::AssetArchived))
}

/// Tracks an archived asset again.
pub(crate) fn restore(asset: &Asset, today: NaiveDate) -> Option<Dated> {
    asset
        .is_archived()
        .then(|| (tracking_from(asset, today), Event::AssetRestored))
}

/// The day from which a change of what is tracked holds for good.
fn tracking_from(asset: &Asset, today: NaiveDate) -> NaiveDate {
    let last = asset.tracked.last();
    last.map_or(today, |(last, _)| today.max(last))
}

/// What other systems call a thing: each system by one id. `put` is the id by which the thing was addressed.
pub(crate) fn external_ids_of(
    given: &[(String, String)],
    put: Option<&ExternalId>,
    found: &mut Violations,
) -> Vec<ExternalId> {
    if given.len() > EXTERNAL_IDS_MAX {
        found.add(
            "external_ids",
            format!("at most {EXTERNAL_IDS_MAX} are allowed"),
        );
    }
    let mut ids: Vec<ExternalId> = put.into_iter().cloned().collect();
    for (at, (system, id)) in given.iter().take(EXTERNAL_IDS_MAX).enumerate() {
        let path = format!("external_ids[{at}]");
        let Some(parsed) = ExternalId::parse(&path, system, id, found) else {
            continue;
        };
        match ids.iter().find(|known| known.system == parsed.system) {
            None => ids.push(parsed),
            Some(known) if *known == parsed => {}
            Some(known) => found.add(
                path,
                format!("{} has another id already: {:?}", known.system, known.id),
            ),
        }
    }
    ids
}

/// Those of some external ids that a thing does not have yet, or faults if it would have too many.
pub(crate) fn new_external_ids(
    known: &BTreeSet<ExternalId>,
    given: Vec<ExternalId>,
    found: &mut Violations,
) -> Vec<ExternalId> {
    let replaces = |new: &ExternalId| known.iter().any(|old| old.system == new.system);
    let added = given.iter().filter(|new| !replaces(new)).count();
    if known.len() + added > EXTERNAL_IDS_MAX {
        found.add(
            "external_ids",
            format!("at most {EXTERNAL_IDS_MAX} are allowed, and there are others already"),
        );
    }
    given
        .into_iter()
        .filter(|new| !known.contains(new))
        .collect()
}

pub(super) fn tags_of(given: &[String], found: &mut Violations) -> BTreeSet<String> {
    if given.len() > TAGS_MAX {
        found.add(
            "tags",
            format!("there are {}: at most {TAGS_MAX} are allowed", given.len()),
        );
    }
    let tags = given.iter().take(TAGS_MAX).enumerate();
    tags.filter_map(|(at, tag)| tag_of(&format!("tags[{at}]"), tag, found))
        .collect()
}

fn tag_of(path: &str, tag: &str, found: &mut Violations) -> Option<String> {
    let tag = found.keep(path, text::line(tag, text::TAG_LENGTH_MAX))?;
    if tag.contains([',', '/']) {
        found.add(path, format!("{tag:?} must not contain a comma or a slash"));
        return None;
    }
    if matches!(tag.as_str(), "." | "..") {
        found.add(
            path,
            format!("{tag:?} means a folder in an address: choose another"),
        );
        return None;
    }
    Some(tag.to_lowercase())
}
