//! A document as a workbook: a summary, and a sheet for each table with numbers and days that can be reckoned with.

mod cells;
mod names;
mod summary;
mod table;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet, XlsxError};

use self::names::Names;
use crate::document::{Block, Document, Paper};
use crate::error::ReportError;
use crate::plain;
use crate::shape;
use crate::written;

/// The name of the first sheet.
const SUMMARY: &str = "Summary";
/// Titles and names in the file's properties and in headers and footers, which hold 255 characters together.
const PROPERTY_CHARS_MAX: usize = 80;

/// Writes a document as an XLSX workbook. Every text is a text, whatever it begins with; nothing is a formula.
///
/// # Errors
/// If the document is beyond a bound or a row does not fit its columns, and if the workbook can't be written.
pub fn render_xlsx(document: &Document) -> Result<Vec<u8>, ReportError> {
    shape::check(document)?;
    workbook(document).map_err(ReportError::Workbook)
}

fn workbook(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let mut names = Names::beside(SUMMARY);
    let tables = || {
        document.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    };
    let sheets: Vec<String> = tables().map(|table| names.name(&table.caption)).collect();
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(document)?);
    summary::write(named(&mut workbook, SUMMARY, document)?, document, &sheets)?;
    for (table, sheet) in tables().zip(&sheets) {
        let worksheet = named(&mut workbook, sheet, document)?;
        worksheet.set_landscape();
        table::write(worksheet, table)?;
    }
    workbook.save_to_buffer()
}

/// The document's own day stands for the time at which the file was made: the clock would change the bytes.
fn properties(document: &Document) -> Result<DocProperties, XlsxError> {
    let property = |text: &str| plain::line(text, PROPERTY_CHARS_MAX);
    Ok(DocProperties::new()
        .set_title(property(&document.title))
        .set_subject(property(&document.prepared_for))
        .set_author(property(&document.prepared_by))
        .set_company(property(&document.prepared_by))
        .set_creation_datetime(&day(document.pin.day)?))
}

fn named<'a>(
    workbook: &'a mut Workbook,
    name: &str,
    document: &Document,
) -> Result<&'a mut Worksheet, XlsxError> {
    let worksheet = workbook.add_worksheet();
    worksheet.set_name(name)?;
    worksheet.set_paper_size(match document.paper {
        Paper::A4 => 9,
        Paper::Letter => 1,
    });
    worksheet.set_print_fit_to_pages(1, 0);
    let title = plain::line(&document.title, PROPERTY_CHARS_MAX).replace('&', "&&");
    worksheet.set_footer(format!(
        "&L{title}, as of {}, ledger entry {}&RPage &P of &N",
        written::day_short(document.pin.day),
        document.pin.entry
    ));
    Ok(worksheet)
}

fn day(day: chrono::NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    use chrono::Datelike;
    ExcelDateTime::from_ymd(
        u16::try_from(day.year()).unwrap_or(0),
        u8::try_from(day.month()).unwrap_or(0),
        u8::try_from(day.day()).unwrap_or(0),
    )
}
