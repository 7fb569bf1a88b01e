//! What each row of a file asks of the ledger.

use std::{collections::HashMap, io::Read};

use csv::ByteRecord;
use domain::{
    FieldError, Violations,
    asset_type::{AssetType, Field},
    ids::AssetId,
    text,
};

use super::{
    Companies, FileError, Options, Owner, ROWS_MAX, Row, RowError, Target,
    cells::Cells,
    columns::Columns,
    identity::Identities,
    source::{Source, Watched},
};

/// The rows of a file, one after the other as they are read.
pub(crate) struct Plan<'a, R> {
    reader: csv::Reader<Watched<R>>,
    columns: Columns,
    identities: Identities,
    /// On which line each license was named, so that no row undoes another's work.
    named: HashMap<String, u64>,
    asset_type: &'a AssetType,
    companies: &'a Companies,
    options: Options,
    record: ByteRecord,
    rows: u64,
    ended: bool,
}

/// Why there is no row.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// This one is not fit; the others may be.
    Row(RowError),
    /// Nothing comes after it.
    File(FileError),
}

impl<'a, R: Read> Plan<'a, R> {
    /// Reads the line that names the columns.
    ///
    /// # Errors
    /// If the file can't be read or no row of it could be a license.
    pub(crate) fn new(
        file: R,
        asset_type: &'a AssetType,
        companies: &'a Companies,
        options: Options,
    ) -> Result<Self, FileError> {
        let source = Source::open(file)?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(source.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(source.reader);
        let mut record = ByteRecord::new();
        if !reader
            .read_byte_record(&mut record)
            .map_err(FileError::Read)?
        {
            return Err(FileError::Empty);
        }
        // That of the columns' names.
        reader.get_mut().next_begun();
        let names: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
        let names = names.map_err(|_| FileError::NotUtf8)?;
        let columns = Columns::of(names.into_iter(), asset_type)?;
        let fields: Vec<Field> = asset_type.live_fields().cloned().collect();
        Ok(Self {
            reader,
            columns,
            identities: Identities::of(&fields),
            named: HashMap::new(),
            asset_type,
            companies,
            options,
            record,
            rows: 0,
            ended: false,
        })
    }

    /// What the user should know about the file, though nothing is wrong: complete once all rows are read.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.columns.warnings
    }

    /// Rows so far, blank ones aside.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The next row that is not blank.
    fn read(&mut self) -> Result<Option<u64>, FileError> {
        loop {
            match self.reader.read_byte_record(&mut self.record) {
                Err(_) if self.reader.get_ref().is_overrun() => return Err(FileError::TooLarge),
                Err(error) => return Err(FileError::Read(error)),
                Ok(false) => return Ok(None),
                Ok(true) => {
                    let line = self.reader.get_mut().next_begun().unwrap_or(0);
                    if !self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                        return Ok(Some(line));
                    }
                }
            }
        }
    }

    fn row(&mut self, record: &ByteRecord, line: u64) -> Result<Row, RowError> {
        let wrong = |errors| RowError { line, errors };
        let whole_row = |message: String| {
            wrong(vec![FieldError {
                field: String::new(),
                message,
            }])
        };
        if let Some(opened) = self.reader.get_ref().never_closed() {
            return Err(whole_row(format!(
                "the quote that opens a cell on line {opened} is never closed: nothing after it could be read"
            )));
        }
        let (expected, found) = (self.columns.all.len(), record.len());
        let spare_are_blank = || {
            record
                .iter()
                .skip(expected)
                .all(|cell| cell.trim_ascii().is_empty())
        };
        if found < expected || !spare_are_blank() {
            return Err(whole_row(format!(
                "has {found} cells where there are {expected} columns: a cell that holds the mark between \
                 cells, or a line break, needs quotes"
            )));
        }
        let cells = Cells::of(&self.columns.all, record, &self.options);
        self.warn_of_set_secrets(cells.secret_is_set);
        let mut found = Violations::default();
        let target = self.target(&cells, line, &mut found);
        let owner = self.owner(&cells, &target, &mut found);
        let mut errors = cells.errors;
        if let Err(domain::Refusal::Invalid(more)) = found.check() {
            errors.extend(more);
        }
        let (Some(target), Some(owner), true) = (target, owner, errors.is_empty()) else {
            return Err(wrong(errors));
        };
        Ok(Row {
            line,
            owner,
            target,
            secrets: cells.secrets,
            asset_type: self.asset_type.id,
            values: cells.values,
            tags: cells.tags,
        })
    }

    fn target(&mut self, cells: &Cells, line: u64, found: &mut Violations) -> Option<Target> {
        let (field, target) = match (cells.asset_id.as_str(), cells.external_id.as_str()) {
            ("", "") => {
                // Counted even if something else is wrong, so that the rows after it keep their ids.
                let derived = self.identities.next(&cells.company, &cells.values);
                return Some(Target::External(derived));
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
        };
        if let Some(first) = self.named.insert(name, line) {
            found.add(
                field,
                format!("is the same as on line {first}: one row for each license"),
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
            found.add("company", "is blank: every license belongs to one");
            return None;
        }
        let name = found.keep("company", text::line(&cells.company, text::NAME_LENGTH_MAX))?;
        match self.companies.find(&name) {
            Some(known) => Some(Owner::Known(known)),
            None if self.options.create_companies => Some(Owner::New(name)),
            None => {
                found.add(
                    "company",
                    format!("is {name:?}, which is not known: add it, or say --create-companies"),
                );
                None
            }
        }
    }

    fn warn_of_set_secrets(&mut self, seen: bool) {
        let warning = "secrets that say \"set\" come from an export and are left as they are";
        if seen && !self.columns.warnings.iter().any(|known| known == warning) {
            self.columns.warnings.push(warning.to_owned());
        }
    }
}

impl<R: Read> Iterator for Plan<'_, R> {
    type Item = Result<Row, Trouble>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let file = |trouble| Some(Err(Trouble::File(trouble)));
        match self.read() {
            Err(trouble) => {
                self.ended = true;
                file(trouble)
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Ok(Some(_)) if self.rows == ROWS_MAX => {
                self.ended = true;
                file(FileError::TooManyRows)
            }
            Ok(Some(line)) => {
                self.rows += 1;
                let record = std::mem::take(&mut self.record);
                let row = self.row(&record, line).map_err(Trouble::Row);
                self.record = record;
                Some(row)
            }
        }
    }
}
