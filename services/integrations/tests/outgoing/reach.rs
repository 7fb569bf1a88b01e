use integrations::http::{Client, Failure, Reach, client, send};
use reqwest::Method;
use url::Url;

use crate::names::{client_for, public_and};
use crate::receiver::{Answer, Receiver};

const NAME: &str = "hooks.example.net";

async fn call(client: &Client, url: &Url) -> Result<u16, Failure> {
    let request = client.request(Method::GET, url.clone())?;
    Ok(send(request).await?.status().as_u16())
}

fn is_refused(outcome: &Result<u16, Failure>) -> bool {
    matches!(outcome, Err(Failure::Refused(_)))
}

#[tokio::test]
async fn no_spelling_of_an_inner_address_is_called() {
    let receiver = Receiver::start().await;
    let client = client_for(&receiver, public_and(&[]), &[&["127.0.0.1"]]);
    let port = receiver.port();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.01",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "１２７。０。０。１",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
    ] {
        let url: Url = format!("https://{host}:{port}/").parse().unwrap();
        let outcome = call(&client, &url).await;
        assert!(is_refused(&outcome), "{host}: {outcome:?}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn an_address_that_is_no_plain_https_is_refused_with_the_remedy() {
    let client = client(public_and(&[])).unwrap();
    for (url, remedy) in [
        ("http://example.com/", "use https://"),
        ("http://8.8.8.8/", "use https://"),
        ("ftp://example.com/", "must begin with https://"),
        ("file:///etc/passwd", "names no server"),
        ("https://name:word@example.com/", "leave them out"),
        ("https://name@example.com/", "leave them out"),
        (
            "https://10.1.2.3/",
            "10.1.2.3 is a private address; use another",
        ),
    ] {
        let outcome = call(&client, &url.parse().unwrap()).await;
        let Err(Failure::Refused(said)) = outcome else {
            panic!("{url}: {outcome:?}")
        };
        assert!(said.contains(remedy), "{url}: {said}");
    }
}

/// What is public here: the one address that the operator allows.
#[tokio::test]
async fn a_name_that_leads_elsewhere_the_next_time_is_not_followed_there() {
    let receiver = Receiver::with_tls(NAME).await;
    receiver.always(Answer::status(204).header("connection", "close"));
    let url = receiver.named(NAME);
    let answers: [&[&str]; 3] = [&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]];
    let client = client_for(&receiver, public_and(&["127.0.0.1"]), &answers);
    assert_eq!(call(&client, &url).await, Ok(204));
    let outcome = call(&client, &url).await;
    let said = format!(
        "{NAME} leads to an address of this machine; use another server, or ask the operator to allow this one"
    );
    assert_eq!(outcome, Err(Failure::Refused(said)));
    assert_eq!(receiver.connections(), 1, "none was even tried");
    assert_eq!(call(&client, &url).await, Ok(204), "it is judged each time");
}

#[tokio::test]
async fn of_several_addresses_only_those_within_reach_are_called() {
    let receiver = Receiver::with_tls(NAME).await;
    let answers: [&[&str]; 1] = [&["10.255.255.1", "::1", "127.0.0.3", "127.0.0.1"]];
    let client = client_for(&receiver, public_and(&["127.0.0.1"]), &answers);
    assert_eq!(call(&client, &receiver.named(NAME)).await, Ok(204));
    assert_eq!(receiver.connections(), 1);
    let nowhere = client_for(&receiver, public_and(&[]), &answers);
    assert!(is_refused(&call(&nowhere, &receiver.named(NAME)).await));
    let empty = client_for(&receiver, public_and(&[]), &[&[]]);
    let outcome = call(&empty, &receiver.named(NAME)).await;
    assert!(
        matches!(outcome, Err(Failure::Unreachable(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn the_operator_may_allow_networks_and_servers() {
    let receiver = Receiver::start().await;
    let (port, other) = (receiver.port(), receiver.port() ^ 1);
    let literal = receiver.url.clone();
    let mut elsewhere = literal.clone();
    elsewhere.set_port(Some(other)).unwrap();
    let named = receiver.named(NAME);
    for (allowed, url, refused) in [
        (format!("127.0.0.1:{port}"), &literal, false),
        (format!("127.0.0.1:{port}"), &elsewhere, true),
        (format!("{NAME}:{port}"), &named, false),
        (format!("{NAME}:{other}"), &named, true),
        (format!("{NAME}:{port}"), &literal, true),
        ("127.0.0.0/8".to_owned(), &literal, false),
        ("10.0.0.0/8".to_owned(), &literal, true),
        // Where it leads is not known when it is to be decided whether it may go unencrypted.
        ("127.0.0.0/8".to_owned(), &named, true),
    ] {
        let client = client_for(&receiver, public_and(&[&allowed]), &[&["127.0.0.1"]]);
        let outcome = call(&client, url).await;
        assert_eq!(
            is_refused(&outcome),
            refused,
            "{allowed}, {url}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_ticket_system_may_stand_on_the_operators_own_network() {
    let receiver = Receiver::start().await;
    let within = client_for(&receiver, Reach::Anywhere, &[&["127.0.0.1"]]);
    assert_eq!(call(&within, &receiver.url).await, Ok(204));
    assert_eq!(call(&within, &receiver.named(NAME)).await, Ok(204));
    let outcome = call(
        &within,
        &"http://169.254.169.254/latest/meta-data".parse().unwrap(),
    )
    .await;
    assert!(is_refused(&outcome), "{outcome:?}");
    let lured = client_for(&receiver, Reach::Anywhere, &[&["169.254.169.254"]]);
    let outcome = call(&lured, &receiver.named(NAME)).await;
    assert!(is_refused(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_certificate_must_be_for_the_name_and_by_a_trusted_authority() {
    let receiver = Receiver::with_tls(NAME).await;
    let reach = || public_and(&["127.0.0.1"]);
    let client = client_for(&receiver, reach(), &[&["127.0.0.1"]]);
    assert_eq!(call(&client, &receiver.named(NAME)).await, Ok(204));
    let wrong_name = call(&client, &receiver.named("other.example.net")).await;
    assert!(
        matches!(&wrong_name, Err(Failure::Unreachable(said)) if said.contains("certificate")),
        "{wrong_name:?}"
    );
    let stranger = Receiver::start().await;
    let untrusting = client_for(&stranger, reach(), &[&["127.0.0.1"]]);
    let unknown = call(&untrusting, &receiver.named(NAME)).await;
    assert!(
        matches!(&unknown, Err(Failure::Unreachable(said)) if said.contains("certificate")),
        "{unknown:?}"
    );
    assert_eq!(receiver.received().len(), 1);
}
