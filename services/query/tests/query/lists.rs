use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{facts::Account, stage::Stage};

#[tokio::test]
async fn types_companies_documents_tags_and_the_policy_are_read() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![
        account.company("Contoso"),
        account.document("Contoso", "Audit"),
    ];
    facts.extend(license.seats(5, 3));
    facts.extend([
        license.tagged("2026-01-01", "renew"),
        license.tagged("2026-01-01", "audit"),
    ]);
    let entry = stage.record(&account, facts).await;

    let types = stage.get(&token, "/v1/asset-types").await;
    assert_eq!(types.items("name"), ["Ours Software License"]);
    assert_eq!(
        types.header("seatledger-entry"),
        Some(entry.to_string().as_str())
    );
    let one = stage
        .get(&token, &format!("/v1/asset-types/{}", account.asset_type))
        .await;
    assert_eq!(one.header("etag"), Some("\"1\""));
    assert_eq!(one.json()["fields"][4]["role"], "total_seats");
    assert_eq!(one.json()["is_license"], true);

    let companies = stage.get(&token, "/v1/companies").await;
    assert_eq!(companies.items("name"), ["Contoso"]);
    let one = stage
        .get(&token, &format!("/v1/companies/{}", account.id("Contoso")))
        .await;
    assert_eq!(one.header("etag"), Some("\"1\""));
    assert_eq!(one.json()["external_ids"], json!([]));

    let documents = stage.get(&token, "/v1/documents").await;
    assert_eq!(documents.items("title"), ["Audit"]);
    assert_eq!(documents.json()["items"][0].get("body"), None);
    let one = stage
        .get(&token, &format!("/v1/documents/{}", account.id("Audit")))
        .await;
    assert_eq!(one.json()["body"], "The text of Audit");

    let tags = stage.get(&token, "/v1/tags").await.json();
    assert_eq!(
        tags["items"],
        json!([{"tag": "audit", "count": 1}, {"tag": "renew", "count": 1}])
    );

    let policy = stage.get(&token, "/v1/policy").await;
    assert_eq!(policy.header("etag"), None);
    let policy = policy.json();
    assert_eq!(
        (&policy["time_zone"], &policy["currency"]),
        (&json!("Europe/Berlin"), &json!("USD"))
    );
    assert_eq!(
        (&policy["min_spare_seats"], &policy["lead_days"]),
        (&json!(2), &json!([60]))
    );
    assert_eq!(
        (
            &policy["stale_after_days"],
            &policy["typed_stale_after_days"]
        ),
        (&json!(35), &json!(null))
    );
    stage.record(&account, vec![account.policy(7)]).await;
    let policy = stage.get(&token, "/v1/policy").await;
    assert_eq!(
        (policy.header("etag"), &policy.json()["min_spare_seats"]),
        (Some("\"1\""), &json!(7))
    );
}

#[tokio::test]
async fn pages_hold_every_row_once_while_rows_come_and_go() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let names: Vec<String> = (0..25).map(|at| format!("Company {at:02}")).collect();
    stage
        .record(
            &account,
            names.iter().map(|name| account.company(name)).collect(),
        )
        .await;
    let all = stage.all_pages(&token, "/v1/companies", 4).await;
    assert_eq!(
        all.iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect::<Vec<_>>(),
        names
    );

    let page = stage.get(&token, "/v1/companies?limit=10").await.json();
    let next = format!(
        "/v1/companies?limit=10&cursor={}",
        page["next_cursor"].as_str().unwrap()
    );
    // What comes before the place where the page ended moves nothing after it.
    stage
        .record(
            &account,
            vec![account.company("Aardvark"), account.company("Company 00b")],
        )
        .await;
    let page = stage.get(&token, &next).await;
    assert_eq!(page.items("name")[0], "Company 10");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused_by_the_name_of_its_parameter() {
    let account = Account::new("Ours");
    let (stage, token) = Stage::with(&account).await;
    let too_long = format!("/v1/audit-trail?q={}", "a".repeat(201));
    for (target, field) in [
        ("/v1/assets?colour=red", "colour"),
        ("/v1/assets?sort=colour", "sort"),
        ("/v1/assets?status=fine", "status"),
        ("/v1/assets?company=contoso", "company"),
        ("/v1/assets?expires_before=tomorrow", "expires_before"),
        ("/v1/assets?expires_before=0001-01-01", "expires_before"),
        ("/v1/assets?limit=0", "limit"),
        ("/v1/assets?limit=1001", "limit"),
        ("/v1/assets?q=%00", "q"),
        ("/v1/assets?format=xml", "format"),
        ("/v1/assets?field.=x", "field."),
        ("/v1/assets?field.a'b=x", "field.a'b"),
        ("/v1/assets?field.seats[above]=1", "field.seats[above]"),
        (
            "/v1/assets?field.total_seats[gte]=many",
            "field.total_seats[gte]",
        ),
        (
            "/v1/assets?field.total_seats[empty]=",
            "field.total_seats[empty]",
        ),
        ("/v1/assets?field.seats=%00", "field.seats"),
        ("/v1/assets?field.seats=1&colour=red", "colour"),
        ("/v1/assets?fields=x", "fields"),
        ("/v1/assets?format=csv&cursor=abc", "cursor"),
        ("/v1/compliance?as_of=2026-02-30", "as_of"),
        ("/v1/compliance?group_by=colour", "group_by"),
        ("/v1/expiries?within_days=-1", "within_days"),
        ("/v1/audit-trail?type=SomethingElse", "type"),
        ("/v1/audit-trail?from=yesterday", "from"),
        (too_long.as_str(), "q"),
        ("/v1/ledger/entries?after=x", "after"),
    ] {
        let answer = stage.get(&token, target).await;
        assert_eq!(answer.problem(), "bad-query", "{target}: {}", answer.text);
        let problem: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        let named = problem["errors"][0]["field"].as_str().unwrap();
        assert!(named.starts_with(field), "{target}: {}", answer.text);
    }
    for target in [
        "/v1/assets",
        "/v1/companies",
        "/v1/compliance",
        "/v1/audit-trail",
    ] {
        let answer = stage.get(&token, &format!("{target}?cursor=abc")).await;
        assert_eq!(answer.problem(), "bad-cursor", "{target}");
    }
    let cursor = web::paging::Cursor::new(web::paging::Filters::of("other", &()), &1);
    let cursor = serde_json::to_value(cursor).unwrap();
    let target = format!("/v1/tags?cursor={}", cursor.as_str().unwrap());
    assert_eq!(stage.get(&token, &target).await.problem(), "bad-cursor");
}

#[tokio::test]
async fn a_cursor_made_by_hand_is_no_fault_of_ours() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = vec![account.company("Contoso")];
    for product in ["Word", "Excel"] {
        let license = account.license("Contoso", product);
        facts.extend(license.seats(5, 3));
        facts.push(license.expires("2026-01-01", "2027-01-08"));
    }
    stage.record(&account, facts).await;
    for (target, key, value) in [
        ("/v1/assets?sort=owned", "sort_key", "many"),
        ("/v1/assets?sort=-in_use", "sort_key", "9223372036854775808"),
        ("/v1/assets?sort=expiry_date", "sort_key", "2027-13-01"),
        ("/v1/assets?sort=created_at", "sort_key", "yesterday"),
        (
            "/v1/assets?sort=-updated_at",
            "sort_key",
            "-4800-01-01 00:00:00+00",
        ),
        ("/v1/assets?sort=name", "asset_id", "none"),
        ("/v1/expiries?within_days=90", "deadline", "-4800-01-01"),
    ] {
        let page = stage.get(&token, &format!("{target}&limit=1")).await.json();
        let cursor = page["next_cursor"].as_str().unwrap();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap();
        let mut content: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert!(content["keys"][key].is_string(), "{content}");
        content["keys"][key] = json!(value);
        let forged = BASE64_URL_SAFE_NO_PAD.encode(content.to_string());
        let answer = stage
            .get(&token, &format!("{target}&cursor={forged}"))
            .await;
        assert_eq!(answer.problem(), "bad-cursor", "{target} {value}");
    }
}

#[tokio::test]
async fn a_vendor_is_listed_once_with_its_licenses_that_are_not_archived() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    for (company, product, vendor) in [
        ("Contoso", "Word", Some("microsoft")),
        ("Contoso", "Excel", Some("Microsoft")),
        ("Fabrikam", "Visio", Some("Microsoft")),
        ("Fabrikam", "Photoshop", Some("Adobe")),
        ("Fabrikam", "Zoom", None),
    ] {
        let license = account.license(company, product);
        facts.extend(license.registered("2026-01-01"));
        facts.extend(
            vendor.map(|vendor| license.set("2026-01-01", "Vendor", crate::facts::text(vendor))),
        );
    }
    stage.record(&account, facts).await;
    let all = stage.all_pages(&token, "/v1/vendors", 1).await;
    let counts: Vec<_> = all
        .iter()
        .map(|item| {
            (
                item["vendor"].as_str().unwrap().to_lowercase(),
                &item["licenses"],
            )
        })
        .collect();
    assert_eq!(
        counts,
        [
            ("adobe".to_owned(), &json!(1)),
            ("microsoft".to_owned(), &json!(3))
        ]
    );
    let of_one = format!("/v1/vendors?company={}", account.id("Contoso"));
    assert_eq!(stage.get(&token, &of_one).await.items("licenses"), [2]);
    let archived = account.license("Contoso", "Word");
    let fact = archived.fact("2026-01-01", domain::Event::AssetArchived);
    stage.record(&account, vec![fact]).await;
    assert_eq!(stage.get(&token, &of_one).await.items("licenses"), [1]);
}
