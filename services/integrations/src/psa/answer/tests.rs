use std::time::Duration;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::http::{Reach, client};

const TOKEN: &str = "s3cr3t-t0k3n";

/// What a call comes to if the server answers these bytes and hangs up.
async fn read(answer: impl Into<Vec<u8>>) -> Result<Value, PsaError> {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/path?query", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        // Whoever has read enough hangs up.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        while stream.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
    });
    let mut secret = HeaderValue::from_str(&format!("token {TOKEN}")).unwrap();
    secret.set_sensitive(true);
    let client = client(Reach::Anywhere).unwrap();
    let request = client.request(Method::GET, url.parse().unwrap()).unwrap();
    let result = json(request.header(AUTHORIZATION, secret)).await;
    server.await.unwrap();
    result
}

fn answer(head: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

const JSON: &str = "Content-Type: application/json";
const HTML: &str = "Content-Type: text/html; charset=utf-8";

#[tokio::test]
async fn each_status_means_one_thing_to_all_adapters() {
    for (head, body, expected) in [
        ("200 OK", "{\"id\":1}", "Ok"),
        ("201 Created", "{\"id\":1}", "Ok"),
        ("204 No Content", "", "Garbled"),
        ("400 Bad Request", "{\"message\":\"no\"}", "Refused(\"no\")"),
        (
            "401 Unauthorized",
            "{\"message\":\"who?\"}",
            "Unauthorized(\"who?\")",
        ),
        (
            "403 Forbidden",
            "<html><title>Firewall</title>",
            "Unauthorized(\"a web page instead of an answer: Firewall\")",
        ),
        ("404 Not Found", "{\"message\":\"Not Found\"}", "NotFound"),
        ("404 Not Found", "", "NotFound"),
        (
            "404 Not Found",
            "<html><title>nginx</title></html>",
            "Garbled",
        ),
        ("410 Gone", "", "NotFound"),
        ("408 Request Timeout", "", "NoAnswer"),
        (
            "409 Conflict",
            "{\"errors\":[{\"message\":\"a\"},\"b\"]}",
            "Refused(\"a; b\")",
        ),
        (
            "422 Unprocessable Entity",
            "",
            "Refused(\"422 Unprocessable Entity\")",
        ),
        ("429 Too Many Requests", "", "Busy { retry_after: None }"),
        (
            "500 Internal Server Error",
            "boom",
            "Failed { status: 500, said: \"boom\" }",
        ),
        (
            "502 Bad Gateway",
            "<html><title>502 Bad Gateway</title>",
            "Failed { status: 502",
        ),
        ("503 Service Unavailable", "", "Failed { status: 503"),
        ("504 Gateway Timeout", "", "Failed { status: 504"),
        (
            "200 OK",
            "<!doctype html><title>Log in</title>",
            "Garbled(\"a web page instead of an answer: Log in\")",
        ),
        ("200 OK", "{\"id\":", "Garbled"),
        ("200 OK", "\u{1f}\u{8b}", "Garbled"),
    ] {
        let result = read(answer(head, body)).await;
        let found = result.map_or_else(|error| format!("{error:?}"), |_| "Ok".to_owned());
        assert!(found.starts_with(expected), "{head} {body}: {found}");
    }
}

#[tokio::test]
async fn a_page_for_people_is_known_by_its_type_whatever_its_first_letter() {
    for (kind, body, garbled) in [
        (HTML, "Please log in", true),
        ("Content-Type: application/xhtml+xml", "x", true),
        (HTML, "[]", true),
        (JSON, "[]", false),
    ] {
        let result = read(answer(&format!("200 OK\r\n{kind}"), body)).await;
        assert_eq!(
            matches!(result, Err(PsaError::Garbled(_))),
            garbled,
            "{kind} {body}"
        );
    }
}

#[tokio::test]
async fn waits_are_bounded_and_go_by_the_systems_own_clock() {
    for (headers, expected) in [
        ("Retry-After: 7", Some(7)),
        ("Retry-After:  0 ", Some(0)),
        ("Retry-After: 99999999", Some(3600)),
        ("Retry-After: -1", None),
        ("Retry-After: soon", None),
        (
            "Retry-After: Wed, 21 Oct 2015 07:28:30 GMT\r\nDate: Wed, 21 Oct 2015 07:28:00 GMT",
            Some(30),
        ),
        (
            "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\nDate: Wed, 21 Oct 2015 07:28:30 GMT",
            Some(0),
        ),
        ("Retry-After: Wed, 21 Oct 2037 07:28:00 GMT", None),
    ] {
        for status in ["429 Too Many Requests", "503 Service Unavailable"] {
            let error = read(answer(&format!("{status}\r\n{headers}"), ""))
                .await
                .unwrap_err();
            let PsaError::Busy { retry_after } = error else {
                panic!("{headers}: {error}")
            };
            assert_eq!(retry_after, expected.map(Duration::from_secs), "{headers}");
        }
    }
}

#[tokio::test]
async fn redirects_are_told_without_what_may_be_secret() {
    let head = "302 Found\r\nLocation: https://login.example.com/sso?token=abc#def";
    let error = read(answer(head, "")).await.unwrap_err();
    let PsaError::Garbled(said) = error else {
        panic!("{error}")
    };
    assert!(said.contains("https://login.example.com/sso;"), "{said}");
    assert!(!said.contains("abc") && !said.contains("def"), "{said}");
}

#[tokio::test]
async fn what_a_system_said_is_cut_on_one_line_and_without_our_credentials() {
    let said = format!(
        "{TOKEN} is\nno\ttoken\u{1b}[31m: {TOKEN} {}",
        "ü".repeat(5_000)
    );
    for body in [
        said.clone(),
        serde_json::json!({"message": said}).to_string(),
        format!("<title>{said}</title>"),
    ] {
        for status in [
            "400 Bad Request",
            "401 Unauthorized",
            "500 Oops",
            "404 Not Found",
        ] {
            let Err(error) = read(answer(status, &body)).await else {
                continue;
            };
            let told = format!("{error} {error:?}");
            assert!(!told.contains(TOKEN), "{told}");
            assert!(!told.contains(['\n', '\t', '\u{1b}']), "{told}");
            assert!(told.chars().count() < 1_000, "{told}");
        }
    }
    // Where the shape is not the expected one, the parser quotes what it found.
    let error = read(answer(&format!("200 OK\r\n{JSON}"), "x"))
        .await
        .unwrap_err();
    assert!(matches!(error, PsaError::Garbled(_)));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_and_one_that_breaks_off_is_none() {
    let endless = answer("200 OK", &"[".repeat(ANSWER_SIZE_MAX + 1));
    assert!(matches!(read(endless).await, Err(PsaError::Garbled(_))));
    let whole = format!("\"{}\"", "x".repeat(ANSWER_SIZE_MAX - 2));
    assert!(read(answer("200 OK", &whole)).await.is_ok());
    for broken in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id\"",
        "SSH-2.0-OpenSSH\r\n",
    ] {
        let error = read(broken).await.unwrap_err();
        assert!(
            matches!(error, PsaError::NoAnswer(_)),
            "{broken:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn nobody_there_means_that_nothing_happened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let client = client(Reach::Anywhere).unwrap();
    let error = done(client.request(Method::POST, url.parse().unwrap()).unwrap()).await;
    let error = error.unwrap_err();
    assert!(matches!(&error, PsaError::Unreachable(_)), "{error}");
    assert!(!error.may_have_happened());
}
