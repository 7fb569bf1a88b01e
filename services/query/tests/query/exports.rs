use crate::{
    facts::{Account, text},
    stage::Stage,
};

fn lines(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    reader
        .records()
        .map(|line| line.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// A cell of each line, by the name of its column.
fn column(lines: &[Vec<String>], name: &str) -> Vec<String> {
    let at = lines[0]
        .iter()
        .position(|column| column == name)
        .unwrap_or_else(|| panic!("{name}: {:?}", lines[0]));
    lines[1..].iter().map(|line| line[at].clone()).collect()
}

#[tokio::test]
async fn an_export_has_a_column_for_each_field_and_cells_that_no_spreadsheet_runs() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("=Contoso", "=HYPERLINK(\"http://x\")");
    let mut facts = vec![account.company("=Contoso")];
    facts.extend(license.seats(25, 27));
    facts.extend([
        license.set("2026-01-01", "Vendor", text("\u{a0}@SUM(A1)")),
        license.set("2026-01-01", "Notes", text("one, \"two\"\n=three")),
        license.costs("2026-01-01", "6600"),
        license.secret("2026-01-01", 1),
        license.tagged("2026-01-01", "+tag"),
    ]);
    stage.record(&account, facts).await;
    let answer = stage
        .get(
            &token,
            &format!("/v1/assets?format=csv&type={}", account.asset_type),
        )
        .await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/csv; charset=utf-8; header=present")
    );
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"assets.csv\"")
    );
    let lines = lines(&answer.text);
    for (name, cell) in [
        ("name", "'=HYPERLINK(\"http://x\")"),
        ("company", "'=Contoso"),
        ("type", "Ours Software License"),
        ("vendor", "'\u{a0}@SUM(A1)"),
        ("notes", "one, \"two\"\n'=three"),
        ("tags", "'+tag"),
        ("total_seats", "25"),
        ("annual_cost", "6600.00 USD"),
        ("license_key", "set"),
        ("owned", "25"),
        ("pool_short", "2"),
        ("pool_status", "under_licensed"),
        ("expiry_date", ""),
    ] {
        assert_eq!(column(&lines, name), [cell], "{name}");
    }
    assert_eq!(
        query::refang(&column(&lines, "notes")[0]),
        "one, \"two\"\n=three"
    );
}

#[tokio::test]
async fn an_export_has_every_row_of_its_list_however_many_pages_that_takes() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    // More than two of the thousands that are read at a time, and exactly two of another.
    const LICENSES: usize = 2_000;
    let mut facts = vec![account.company("Contoso"), account.company("Fabrikam")];
    let names: Vec<String> = (0..LICENSES).map(|at| format!("Product {at:04}")).collect();
    for name in &names {
        facts.extend(account.license("Contoso", name).registered("2026-01-01"));
    }
    facts.extend(account.license("Fabrikam", "Word").seats(1, 1));
    stage.record(&account, facts).await;
    let csv = stage
        .get(
            &token,
            &format!("/v1/assets?format=csv&company={}", account.id("Contoso")),
        )
        .await;
    assert_eq!(column(&lines(&csv.text), "name"), names);
    let all = stage.get(&token, "/v1/assets?format=csv").await;
    assert_eq!(lines(&all.text).len(), 1 + LICENSES + 1);
    let pools = stage
        .get(&token, "/v1/compliance?format=csv&status=unknown")
        .await;
    assert_eq!(lines(&pools.text).len(), 1 + LICENSES);
    let trail = stage.get(&token, "/v1/audit-trail?format=ndjson").await;
    assert_eq!(trail.header("content-type"), Some("application/x-ndjson"));
    let entries: Vec<i64> = trail
        .text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["entry"]
                .as_i64()
                .unwrap()
        })
        .collect();
    let last = entries[0];
    assert_eq!(entries, (1..=last).rev().collect::<Vec<_>>());
}
