//! The fonts that are part of this program: which characters they can show, and how wide.

use std::sync::LazyLock;

use ttf_parser::Face;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

use crate::error::ReportError;

/// In the order in which they are asked for a character. Inter has Latin, Greek and Cyrillic; DejaVu adds Hebrew,
/// Arabic, Armenian, Georgian and signs; Droid adds Chinese, Japanese and Korean. Fonts of the machine are never
/// looked at: they would make the bytes depend on it.
const FILES: [(&str, &[u8]); 4] = [
    (
        "Inter",
        include_bytes!("../../fonts/Inter-Regular.otf").as_slice(),
    ),
    (
        "DejaVu Sans",
        include_bytes!("../../fonts/DejaVuSans.ttf").as_slice(),
    ),
    (
        "Droid Sans Fallback",
        include_bytes!("../../fonts/DroidSansFallback.ttf").as_slice(),
    ),
    (
        "Inter SemiBold",
        include_bytes!("../../fonts/Inter-SemiBold.otf").as_slice(),
    ),
];

/// What stands for a character that no font has.
const UNKNOWN: char = '\u{fffd}';
/// In a row of figures each digit is as wide as the widest; in Inter that is a bit more than its usual digits.
const TABULAR_DIGIT_EM: f64 = 0.671;
/// The width that is assumed where a font does not tell it, as wide as a capital M.
const WIDTH_EM_DEFAULT: f64 = 1.0;

static FONTS: LazyLock<Result<Fonts, &'static str>> = LazyLock::new(Fonts::load);

/// All fonts, read once.
pub(super) struct Fonts {
    pub(super) book: LazyHash<FontBook>,
    pub(super) fonts: Vec<Font>,
    faces: Vec<Face<'static>>,
}

impl Fonts {
    /// The fonts.
    pub(super) fn get() -> Result<&'static Self, ReportError> {
        FONTS.as_ref().map_err(|name| ReportError::Font(name))
    }

    fn load() -> Result<Self, &'static str> {
        let mut fonts = Vec::with_capacity(FILES.len());
        let mut faces = Vec::with_capacity(FILES.len());
        for (name, file) in FILES {
            fonts.push(Font::new(Bytes::new(file), 0).ok_or(name)?);
            faces.push(Face::parse(file, 0).map_err(|_| name)?);
        }
        Ok(Self {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            faces,
        })
    }

    /// The text with a sign for each character that can't be shown, and whether there was one.
    pub(super) fn showable(&self, text: &str) -> (String, bool) {
        let mut replaced = false;
        let letters = text.chars().map(|letter| {
            if letter == '\n' || self.shows(letter) {
                return letter;
            }
            replaced = true;
            UNKNOWN
        });
        let shown = letters.collect();
        (shown, replaced)
    }

    fn shows(&self, letter: char) -> bool {
        // What everyone may define for himself has no meaning for a reader, and no place in an archived file.
        let private = matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
        !private
            && self
                .faces
                .iter()
                .any(|face| face.glyph_index(letter).is_some())
    }

    /// How wide a character is, in ems: the wider of both weights, or as the first fallback has it that knows it.
    pub(super) fn width_em(&self, letter: char) -> f64 {
        if letter.is_ascii_digit() {
            return TABULAR_DIGIT_EM;
        }
        let width = |face: &Face<'_>| {
            let glyph = face.glyph_index(letter)?;
            let units = face.glyph_hor_advance(glyph)?;
            Some(f64::from(units) / f64::from(face.units_per_em()))
        };
        let [inter, fallbacks @ .., inter_semi_bold] = self.faces.as_slice() else {
            return WIDTH_EM_DEFAULT;
        };
        let both = [inter, inter_semi_bold]
            .into_iter()
            .filter_map(width)
            .reduce(f64::max);
        both.or_else(|| fallbacks.iter().find_map(width))
            .unwrap_or(WIDTH_EM_DEFAULT)
    }
}
