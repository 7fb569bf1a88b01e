//! Fields that get a role after assets have values for them: a tenant's own type takes part in expiry as soon
//! as one of its dates has the role.

use std::borrow::Cow;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{Asset, InUseSource, decide::Dated};
use crate::{
    asset_type::{AssetType, FieldKind, FieldRole},
    event::Event,
    money::{Currency, Money},
    value::{SEATS_MAX, Value},
};

impl Asset {
    /// What its plain values say of seats, costs and the end of the term, as the events that say it: of its first day,
    /// and only where no such event was ever recorded.
    pub(crate) fn adopted(&self, asset_type: &AssetType) -> Vec<Dated> {
        let Some(first_day) = self.tracked.days().next() else {
            return Vec::new();
        };
        let seats = |role| match self.value_with(asset_type, role)? {
            Value::Number(number) => number
                .to_i64()
                .filter(|seats| number.is_integer() && (0..=SEATS_MAX).contains(seats)),
            _ => None,
        };
        let total = || {
            let to = seats(FieldRole::TotalSeats)?;
            Some(Event::TotalSeatsAdjusted {
                from: None,
                to: Some(to),
                delta: Some(to),
                correction: false,
            })
        };
        let in_use = || {
            Some(Event::SeatsInUseCounted {
                source: InUseSource::Typed,
                counted_for: None,
                from: None,
                to: Some(seats(FieldRole::AssignedSeats)?),
                correction: false,
            })
        };
        let expiry = || match self.value_with(asset_type, FieldRole::ExpiryDate)? {
            Value::Date(end) => Some(Event::ExpiryChanged {
                from: None,
                to: Some(*end),
                correction: false,
            }),
            _ => None,
        };
        let cost = |role| {
            let field = asset_type.field_with(role)?;
            // A number is an amount only where its unit says of what.
            let (FieldKind::Number { unit, .. }, Value::Number(amount)) =
                (&field.kind, self.values.get(&field.key)?)
            else {
                return None;
            };
            let cost = Money {
                amount: *amount,
                currency: Currency::parse(unit.as_deref()?).ok()?,
            };
            let fits = amount.scale() <= Money::DECIMALS_MAX
                && (Decimal::ZERO..=Decimal::from(Money::AMOUNT_MAX)).contains(amount);
            fits.then_some(Event::CostChanged {
                role,
                from: None,
                to: Some(cost),
                correction: false,
            })
        };
        let no_total = self.seats.adjustments.is_empty() && self.seats.purchases.is_empty();
        let no_count = !self.seats.counts.contains_key(&(None, InUseSource::Typed));
        let no_expiry = self.term.expiry.is_empty();
        let (no_cost, no_price) = (self.annual_cost.is_empty(), self.annual_price.is_empty());
        let events = [
            no_total.then(total).flatten(),
            no_count.then(in_use).flatten(),
            no_expiry.then(expiry).flatten(),
            no_cost.then(|| cost(FieldRole::AnnualCost)).flatten(),
            no_price.then(|| cost(FieldRole::AnnualPrice)).flatten(),
        ];
        events
            .into_iter()
            .flatten()
            .map(|event| (first_day, event))
            .collect()
    }

    /// The asset with what it has adopted.
    pub(crate) fn seen_through(&self, asset_type: &AssetType) -> Cow<'_, Self> {
        let adopted = self.adopted(asset_type);
        if adopted.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut seen = self.clone();
        for (day, event) in &adopted {
            seen.apply(*day, event);
        }
        Cow::Owned(seen)
    }
}
