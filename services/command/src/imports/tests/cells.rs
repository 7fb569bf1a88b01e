use domain::asset_type::{Field, FieldKey, FieldKind, FieldRole};
use serde_json::{Value as Json, json};

use crate::imports::{DateOrder, DecimalMark, Options, cell};

fn field(kind: FieldKind, role: Option<FieldRole>) -> Field {
    Field {
        key: FieldKey::from_stored("field".to_owned()),
        name: "Field".to_owned(),
        kind,
        role,
        required: false,
        hint: None,
        default: None,
        shown_in_list: false,
        retired: false,
    }
}

fn number() -> Field {
    let kind = FieldKind::Number {
        unit: None,
        decimals: 6,
    };
    field(kind, None)
}

#[track_caller]
fn fits(field: &Field, options: &Options, cases: &[(&str, Json)]) {
    for (text, value) in cases {
        assert_eq!(
            cell::read(field, text, options).as_ref(),
            Ok(value),
            "{text:?}"
        );
    }
}

#[track_caller]
fn unfit(field: &Field, options: &Options, cases: &[(&str, &str)]) {
    for (text, why) in cases {
        let error = cell::read(field, text, options).expect_err(text);
        assert!(error.contains(why), "{text:?}: {error}");
    }
}

#[test]
fn numbers_are_read_if_they_can_mean_one_thing_only() {
    let cases = [
        ("0", "0"),
        ("25", "25"),
        (" 25 ", "25"),
        ("+5", "5"),
        ("-5", "-5"),
        ("−5", "-5"),
        (".5", "0.5"),
        ("1.5", "1.5"),
        ("12,50", "12.50"),
        ("0.125", "0.125"),
        ("0,125", "0.125"),
        ("1234.567", "1234.567"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1 234", "1234"),
        ("1\u{202f}234,5", "1234.5"),
        ("1'234.50", "1234.50"),
    ];
    fits(
        &number(),
        &Options::default(),
        &cases.map(|(text, value)| (text, json!(value))),
    );
}

#[test]
fn numbers_that_could_mean_two_things_are_refused_unless_it_is_said() {
    let both = [
        ("1,234", "may separate thousands or decimals"),
        ("1.000", "decimal_mark"),
    ];
    unfit(&number(), &Options::default(), &both);
    let said = |mark| Options {
        decimal_mark: Some(mark),
        ..Options::default()
    };
    fits(
        &number(),
        &said(DecimalMark::Point),
        &[("1,234", json!("1234")), ("1.250", json!("1.250"))],
    );
    fits(
        &number(),
        &said(DecimalMark::Comma),
        &[("1,234", json!("1.234")), ("1.000", json!("1000"))],
    );
    unfit(
        &number(),
        &said(DecimalMark::Comma),
        &[("1,234.50", "is expected")],
    );
}

#[test]
fn what_is_no_number_is_refused() {
    let cases = [
        "many",
        "1,23,456.0",
        "12 34",
        "1..2",
        "1,2,3",
        "0x10",
        "5 users",
        "--5",
        "1e3",
        "NaN",
        ",",
        "٣",
    ];
    unfit(
        &number(),
        &Options::default(),
        &cases.map(|text| (text, "is expected")),
    );
}

#[test]
fn seats_are_whole_and_not_negative() {
    let kind = FieldKind::Number {
        unit: None,
        decimals: 0,
    };
    let seats = field(kind, Some(FieldRole::TotalSeats));
    fits(
        &seats,
        &Options::default(),
        &[("25", json!("25")), ("25.0", json!("25.0"))],
    );
    unfit(
        &seats,
        &Options::default(),
        &[
            ("2.5", "whole"),
            ("-1", "between"),
            ("1.000", "thousands or decimals"),
        ],
    );
}

#[test]
fn amounts_may_name_their_currency() {
    let money = field(number().kind, Some(FieldRole::AnnualCost));
    let amount = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
    let cases = [
        ("6600", json!("6600")),
        ("6600.00 USD", amount("6600.00", "USD")),
        ("usd 6,600.00", amount("6600.00", "USD")),
        ("CAD6600", amount("6600", "CAD")),
        ("€ 6.600,00", amount("6600.00", "EUR")),
        ("6600,50 €", amount("6600.50", "EUR")),
        ("£12.50", amount("12.50", "GBP")),
    ];
    fits(&money, &Options::default(), &cases);
    let cases = [
        ("$6,600.00", "whose dollars"),
        ("-5", "between"),
        ("free", "is expected"),
        ("1.2345678 USD", "decimals"),
    ];
    unfit(&money, &Options::default(), &cases);
}

#[test]
fn days_are_iso_unless_their_order_is_said() {
    let date = field(FieldKind::Date, None);
    let iso = [
        ("2027-01-31", json!("2027-01-31")),
        ("2027-01-31 00:00:00", json!("2027-01-31")),
    ];
    fits(&date, &Options::default(), &iso);
    let cases = [
        ("31/12/2026", "dates"),
        ("1.2.2026", "where the month is"),
        ("12-31-2026", "where the month is"),
        ("31/12/26", "write a day as"),
        ("46022", "spreadsheet"),
        ("2026-02-30", "2026-02-30"),
        ("0001-01-01", "0001"),
        ("soon", "write a day as"),
        ("2027-01-31 14:30", "write a day as"),
    ];
    unfit(&date, &Options::default(), &cases);
    let said = |order| Options {
        dates: Some(order),
        ..Options::default()
    };
    fits(
        &date,
        &said(DateOrder::DayFirst),
        &[
            ("1/2/2026", json!("2026-02-01")),
            ("31.12.2026", json!("2026-12-31")),
        ],
    );
    fits(
        &date,
        &said(DateOrder::MonthFirst),
        &[
            ("1/2/2026", json!("2026-01-02")),
            ("2026-12-31", json!("2026-12-31")),
        ],
    );
    unfit(
        &date,
        &said(DateOrder::MonthFirst),
        &[("31/12/2026", "no date")],
    );
}

#[test]
fn yes_and_no_have_many_names() {
    let boolean = field(FieldKind::Boolean, None);
    fits(
        &boolean,
        &Options::default(),
        &["yes", "Y", "TRUE", "x", "1"].map(|text| (text, json!(true))),
    );
    fits(
        &boolean,
        &Options::default(),
        &["no", "N", "False", "0"].map(|text| (text, json!(false))),
    );
    unfit(&boolean, &Options::default(), &[("maybe", "yes or no")]);
}

#[test]
fn several_labels_are_parted_by_semicolons_or_written_as_json() {
    for (cell, expected) in [
        ("Site", &["Site"][..]),
        ("Site; Per-user ;", &["Site", "Per-user"]),
        (r#"["One; two","Site"]"#, &["One; two", "Site"]),
        (r#"["[\"Site\"]"]"#, &["[\"Site\"]"]),
        ("[Site]", &["[Site]"]),
        ("[1]", &["[1]"]),
    ] {
        assert_eq!(cell::list(cell), expected, "{cell}");
    }
}
