//! The words by which enums go in JSON and in storage, kept once as a table of each enum's own.

/// The word of a value; every value stands in its table.
pub(crate) fn word_of<T: PartialEq>(all: &[(T, &'static str)], value: &T) -> &'static str {
    all.iter()
        .find(|(known, _)| known == value)
        .map_or("", |(_, word)| word)
}

/// The value that a word names.
pub(crate) fn named<T: Copy>(all: &[(T, &'static str)], word: &str) -> Option<T> {
    all.iter()
        .find(|(_, known)| *known == word)
        .map(|(value, _)| *value)
}

/// Gives enums the two ways between value and word, by their table `ALL`.
macro_rules! worded {
    ($($type:ty),*) => {$(
        impl $type {
            /// The word in JSON and in storage.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                $crate::words::word_of(&Self::ALL, &self)
            }

            /// The value that a word names.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                $crate::words::named(&Self::ALL, word)
            }
        }
    )*};
}
pub(crate) use worded;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        alert::{Cause, Cleared, Kind, TicketStanding},
        asset::{HolderKind, InUseSource, PricePer},
        asset_type::{Agreement, FieldRole, KindName, Metric, OverUse},
        compliance::{Standing, Status},
        integration::{IntegrationKind, Mode},
    };

    #[track_caller]
    fn tell_apart<T: Copy + PartialEq + std::fmt::Debug>(all: &[(T, &'static str)]) {
        let words: BTreeSet<_> = all.iter().map(|(_, word)| word).collect();
        assert_eq!(words.len(), all.len(), "{all:?}");
        for (value, word) in all {
            assert_eq!(word_of(all, value), *word);
            assert_eq!(named(all, word), Some(*value));
        }
        assert_eq!(named(all, "no such word"), None);
    }

    #[test]
    fn every_value_has_one_word_and_every_word_one_value() {
        tell_apart(&Metric::ALL);
        tell_apart(&Agreement::ALL);
        tell_apart(&KindName::ALL);
        tell_apart(&InUseSource::ALL);
        tell_apart(&HolderKind::ALL);
        tell_apart(&PricePer::ALL);
        tell_apart(&OverUse::ALL);
        tell_apart(&Standing::ALL);
        tell_apart(&Status::ALL);
        tell_apart(&Kind::ALL);
        tell_apart(&Cause::ALL);
        tell_apart(&Cleared::ALL);
        tell_apart(&TicketStanding::ALL);
        tell_apart(&IntegrationKind::ALL);
        tell_apart(&Mode::ALL);
        let roles: Vec<_> = FieldRole::all().map(|role| (role, role.as_str())).collect();
        tell_apart(&roles);
    }
}
