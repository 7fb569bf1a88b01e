//! All that the typesetter may see: one template, one file of data, the fonts. No folder, no network, no clock.

use std::path::PathBuf;
use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts::Fonts;

const TEMPLATE: &str = include_str!("report.typ");
/// What the template calls its data.
const DATA_PATH: &str = "report.json";

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static MAIN: LazyLock<Source> = LazyLock::new(|| Source::detached(TEMPLATE));
static DATA: LazyLock<Option<FileId>> = LazyLock::new(|| {
    let path = VirtualPath::new(DATA_PATH).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
});

/// The world of one document.
pub(super) struct OneDocument {
    fonts: &'static Fonts,
    data: Bytes,
}

impl OneDocument {
    /// A document of this data, which is JSON. Its texts are values to the template, never markup.
    pub(super) fn new(fonts: &'static Fonts, data: Vec<u8>) -> Self {
        Self {
            fonts,
            data: Bytes::new(data),
        }
    }
}

impl World for OneDocument {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        MAIN.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == MAIN.id() {
            return Ok(MAIN.clone());
        }
        Err(no_such(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if Some(id) == *DATA {
            return Ok(self.data.clone());
        }
        Err(no_such(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn no_such(id: FileId) -> FileError {
    FileError::NotFound(PathBuf::from(id.vpath().get_without_slash()))
}
