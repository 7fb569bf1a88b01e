//! From what is given to what an integration is.

use std::collections::{BTreeMap, BTreeSet};

use super::{FILTER_MAX, Filter, IntegrationConfig, IntegrationKind, Shape};
use crate::{
    alert::Kind,
    ids::{AssetTypeId, CompanyId},
    refusal::Violations,
    text,
};

/// How long one setting may be, in characters.
const SETTING_LENGTH_MAX: usize = 1_000;

/// An integration to be added.
#[derive(Debug, Clone, Default)]
pub struct IntegrationDraft {
    /// What people call it.
    pub name: String,
    /// The word of its kind.
    pub kind: String,
    /// Its settings.
    pub settings: BTreeMap<String, String>,
    /// What it is told.
    pub filter: FilterDraft,
    /// Whether the renewals of one company, vendor and deadline share one ticket; they do unless set.
    pub group_renewals: Option<bool>,
}

/// What changes of an integration; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct IntegrationPatch {
    /// Its new name.
    pub name: Option<String>,
    /// New settings; an inner none takes one away.
    pub settings: BTreeMap<String, Option<String>>,
    /// The whole new filter.
    pub filter: Option<FilterDraft>,
    /// Whether renewals share tickets.
    pub group_renewals: Option<bool>,
}

/// A filter as it is given.
#[derive(Debug, Clone, Default)]
pub struct FilterDraft {
    /// Companies.
    pub companies: BTreeSet<CompanyId>,
    /// Words of kinds of alerts.
    pub kinds: Vec<String>,
    /// Types of events.
    pub events: Vec<String>,
    /// Asset types.
    pub types: BTreeSet<AssetTypeId>,
}

/// The integration that a draft describes.
pub(crate) fn config_of(draft: &IntegrationDraft, found: &mut Violations) -> IntegrationConfig {
    let name = found.keep("name", text::line(&draft.name, text::NAME_LENGTH_MAX));
    let kind = IntegrationKind::parse(draft.kind.trim());
    if kind.is_none() {
        let words: Vec<&str> = IntegrationKind::ALL.iter().map(|(_, word)| *word).collect();
        found.add(
            "kind",
            format!("{:?} is none: choose {}", draft.kind, words.join(", ")),
        );
    }
    let filter = filter_of(&draft.filter, found);
    let settings = kind.map(|kind| settings_of(kind, &draft.settings, found));
    IntegrationConfig {
        name: name.unwrap_or_default(),
        // Told above.
        kind: kind.unwrap_or(IntegrationKind::Webhook),
        settings: settings.unwrap_or_default(),
        filter,
        group_renewals: draft.group_renewals.unwrap_or(true),
    }
}

/// What an integration becomes.
pub(crate) fn changed_config(
    known: &IntegrationConfig,
    patch: &IntegrationPatch,
    found: &mut Violations,
) -> IntegrationConfig {
    let mut config = known.clone();
    if let Some(name) = &patch.name
        && let Some(name) = found.keep("name", text::line(name, text::NAME_LENGTH_MAX))
    {
        config.name = name;
    }
    let mut settings = known.settings.clone();
    for (name, value) in &patch.settings {
        match value {
            Some(value) => settings.insert(name.clone(), value.clone()),
            None => settings.remove(name),
        };
    }
    config.settings = settings_of(known.kind, &settings, found);
    if let Some(filter) = &patch.filter {
        config.filter = filter_of(filter, found);
    }
    if let Some(group) = patch.group_renewals {
        config.group_renewals = group;
    }
    config
}

fn settings_of(
    kind: IntegrationKind,
    given: &BTreeMap<String, String>,
    found: &mut Violations,
) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for spec in kind.settings() {
        let field = format!("settings.{}", spec.name);
        let value = given.get(spec.name).map(|value| value.trim());
        match value.filter(|value| !value.is_empty()) {
            None if spec.required => found.add(&field, format!("is missing: {}", spec.hint)),
            None => {}
            Some(value) => {
                if let Some(value) = setting_of(spec.shape, &field, value, found) {
                    settings.insert(spec.name.to_owned(), value);
                }
            }
        }
    }
    for name in given.keys().take(FILTER_MAX) {
        if kind.settings().iter().any(|spec| spec.name == name) {
            continue;
        }
        let shown: String = name.chars().take(40).collect();
        let field = format!("settings.{shown}");
        if kind.secrets().contains(&name.as_str()) {
            found.add(
                &field,
                "is a secret: send it to the secrets of the integration, not with its settings",
            );
        } else {
            let known: Vec<&str> = kind.settings().iter().map(|spec| spec.name).collect();
            found.add(
                &field,
                format!(
                    "is no setting of {}: it has {}",
                    kind.as_str(),
                    known.join(", ")
                ),
            );
        }
    }
    settings
}

fn setting_of(shape: Shape, field: &str, value: &str, found: &mut Violations) -> Option<String> {
    let line = found.keep(field, text::line(value, SETTING_LENGTH_MAX))?;
    let wrong = match shape {
        Shape::Text => None,
        Shape::Number(min, max) => {
            let number = line.parse::<i64>().ok();
            let fits = number.is_some_and(|number| (min..=max).contains(&number));
            (!fits).then(|| format!("{line:?} must be a whole number between {min} and {max}"))
        }
        Shape::Url => url_violation(&line),
        Shape::Addresses => addresses_violation(&line),
        Shape::Choice(words) => (!words.contains(&line.as_str()))
            .then(|| format!("{line:?} is none: choose {}", words.join(", "))),
    };
    match wrong {
        None => Some(line),
        Some(wrong) => {
            found.add(field, wrong);
            None
        }
    }
}

fn url_violation(line: &str) -> Option<String> {
    let Ok(url) = url::Url::parse(line) else {
        return Some("is no address: write it as https://psa.example".to_owned());
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Some("must begin with https:// or http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        // An address is shown in settings, histories and logs.
        return Some(
            "must hold no user or password: these are secrets of the integration".to_owned(),
        );
    }
    url.fragment()
        .map(|_| "must have no part after a #".to_owned())
}

fn addresses_violation(line: &str) -> Option<String> {
    let wrong = line.split(',').map(str::trim).find(|address| {
        let parts: Vec<&str> = address.split('@').collect();
        parts.len() != 2
            || parts.iter().any(|part| part.is_empty())
            || address.contains(char::is_whitespace)
    })?;
    Some(format!("{wrong:?} is no mail address"))
}

fn filter_of(draft: &FilterDraft, found: &mut Violations) -> Filter {
    for (field, count) in [
        ("filter.companies", draft.companies.len()),
        ("filter.kinds", draft.kinds.len()),
        ("filter.events", draft.events.len()),
        ("filter.types", draft.types.len()),
    ] {
        if count > FILTER_MAX {
            found.add(field, format!("at most {FILTER_MAX} are allowed"));
        }
    }
    let mut kinds = BTreeSet::new();
    for word in draft.kinds.iter().take(FILTER_MAX) {
        match Kind::parse(word.trim()) {
            Some(kind) => {
                kinds.insert(kind);
            }
            None => {
                let words: Vec<&str> = Kind::ALL.iter().map(|(_, word)| *word).collect();
                found.add(
                    "filter.kinds",
                    format!("{word:?} is none: choose among {}", words.join(", ")),
                );
            }
        }
    }
    let mut events = BTreeSet::new();
    for name in draft.events.iter().take(FILTER_MAX) {
        if let Some(name) = found.keep("filter.events", text::line(name, text::TAG_LENGTH_MAX)) {
            events.insert(name);
        }
    }
    Filter {
        companies: draft.companies.clone(),
        kinds,
        events,
        types: draft.types.clone(),
    }
}
