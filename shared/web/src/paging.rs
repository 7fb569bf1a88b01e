//! Lists, a page at a time.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};

/// Items of a page, unless the query says.
pub const DEFAULT_LIMIT: usize = 100;

/// Items of a page at most.
pub const MAX_LIMIT: usize = 1000;

/// Characters of a cursor at most. Its sort keys are a name and an id; whatever is longer is not ours.
const MAX_CURSOR_CHARS: usize = 4096;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order that was asked for.
    pub items: Vec<T>,
    /// To be sent as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<Cursor>,
}

/// How many items a page may have: 1 to [`MAX_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = u16, minimum = 1, maximum = 1000, default = 100)]
pub struct Limit(usize);

/// Where a page ended, and of which query. Opaque to clients. It grants nothing, since the query it
/// continues is authorized anew: so it is bound to its filters but not signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Cursor(String);

/// What a cursor belongs to: the route, its filters and its order, everything but `limit` and `cursor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filters([u8; 9]);

#[derive(Serialize, Deserialize)]
struct Content<K> {
    filters: String,
    keys: K,
}

impl<T> Page<T> {
    /// A page of rows that were fetched one beyond the limit (see [`Limit::and_one`]), which tells
    /// whether there is more. `keys` are what the next page's rows sort after.
    pub fn of<K: Serialize>(
        mut rows: Vec<T>,
        limit: Limit,
        filters: Filters,
        keys: impl FnOnce(&T) -> K,
    ) -> Self {
        let more = rows.len() > limit.0;
        rows.truncate(limit.0);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|last| Cursor::new(filters, &keys(last)));
        Self {
            items: rows,
            next_cursor,
        }
    }

    /// The same page of what each item becomes.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(map).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

impl Limit {
    /// Items of the page.
    #[must_use]
    pub fn get(self) -> usize {
        self.0
    }

    /// What to fetch: one more than the page holds, as SQL's `limit` wants it.
    #[must_use]
    pub fn and_one(self) -> i64 {
        i64::try_from(self.0 + 1).unwrap_or(i64::MAX)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .map(Self)
            .ok_or_else(|| {
                serde::de::Error::custom(format!("must be a whole number from 1 to {MAX_LIMIT}"))
            })
    }
}

impl Filters {
    /// The mark of a query: the name of its route and all that selects and orders its rows.
    pub fn of(route: &str, selection: &impl Serialize) -> Self {
        let selection = serde_json::to_vec(selection).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(route);
        hash.update([0]);
        hash.update(selection);
        let mut mark = [0; 9];
        mark.copy_from_slice(&hash.finalize()[..9]);
        Self(mark)
    }

    fn spell(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl Cursor {
    /// A cursor that goes on after the row with these sort keys.
    pub fn new(filters: Filters, keys: &impl Serialize) -> Self {
        let content = Content {
            filters: filters.spell(),
            keys,
        };
        let json = serde_json::to_vec(&content).unwrap_or_default();
        Self(BASE64_URL_SAFE_NO_PAD.encode(json))
    }

    /// The sort keys that it was made with.
    ///
    /// # Errors
    /// [`Kind::BadCursor`] if it is no cursor of ours, or of a query with other filters.
    pub fn keys<K: DeserializeOwned>(&self, filters: Filters) -> Result<K, Problem> {
        self.read(filters)
            .ok_or_else(|| Problem::new(Kind::BadCursor))
    }

    fn read<K: DeserializeOwned>(&self, filters: Filters) -> Option<K> {
        if self.0.len() > MAX_CURSOR_CHARS {
            return None;
        }
        let json = BASE64_URL_SAFE_NO_PAD.decode(&self.0).ok()?;
        let content: Content<K> = serde_json::from_slice(&json).ok()?;
        // A NUL, which Postgres would refuse, can only be made by hand.
        let by_hand = json.windows(6).any(|text| text == b"\\u0000");
        (content.filters == filters.spell() && !by_hand).then_some(content.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters() -> Filters {
        Filters::of("assets", &("contoso", "name"))
    }

    fn page(rows: usize, limit: usize) -> Page<usize> {
        Page::of((0..rows).collect(), Limit(limit), filters(), |last| *last)
    }

    #[test]
    fn a_page_has_a_cursor_if_there_is_more() {
        for (rows, limit, items, last) in [
            (0, 2, 0, None),
            (1, 2, 1, None),
            (2, 2, 2, None),
            (3, 2, 2, Some(1)),
        ] {
            let page = page(rows, limit);
            assert_eq!(page.items.len(), items);
            let keys = page
                .next_cursor
                .map(|cursor| cursor.keys::<usize>(filters()).unwrap());
            assert_eq!(keys, last);
        }
    }

    #[test]
    fn a_cursor_belongs_to_one_query() {
        let cursor = Cursor::new(filters(), &("Contoso", Some(7)));
        assert_eq!(
            cursor.keys::<(String, Option<i64>)>(filters()).unwrap(),
            ("Contoso".to_owned(), Some(7))
        );
        for other in [
            Filters::of("assets", &("contoso", "-name")),
            Filters::of("companies", &("contoso", "name")),
        ] {
            assert_eq!(
                cursor
                    .keys::<(String, Option<i64>)>(other)
                    .unwrap_err()
                    .kind(),
                Kind::BadCursor
            );
        }
        assert!(
            cursor.keys::<(i64, i64)>(filters()).is_err(),
            "keys of another form"
        );
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let by_hand = Cursor::new(filters(), &"a\0b");
        let long = Cursor::new(filters(), &"a".repeat(MAX_CURSOR_CHARS));
        let garbage = ["", "x", "????", "bnVsbA", "e30"].map(|text| Cursor(text.to_owned()));
        for cursor in garbage.into_iter().chain([by_hand, long]) {
            assert!(cursor.keys::<String>(filters()).is_err(), "{cursor:?}");
        }
    }

    #[test]
    fn a_limit_is_within_its_bounds() {
        #[derive(Deserialize)]
        struct Query {
            limit: Option<Limit>,
        }
        for (query, expected) in [
            ("", Some(DEFAULT_LIMIT)),
            ("limit=1", Some(1)),
            ("limit=1000", Some(1000)),
            ("limit=0", None),
            ("limit=1001", None),
            ("limit=-1", None),
            ("limit=1.5", None),
            ("limit=all", None),
        ] {
            let read: Result<Query, _> = serde_html_form::from_str(query);
            assert_eq!(
                read.ok().map(|query| query.limit.unwrap_or_default().get()),
                expected,
                "{query}"
            );
        }
    }
}
