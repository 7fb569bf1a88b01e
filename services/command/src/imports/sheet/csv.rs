//! The rows of a CSV file.

use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{
    super::FileError,
    Record,
    source::{Source, Watched},
};

/// The columns' names, and the rows as they are read.
pub(super) fn read<R: Read>(file: R) -> Result<(Vec<String>, Records<R>), FileError> {
    let source = Source::open(file)?;
    let mut reader = ReaderBuilder::new()
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
    let names = names.into_iter().map(|name| name.trim().to_owned());
    Ok((names.collect(), Records { reader, record }))
}

pub(super) struct Records<R> {
    reader: Reader<Watched<R>>,
    record: ByteRecord,
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Record, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.reader.read_byte_record(&mut self.record) {
                Err(_) if self.reader.get_ref().is_overrun() => {
                    return Some(Err(FileError::TooLarge));
                }
                Err(error) => return Some(Err(FileError::Read(error))),
                Ok(false) => return None,
                Ok(true) => {
                    let line = self.reader.get_mut().next_begun().unwrap_or(0);
                    if !self.record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                        return Some(Ok(self.taken(line)));
                    }
                }
            }
        }
    }
}

impl<R: Read> Records<R> {
    fn taken(&self, line: u64) -> Record {
        let mut taken = Record {
            line,
            ..Record::default()
        };
        if let Some(opened) = self.reader.get_ref().never_closed() {
            taken.broken = Some(format!(
                "the quote that opens a cell on line {opened} is never closed: nothing after it could be read"
            ));
            return taken;
        }
        for (place, cell) in self.record.iter().enumerate() {
            taken.cells.push(match std::str::from_utf8(cell) {
                Ok(cell) => cell.to_owned(),
                Err(_) => {
                    let why = "is no UTF-8: save the file as CSV UTF-8";
                    taken.faults.push((place, why.to_owned()));
                    String::new()
                }
            });
        }
        taken
    }
}
