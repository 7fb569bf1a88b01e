//! Filters and orders over the fields that accounts have given their types, whose names are not known ahead.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use domain::calendar;
use http::{Uri, request::Parts};
use read_models::register::queries::{Bound, FieldFilter, FieldTest, ValueKind};
use rust_decimal::Decimal;
use web::{
    extract::Query,
    problem::{Kind, Problem},
};

use super::list::ListQuery;
use crate::asset_types::FieldInUse;

/// Fields that can be asked about at once: each is looked at in every asset that the other filters leave.
const FIELDS_MAX: usize = 20;

/// What stands before the key of a field.
pub(super) const PREFIX: &str = "field.";

/// Keys that a refusal lists.
const CHOICES_MAX: usize = 50;

/// Roles whose values change from day to day.
const DATED_ROLES: [&str; 5] = [
    "total_seats",
    "assigned_seats",
    "expiry_date",
    "annual_cost",
    "annual_price",
];

/// A list's query together with its filters over fields, such as `field.vendor=Adobe` or `field.seats[gte]=5`.
pub(crate) struct Asked {
    pub(super) query: ListQuery,
    pub(super) fields: Vec<AskedField>,
}

/// One filter as it was written.
#[derive(Debug)]
pub(super) struct AskedField {
    /// The whole name of the parameter.
    parameter: String,
    field: String,
    operator: Operator,
    value: String,
}

/// What is asked of a value, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Is,
    In,
    Not,
    Contains,
    AtLeast,
    AtMost,
    Empty,
}

/// What values of a field are compared as, and whether they change from day to day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadAs {
    pub(super) kind: ValueKind,
    pub(super) dated: bool,
}

impl Operator {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Is, ""),
        (Self::In, "[in]"),
        (Self::Not, "[not]"),
        (Self::Contains, "[contains]"),
        (Self::AtLeast, "[gte]"),
        (Self::AtMost, "[lte]"),
        (Self::Empty, "[empty]"),
    ];

    /// Those that fit a kind, and what the kind is called.
    const fn of(kind: ValueKind) -> (&'static [Self], &'static str) {
        use Operator::{AtLeast, AtMost, Contains, Empty, In, Is, Not};
        match kind {
            ValueKind::Text => (&[Is, In, Not, Contains, Empty], "a text"),
            ValueKind::Labels => (&[Is, In, Not, Contains, Empty], "a choice"),
            ValueKind::Number => (&[Is, In, Not, AtLeast, AtMost, Empty], "a number"),
            ValueKind::Day => (&[Is, In, Not, AtLeast, AtMost, Empty], "a day"),
            ValueKind::Boolean => (&[Is, Not, Empty], "yes or no"),
            ValueKind::Secret => (&[Empty], "a secret"),
        }
    }

    fn written(self) -> &'static str {
        let found = Self::ALL.iter().find(|(operator, _)| *operator == self);
        match found {
            Some((_, "")) | None => "=",
            Some((_, word)) => word,
        }
    }

    /// As people would list them.
    fn list(operators: &[Self]) -> String {
        let words: Vec<&str> = operators
            .iter()
            .map(|operator| operator.written())
            .collect();
        words.join(", ")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs): Query<Vec<(String, String)>> =
            Query::from_request_parts(parts, state).await?;
        let is_field = |(name, _): &(String, String)| name.starts_with(PREFIX);
        let (fields, others): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_field);
        if !fields.is_empty() {
            let others = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(others)
                .finish();
            parts.uri =
                Uri::try_from(format!("/?{others}")).map_err(|error| Problem::internal(&error))?;
        }
        let Query(query) = Query::<ListQuery>::from_request_parts(parts, state).await?;
        let fields = fields
            .into_iter()
            .map(AskedField::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self { query, fields })
    }
}

impl AskedField {
    fn parse((parameter, value): (String, String)) -> Result<Self, Problem> {
        let Some((field, operator)) = read(&parameter) else {
            let words: Vec<&str> = Operator::ALL
                .iter()
                .map(|(_, word)| *word)
                .skip(1)
                .collect();
            let message = format!(
                "must be field.<key>, alone or with one of {}",
                words.join(", ")
            );
            return Err(Problem::new(Kind::BadQuery).with_error(parameter, message));
        };
        let field = field.to_owned();
        Ok(Self {
            parameter,
            field,
            operator,
            value,
        })
    }

    fn refused(&self, message: impl Into<String>) -> Problem {
        Problem::new(Kind::BadQuery).with_error(&self.parameter, message.into())
    }

    /// What it asks of a field that is read so.
    fn test(&self, kind: ValueKind) -> Result<FieldTest, Problem> {
        let (fit, called) = Operator::of(kind);
        if !fit.contains(&self.operator) {
            return Err(self.refused(format!(
                "the field holds {called}, which is asked about with {}",
                Operator::list(fit)
            )));
        }
        let value = self.value.as_str();
        let one = |value: &str| self.value(kind, value);
        Ok(match self.operator {
            Operator::Is => FieldTest::AnyOf(vec![one(value)?]),
            Operator::In => FieldTest::AnyOf(value.split(',').map(one).collect::<Result<_, _>>()?),
            Operator::Not => FieldTest::NoneOf(vec![one(value)?]),
            Operator::Contains if value.is_empty() => return Err(self.refused("must not be empty")),
            Operator::Contains => FieldTest::Contains(vec![value.to_owned()]),
            Operator::AtLeast => FieldTest::AtLeast(self.bound(kind)?),
            Operator::AtMost => FieldTest::AtMost(self.bound(kind)?),
            Operator::Empty => match value {
                "true" => FieldTest::Empty(true),
                "false" => FieldTest::Empty(false),
                _ => return Err(self.refused("must be true or false")),
            },
        })
    }

    /// A value as it is compared.
    fn value(&self, kind: ValueKind, value: &str) -> Result<String, Problem> {
        match kind {
            ValueKind::Text | ValueKind::Labels | ValueKind::Secret => Ok(value.to_owned()),
            ValueKind::Number => {
                number(value).ok_or_else(|| self.refused("must be a number, such as 25 or 12.5"))
            }
            ValueKind::Day => calendar::parse_date(value)
                .map(|day| day.to_string())
                .map_err(|_| self.refused("must be a day, such as 2027-01-31")),
            ValueKind::Boolean => match value {
                "true" | "false" => Ok(value.to_owned()),
                _ => Err(self.refused("must be true or false")),
            },
        }
    }

    fn bound(&self, kind: ValueKind) -> Result<Bound, Problem> {
        match kind {
            ValueKind::Day => calendar::parse_date(&self.value)
                .map(Bound::Day)
                .map_err(|_| self.refused("must be a day, such as 2027-01-31")),
            _ => self.value(kind, &self.value).map(Bound::Number),
        }
    }
}

/// The filters, once the types tell what their fields hold. Of a repeated one any value does.
pub(super) fn filters(
    asked: &[AskedField],
    fields: &[FieldInUse],
) -> Result<Vec<FieldFilter>, Problem> {
    let mut filters: Vec<FieldFilter> = Vec::new();
    for one in asked {
        let readings = readings(fields, &one.field).map_err(|message| one.refused(message))?;
        let filter = filter(one, &readings)?;
        let same = |other: &FieldFilter| {
            other.field == filter.field
                && std::mem::discriminant(&other.test) == std::mem::discriminant(&filter.test)
        };
        if let Some(at) = filters.iter().position(same) {
            widen(&mut filters[at].test, filter.test);
        } else if filters.len() < FIELDS_MAX {
            filters.push(filter);
        } else {
            return Err(one.refused(format!(
                "at most {FIELDS_MAX} fields can be asked about at once"
            )));
        }
    }
    Ok(filters)
}

/// How a field is read; more than one way if types have different fields under one key. The message tells which
/// fields there are.
pub(super) fn readings(fields: &[FieldInUse], key: &str) -> Result<Vec<ReadAs>, String> {
    let mut readings: Vec<ReadAs> = Vec::new();
    for field in fields.iter().filter(|field| field.key == key) {
        let reading = ReadAs::of(field);
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    if !readings.is_empty() {
        return Ok(readings);
    }
    let keys: BTreeSet<&str> = fields.iter().map(|field| field.key.as_str()).collect();
    let more = if keys.len() > CHOICES_MAX {
        ", …"
    } else {
        ""
    };
    let keys: Vec<&str> = keys.into_iter().take(CHOICES_MAX).collect();
    Err(format!(
        "no type has this field; there are {}{more}",
        keys.join(", ")
    ))
}

/// The first reading that the filter fits; what is wrong is told by the first.
fn filter(asked: &AskedField, readings: &[ReadAs]) -> Result<FieldFilter, Problem> {
    let dated = readings.iter().any(|reading| reading.dated);
    let mut refused = None;
    for reading in readings {
        match asked.test(reading.kind) {
            Ok(test) => {
                return Ok(FieldFilter {
                    field: asked.field.clone(),
                    kind: reading.kind,
                    dated,
                    test,
                });
            }
            Err(problem) => refused = refused.or(Some(problem)),
        }
    }
    Err(refused.unwrap_or_else(|| asked.refused("no type has this field")))
}

fn widen(test: &mut FieldTest, more: FieldTest) {
    match (test, more) {
        (FieldTest::AnyOf(values), FieldTest::AnyOf(more))
        | (FieldTest::NoneOf(values), FieldTest::NoneOf(more))
        | (FieldTest::Contains(values), FieldTest::Contains(more)) => values.extend(more),
        (FieldTest::AtLeast(bound), FieldTest::AtLeast(more)) => {
            *bound = least(bound.clone(), more);
        }
        (FieldTest::AtMost(bound), FieldTest::AtMost(more)) => {
            let least = least(bound.clone(), more.clone());
            if *bound == least {
                *bound = more;
            }
        }
        (test, more) => *test = more,
    }
}

fn least(one: Bound, other: Bound) -> Bound {
    let is_less = match (&one, &other) {
        (Bound::Day(one), Bound::Day(other)) => one <= other,
        (Bound::Number(one), Bound::Number(other)) => {
            one.parse::<Decimal>().ok() <= other.parse::<Decimal>().ok()
        }
        _ => true,
    };
    if is_less { one } else { other }
}

impl ReadAs {
    fn of(field: &FieldInUse) -> Self {
        let kind = match field.kind.as_str() {
            "number" => ValueKind::Number,
            "date" => ValueKind::Day,
            "boolean" => ValueKind::Boolean,
            "select" | "multiselect" => ValueKind::Labels,
            "password" => ValueKind::Secret,
            _ => ValueKind::Text,
        };
        let role = field.role.as_deref();
        Self {
            kind,
            dated: role.is_some_and(|role| DATED_ROLES.contains(&role)),
        }
    }
}

/// The key and the operator that a parameter's name tells.
fn read(name: &str) -> Option<(&str, Operator)> {
    let name = name.strip_prefix(PREFIX)?;
    let at = name.find('[').unwrap_or(name.len());
    let (key, word) = name.split_at(at);
    let operator = Operator::ALL.iter().find(|(_, known)| *known == word)?.0;
    is_key(key).then_some((key, operator))
}

/// Keys come from names, which may be of any script.
pub(super) fn is_key(key: &str) -> bool {
    let letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    !key.is_empty() && key.chars().all(letter)
}

/// A number as the ledger writes it.
fn number(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let number: Decimal = text.parse().ok()?;
    text.bytes()
        .all(plain)
        .then(|| number.normalize().to_string())
}
