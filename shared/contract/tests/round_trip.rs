//! Whatever a value is, it comes back as it was.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use chrono::NaiveDate;
use contract::{decode, encode};
use domain::{
    Change, Event,
    asset_type::FieldKey,
    ids::SecretId,
    money::{Currency, Money},
    value::{SecretRef, Value},
};
use proptest::{collection::vec, option, prelude::*};
use rust_decimal::Decimal;
use uuid::Uuid;

fn decimals() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0..=12_u32).prop_map(|(number, scale)| Decimal::new(number, scale))
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::Text),
        any::<String>().prop_map(Value::RichText),
        decimals().prop_map(Value::Number),
        (0..=3_000_000).prop_map(|days| {
            Value::Date(NaiveDate::from_num_days_from_ce_opt(693_596 + days).unwrap())
        }),
        any::<bool>().prop_map(Value::Boolean),
        vec(any::<String>(), 0..4).prop_map(Value::Labels),
        any::<String>().prop_map(Value::Url),
        (decimals(), "[A-Z]{3}").prop_map(|(amount, code)| {
            Value::Money(Money {
                amount,
                currency: Currency::parse(&code).unwrap(),
            })
        }),
        (any::<u128>(), 1..=i32::MAX).prop_map(|(id, version)| {
            Value::Secret(SecretRef {
                secret_id: SecretId(Uuid::from_u128(id)),
                version,
            })
        }),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    ("[a-z_]{1,20}", option::of(values()), option::of(values())).prop_map(|(key, from, to)| {
        Change {
            field: FieldKey::from_stored(key),
            from,
            to,
        }
    })
}

proptest! {
    #[test]
    fn any_change_of_fields_is_read_as_it_was_written(changes in vec(changes(), 0..6)) {
        let event = Event::FieldsChanged { changes };
        let stored = encode(&event);
        let read = decode(stored.event_type, stored.schema_version, &stored.payload).unwrap();
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(encode(&read), stored);
    }
}
