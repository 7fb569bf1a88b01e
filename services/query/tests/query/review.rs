//! The quarterly review, of a company whose numbers were counted by hand.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use domain::{
    Event, Fact,
    alert::{About, Finding, Kind},
    asset::RenewalDecision,
    asset_type::{Field, FieldKind, FieldRole, Metric},
    compliance::PoolKey,
    ids::{AssetId, CompanyId},
    product::ProductKey,
    value::Value,
};
use serde_json::{Value as Json, json};

use crate::{
    facts::{Account, License, day, key, text},
    held::money,
    stage::Stage,
};

fn usd(amount: &str) -> Json {
    json!([{"amount": amount, "currency": "USD"}])
}

fn with_prices(account: &Account) -> Vec<Fact> {
    let field = |name: &str, kind, role| Event::FieldAdded {
        field: Field {
            key: key(name),
            name: name.to_owned(),
            kind,
            role: Some(role),
            required: false,
            hint: None,
            default: None,
            shown_in_list: true,
            retired: false,
        },
    };
    let price = FieldKind::Number {
        unit: None,
        decimals: 2,
    };
    [
        field("Annual Price", price, FieldRole::AnnualPrice),
        field("True-up", FieldKind::Date, FieldRole::TrueUpOn),
    ]
    .map(|event| account.fact(account.asset_type, None, "2026-01-01", event))
    .into()
}

fn sold_for(license: &License<'_>, amount: &str) -> Fact {
    let event = Event::CostChanged {
        role: FieldRole::AnnualPrice,
        from: None,
        to: Some(money(amount, "USD")),
        correction: false,
    };
    license.fact("2026-01-01", event)
}

/// Every amount that the account pays differs from all that the client does.
const COSTS: [&str; 8] = [
    "1011.00", "533.00", "517.00", "313.00", "777.77", "404.40", "159.90", "206.80",
];

async fn staged() -> (Stage, Account, String) {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = with_prices(&account);
    facts.extend([
        account.company("Contoso"),
        account.company("Fabrikam"),
        account.company("Empty"),
    ]);
    let of = |product| account.license("Contoso", product);

    let word = of("Word");
    facts.extend(word.seats(10, 10));
    facts.extend([
        word.set("2026-01-01", "Vendor", text("Microsoft")),
        word.in_use("2026-10-15", Some(10), 6),
        word.costs("2026-01-01", "1011"),
        sold_for(&word, "1200"),
        word.expires("2026-01-01", "2027-01-31"),
        word.decided(
            "2027-01-31",
            RenewalDecision::ChangeTo(7),
            account.person,
            "margin is thin",
        ),
    ]);
    let guard = of("Guard");
    facts.extend(guard.registered("2026-01-01"));
    facts.extend([
        guard.bought_reducible("2026-01-01", 10, None, Some(("2026-01-01", "2026-12-31"))),
        guard.in_use("2026-01-01", None, 7),
        guard.costs("2026-01-01", "533"),
    ]);
    let zoom = of("Zoom");
    facts.extend(zoom.seats(5, 7));
    facts.extend([zoom.costs("2026-01-01", "517"), sold_for(&zoom, "600")]);
    let slack = of("Slack");
    facts.extend(slack.seats(4, 9));
    facts.extend([
        slack.costs("2026-01-01", "313"),
        sold_for(&slack, "400"),
        slack.set(
            "2026-01-01",
            "True-up",
            Some(Value::Date(day("2026-12-31"))),
        ),
    ]);
    let figma = of("Figma");
    facts.extend(figma.registered("2026-11-01"));
    facts.extend([
        figma.total("2026-11-01", None, 3),
        figma.in_use("2026-11-01", None, 3),
        figma.costs("2026-11-01", "777.77"),
    ]);
    let trello = of("Trello");
    facts.extend(trello.seats(2, 0));
    facts.extend([
        trello.expires("2026-01-01", "2026-10-31"),
        sold_for(&trello, "20"),
    ]);
    let miro = account.license("Fabrikam", "Miro");
    facts.extend(miro.seats(2, 2));
    facts.push(miro.moved("2026-11-05", "Contoso"));
    let jira = of("Jira");
    facts.extend(jira.seats(6, 6));
    let (from, to) = (day("2026-11-10"), day("2027-11-10"));
    facts.extend([
        jira.expires("2026-01-01", "2026-11-10"),
        jira.fact("2026-11-11", Event::TermRenewed { from, to }),
        sold_for(&jira, "60"),
    ]);
    stage.record(&account, facts).await;
    raise_alerts(&mut stage, &account).await;
    (stage, account, token)
}

async fn raise_alerts(stage: &mut Stage, account: &Account) {
    let contoso = account.id("Contoso");
    let mut facts = Vec::new();
    let mut raise = |finding: Finding| {
        let event = Event::AlertRaised {
            finding: finding.clone(),
            occurrence: 1,
        };
        let stream = account.id(finding.kind.as_str());
        facts.push(account.fact(stream, Some(contoso), "2026-11-20", event));
    };
    let company = Some(CompanyId(contoso));
    let asset = |product: &str| About::Asset(AssetId(account.id(product)));
    for (kind, product, seats, owned, in_use, since) in [
        (Kind::OverLicensed, "Word", 4, 10, 6, "2026-10-16"),
        (Kind::UnderLicensed, "Zoom", 2, 5, 7, "2026-01-01"),
    ] {
        let sql = "select product_key from compliance.license_day where asset_id = $1 limit 1";
        let row = stage
            .superuser
            .query_one(sql, &[&account.id(product)])
            .await
            .unwrap();
        let pool = PoolKey {
            company: CompanyId(contoso),
            product: ProductKey(row.get(0)),
            metric: Metric::PerUser,
        };
        raise(Finding {
            seats: Some(seats),
            owned: Some(owned),
            in_use: Some(in_use),
            since: Some(day(since)),
            ..Finding::new(kind, About::Pool(pool), company)
        });
    }
    raise(Finding {
        term: Some(day("2027-01-31")),
        deadline: Some(day("2027-01-31")),
        ..Finding::new(Kind::Expiring, asset("Word"), company)
    });
    raise(Finding {
        note: Some("our margin is thin".to_owned()),
        ..Finding::new(Kind::ByHand, asset("Guard"), company)
    });
    stage.record(account, facts).await;
}

fn path(account: &Account, company: &str, query: &str) -> String {
    format!("/v1/companies/{}/review?{query}", account.id(company))
}

/// Of each item of a list the named members.
fn told(list: &Json, members: &[&str]) -> Json {
    let items = list["items"].as_array().unwrap();
    let row = |item: &Json| {
        members
            .iter()
            .map(|name| item[*name].clone())
            .collect::<Vec<_>>()
    };
    json!(items.iter().map(row).collect::<Vec<_>>())
}

/// All texts of a workbook.
fn cells(bytes: Vec<u8>) -> Vec<String> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheets = workbook.worksheets();
    let data = sheets
        .iter()
        .flat_map(|(_, range)| range.cells().map(|(_, _, data)| data));
    data.filter(|data| **data != Data::Empty)
        .map(ToString::to_string)
        .collect()
}

/// The words of a PDF, read by another library than the one that wrote it.
fn words(bytes: &[u8]) -> String {
    let pdf = lopdf::Document::load_mem(bytes).unwrap();
    let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
    let text = pdf.extract_text(&pages).unwrap().replace('\u{200b}', "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_client_reads_what_was_counted_by_hand_with_prices_alone() {
    let (stage, account, token) = staged().await;
    let answer = stage.get(&token, &path(&account, "Contoso", "")).await;
    let review = answer.json();
    assert_eq!(
        [
            &review["account"],
            &review["company"]["name"],
            &review["quarter"],
            &review["money"]
        ],
        [
            &json!("Ours MSP"),
            &json!("Contoso"),
            &json!("2026-Q4"),
            &json!("price")
        ]
    );
    assert_eq!(
        [&review["from"], &review["to"], &review["as_of"]],
        ["2026-10-01", "2026-12-31", "2026-11-24"]
    );
    assert_eq!(
        answer.header("seatledger-entry").unwrap(),
        review["entry"].to_string()
    );
    let none = json!([]);
    assert_eq!(
        review["figures"],
        json!({
            "licenses": 8, "without_amount": 3, "incomplete": 0, "seats_owned": 40, "seats_in_use": 40,
            "short": 7, "spare": 7, "yearly": usd("2260.00"), "short_yearly": usd("740.00"),
            "beyond_billed": 5, "beyond_billed_yearly": usd("500.00"), "spare_yearly": usd("480.00"),
            "recoverable_now": {"seats": 3, "yearly": none},
            "recoverable_at_renewal": {"seats": 4, "yearly": usd("480.00")},
        })
    );
    assert_eq!(
        review["spare"],
        json!({"more": 0, "items": [
            {"product": "Word", "vendor": "Microsoft", "metric": "per_user", "owned": 10, "in_use": 6, "spare": 4,
             "since": "2026-10-16", "flagged": true, "yearly": usd("480.00"),
             "recoverable_now": {"seats": 0, "yearly": none},
             "recoverable_at_renewal": {"seats": 4, "yearly": usd("480.00")}, "renewal_on": "2027-01-31"},
            {"product": "Guard", "vendor": null, "metric": "per_user", "owned": 10, "in_use": 7, "spare": 3,
             "since": "2026-01-01", "flagged": false, "yearly": none,
             "recoverable_now": {"seats": 3, "yearly": none},
             "recoverable_at_renewal": {"seats": 0, "yearly": none}, "renewal_on": null},
        ]})
    );
    let members = [
        "product", "owned", "in_use", "missing", "since", "expired", "yearly",
    ];
    assert_eq!(
        told(&review["short"], &members),
        json!([["Zoom", 5, 7, 2, "2026-01-01", false, usd("240.00")]])
    );
    assert_eq!(
        told(&review["beyond_billed"], &members),
        json!([["Slack", 4, 9, 5, "2026-01-01", false, usd("500.00")]])
    );
    let ahead = &review["ahead"];
    assert_eq!(
        (&ahead["from"], &ahead["until"]),
        (&json!("2026-11-24"), &json!("2027-03-31"))
    );
    assert_eq!(
        ahead["items"],
        json!([{
            "asset_id": account.id("Word"), "name": "Word", "expiry_date": "2027-01-31", "deadline": "2027-01-31",
            "auto_renew": false, "presumed": false, "decision": "change", "quantity": 7, "seats": 10,
            "yearly": usd("1200.00"),
        }])
    );
    let changes = &review["changes"];
    assert_eq!(changes["since"], "2026-09-30");
    let members = [
        "product",
        "owned_before",
        "owned",
        "in_use_before",
        "in_use",
    ];
    assert_eq!(
        told(&changes["positions"], &members),
        json!([
            ["Figma", 0, 3, 0, 3],
            ["Miro", 0, 2, 0, 2],
            ["Trello", 2, 0, 0, 0],
            ["Word", 10, 10, 10, 6],
            ["Guard", 10, 10, 7, 7],
            ["Jira", 6, 6, 6, 6],
            ["Slack", 4, 4, 9, 9],
            ["Zoom", 5, 5, 7, 7],
        ])
    );
    let members = ["name", "what", "on", "until"];
    for (list, expected) in [
        ("new", json!([["Figma", "new", "2026-11-01", null]])),
        (
            "renewed",
            json!([["Jira", "renewed", "2026-11-11", "2027-11-10"]]),
        ),
        ("ended", json!([["Trello", "ended", "2026-10-31", null]])),
        (
            "transferred",
            json!([["Miro", "received", "2026-11-05", null]]),
        ),
    ] {
        assert_eq!(told(&changes[list], &members), expected, "{list}");
    }
    let mut texts: Vec<String> = review["decisions"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["text"].as_str().unwrap().to_owned())
        .collect();
    texts.sort();
    assert_eq!(
        texts,
        [
            "2 seats of Zoom are missing since 1 Jan 2026 (5 owned, 7 in use). Buy what is missing, or release what is \
             not needed.",
            "4 seats of Word are spare since 16 Oct 2026 (10 owned, 6 in use). Give them back, or keep them for what is \
             planned.",
            "Guard is to be talked about.",
            "Word ends on 31 Jan 2027, and nothing renews it. Renew it by 31 Jan 2027, or let it end.",
        ]
    );
}

#[tokio::test]
async fn the_account_itself_reads_what_it_pays_as_compliance_has_it() {
    let (stage, account, token) = staged().await;
    let review = stage
        .get(&token, &path(&account, "Contoso", "audience=internal"))
        .await
        .json();
    let figures = &review["figures"];
    assert_eq!(
        (&review["money"], &figures["without_amount"]),
        (&json!("cost"), &json!(3 - 1))
    );
    assert_eq!(figures["yearly"], usd("3151.77"));
    let compliance = format!("/v1/compliance/summary?company={}", account.id("Contoso"));
    let compliance = stage.get(&token, &compliance).await.json();
    assert_eq!(figures["short_yearly"], compliance["short_cost"]);
    assert_eq!(figures["spare_yearly"], compliance["spare_cost"]);
    for part in ["recoverable_now", "recoverable_at_renewal"] {
        assert_eq!(figures[part]["seats"], compliance[part]["seats"], "{part}");
        assert_eq!(figures[part]["yearly"], compliance[part]["cost"], "{part}");
    }
    let text = review.to_string();
    assert!(
        ["1011.00", "404.40", "159.90", "206.80"]
            .iter()
            .all(|cost| text.contains(cost)),
        "{text}"
    );
    assert_eq!(review["ahead"]["items"][0]["note"], "margin is thin");
    assert!(text.contains("Guard: our margin is thin"), "{text}");
}

#[tokio::test]
async fn no_cost_reaches_a_client_in_any_format() {
    let (stage, account, token) = staged().await;
    let told = async |audience: &str| {
        let of = |format: &str| {
            path(
                &account,
                "Contoso",
                &format!("format={format}&audience={audience}"),
            )
        };
        let json = stage.get(&token, &of("json")).await.text;
        let sheets = cells(stage.bytes(&token, &of("xlsx")).await).join("\n");
        // Amounts are written with commas between thousands in print.
        let print = words(&stage.bytes(&token, &of("pdf")).await).replace(',', "");
        [json, sheets, print]
    };
    // In a workbook an amount is a number.
    let written = |text: &str, cost: &str| {
        let short = cost.trim_end_matches('0').trim_end_matches('.');
        text.contains(cost) || text.lines().any(|line| line == short)
    };
    for text in told("internal").await {
        assert!(
            COSTS.iter().filter(|cost| written(&text, cost)).count() >= 4,
            "{text}"
        );
    }
    for text in told("client").await {
        for cost in COSTS {
            assert!(!written(&text, cost), "{cost}: {text}");
        }
        for word in ["cost", "margin"] {
            assert!(!text.to_lowercase().contains(word), "{word}: {text}");
        }
        assert!(text.contains("1200") && text.contains("480"), "{text}");
    }
}

#[tokio::test]
async fn the_same_entry_is_the_same_file_byte_for_byte() {
    let (stage, account, token) = staged().await;
    for query in [
        "",
        "format=xlsx",
        "format=pdf",
        "format=pdf&paper=letter",
        "quarter=2026-Q3&format=pdf",
    ] {
        let target = path(&account, "Contoso", query);
        let first = stage.bytes(&token, &target).await;
        assert_eq!(first, stage.bytes(&token, &target).await, "{query}");
        stage.rebuild().await;
        assert_eq!(
            first,
            stage.bytes(&token, &target).await,
            "{query}, rebuilt"
        );
    }
    let target = path(&account, "Contoso", "format=pdf");
    let response = stage.request(&token, &target).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/pdf");
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"license-review-2026-Q4.pdf\""
    );
    let a4 = response.bytes().await.unwrap();
    let letter = stage
        .bytes(
            &token,
            &path(&account, "Contoso", "format=pdf&paper=letter"),
        )
        .await;
    assert_ne!(a4, letter);
}

#[tokio::test]
async fn a_review_tells_the_days_that_it_is_asked_for() {
    let (stage, account, token) = staged().await;
    for (query, days) in [
        ("", ["2026-10-01", "2026-12-31", "2026-11-24", "2027-03-31"]),
        (
            "quarter=2026-Q3",
            ["2026-07-01", "2026-09-30", "2026-09-30", "2026-12-31"],
        ),
        (
            "from=2026-11-01&to=2026-11-20",
            ["2026-11-01", "2026-11-20", "2026-11-20", "2027-02-20"],
        ),
    ] {
        let review = stage
            .get(&token, &path(&account, "Contoso", query))
            .await
            .json();
        let told = [
            &review["from"],
            &review["to"],
            &review["as_of"],
            &review["ahead"]["until"],
        ];
        assert_eq!(told, days, "{query}");
    }
    // What was not yet so is not told.
    let before = stage
        .get(&token, &path(&account, "Contoso", "quarter=2026-Q3"))
        .await
        .json();
    assert_eq!(before["figures"]["licenses"], 6);
    assert_eq!(before["spare"]["items"][0]["product"], "Guard");
    let none: Vec<&Json> = vec![];
    let changed = before["changes"]["positions"]["items"].as_array().unwrap();
    let changed: Vec<&Json> = changed
        .iter()
        .filter(|line| line["owned"] != line["owned_before"])
        .collect();
    assert_eq!(changed, none);
    for (query, field) in [
        ("quarter=2027-Q1", "quarter"),
        ("quarter=2026-4", "quarter"),
        ("quarter=2026-Q4&from=2026-10-01", "quarter"),
        ("from=2026-10-01", "to"),
        ("to=2026-10-01", "from"),
        ("from=2026-10-01&to=2026-09-01", "to"),
        ("from=2026-11-25&to=2026-12-01", "from"),
        ("audience=everybody", "audience"),
        ("format=csv", "format"),
        ("paper=a5", "paper"),
    ] {
        let refused = stage.get(&token, &path(&account, "Contoso", query)).await;
        assert_eq!(refused.problem(), "bad-query", "{query}");
        assert!(refused.text.contains(field), "{query}: {}", refused.text);
    }
}

#[tokio::test]
async fn a_company_that_a_token_does_not_see_is_nowhere() {
    let (mut stage, account, token) = staged().await;
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Contoso")]))
        .await;
    let seen = stage.get(&limited, &path(&account, "Contoso", "")).await;
    assert!(!seen.text.contains("Fabrikam"), "{}", seen.text);
    assert_eq!(
        seen.json()["changes"]["transferred"]["items"][0]["what"],
        "received"
    );
    for format in ["json", "xlsx", "pdf"] {
        let query = format!("format={format}");
        let hidden = stage
            .get(&limited, &path(&account, "Fabrikam", &query))
            .await;
        assert_eq!(hidden.problem(), "not-found");
        let nowhere = stage.get(&token, &path(&account, "Nowhere", &query)).await;
        assert_eq!(nowhere.problem(), "not-found");
    }
    // Whom it was taken from sees that it went.
    let fabrikam = stage
        .get(&token, &path(&account, "Fabrikam", ""))
        .await
        .json();
    assert_eq!(
        fabrikam["changes"]["transferred"]["items"][0]["what"],
        "given_away"
    );
    assert_eq!(fabrikam["changes"]["ended"]["items"], json!([]));
}

#[tokio::test]
async fn a_company_without_licenses_has_a_review_that_says_so() {
    let (stage, account, token) = staged().await;
    let review = stage.get(&token, &path(&account, "Empty", "")).await.json();
    assert_eq!(review["figures"]["licenses"], 0);
    for list in ["spare", "short", "beyond_billed", "ahead", "decisions"] {
        assert_eq!(review[list]["items"], json!([]), "{list}");
    }
    let print = words(
        &stage
            .bytes(&token, &path(&account, "Empty", "format=pdf"))
            .await,
    );
    for said in [
        "No license is on record for 24 Nov 2026.",
        "No seat is spare.",
        "Nothing waits for a decision.",
    ] {
        assert!(print.contains(said), "{said}: {print}");
    }
    assert!(
        !cells(
            stage
                .bytes(&token, &path(&account, "Empty", "format=xlsx"))
                .await
        )
        .is_empty()
    );
}

#[tokio::test]
async fn names_are_told_as_they_are_and_run_nowhere() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let company = "=HYPERLINK(\"http://x\") #set page() \u{202e}x";
    let mut facts = with_prices(&account);
    facts.push(account.company(company));
    let names = [
        "=1+1",
        "#eval(\"1\")",
        "*bold* _x_ $1$ \\ <b>&amp;",
        "@SUM(A1)\u{7}",
        "名前 שלום 👩‍👩‍👧",
        "Ｗ\u{301}\u{301}\u{301}",
    ];
    let long = "W".repeat(2_000);
    for (at, name) in names.iter().copied().chain([long.as_str()]).enumerate() {
        let license = account.license(company, name);
        facts.extend(license.seats(10, i64::try_from(at).unwrap()));
        facts.push(license.expires("2026-01-01", "2027-01-15"));
        facts.push(license.set("2026-01-01", "Vendor", text(name)));
    }
    stage.record(&account, facts).await;
    let print = words(
        &stage
            .bytes(&token, &path(&account, company, "format=pdf"))
            .await,
    );
    for said in ["=1+1", "#eval(\"1\")", "*bold*", "<b>&amp;", "=HYPERLINK"] {
        assert!(print.contains(said), "{said}: {print}");
    }
    let bytes = stage
        .bytes(&token, &path(&account, company, "format=xlsx"))
        .await;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    for sheet in workbook.sheet_names() {
        let formulas = workbook.worksheet_formula(&sheet).unwrap();
        assert_eq!(formulas.used_cells().count(), 0, "{sheet}");
    }
}

#[tokio::test]
async fn a_document_is_a_pdf_of_the_day_that_it_holds_for() {
    let (stage, account, token) = staged().await;
    for query in ["format=pdf", "format=pdf&audience=internal"] {
        let bytes = stage.bytes(&token, &path(&account, "Contoso", query)).await;
        assert!(bytes.starts_with(b"%PDF-"));
        let print = words(&bytes);
        let as_of: NaiveDate = day("2026-11-24");
        assert!(
            print.contains(&as_of.format("As of %-d %B %Y").to_string()),
            "{print}"
        );
    }
}
