//! Rows as a workbook.
//!
//! An XLSX file is an archive that is put together at its end. So the rows go to a temporary file one by one, and the
//! answer's body is that file: an export of any length takes the memory of a page, and room on the disk.

use std::{fs::File, io, io::Seek};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures_util::{StreamExt, stream};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use tokio::{
    io::AsyncReadExt,
    sync::{Semaphore, mpsc},
};
use web::problem::{Kind, Problem};

use super::{
    ROWS, attachment, broken_off,
    csv::{Cell, CellText, Lines},
    next,
};
use crate::page::Fetched;

/// Workbooks that are written at a time, each with a thread and a file of its own.
const AT_ONCE: usize = 4;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Rows of a sheet, its head included: what spreadsheets can show. More rows go on in the next sheet.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell: likewise.
const CELL_CHARS_MAX: usize = 32_767;
/// Digits that spreadsheets keep of a number.
const NUMBER_DIGITS_MAX: usize = 15;
/// Cells that were too long and are told of.
const LEFT_OUT_MAX: usize = 1_000;
/// Bytes that are read from the file at a time.
const CHUNK_BYTES: usize = 64 * 1024;

const KIND: (&str, &str) = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
);

/// What the thread that writes is told. Without an end the reader has gone, and there is nothing to finish.
enum Told {
    Rows(Vec<Vec<CellText>>),
    End,
}

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
enum WorkbookError {
    #[error("cannot write a workbook")]
    Write(#[from] XlsxError),
    #[error("cannot keep a workbook in a temporary file")]
    Keep(#[source] io::Error),
    #[error("nobody waits for the workbook any more")]
    GivenUp,
}

/// Answers all rows as a workbook. The first page is fetched before the answer begins, so what is wrong is told as a
/// problem; later the connection breaks off, which no client takes for the end.
pub(crate) async fn workbook<T, K, F, Fut, C>(
    name: &'static str,
    lines: Lines<C>,
    fetch: F,
    keys: impl Fn(&T) -> K + Send + 'static,
) -> Result<Response, Problem>
where
    T: Send + 'static,
    K: Send + 'static,
    F: Fn(Option<K>, i64) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Fetched<T>, Problem>> + Send,
    C: for<'a> Fn(&'a T, &mut Vec<Cell<'a>>) + Send + 'static,
{
    let place = PLACES.try_acquire().map_err(|_| {
        Problem::new(Kind::Busy).with_detail("too many workbooks are being written: try again")
    })?;
    let first = fetch(None, ROWS).await?;
    let entry = first.entry;
    let written = async move {
        let (tell, told) = mpsc::channel(1);
        let columns = lines.columns().to_vec();
        let writing = tokio::task::spawn_blocking(move || write(name, &columns, told));
        let mut page = first.items;
        loop {
            let rows = page.iter().map(|item| lines.cells(item)).collect();
            if tell.send(Told::Rows(rows)).await.is_err() {
                break;
            }
            let Some(after) = next(&page, &keys) else {
                // If it is not heard, the thread tells why.
                let _ = tell.send(Told::End).await;
                break;
            };
            let fetched = fetch(Some(after), ROWS).await;
            page = fetched.map_err(|problem| broken_off(&problem))?.items;
        }
        let file = writing.await.map_err(io::Error::other)?.map_err(|error| {
            let problem = Problem::internal(&error);
            broken_off(&problem)
        })?;
        drop(place);
        Ok::<_, io::Error>(tokio::fs::File::from_std(file))
    };
    let body = stream::once(written).flat_map(|file| match file {
        Ok(file) => chunks(file).left_stream(),
        Err(error) => stream::once(std::future::ready(Err(error))).right_stream(),
    });
    Ok(attachment(name, KIND, (entry, Body::from_stream(body))))
}

fn chunks(file: tokio::fs::File) -> impl stream::Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(file, async |mut file| {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let read = file.read_buf(&mut chunk).await?;
        Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    })
}

/// Writes what it is told, and answers the file at its beginning. The file has no name, so nothing is left behind.
fn write(
    name: &str,
    columns: &[String],
    mut told: mpsc::Receiver<Told>,
) -> Result<File, WorkbookError> {
    let mut sheets = Sheets::new(name, columns)?;
    loop {
        match told.blocking_recv() {
            Some(Told::Rows(rows)) => {
                for row in rows {
                    sheets.row(row)?;
                }
            }
            Some(Told::End) => break,
            None => return Err(WorkbookError::GivenUp),
        }
    }
    let mut file = tempfile::tempfile().map_err(WorkbookError::Keep)?;
    let mut buffer = io::BufWriter::new(&mut file);
    sheets.finish()?.save_to_writer(&mut buffer)?;
    buffer
        .into_inner()
        .map_err(|error| WorkbookError::Keep(error.into_error()))?;
    file.rewind().map_err(WorkbookError::Keep)?;
    Ok(file)
}

/// A workbook on its way.
struct Sheets<'a> {
    workbook: Workbook,
    name: &'a str,
    columns: &'a [String],
    sheets: usize,
    rows: u32,
    /// Of cells that no workbook can hold: the sheet, row and column, counted as spreadsheets do.
    left_out: Vec<(String, u32, String)>,
}

impl<'a> Sheets<'a> {
    fn new(name: &'a str, columns: &'a [String]) -> Result<Self, XlsxError> {
        let mut sheets = Self {
            workbook: Workbook::new(),
            name,
            columns,
            sheets: 0,
            rows: 0,
            left_out: Vec::new(),
        };
        sheets.begin()?;
        Ok(sheets)
    }

    /// A sheet with the names of the columns.
    fn begin(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        self.rows = 1;
        let name = self.sheet_name();
        let bold = Format::new().set_bold();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        for (column, name) in (0..).zip(self.columns) {
            sheet.write_string_with_format(0, column, super::defang(name), &bold)?;
        }
        Ok(())
    }

    fn sheet_name(&self) -> String {
        match self.sheets {
            1 => self.name.to_owned(),
            more => format!("{} {more}", self.name),
        }
    }

    fn row(&mut self, cells: Vec<CellText>) -> Result<(), XlsxError> {
        if self.rows == SHEET_ROWS {
            self.begin()?;
        }
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        let mut too_long = Vec::new();
        for ((column, cell), name) in (0..).zip(cells).zip(self.columns) {
            if !put(sheet, self.rows, column, cell)? {
                too_long.push(name.clone());
            }
        }
        self.rows += 1;
        let sheet = self.sheet_name();
        let room = LEFT_OUT_MAX.saturating_sub(self.left_out.len());
        let told = too_long.into_iter().take(room);
        self.left_out
            .extend(told.map(|column| (sheet.clone(), self.rows, column)));
        Ok(())
    }

    /// With a sheet that tells what was left out, if anything was. An empty cell changes nothing when it is imported
    /// again.
    fn finish(mut self) -> Result<Workbook, XlsxError> {
        if self.left_out.is_empty() {
            return Ok(self.workbook);
        }
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("left out")?;
        let head = format!(
            "These cells are empty, since their texts are longer than the {CELL_CHARS_MAX} characters that a cell can hold. Export as CSV to have them."
        );
        sheet.write_string(0, 0, head)?;
        for (at, (name, row, column)) in (1..).zip(&self.left_out) {
            sheet.write_string(at, 0, name)?;
            sheet.write_number(at, 1, *row)?;
            sheet.write_string(at, 2, column)?;
        }
        Ok(self.workbook)
    }
}

/// Whether the cell could be written.
fn put(sheet: &mut Worksheet, row: u32, column: u16, cell: CellText) -> Result<bool, XlsxError> {
    match cell {
        CellText::Empty => {}
        CellText::Text(text) if text.chars().count() > CELL_CHARS_MAX => return Ok(false),
        CellText::Text(text) => {
            sheet.write_string(row, column, text)?;
        }
        CellText::Plain(text) => match number(&text) {
            Some(number) => {
                sheet.write_number(row, column, number)?;
            }
            None => {
                sheet.write_string(row, column, text)?;
            }
        },
    }
    Ok(true)
}

/// A whole number that a spreadsheet keeps as it is.
fn number(text: &str) -> Option<f64> {
    let whole: i64 = text.parse().ok()?;
    (text.len() <= NUMBER_DIGITS_MAX && whole.to_string() == text)
        .then(|| text.parse().ok())
        .flatten()
}
