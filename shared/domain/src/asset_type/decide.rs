//! Making and changing asset types.

use super::{
    AssetType, FIELDS_MAX, Field, FieldKind, FieldRole, Template,
    builder::{Builder, hint_of, options_of, role_named, set_default},
};
use crate::{
    command::FieldAnswer,
    event::Event,
    money::Currency,
    refusal::{Refusal, Violations},
    text,
    value::Value,
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

pub(crate) fn rename(asset_type: &AssetType, name: &str, found: &mut Violations) -> Option<Event> {
    let to = found.keep("name", text::line(name, text::NAME_LENGTH_MAX))?;
    (to != asset_type.name).then(|| Event::AssetTypeRenamed {
        from: asset_type.name.clone(),
        to,
    })
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
        if let Some(had) = from
            .role
            .filter(|had| had.is_dated() && to.role != from.role)
        {
            // What assets have for it is kept by day, under the role: a plain field would show nothing of it.
            found.add(
                "role",
                format!(
                    "the values of {} are kept by day as {}, which a field can't lose: retire the field, and add \
                     another without the role",
                    from.key,
                    had.as_str()
                ),
            );
        }
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
