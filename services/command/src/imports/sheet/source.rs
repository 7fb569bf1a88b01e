//! The bytes of a file: what parts its cells, and whether it keeps within its limits.

use std::{
    collections::VecDeque,
    io::{self, Cursor, Read},
};

use super::super::{FILE_BYTES_MAX, FileError};

/// Bytes in which the first line must end.
const HEAD_BYTES_MAX: u64 = 64 << 10;

/// What parts cells; the first that the first line has most of.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// A file that can be read from its first cell on.
pub(super) struct Source<R> {
    pub(super) reader: Watched<R>,
    pub(super) delimiter: u8,
}

/// Passes bytes on, up to the limit, and notes where rows and quotes begin: the `csv` crate's own lines are off
/// by those that are blank and by half a line break.
pub(super) struct Watched<R> {
    inner: io::Chain<Cursor<Vec<u8>>, R>,
    left: u64,
    overrun: bool,
    at_end: bool,
    delimiter: u8,
    place: Place,
    line: u64,
    after_return: bool,
    opened_on: u64,
    /// The lines on which the rows begin that were passed on and not asked for yet.
    begun: VecDeque<u64>,
}

/// Where in a cell the last byte stood; told as the `csv` crate tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    RowStart,
    CellStart,
    Bare,
    Quoted,
    /// After a quote within quotes: it ends them, unless another follows.
    QuoteInQuotes,
}

impl<R: Read> Source<R> {
    pub(super) fn open(mut file: R) -> Result<Self, FileError> {
        let mut head = Vec::new();
        let mut start = file.by_ref().take(HEAD_BYTES_MAX);
        start.read_to_end(&mut head).map_err(FileError::Head)?;
        if UTF16_MARKS.iter().any(|mark| head.starts_with(mark)) {
            return Err(FileError::Utf16);
        }
        if head.starts_with(UTF8_MARK) {
            head.drain(..UTF8_MARK.len());
        }
        let said = said_delimiter(&head);
        let lines_before = match said {
            Some((_, length)) => {
                head.drain(..length);
                1
            }
            None => 0,
        };
        let delimiter = said.map_or_else(|| likely_delimiter(&head), |(delimiter, _)| delimiter);
        let reader = Watched {
            inner: Cursor::new(head).chain(file),
            left: FILE_BYTES_MAX as u64,
            overrun: false,
            at_end: false,
            delimiter,
            place: Place::RowStart,
            line: 1 + lines_before,
            after_return: false,
            opened_on: 0,
            begun: VecDeque::new(),
        };
        Ok(Self { reader, delimiter })
    }
}

/// What a first line such as `sep=;` says, which spreadsheets write and read, and how long that line is.
fn said_delimiter(head: &[u8]) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=")?;
    let (delimiter, rest) = rest.split_first()?;
    let end = [&b"\r\n"[..], b"\n", b"\r"]
        .into_iter()
        .find(|end| rest.starts_with(end))?;
    Some((*delimiter, b"sep=;".len() + end.len()))
}

fn likely_delimiter(head: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            byte => {
                if let Some(at) = DELIMITERS.iter().position(|known| known == byte) {
                    counts[at] += 1;
                }
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let first = counts.iter().position(|count| *count == most);
    DELIMITERS[first.unwrap_or(0)]
}

impl<R> Watched<R> {
    /// The line on which a quote was opened that the file's end found open.
    pub(super) fn never_closed(&self) -> Option<u64> {
        (self.at_end && self.place == Place::Quoted).then_some(self.opened_on)
    }

    /// Whether there was more than a file may have.
    pub(super) fn is_overrun(&self) -> bool {
        self.overrun
    }

    /// The line on which the next row begins. To be asked once for each row, the first included.
    pub(super) fn next_begun(&mut self) -> Option<u64> {
        self.begun.pop_front()
    }

    fn watch(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let breaks = matches!(byte, b'\n' | b'\r');
            if self.place == Place::RowStart && !breaks {
                self.begun.push_back(self.line);
                self.place = Place::CellStart;
            }
            self.place = match (self.place, byte) {
                (Place::CellStart, b'"') => {
                    self.opened_on = self.line;
                    Place::Quoted
                }
                (Place::Quoted, b'"') => Place::QuoteInQuotes,
                (Place::Quoted, _) | (Place::QuoteInQuotes, b'"') => Place::Quoted,
                (_, _) if breaks => Place::RowStart,
                (_, other) if other == self.delimiter => Place::CellStart,
                _ => Place::Bare,
            };
            let same_break = byte == b'\n' && self.after_return;
            self.line += u64::from(breaks && !same_break);
            self.after_return = byte == b'\r';
        }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = match self.left.checked_sub(count as u64) {
            Some(left) => left,
            None => {
                self.overrun = true;
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        };
        self.at_end |= count == 0 && !buffer.is_empty();
        self.watch(&buffer[..count]);
        Ok(count)
    }
}
