//! Which column means what.

use domain::{
    asset_type::{AssetType, Field, FieldKind},
    text,
};

use super::FileError;

/// Columns of our own exports that are told by the ledger and can't be set.
const TOLD: [&str; 18] = [
    "type_id",
    "type",
    "company_id",
    "name",
    "archived",
    "version",
    "created_at",
    "updated_at",
    "owned",
    "in_use",
    "in_force",
    "pool_short",
    "pool_spare",
    "pool_status",
    "term_ends",
    "deadline",
    "days_left",
    "entry",
];

/// What the cells of a column are.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    Company,
    Tags,
    ExternalId,
    AssetId,
    Field(Box<Field>),
    /// Passed over.
    Nothing,
}

/// A column as the file names it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) meaning: Meaning,
}

/// The columns and what to say about them.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    pub(super) warnings: Vec<String>,
}

impl Columns {
    pub(super) fn of<'a>(
        names: impl Iterator<Item = &'a str>,
        asset_type: &AssetType,
    ) -> Result<Self, FileError> {
        let column = |name: &str| Column {
            name: name.trim().to_owned(),
            meaning: meaning(name, asset_type),
        };
        let all: Vec<Column> = names.map(column).collect();
        each_once(&all)?;
        let columns = Self {
            warnings: warnings(&all, asset_type),
            all,
        };
        columns.check(asset_type)?;
        Ok(columns)
    }

    fn has(&self, wanted: impl Fn(&Meaning) -> bool) -> bool {
        self.all.iter().any(|column| wanted(&column.meaning))
    }

    /// What no row could do without.
    fn check(&self, asset_type: &AssetType) -> Result<(), FileError> {
        let changes_only = self.has(|meaning| matches!(meaning, Meaning::AssetId));
        if !changes_only && !self.has(|meaning| matches!(meaning, Meaning::Company)) {
            let names: Vec<&str> = self.all.iter().map(|column| column.name.as_str()).collect();
            return Err(FileError::NoCompany(names.join(", ")));
        }
        if !self.has(|meaning| matches!(meaning, Meaning::Field(_))) {
            let fields: Vec<&str> = asset_type
                .live_fields()
                .map(|field| field.name.as_str())
                .collect();
            return Err(FileError::NoFields {
                asset_type: asset_type.name.clone(),
                fields: fields.join(", "),
            });
        }
        let changes = changes_only || self.has(|meaning| matches!(meaning, Meaning::ExternalId));
        let missing = asset_type.live_fields().find(|field| {
            field.required
                && field.default.is_none()
                && !self
                    .has(|meaning| matches!(meaning, Meaning::Field(own) if own.key == field.key))
        });
        match missing {
            Some(field) if !changes => Err(FileError::NoRequired(field.name.clone())),
            _ => Ok(()),
        }
    }
}

/// What a column of this name means. A field that is called as one of ours is `field.<key>`, as exports have it.
fn meaning(name: &str, asset_type: &AssetType) -> Meaning {
    let by_key = |key: &str| {
        let mut fields = asset_type.live_fields();
        let found =
            fields.find(|field| field.key.as_str() == key || text::snake_case(&field.name) == key);
        found.map(|field| Meaning::Field(Box::new(field.clone())))
    };
    let key = text::snake_case(name);
    if let Some(rest) = name.trim().to_lowercase().strip_prefix("field.") {
        return by_key(&text::snake_case(rest)).unwrap_or(Meaning::Nothing);
    }
    match key.as_str() {
        "company" => Meaning::Company,
        "tags" => Meaning::Tags,
        "external_id" => Meaning::ExternalId,
        "asset_id" => Meaning::AssetId,
        key => by_key(key).unwrap_or(Meaning::Nothing),
    }
}

fn each_once(all: &[Column]) -> Result<(), FileError> {
    let same = |one: &Meaning, other: &Meaning| match (one, other) {
        (Meaning::Field(one), Meaning::Field(other)) => one.key == other.key,
        (Meaning::Nothing, _) => false,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    };
    for (at, second) in all.iter().enumerate() {
        let first = all[..at]
            .iter()
            .find(|first| same(&first.meaning, &second.meaning));
        if let Some(first) = first {
            return Err(FileError::SameTwice {
                first: first.name.clone(),
                second: second.name.clone(),
            });
        }
    }
    Ok(())
}

fn warnings(all: &[Column], asset_type: &AssetType) -> Vec<String> {
    let unknown: Vec<String> = all
        .iter()
        .filter(|column| matches!(column.meaning, Meaning::Nothing) && !column.name.is_empty())
        .filter(|column| !TOLD.contains(&text::snake_case(&column.name).as_str()))
        .map(|column| format!("{:?}", column.name))
        .collect();
    let mut warnings = Vec::new();
    if !unknown.is_empty() {
        warnings.push(format!(
            "passed over, since {:?} has no such fields: {}",
            asset_type.name,
            unknown.join(", ")
        ));
    }
    let secret = all.iter().find(|column| {
        matches!(&column.meaning, Meaning::Field(field) if field.kind == FieldKind::Password)
    });
    if let Some(column) = secret {
        warnings.push(format!(
            "the column {:?} holds secrets: delete the file once it is imported",
            column.name
        ));
    }
    warnings
}
