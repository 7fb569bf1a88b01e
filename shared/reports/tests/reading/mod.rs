//! Reads a PDF as someone would who did not write it.

/// The words of each page, with single spaces. Places where a line may break are no part of a word.
pub(crate) fn pages(file: &[u8]) -> Vec<String> {
    let pdf = lopdf::Document::load_mem(file).unwrap();
    let pages = pdf.get_pages();
    let texts = pages.keys().map(|page| pdf.extract_text(&[*page]).unwrap());
    texts
        .map(|text| {
            let text = text.replace('\u{200b}', "");
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The words of all pages.
pub(crate) fn words(file: &[u8]) -> String {
    pages(file).join(" ")
}
