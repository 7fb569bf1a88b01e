//! Making and changing asset types.

use std::collections::BTreeSet;

use super::{
    Agreement, AssetType, FIELDS_MAX, Field, FieldKey, FieldKind, FieldRole, KindName, Metric,
    OPTIONS_MAX, SelectOption, Template, metric,
};
use crate::{
    command::FieldAnswer,
    event::Event,
    money::Currency,
    refusal::{Refusal, Violations},
    text,
    value::{self, Value},
};

/// A field to be added, as it comes in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldDraft {
    /// Its name for people.
    pub name: String,
    /// The word for its kind.
    pub kind: String,
    /// The word for its role. None at all: it is inferred. An inner none: it has none.
    pub role: Option<Option<String>>,
    /// Whether an asset must have a value.
    pub required: bool,
    /// The options of a select.
    pub options: Vec<OptionDraft>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// The decimals of a number.
    pub decimals: Option<u8>,
    /// A line of help.
    pub hint: Option<String>,
    /// The value of a new asset that names none.
    pub default: Option<serde_json::Value>,
    /// Whether lists show it.
    pub shown_in_list: bool,
}

/// An option of a select, as it comes in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionDraft {
    /// What people see.
    pub label: String,
    /// The word for a metric.
    pub metric: Option<String>,
    /// The word for an agreement.
    pub agreement: Option<String>,
}

/// What changes of a field. Its key and kind never do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldPatch {
    /// Its new name.
    pub name: Option<String>,
    /// Its new role; an inner none takes it away.
    pub role: Option<Option<String>>,
    /// Whether an asset must have a value.
    pub required: Option<bool>,
    /// The new options of a select.
    pub options: Option<Vec<OptionDraft>>,
    /// The new line of help; an inner none takes it away.
    pub hint: Option<Option<String>>,
    /// The new default; JSON null takes it away.
    pub default: Option<serde_json::Value>,
    /// Whether lists show it.
    pub shown_in_list: Option<bool>,
}

impl FieldDraft {
    pub(super) fn new(name: &str, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    pub(super) fn shown(self) -> Self {
        Self {
            shown_in_list: true,
            ..self
        }
    }

    pub(super) fn hint(self, hint: &str) -> Self {
        Self {
            hint: Some(hint.to_owned()),
            ..self
        }
    }
}

/// The events and answers of a definition.
pub(crate) type Defined = (Vec<Event>, Vec<FieldAnswer>, Vec<String>);

pub(crate) fn define(
    name: Option<&str>,
    template: Option<&str>,
    drafts: &[FieldDraft],
    currency: Currency,
) -> Result<(String, Defined), Refusal> {
    let mut found = Violations::default();
    let template = template.and_then(|word| {
        let template = Template::parse(word);
        if template.is_none() {
            let known: Vec<&str> = Template::ALL.iter().map(|(_, word)| *word).collect();
            found.add(
                "template",
                format!("{word:?} is no template: use {}", known.join(", ")),
            );
        }
        template
    });
    let from_template = template.map(Template::fields);
    if from_template.is_some() && !drafts.is_empty() {
        found.add(
            "fields",
            "a type made from a template brings its own fields: add others afterwards",
        );
    }
    let drafts = from_template.as_deref().unwrap_or(drafts);
    let name = name.or(template.map(Template::name)).unwrap_or_default();
    let name = found.keep("name", text::line(name, text::NAME_LENGTH_MAX));
    if drafts.is_empty() {
        found.add("fields", "at least one field is needed");
    }
    if drafts.len() > FIELDS_MAX {
        found.add(
            "fields",
            format!(
                "there are {}: at most {FIELDS_MAX} are allowed",
                drafts.len()
            ),
        );
    }
    let mut builder = Builder::default();
    for (at, draft) in drafts.iter().take(FIELDS_MAX).enumerate() {
        builder.add(&format!("fields[{at}]"), draft, currency, &mut found);
    }
    found.check()?;
    let name = name.unwrap_or_default();
    let event = Event::AssetTypeDefined {
        name: name.clone(),
        fields: builder.fields,
    };
    Ok((name, (vec![event], builder.answers, builder.warnings)))
}

pub(crate) fn rename(asset_type: &AssetType, name: &str) -> Result<Option<Event>, Refusal> {
    let mut found = Violations::default();
    let name = found.keep("name", text::line(name, text::NAME_LENGTH_MAX));
    found.check()?;
    let to = name.unwrap_or_default();
    Ok((to != asset_type.name).then(|| Event::AssetTypeRenamed {
        from: asset_type.name.clone(),
        to,
    }))
}

pub(crate) fn add_field(
    asset_type: &AssetType,
    draft: &FieldDraft,
    currency: Currency,
) -> Result<Defined, Refusal> {
    let mut found = Violations::default();
    if asset_type.fields.len() >= FIELDS_MAX {
        found.add(
            "name",
            format!("the type has {FIELDS_MAX} fields already, which is as many as allowed"),
        );
    }
    let mut builder = Builder {
        fields: asset_type.fields.clone(),
        ..Builder::default()
    };
    builder.add("", draft, currency, &mut found);
    found.check()?;
    let event = builder
        .fields
        .pop()
        .map(|field| Event::FieldAdded { field });
    Ok((
        event.into_iter().collect(),
        builder.answers,
        builder.warnings,
    ))
}

pub(crate) fn change_field(
    asset_type: &AssetType,
    key: &str,
    patch: &FieldPatch,
    currency: Currency,
) -> Result<Option<Event>, Refusal> {
    let from = asset_type.field(key).ok_or(Refusal::NotFound("field"))?;
    let mut found = Violations::default();
    let mut to = from.clone();
    if let Some(name) = &patch.name {
        to.name = found
            .keep("name", text::line(name, text::NAME_LENGTH_MAX))
            .unwrap_or_default();
    }
    if let Some(role) = &patch.role {
        to.role = role
            .as_deref()
            .and_then(|word| role_named("role", word, from.kind.name(), &mut found));
        let taken = |field: &&Field| field.key != to.key && field.role == to.role;
        if let Some(other) = asset_type
            .live_fields()
            .find(taken)
            .filter(|_| to.role.is_some())
        {
            found.add(
                "role",
                format!("the field {} has this role already", other.key),
            );
        }
    }
    if let Some(options) = &patch.options {
        match &mut to.kind {
            FieldKind::Select { options: kept } | FieldKind::Multiselect { options: kept } => {
                *kept = options_of("options", options, to.role, &mut found);
            }
            _ => found.add(
                "options",
                format!("a field of kind {} has none", from.kind.name().as_str()),
            ),
        }
    } else if to.role != from.role {
        let drafts: Vec<OptionDraft> = to.kind.options().iter().map(OptionDraft::of).collect();
        if let FieldKind::Select { options } = &mut to.kind {
            *options = options_of("options", &drafts, to.role, &mut found);
        }
    }
    if let Some(required) = patch.required {
        to.required = required;
    }
    if let Some(hint) = &patch.hint {
        to.hint = hint_of("hint", hint.as_deref(), &mut found);
    }
    if let Some(shown) = patch.shown_in_list {
        to.shown_in_list = shown;
    }
    if to.role != from.role
        && let FieldKind::Number { decimals, .. } = &mut to.kind
        && to.role.is_some_and(FieldRole::is_whole_number)
    {
        *decimals = 0;
    }
    match &patch.default {
        Some(default) => set_default("default", &mut to, Some(default), currency, &mut found),
        None if !default_fits(from, &to) => {
            found.add("default", "does not fit any more: give another, or null");
        }
        None => {}
    }
    found.check()?;
    Ok((to != *from).then(|| Event::FieldChanged {
        from: from.clone(),
        to,
    }))
}

/// Whether the default of a field stays good when its options or its role change.
fn default_fits(from: &Field, to: &Field) -> bool {
    match &to.default {
        Some(Value::Text(label)) if !to.kind.options().is_empty() => {
            to.kind.option(label).is_some()
        }
        Some(Value::Labels(labels)) => labels.iter().all(|label| to.kind.option(label).is_some()),
        Some(Value::Number(_) | Value::Money(_)) => to.role == from.role,
        _ => true,
    }
}

pub(crate) fn retire_field(asset_type: &AssetType, key: &str) -> Result<Event, Refusal> {
    let field = asset_type.field(key).ok_or(Refusal::NotFound("field"))?;
    Ok(Event::FieldRetired {
        key: field.key.clone(),
    })
}

pub(crate) fn archive(asset_type: &AssetType) -> Option<Event> {
    (!asset_type.archived).then_some(Event::AssetTypeArchived)
}

/// Gathers the fields of a type one by one; each must fit the ones before it.
#[derive(Default)]
struct Builder {
    fields: Vec<Field>,
    answers: Vec<FieldAnswer>,
    warnings: Vec<String>,
}

impl Builder {
    fn add(&mut self, path: &str, draft: &FieldDraft, currency: Currency, found: &mut Violations) {
        let at = |part: &str| {
            if path.is_empty() {
                part.to_owned()
            } else {
                format!("{path}.{part}")
            }
        };
        let name = found.keep(&at("name"), text::line(&draft.name, text::NAME_LENGTH_MAX));
        let key = name.as_deref().and_then(|name| {
            let key = FieldKey::of_name(name);
            match &key {
                None => found.add(
                    at("name"),
                    format!("{name:?} has no letter or digit to make a key of"),
                ),
                Some(key) => {
                    if let Some(other) = self.fields.iter().find(|field| field.key == *key) {
                        let which = if other.retired {
                            "a retired"
                        } else {
                            "another"
                        };
                        found.add(
                            at("name"),
                            format!("{name:?} has the key {key}, which {which} field has already"),
                        );
                    }
                }
            }
            key
        });
        let Some(kind) = KindName::parse(&draft.kind) else {
            let known: Vec<&str> = KindName::ALL.iter().map(|(_, word)| *word).collect();
            let given: String = draft.kind.chars().take(40).collect();
            found.add(
                at("kind"),
                format!("{given:?} is no kind: use one of {}", known.join(", ")),
            );
            return;
        };
        let (role, inferred) = self.role(&at("role"), draft, kind, found);
        let kind = kind_of(&at, draft, kind, role, found);
        let (Some(key), Some(name), Some(kind)) = (key, name, kind) else {
            return;
        };
        let mut field = Field {
            key,
            name,
            kind,
            role,
            required: draft.required,
            hint: hint_of(&at("hint"), draft.hint.as_deref(), found),
            default: None,
            shown_in_list: draft.shown_in_list,
            retired: false,
        };
        set_default(
            &at("default"),
            &mut field,
            draft.default.as_ref(),
            currency,
            found,
        );
        let answer = FieldAnswer {
            key: field.key.clone(),
            name: field.name.clone(),
            role,
            inferred,
        };
        self.answers.push(answer);
        self.fields.push(field);
    }

    /// The role of a new field, and whether it was inferred.
    fn role(
        &mut self,
        path: &str,
        draft: &FieldDraft,
        kind: KindName,
        found: &mut Violations,
    ) -> (Option<FieldRole>, bool) {
        let named = draft.role.as_ref();
        let role = match named {
            Some(None) => return (None, false),
            Some(Some(word)) => role_named(path, word, kind, found),
            None => FieldRole::infer(&draft.name, kind),
        };
        let Some(role) = role else {
            return (None, false);
        };
        match self
            .fields
            .iter()
            .find(|field| field.role == Some(role) && !field.retired)
        {
            None => (Some(role), named.is_none()),
            Some(other) if named.is_some() => {
                found.add(
                    path,
                    format!(
                        "the field {} has the role {} already",
                        other.key,
                        role.as_str()
                    ),
                );
                (None, false)
            }
            Some(other) => {
                self.warnings.push(format!(
                    "{:?} would be the {}, but {} is already: it is kept as a plain field",
                    draft.name,
                    role.as_str(),
                    other.key
                ));
                (None, false)
            }
        }
    }
}

fn role_named(path: &str, word: &str, kind: KindName, found: &mut Violations) -> Option<FieldRole> {
    let Some(role) = FieldRole::parse(word) else {
        let known: Vec<&str> = FieldRole::all().map(FieldRole::as_str).collect();
        let given: String = word.chars().take(40).collect();
        found.add(
            path,
            format!("{given:?} is no role: use one of {}", known.join(", ")),
        );
        return None;
    };
    if !role.kinds().contains(&kind) {
        let fit: Vec<&str> = role.kinds().iter().map(|kind| kind.as_str()).collect();
        let (role, kind) = (role.as_str(), kind.as_str());
        found.add(
            path,
            format!(
                "the role {role} needs the kind {}, not {kind}",
                fit.join(" or ")
            ),
        );
        return None;
    }
    Some(role)
}

fn kind_of(
    at: &impl Fn(&str) -> String,
    draft: &FieldDraft,
    kind: KindName,
    role: Option<FieldRole>,
    found: &mut Violations,
) -> Option<FieldKind> {
    let has_options = matches!(kind, KindName::Select | KindName::Multiselect);
    if has_options == draft.options.is_empty() {
        let message = if has_options {
            "at least one option is needed"
        } else {
            "only a select has options"
        };
        found.add(at("options"), message);
    }
    if kind != KindName::Number && (draft.unit.is_some() || draft.decimals.is_some()) {
        found.add(at("unit"), "only a number has a unit and decimals");
    }
    let mut options = || options_of(&at("options"), &draft.options, role, found);
    Some(match kind {
        KindName::Text => FieldKind::Text,
        KindName::Textarea => FieldKind::Textarea,
        KindName::RichText => FieldKind::RichText,
        KindName::Date => FieldKind::Date,
        KindName::Boolean => FieldKind::Boolean,
        KindName::Password => FieldKind::Password,
        KindName::Url => FieldKind::Url,
        KindName::Select => FieldKind::Select { options: options() },
        KindName::Multiselect => FieldKind::Multiselect { options: options() },
        KindName::Number => {
            /// What an exact decimal can carry beside [`value::NUMBER_MAX`].
            const DECIMALS_MAX: u8 = 6;
            let whole = role.is_some_and(FieldRole::is_whole_number);
            let decimals = draft.decimals.unwrap_or(if whole { 0 } else { 2 });
            if decimals > DECIMALS_MAX || (whole && decimals > 0) {
                let most = if whole { 0 } else { DECIMALS_MAX };
                found.add(
                    at("decimals"),
                    format!("is {decimals}: at most {most} are allowed here"),
                );
            }
            let unit = draft.unit.as_deref().filter(|unit| !unit.trim().is_empty());
            let unit = unit
                .and_then(|unit| found.keep(&at("unit"), text::line(unit, text::TAG_LENGTH_MAX)));
            FieldKind::Number { unit, decimals }
        }
    })
}

impl OptionDraft {
    fn of(option: &SelectOption) -> Self {
        Self {
            label: option.label.clone(),
            metric: option.metric.map(|metric| metric.as_str().to_owned()),
            agreement: option
                .agreement
                .map(|agreement| agreement.as_str().to_owned()),
        }
    }
}

fn options_of(
    path: &str,
    drafts: &[OptionDraft],
    role: Option<FieldRole>,
    found: &mut Violations,
) -> Vec<SelectOption> {
    if drafts.len() > OPTIONS_MAX {
        found.add(
            path,
            format!(
                "there are {}: at most {OPTIONS_MAX} are allowed",
                drafts.len()
            ),
        );
    }
    let mut labels = BTreeSet::new();
    let mut options = Vec::new();
    for (at, draft) in drafts.iter().take(OPTIONS_MAX).enumerate() {
        let path = format!("{path}[{at}]");
        let Some(label) = found.keep(
            &format!("{path}.label"),
            text::line(&draft.label, text::NAME_LENGTH_MAX),
        ) else {
            continue;
        };
        if !labels.insert(text::normalized(&label)) {
            found.add(
                format!("{path}.label"),
                format!("{label:?} stands there twice"),
            );
        }
        let (metric, agreement) = meaning(&path, &label, draft, role, found);
        options.push(SelectOption {
            label,
            metric,
            agreement,
        });
    }
    options
}

/// What an option means for counting seats: as it says by hand, else as its label is recognized.
fn meaning(
    path: &str,
    label: &str,
    draft: &OptionDraft,
    role: Option<FieldRole>,
    found: &mut Violations,
) -> (Option<Metric>, Option<Agreement>) {
    let by_hand_metric = draft.metric.as_deref().and_then(|word| {
        Metric::parse(word).or_else(|| {
            found.add(
                format!("{path}.metric"),
                not_one_of(word, &Metric::ALL.map(|(_, word)| word)),
            );
            None
        })
    });
    let by_hand_agreement = draft.agreement.as_deref().and_then(|word| {
        Agreement::parse(word).or_else(|| {
            found.add(
                format!("{path}.agreement"),
                not_one_of(word, &Agreement::ALL.map(|(_, word)| word)),
            );
            None
        })
    });
    if draft.metric.is_some() || draft.agreement.is_some() {
        return (by_hand_metric, by_hand_agreement);
    }
    let recognized = metric::recognize(label);
    match (role, recognized) {
        (Some(FieldRole::LicenseMetric), Some(meaning)) => meaning,
        (Some(FieldRole::LicenseMetric), None) => {
            let metrics = Metric::ALL.map(|(_, word)| word).join(", ");
            let message = format!(
                "it is not known how {label:?} counts seats: give it a metric, one of {metrics}, \
                 or the field the role null"
            );
            found.add(path, message);
            (None, None)
        }
        (Some(FieldRole::Agreement), Some((_, Some(agreement)))) => (None, Some(agreement)),
        (Some(FieldRole::Agreement), _) => {
            let agreements = Agreement::ALL.map(|(_, word)| word).join(", ");
            let message = format!(
                "it is not known on what terms {label:?} is owned: give it an agreement, one of {agreements}, \
                 or the field the role null"
            );
            found.add(path, message);
            (None, None)
        }
        _ => (None, None),
    }
}

fn not_one_of(word: &str, known: &[&str]) -> String {
    let given: String = word.chars().take(40).collect();
    format!("{given:?} is unknown: use one of {}", known.join(", "))
}

fn hint_of(path: &str, hint: Option<&str>, found: &mut Violations) -> Option<String> {
    let hint = hint.filter(|hint| !hint.trim().is_empty())?;
    found.keep(path, text::line(hint, text::LINE_LENGTH_MAX))
}

fn set_default(
    path: &str,
    field: &mut Field,
    default: Option<&serde_json::Value>,
    currency: Currency,
    found: &mut Violations,
) {
    let Some(default) = default else { return };
    if field.kind == FieldKind::Password {
        found.add(path, "a secret has no default");
        return;
    }
    match value::parse(field, default, currency) {
        Ok(value) => field.default = value,
        Err(unfit) => found.add(path, unfit),
    }
}
