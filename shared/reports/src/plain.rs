//! Text that others wrote, made fit to stand in a file: no control characters, no more than fits.

/// What is left of a text that is one line: breaks and tabs are spaces.
pub(crate) fn line(text: &str, chars_max: usize) -> String {
    cut(
        text.chars()
            .map(|letter| if is_break(letter) { ' ' } else { letter })
            .filter(|letter| is_kept(*letter)),
        chars_max,
    )
}

/// What is left of a text that may have several lines.
pub(crate) fn lines(text: &str, chars_max: usize) -> String {
    let text = text.replace("\r\n", "\n");
    let letters = text.chars().map(|letter| match letter {
        '\t' => ' ',
        letter if is_break(letter) => '\n',
        letter => letter,
    });
    cut(
        letters.filter(|letter| *letter == '\n' || is_kept(*letter)),
        chars_max,
    )
}

/// The first characters of a text, with a sign where there were more.
fn cut(mut letters: impl Iterator<Item = char>, chars_max: usize) -> String {
    let mut kept: String = letters.by_ref().take(chars_max).collect();
    if letters.next().is_some() {
        kept.pop();
        kept.push('…');
    }
    kept
}

const fn is_break(letter: char) -> bool {
    matches!(
        letter,
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Characters that are seen. Left out are controls, marks that turn the reading direction around (they can make one
/// number look like another), marks of byte order and what Unicode will never assign.
const fn is_kept(letter: char) -> bool {
    let code = letter as u32;
    !(letter.is_ascii_control()
        || matches!(
            letter,
            '\u{80}'..='\u{9f}'
                | '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'
                | '\u{200d}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
        || code & 0xfffe == 0xfffe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_left_out() {
        for (given, kept) in [
            ("plain", "plain"),
            ("two\r\nlines\tand a tab", "two  lines and a tab"),
            (
                "\u{0}\u{7}\u{1b}[31mred\u{202e}der\u{feff}\u{ffff}",
                "[31mredder",
            ),
            ("👩\u{200d}💻\u{fe0f}", "👩💻"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ] {
            assert_eq!(line(given, 100), kept);
        }
        assert_eq!(
            lines("two\r\nlines\tand\u{2028}three", 100),
            "two\nlines and\nthree"
        );
    }

    #[test]
    fn what_is_too_long_ends_with_a_sign_of_it() {
        assert_eq!(line("abcdef", 6), "abcdef");
        assert_eq!(line("abcdefg", 6), "abcde…");
        assert_eq!(line("ääääääää", 3), "ää…");
    }
}
