use std::time::Duration;

use integrations::http::{
    Client, Failure, Options, Reach, client, client_with, read_limited, send,
};
use reqwest::Method;
use tokio::net::TcpListener;
use url::Url;

use crate::receiver::{Answer, Receiver};

async fn body(client: &Client, url: &Url, length_max: usize) -> Result<Vec<u8>, Failure> {
    let request = client.request(Method::GET, url.clone())?;
    read_limited(send(request).await?, length_max).await
}

fn hasty() -> Client {
    let options = Options {
        connect_max: Duration::from_millis(200),
        call_max: Duration::from_millis(500),
        ..Options::default()
    };
    client_with(Reach::Anywhere, options).unwrap()
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    let receiver = Receiver::start().await;
    receiver.always(Answer::status(200).body("a".repeat(1000)));
    let client = client(Reach::Anywhere).unwrap();
    assert_eq!(
        body(&client, &receiver.url, 1000)
            .await
            .map(|body| body.len()),
        Ok(1000)
    );
    let short = body(&client, &receiver.url, 999).await;
    assert_eq!(short, Err(Failure::TooLong { length_max: 999 }));
    receiver.always(Answer {
        endless: true,
        ..Answer::status(200).body("a".repeat(1000))
    });
    let endless = body(&client, &receiver.url, 1 << 16).await;
    assert_eq!(
        endless,
        Err(Failure::TooLong {
            length_max: 1 << 16
        })
    );
}

#[tokio::test]
async fn whether_anything_was_sent_is_told_apart() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed: Url = format!("http://{}/a-token", gone.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(gone);
    // Takes connections and says nothing, not even in TLS.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent: Url = format!("https://{}/a-token", mute.local_addr().unwrap())
        .parse()
        .unwrap();
    let receiver = Receiver::start().await;
    receiver.always(Answer {
        after: Duration::from_secs(5),
        ..Answer::default()
    });
    let slow = receiver.url.join("a-token").unwrap();
    let dribbling = Receiver::start().await;
    dribbling.always(Answer {
        endless: true,
        ..Answer::status(200).body("a")
    });

    let client = hasty();
    for (name, url, was_sent) in [
        ("a closed port", &closed, false),
        ("no TLS", &silent, false),
        ("no answer in time", &slow, true),
        ("no whole answer in time", &dribbling.url, true),
    ] {
        let failure = body(&client, url, 1 << 20).await.unwrap_err();
        let sent = matches!(failure, Failure::NoAnswer(_));
        assert_eq!(
            (sent, matches!(failure, Failure::Unreachable(_))),
            (was_sent, !was_sent),
            "{name}: {failure}"
        );
        let said = format!("{failure} {failure:?}");
        assert!(!said.contains("a-token"), "{said}");
    }
}
