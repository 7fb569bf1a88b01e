//! What is printed: all of it, the same each time, whatever the texts are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

mod reading;
mod sample;

use reading::{pages, words};
use reports::{
    Align, Block, Column, Document, Level, Limit, Paper, ReportError, Table, Value, render_pdf,
};

/// A review of which every text is this one.
fn all_texts(text: &str) -> Document {
    let mut document = sample::review(3);
    document.title = text.into();
    document.subtitle = Some(text.into());
    document.prepared_by = text.into();
    document.prepared_for = text.into();
    document.pin.hash = Some(text.into());
    document.notes = vec![text.into()];
    for block in &mut document.blocks {
        match block {
            Block::Heading(_, heading) => *heading = text.into(),
            Block::Paragraph(paragraph) => *paragraph = text.into(),
            Block::KeyFigures(figures) => {
                for figure in figures {
                    figure.label = text.into();
                    figure.value = text.into();
                    figure.detail = Some(text.into());
                }
            }
            Block::Table(table) => {
                table.caption = text.into();
                table.if_empty = text.into();
                table.notes = vec![text.into()];
                for column in &mut table.columns {
                    column.header = text.into();
                }
                for value in table.rows.iter_mut().chain(&mut table.totals).flatten() {
                    *value = text.into();
                }
            }
        }
    }
    document
}

#[test]
fn everything_that_was_said_is_printed() {
    let mut document = sample::review(24);
    document.paper = Paper::Letter;
    let read = words(&render_pdf(&document).unwrap());
    for said in [
        "Quarterly license review",
        "Brightwater Managed Services",
        "Harbour & Sons Shipping Ltd",
        "1 Jan – 31 Mar 2026",
        "As of 31 March 2026 · ledger entry 48,213",
        "Page 1 of 3",
        "Page 3 of 3",
        "Recoverable at renewal",
        "EUR 12,960.00",
        "Spare seats by vendor and product",
        "Microsoft 365 Business Premium",
        "Λογιστικά Πρόγραμμα Επιχειρήσεων",
        "Контур.Экстерн, тариф «Максимальный»",
        "Recoverable (EUR)",
        "Total 64,449.00",
        "Nothing is short.",
        "29,700.00",
        "9f2c4e1ab7d03356c8e0d7f19b64a2205ce8f01d7734bb9a6e1f5c20d48a913e",
        "Prices are those agreed with you",
    ] {
        assert!(read.contains(said), "{said} is not in: {read}");
    }
}

#[test]
fn the_same_document_has_the_same_bytes() {
    let document = sample::review(40);
    let first = render_pdf(&document).unwrap();
    // Other documents between the two leave nothing behind.
    render_pdf(&all_texts("another")).unwrap();
    let racing: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| render_pdf(&document).unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for again in racing {
        assert!(again == first);
    }
}

#[test]
fn a_file_is_archivable_and_can_be_read_aloud() {
    let file = render_pdf(&sample::review(3)).unwrap();
    let pdf = lopdf::Document::load_mem(&file).unwrap();
    let catalog = pdf.catalog().unwrap();
    assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"Outlines"));
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    let metadata = catalog.get_deref(b"Metadata", &pdf).unwrap();
    let metadata = metadata.as_stream().unwrap();
    let metadata = metadata.get_plain_content().unwrap();
    let metadata = String::from_utf8(metadata).unwrap();
    for said in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "2026-03-31",
    ] {
        assert!(metadata.contains(said), "{said} is not in: {metadata}");
    }
}

#[test]
fn no_text_is_read_as_markup() {
    for text in [
        "#panic(\"no\")",
        "#import \"@preview/x:1.0.0\": *",
        "#read(\"/etc/passwd\")",
        "] } ) $x^2$ \\ ` ``` *bold* _it_ <label> @ref // no comment",
        "= Heading",
        "-- --- ... \"quoted\" 'single'",
        "https://example.com/a?b=c&d=e",
        "{\"json\": true}",
    ] {
        let read = words(&render_pdf(&all_texts(text)).unwrap());
        let times = read.matches(text).count();
        assert!(times > 20, "{text} is there {times} times: {read}");
    }
}

#[test]
fn texts_that_nobody_expected_are_printed_as_far_as_they_can_be() {
    let long_word = "W".repeat(10_000);
    let long_text = "ein sehr langer Text ".repeat(500);
    let marks = format!("Q{}", "\u{301}\u{323}".repeat(400));
    for (text, shown) in [
        (long_word.as_str(), "WWW"),
        (long_text.as_str(), "ein sehr langer Text"),
        (marks.as_str(), "Q"),
        ("", "Page 1"),
        (" ", "Page 1"),
        ("\u{0}\u{1b}\u{fffe}\u{feff}\u{202e}", "Page 1"),
        ("שלום עולם", "Page 1"),
        ("رخصة البرنامج", "Page 1"),
        ("東京の会社 한국어 中文", "東京の会社"),
        ("family 👩‍👩‍👧‍👦 and 😀", "family"),
        ("हिन्दी ไทย", "\u{fffd}"),
        (
            "private \u{e000} use \u{10fffd}",
            "private \u{fffd} use \u{fffd}",
        ),
        ("one\ntwo\r\nthree\ttabs", "one two"),
        ("<&>\"' \u{2028}", "<&>\"'"),
    ] {
        // Where one font follows on another, a reader can't tell whether there is a space.
        let without_spaces = |text: &str| text.replace(' ', "");
        let read = words(&render_pdf(&all_texts(text)).unwrap());
        assert!(
            without_spaces(&read).contains(&without_spaces(shown)),
            "{text:?}: {read}"
        );
    }
}

#[test]
fn what_can_not_be_shown_is_told() {
    let told = "stands for a character that the fonts of this document do not have";
    let shown = words(&render_pdf(&sample::review(1)).unwrap());
    assert!(!shown.contains(told));
    let replaced = words(&render_pdf(&all_texts("ไทย")).unwrap());
    assert!(replaced.contains(told));
}

#[test]
fn thousands_of_rows_go_over_many_pages_with_the_header_on_each() {
    let mut document = sample::review(0);
    let columns = vec![
        Column::text("Device"),
        Column::number("Seats"),
        Column::money("Price"),
    ];
    let mut table = Table::new("Installs", columns, "None.");
    table.rows = (1..=3_000)
        .map(|at| {
            vec![
                format!("PC-{at}").into(),
                at.into(),
                sample::euros(at * 100),
            ]
        })
        .collect();
    document.blocks = vec![Block::Table(table)];
    let pages = pages(&render_pdf(&document).unwrap());
    assert!(pages.len() > 60, "{} pages", pages.len());
    for (at, page) in (1..).zip(&pages) {
        assert!(page.contains("Device Seats Price (EUR)"), "{page}");
        assert!(
            page.contains(&format!("Page {at} of {}", pages.len())),
            "{page}"
        );
    }
    let rows: usize = pages.iter().map(|page| page.matches("PC-").count()).sum();
    assert_eq!(rows, 3_000);
}

#[test]
fn a_table_of_many_columns_lies_sideways() {
    let mut document = sample::review(0);
    let columns =
        (0..14).map(|at| Column::text(format!("Column number {at}")).aligned(Align::Center));
    let mut table = Table::new("Wide", columns.collect(), "None.");
    table
        .rows
        .push((0..14).map(|at| format!("value {at}").into()).collect());
    document.blocks = vec![
        Block::Heading(Level::Section, "Wide".into()),
        Block::Table(table),
    ];
    let file = render_pdf(&document).unwrap();
    assert!(words(&file).contains("value 13"));
    let pdf = lopdf::Document::load_mem(&file).unwrap();
    let first = pdf.get_dictionary(pdf.get_pages()[&1]).unwrap();
    let sheet = first.get(b"MediaBox").unwrap().as_array().unwrap();
    assert!(sheet[2].as_float().unwrap() > sheet[3].as_float().unwrap());
}

#[test]
fn amounts_in_several_currencies_each_name_theirs() {
    let money = |amount: &str, code: &str| {
        Value::Money(domain::money::Money {
            amount: amount.parse().unwrap(),
            currency: domain::money::Currency::parse(code).unwrap(),
        })
    };
    let mut document = sample::review(0);
    let mut table = Table::new("Costs", vec![Column::money("Cost")], "None.");
    table.rows = vec![vec![money("1234.5", "USD")], vec![money("99", "JPY")]];
    table.totals = vec![vec![money("99", "JPY")], vec![money("1234.5", "USD")]];
    document.blocks = vec![Block::Table(table)];
    let read = words(&render_pdf(&document).unwrap());
    assert!(
        read.contains("Cost USD 1,234.50 JPY 99.00 JPY 99.00 USD 1,234.50"),
        "{read}"
    );
}

#[test]
fn a_document_that_does_not_hold_together_is_refused_and_the_place_is_named() {
    let with = |change: fn(&mut Table)| {
        let mut document = sample::review(0);
        let columns = vec![Column::text("Product"), Column::number("Seats")];
        let mut table = Table::new("Seats", columns, "None.");
        table.rows = vec![vec!["Visio".into(), Value::from(1)]; 2];
        change(&mut table);
        document.blocks = vec![Block::Table(table)];
        render_pdf(&document).unwrap_err().to_string()
    };
    for (change, said) in [
        (
            (|table| table.rows[1].truncate(1)) as fn(&mut Table),
            r#"table "Seats", row 2: 1 values for 2 columns"#,
        ),
        (
            |table| table.rows[0][1] = sample::day(2026, 1, 1).into(),
            r#"table "Seats", row 1, column "Seats": a Number or a text is expected"#,
        ),
        (
            |table| table.columns.clear(),
            r#"table "Seats" has no columns"#,
        ),
        (
            |table| table.columns = vec![Column::text("A"); 17],
            r#"table "Seats" has 17 columns: at most 16 fit in a document"#,
        ),
    ] {
        assert_eq!(with(change), said);
    }
    let mut document = sample::review(0);
    document.blocks = vec![Block::Paragraph(String::new()); 501];
    assert!(matches!(
        render_pdf(&document),
        Err(ReportError::TooMany {
            limit: Limit::Blocks,
            found: 501,
            ..
        })
    ));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(8))]

    #[test]
    fn any_text_can_be_printed(text in "\\PC{0,400}|[\\s\\S]{0,60}|[#$\\[\\]\\\\{}()*_`<>@/=~+\"'-]{0,80}") {
        let file = render_pdf(&all_texts(&text));
        proptest::prop_assert!(file.is_ok(), "{:?}", file.err());
    }
}
