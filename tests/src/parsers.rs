//! What comes from outside, read as the product reads it: never a panic, and what is written is read again.
//!
//! Each of these takes any bytes. They are fuzzed by `deploy/fuzz`; what that found worth keeping is replayed by
//! a test.

use std::io::Write;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts},
    http::{HeaderValue, Request, Uri, header},
    response::IntoResponse,
};
use bytes::Bytes;
use command::imports::Sheet;
use contract::{EVENT_TYPES, Metadata, decode, encode, parse_cloud_event};
use domain::{
    calendar,
    money::Currency,
    product::{Alias, Catalog},
    text, value,
};
use serde_json::{Value as Json, json};
use web::{
    defang::{defang, refang},
    extract,
    headers::{self, ETag, IdempotencyKey, IfMatch, MinEntry},
    paging::Cursor,
    token::TokenText,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Rows of a sheet that are looked at: a small file can hold many.
const ROWS_READ: usize = 10_000;

/// A parser with its name, which is also its corpus's.
pub type Parser = (&'static str, fn(&[u8]));

/// All of them.
pub const PARSERS: [Parser; 7] = [
    ("events", events),
    ("values", values),
    ("sheets", sheets),
    ("workbooks", workbooks),
    ("requests", requests),
    ("headers", headers),
    ("texts", texts),
];

/// Stored events of any type and version, envelopes and metadata. What can be read is written as it will be
/// read again.
///
/// # Panics
/// If it is not.
pub fn events(data: &[u8]) {
    let _ = parse_cloud_event(data);
    let Some((&[choice, version], payload)) = data.split_first_chunk::<2>() else {
        return;
    };
    let Ok(payload) = std::str::from_utf8(payload) else {
        return;
    };
    let _ = Metadata::parse(payload);
    let known = &EVENT_TYPES[usize::from(choice) % EVENT_TYPES.len()];
    let version = i16::from(version % 4);
    if let Ok(event) = decode(known.name, version, payload) {
        let stored = encode(&event);
        let again = decode(stored.event_type, stored.schema_version, &stored.payload);
        assert_eq!(again.expect("what is written can be read"), event);
    }
}

/// Values of fields of each kind, amounts, days and zones. What became a value stays the same when it is sent
/// again.
///
/// # Panics
/// If it does not.
pub fn values(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = calendar::parse_date(text);
    let _ = calendar::parse_zone(text);
    let _ = Currency::parse(text);
    let given: Json = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    let _ = value::money(&given, Currency::USD);
    for field in every_kind() {
        if let Ok(Some(value)) = value::parse(&field, &given, Currency::USD) {
            let again = value::parse(&field, &shown(&value), Currency::USD);
            assert_eq!(again, Ok(Some(value)), "{:?}", field.kind);
        }
    }
}

/// A value as reads answer it.
fn shown(value: &value::Value) -> Json {
    use value::Value;
    match value {
        Value::Text(text) | Value::RichText(text) | Value::Url(text) => text.as_str().into(),
        Value::Number(number) => number.to_string().into(),
        Value::Date(day) => day.to_string().into(),
        Value::Boolean(yes) => (*yes).into(),
        Value::Labels(labels) => labels.clone().into(),
        Value::Money(money) => {
            json!({"amount": money.amount.to_string(), "currency": money.currency.to_string()})
        }
        Value::Secret(_) => Json::Null,
    }
}

/// A field of each kind and dated role, from the template that people begin with.
fn every_kind() -> Vec<domain::asset_type::Field> {
    use domain::asset_type::{Field, FieldKey, FieldKind, FieldRole, SelectOption};
    let option = |label: &str| SelectOption {
        label: label.to_owned(),
        metric: None,
        agreement: None,
    };
    let options = vec![option("Per-user"), option("Site")];
    let number = FieldKind::Number {
        unit: None,
        decimals: 2,
    };
    let kinds = [
        (FieldKind::Text, None),
        (FieldKind::Textarea, None),
        (FieldKind::RichText, None),
        (number.clone(), None),
        (number.clone(), Some(FieldRole::TotalSeats)),
        (number, Some(FieldRole::AnnualCost)),
        (FieldKind::Date, None),
        (FieldKind::Boolean, None),
        (
            FieldKind::Select {
                options: options.clone(),
            },
            None,
        ),
        (FieldKind::Multiselect { options }, None),
        (FieldKind::Url, None),
    ];
    let field = |(kind, role)| Field {
        key: FieldKey::from_stored("field".to_owned()),
        name: "Field".to_owned(),
        kind,
        role,
        required: false,
        hint: None,
        default: None,
        shown_in_list: false,
        retired: false,
    };
    kinds.into_iter().map(field).collect()
}

/// Files of licenses, CSV and workbooks.
pub fn sheets(data: &[u8]) {
    if let Ok(sheet) = Sheet::of(Bytes::copy_from_slice(data)) {
        sheet.take(ROWS_READ).for_each(drop);
    }
}

/// Parts of a workbook by their places in its archive: a small one with a text, a number, a day and a fault.
const PARTS: [(&str, &str); 6] = [
    (
        "xl/worksheets/sheet1.xml",
        include_str!("workbook/sheet1.xml"),
    ),
    (
        "xl/sharedStrings.xml",
        include_str!("workbook/sharedStrings.xml"),
    ),
    ("xl/styles.xml", include_str!("workbook/styles.xml")),
    ("xl/workbook.xml", include_str!("workbook/workbook.xml")),
    (
        "xl/_rels/workbook.xml.rels",
        include_str!("workbook/workbook.xml.rels"),
    ),
    ("_rels/.rels", include_str!("workbook/rels.xml")),
];

/// A workbook of which one part, which the first byte chooses, is what the others are. Bytes of a whole archive
/// would hardly ever reach what reads its parts.
///
/// # Panics
/// If no archive can be written.
pub fn workbooks(data: &[u8]) {
    let Some((&choice, part)) = data.split_first() else {
        return;
    };
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (at, (name, whole)) in PARTS.into_iter().enumerate() {
        let given = at == usize::from(choice) % PARTS.len();
        let content = if given { part } else { whole.as_bytes() };
        archive.start_file(name, stored).expect("a part");
        archive.write_all(content).expect("its content");
    }
    let archive = archive.finish().expect("an archive");
    sheets(&archive.into_inner());
}

/// Bodies and queries of requests.
///
/// # Panics
/// If there is no runtime to be had.
pub fn requests(data: &[u8]) {
    runtime().block_on(async {
        let request = Request::post("/v1/assets")
            .header("content-type", "application/json")
            .body(Body::from(data.to_vec()))
            .expect("a request");
        let _ = extract::RawJson::<Json>::from_request(request, &()).await;
        let Ok(uri) = format!("/v1/assets?{}", String::from_utf8_lossy(data)).parse::<Uri>() else {
            return;
        };
        let (mut parts, ()) = Request::get(uri).body(()).expect("a request").into_parts();
        type Any = std::collections::BTreeMap<String, String>;
        let _ = extract::Query::<Any>::from_request_parts(&mut parts, &()).await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.build().expect("a runtime")
}

/// Headers, each with the same bytes: versions, keys, entries, tokens and traces.
///
/// # Panics
/// If there is no runtime to be had.
pub fn headers(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let names = [
        header::IF_MATCH,
        headers::IDEMPOTENCY_KEY,
        headers::MIN_ENTRY,
    ];
    let request = names.into_iter().fold(Request::get("/"), |request, name| {
        request.header(name, value.clone())
    });
    let (mut parts, ()) = request.body(()).expect("a request").into_parts();
    runtime().block_on(async {
        if let Ok(IfMatch(Some(version))) = IfMatch::from_request_parts(&mut parts, &()).await {
            let answered = (ETag(version), ()).into_response();
            let tag = answered.headers().get(header::ETAG).expect("a tag");
            parts.headers.insert(header::IF_MATCH, tag.clone());
            let again = IfMatch::from_request_parts(&mut parts, &()).await;
            assert_eq!(again.expect("what is answered is taken").0, Some(version));
        }
        let _ = IdempotencyKey::from_request_parts(&mut parts, &()).await;
        let _ = MinEntry::from_request_parts(&mut parts, &()).await;
    });
}

/// Tokens, cursors, names and cells. A cell that was made harmless is taken back as it was.
///
/// # Panics
/// If it is not.
pub fn texts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = TokenText::parse(text);
    let _ = serde_json::from_value::<Cursor>(text.into());
    let once = text::normalized(text);
    assert_eq!(text::normalized(&once), once, "what is normal stays so");
    let _ = text::line(text, text::LINE_LENGTH_MAX);
    let _ = text::body(text, text::BODY_LENGTH_MAX);
    let _ = Catalog::empty().owner(&Alias::Name(text.to_owned()));
    assert_eq!(refang(&defang(text)), text);
}
