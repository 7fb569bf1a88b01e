//! What a document says, without how it looks.

use chrono::NaiveDate;
use domain::money::Money;
use rust_decimal::Decimal;

/// A report from a managed service provider to one of its clients, or to an auditor.
///
/// All texts are plain: nothing in them is read as markup or as a formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it is: `Quarterly license review`.
    pub title: String,
    /// A line below the title.
    pub subtitle: Option<String>,
    /// Who made it: the name of the MSP.
    pub prepared_by: String,
    /// Whom it is about: the name of the client.
    pub prepared_for: String,
    /// The days it looks at, where it looks at more than one.
    pub period: Option<Period>,
    /// The state of the ledger that it shows.
    pub pin: Pin,
    /// The paper of the PDF.
    pub paper: Paper,
    /// What is to be read, in order.
    pub blocks: Vec<Block>,
    /// Remarks at the end: how figures were counted, what they leave out.
    pub notes: Vec<String>,
}

/// From one day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
}

/// Where in the ledger a document stands, so that it can be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The day as of which it holds, on the calendar of the MSP account. It is also the date in the file's metadata.
    pub day: NaiveDate,
    /// The last entry of the account's ledger that it knows of.
    pub entry: u64,
    /// That entry's hash, where the reader may want to compare it with a signed checkpoint.
    pub hash: Option<String>,
}

/// The sheets that printers hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// US letter, 8.5 × 11 in.
    Letter,
}

/// One part of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading, also found in the PDF's outline.
    Heading(Level, String),
    /// Running text; a line break in it is kept.
    Paragraph(String),
    /// A row of large numbers.
    KeyFigures(Vec<KeyFigure>),
    /// A table; in a workbook, a sheet.
    Table(Table),
}

/// How far up a heading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A part of the document.
    Section,
    /// A part of a section.
    Subsection,
}

/// A number that is to be seen at once.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyFigure {
    /// What it counts: `Recoverable at renewal`.
    pub label: String,
    /// The number.
    pub value: Value,
    /// A few words below: `12 seats in 3 products`.
    pub detail: Option<String>,
}

/// Rows of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What the rows are; in a workbook, the name of the sheet.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a value for every column.
    pub rows: Vec<Vec<Value>>,
    /// Sums below the rows: one row, or one for each currency.
    pub totals: Vec<Vec<Value>>,
    /// What to say instead of rows where there are none.
    pub if_empty: String,
    /// Remarks below the table.
    pub notes: Vec<String>,
}

impl Table {
    /// A table that has its columns and no rows yet.
    #[must_use]
    pub fn new(
        caption: impl Into<String>,
        columns: Vec<Column>,
        if_empty: impl Into<String>,
    ) -> Self {
        Self {
            caption: caption.into(),
            columns,
            rows: Vec::new(),
            totals: Vec::new(),
            if_empty: if_empty.into(),
            notes: Vec::new(),
        }
    }
}

/// What one column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub header: String,
    /// The kind of its values.
    pub kind: Kind,
    /// Where the values stand.
    pub align: Align,
}

impl Column {
    /// Words, from the left.
    #[must_use]
    pub fn text(header: impl Into<String>) -> Self {
        Self::of(header, Kind::Text, Align::Start)
    }

    /// Numbers, one below the other by their decimals.
    #[must_use]
    pub fn number(header: impl Into<String>) -> Self {
        Self::of(header, Kind::Number, Align::End)
    }

    /// Amounts of money, one below the other by their decimals.
    #[must_use]
    pub fn money(header: impl Into<String>) -> Self {
        Self::of(header, Kind::Money, Align::End)
    }

    /// Days.
    #[must_use]
    pub fn date(header: impl Into<String>) -> Self {
        Self::of(header, Kind::Date, Align::Start)
    }

    /// The same column with its values elsewhere.
    #[must_use]
    pub fn aligned(self, align: Align) -> Self {
        Self { align, ..self }
    }

    fn of(header: impl Into<String>, kind: Kind, align: Align) -> Self {
        Self {
            header: header.into(),
            kind,
            align,
        }
    }
}

/// The kind of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Numbers.
    Number,
    /// Amounts of money.
    Money,
    /// Days.
    Date,
}

/// Where values stand in their column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left.
    Start,
    /// In the middle.
    Center,
    /// At the right.
    End,
}

/// What stands in one place.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is known or nothing applies.
    Empty,
    /// Words. They may stand in a column of any kind: `unlimited` among numbers, `Total` among days.
    Text(String),
    /// A number, shown with as many decimals as its column needs.
    Number(Decimal),
    /// An amount of money.
    Money(Money),
    /// A day.
    Date(NaiveDate),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<Money> for Value {
    fn from(money: Money) -> Self {
        Self::Money(money)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}
