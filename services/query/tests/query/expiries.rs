use serde_json::json;

use crate::{facts::Account, stage::Stage};

#[tokio::test]
async fn ends_are_told_by_their_deadlines_with_the_days_that_are_left() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    let soon = account.license("Contoso", "Word");
    facts.extend(soon.seats(1, 1));
    facts.push(soon.expires("2026-01-01", "2027-01-08"));
    let past = account.license("Fabrikam", "Zoom");
    facts.extend(past.seats(1, 1));
    facts.push(past.expires("2026-01-01", "2026-11-01"));
    let rolls = account.license("Fabrikam", "Slack");
    facts.extend(rolls.seats(1, 1));
    facts.extend([
        rolls.renews_itself("2026-01-01"),
        rolls.expires("2026-01-01", "2026-06-30"),
    ]);
    let never = account.license("Contoso", "Vim");
    facts.extend(never.seats(1, 1));
    stage.record(&account, facts).await;

    let all = stage.get(&token, "/v1/expiries").await;
    assert_eq!(all.items("name"), ["Zoom", "Word", "Slack"]);
    assert_eq!(all.items("days_left"), [json!(-23), json!(45), json!(218)]);
    assert_eq!(all.items("bucket"), ["expired", "within_60", "later"]);
    assert_eq!(all.items("presumed"), [false, false, true]);
    assert_eq!(all.items("expiry_date")[2], "2027-06-30");
    assert_eq!(stage.all_pages(&token, "/v1/expiries", 1).await.len(), 3);
    for (query, expected) in [
        ("within_days=44", &["Zoom"][..]),
        ("within_days=45", &["Zoom", "Word"]),
        (&format!("company={}", account.id("Contoso")), &["Word"]),
        ("as_of=2026-05-01&within_days=60", &["Slack"]),
        ("as_of=2027-01-09&within_days=0", &["Zoom", "Word"]),
    ] {
        let answer = stage.get(&token, &format!("/v1/expiries?{query}")).await;
        assert_eq!(answer.items("name"), expected, "{query}");
    }
}
