use super::{super::DateOrder, Unfit, shown};

/// What spreadsheets and databases write after a day that has no time.
const MIDNIGHTS: [&str; 5] = ["T00:00:00", " 00:00:00", "T00:00:00Z", "T00:00", " 00:00"];

/// A day as ISO has it.
pub(super) fn read(text: &str, order: Option<DateOrder>) -> Result<String, Unfit> {
    let text = MIDNIGHTS
        .iter()
        .find_map(|midnight| text.strip_suffix(midnight))
        .unwrap_or(text);
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    let digits = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    match parts.as_slice() {
        [year, month, day] if digits && year.len() == 4 && month.len() == 2 && day.len() == 2 => {
            Ok(format!("{year}-{month}-{day}"))
        }
        [first, second, year]
            if digits && year.len() == 4 && first.len() <= 2 && second.len() <= 2 =>
        {
            let (day, month) = match order {
                Some(DateOrder::DayFirst) => (first, second),
                Some(DateOrder::MonthFirst) => (second, first),
                None => {
                    return Err(format!(
                        "is {}, which does not say where the month is: write it as 2027-01-31, or say \
                         whether days are written day-first or month-first (`dates`)",
                        shown(text)
                    ));
                }
            };
            Ok(format!("{year}-{month:0>2}-{day:0>2}"))
        }
        [number] if digits && number.len() == 5 => Err(format!(
            "is {number}, a spreadsheet's number of a day: format the column as a date such as 2027-01-31"
        )),
        _ => Err(format!("is {}: write a day as 2027-01-31", shown(text))),
    }
}
