use std::time::Duration;

use chrono::{DateTime, Utc};
use integrations::http::{Client, Failure, Options, client_with};
use integrations::webhook::{Key, KeyKind, SendError, Sent, Signer, send};
use url::Url;
use uuid::Uuid;

use crate::names::{client_for, public_and};
use crate::receiver::{Answer, Receiver};

const NAME: &str = "hooks.example.net";
/// Spaces and the order of fields are kept, or a signature over them would not hold.
const EVENT: &[u8] =
    b"{\"specversion\":\"1.0\",  \"type\":\"a\", \"data\":{\"b\":1.50,\"a\":\"\xc3\xa9\"}}";

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 999_000_000).unwrap()
}

fn signer() -> Signer {
    Signer::new(vec![Key::generate(KeyKind::Shared).unwrap()]).unwrap()
}

async fn post(client: &Client, url: &Url) -> Result<Sent, SendError> {
    send(
        client,
        url,
        &signer(),
        Uuid::from_u128(7),
        at(),
        EVENT.to_vec(),
    )
    .await
}

#[tokio::test]
async fn an_event_arrives_byte_for_byte_with_its_three_headers() {
    let receiver = Receiver::with_tls(NAME).await;
    let client = client_for(&receiver, public_and(&["127.0.0.1"]), &[&["127.0.0.1"]]);
    let url = receiver.named(NAME).join("hooks/1?of=us").unwrap();
    let signer = signer();
    let id = Uuid::from_u128(7);
    let sent = send(&client, &url, &signer, id, at(), EVENT.to_vec())
        .await
        .unwrap();
    assert_eq!(sent.status, 204);
    let received = receiver.received();
    let [request] = received.as_slice() else {
        panic!("{received:?}")
    };
    assert_eq!(
        (&request.body[..], request.path.as_str()),
        (EVENT, "/hooks/1?of=us")
    );
    for (name, value) in [
        ("content-type", "application/cloudevents+json"),
        ("webhook-id", &id.to_string()),
        ("webhook-timestamp", "1800000000"),
        ("webhook-signature", &signer.sign(id, at(), EVENT)),
    ] {
        assert_eq!(request.headers[name], value, "{name}");
    }
    for _ in 0..3 {
        send(&client, &url, &signer, id, at(), EVENT.to_vec())
            .await
            .unwrap();
    }
    assert_eq!(receiver.connections(), 1, "one connection serves them all");
}

#[tokio::test]
async fn an_answer_says_what_becomes_of_the_delivery() {
    let receiver = Receiver::start().await;
    let client = client_for(&receiver, public_and(&["127.0.0.1"]), &[&["127.0.0.1"]]);
    let date = "Wed, 21 Oct 2026 07:28:00 GMT";
    let busy = |status, seconds: Option<u64>| SendError::Busy {
        status,
        retry_after: seconds.map(Duration::from_secs),
        said: String::new(),
    };
    let failed = |status| SendError::Failed {
        status,
        said: String::new(),
    };
    let later = "Wed, 21 Oct 2026 07:30:00 GMT";
    for (answer, wanted) in [
        (Answer::status(200).body("thanks"), None),
        (Answer::status(202), None),
        (Answer::status(299), None),
        (
            Answer::status(410),
            Some(SendError::Gone {
                said: String::new(),
            }),
        ),
        (Answer::status(429), Some(busy(429, None))),
        (
            Answer::status(429).header("retry-after", "120"),
            Some(busy(429, Some(120))),
        ),
        (
            Answer::status(503)
                .header("retry-after", later)
                .header("date", date),
            Some(busy(503, Some(120))),
        ),
        (
            Answer::status(503)
                .header("retry-after", date)
                .header("date", later),
            Some(busy(503, Some(0))),
        ),
        (
            Answer::status(503).header("retry-after", "soon"),
            Some(busy(503, None)),
        ),
        (
            Answer::status(503).header("retry-after", "-1"),
            Some(busy(503, None)),
        ),
        (Answer::status(304), Some(failed(304))),
        (Answer::status(400), Some(failed(400))),
        (Answer::status(401), Some(failed(401))),
        (Answer::status(404), Some(failed(404))),
        (Answer::status(500), Some(failed(500))),
        (Answer::status(599), Some(failed(599))),
    ] {
        receiver.next(answer.clone());
        let outcome = post(&client, &receiver.url).await;
        assert_eq!(outcome.as_ref().err(), wanted.as_ref(), "{answer:?}");
        let ends_it = outcome.is_err_and(|error| error.ends_it());
        assert_eq!(ends_it, answer.status == 410, "{answer:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_even_to_where_it_might_go() {
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    let client = client_for(&receiver, public_and(&["127.0.0.1"]), &[&["127.0.0.1"]]);
    for status in [301, 302, 303, 307, 308] {
        receiver.next(Answer::status(status).header("location", other.url.as_str()));
        let error = post(&client, &receiver.url).await.unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains(&format!(
                "{status} (redirects are not followed; set the address"
            )),
            "{said}"
        );
        assert!(!said.contains(other.url.as_str()), "{said}");
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn what_a_receiver_says_is_kept_short_and_without_its_address() {
    let receiver = Receiver::start().await;
    let client = client_for(&receiver, public_and(&["127.0.0.1"]), &[&["127.0.0.1"]]);
    let url = receiver
        .url
        .join("hooks/tOkEn-1234?key=s3cr3t-5678&x=1")
        .unwrap();
    for (body, wanted) in [
        (
            "<pre>Cannot POST /hooks/tOkEn-1234?key=s3cr3t-5678&x=1</pre>".to_owned(),
            "<pre>Cannot POST /hooks/…?…</pre>".to_owned(),
        ),
        ("key s3cr3t-5678 unknown".into(), "key … unknown".into()),
        (
            "\u{1b}[31mred\0\r\n  over\tlines".into(),
            "[31mred over lines".into(),
        ),
        ("é".repeat(2000), "é".repeat(512)),
        (
            format!("{}tOkEn-1234", "a".repeat(1020)),
            format!("{}…", "a".repeat(1020)),
        ),
        (format!("{}tOkEn-1234", "a".repeat(1022)), "a".repeat(1022)),
    ] {
        receiver.next(Answer::status(500).body(body));
        let error = post(&client, &url).await.unwrap_err();
        assert_eq!(
            error,
            SendError::Failed {
                status: 500,
                said: wanted
            }
        );
    }
}

#[tokio::test]
async fn a_receiver_that_stalls_or_dribbles_holds_nobody_up() {
    let receiver = Receiver::start().await;
    let options = Options {
        call_max: Duration::from_millis(1500),
        ..Options::default()
    };
    let client = client_with(public_and(&["127.0.0.1"]), options).unwrap();
    receiver.next(Answer {
        after: Duration::from_secs(60),
        ..Answer::default()
    });
    let error = post(&client, &receiver.url).await.unwrap_err();
    assert!(
        matches!(error, SendError::Unanswered(Failure::NoAnswer(_))),
        "{error}"
    );

    // It took the event; that its answer never ends is its own affair.
    receiver.next(Answer {
        endless: true,
        ..Answer::status(200).body("a")
    });
    assert_eq!(post(&client, &receiver.url).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_address_out_of_reach_is_no_delivery() {
    let receiver = Receiver::with_tls(NAME).await;
    let client = client_for(&receiver, public_and(&[]), &[&["127.0.0.1"]]);
    let urls = [receiver.named(NAME), receiver.url.clone()];
    for url in urls {
        let error = post(&client, &url).await.unwrap_err();
        assert!(
            matches!(error, SendError::Unanswered(Failure::Refused(_))),
            "{error}"
        );
    }
    assert_eq!(receiver.connections(), 0);
}
