//! Fields as they come in, made into fields of a type.

use std::collections::BTreeSet;

use super::{
    Agreement, Field, FieldDraft, FieldKey, FieldKind, FieldRole, KindName, Metric, OPTIONS_MAX,
    OptionDraft, SelectOption, metric,
};
use crate::{command::FieldAnswer, money::Currency, refusal::Violations, text, value};

/// Gathers the fields of a type one by one; each must fit the ones before it.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) fields: Vec<Field>,
    pub(super) answers: Vec<FieldAnswer>,
    pub(super) warnings: Vec<String>,
}

impl Builder {
    pub(super) fn add(
        &mut self,
        path: &str,
        draft: &FieldDraft,
        currency: Currency,
        found: &mut Violations,
    ) {
        let at = |part: &str| {
            if path.is_empty() {
                part.to_owned()
            } else {
                format!("{path}.{part}")
            }
        };
        let name = found.keep(&at("name"), text::line(&draft.name, text::NAME_LENGTH_MAX));
        let key = name
            .as_deref()
            .and_then(|name| self.key(&at("name"), name, found));
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

    /// The key of a new field, which no other has or had.
    fn key(&self, path: &str, name: &str, found: &mut Violations) -> Option<FieldKey> {
        let Some(key) = FieldKey::of_name(name) else {
            found.add(
                path,
                format!("{name:?} has no letter or digit to make a key of"),
            );
            return None;
        };
        if let Some(other) = self.fields.iter().find(|field| field.key == key) {
            let which = if other.retired {
                "a retired"
            } else {
                "another"
            };
            found.add(
                path,
                format!("{name:?} has the key {key}, which {which} field has already"),
            );
        }
        Some(key)
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

pub(super) fn role_named(
    path: &str,
    word: &str,
    kind: KindName,
    found: &mut Violations,
) -> Option<FieldRole> {
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
    pub(super) fn of(option: &SelectOption) -> Self {
        Self {
            label: option.label.clone(),
            metric: option.metric.map(|metric| metric.as_str().to_owned()),
            agreement: option
                .agreement
                .map(|agreement| agreement.as_str().to_owned()),
        }
    }
}

pub(super) fn options_of(
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

pub(super) fn hint_of(path: &str, hint: Option<&str>, found: &mut Violations) -> Option<String> {
    let hint = hint.filter(|hint| !hint.trim().is_empty())?;
    found.keep(path, text::line(hint, text::LINE_LENGTH_MAX))
}

pub(super) fn set_default(
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
