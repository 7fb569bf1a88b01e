use domain::Event;
use sha2::{Digest, Sha256};

use crate::{
    alerts, catalog, compliance, expiry, holdings, register, rows::Table, seats, tags, trail,
};

/// A read model: one question, answered by the tables of one schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// Types, companies, assets, documents and the policy.
    Register,
    /// License days and pool days.
    Compliance,
    /// Ends and deadlines.
    Expiry,
    /// Tags.
    Tags,
    /// What is held of a license: purchases, assignments, allocations, keys and decided renewals.
    Holdings,
    /// The products of the account's catalog.
    Catalog,
    /// Alerts, the integrations that are told of them, and calendar feeds.
    Alerts,
    /// The history of seats.
    Seats,
    /// The audit trail.
    Trail,
}

/// Raised by a release that makes other rows of the same events, or other tables. A model built under a higher
/// version is a newer release's and is left alone; under a lower one, or another structure, it is built anew.
const VERSION: u32 = 3;

/// Which structure the tables of a model have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Structure {
    version: u32,
    hash: String,
}

/// A model's tables, live or being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// What queries read.
    Live,
    /// What a rebuild fills.
    Next,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Register,
        Self::Compliance,
        Self::Expiry,
        Self::Tags,
        Self::Holdings,
        Self::Catalog,
        Self::Alerts,
        Self::Seats,
        Self::Trail,
    ];

    /// Its name, which is also its schema's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Compliance => "compliance",
            Self::Expiry => "expiry",
            Self::Tags => "tags",
            Self::Holdings => "holdings",
            Self::Catalog => "catalog",
            Self::Alerts => "alerts",
            Self::Seats => "seats",
            Self::Trail => "trail",
        }
    }

    /// The model of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    pub(crate) fn schema(self, generation: Generation) -> String {
        match generation {
            Generation::Live => self.name().to_owned(),
            Generation::Next => format!("{}_next", self.name()),
        }
    }

    pub(crate) fn tables(self) -> &'static [&'static Table] {
        match self {
            Self::Register => register::TABLES,
            Self::Compliance => compliance::TABLES,
            Self::Expiry => expiry::TABLES,
            Self::Tags => tags::TABLES,
            Self::Holdings => holdings::TABLES,
            Self::Catalog => catalog::TABLES,
            Self::Alerts => alerts::TABLES,
            Self::Seats => seats::TABLES,
            Self::Trail => trail::TABLES,
        }
    }

    /// Builds the empty tables, walls included, in the schema of [`Generation::Next`].
    pub(crate) fn table_sql(self) -> String {
        let schema = self.schema(Generation::Next);
        let mut sql = include_str!("schema.sql").replace("{schema}", &schema);
        sql.push_str(match self {
            Self::Register => include_str!("register/table.sql"),
            Self::Compliance => include_str!("compliance/table.sql"),
            Self::Expiry => include_str!("expiry/table.sql"),
            Self::Tags => include_str!("tags/table.sql"),
            Self::Holdings => include_str!("holdings/table.sql"),
            Self::Catalog => include_str!("catalog/table.sql"),
            Self::Alerts => include_str!("alerts/table.sql"),
            Self::Seats => include_str!("seats/table.sql"),
            Self::Trail => include_str!("trail/table.sql"),
        });
        for table in self.tables() {
            let name = format!("{schema}.{}", table.name);
            sql.push_str(&include_str!("guard.sql").replace("{table}", &name));
        }
        sql
    }

    /// What is added once the rows are there: keys and indexes, one statement a line.
    pub(crate) const fn index_sql(self) -> &'static str {
        match self {
            Self::Register => include_str!("register/index.sql"),
            Self::Compliance => include_str!("compliance/index.sql"),
            Self::Expiry => include_str!("expiry/index.sql"),
            Self::Tags => include_str!("tags/index.sql"),
            Self::Holdings => include_str!("holdings/index.sql"),
            Self::Catalog => include_str!("catalog/index.sql"),
            Self::Alerts => include_str!("alerts/index.sql"),
            Self::Seats => include_str!("seats/index.sql"),
            Self::Trail => include_str!("trail/index.sql"),
        }
    }

    pub(crate) fn structure(self) -> Structure {
        let mut hash = Sha256::new();
        hash.update(self.table_sql());
        hash.update(self.index_sql());
        let hash = hash.finalize();
        let hash = hash
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Structure {
            version: VERSION,
            hash,
        }
    }

    /// Whether an event of an asset may change the rows that the model derives from the asset. What is not
    /// certain does: rows are written only where they differ.
    pub(crate) fn follows(self, event: &Event) -> bool {
        match self {
            Self::Register => true,
            Self::Compliance => compliance::follows(event),
            Self::Expiry => expiry::follows(event),
            Self::Tags => tags::follows(event),
            Self::Holdings => holdings::follows(event),
            Self::Catalog | Self::Alerts | Self::Seats | Self::Trail => false,
        }
    }
}

impl std::fmt::Display for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Structure {
    pub(crate) fn parse(stored: &str) -> Option<Self> {
        let (version, hash) = stored.split_once(':')?;
        Some(Self {
            version: version.parse().ok()?,
            hash: hash.to_owned(),
        })
    }

    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        self.version > other.version
    }
}

impl std::fmt::Display for Structure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.version, self.hash)
    }
}
