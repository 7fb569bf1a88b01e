//! A quarterly review as an MSP would hand it to a client, of any length.

use chrono::NaiveDate;
use domain::money::{Currency, Money};
use reports::{Block, Column, Document, KeyFigure, Level, Paper, Period, Pin, Table, Value};
use rust_decimal::Decimal;

const PRODUCTS: [(&str, &str); 8] = [
    ("Microsoft", "Microsoft 365 Business Premium"),
    (
        "Adobe",
        "Creative Cloud All Apps for teams, multiple platforms, renewal level 1 (1–9), English",
    ),
    ("Autodesk", "AutoCAD – including specialized toolsets"),
    ("JetBrains", "All Products Pack"),
    (
        "Veeam",
        "Data Platform Essentials, Universal Subscription License, 5-instance pack",
    ),
    (
        "Acme Industrial Software GmbH & Co. KG",
        "Prozessleitsystem-Dokumentationsverwaltung Professional",
    ),
    ("Ελληνικό Λογισμικό", "Λογιστικά Πρόγραμμα Επιχειρήσεων"),
    ("Контур", "Контур.Экстерн, тариф «Максимальный»"),
];

/// A day.
pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// An amount in cents.
pub(crate) fn euros(cents: i64) -> Value {
    Value::Money(Money {
        amount: Decimal::new(cents, 2),
        currency: Currency::parse("EUR").unwrap(),
    })
}

/// A review with so many rows in its table of spare seats.
pub(crate) fn review(rows: usize) -> Document {
    Document {
        title: "Quarterly license review".into(),
        subtitle: Some("Where seats are short, where they are spare, and what renews next".into()),
        prepared_by: "Brightwater Managed Services".into(),
        prepared_for: "Harbour & Sons Shipping Ltd".into(),
        period: Some(Period {
            from: day(2026, 1, 1),
            until: day(2026, 3, 31),
        }),
        pin: Pin {
            day: day(2026, 3, 31),
            entry: 48_213,
            hash: Some("9f2c4e1ab7d03356c8e0d7f19b64a2205ce8f01d7734bb9a6e1f5c20d48a913e".into()),
        },
        paper: Paper::A4,
        blocks: vec![
            Block::KeyFigures(vec![
                figure("Recoverable now", euros(184_050), "12 seats in 3 products"),
                figure("Recoverable at renewal", euros(1_296_000), "61 seats in 9 products"),
                figure("To buy for what is in use", euros(432_000), "4 seats short since 3 March"),
                figure("Renewing next quarter", Value::from(7), "2 must be decided by 15 April"),
            ]),
            Block::Paragraph(
                "Four seats of Microsoft 365 Business Premium have been in use without a license since 3 March. \
                 Everything else is covered. Sixty-one seats are paid for and have not been assigned for thirty days; \
                 most of them can be given up when their term renews."
                    .into(),
            ),
            Block::Heading(Level::Section, "Spare seats".into()),
            Block::Paragraph("Seats that were owned and not assigned on any of the last thirty days.".into()),
            Block::Table(spare(rows)),
            Block::Heading(Level::Section, "Short".into()),
            Block::Table(Table::new(
                "Products in use beyond what is owned",
                vec![
                    Column::text("Product"),
                    Column::number("Owned"),
                    Column::number("In use"),
                    Column::date("Since"),
                    Column::money("To buy"),
                ],
                "Nothing is short.",
            )),
            Block::Heading(Level::Section, "Renewing in the next quarter".into()),
            Block::Heading(Level::Subsection, "By the day on which something can still be done".into()),
            Block::Table(renewals()),
        ],
        notes: vec![
            "Prices are those agreed with you, without tax. A seat that is assigned to nobody and can't be given up before its term ends counts as recoverable at renewal.".into(),
            "A device that was not seen for thirty days is unknown, not clean; two such devices are left out.".into(),
        ],
    }
}

fn figure(label: &str, value: Value, detail: &str) -> KeyFigure {
    KeyFigure {
        label: label.into(),
        value,
        detail: Some(detail.into()),
    }
}

fn spare(rows: usize) -> Table {
    let mut table = Table::new(
        "Spare seats by vendor and product",
        vec![
            Column::text("Vendor"),
            Column::text("Product"),
            Column::number("Owned"),
            Column::number("Assigned"),
            Column::number("Spare"),
            Column::date("Can be reduced on"),
            Column::money("Recoverable"),
        ],
        "No seat is spare.",
    );
    let mut sum = 0;
    for at in 0..rows {
        let (vendor, product) = PRODUCTS[at % PRODUCTS.len()];
        let owned = 10 + i64::try_from(at * 37 % 1_900).unwrap();
        let spare = owned / 4;
        let cents = spare * 2_475;
        sum += cents;
        table.rows.push(vec![
            vendor.into(),
            product.into(),
            owned.into(),
            (owned - spare).into(),
            spare.into(),
            if at % 5 == 3 {
                "at any time".into()
            } else {
                day(2026, 4 + u32::try_from(at % 9).unwrap(), 1).into()
            },
            euros(cents),
        ]);
    }
    if rows > 0 {
        let mut total = vec![Value::Empty; 7];
        total[0] = "Total".into();
        total[6] = euros(sum);
        table.totals.push(total);
    }
    table
        .notes
        .push("“At any time”: the vendor bills by the month.".into());
    table
}

fn renewals() -> Table {
    let mut table = Table::new(
        "Renewals from 1 April to 30 June 2026",
        vec![
            Column::date("Decide by"),
            Column::date("Renews on"),
            Column::text("Product"),
            Column::text("Renewal"),
            Column::number("Seats"),
            Column::money("Price a year"),
        ],
        "Nothing renews.",
    );
    for (decide, renews, product, how, seats, cents) in [
        (
            day(2026, 4, 15),
            day(2026, 5, 15),
            PRODUCTS[0].1,
            "by itself",
            120,
            2_970_000,
        ),
        (
            day(2026, 4, 30),
            day(2026, 4, 30),
            PRODUCTS[2].1,
            "must be ordered",
            6,
            1_132_800,
        ),
        (
            day(2026, 6, 1),
            day(2026, 6, 30),
            PRODUCTS[1].1,
            "by itself",
            14,
            1_187_606,
        ),
    ] {
        table.rows.push(vec![
            decide.into(),
            renews.into(),
            product.into(),
            how.into(),
            Value::from(seats),
            euros(cents),
        ]);
    }
    table
}
