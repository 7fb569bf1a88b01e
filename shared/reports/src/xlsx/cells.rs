//! Values in cells.

use chrono::Datelike;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};

use super::day;
use crate::document::{Align, Value};
use crate::plain;
use crate::written::Style;

/// Half of what a cell holds, since spreadsheets count some characters twice.
pub(super) const TEXT_CHARS_MAX: usize = 16_000;
/// Digits that a spreadsheet's numbers keep. What has more is written as a text, exactly.
const DIGITS_MAX: i128 = 999_999_999_999_999;
/// The first year that a spreadsheet's days can have.
const YEAR_MIN: i32 = 1900;

/// Writes a value as what it is.
pub(super) fn write(
    worksheet: &mut Worksheet,
    at: (u32, u16),
    value: &Value,
    style: Style,
    format: &Format,
) -> Result<(), XlsxError> {
    let (row, column) = at;
    match (value, exact(value)) {
        (Value::Empty, _) => {
            worksheet.write_blank(row, column, format)?;
        }
        (Value::Number(_), Some(number)) => {
            let format = format.clone().set_num_format(digits(style.decimals));
            worksheet.write_number_with_format(row, column, number, &format)?;
        }
        (Value::Money(money), Some(number)) => {
            let digits = digits(style.decimals);
            let format = format.clone().set_num_format(match style.currency {
                Some(_) => digits,
                None => format!("[${}] {digits}", money.currency),
            });
            worksheet.write_number_with_format(row, column, number, &format)?;
        }
        (Value::Date(date), _) if date.year() >= YEAR_MIN => {
            let format = format.clone().set_num_format("d mmm yyyy");
            worksheet.write_datetime_with_format(row, column, day(*date)?, &format)?;
        }
        _ => {
            let text = plain::lines(&style.write(value), TEXT_CHARS_MAX);
            worksheet.write_string_with_format(row, column, text, format)?;
        }
    }
    Ok(())
}

/// The number of a value, if a spreadsheet keeps all of its digits.
fn exact(value: &Value) -> Option<f64> {
    let number: Decimal = match value {
        Value::Number(number) => *number,
        Value::Money(money) => money.amount,
        Value::Empty | Value::Text(_) | Value::Date(_) => return None,
    };
    let number = number.normalize();
    if number.mantissa().abs() > DIGITS_MAX {
        return None;
    }
    number.to_f64()
}

fn digits(decimals: u32) -> String {
    match decimals {
        0 => "#,##0".to_owned(),
        more => format!("#,##0.{}", "0".repeat(more as usize)),
    }
}

/// The side of a column.
pub(super) const fn side(align: Align) -> FormatAlign {
    match align {
        Align::Start => FormatAlign::Left,
        Align::Center => FormatAlign::Center,
        Align::End => FormatAlign::Right,
    }
}
