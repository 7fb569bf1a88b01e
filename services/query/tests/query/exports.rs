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

#[tokio::test]
async fn every_list_is_exported_with_all_its_rows_and_no_cell_that_a_spreadsheet_runs() {
    let account = Account::new("=Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("=Company 0000", "Word");
    // One more than is read at a time.
    const MANY: usize = 1_001;
    let mut facts: Vec<_> = (0..MANY)
        .map(|at| account.company(&format!("=Company {at:04}")))
        .collect();
    facts.extend((0..MANY).map(|at| account.document("=Company 0000", &format!("@Text {at:04}"))));
    facts.extend(license.seats(0, 1));
    facts.extend((0..MANY).map(|at| license.tagged("2026-01-01", &format!("-tag {at:04}"))));
    facts.extend((1..MANY).map(|at| license.total("2026-01-01", Some(at as i64 - 1), at as i64)));
    stage.record(&account, facts).await;
    let grown = vec![license.total("2026-11-24", Some(MANY as i64 - 1), 5_000)];
    stage.append(&account, grown, Some("+five")).await;
    stage.follow().await;
    let asset = license.asset;
    for (list, rows, name, last) in [
        (
            "/v1/asset-types".to_owned(),
            1,
            "name",
            "'=Ours Software License",
        ),
        ("/v1/companies".into(), MANY, "name", "'=Company 1000"),
        ("/v1/documents".into(), MANY, "title", "'@Text 1000"),
        ("/v1/tags".into(), MANY, "tag", "'-tag 1000"),
        (
            format!("/v1/assets/{asset}/seat-history"),
            MANY + 2,
            "reason",
            "'+five",
        ),
        (
            format!("/v1/assets/{asset}/timeline"),
            2 * MANY + 4,
            "reason",
            "'+five",
        ),
    ] {
        let csv = stage.get(&token, &format!("{list}?format=csv")).await;
        let file = list.rsplit('/').next().unwrap();
        assert_eq!(
            csv.header("content-disposition"),
            Some(format!("attachment; filename=\"{file}.csv\"").as_str())
        );
        let cells = column(&lines(&csv.text), name);
        assert_eq!(
            (cells.len(), cells.last().map(String::as_str)),
            (rows, Some(last)),
            "{list}"
        );
        let lines = stage.get(&token, &format!("{list}?format=ndjson")).await;
        assert_eq!(lines.text.lines().count(), rows, "{list}");
    }
}

/// The rows of a workbook's first sheet, each cell as a CSV file would have it.
fn sheet(bytes: Vec<u8>) -> Vec<Vec<String>> {
    use calamine::{Data, Reader, Xlsx};
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    let cell = |data: &Data| match data {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    range
        .rows()
        .map(|row| row.iter().map(cell).collect())
        .collect()
}

#[tokio::test]
async fn a_workbook_has_the_cells_of_the_csv_file_and_none_of_them_is_a_formula() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("=Contoso", "=HYPERLINK(\"http://x\")");
    let mut facts = vec![account.company("=Contoso"), account.company("Fabrikam")];
    facts.extend(license.seats(25, 27));
    facts.extend([
        license.set("2026-01-01", "Vendor", text("\u{a0}@SUM(A1)")),
        license.set("2026-01-01", "Notes", text("one, \"two\"\n=three <&>")),
        license.costs("2026-01-01", "6600.5"),
        license.secret("2026-01-01", 1),
        license.expires("2026-01-01", "2027-01-08"),
        license.tagged("2026-01-01", "+tag"),
        license.tagged("2026-01-01", "one; two"),
        license.linked("psa", "0012"),
    ]);
    for at in 0..1_001 {
        let name = format!("Product {at:04}");
        facts.extend(account.license("Fabrikam", &name).registered("2026-01-01"));
    }
    stage.record(&account, facts).await;
    let csv = stage.get(&token, "/v1/assets?format=csv").await;
    let workbook = stage.bytes(&token, "/v1/assets?format=xlsx").await;
    let (csv, workbook) = (lines(&csv.text), sheet(workbook));
    assert_eq!(csv.len(), 1_003);
    assert_eq!(workbook.len(), csv.len());
    for (line, row) in csv.iter().zip(&workbook) {
        assert_eq!(line, row);
    }
    for (name, cell) in [
        ("tags", "[\"+tag\",\"one; two\"]"),
        ("external_ids", "psa:0012"),
        ("company_external_ids", ""),
    ] {
        let cells = column(&csv, name);
        assert!(cells.iter().any(|found| found == cell), "{name}: {cells:?}");
    }
}

#[tokio::test]
async fn a_text_that_no_cell_can_hold_is_left_out_of_a_workbook_and_told() {
    use calamine::{Data, Reader, Xlsx};
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let license = account.license("Contoso", "Word");
    let mut facts = vec![account.company("Contoso")];
    facts.extend(license.registered("2026-01-01"));
    facts.push(license.set("2026-01-01", "Notes", text(&"a".repeat(32_768))));
    stage.record(&account, facts).await;
    let bytes = stage.bytes(&token, "/v1/assets?format=xlsx").await;
    assert_eq!(column(&sheet(bytes.clone()), "notes"), [""]);
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(workbook.sheet_names(), ["assets", "left out"]);
    let told = workbook.worksheet_range("left out").unwrap();
    let cells: Vec<Data> = told.rows().next_back().unwrap().to_vec();
    let place = ["assets", "2", "notes"];
    assert_eq!(
        cells.iter().map(ToString::to_string).collect::<Vec<_>>(),
        place
    );
}
