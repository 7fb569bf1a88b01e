//! Text between us and systems that speak HTML, and within a length.

/// Text as HTML that shows exactly it.
pub(super) fn to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            c => html.push(c),
        }
    }
    html
}

/// What HTML says, as plain text: for reading what people wrote, not for showing it as HTML again.
pub(super) fn from_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(if rest.starts_with('<') { '>' } else { ';' });
        let Some(end) = end else { break };
        let inner = &rest[1..end];
        if rest.starts_with('<') {
            if breaks_the_line(inner) {
                text.push('\n');
            }
        } else if let Some(c) = entity(inner) {
            text.push(c);
        } else {
            // No entity but an ampersand by itself; a tag may stand right behind it.
            text.push('&');
            rest = &rest[1..];
            continue;
        }
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    text
}

/// A text cut to a length in characters, with a sign that it was.
pub(super) fn within(text: &str, length_max: usize) -> String {
    if text.chars().nth(length_max).is_none() {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(length_max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn breaks_the_line(tag: &str) -> bool {
    let name = tag.split([' ', '/', '\t', '\n']).next().unwrap_or_default();
    let closed = tag.strip_prefix('/').unwrap_or_default();
    name.eq_ignore_ascii_case("br")
        || ["p", "div", "li", "tr"]
            .iter()
            .any(|block| closed.eq_ignore_ascii_case(block))
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_wrote_is_read_without_its_dress() {
        for (html, text) in [
            ("plain", "plain"),
            (
                "<p>One</p><p>Two &amp; <b>three</b></p>",
                "One\nTwo & three\n",
            ),
            ("a<br/>b<BR>c", "a\nb\nc"),
            ("AT&T & <i>you</i>; R&amp;D", "AT&T & you; R&D"),
            ("caf&#233; &#x263A;&nbsp;&unknown;", "café ☺ &unknown;"),
            ("1 < 2", "1 < 2"),
        ] {
            assert_eq!(from_html(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(within("äöü", 3), "äöü");
        assert_eq!(within("äöüß", 3), "äö…");
    }

    proptest! {
        #[test]
        fn text_comes_back_from_html_as_it_was(text in any::<String>()) {
            prop_assert_eq!(from_html(&to_html(&text)), text);
        }

        #[test]
        fn any_html_is_read(html in "[<>&;/a-z#0-9 ]{0,40}") {
            from_html(&html);
        }
    }
}
