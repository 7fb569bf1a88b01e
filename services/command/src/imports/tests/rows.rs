use std::io::{self, Cursor, Read};

use domain::{Command, ids::AssetId};
use secrecy::ExposeSecret;
use serde_json::json;
use uuid::Uuid;

use super::{CONTOSO, FABRIKAM, failures, planned, planned_as, rows};
use crate::imports::{FILE_BYTES_MAX, FileError, Options, Owner, ROWS_MAX, Row};

const HEAD: &str = "Company,Product Name,Total Seats,Notes\n";

fn external(row: &Row) -> String {
    match row.owner {
        Owner::Known(company) => row.external_id(company),
        _ => row.external_id(CONTOSO),
    }
    .unwrap_or_else(|| panic!("names the asset {:?}", row.target))
}

#[track_caller]
fn refused(file: &str) -> String {
    let refused = planned_as(Cursor::new(file.to_owned()), Options::default());
    let error = refused.expect_err("the file should be refused");
    error.to_string()
}

#[test]
fn columns_are_found_by_name_or_key_whatever_their_case_and_the_file_its_marks() {
    for file in [
        "company,product_name,TOTAL SEATS,auto-renew\nContoso Dental,Slack,25,yes\n",
        "\u{feff}Company;Product Name;total_seats;Auto Renew\r\ncontoso  dental;Slack;25;x\r\n",
        "Company\tProduct Name\tTotal Seats\tAuto-Renew\nCONTOSO DENTAL\tSlack\t25\ttrue",
        "sep=|\r\nCompany|Product Name|Total Seats|Auto-Renew\r\nContoso Dental|Slack|25|1\r\n",
        "\"Company\",\"Product Name\",\"Total Seats\",\"Auto-Renew\"\n\"Contoso Dental\",\"Slack\",\"25\",\"Y\"\n",
    ] {
        let row = rows(file).remove(0);
        assert_eq!(row.owner, Owner::Known(CONTOSO), "{file}");
        let values = json!({ "product_name": "Slack", "total_seats": "25", "auto_renew": true });
        assert_eq!(json!(row.values), values, "{file}");
    }
}

#[test]
fn a_file_that_can_hold_no_license_is_refused_as_a_whole() {
    for (file, why) in [
        ("", "empty"),
        ("Product Name,Vendor\nSlack,Slack\n", "\"company\""),
        ("company,colour\nFabrikam,red\n", "Product Name, Vendor"),
        ("company,vendor\nFabrikam,Slack\n", "\"Product Name\""),
        ("company,Product Name,product_name\n", "mean the same"),
        ("company,Company,Product Name\n", "mean the same"),
        ("\u{0}\u{0}", "company"),
    ] {
        let error = refused(file);
        assert!(error.contains(why), "{file:?}: {error}");
    }
    let utf16 = planned_as(&b"\xff\xfec\0o\0"[..], Options::default());
    assert!(matches!(utf16, Err(FileError::Utf16)));
    let latin = planned_as(&b"company,Product Name,caf\xe9\n"[..], Options::default());
    assert!(matches!(latin, Err(FileError::NotUtf8)));
}

#[test]
fn unknown_columns_are_told_once_and_those_of_an_export_not_at_all() {
    let file = "company,Product Name,Colour,pool_status,Size\nFabrikam,Slack,red,compliant,9\n";
    let (_, warnings) =
        planned_as(Cursor::new(file.to_owned()), Options::default()).expect("a file");
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].ends_with("\"Colour\", \"Size\""),
        "{warnings:?}"
    );
}

#[test]
fn where_a_field_is_called_as_a_column_of_exports_the_other_is_passed_over() {
    let file = "company,notes,field.notes,Product Name\nFabrikam,ours,theirs,Slack\n";
    let row = rows(file).remove(0);
    assert_eq!(row.values["notes"], "theirs");
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let file =
        format!("{HEAD}\n,,,\nNobody,Slack,1,\"one\ntwo\"\n\nNobody,Zoom,2,\r\nNobody,Jira,3,");
    let lines: Vec<u64> = planned(&file)
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.line)
        .collect();
    assert_eq!(lines, [4, 7, 8]);
    for line_break in ["\n", "\r\n", "\r"] {
        let file = [
            "sep=,",
            "company,Product Name",
            "Fabrikam,Slack",
            "",
            "\"\",Zoom",
        ]
        .join(line_break);
        assert!(failures(&file)[0].starts_with("line 5:"), "{line_break:?}");
    }
}

#[test]
fn all_that_is_wrong_with_a_row_is_told_at_once_with_its_line() {
    let file = "Company,Product Name,Total Seats,Expiry Date,Auto-Renew,License Type\n\
                Fabrikam,Slack,25,2027-01-31,yes,Subscription\n\
                Nobody,Zoom,\"1,234\",31/12/2026,perhaps,Per-head\n";
    let told = failures(file);
    assert_eq!(told.len(), 1);
    for part in [
        "line 3:",
        "Total Seats",
        "Expiry Date",
        "Auto-Renew",
        "License Type",
        "company is \"Nobody\"",
    ] {
        assert!(told[0].contains(part), "{part}: {told:?}");
    }
}

#[test]
fn rows_that_do_not_fit_their_columns_are_told() {
    for (row, why) in [
        ("Fabrikam,Slack", "has 2 cells"),
        ("Fabrikam,Slack,1,a,b", "has 5 cells"),
        (",Slack,1,", "company is blank"),
        (
            "Fabrikam,Slack,1,\"never closed\nFabrikam,Zoom,2,\n",
            "opens a cell on line 2",
        ),
    ] {
        let told = failures(&format!("{HEAD}{row}\n"));
        assert!(
            told.len() == 1 && told[0].contains(why),
            "{row:?}: {told:?}"
        );
    }
    assert!(
        failures(&format!("{HEAD}Fabrikam,Slack,1,,,\n")).is_empty(),
        "spare blank cells do no harm"
    );
    assert!(failures(&format!("{HEAD}Fabrikam,5\" disk,1,\"a \"\"b\"\"\"\n")).is_empty());
    let huge = "x".repeat(70_000);
    let told = failures(&format!(
        "{HEAD}Fabrikam,Slack,1,{huge}\nFabrikam,Zoom,2,\n"
    ));
    assert!(
        told.len() == 1 && told[0].contains("64 KiB"),
        "{}",
        told[0].len()
    );
    let latin = [HEAD.as_bytes(), b"Fabrikam,Caf\xe9,1,\n"].concat();
    let (rows, _) = planned_as(Cursor::new(latin), Options::default()).expect("a file");
    assert!(
        rows[0]
            .as_ref()
            .is_err_and(|error| error.to_string().contains("UTF-8"))
    );
}

#[test]
fn blank_cells_name_nothing_and_defanged_ones_are_taken_back() {
    let row = rows(&format!("{HEAD}Fabrikam,'=1+1,  ,'-x\n")).remove(0);
    assert_eq!(
        json!(row.values),
        json!({ "product_name": "=1+1", "notes": "-x" })
    );
}

#[test]
fn names_that_an_export_defanged_are_taken_back_too() {
    let options = Options {
        create_companies: true,
        ..Options::default()
    };
    let file = "company,external_id,Product Name,Tags\n'+Plus,'=1,Slack,'@work; 'quoted'\n";
    let (mut rows, _) = planned_as(Cursor::new(file.to_owned()), options).expect("a file");
    let row = rows.remove(0).expect("a row");
    assert_eq!(row.owner, Owner::New("+Plus".to_owned()));
    assert_eq!(external(&row), "=1");
    assert_eq!(row.tags, ["@work", "'quoted'"]);
}

#[test]
fn tags_are_parted_by_semicolons() {
    let row = rows("company,Product Name,Tags\nFabrikam,Slack,chat; Own Use ;;\n").remove(0);
    assert_eq!(row.tags, ["chat", "Own Use"]);
}

#[test]
fn a_license_is_found_again_whatever_of_it_changed() {
    let key = |row: &str| {
        let head = "Company,Product Name,Vendor,License Type,Purchase Date,Total Seats,Notes\n";
        external(&rows(&format!("{head}{row}\n"))[0]).to_owned()
    };
    let known = key("Fabrikam,Slack,Slack,Subscription,2026-01-31,25,");
    assert_eq!(
        known,
        key("FABRIKAM , slack,SLACK,subscription,2026-01-31 00:00:00,30,more")
    );
    for other in [
        "Contoso Dental,Slack,Slack,Subscription,2026-01-31,25,",
        "Fabrikam,Slack Pro,Slack,Subscription,2026-01-31,25,",
        "Fabrikam,Slack,Other,Subscription,2026-01-31,25,",
        "Fabrikam,Slack,Slack,Site,2026-01-31,25,",
        "Fabrikam,Slack,Slack,Subscription,2026-02-01,25,",
        "Fabrikam,SlackSlack,,Subscription,2026-01-31,25,",
    ] {
        assert_ne!(known, key(other), "{other}");
    }
    let swapped = "Vendor,Purchase Date,License Type,Product Name,Company\nSlack,2026-01-31,Subscription,Slack,Fabrikam\n";
    assert_eq!(known, external(&rows(swapped)[0]));
}

#[test]
fn equal_rows_are_licenses_of_their_own_and_the_same_ones_each_time() {
    let file = format!("{HEAD}Fabrikam,Slack,5,\nFabrikam,Slack,5,\nFabrikam,Slack,5,\n");
    let ids = || {
        rows(&file)
            .iter()
            .map(|row| external(row).clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(), ids());
    let mut distinct = ids();
    distinct.dedup();
    assert_eq!(distinct.len(), 3);
}

#[test]
fn a_row_may_bring_its_own_id_but_only_once() {
    let file = "company,external_id,Product Name\nFabrikam,A-1,Slack\nContoso Dental,A-2,Slack\nFabrikam,A-1,Zoom\n";
    let planned = planned(file);
    assert!(planned[0].as_ref().is_ok_and(|row| external(row) == "A-1"));
    assert!(
        planned[1]
            .as_ref()
            .is_ok_and(|row| row.owner == Owner::Known(CONTOSO))
    );
    assert!(
        planned[2]
            .as_ref()
            .is_err_and(|error| error.to_string().contains("same as on line 2"))
    );
}

#[test]
fn a_row_of_an_export_changes_the_asset_that_it_names() {
    let id = Uuid::from_u128(42);
    let file = format!(
        "asset_id,company,Product Name,Total Seats,License Key\n{id},Fabrikam,Slack,30,set\nx,,Zoom,,\n"
    );
    let (mut rows, warnings) =
        planned_as(Cursor::new(file.to_owned()), Options::default()).expect("a file");
    assert!(
        warnings.iter().any(|warning| warning.contains("\"set\"")),
        "{warnings:?}"
    );
    assert!(
        rows[1]
            .as_ref()
            .is_err_and(|error| error.to_string().contains("asset_id is no id"))
    );
    let row = rows.remove(0).expect("a row");
    assert!(row.secrets.is_empty());
    match row.command(AssetId(Uuid::nil()), CONTOSO) {
        Command::ChangeAsset { id: changed, patch } => {
            assert_eq!(changed, AssetId(id));
            assert_eq!(
                json!(patch.values),
                json!({ "product_name": "Slack", "total_seats": "30" })
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn companies_are_added_only_if_that_is_said() {
    let file = format!("{HEAD}Litware,Slack,1,\nfabrikam,Slack,1,\n");
    assert!(failures(&file)[0].contains("create companies"));
    let options = Options {
        create_companies: true,
        ..Options::default()
    };
    let (rows, _) = planned_as(Cursor::new(file.to_owned()), options).expect("a file");
    let owners: Vec<Owner> = rows
        .into_iter()
        .map(|row| row.expect("a row").owner)
        .collect();
    assert_eq!(
        owners,
        [Owner::New("Litware".to_owned()), Owner::Known(FABRIKAM)]
    );
}

#[test]
fn secrets_travel_apart_and_stand_in_no_message() {
    let file = "company,Product Name,License Key,Total Seats\nFabrikam,Slack, CANARY-1 ,5\nFabrikam,Zoom,CANARY-2,many\n";
    let (rows, warnings) =
        planned_as(Cursor::new(file.to_owned()), Options::default()).expect("a file");
    let row = rows[0].as_ref().expect("a row");
    assert_eq!(row.secrets[0].0, "license_key");
    assert_eq!(row.secrets[0].1.expose_secret(), "CANARY-1");
    assert!(warnings[0].contains("delete the file"));
    assert!(!format!("{rows:?}{warnings:?}").contains("CANARY"));
}

#[test]
fn files_keep_within_their_limits() {
    let many = HEAD
        .bytes()
        .chain(b"Fabrikam,Slack,1,\n".iter().copied().cycle());
    let error = planned_as(Bytes(many), Options::default()).expect_err("too many rows");
    assert!(matches!(error, FileError::TooManyRows), "{error}");
    assert!(error.to_string().contains(&ROWS_MAX.to_string()));

    let head = HEAD
        .as_bytes()
        .chain(io::repeat(b' ').take(FILE_BYTES_MAX as u64));
    let error = planned_as(head, Options::default()).expect_err("too large");
    assert!(matches!(error, FileError::TooLarge), "{error}");
}

/// Bytes without end.
struct Bytes<I>(I);

impl<I: Iterator<Item = u8>> Read for Bytes<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        for (place, byte) in buffer.iter_mut().zip(&mut self.0) {
            *place = byte;
            count += 1;
        }
        Ok(count)
    }
}
