//! How a domain type stands in JSON.

use std::{fmt::Display, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error};

/// A domain type that has a stored shape. What is read is checked while it is read, so that both ways are
/// total.
pub(crate) trait Wire: Sized {
    /// The stored shape.
    type Json: Serialize + DeserializeOwned;

    /// The stored shape of a value.
    fn to_json(&self) -> Self::Json;

    /// The value of a stored shape.
    fn from_json(json: Self::Json) -> Self;
}

/// A domain type that stands in JSON as one word or text.
pub(crate) trait Word: Sized {
    /// What is expected, for who reads the error.
    const EXPECTED: &'static str;

    /// The text.
    fn text(&self) -> impl Display + '_;

    /// The value that a text means.
    fn read(text: &str) -> Option<Self>;
}

/// The stored shape of a [`Word`].
pub(crate) struct Text<T>(T);

impl<T: Word> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.text())
    }
}

impl<'de, T: Word> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);
        impl<T: Word> serde::de::Visitor<'_> for Visitor<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(T::EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<T>, E> {
                let unread = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                T::read(text).map(Text).ok_or_else(unread)
            }
        }
        deserializer.deserialize_str(Visitor(PhantomData))
    }
}

impl<T: Word + Clone> Wire for T {
    type Json = Text<T>;

    fn to_json(&self) -> Text<T> {
        Text(self.clone())
    }

    fn from_json(json: Text<T>) -> Self {
        json.0
    }
}
