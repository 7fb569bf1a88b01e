use std::io::{Cursor, Write};

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::stage::{Reply, Rights, Stage, pool};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Longer than any import of these tests takes.
const LOOKS: usize = 600;

pub(crate) async fn csv(stage: &Stage, query: &str, file: &str) -> Reply {
    stage
        .ask(Method::POST, &format!("/v1/imports?{query}"))
        .text("text/csv", file.to_owned())
        .send()
        .await
}

impl Reply {
    /// The id of the job that was taken on.
    #[track_caller]
    pub(crate) fn job(&self) -> Uuid {
        assert_eq!(self.status, 202, "{}", self.text);
        self.body["job_id"].as_str().unwrap().parse().unwrap()
    }
}

/// The job once it has ended.
async fn ended(stage: &Stage, job: Uuid) -> Value {
    for _ in 0..LOOKS {
        let reply = stage
            .ask(Method::GET, &format!("/v1/jobs/{job}"))
            .send()
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        if !reply.body["ended_at"].is_null() {
            return reply.body;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the job does not end");
}

async fn imported(stage: &Stage, query: &str, file: &str) -> Value {
    let job = csv(stage, query, file).await.job();
    ended(stage, job).await
}

/// The same in the name of another token.
async fn imported_by(stage: &Stage, token: &str, query: &str, file: &str) -> Value {
    let path = format!("/v1/imports?{query}");
    let ask = stage.ask(Method::POST, &path).by(token);
    let sent = ask.text("text/csv", file.to_owned()).send().await;
    ended(stage, sent.job()).await
}

/// Created, changed, unchanged, rejected.
#[track_caller]
fn counts(job: &Value) -> [i64; 4] {
    assert_eq!(job["state"], "done", "{job}");
    let rows = &job["rows"];
    assert_eq!(rows["total"], rows["done"], "{job}");
    ["created", "changed", "unchanged", "rejected"].map(|name| rows[name].as_i64().unwrap())
}

/// How many events of a type there are.
async fn count(stage: &Stage, event_type: &str) -> i64 {
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    let sql = "select count(*) from log.event where type = $1 and tenant_id = $2";
    owner
        .query_one(sql, &[&event_type, &stage.tenant.0])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test]
async fn every_row_lands_or_is_told_with_its_line_and_all_that_is_wrong() {
    let stage = Stage::new().await;
    stage.license_type().await;
    stage.company("Contoso").await;
    let file = "Company,Product Name,Total Seats,Expiry Date,Purchase Date,License Key,Colour\n\
                Contoso,Slack,25,2027-01-31,,CANARY-1,red\n\
                Nobody,Zoom,many,31/12/2026,,CANARY-2,\n\
                contoso ,Jira,5,2026-01-31,2026-02-01,,\n\
                Contoso,Miro,7,,,,\n";
    let accepted = csv(&stage, "reason=Monday", file).await;
    let job = accepted.job();
    assert_eq!(accepted.header("location"), format!("/v1/jobs/{job}"));
    assert_eq!(
        accepted.body["mapping"],
        json!({
            "company": "Company", "product_name": "Product Name", "total_seats": "Total Seats",
            "expiry_date": "Expiry Date", "purchase_date": "Purchase Date", "license_key": "License Key"
        })
    );
    assert_eq!(accepted.body["ignored_columns"], json!(["Colour"]));
    let job = ended(&stage, job).await;
    assert_eq!(counts(&job), [2, 0, 0, 2], "{job}");
    let faults = &job["faults"];
    assert_eq!(faults[0]["line"], 3);
    let columns: Vec<&str> = faults[0]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["column"].as_str().unwrap())
        .collect();
    assert_eq!(columns, ["Total Seats", "Expiry Date", "company"]);
    assert_eq!(
        faults[1]["line"], 4,
        "what only the decision knows: {faults}"
    );
    let list = stage
        .ask(Method::GET, job["faults_url"].as_str().unwrap())
        .send()
        .await;
    assert!(
        list.text
            .starts_with("line,column,message\r\n3,Total Seats,")
    );
    assert_eq!(list.text.lines().count(), 5, "{}", list.text);
    assert!(!format!("{job}{}", list.text).contains("CANARY"));
    assert_eq!(stage.sealed().await, 1);
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    let reasons =
        "select count(*) from log.event where metadata::text like '%\"reason\":\"Monday\"%'";
    let reasons: i64 = owner.query_one(reasons, &[]).await.unwrap().get(0);
    assert!(reasons > 2, "each change says why");
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_and_blank_cells_never_do() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let file = "company,Product Name,Vendor,Total Seats,License Key,Tags,Notes\n\
                Contoso,Slack,Slack,25,KEY-1,chat;'@work,'=1+1\n\
                Fabrikam,Slack,Slack,40,,,\n\
                Fabrikam,Zoom,,5,,,\n\
                Fabrikam,Zoom,,5,,,\n";
    let create = "on_missing_company=create";
    let first = imported(&stage, create, file).await;
    assert_eq!(counts(&first), [4, 0, 0, 0], "{first}");
    assert_eq!(first["companies_added"], 2);
    let length = stage.log_length().await;
    let second = imported(&stage, create, file).await;
    assert_eq!(counts(&second), [0, 0, 4, 0], "{second}");
    assert_eq!(stage.log_length().await, length);
    assert_eq!(stage.sealed().await, 1);
    let blank =
        "company,Product Name,Vendor,Total Seats,License Key,Notes\nContoso,Slack,Slack,26,,\n";
    let third = imported(&stage, create, blank).await;
    assert_eq!(counts(&third), [0, 1, 0, 0], "{third}");
    assert_eq!(stage.log_length().await, length + 1, "only the seats");
    // A company that has another name now keeps its licenses.
    let id = company(&stage, "contoso").await;
    let renamed = json!({ "name": "Contoso Group" });
    stage
        .patch(&format!("/v1/companies/{id}"), renamed)
        .await
        .done();
    let fourth = imported(&stage, "", &file.replace("Contoso", "Contoso Group")).await;
    assert_eq!(counts(&fourth), [0, 1, 3, 0], "the seats again: {fourth}");
}

/// The company of a name in the form that claims have.
async fn company(stage: &Stage, name: &str) -> Uuid {
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    let sql = "select owner from log.claim where scope = 'company.name' and key = $1";
    owner.query_one(sql, &[&name]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_row_finds_the_license_that_holds_its_key_though_no_import_made_it() {
    let stage = Stage::new().await;
    let license = stage
        .license(json!({ "license_key": "KEY-1", "total_seats": 5 }))
        .await;
    let product = "Microsoft 365 Business Premium";
    let file = format!(
        "company,Product Name,Vendor,Total Seats,License Key\n\
         Contoso Dental,{product},Microsoft,6, KEY-1 \n\
         Contoso Dental,Project,Microsoft,7,KEY-1\n\
         Fabrikam,{product},Microsoft,8,KEY-1\n"
    );
    let before = stage.event_types(license).await.len();
    let create = "on_missing_company=create";
    let dry = imported(&stage, &format!("{create}&dry_run=true"), &file).await;
    assert_eq!(counts(&dry), [2, 1, 0, 0], "{dry}");
    let job = imported(&stage, create, &file).await;
    assert_eq!(
        counts(&job),
        [2, 1, 0, 0],
        "another product and another company stay apart: {job}"
    );
    let types = stage.event_types(license).await;
    assert!(
        !types[before..].contains(&"SecretStored".to_owned()),
        "{types:?}"
    );
    assert!(
        types[before..].contains(&"TotalSeatsAdjusted".to_owned()),
        "{types:?}"
    );
    let sealed = stage.sealed().await;
    let again = imported(&stage, create, &file).await;
    assert_eq!(counts(&again), [0, 0, 3, 0], "{again}");
    assert_eq!(stage.sealed().await, sealed);
    let twice = format!(
        "company,Product Name,License Key\nContoso Dental,{product},KEY-1\nContoso Dental,{product},KEY-1\n"
    );
    let job = imported(&stage, "", &twice).await;
    assert_eq!(
        counts(&job),
        [0, 0, 1, 1],
        "one row for each license: {job}"
    );
}

#[tokio::test]
async fn whoever_may_not_reveal_does_not_learn_a_short_key_by_rehearsing_guesses() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": "1234" })).await;
    let writer = stage.token(Rights::default()).await;
    let product = "Microsoft 365 Business Premium";
    for guess in ["1234", "4321"] {
        for (row, expected) in [
            (format!(",{product},{guess}"), [1, 0, 0, 0]),
            (format!("{license},{product},{guess}"), [0, 1, 0, 0]),
        ] {
            let file = format!("company,asset_id,Product Name,License Key\nContoso Dental,{row}\n");
            let job = imported_by(&stage, &writer, "dry_run=true", &file).await;
            assert_eq!(counts(&job), expected, "{row}: {job}");
        }
    }
}

#[tokio::test]
async fn a_new_owner_does_not_learn_the_old_owners_key_by_importing_it() {
    let stage = Stage::new().await;
    let type_id = stage.license_type().await;
    let old_owner = stage.company("Contoso Dental").await;
    let company = stage.company("Fabrikam").await;
    let new_owner = stage
        .token(Rights {
            companies: Some(vec![company]),
            may_reveal: true,
            ..Rights::default()
        })
        .await;
    let product = "Microsoft 365 Business Premium";
    // Values of an older release have no fingerprint, and are opened to be compared.
    for (has_fingerprint, old_key) in [(true, "AAAAA-BBBBB-1"), (false, "AAAAA-BBBBB-2")] {
        let values = json!({ "product_name": product, "license_key": old_key });
        let license = stage.license_of(type_id, old_owner, values).await;
        let moved = json!({ "company_id": company });
        let path = format!("/v1/assets/{license}/move");
        stage.post(&path, moved).await.done();
        if !has_fingerprint {
            let owner = pool(&stage.database, "postgres").get().await.unwrap();
            let older = "alter table vault.secret_version disable trigger all;
                         update vault.secret_version set fingerprint = null;
                         alter table vault.secret_version enable trigger all;";
            owner.batch_execute(older).await.unwrap();
        }
        let file = |key: &str| {
            format!(
                "company,asset_id,Product Name,License Key\n\
                 Fabrikam,{license},{product},{key}\n"
            )
        };
        for key in [old_key, "AAAAA-BBBBB-NOT"] {
            let job = imported_by(&stage, &new_owner, "dry_run=true", &file(key)).await;
            assert_eq!(counts(&job), [0, 1, 0, 0], "rehearsed {key}: {job}");
        }
        let all = imported(&stage, "dry_run=true", &file(old_key)).await;
        assert_eq!(counts(&all), [0, 0, 1, 0], "who sees both is told: {all}");
        let job = imported_by(&stage, &new_owner, "", &file(old_key)).await;
        assert_eq!(counts(&job), [0, 1, 0, 0], "{job}");
        let again = imported_by(&stage, &new_owner, "", &file(old_key)).await;
        assert_eq!(counts(&again), [0, 0, 1, 0], "now it is theirs: {again}");
    }
}

#[tokio::test]
async fn a_key_that_was_taken_away_comes_back_with_the_file_that_has_it() {
    let stage = Stage::new().await;
    let license = stage.license(json!({ "license_key": "KEY-1" })).await;
    let path = format!("/v1/assets/{license}");
    let cleared = json!({ "values": { "license_key": null } });
    stage.patch(&path, cleared).await.done();
    let file = format!(
        "company,asset_id,Product Name,License Key\n\
         Contoso Dental,{license},Microsoft 365 Business Premium,KEY-1\n"
    );
    for (query, expected) in [
        ("dry_run=true", [0, 1, 0, 0]),
        ("", [0, 1, 0, 0]),
        ("", [0, 0, 1, 0]),
    ] {
        let job = imported(&stage, query, &file).await;
        assert_eq!(counts(&job), expected, "{query}: {job}");
    }
}

#[tokio::test]
async fn a_killed_import_goes_on_where_its_last_batch_ended_and_no_row_lands_twice() {
    let mut stage = Stage::new().await;
    stage.license_type().await;
    let rows: String = (0..3_000)
        .map(|row| format!("Company {},Product {row},1,KEY-{}\n", row % 7, row % 50))
        .collect();
    let file = format!("company,Product Name,Total Seats,License Key\n{rows}company 1,Bad,x,\n");
    let job = csv(&stage, "on_missing_company=create", &file).await.job();
    for kill in 1..=3 {
        // Somewhere within a batch.
        while count(&stage, "AssetRegistered").await < kill * 450 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stage.kill_jobs();
        stage.revive_jobs().await;
    }
    let job = ended(&stage, job).await;
    assert_eq!(counts(&job), [3_000, 0, 0, 1], "{job}");
    assert_eq!(count(&stage, "AssetRegistered").await, 3_000);
    assert_eq!(count(&stage, "SecretStored").await, 3_000);
    assert_eq!(job["faults"][0]["line"], 3_002);
}

#[tokio::test]
async fn a_dry_run_tells_what_the_import_would_and_records_nothing() {
    let stage = Stage::new().await;
    stage.license_type().await;
    stage.company("Contoso").await;
    let before =
        "company,external_id,Product Name,Total Seats,License Key\nContoso,A,Slack,5,KEY-1\n";
    imported(&stage, "", before).await;
    let (length, sealed) = (stage.log_length().await, stage.sealed().await);
    let file = "company,external_id,Product Name,Total Seats,License Key,Expiry Date,Purchase Date\n\
                Contoso,A,Slack,6,KEY-1,,\n\
                Litware,B,Slack,5,KEY-2,,\n\
                litware,C,Zoom,5,,,\n\
                Litware,D,Jira,5,,2026-01-01,2026-01-02\n\
                Contoso,E,Miro,-1,,,\n";
    let dry = imported(&stage, "dry_run=true&on_missing_company=create", file).await;
    assert_eq!(counts(&dry), [2, 1, 0, 2], "{dry}");
    assert_eq!(dry["dry_run"], true);
    assert_eq!(dry["companies_added"], 1);
    assert_eq!(
        (stage.log_length().await, stage.sealed().await),
        (length, sealed)
    );
    let wet = imported(&stage, "on_missing_company=create", file).await;
    assert_eq!(counts(&wet), counts(&dry), "{wet}");
    assert_eq!(wet["faults"], dry["faults"]);
    let again = imported(&stage, "dry_run=true", file).await;
    assert_eq!(counts(&again), [0, 0, 3, 2], "{again}");
}

#[tokio::test]
async fn a_license_list_of_snipe_it_is_recognized() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let file = "Item name,serial number,manufacturer,purchase date,purchase cost,order number,expiration date,seats,company,supplier,notes\n\
                Acrobat Pro,AAAA-1,Adobe,2026-01-31,1200.00,PO-1,2027-01-31,10,Contoso,CDW,shared\n\
                Acrobat Pro,AAAA-2,Adobe,2026-01-31,1200.00,PO-1,2027-01-31,10,Fabrikam,CDW,\n";
    let job = imported(&stage, "on_missing_company=create", file).await;
    assert_eq!(job["preset"], "snipe-it");
    assert_eq!(counts(&job), [2, 0, 0, 0], "{job}");
    assert_eq!(job["mapping"]["product_name"], "Item name");
    assert_eq!(job["mapping"]["expiry_date"], "expiration date");
    assert_eq!(job["mapping"]["license_key"], "serial number");
    assert_eq!(
        job["ignored_columns"],
        json!(["purchase cost", "order number", "supplier"])
    );
}

#[tokio::test]
async fn the_caller_says_which_column_is_which_and_whose_rows_are() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let company = stage.company("Contoso").await;
    let mapping = r#"{"product_name":"What","total_seats":"Qty","vendor":"Product Name"}"#;
    let query = format!("company={company}&mapping={}", percent(mapping));
    let file = "What;Qty;Product Name\nSlack;1.000;Salesforce\n";
    let refused = csv(&stage, &format!("{query}&decimal_mark=comma"), file).await;
    let job = ended(&stage, refused.job()).await;
    assert_eq!(counts(&job), [1, 0, 0, 0], "{job}");
    let events = count(&stage, "TotalSeatsAdjusted").await;
    assert_eq!(events, 1);
    let wrong = percent(r#"{"seats_of":"What","tags":"Labels"}"#);
    let query = format!("company={company}&mapping={wrong}");
    assert_eq!(
        csv(&stage, &query, file).await.invalid_fields(),
        ["mapping.seats_of", "mapping.tags"]
    );
    let all = "mapping=x&dry_run=maybe&dates=iso&decimal_mark=.&on_missing_company=ask";
    assert_eq!(
        csv(&stage, all, file).await.invalid_fields(),
        [
            "dates",
            "decimal_mark",
            "dry_run",
            "mapping",
            "on_missing_company"
        ]
    );
    let unknown = csv(&stage, "company=Nobody", file).await;
    assert_eq!(unknown.invalid_fields(), ["company"]);
}

#[tokio::test]
async fn a_workbook_and_a_form_are_taken_as_well() {
    let stage = Stage::new().await;
    stage.license_type().await;
    stage.company("Contoso").await;
    let sheet = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Company</t></is></c><c r="B1" t="inlineStr"><is><t>Product Name</t></is></c><c r="C1" t="inlineStr"><is><t>Total Seats</t></is></c><c r="D1" t="inlineStr"><is><t>Expiry Date</t></is></c></row>
        <row r="4"><c r="A4" t="inlineStr"><is><t>Contoso</t></is></c><c r="B4" t="inlineStr"><is><t>Slack</t></is></c><c r="C4"><v>25</v></c><c r="D4" s="1"><v>46418</v></c></row>
        <row r="5"><c r="A5" t="inlineStr"><is><t>Contoso</t></is></c><c r="B5" t="inlineStr"><is><t>Zoom</t></is></c><c r="C5" t="e"><v>#REF!</v></c></row>"#;
    let file = workbook(sheet);
    let sent = stage
        .ask(Method::POST, "/v1/imports")
        .text(XLSX, file.clone())
        .send()
        .await;
    let job = ended(&stage, sent.job()).await;
    assert_eq!(counts(&job), [1, 0, 0, 1], "{job}");
    assert_eq!(job["faults"][0]["line"], 5);
    assert_eq!(job["faults"][0]["errors"][0]["column"], "Total Seats");
    let expiry = "select payload::text from log.event where type = 'ExpirySet' or payload::text like '%2027-01-31%'";
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    assert!(!owner.query(expiry, &[]).await.unwrap().is_empty());

    let part = |name: &str, content: &[u8]| {
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n"
        );
        [head.as_bytes(), content, b"\r\n"].concat()
    };
    let body = [
        part("dry_run", b"true"),
        part("file", &file),
        b"--x--\r\n".to_vec(),
    ]
    .concat();
    let sent = stage
        .ask(Method::POST, "/v1/imports")
        .text("multipart/form-data; boundary=x", body)
        .send()
        .await;
    let job = ended(&stage, sent.job()).await;
    assert_eq!(counts(&job), [0, 0, 1, 1], "{job}");
    let body = [part("colour", b"red"), b"--x--\r\n".to_vec()].concat();
    let form = |body: Vec<u8>| {
        stage
            .ask(Method::POST, "/v1/imports")
            .text("multipart/form-data; boundary=x", body)
            .send()
    };
    assert_eq!(form(body).await.invalid_fields(), ["colour"]);
    assert_eq!(form(b"--x--\r\n".to_vec()).await.invalid_fields(), ["file"]);
}

#[tokio::test]
async fn files_out_of_bounds_are_refused_before_anything_is_kept() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let send = |content_type: &str, file: Vec<u8>| {
        stage
            .ask(Method::POST, "/v1/imports")
            .text(content_type, file)
            .send()
    };
    let bomb = workbook(&format!(
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{}</t></is></c></row>",
        "x".repeat(64 << 20)
    ));
    assert!(bomb.len() < 1 << 20);
    send(XLSX, bomb).await.problem(413, "body-too-large");
    let cell = |at: &str| format!("<row r=\"1\"><c r=\"{at}\"><v>1</v></c></row>");
    send(XLSX, workbook(&cell("XFD1")))
        .await
        .problem(413, "body-too-large");
    let laughs = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"#;
    send(XLSX, zipped(laughs)).await.problem(422, "validation");
    let rows = ["company,product_name\n", &"a,b\n".repeat(100_001)].concat();
    send("text/csv", rows.into_bytes())
        .await
        .problem(413, "body-too-large");
    let columns = vec!["x"; 513].join(",");
    send("text/csv", columns.into_bytes())
        .await
        .problem(413, "body-too-large");
    for file in [
        &b""[..],
        b"\xff\xfec\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1",
        b"PK\x03\x04nothing",
        b"colour\nred\n",
    ] {
        let fields = send("application/octet-stream", file.to_vec())
            .await
            .invalid_fields();
        assert_eq!(fields, ["file"], "{file:?}");
    }
    send("application/json", b"{}".to_vec())
        .await
        .problem(415, "unsupported-media-type");
    let jobs = stage.ask(Method::GET, "/v1/jobs").send().await;
    assert_eq!(jobs.body["items"], json!([]));
}

#[tokio::test]
async fn a_file_lies_sealed_until_its_job_ends_and_jobs_are_walled_off() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    // Nobody works on it while it is looked at.
    owner
        .batch_execute("create function pg_temp.nothing() returns int language sql as 'select 1'; alter function job.take(uuid, integer) rename to take_later")
        .await
        .unwrap();
    let file = "company,Product Name,License Key,Ignored\nContoso,Slack,CANARY-KEY,CANARY-TOO\n";
    let job = csv(&stage, "on_missing_company=create", file).await.job();
    let content: Vec<u8> = owner
        .query_one("select content from job.chunk where job_id = $1", &[&job])
        .await
        .unwrap()
        .get(0);
    let text = String::from_utf8_lossy(&content);
    assert!(
        !text.contains("CANARY") && !text.contains("Slack"),
        "{text}"
    );
    owner
        .batch_execute("alter function job.take_later(uuid, integer) rename to take")
        .await
        .unwrap();
    assert_eq!(counts(&ended(&stage, job).await), [1, 0, 0, 0]);
    let left: i64 = owner
        .query_one("select count(*) from job.chunk", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(left, 0, "the file is gone");
    let key: Option<String> = owner
        .query_one("select file_key::text from job.import", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(key, None);
    let breaches = event_log::breaches(
        &owner,
        &["log.event_pkey", "log.event_stream_id_version_key"],
    )
    .await
    .unwrap();
    assert_eq!(breaches, Vec::<String>::new());
    let other = stage.company("Fabrikam").await;
    let limited = stage
        .token(Rights {
            companies: Some(vec![other]),
            ..Rights::default()
        })
        .await;
    let see = |path: String| stage.ask(Method::GET, &path).by(&limited).send();
    see(format!("/v1/jobs/{job}"))
        .await
        .problem(404, "not-found");
    assert_eq!(see("/v1/jobs".to_owned()).await.body["items"], json!([]));
}

#[tokio::test]
async fn a_limited_token_imports_for_its_companies_and_learns_of_no_other() {
    let stage = Stage::new().await;
    stage.license_type().await;
    stage.company("Contoso").await;
    let own = stage.company("Fabrikam").await;
    let limited = stage
        .token(Rights {
            companies: Some(vec![own]),
            ..Rights::default()
        })
        .await;
    let file = "company,Product Name\nFabrikam,Slack\nContoso,Slack\nNobody,Slack\n";
    let sent = stage
        .ask(Method::POST, "/v1/imports")
        .by(&limited)
        .text("text/csv", file)
        .send()
        .await;
    let job = ended(&stage, sent.job()).await;
    assert_eq!(counts(&job), [1, 0, 0, 2], "{job}");
    let told = |at: usize| {
        let message = &job["faults"][at]["errors"][0]["message"];
        message
            .as_str()
            .unwrap()
            .replace("Contoso", "?")
            .replace("Nobody", "?")
    };
    assert_eq!(told(0), told(1));
}

#[tokio::test]
async fn a_request_that_is_sent_twice_is_one_job() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let send = |file: &'static str| {
        stage
            .ask(Method::POST, "/v1/imports?on_missing_company=create")
            .header("idempotency-key", "k1")
            .text("text/csv", file)
            .send()
    };
    let file = "company,Product Name\nContoso,Slack\n";
    let first = send(file).await.job();
    assert_eq!(send(file).await.job(), first);
    ended(&stage, first).await;
    assert_eq!(send(file).await.job(), first);
    send("company,Product Name\nContoso,Zoom\n")
        .await
        .problem(422, "key-reused");
}

#[tokio::test]
async fn a_job_is_followed_and_cancelled() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let rows: String = (0..5_000)
        .map(|row| format!("Contoso,Product {row},1\n"))
        .collect();
    let file = format!("company,Product Name,Total Seats\n{rows}");
    let job = csv(&stage, "on_missing_company=create", &file).await.job();
    let path = format!("/v1/jobs/{job}");
    let cancelled = stage.delete(&path).await;
    assert_eq!(cancelled.status, 202, "{}", cancelled.text);
    let followed = stage
        .ask(Method::GET, &format!("{path}/events"))
        .send()
        .await;
    assert_eq!(followed.header("content-type"), "text/event-stream");
    let last = followed
        .text
        .trim()
        .rsplit("\n\n")
        .next()
        .unwrap()
        .to_owned();
    assert!(
        last.starts_with("event: progress\ndata: {\"state\":\"cancelled\""),
        "{last}"
    );
    let ended = ended(&stage, job).await;
    assert_eq!(ended["state"], "cancelled");
    let landed = ended["rows"]["created"].as_i64().unwrap();
    assert!(landed < 5_000, "{ended}");
    assert_eq!(
        count(&stage, "AssetRegistered").await,
        landed,
        "what is told has landed"
    );
}

#[tokio::test]
async fn a_revoked_token_ends_its_import() {
    let stage = Stage::new().await;
    stage.license_type().await;
    let token = stage.token(Rights::default()).await;
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    owner
        .batch_execute("alter function job.take(uuid, integer) rename to take_later")
        .await
        .unwrap();
    let sent = stage
        .ask(Method::POST, "/v1/imports?on_missing_company=create")
        .by(&token)
        .text("text/csv", "company,Product Name\nContoso,Slack\n")
        .send()
        .await;
    let job = sent.job();
    let id = web::token::TokenText::parse(&token).unwrap().token();
    stage
        .by_system(stage.tenant, domain::Command::RevokeToken { id })
        .await;
    owner
        .batch_execute("alter function job.take_later(uuid, integer) rename to take")
        .await
        .unwrap();
    let job = ended(&stage, job).await;
    assert_eq!(job["state"], "failed");
    assert!(job["why"].as_str().unwrap().contains("revoked"));
    assert_eq!(count(&stage, "AssetRegistered").await, 0);
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A workbook of one sheet with these rows.
fn workbook(rows: &str) -> Vec<u8> {
    zipped(&format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    ))
}

fn zipped(sheet: &str) -> Vec<u8> {
    const PARTS: [(&str, &str); 5] = [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        (
            "xl/styles.xml",
            r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#,
        ),
    ];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, content) in PARTS
        .into_iter()
        .chain([("xl/worksheets/sheet1.xml", sheet)])
    {
        writer.start_file(name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
