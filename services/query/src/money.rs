//! Amounts of money, as they are answered.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use tokio_postgres::{Row, types::Json};
use utoipa::ToSchema;
use web::problem::Problem;

use crate::{export::Cell, row::Columns};

/// Decimals of an amount at least.
const DECIMALS: u32 = 2;

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Amount {
    #[schema(example = "6600.00")]
    pub(crate) amount: String,
    #[schema(example = "USD")]
    pub(crate) currency: String,
}

/// Sums of money by their currencies, as the read models keep them.
pub(crate) type Sums = BTreeMap<String, String>;

/// Sums are never added up over currencies: one amount for each.
pub(crate) fn amounts(sums: Sums) -> Vec<Amount> {
    let amount = |(currency, amount)| Amount { amount, currency };
    sums.into_iter().map(amount).collect()
}

/// The sums in a column.
pub(crate) fn read(row: &Row, name: &str) -> Result<Vec<Amount>, Problem> {
    let Json(sums): Json<Sums> = row.read(name)?;
    Ok(amounts(sums))
}

/// Adds amounts to those of the same currency.
pub(crate) fn add_all(sums: &mut Vec<Amount>, more: &[Amount]) -> Result<(), Problem> {
    for other in more {
        let same = sums.iter_mut().find(|sum| sum.currency == other.currency);
        match same {
            Some(sum) => sum.amount = text(decimal(sum)? + decimal(other)?),
            None => sums.push(other.clone()),
        }
    }
    sums.sort_by(|one, other| one.currency.cmp(&other.currency));
    Ok(())
}

/// What is left of amounts without a part of them; currencies of which nothing is left are left out.
pub(crate) fn less(all: &[Amount], part: &[Amount]) -> Result<Vec<Amount>, Problem> {
    let mut rest = Vec::new();
    for sum in all {
        let same = part.iter().find(|part| part.currency == sum.currency);
        let left = decimal(sum)? - same.map_or(Ok(Decimal::ZERO), decimal)?;
        if !left.is_zero() {
            rest.push(Amount {
                amount: text(left),
                currency: sum.currency.clone(),
            });
        }
    }
    Ok(rest)
}

/// An amount as the database wrote its number.
pub(crate) fn written(number: &str, currency: String) -> Result<Amount, Problem> {
    let amount = text(number_of(number)?);
    Ok(Amount { amount, currency })
}

/// A number as amounts are written: with two decimals at least.
pub(crate) fn text(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < DECIMALS {
        amount.rescale(DECIMALS);
    }
    amount.to_string()
}

fn decimal(amount: &Amount) -> Result<Decimal, Problem> {
    number_of(&amount.amount)
}

fn number_of(text: &str) -> Result<Decimal, Problem> {
    text.parse()
        .map_err(|error: rust_decimal::Error| Problem::internal(&error))
}

/// All of them in one cell.
pub(crate) fn cell(amounts: &[Amount]) -> Cell<'static> {
    if amounts.is_empty() {
        return Cell::Empty;
    }
    let texts: Vec<String> = amounts
        .iter()
        .map(|amount| format!("{} {}", amount.amount, amount.currency))
        .collect();
    Cell::Text(texts.join("; ").into())
}
