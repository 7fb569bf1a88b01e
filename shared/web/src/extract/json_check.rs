//! What JSON allows and we don't: a key twice, a NUL, nesting without end.
//!
//! serde's types notice none of it (a map keeps the last of two equal keys), and Postgres refuses a NUL
//! only once the fact is to be written.

use std::{cell::RefCell, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The deepest nesting of arrays and objects in a body. Ours need 5; the stack holds hundreds.
pub const MAX_JSON_DEPTH: usize = 32;

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) path: String,
    pub(super) message: String,
}

/// Reads the whole body once, keeping nothing.
pub(super) fn check(bytes: &[u8]) -> Result<(), Flaw> {
    let path = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Value {
        path: &path,
        depth: 0,
    }
    .deserialize(&mut deserializer)
    .and_then(|()| deserializer.end())
    .map_err(|error| Flaw {
        path: spell(&path.borrow()),
        message: error.to_string(),
    })
}

/// One step into a value.
enum Step {
    Key(String),
    Index(usize),
}

/// `fields[3].kind`; the whole body is `.`, as everywhere else.
fn spell(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => {
                path.push('.');
                path.push_str(key);
            }
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    if path.is_empty() {
        ".".to_owned()
    } else {
        path
    }
}

/// A value at `path`. The path is left where the reading stopped.
struct Value<'a> {
    path: &'a RefCell<Vec<Step>>,
    depth: usize,
}

impl<'a> Value<'a> {
    fn enter(&self, step: Step) -> Value<'a> {
        self.path.borrow_mut().push(step);
        Value {
            path: self.path,
            depth: self.depth + 1,
        }
    }

    fn leave(&self) {
        self.path.borrow_mut().pop();
    }

    fn check_depth<E: Error>(&self) -> Result<(), E> {
        if self.depth < MAX_JSON_DEPTH {
            Ok(())
        } else {
            Err(E::custom(format!(
                "is nested deeper than {MAX_JSON_DEPTH} levels"
            )))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            return Err(E::custom("holds a NUL character"));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.check_depth()?;
        for index in 0.. {
            if items
                .next_element_seed(self.enter(Step::Index(index)))?
                .is_none()
            {
                self.leave();
                break;
            }
            self.leave();
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.check_depth()?;
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = self.enter(Step::Key(key.replace('\0', "\u{fffd}")));
            if key.contains('\0') {
                return Err(A::Error::custom("a key holds a NUL character"));
            }
            if !seen.insert(key) {
                return Err(A::Error::custom("the key stands here twice"));
            }
            entries.next_value_seed(value)?;
            self.leave();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_passes() {
        for body in [
            "null",
            "1e300",
            "-1",
            "18446744073709551615",
            r#""é\ud83d\ude00""#,
            "[]",
            r#"{"a":{"a":[1,{"a":2}]}}"#,
        ] {
            assert_eq!(check(body.as_bytes()), Ok(()), "{body}");
        }
    }

    #[test]
    fn flaws_are_named_with_their_place() {
        for (body, path, said) in [
            (r#"{"a":1,"b":2,"a":3}"#, "a", "twice"),
            (r#"{"a":[0,{"b":1,"b":1}]}"#, "a[1].b", "twice"),
            (r#"[["ok"],["x\u0000"]]"#, "[1][0]", "NUL"),
            (r#"{"a\u0000":1}"#, "a\u{fffd}", "NUL"),
            (r#"{"a":1e999}"#, "a", "out of range"),
            (r#"{"a":NaN}"#, "a", "expected"),
            (r#"{"a":"\udc00"}"#, "a", "surrogate"),
            ("{\"a\":\"\u{1}\"}", "a", "control character"),
            ("[1,]", "[1]", "trailing comma"),
            ("nonsense", ".", "expected"),
        ] {
            let flaw = check(body.as_bytes()).unwrap_err();
            assert_eq!(flaw.path, path, "{body}: {flaw:?}");
            assert!(flaw.message.contains(said), "{body}: {flaw:?}");
        }
        assert!(check(b"\"\xff\"").is_err());
    }

    #[test]
    fn nesting_ends_at_its_limit() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check(nested(MAX_JSON_DEPTH).as_bytes()), Ok(()));
        let flaw = check(nested(MAX_JSON_DEPTH + 1).as_bytes()).unwrap_err();
        assert!(flaw.message.contains("nested deeper"), "{flaw:?}");
        assert!(check("[".repeat(100_000).as_bytes()).is_err());
        let objects = r#"{"a":"#.repeat(100_000);
        assert!(check(objects.as_bytes()).is_err());
    }
}
