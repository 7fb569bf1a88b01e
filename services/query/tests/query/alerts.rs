//! Alerts, tickets, integrations and the policies that they go by.

use domain::{
    Event, Fact,
    alert::{About, AlertOverrides, Cleared, Finding, Kind, QuietHours, TicketRef, TicketStanding},
    ids::{AssetId, CompanyId, IntegrationId, SecretId, TenantId},
    integration::{Filter, IntegrationConfig, IntegrationKind, Mode},
    policy::Policy,
    value::SecretRef,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    facts::{Account, License, day, id},
    stage::Stage,
};

fn finding(kind: Kind, license: &License<'_>, company: Uuid, deadline: &str) -> Finding {
    let about = About::Asset(AssetId(license.asset));
    let mut finding = Finding::new(kind, about, Some(CompanyId(company)));
    finding.deadline = Some(day(deadline));
    finding.licenses.insert(AssetId(license.asset));
    finding
}

fn raised(finding: Finding) -> Event {
    Event::AlertRaised {
        finding,
        occurrence: 1,
    }
}

/// An alert with a ticket, its integration and a calendar, named for a marker.
pub(crate) fn furnish(account: &Account, marker: &str) -> Vec<Fact> {
    let company = account.id(&format!("{marker} company"));
    let product = format!("{marker} product");
    let license = account.license(&format!("{marker} company"), &product);
    let of = |what: &str, company, event| {
        let stream = account.id(&format!("{product} {what}"));
        account.fact(stream, company, "2026-11-01", event)
    };
    let config = IntegrationConfig {
        name: format!("{marker} desk"),
        kind: IntegrationKind::Zammad,
        settings: [("group".to_owned(), format!("{marker} group"))].into(),
        filter: Filter::default(),
        group_renewals: true,
    };
    let opened = Event::TicketOpened {
        integration_id: IntegrationId(account.id(&format!("{product} desk"))),
        ticket: TicketRef {
            id: format!("{marker} ticket"),
            number: format!("{marker} #1"),
            url: None,
        },
    };
    let feed = Event::FeedOpened {
        label: format!("{marker} feed"),
        secret_sha256: [1; 32],
        companies: Some([CompanyId(company)].into()),
    };
    let found = raised(finding(Kind::Expiring, &license, company, "2027-01-08"));
    vec![
        of("desk", None, Event::IntegrationAdded { config }),
        of("alert", Some(company), found),
        of("alert", Some(company), opened),
        of("feed", None, feed),
    ]
}

/// Two companies with an alert each, one of which has a ticket; and one that is gone.
async fn staged(account: &Account) -> (Stage, String) {
    let (mut stage, token) = Stage::with(account).await;
    let (word, zoom) = (
        account.license("Contoso", "Word"),
        account.license("Fabrikam", "Zoom"),
    );
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    facts.extend(word.seats(5, 7));
    facts.extend(zoom.seats(1, 1));
    let (contoso, fabrikam) = (account.id("Contoso"), account.id("Fabrikam"));
    let integration = IntegrationId(account.id("desk"));
    let config = IntegrationConfig {
        name: "Our desk".to_owned(),
        kind: IntegrationKind::RequestTracker,
        settings: [("queue".to_owned(), "Licenses".to_owned())].into(),
        filter: Filter::default(),
        group_renewals: true,
    };
    let of = |stream: &str, company, event| {
        account.fact(account.id(stream), company, "2026-11-01", event)
    };
    let opened = Event::TicketOpened {
        integration_id: integration,
        ticket: TicketRef {
            id: "17".to_owned(),
            number: "#17".to_owned(),
            url: Some("https://rt.msp.example/17".to_owned()),
        },
    };
    let closed = Event::TicketChanged {
        integration_id: integration,
        from: TicketStanding::Open,
        to: TicketStanding::TakenOver,
    };
    let stored = Event::IntegrationSecretStored {
        secret: "token".to_owned(),
        stored: SecretRef {
            secret_id: SecretId(integration.0),
            version: 2,
        },
    };
    let on = Event::IntegrationModeSet {
        from: Mode::DryRun,
        to: Mode::On,
        backlog: None,
    };
    let gone = Event::AlertCleared {
        cleared: Cleared::Gone,
    };
    facts.extend([
        of("desk", None, Event::IntegrationAdded { config }),
        of("desk", None, stored),
        of("desk", None, on),
        of(
            "first",
            Some(contoso),
            raised(finding(Kind::Expiring, &word, contoso, "2027-01-10")),
        ),
        of("first", Some(contoso), opened),
        of("first", Some(contoso), closed),
        of(
            "second",
            Some(fabrikam),
            raised(finding(Kind::Expired, &zoom, fabrikam, "2026-11-10")),
        ),
        of(
            "second",
            Some(fabrikam),
            Event::AlertAcknowledged {
                integration_id: None,
            },
        ),
        of(
            "third",
            Some(contoso),
            raised(finding(Kind::UnderLicensed, &word, contoso, "2026-12-01")),
        ),
        of("third", Some(contoso), gone),
    ]);
    stage.record(account, facts).await;
    (stage, token)
}

#[tokio::test]
async fn alerts_are_found_by_what_they_are_about_and_the_open_ones_first_of_all() {
    let account = Account::new("Ours");
    let (mut stage, token) = staged(&account).await;
    let all = stage.get(&token, "/v1/alerts").await;
    assert_eq!(
        all.items("kind"),
        ["expired", "expiring"],
        "the gravest first"
    );
    let first = &all.json()["items"][1];
    assert_eq!(first["company"]["name"], "Contoso");
    assert_eq!(first["asset"]["name"], "Word");
    assert_eq!(first["licenses"][0]["name"], "Word");
    assert_eq!(first["tickets"][0]["integration"], "Our desk");
    assert_eq!(first["tickets"][0]["standing"], "taken_over");
    assert_eq!(
        stage
            .all_pages(&token, "/v1/alerts?sort=newest", 1)
            .await
            .len(),
        2
    );
    let word = account.id("Word");
    for (query, expected) in [
        ("kind=expiring", vec!["expiring"]),
        ("cause=shortage", vec![]),
        ("standing=cleared", vec!["under_licensed"]),
        (
            "standing=cleared&standing=open&sort=newest",
            vec!["under_licensed", "expired", "expiring"],
        ),
        ("acknowledged=true", vec!["expired"]),
        ("snoozed=true", vec![]),
        (&format!("asset={word}"), vec!["expiring"]),
        ("product=word", vec!["expiring"]),
        (
            &format!("company={}", account.id("Fabrikam")),
            vec!["expired"],
        ),
    ] {
        let answer = stage.get(&token, &format!("/v1/alerts?{query}")).await;
        assert_eq!(answer.items("kind"), expected, "{query}");
    }
    for query in [
        "kind=expiry",
        "cause=expiring",
        "standing=closed",
        "sort=oldest",
    ] {
        let answer = stage.get(&token, &format!("/v1/alerts?{query}")).await;
        assert_eq!(answer.problem(), "bad-query", "{query}");
    }
    let csv = stage.get(&token, "/v1/alerts?format=csv").await;
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);

    let path = format!("/v1/alerts/{}", account.id("third"));
    let one = stage.get(&token, &path).await;
    assert_eq!(one.json()["cleared"], "gone");
    assert_eq!(one.header("etag"), Some("\"2\""));
    let none = format!("/v1/alerts/{}", id("none"));
    assert_eq!(stage.get(&token, &none).await.problem(), "not-found");
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Fabrikam")]))
        .await;
    assert_eq!(
        stage.get(&limited, "/v1/alerts").await.items("kind"),
        ["expired"]
    );
    assert_eq!(stage.get(&limited, &path).await.problem(), "not-found");
    assert_eq!(
        stage
            .get(&limited, "/v1/tickets")
            .await
            .items("number")
            .len(),
        0
    );
}

#[tokio::test]
async fn tickets_are_listed_with_what_they_are_about() {
    let account = Account::new("Ours");
    let (stage, token) = staged(&account).await;
    let tickets = stage.get(&token, "/v1/tickets").await;
    assert_eq!(tickets.items("number"), ["#17"]);
    let ticket = &tickets.json()["items"][0];
    assert_eq!(
        (&ticket["standing"], &ticket["alert"]["kind"]),
        (&json!("taken_over"), &json!("expiring"))
    );
    for (query, found) in [
        ("standing=taken_over", 1),
        ("standing=open", 0),
        ("ticket=17", 1),
        (&format!("alert={}", account.id("second")), 0),
        (&format!("integration={}", account.id("desk")), 1),
    ] {
        let answer = stage.get(&token, &format!("/v1/tickets?{query}")).await;
        assert_eq!(answer.items("number").len(), found, "{query}");
    }
    let unknown = stage.get(&token, "/v1/tickets?standing=done").await;
    assert_eq!(unknown.problem(), "bad-query");
}

#[tokio::test]
async fn integrations_are_told_to_administrators_and_their_secrets_to_nobody() {
    let account = Account::new("Ours");
    let (mut stage, token) = staged(&account).await;
    let path = format!("/v1/integrations/{}", account.id("desk"));
    for path in ["/v1/integrations", &path] {
        assert_eq!(
            stage.get(&token, path).await.problem(),
            "forbidden",
            "{path}"
        );
    }
    let admin = stage.administrator(&account).await;
    assert_eq!(
        stage.get(&admin, "/v1/integrations").await.items("name"),
        ["Our desk"]
    );
    let one = stage.get(&admin, &path).await;
    assert_eq!(one.header("etag"), Some("\"3\""));
    let one = one.json();
    assert_eq!(
        one["secrets"],
        json!({ "token": { "set": true, "version": 2 } })
    );
    assert_eq!(
        (&one["mode"], &one["settings"]["queue"]),
        (&json!("on"), &json!("Licenses"))
    );
    let kinds = stage.get(&token, "/v1/integration-kinds").await.json();
    let tracker = &kinds["items"][0];
    assert_eq!(
        (&tracker["kind"], &tracker["secrets"]),
        (&json!("request_tracker"), &json!(["token"]))
    );
    assert_eq!(tracker["settings"][0]["name"], "url");
    let gone = account.fact(
        account.id("desk"),
        None,
        "2026-11-02",
        Event::IntegrationRemoved,
    );
    stage.record(&account, vec![gone]).await;
    assert_eq!(stage.get(&admin, &path).await.problem(), "not-found");
    assert_eq!(
        stage
            .get(&admin, "/v1/integrations")
            .await
            .items("name")
            .len(),
        0
    );
}

#[tokio::test]
async fn a_policy_is_told_with_what_is_in_force_at_each_level() {
    let account = Account::new("Ours");
    let (mut stage, token) = staged(&account).await;
    let (contoso, word) = (account.id("Contoso"), account.id("Word"));
    let hours = QuietHours {
        from: "20:00:00".parse().unwrap(),
        until: "07:00:00".parse().unwrap(),
        weekends: true,
    };
    let policy = Policy {
        shortage_after_hours: 12,
        muted: [Kind::ConfirmRenewal].into(),
        quiet_hours: Some(hours),
        ..Policy::default()
    };
    let stream = TenantId(account.tenant).policy_stream();
    let days = |days: &[u32]| AlertOverrides {
        lead_days: Some(days.to_vec()),
        ..AlertOverrides::default()
    };
    let of_company = AlertOverrides {
        muted: Some([Kind::Expiring].into()),
        ..days(&[90])
    };
    let facts: Vec<Fact> = vec![
        account.fact(stream, None, "2026-11-01", Event::PolicySet { policy }),
        account.fact(
            account.asset_type,
            None,
            "2026-11-01",
            Event::TypePolicySet {
                policy: days(&[45]),
            },
        ),
        account.fact(
            contoso,
            Some(contoso),
            "2026-11-01",
            Event::CompanyPolicySet { policy: of_company },
        ),
        account.fact(
            word,
            Some(contoso),
            "2026-11-01",
            Event::AssetPolicySet {
                policy: days(&[30, 7]),
            },
        ),
    ];
    stage.record(&account, facts).await;
    let all = stage.get(&token, "/v1/policy").await.json();
    assert_eq!(
        all["quiet_hours"],
        json!({ "from": "20:00", "until": "07:00", "weekends": true })
    );
    assert_eq!(
        (&all["shortage_after_hours"], &all["muted"]),
        (&json!(12), &json!(["confirm_renewal"]))
    );
    for (path, own, lead_days, muted) in [
        (
            format!("/v1/companies/{contoso}/policy"),
            json!([90]),
            json!([90]),
            "expiring",
        ),
        (
            format!("/v1/asset-types/{}/policy", account.asset_type),
            json!([45]),
            json!([45]),
            "confirm_renewal",
        ),
        (
            format!("/v1/assets/{word}/policy"),
            json!([30, 7]),
            json!([30, 7]),
            "expiring",
        ),
        (
            format!("/v1/companies/{}/policy", account.id("Fabrikam")),
            json!(null),
            json!([60]),
            "confirm_renewal",
        ),
        (
            format!("/v1/assets/{}/policy", account.id("Zoom")),
            json!(null),
            json!([45]),
            "confirm_renewal",
        ),
    ] {
        let told = stage.get(&token, &path).await;
        assert!(told.header("etag").is_some());
        let told = told.json();
        assert_eq!(told["overrides"]["lead_days"], own, "{path}");
        assert_eq!(told["in_force"]["lead_days"], lead_days, "{path}");
        assert_eq!(told["in_force"]["muted"], json!([muted]), "{path}");
        assert_eq!(told["in_force"]["shortage_after_hours"], 12, "{path}");
    }
    let limited = stage
        .token(&account, "limited", Some(vec![account.id("Fabrikam")]))
        .await;
    for path in [
        format!("/v1/companies/{contoso}/policy"),
        format!("/v1/assets/{word}/policy"),
        format!("/v1/assets/{}/policy", id("none")),
        format!("/v1/companies/{}/policy", id("none")),
    ] {
        assert_eq!(
            stage.get(&limited, &path).await.problem(),
            "not-found",
            "{path}"
        );
    }
}
