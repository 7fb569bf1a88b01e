#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

use chrono::NaiveDate;
use reports::{Paper, render_pdf, render_xlsx};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    build::{Asked, LINES_MAX, review},
    document::document,
    rows::{License, Pool, Rows},
    span::Quarter,
    told::{Audience, Review},
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn asked(audience: Audience) -> Asked {
    let as_of = day("2026-11-24");
    Asked {
        company: Uuid::from_u128(1),
        audience,
        span: Quarter::of(as_of).span(),
        as_of,
        entry: 12,
    }
}

fn pool(key: &str, figures: Json) -> Pool {
    let mut pool = json!({
        "product_key": key, "metric": "per_user", "product": key, "vendor": null, "owned": 10, "in_use": 4, "short": 0,
        "spare": 6, "recoverable_now": 0, "status": "over_licensed", "incomplete": false,
        "spare_since": "2026-02-01", "short_since": null,
    });
    pool.as_object_mut()
        .unwrap()
        .extend(figures.as_object().unwrap().clone());
    serde_json::from_value(pool).unwrap()
}

fn license(id: u128, key: &str, figures: Json) -> License {
    let mut license = json!({
        "asset_id": Uuid::from_u128(id), "name": format!("{key} {id}"), "product_key": key, "metric": "per_user",
        "allocated": false, "total": 10, "owned": 10, "in_use": 4, "in_force": true, "reducible": 0,
        "perpetual": false, "cost": null, "price": null, "elsewhere": [], "deadline": null,
    });
    license
        .as_object_mut()
        .unwrap()
        .extend(figures.as_object().unwrap().clone());
    serde_json::from_value(license).unwrap()
}

fn priced(amount: &str) -> Json {
    json!({"amount": amount, "currency": "USD"})
}

fn told(rows: &Rows) -> Json {
    serde_json::to_value(review(asked(Audience::Client), rows)).unwrap()
}

fn of(pools: Vec<Pool>, licenses: Vec<License>) -> Rows {
    Rows {
        account: "Us".to_owned(),
        company: "Contoso".to_owned(),
        pools,
        licenses,
        ..Rows::default()
    }
}

fn usd(amount: &str) -> Json {
    json!([{"amount": amount, "currency": "USD"}])
}

#[test]
fn a_clients_part_of_a_license_is_the_part_of_the_price_that_its_seats_make() {
    for (name, figures, yearly) in [
        ("all of it", json!({"price": priced("100")}), usd("100.00")),
        (
            "what it has of another's",
            json!({"price": priced("100"), "allocated": true, "total": 3, "elsewhere": [7]}),
            usd("30.00"),
        ),
        (
            "what it kept",
            json!({"price": priced("100"), "total": 4, "elsewhere": [3, 3]}),
            usd("40.00"),
        ),
        (
            "thirds are told to the cent, and the owner bears the rest",
            json!({"price": priced("100"), "total": 1, "elsewhere": [1, 1]}),
            usd("33.34"),
        ),
        (
            "seats that are not known",
            json!({"price": priced("100"), "total": null}),
            usd("100.00"),
        ),
        ("no price", json!({"cost": {"USD": "55.00"}}), json!([])),
        (
            "no longer in force",
            json!({"price": priced("100"), "in_force": false}),
            json!([]),
        ),
    ] {
        let rows = of(vec![], vec![license(1, "word", figures)]);
        assert_eq!(told(&rows)["figures"]["yearly"], yearly, "{name}");
    }
}

#[test]
fn spare_seats_are_priced_each_at_its_own_license_and_what_can_go_now_comes_first() {
    let licenses = vec![
        license(
            1,
            "word",
            json!({"price": priced("100"), "deadline": "2027-03-01"}),
        ),
        license(
            2,
            "word",
            json!({"price": priced("200"), "reducible": 2, "deadline": "2027-01-15"}),
        ),
        license(
            3,
            "word",
            json!({"price": priced("999"), "in_use": 10, "deadline": "2026-12-01"}),
        ),
        license(
            4,
            "word",
            json!({"price": priced("999"), "perpetual": true, "deadline": "2026-12-01"}),
        ),
    ];
    let pools = vec![pool(
        "word",
        json!({"owned": 40, "in_use": 32, "spare": 8, "recoverable_now": 2}),
    )];
    let line = &told(&of(pools, licenses))["spare"]["items"][0];
    // Six of the second license, at 20 each, two of them now; two of the first, at 10 each.
    assert_eq!(line["yearly"], usd("140.00"));
    assert_eq!(
        line["recoverable_now"],
        json!({"seats": 2, "yearly": usd("40.00")})
    );
    assert_eq!(
        line["recoverable_at_renewal"],
        json!({"seats": 6, "yearly": usd("100.00")})
    );
    assert_eq!(line["renewal_on"], "2027-01-15");
}

#[test]
fn missing_seats_are_priced_by_the_license_that_has_the_most_and_a_price() {
    let short = json!({"in_use": 45, "short": 5, "spare": 0, "status": "under_licensed"});
    for (name, figures, yearly) in [
        (
            "the largest",
            json!({"total": 30, "price": priced("300")}),
            usd("50.00"),
        ),
        ("the largest has none", json!({"total": 30}), usd("100.00")),
        (
            "the largest has ended",
            json!({"total": 30, "price": priced("300"), "in_force": false}),
            usd("100.00"),
        ),
    ] {
        let licenses = vec![
            license(1, "word", json!({"price": priced("200")})),
            license(2, "word", figures),
        ];
        let rows = of(vec![pool("word", short.clone())], licenses);
        assert_eq!(told(&rows)["short"]["items"][0]["yearly"], yearly, "{name}");
    }
}

#[test]
fn what_has_no_limit_is_no_seat_and_what_is_not_known_is_said() {
    let pools = vec![
        pool(
            "site",
            json!({"status": "unlimited", "owned": 1, "in_use": 0, "spare": 0}),
        ),
        pool(
            "gap",
            json!({"status": "unknown", "incomplete": true, "spare": 0, "in_use": 0}),
        ),
    ];
    let review = told(&of(pools, vec![]));
    let figures = &review["figures"];
    assert_eq!(
        [&figures["seats_owned"], &figures["incomplete"]],
        [&json!(10), &json!(1)]
    );
}

#[test]
fn amounts_of_several_currencies_stand_side_by_side() {
    let licenses = vec![
        license(1, "word", json!({"price": priced("100")})),
        license(
            2,
            "word",
            json!({"price": {"amount": "50.5", "currency": "EUR"}}),
        ),
    ];
    let rows = of(vec![pool("word", json!({"spare": 12}))], licenses);
    let review = review(asked(Audience::Client), &rows);
    let both =
        json!([{"amount": "50.50", "currency": "EUR"}, {"amount": "100.00", "currency": "USD"}]);
    assert_eq!(
        serde_json::to_value(&review).unwrap()["figures"]["yearly"],
        both
    );
    files(&review);
}

fn files(review: &Review) {
    for paper in [Paper::A4, Paper::Letter] {
        let document = document(review, paper);
        assert!(render_pdf(&document).unwrap().starts_with(b"%PDF-"));
        assert!(render_xlsx(&document).unwrap().starts_with(b"PK"));
    }
}

#[test]
fn a_long_list_is_cut_and_the_rest_counted() {
    let many = LINES_MAX + 7;
    let pools = (0..many)
        .map(|at| pool(&format!("p{at:04}"), json!({})))
        .collect();
    let rows = of(pools, vec![]);
    let review = review(asked(Audience::Client), &rows);
    let json = serde_json::to_value(&review).unwrap();
    for list in [&json["spare"], &json["changes"]["positions"]] {
        assert_eq!(list["items"].as_array().unwrap().len(), LINES_MAX);
        assert_eq!(list["more"], 7);
    }
    assert_eq!(json["figures"]["spare"], 6 * i64::try_from(many).unwrap());
    let document = document(&review, Paper::A4);
    let told = format!("{document:?}");
    assert!(
        told.contains("7 more are not shown; sums count them."),
        "{told}"
    );
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let pools: Vec<Pool> = ["b", "a", "B", "c"]
        .map(|key| pool(key, json!({"product": "Same"})))
        .into();
    let licenses: Vec<License> = (1..5)
        .map(|at| license(at, "a", json!({"price": priced("10"), "total": 3 * at})))
        .collect();
    let rows = of(pools, licenses);
    let mut turned = rows.clone();
    turned.pools.reverse();
    turned.licenses.reverse();
    assert_eq!(told(&rows).to_string(), told(&turned).to_string());
}
