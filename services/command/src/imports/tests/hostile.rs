//! Whatever is sent: it is read or refused, in bounded time, and nothing panics.

use std::io::{Cursor, Write};

use bytes::Bytes;
use proptest::prelude::*;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::planned_by;
use crate::imports::{Mapping, Options, Sheet};

/// Reads a file and plans all of its rows. Only what is answered may differ, not whether something is.
fn take_in(file: Vec<u8>) {
    let options = Options {
        create_companies: true,
        ..Options::default()
    };
    if let Ok(sheet) = Sheet::of(Bytes::from(file)) {
        let _ = planned_by(sheet, &Mapping::new(), options);
    }
}

/// Pieces of which a file is made that a parser could stumble over.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"company",
        b"Product Name",
        b"total_seats",
        b"License Key",
        b"Expiry Date",
        b"Auto-Renew",
        b"tags",
        b"asset_id",
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"",
        b"\"\"",
        b"'=",
        b"sep=;\n",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\0",
        b"1,234.5",
        b"31/12/2026",
        b"9999999999999999999999999",
        "٣½€".as_bytes(),
    ];
    let piece = prop::sample::select(PIECES);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Pieces of a sheet's XML.
fn xml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<row r=\"1\">"),
        Just("<row r=\"4294967296\">"),
        Just("<row>"),
        Just("</row>"),
        Just("<c r=\"A1\" t=\"inlineStr\"><is><t>company</t></is></c>"),
        Just("<c r=\"B1\" t=\"inlineStr\"><is><t>Product Name</t></is></c>"),
        Just("<c r=\"ZZZZZZ9\"><v>1</v></c>"),
        Just("<c r=\"A0\"><v>1</v></c>"),
        Just("<c r=\"1A\"><v>1</v></c>"),
        Just("<c t=\"s\"><v>99</v></c>"),
        Just("<c s=\"9\"><v>1e308</v></c>"),
        Just("<c s=\"1\"><v>-99999999999</v></c>"),
        Just("<c t=\"b\"><v>x</v></c>"),
        Just("<c t=\"e\"><v>#N/A</v></c>"),
        Just("<c t=\"d\"><v>2026</v></c>"),
        Just("<c><f>1+1</f></c>"),
        Just("&amp;&x;"),
        Just("<"),
        Just("]]>"),
        Just("<!-- -->"),
        Just("<dimension ref=\"A1:XFD1048576\"/>"),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn workbook(sheet: &str) -> Vec<u8> {
    let content = format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{sheet}</sheetData></worksheet>"
    );
    let parts = [
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
        ("xl/worksheets/sheet1.xml", content.as_str()),
    ];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(name, SimpleFileOptions::default())
            .expect("a part");
        writer.write_all(content.as_bytes()).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(file in prop::collection::vec(any::<u8>(), 0..2_000)) {
        take_in(file);
    }

    #[test]
    fn any_table_is_read_or_refused(rest in pieces()) {
        take_in([&b"company,Product Name,Total Seats,License Key\n"[..], &rest].concat());
        take_in(rest);
    }

    #[test]
    fn any_sheet_of_a_workbook_is_read_or_refused(sheet in xml()) {
        take_in(workbook(&sheet));
    }

    #[test]
    fn any_archive_is_read_or_refused(at in 0usize..3_000, byte in any::<u8>(), cut in 0usize..3_000) {
        let mut file = workbook("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>");
        let length = file.len();
        file[at % length] = byte;
        file.truncate(length - cut % 40);
        take_in(file);
    }
}

#[test]
fn a_workbook_that_its_parser_stumbles_over_is_refused() {
    let sheet = "<row r=\"2\"><c r=\"D2F8999999999999\"><v>1</v></c></row>";
    let read = Sheet::of(Bytes::from(workbook(sheet)));
    let error = read.err().expect("it can't be read");
    assert!(error.to_string().contains("save it anew"), "{error}");
}
