//! What is written to a workbook, read back by another library.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so"
)]

mod sample;

use std::io::Cursor;

use calamine::{Data, Range, Reader, Xlsx};
use domain::money::{Currency, Money};
use reports::{Block, Column, Document, Table, Value, render_xlsx};

fn open(document: &Document) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(render_xlsx(document).unwrap())).unwrap()
}

fn only_table(table: Table) -> Document {
    let mut document = sample::review(0);
    document.blocks = vec![Block::Table(table)];
    document
}

fn sheet(document: &Document, name: &str) -> Range<Data> {
    open(document).worksheet_range(name).unwrap()
}

#[test]
fn each_table_has_a_sheet_with_numbers_and_days_as_what_they_are() {
    let document = sample::review(24);
    let names = open(&document).sheet_names();
    assert_eq!(
        names,
        [
            "Summary",
            "Spare seats by vendor and prod…",
            "Products in use beyond what is…",
            "Renewals from 1 April to 30 Ju…"
        ]
    );
    let spare = sheet(&document, &names[1]);
    let cell = |row, column| spare.get((row, column)).unwrap().clone();
    assert_eq!(cell(0, 6), Data::String("Recoverable (EUR)".into()));
    assert_eq!(cell(1, 2), Data::Float(10.0));
    assert_eq!(cell(1, 6), Data::Float(49.5));
    let Data::DateTime(day) = cell(1, 5) else {
        panic!("{:?} is no day", cell(1, 5));
    };
    assert_eq!(day.to_ymd_hms_milli(), (2026, 4, 1, 0, 0, 0, 0));
    assert_eq!(cell(4, 5), Data::String("at any time".into()));
    assert_eq!(cell(25, 0), Data::String("Total".into()));
    assert_eq!(cell(25, 1), Data::Empty);
    assert_eq!(cell(25, 6), Data::Float(64_449.0));
    let short = sheet(&document, &names[2]);
    assert_eq!(
        short.get((1, 0)),
        Some(&Data::String("Nothing is short.".into()))
    );
}

#[test]
fn the_first_sheet_says_what_it_is_and_where_it_stands() {
    let summary = sheet(&sample::review(24), "Summary");
    let said: Vec<String> = summary
        .cells()
        .map(|(_, _, cell)| cell.to_string())
        .collect();
    for text in [
        "Quarterly license review",
        "Harbour & Sons Shipping Ltd",
        "1 Jan – 31 Mar 2026",
        "48213",
        "12960",
        "12 seats in 3 products",
        "Spare seats by vendor and product",
        "24 rows",
        "A device that was not seen for thirty days is unknown, not clean; two such devices are left out.",
    ] {
        assert!(
            said.iter().any(|said| said == text),
            "{text} is not in {said:?}"
        );
    }
}

#[test]
fn the_same_document_has_the_same_bytes() {
    let document = sample::review(40);
    let first = render_xlsx(&document).unwrap();
    // Clocks in such files are told to the second or two.
    std::thread::park_timeout(std::time::Duration::from_millis(2_100));
    assert!(render_xlsx(&document).unwrap() == first);
}

#[test]
fn no_text_is_a_formula_and_none_is_lost() {
    let mut table = Table::new(
        "Texts",
        vec![Column::text("Text"), Column::number("Seats")],
        "None.",
    );
    let texts = [
        "=1+1",
        "=HYPERLINK(\"http://example.com\")",
        "+1",
        "-1",
        "@SUM(A1)",
        "{=1}",
        "https://example.com",
        "'quoted",
        "_x0041_",
        "<&>\"'",
        "  spaces  ",
        "two\nlines",
        "東京 😀 שלום",
        "",
    ];
    for text in texts {
        table.rows.push(vec![text.into(), text.into()]);
    }
    let document = only_table(table);
    let range = sheet(&document, "Texts");
    for (at, text) in (1..).zip(texts) {
        for column in [0, 1] {
            let found = range
                .get_value((at, column))
                .map(ToString::to_string)
                .unwrap_or_default();
            assert_eq!(found, text);
        }
    }
    let formulas = open(&document).worksheet_formula("Texts").unwrap();
    assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()));
}

#[test]
fn a_text_that_is_longer_than_a_cell_is_cut_with_a_sign_of_it() {
    let mut table = Table::new("Long", vec![Column::text("Text")], "None.");
    table.rows.push(vec!["😀".repeat(40_000).into()]);
    table.rows.push(vec!["\u{0}\u{7}\u{ffff}bell".into()]);
    let range = sheet(&only_table(table), "Long");
    let long = range.get_value((1, 0)).unwrap().to_string();
    assert!(long.ends_with("😀…") && long.encode_utf16().count() < 32_767);
    assert_eq!(range.get_value((2, 0)).unwrap().to_string(), "bell");
}

#[test]
fn numbers_that_a_spreadsheet_would_round_are_written_in_words() {
    let number = |text: &str| Value::Number(text.parse().unwrap());
    let mut table = Table::new("Numbers", vec![Column::number("Number")], "None.");
    table.rows = vec![
        vec![number("999999999999999")],
        vec![number("1234567890.123456")],
        vec![number("-0.000001")],
    ];
    let range = sheet(&only_table(table), "Numbers");
    assert_eq!(
        range.get_value((1, 0)),
        Some(&Data::Float(999_999_999_999_999.0))
    );
    assert_eq!(
        range.get_value((2, 0)),
        Some(&Data::String("1,234,567,890.123456".into()))
    );
    assert_eq!(range.get_value((3, 0)), Some(&Data::Float(-0.000_001)));
}

#[test]
fn captions_that_no_sheet_may_have_still_lead_to_their_sheets() {
    let mut document = sample::review(0);
    let money = Value::Money(Money {
        amount: "12.5".parse().unwrap(),
        currency: Currency::USD,
    });
    let mut table = Table::new(
        "Client's [costs]: all/none?",
        vec![Column::money("Cost")],
        "None.",
    );
    table.rows.push(vec![money]);
    document.blocks = vec![Block::Table(table.clone()), Block::Table(table)];
    let names = open(&document).sheet_names();
    assert_eq!(
        names,
        [
            "Summary",
            "Client's -costs-- all-none-",
            "Client's -costs-- all-no… (2)"
        ]
    );
    assert_eq!(
        sheet(&document, &names[2]).get((1, 0)),
        Some(&Data::Float(12.5))
    );
}

#[test]
fn thousands_of_rows_are_all_there() {
    let range = sheet(&sample::review(20_000), "Spare seats by vendor and prod…");
    assert!(range.height() > 20_000);
}
