//! Filters over the fields that accounts have given their types, whose names are not known ahead.

use axum::extract::FromRequestParts;
use domain::calendar;
use http::{Uri, request::Parts};
use read_models::register::queries::{FieldFilter, FieldTest};
use web::{
    extract::Query,
    problem::{Kind, Problem},
};

use super::list::ListQuery;

/// Fields that can be asked about at once: each is looked at in every asset that the other filters leave.
const FIELDS_MAX: usize = 20;

/// What stands before the key of a field.
const PREFIX: &str = "field.";

/// A list's query together with its filters over fields, such as `field.vendor=Adobe` or `field.seats[gte]=5`.
pub(crate) struct Asked(pub(super) ListQuery);

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
        let Query(mut query) = Query::<ListQuery>::from_request_parts(parts, state).await?;
        query.fields = filters(fields)?;
        Ok(Self(query))
    }
}

/// One filter for each name: a repeated one is satisfied by any of its values.
fn filters(pairs: Vec<(String, String)>) -> Result<Vec<FieldFilter>, Problem> {
    let mut filters: Vec<FieldFilter> = Vec::new();
    for (name, value) in pairs {
        let refused = |message: &str| Problem::new(Kind::BadQuery).with_error(&name, message);
        let (field, test) = read(&name).ok_or_else(|| {
            refused("must be field.<key>, alone or with [contains], [gte], [lte] or [empty]")
        })?;
        let fits = match test {
            FieldTest::Equals => true,
            FieldTest::Contains => !value.is_empty(),
            FieldTest::Empty => ["true", "false"].contains(&value.as_str()),
            FieldTest::AtLeast | FieldTest::AtMost => {
                is_number(&value) || calendar::parse_date(&value).is_ok()
            }
        };
        if !fits {
            return Err(refused(match test {
                FieldTest::Empty => "must be true or false",
                FieldTest::AtLeast | FieldTest::AtMost => {
                    "must be a number or a day, such as 2027-01-31"
                }
                _ => "must not be empty",
            }));
        }
        let same = |filter: &&mut FieldFilter| filter.field == field && filter.test == test;
        if let Some(filter) = filters.iter_mut().find(same) {
            filter.values.push(value);
        } else if filters.len() < FIELDS_MAX {
            let field = field.to_owned();
            let values = vec![value];
            filters.push(FieldFilter {
                field,
                test,
                values,
            });
        } else {
            return Err(refused("too many fields are asked about at once"));
        }
    }
    Ok(filters)
}

/// The key and the test that a parameter's name tells.
fn read(name: &str) -> Option<(&str, FieldTest)> {
    let name = name.strip_prefix(PREFIX)?;
    let (key, test) = match name.strip_suffix(']') {
        None => (name, FieldTest::Equals),
        Some(name) => {
            let (key, word) = name.split_once('[')?;
            let test = match word {
                "contains" => FieldTest::Contains,
                "gte" => FieldTest::AtLeast,
                "lte" => FieldTest::AtMost,
                "empty" => FieldTest::Empty,
                _ => return None,
            };
            (key, test)
        }
    };
    // Keys come from names, which may be of any script.
    let is_key = |letter: char| letter.is_alphanumeric() || letter == '_';
    (!key.is_empty() && key.chars().all(is_key)).then_some((key, test))
}

/// Written as the database takes it for one.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        None => digits(text),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
    }
}
