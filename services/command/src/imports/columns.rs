//! Which column means what.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    FieldError,
    asset_type::{AssetType, Field, FieldKind, FieldRole},
    text,
};

use super::{FileError, Record};

/// Our names by the columns' own: what a caller says, and what was made of it.
pub type Mapping = BTreeMap<String, String>;

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

/// What other systems call whose a thing is.
const COMPANY_NAMES: [&str; 6] = [
    "company_name",
    "client",
    "client_name",
    "customer",
    "organization",
    "organisation",
];

/// By which columns a license list of Snipe-IT is told: one of each line.
const SNIPE_IT: [&[&str]; 3] = [
    &["item_name", "software_name", "license_name", "name"],
    &["seats", "total"],
    &["serial_number", "serial", "product_key", "order_number"],
];

/// What Snipe-IT calls things by names that we do not read without knowing where they come from.
const SNIPE_IT_NAMES: [(&str, FieldRole); 4] = [
    ("item_name", FieldRole::Product),
    ("name", FieldRole::Product),
    ("total", FieldRole::TotalSeats),
    ("serial", FieldRole::LicenseKey),
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
pub struct Columns {
    pub(super) all: Vec<Column>,
    /// What the caller should know, though nothing is wrong.
    pub warnings: Vec<String>,
    /// Where the file comes from, if its columns tell.
    pub preset: Option<&'static str>,
}

impl Columns {
    /// Reads the columns' names; `mapping` says of some of our names which column they stand in. With a company
    /// for all rows, no column needs to name one.
    ///
    /// # Errors
    /// If no row of the file could be an asset of the type, or the mapping does not fit.
    pub fn of(
        names: &[String],
        asset_type: &AssetType,
        mapping: &Mapping,
        has_company: bool,
    ) -> Result<Self, FileError> {
        let said = said(names, asset_type, mapping)?;
        let taken: BTreeSet<String> = mapping.keys().cloned().collect();
        let column = |(place, name): (usize, &String)| {
            let meaning = said.get(&place).cloned().unwrap_or_else(|| {
                let meaning = meaning(name, asset_type);
                match meaning.key() {
                    Some(key) if taken.contains(&key) => Meaning::Nothing,
                    Some(_) if meaning.is_field() && is_ours(name, names) => Meaning::Nothing,
                    _ => meaning,
                }
            });
            Column {
                name: name.trim().to_owned(),
                meaning,
            }
        };
        let mut all: Vec<Column> = names.iter().enumerate().map(column).collect();
        let preset = is_of_snipe_it(names).then_some("snipe-it");
        guess(&mut all, asset_type, preset.is_some());
        each_once(&all)?;
        let columns = Self {
            warnings: warnings(&all, asset_type),
            all,
            preset,
        };
        columns.check(asset_type, has_company)?;
        Ok(columns)
    }

    /// What was made of the columns.
    #[must_use]
    pub fn mapping(&self) -> Mapping {
        let pair = |column: &Column| Some((column.meaning.key()?, column.name.clone()));
        self.all.iter().filter_map(pair).collect()
    }

    /// The columns that are passed over.
    #[must_use]
    pub fn ignored(&self) -> Vec<String> {
        self.all
            .iter()
            .filter(|column| matches!(column.meaning, Meaning::Nothing) && !column.name.is_empty())
            .map(|column| column.name.clone())
            .collect()
    }

    /// Whether some column holds secrets.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.has(
            |meaning| matches!(meaning, Meaning::Field(field) if field.kind == FieldKind::Password),
        )
    }

    /// Takes out of a row what no column means anything by: it is not kept, whatever it is.
    pub fn strip(&self, record: &mut Record) {
        for (column, cell) in self.all.iter().zip(&mut record.cells) {
            if matches!(column.meaning, Meaning::Nothing) {
                cell.clear();
            }
        }
        let all = &self.all;
        let means = |place: &usize| {
            let column = all.get(*place);
            column.is_some_and(|column| !matches!(column.meaning, Meaning::Nothing))
        };
        record.faults.retain(|(place, _)| means(place));
    }

    fn has(&self, wanted: impl Fn(&Meaning) -> bool) -> bool {
        self.all.iter().any(|column| wanted(&column.meaning))
    }

    /// What no row could do without.
    fn check(&self, asset_type: &AssetType, has_company: bool) -> Result<(), FileError> {
        let changes_only = self.has(|meaning| matches!(meaning, Meaning::AssetId));
        let says_whose =
            has_company || changes_only || self.has(|meaning| matches!(meaning, Meaning::Company));
        if !says_whose {
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

impl Meaning {
    fn is_field(&self) -> bool {
        matches!(self, Self::Field(_))
    }

    /// Our name of it.
    fn key(&self) -> Option<String> {
        Some(match self {
            Self::Company => "company".to_owned(),
            Self::Tags => "tags".to_owned(),
            Self::ExternalId => "external_id".to_owned(),
            Self::AssetId => "asset_id".to_owned(),
            Self::Field(field) => match field.key.as_str() {
                // A field that is called as one of ours.
                own @ ("company" | "tags" | "external_id" | "asset_id") => format!("field.{own}"),
                key => key.to_owned(),
            },
            Self::Nothing => return None,
        })
    }
}

/// What the caller's mapping says, by the columns' places.
fn said(
    names: &[String],
    asset_type: &AssetType,
    mapping: &Mapping,
) -> Result<BTreeMap<usize, Meaning>, FileError> {
    let (mut said, mut errors) = (BTreeMap::new(), Vec::new());
    for (key, header) in mapping {
        let mut wrong = |message: String| {
            errors.push(FieldError {
                field: format!("mapping.{key}"),
                message,
            });
        };
        let meaning = meaning(key, asset_type);
        if meaning.key().is_none() {
            wrong(format!(
                "is no field of {:?}, nor company, tags, external_id or asset_id",
                asset_type.name
            ));
            continue;
        }
        let same =
            |name: &&String| text::normalized(name.as_str()) == text::normalized(header.as_str());
        match names.iter().position(|name| same(&name)) {
            None => wrong(format!(
                "names the column {header:?}, which the file has not"
            )),
            Some(place) if said.insert(place, meaning).is_some() => {
                wrong(format!("names the column {header:?}, as another does"));
            }
            Some(_) => {}
        }
    }
    if errors.is_empty() {
        Ok(said)
    } else {
        Err(FileError::Mapping(errors))
    }
}

/// Whether a column that is called as a field is one of our own: our exports have the field's as `field.<key>` then.
fn is_ours(name: &str, names: &[String]) -> bool {
    let of_field = format!("field.{}", text::snake_case(name));
    !name.trim().to_lowercase().starts_with("field.") && names.contains(&of_field)
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

/// Gives what no column means by its own name to the first column whose name suggests it.
fn guess(all: &mut [Column], asset_type: &AssetType, of_snipe_it: bool) {
    let mut taken: BTreeSet<String> = all.iter().filter_map(|one| one.meaning.key()).collect();
    for column in all.iter_mut() {
        let key = text::snake_case(&column.name);
        if !matches!(column.meaning, Meaning::Nothing)
            || TOLD.contains(&key.as_str()) && !of_snipe_it
        {
            continue;
        }
        let known = SNIPE_IT_NAMES
            .iter()
            .find(|(name, _)| of_snipe_it && *name == key)
            .map(|(_, role)| *role);
        let suggested = |field: &&Field| {
            field.role.is_some_and(|role| {
                Some(role) == known
                    || role.as_str() == key
                    || FieldRole::infer(&column.name, field.kind.name()) == Some(role)
            })
        };
        let meaning = match asset_type.live_fields().find(suggested) {
            Some(field) => Meaning::Field(Box::new(field.clone())),
            None if COMPANY_NAMES.contains(&key.as_str()) => Meaning::Company,
            None => continue,
        };
        if meaning.key().is_some_and(|key| taken.insert(key)) {
            column.meaning = meaning;
        }
    }
}

fn is_of_snipe_it(names: &[String]) -> bool {
    let keys: BTreeSet<String> = names.iter().map(|name| text::snake_case(name)).collect();
    SNIPE_IT
        .iter()
        .all(|line| line.iter().any(|name| keys.contains(*name)))
        && (keys.contains("manufacturer") || keys.contains("purchase_cost"))
}

fn each_once(all: &[Column]) -> Result<(), FileError> {
    for (at, second) in all.iter().enumerate() {
        let Some(key) = second.meaning.key() else {
            continue;
        };
        let first = all[..at]
            .iter()
            .find(|first| first.meaning.key().as_ref() == Some(&key));
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
