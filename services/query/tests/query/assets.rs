use serde_json::{Value as Json, json};

use crate::{
    facts::{Account, text},
    stage::{Stage, recorded_at},
};

/// Three companies' licenses in all states; `NOW` is 24 November 2026.
async fn shop() -> (Stage, Account, String) {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts: Vec<_> = ["Contoso", "Fabrikam"]
        .map(|name| account.company(name))
        .into();
    let short = account.license("Contoso", "Microsoft 365");
    facts.extend(short.seats(25, 27));
    facts.extend([
        short.set("2026-01-01", "Vendor", text("Microsoft")),
        short.expires("2026-01-01", "2027-01-08"),
        short.costs("2026-01-01", "6600"),
        short.secret("2026-01-01", 1),
        short.tagged("2026-01-01", "audit-required"),
        short.tagged("2026-01-01", "expiring-soon"),
    ]);
    let over = account.license("Fabrikam", "Photoshop");
    facts.extend(over.seats(10, 3));
    facts.extend([
        over.set("2026-01-01", "Vendor", text("Adobe")),
        over.expires("2026-01-01", "2027-10-31"),
        over.tagged("2026-01-01", "audit-required"),
    ]);
    let lapsed = account.license("Fabrikam", "Zoom");
    facts.extend(lapsed.seats(5, 5));
    facts.push(lapsed.expires("2026-01-01", "2026-10-31"));
    let gone = account.license("Contoso", "Flash");
    facts.extend(gone.seats(1, 1));
    facts.push(gone.fact("2026-06-01", domain::Event::AssetArchived));
    stage.record(&account, facts).await;
    (stage, account, token)
}

async fn names(stage: &Stage, token: &str, query: &str) -> Vec<Json> {
    stage
        .get(token, &format!("/v1/assets?{query}"))
        .await
        .items("name")
}

#[tokio::test]
async fn each_filter_selects_its_assets_and_together_they_narrow() {
    let (stage, account, token) = shop().await;
    let [contoso, fabrikam] = ["Contoso", "Fabrikam"].map(|name| account.id(name));
    let word = account.id("Microsoft 365");
    for (query, expected) in [
        (String::new(), &["Microsoft 365", "Photoshop", "Zoom"][..]),
        (
            format!("type={}", account.asset_type),
            &["Microsoft 365", "Photoshop", "Zoom"],
        ),
        (format!("type={word}"), &[]),
        (format!("company={contoso}"), &["Microsoft 365"]),
        (
            format!("company={contoso}&company={fabrikam}"),
            &["Microsoft 365", "Photoshop", "Zoom"],
        ),
        (
            "product=photoshop&product=Zoom".into(),
            &["Photoshop", "Zoom"],
        ),
        ("product=microsoft%20%20365".into(), &["Microsoft 365"]),
        ("vendor=ADOBE".into(), &["Photoshop"]),
        ("tag=audit-required".into(), &["Microsoft 365", "Photoshop"]),
        (
            "tag=audit-required&tag=expiring-soon".into(),
            &["Microsoft 365"],
        ),
        ("status=under_licensed".into(), &["Microsoft 365"]),
        (
            "status=over_licensed&status=expired_in_use".into(),
            &["Photoshop", "Zoom"],
        ),
        ("expires_before=2027-01-08".into(), &["Zoom"]),
        (
            "expires_before=2027-01-09".into(),
            &["Microsoft 365", "Zoom"],
        ),
        ("expires_after=2027-01-08".into(), &["Photoshop"]),
        ("expires_within_days=44".into(), &["Zoom"]),
        ("expires_within_days=45".into(), &["Microsoft 365", "Zoom"]),
        (
            "expires_within_days=45&expires_after=2026-11-23".into(),
            &["Microsoft 365"],
        ),
        (
            format!("ids={word}&ids={}", account.id("Flash")),
            &["Flash", "Microsoft 365"],
        ),
        ("field.vendor=adobe".into(), &["Photoshop"]),
        (
            "field.vendor=adobe&field.vendor=Microsoft&sort=-name".into(),
            &["Photoshop", "Microsoft 365"],
        ),
        ("field.vendor=ado".into(), &[]),
        ("field.vendor[contains]=ADO".into(), &["Photoshop"]),
        ("field.vendor%5Bempty%5D=true".into(), &["Zoom"]),
        (
            "field.vendor[empty]=false&field.vendor[contains]=o".into(),
            &["Microsoft 365", "Photoshop"],
        ),
        ("field.total_seats=25.0".into(), &["Microsoft 365"]),
        (
            "field.total_seats[gte]=9&field.total_seats[lte]=10".into(),
            &["Photoshop"],
        ),
        ("field.expiry_date[lte]=2026-10-31".into(), &["Zoom"]),
        ("field.expiry_date=2026-10-31".into(), &["Zoom"]),
        (
            "field.expiry_date[not]=2026-10-31".into(),
            &["Microsoft 365", "Photoshop"],
        ),
        (
            "field.total_seats[in]=5,25".into(),
            &["Microsoft 365", "Zoom"],
        ),
        (
            "field.total_seats[not]=5".into(),
            &["Microsoft 365", "Photoshop"],
        ),
        (
            "field.vendor[in]=adobe,microsoft".into(),
            &["Microsoft 365", "Photoshop"],
        ),
        ("field.vendor[not]=Adobe".into(), &["Microsoft 365", "Zoom"]),
        (
            "field.vendor[not]=Adobe&field.vendor[not]=microsoft".into(),
            &["Zoom"],
        ),
        (
            "field.total_seats[gte]=25&field.total_seats[gte]=9".into(),
            &["Microsoft 365", "Photoshop"],
        ),
        ("field.annual_cost[gte]=6600".into(), &["Microsoft 365"]),
        ("field.license_key[empty]=false".into(), &["Microsoft 365"]),
        ("q=PHOTO".into(), &["Photoshop"]),
        ("q=%25".into(), &[]),
        ("q=".into(), &["Microsoft 365", "Photoshop", "Zoom"]),
        ("q=micro".into(), &["Microsoft 365"]),
        ("q=micro%20365".into(), &[]),
        ("q=365%20micro".into(), &["Microsoft 365"]),
        ("q=audit-req".into(), &["Microsoft 365", "Photoshop"]),
        // Of its company.
        ("q=fabri".into(), &["Photoshop", "Zoom"]),
        ("q=fabrikam%20z".into(), &["Zoom"]),
        ("q=contoso%20z".into(), &[]),
        ("archived=true".into(), &["Flash"]),
        (
            format!("updated_after={}", recorded_at(1000).format("%FT%TZ")),
            &[],
        ),
        (
            format!("updated_after={}", recorded_at(1).format("%FT%TZ")),
            &["Microsoft 365", "Photoshop", "Zoom"],
        ),
        (
            format!(
                "company={fabrikam}&tag=audit-required&status=over_licensed&vendor=adobe&q=photo"
            ),
            &["Photoshop"],
        ),
    ] {
        assert_eq!(names(&stage, &token, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn assets_are_sorted_both_ways_and_paged_by_every_key() {
    let (stage, _, token) = shop().await;
    for (key, expected) in [
        ("name", ["Microsoft 365", "Photoshop", "Zoom"]),
        ("company", ["Microsoft 365", "Photoshop", "Zoom"]),
        ("vendor", ["Zoom", "Photoshop", "Microsoft 365"]),
        ("expiry_date", ["Zoom", "Microsoft 365", "Photoshop"]),
        ("owned", ["Zoom", "Photoshop", "Microsoft 365"]),
        ("in_use", ["Photoshop", "Zoom", "Microsoft 365"]),
        ("created_at", ["Microsoft 365", "Photoshop", "Zoom"]),
        ("updated_at", ["Microsoft 365", "Photoshop", "Zoom"]),
        ("field.vendor", ["Zoom", "Photoshop", "Microsoft 365"]),
        ("field.total_seats", ["Zoom", "Photoshop", "Microsoft 365"]),
        ("field.expiry_date", ["Zoom", "Microsoft 365", "Photoshop"]),
        ("field.annual_cost", ["Photoshop", "Zoom", "Microsoft 365"]),
    ] {
        let name_of = |item: &Json| item["name"].as_str().unwrap().to_owned();
        let up = stage
            .all_pages(&token, &format!("/v1/assets?sort={key}"), 1)
            .await;
        let mut up: Vec<_> = up.iter().map(name_of).collect();
        let down = stage
            .all_pages(&token, &format!("/v1/assets?sort=-{key}"), 1)
            .await;
        let down: Vec<_> = down.iter().map(name_of).collect();
        // Both Fabrikam's: their order is that of their ids.
        if key == "company" {
            up[1..].sort();
        } else {
            assert_eq!(
                up.iter().rev().collect::<Vec<_>>(),
                down.iter().collect::<Vec<_>>(),
                "{key}"
            );
        }
        assert_eq!(up, expected, "{key}");
    }
    let counted = stage
        .get(
            &token,
            "/v1/assets?count=true&limit=1&status=over_licensed&status=under_licensed",
        )
        .await;
    assert_eq!(counted.json()["count"], 2);
    assert_eq!(
        stage.get(&token, "/v1/assets").await.json().get("count"),
        None
    );
}

#[tokio::test]
async fn an_asset_shows_its_values_its_position_and_its_end() {
    let (stage, account, token) = shop().await;
    let answer = stage
        .get(
            &token,
            &format!("/v1/assets/{}", account.id("Microsoft 365")),
        )
        .await;
    let asset = answer.json();
    assert_eq!(
        answer.header("etag").unwrap(),
        format!("\"{}\"", asset["version"])
    );
    let stored_at = asset["values"]["license_key"]["stored_at"].clone();
    assert_eq!(
        asset["values"],
        json!({
            "product_name": "Microsoft 365",
            "vendor": "Microsoft",
            "license_key": {"set": true, "secret_version": 1, "stored_at": stored_at},
            "total_seats": 25,
            "assigned_seats": 27,
            "expiry_date": "2027-01-08",
            "annual_cost": {"amount": "6600.00", "currency": "USD"},
        })
    );
    assert_eq!(asset["tags"], json!(["audit-required", "expiring-soon"]));
    assert_eq!(
        asset["position"],
        json!({"total": 25, "owned": 25, "in_use": 27, "in_force": true, "short": 2, "spare": 0,
            "status": "under_licensed", "incomplete": false})
    );
    assert_eq!(
        asset["expiry"],
        json!({"expiry_date": "2027-01-08", "deadline": "2027-01-08", "days_left": 45, "bucket": "within_60",
            "auto_renew": false, "presumed": false})
    );
    assert_eq!(asset["company_id"], account.id("Contoso").to_string());
}

#[tokio::test]
async fn an_asset_is_told_as_it_was_on_a_day_and_as_it_was_known_at_an_instant() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![account.company("Contoso")];
    facts.extend(license.seats(10, 4));
    facts.push(license.expires("2026-01-01", "2026-12-31"));
    let before = stage.record(&account, facts).await;
    let known_before = recorded_at(before).format("%FT%TZ").to_string();
    stage
        .record(
            &account,
            vec![
                license.total("2026-06-01", Some(10), 20),
                license.set("2026-06-01", "Vendor", text("Microsoft")),
                license.tagged("2026-06-01", "grown"),
                license.total("2027-03-01", Some(20), 30),
            ],
        )
        .await;
    let path = format!("/v1/assets/{}", license.asset);
    let total = |asset: &Json| asset["values"]["total_seats"].as_i64();
    for (query, seats, vendor, tags) in [
        ("", 20, Some("Microsoft"), json!(["grown"])),
        ("as_of=2026-11-24", 20, Some("Microsoft"), json!(["grown"])),
        ("as_of=2026-05-31", 10, None, json!([])),
        ("as_of=2026-06-01", 20, Some("Microsoft"), json!(["grown"])),
        ("as_of=2027-03-01", 30, Some("Microsoft"), json!(["grown"])),
        (&format!("known_at={known_before}"), 10, None, json!([])),
        (
            &format!("as_of=2027-03-01&known_at={known_before}"),
            10,
            None,
            json!([]),
        ),
    ] {
        let answer = stage.get(&token, &format!("{path}?{query}")).await;
        let asset = answer.json();
        assert_eq!(total(&asset), Some(seats), "{query}");
        assert_eq!(asset["values"]["vendor"].as_str(), vendor, "{query}");
        assert_eq!(asset["tags"], tags, "{query}");
        assert_eq!(answer.header("etag").is_some(), query.is_empty(), "{query}");
        assert_eq!(asset["position"]["total"], seats, "{query}");
    }
    let lapsed = stage
        .get(&token, &format!("{path}?as_of=2027-01-01"))
        .await
        .json();
    assert_eq!(
        (
            &lapsed["position"]["owned"],
            &lapsed["position"]["in_force"]
        ),
        (&json!(0), &json!(false))
    );
    assert_eq!(lapsed["expiry"]["bucket"], "expired");
    // Of today both say the same, whether told by the read models or by the log.
    let mut now = stage.get(&token, &path).await.json();
    let mut folded = stage
        .get(&token, &format!("{path}?as_of=2026-11-24"))
        .await
        .json();
    for asset in [&mut now, &mut folded] {
        asset["values"]["license_key"].take();
    }
    assert_eq!(now, folded);
    let earlier = stage
        .get(&token, &format!("{path}?known_at=2026-10-31T00:00:00Z"))
        .await;
    assert_eq!(earlier.problem(), "not-found");
}

#[tokio::test]
async fn what_is_folded_for_today_is_what_the_register_says() {
    let (stage, account, token) = shop().await;
    for name in ["Microsoft 365", "Photoshop", "Zoom", "Flash"] {
        let path = format!("/v1/assets/{}", account.id(name));
        let now = stage.get(&token, &path).await.json();
        let folded = stage
            .get(&token, &format!("{path}?as_of=2026-11-24"))
            .await
            .json();
        assert_eq!(now, folded, "{name}");
    }
}

#[tokio::test]
async fn what_is_asked_of_a_field_must_fit_it_and_the_refusal_tells_the_choices() {
    let (stage, _, token) = shop().await;
    for (query, field, said) in [
        (
            "field.nothing=1",
            "field.nothing",
            "there are annual_cost, assigned_seats",
        ),
        (
            "field.vendor[above]=1",
            "field.vendor[above]",
            "[in], [not], [contains], [gte]",
        ),
        (
            "field.vendor[gte]=1",
            "field.vendor[gte]",
            "a text, which is asked about with =, [in], [not], [contains], [empty]",
        ),
        (
            "field.total_seats[contains]=1",
            "field.total_seats[contains]",
            "a number",
        ),
        (
            "field.total_seats[in]=1,many",
            "field.total_seats[in]",
            "must be a number",
        ),
        (
            "field.expiry_date[gte]=7",
            "field.expiry_date[gte]",
            "must be a day",
        ),
        (
            "field.auto_renew[lte]=1",
            "field.auto_renew[lte]",
            "yes or no",
        ),
        (
            "field.license_key=x",
            "field.license_key",
            "a secret, which is asked about with [empty]",
        ),
        (
            "field.license_key[contains]=1",
            "field.license_key[contains]",
            "a secret",
        ),
        ("sort=field.nothing", "sort", "there are annual_cost"),
        ("sort=field.license_key", "sort", "a secret has no order"),
        ("sort=colour", "sort", "name, company, vendor, expiry_date"),
        ("colour=red", "colour", "expected one of `type`, `company`"),
    ] {
        let answer = stage.get(&token, &format!("/v1/assets?{query}")).await;
        assert_eq!(answer.problem(), "bad-query", "{query}: {}", answer.text);
        let problem: Json = serde_json::from_str(&answer.text).unwrap();
        let error = &problem["errors"][0];
        assert_eq!(error["field"], field, "{query}: {}", answer.text);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said), "{query}: {message}");
    }
}

#[tokio::test]
async fn nothing_is_found_by_a_secret_or_under_another_account() {
    let (mut stage, account, token) = shop().await;
    let other = Account::new("Theirs");
    stage.open(&other).await;
    let mut facts = vec![other.company("Contoso")];
    facts.extend(other.license("Contoso", "Photoshop").seats(1, 1));
    stage.record(&other, facts).await;
    let license = account.license("Contoso", "Microsoft 365");
    for query in [
        format!("q={}", license.asset),
        "q=set".to_owned(),
        "q=secret".to_owned(),
    ] {
        assert_eq!(
            names(&stage, &token, &query).await,
            Vec::<Json>::new(),
            "{query}"
        );
    }
    let found = stage.get(&token, "/v1/assets?q=photoshop").await;
    assert_eq!(found.items("id"), [account.id("Photoshop").to_string()]);
    let limited = stage
        .token(&account, "fabrikam", Some(vec![account.id("Fabrikam")]))
        .await;
    assert_eq!(names(&stage, &limited, "q=365").await, Vec::<Json>::new());
    assert_eq!(names(&stage, &limited, "q=zoom").await, ["Zoom"]);
}

#[tokio::test]
async fn a_search_follows_moves_and_new_names() {
    let (mut stage, account, token) = shop().await;
    let renamed = account.renamed("Fabrikam", "Tailspin Toys");
    stage.record(&account, vec![renamed]).await;
    assert_eq!(
        names(&stage, &token, "q=fabrikam").await,
        Vec::<Json>::new()
    );
    assert_eq!(names(&stage, &token, "q=tailspin%20zo").await, ["Zoom"]);
    let zoom = account.license("Fabrikam", "Zoom");
    let moved = zoom.moved("2026-06-01", "Contoso");
    stage.record(&account, vec![moved]).await;
    assert_eq!(
        names(&stage, &token, "q=tailspin%20zo").await,
        Vec::<Json>::new()
    );
    assert_eq!(names(&stage, &token, "q=contoso%20zo").await, ["Zoom"]);
}

#[tokio::test]
async fn a_count_is_of_all_pages_whatever_the_filter() {
    let (stage, _, token) = shop().await;
    for (query, expected) in [
        ("limit=1", 3),
        ("limit=1&q=audit", 2),
        ("limit=1&status=under_licensed", 1),
        ("limit=1&field.total_seats[gte]=10", 2),
        ("limit=1&product=zoom", 1),
        ("limit=1&expires_after=2026-11-23", 2),
        ("limit=1&archived=true", 1),
    ] {
        let page = stage
            .get(&token, &format!("/v1/assets?count=true&{query}"))
            .await;
        assert_eq!(page.json()["count"], expected, "{query}");
    }
}
