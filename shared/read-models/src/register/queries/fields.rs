//! Filters over the fields that tenants have given their types.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::assets::Parameters;
use crate::{
    query::parameter,
    register::terms::{self, mark},
};

/// What a field's value must be. A secret is set or empty; nothing else can be asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldFilter {
    /// The field's key.
    pub field: String,
    /// What its values are compared as.
    pub kind: ValueKind,
    /// Whether it changes from day to day: seats, ends and costs do.
    pub dated: bool,
    /// What is asked.
    pub test: FieldTest,
}

/// What values are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Letters, whatever their case.
    Text,
    /// Several texts.
    Labels,
    /// A number, or an amount of money.
    Number,
    /// A day.
    Day,
    /// Yes or no.
    Boolean,
    /// Not compared.
    Secret,
}

/// What can be asked of a field's value. Numbers are in writing, without trailing zeros.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldTest {
    /// It, or one of its labels, is one of these, whatever the case.
    AnyOf(Vec<String>),
    /// Neither it nor one of its labels is one of these; having none is fine too.
    NoneOf(Vec<String>),
    /// It holds one of these, whatever the case.
    Contains(Vec<String>),
    /// It is this or more.
    AtLeast(Bound),
    /// It is this or less.
    AtMost(Bound),
    /// Whether there is none.
    Empty(bool),
}

/// Where a range begins or ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// In writing.
    Number(String),
    /// The day itself included.
    Day(NaiveDate),
}

/// The expressions of a field's value in SQL.
pub(super) struct Value {
    json: String,
    pub(super) text: String,
    pub(super) number: String,
}

impl Value {
    /// `field` is a parameter that holds the field's key.
    pub(super) fn of(field: &str, dated: bool) -> Self {
        let json = match dated {
            true => format!("coalesce(d.dated -> {field}, a.values -> {field})"),
            false => format!("(a.values -> {field})"),
        };
        let text = format!("({json} #>> '{{}}')");
        // Fractions and amounts are texts, so that nothing rounds them. Another type may have a field of this name
        // that is no number.
        let number = format!(
            "case jsonb_typeof({json}) when 'number' then ({json})::numeric when 'object' then ({json} ->> 'amount')::numeric \
             when 'string' then case when {text} ~ '^-?[0-9]+([.][0-9]+)?$' then {text}::numeric end end"
        );
        Self { json, text, number }
    }
}

impl FieldFilter {
    /// Whether an asset's terms tell.
    pub(super) fn is_by_terms(&self) -> bool {
        !self.dated && matches!(self.test, FieldTest::AnyOf(_) | FieldTest::NoneOf(_))
    }

    /// The terms one of which an asset must have.
    pub(super) fn terms(&self) -> Option<Vec<String>> {
        match &self.test {
            FieldTest::AnyOf(values) if !self.dated => Some(self.of_values(values)),
            _ => None,
        }
    }

    fn of_values(&self, values: &[String]) -> Vec<String> {
        let values = values.iter();
        values
            .map(|value| terms::of_value(&self.field, value))
            .collect()
    }

    fn marked(&self, tenant: Uuid, values: &[String]) -> Vec<String> {
        let mark = mark(tenant);
        let terms = self.of_values(values).into_iter();
        terms.map(|term| format!("{mark}{term}")).collect()
    }

    /// The condition on an asset.
    pub(super) fn sql(&self, tenant: Uuid, parameters: &mut Parameters) -> String {
        let key = parameters.bind(parameter(self.field.clone()), "text");
        let Value { json, text, number } = Value::of(&key, self.dated);
        match &self.test {
            FieldTest::AnyOf(values) if !self.dated => {
                let terms = parameters.bind(parameter(self.marked(tenant, values)), "text[]");
                // The key is said as well, since each parameter must be used.
                format!("({key} is not null and t.terms && {terms})")
            }
            FieldTest::NoneOf(values) if !self.dated => {
                let terms = parameters.bind(parameter(self.marked(tenant, values)), "text[]");
                format!("({key} is not null and not t.terms && {terms})")
            }
            FieldTest::AnyOf(values) if self.kind == ValueKind::Number => {
                let values = parameters.bind(parameter(values.clone()), "text[]");
                format!("{number} = any ({values}::numeric[])")
            }
            FieldTest::NoneOf(values) if self.kind == ValueKind::Number => {
                let values = parameters.bind(parameter(values.clone()), "text[]");
                format!("coalesce({number} <> all ({values}::numeric[]), true)")
            }
            FieldTest::AnyOf(values) => {
                let values = parameters.bind(parameter(lower(values)), "text[]");
                format!("lower({text}) = any ({values})")
            }
            FieldTest::NoneOf(values) => {
                let values = parameters.bind(parameter(lower(values)), "text[]");
                format!("coalesce(lower({text}) <> all ({values}), true)")
            }
            FieldTest::Contains(values) => {
                let values = parameters.bind(parameter(lower(values)), "text[]");
                let holds = |text: &str| {
                    format!(
                        "exists (select from unnest({values}) as given (part) where strpos(lower({text}), given.part) > 0)"
                    )
                };
                match self.kind {
                    ValueKind::Labels => format!(
                        "exists (select from jsonb_array_elements_text(case jsonb_typeof({json}) when 'array' then {json} \
                         else jsonb_build_array({json}) end) as has (label) where {})",
                        holds("has.label")
                    ),
                    _ => holds(&text),
                }
            }
            FieldTest::AtLeast(bound) => ranged(&text, &number, ">=", bound, parameters),
            FieldTest::AtMost(bound) => ranged(&text, &number, "<=", bound, parameters),
            FieldTest::Empty(empty) => {
                let empty = parameters.bind(parameter(*empty), "boolean");
                format!("(coalesce({json}, 'null') in ('null', '\"\"', '[]')) = {empty}")
            }
        }
    }
}

fn ranged(
    text: &str,
    number: &str,
    comparison: &str,
    bound: &Bound,
    parameters: &mut Parameters,
) -> String {
    match bound {
        Bound::Number(bound) => {
            let bound = parameters.bind(parameter(bound.clone()), "text");
            format!("{number} {comparison} {bound}::numeric")
        }
        // Days, as ISO writes them, sort like texts.
        Bound::Day(day) => {
            let bound = parameters.bind(parameter(day.to_string()), "text");
            format!(
                "case when {text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' then {text} collate \"C\" {comparison} {bound} end"
            )
        }
    }
}

fn lower(values: &[String]) -> Vec<String> {
    values.iter().map(|value| value.to_lowercase()).collect()
}
