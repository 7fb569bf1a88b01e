//! A document on paper: tagged PDF/A, so that it can be kept, searched and read aloud.

mod columns;
mod fonts;
mod grids;
mod pages;
mod ruler;
mod sheet;
mod world;

use std::sync::LazyLock;

use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use self::fonts::Fonts;
pub use self::grids::{CELLS_IN_ALL_MAX, ROWS_PER_TABLE_MAX};
use self::world::OneDocument;
use crate::document::Document;
use crate::error::{Complaints, ReportError};
use crate::shape;

/// PDF/A-2 at its accessible level, and PDF/UA: what archives and public bodies ask for. Its parts are tagged, its
/// text can be taken out, its fonts are inside, and nothing in it can act.
const STANDARDS: [PdfStandard; 2] = [PdfStandard::A_2a, PdfStandard::Ua_1];
/// Who wrote the file, for its metadata. Without the version: an update that changes nothing else keeps the bytes.
const CREATOR: &str = "Seatledger";

static CHECKED: LazyLock<Result<PdfStandards, Complaints>> = LazyLock::new(|| {
    PdfStandards::new(&STANDARDS).map_err(|error| Complaints(vec![error.message().to_string()]))
});

/// Prints a document. A table shows at most [`ROWS_PER_TABLE_MAX`] rows, and says so where it had more; a text that
/// is too long for a cell is cut, with a sign of it; a character that no font has is printed as a sign, and told.
///
/// # Errors
/// If the document is beyond a bound or a row does not fit its columns, and if typesetting fails.
pub fn render_pdf(document: &Document) -> Result<Vec<u8>, ReportError> {
    shape::check(document)?;
    let fonts = Fonts::get()?;
    let sheet = pages::laid_out(document, fonts);
    let data = serde_json::to_vec(&sheet).map_err(ReportError::Encode)?;
    let written = print(&OneDocument::new(fonts, data));
    // What the typesetter remembers of this document is of no use to the next, and grows without bound.
    typst::comemo::evict(0);
    written
}

fn print(world: &OneDocument) -> Result<Vec<u8>, ReportError> {
    let pages = typst::compile::<PagedDocument>(world)
        .output
        .map_err(|errors| ReportError::Layout(complaints(&errors)))?;
    let standards = CHECKED
        .as_ref()
        .map_err(|error| ReportError::Export(Complaints(error.0.clone())))?;
    let options = PdfOptions {
        creator: Smart::Custom(Some(CREATOR.to_owned())),
        standards: standards.clone(),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&pages, &options).map_err(|errors| ReportError::Export(complaints(&errors)))
}

fn complaints(errors: &[SourceDiagnostic]) -> Complaints {
    let said = errors.iter().map(|error| error.message.to_string());
    Complaints(said.collect())
}
