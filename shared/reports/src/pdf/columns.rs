//! How wide the columns of a table are, and whether it needs a page laid sideways.

use crate::document::Paper;

/// The space at both sides of a cell's text, in points. The template has half of it at each side.
pub(super) const PADDING_PT: f64 = 11.0;
/// The size of text in tables, and what it shrinks to where not even a page laid sideways is wide enough.
pub(super) const SIZE_PT: f64 = 8.5;
pub(super) const SIZE_SMALL_PT: f64 = 7.0;
/// Beyond this a word is broken rather than given more room.
pub(super) const WORD_EM_MAX: f64 = 15.0;
/// A column of words wants no more than this: longer lines are hard to follow across a table.
const TEXT_PT_MAX: f64 = 240.0;
/// A column of words that is narrower than this is a ladder.
const TEXT_PT_COMFORT: f64 = 72.0;
/// The white at the left and right of a page, in points: 20 mm.
pub(super) const MARGIN_PT: f64 = 56.69;

/// What a column's texts need, in ems.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Need {
    /// What must stay on one line: its widest number, amount or day, and its widest word up to [`WORD_EM_MAX`].
    pub(super) least_em: f64,
    /// Its widest text.
    pub(super) text_em: f64,
    /// Whether it holds words, which are what spare room is good for.
    pub(super) words: bool,
}

/// How wide the text of a page is, in points.
pub(super) const fn text_width_pt(paper: Paper, sideways: bool) -> f64 {
    let sheet = match (paper, sideways) {
        (Paper::A4, false) => 595.28,
        (Paper::A4, true) => 841.89,
        (Paper::Letter, false) => 612.0,
        (Paper::Letter, true) => 792.0,
    };
    sheet - 2.0 * MARGIN_PT
}

/// Whether the columns can be read at this width.
pub(super) fn fit(needs: &[Need], size_pt: f64, width_pt: f64) -> bool {
    needs.iter().map(|need| comfort(need, size_pt)).sum::<f64>() <= width_pt
}

/// The width of each column, in points; together as wide as the page.
pub(super) fn widths(needs: &[Need], size_pt: f64, width_pt: f64) -> Vec<f64> {
    let least: Vec<f64> = needs.iter().map(|need| least(need, size_pt)).collect();
    let wanted: Vec<f64> = needs.iter().map(|need| wanted(need, size_pt)).collect();
    let least_sum: f64 = least.iter().sum();
    if least_sum >= width_pt {
        // Too much for any page: all give up the same share, and words are broken.
        return least
            .iter()
            .map(|least| least * width_pt / least_sum)
            .collect();
    }
    let spare = width_pt - least_sum;
    let wish: f64 = wanted.iter().sum::<f64>() - least_sum;
    if wish > spare {
        let share = spare / wish;
        return least
            .iter()
            .zip(&wanted)
            .map(|(least, wanted)| least + (wanted - least) * share)
            .collect();
    }
    // More than all want: the rest goes to the words, or to all where there are none.
    let rest = spare - wish;
    let words: f64 = needs
        .iter()
        .zip(&wanted)
        .filter(|(need, _)| need.words)
        .map(|(_, wanted)| wanted)
        .sum();
    let all: f64 = wanted.iter().sum();
    needs
        .iter()
        .zip(&wanted)
        .map(|(need, wanted)| match (words > 0.0, need.words) {
            (true, false) => *wanted,
            (true, true) => wanted + rest * wanted / words,
            (false, _) => wanted + rest * wanted / all,
        })
        .collect()
}

fn least(need: &Need, size_pt: f64) -> f64 {
    need.least_em * size_pt + PADDING_PT
}

fn wanted(need: &Need, size_pt: f64) -> f64 {
    let text = (need.text_em * size_pt).min(TEXT_PT_MAX) + PADDING_PT;
    text.max(least(need, size_pt))
}

fn comfort(need: &Need, size_pt: f64) -> f64 {
    let text = (need.text_em * size_pt).min(TEXT_PT_COMFORT) + PADDING_PT;
    text.max(least(need, size_pt))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn words(least_em: f64, text_em: f64) -> Need {
        Need {
            least_em,
            text_em,
            words: true,
        }
    }

    const fn number(em: f64) -> Need {
        Need {
            least_em: em,
            text_em: em,
            words: false,
        }
    }

    #[test]
    fn numbers_take_what_they_need_and_words_the_rest() {
        let needs = [words(8.0, 60.0), number(6.0), number(4.0)];
        let widths = widths(&needs, 10.0, 480.0);
        assert_eq!(&widths[1..], [71.0, 51.0]);
        assert!((widths.iter().sum::<f64>() - 480.0).abs() < 0.01);
    }

    #[test]
    fn a_text_without_end_takes_no_more_than_its_share() {
        let needs = [words(WORD_EM_MAX, 5_000.0), words(6.0, 30.0), number(8.0)];
        let widths = widths(&needs, 10.0, 480.0);
        assert_eq!(widths[2], 91.0);
        assert!(widths[1] > 71.0, "{widths:?}");
    }

    #[test]
    fn a_page_is_laid_sideways_only_for_many_columns() {
        let page = text_width_pt(Paper::A4, false);
        let product = words(7.0, 25.0);
        let few = [product, number(4.0), number(4.0), number(7.0)];
        let many = [[product; 3], [number(10.0); 3]].concat();
        assert!(fit(&few, SIZE_PT, page));
        assert!(!fit(&many, SIZE_PT, page));
    }

    proptest! {
        #[test]
        fn columns_fill_the_page_exactly(
            needs in prop::collection::vec(
                (0.0..50.0_f64, 0.0..500.0_f64, any::<bool>()).prop_map(|(least_em, more, words)| {
                    Need { least_em, text_em: least_em + more, words }
                }),
                1..16,
            ),
        ) {
            let widths = widths(&needs, SIZE_PT, 480.0);
            prop_assert!((widths.iter().sum::<f64>() - 480.0).abs() < 0.01);
            prop_assert!(widths.iter().all(|width| *width > 0.0));
        }
    }
}
