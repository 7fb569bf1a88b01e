//! What each row of a file asks of the ledger.

use std::collections::HashMap;

use domain::{
    FieldError, Violations,
    asset_type::{AssetType, FieldRole},
    ids::{AssetId, CompanyId},
    text,
};

use super::{
    Columns, Companies, FileError, Mapping, Options, Owner, Record, Row, RowError, Target,
    cells::Cells, identity::Identities,
};

/// What is asked by the rows of one file, to be given all of them in their order.
pub struct Plan<'a> {
    columns: Columns,
    identities: Identities,
    /// On which line each asset was named, so that no row undoes another's work.
    named: HashMap<String, u64>,
    asset_type: &'a AssetType,
    companies: &'a Companies,
    /// Whose rows are that name nobody.
    company: Option<CompanyId>,
    options: Options,
    secrets_were_set: bool,
}

impl<'a> Plan<'a> {
    /// Begins a file with these columns.
    ///
    /// # Errors
    /// If no row of it could be an asset of the type.
    pub fn new(
        names: &[String],
        mapping: &Mapping,
        asset_type: &'a AssetType,
        companies: &'a Companies,
        options: Options,
    ) -> Result<Self, FileError> {
        let company = match &options.company {
            None => None,
            Some(named) => Some(
                companies
                    .named(named)
                    .ok_or_else(|| FileError::UnknownCompany(named.clone()))?,
            ),
        };
        Ok(Self {
            columns: Columns::of(names, asset_type, mapping, company.is_some())?,
            identities: Identities::of(asset_type),
            named: HashMap::new(),
            asset_type,
            companies,
            company,
            options,
            secrets_were_set: false,
        })
    }

    /// What the columns mean.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The fields that tell a row's asset from others, beside company and type, if the row brings no id.
    #[must_use]
    pub fn identity(&self) -> &[String] {
        self.identities.keys()
    }

    /// What the user should know about the file, though nothing is wrong: complete once all rows are planned.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.columns.warnings.clone();
        if self.secrets_were_set {
            warnings.push(
                "secrets that say \"set\" come from an export and are left as they are".to_owned(),
            );
        }
        warnings
    }

    /// What a row asks.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn row(&mut self, record: &Record) -> Result<Row, RowError> {
        let line = record.line;
        if let Some(why) = &record.broken {
            return Err(RowError::whole(line, why.clone()));
        }
        let (expected, found) = (self.columns.all.len(), record.cells.len());
        let mut spare = record.cells.iter().skip(expected);
        if found < expected || !spare.all(|cell| cell.trim().is_empty()) {
            return Err(RowError::whole(
                line,
                format!(
                    "has {found} cells where there are {expected} columns: a cell that holds the mark between \
                     cells, or a line break, needs quotes"
                ),
            ));
        }
        let cells = Cells::of(&self.columns.all, record, &self.options);
        self.secrets_were_set |= cells.secret_is_set;
        let mut found = Violations::default();
        let target = self.target(&cells, line, &mut found);
        let owner = self.owner(&cells, &target, &mut found);
        let mut errors: Vec<FieldError> = cells.errors;
        if let Err(domain::Refusal::Invalid(more)) = found.check() {
            errors.extend(more);
        }
        let (Some(target), Some(owner), true) = (target, owner, errors.is_empty()) else {
            return Err(RowError { line, errors });
        };
        Ok(Row {
            line,
            owner,
            target,
            secrets: cells.secrets,
            asset_type: self.asset_type.id,
            product: self
                .asset_type
                .field_with(FieldRole::Product)
                .map(|field| field.key.to_string()),
            values: cells.values,
            tags: cells.tags,
        })
    }

    fn target(&mut self, cells: &Cells, line: u64, found: &mut Violations) -> Option<Target> {
        let (field, target) = match (cells.asset_id.as_str(), cells.external_id.as_str()) {
            ("", "") => {
                // Counted even if something else is wrong, so that the rows after it keep their ids.
                let known = match cells.company.as_str() {
                    "" => self.company,
                    name => self.companies.find(name),
                };
                let company = known.map_or_else(|| cells.company.clone(), |id| id.to_string());
                let alike = self.identities.next(&company, &cells.values);
                return Some(Target::Derived(alike));
            }
            ("", given) => {
                let given = found.keep("external_id", text::line(given, text::NAME_LENGTH_MAX))?;
                ("external_id", Target::External(given))
            }
            (given, _) => {
                let id = given.parse().map(AssetId);
                let id = found.keep("asset_id", id.map_err(|_| "is no id of an asset"))?;
                ("asset_id", Target::Asset(id))
            }
        };
        let name = match &target {
            Target::External(id) => format!("external {id}"),
            Target::Asset(id) => id.to_string(),
            // It is told apart by its count.
            Target::Derived(_) => return Some(target),
        };
        if let Some(first) = self.named.insert(name, line) {
            found.add(
                field,
                format!("is the same as on line {first}: one row for each asset"),
            );
            return None;
        }
        Some(target)
    }

    fn owner(
        &self,
        cells: &Cells,
        target: &Option<Target>,
        found: &mut Violations,
    ) -> Option<Owner> {
        if let Some(Target::Asset(_)) = target {
            return Some(Owner::Unchanged);
        }
        if cells.company.is_empty() {
            if let Some(company) = self.company {
                return Some(Owner::Known(company));
            }
            found.add("company", "is blank: every asset belongs to one");
            return None;
        }
        let name = found.keep("company", text::line(&cells.company, text::NAME_LENGTH_MAX))?;
        match self.companies.find(&name) {
            Some(known) => Some(Owner::Known(known)),
            None if self.options.create_companies => Some(Owner::New(name)),
            None => {
                found.add(
                    "company",
                    format!(
                        "is {name:?}, which is not known: add it first, or have the import create companies"
                    ),
                );
                None
            }
        }
    }
}
