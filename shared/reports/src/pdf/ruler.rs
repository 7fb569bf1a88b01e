//! How wide texts are, so that no word is wider than its column.

use std::collections::HashMap;

use super::fonts::Fonts;

/// Where a line may be broken although there is no space; it is not seen and not printed.
pub(super) const BREAK: char = '\u{200b}';
/// Signs after which a long word is broken first.
const JOINTS: [char; 4] = ['-', '–', '/', '_'];
/// Kerning and the rounding of the typesetter's own sums, as a share of the width.
const TOLERANCE: f64 = 1.03;

/// What gets lost when a width is turned into points and back, in ems; far less than can be seen.
const ROUNDING_EM: f64 = 0.001;

/// Measures texts in ems; remembers each character it has met.
pub(super) struct Ruler {
    fonts: &'static Fonts,
    known: HashMap<char, f64>,
}

impl Ruler {
    pub(super) fn new(fonts: &'static Fonts) -> Self {
        Self {
            fonts,
            known: HashMap::new(),
        }
    }

    /// The width of a text on one line.
    pub(super) fn width_em(&mut self, text: &str) -> f64 {
        text.chars().map(|letter| self.letter_em(letter)).sum()
    }

    /// The width of the longest part of a text that should not be broken.
    pub(super) fn word_em(&mut self, text: &str) -> f64 {
        let parts = text.split(' ').flat_map(parts);
        parts.map(|part| self.width_em(part)).fold(0.0, f64::max)
    }

    /// The text with places to break in those words that are wider than a line.
    pub(super) fn broken(&mut self, text: &str, line_em: f64) -> String {
        let mut broken = String::with_capacity(text.len() + text.len() / 4);
        for (at, word) in text.split(' ').enumerate() {
            if at > 0 {
                broken.push(' ');
            }
            if self.width_em(word) <= line_em + ROUNDING_EM {
                broken.push_str(word);
                continue;
            }
            for (at, part) in parts(word).enumerate() {
                if at > 0 {
                    broken.push(BREAK);
                }
                self.break_part(part, line_em, &mut broken);
            }
        }
        broken
    }

    fn break_part(&mut self, part: &str, line_em: f64, broken: &mut String) {
        let mut filled = 0.0;
        for letter in part.chars() {
            let width = self.letter_em(letter);
            // A mark above or below a letter stays with it.
            if filled > 0.0 && width > 0.0 && filled + width > line_em + ROUNDING_EM {
                broken.push(BREAK);
                filled = 0.0;
            }
            broken.push(letter);
            filled += width;
        }
    }

    fn letter_em(&mut self, letter: char) -> f64 {
        let fonts = self.fonts;
        *self
            .known
            .entry(letter)
            .or_insert_with(|| fonts.width_em(letter) * TOLERANCE)
    }
}

/// The parts of a word, each with the joint at its end.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    word.split_inclusive(JOINTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_that_is_wider_than_its_line_is_broken() {
        let mut ruler = Ruler::new(Fonts::get().unwrap());
        let text = "Visual Studio Enterprise";
        assert_eq!(ruler.broken(text, 10.0), text);
        let narrow = ruler.broken("a XXXXXXXXXXXXXXXX b", 5.0);
        assert_eq!(narrow.replace(BREAK, ""), "a XXXXXXXXXXXXXXXX b");
        for piece in narrow.split([BREAK, ' ']) {
            assert!(ruler.width_em(piece) <= 5.0 + ROUNDING_EM, "{piece}");
        }
    }

    #[test]
    fn a_long_word_is_broken_at_its_joints_first() {
        let mut ruler = Ruler::new(Fonts::get().unwrap());
        let text = "Prozessleitsystem-Dokumentation";
        assert_eq!(
            ruler.broken(text, 11.0),
            "Prozessleitsystem-\u{200b}Dokumentation"
        );
        assert_eq!(ruler.broken(text, 30.0), text);
    }

    #[test]
    fn an_accent_stays_with_its_letter() {
        let mut ruler = Ruler::new(Fonts::get().unwrap());
        let broken = ruler.broken(&"x\u{301}".repeat(20), 3.0);
        assert!(broken.contains(BREAK));
        assert!(!broken.contains("\u{200b}\u{301}"));
    }
}
