use crate::words::{named, word_of};

/// What happens when a person takes more seats of a license than are owned. What is counted elsewhere is a fact
/// and never refused, and so is a vendor's reduction below what is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverUse {
    /// It is recorded and shows in the position.
    #[default]
    Allow,
    /// It is recorded with by how many seats, and the caller is told.
    Warn,
    /// It is refused.
    Block,
}

impl OverUse {
    /// All of them with their words in JSON.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Allow, "allow"),
        (Self::Warn, "warn"),
        (Self::Block, "block"),
    ];

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        word_of(&Self::ALL, &self)
    }

    /// The one that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        named(&Self::ALL, word)
    }
}
