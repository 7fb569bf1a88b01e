//! The parameters after the question mark.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::{Kind, Problem};

/// The query parameters; a `Vec` takes a repeated one, and `Vec<(String, String)>` them all. With `#[serde(deny_unknown_fields)]` on `T` a
/// mistyped parameter is refused by its name instead of silently filtering nothing.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    if let Some((name, _)) = pairs.find(|(name, value)| name.contains('\0') || value.contains('\0'))
    {
        let name = name.replace('\0', "\u{fffd}");
        return Err(Problem::new(Kind::BadQuery).with_error(name, "must not hold a NUL character"));
    }
    let pairs = form_urlencoded::parse(query.as_bytes());
    let deserializer = serde_html_form::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        Problem::new(Kind::BadQuery).with_error(named(&path, &message), message)
    })
}

/// The parameter that an error is about. serde reports a missing, doubled or unknown one at the root,
/// with its name between backticks.
fn named(path: &str, message: &str) -> String {
    match message.split('`').nth(1) {
        Some(name) if path == "." || path == "?" => name.to_owned(),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filters {
        #[serde(default)]
        company: Vec<u32>,
        within_days: Option<u16>,
        q: Option<String>,
    }

    #[test]
    fn a_query_is_read_with_repeated_and_missing_parameters() {
        let filters: Filters = parse("company=1&company=2&q=a%20b%2Bc").unwrap();
        assert_eq!(filters.company, [1, 2]);
        assert_eq!(filters.q.as_deref(), Some("a b+c"));
        assert_eq!(filters.within_days, None);
        assert!(parse::<Filters>("").unwrap().company.is_empty());
    }

    #[test]
    fn a_query_whose_names_are_not_known_ahead_is_read_as_pairs() {
        let pairs: Vec<(String, String)> = parse("field.seats%5Bgte%5D=5&tag=a&tag=b").unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [("field.seats[gte]", "5"), ("tag", "a"), ("tag", "b")]
        );
    }

    #[test]
    fn what_is_wrong_with_a_query_is_said_with_the_name_of_the_parameter() {
        for (query, field, said) in [
            ("within_days=soon", "within_days", "invalid digit"),
            ("within_days=-1", "within_days", "invalid digit"),
            ("within_days=70000", "within_days", "too large"),
            ("company=1&company=x", "company", "invalid digit"),
            ("compani=1", "compani", "unknown field"),
            ("q=a&q=b", "q", ""),
            ("q=a%00b", "q", "NUL"),
        ] {
            let problem = parse::<Filters>(query).unwrap_err();
            assert_eq!(problem.kind(), Kind::BadQuery, "{query}");
            let error = &problem.errors()[0];
            assert!(error.field.starts_with(field), "{query}: {error:?}");
            assert!(error.message.contains(said), "{query}: {error:?}");
        }
    }
}
