//! Mail handed to a real SMTP server, and to servers that do what no server should.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a test should fail the test"
)]

mod composed;
mod hostile;
mod server;

use std::time::Duration;

use integrations::mail::{
    Address, Heading, Login, Mail, MailError, Mailer, Security, Settings, Waits,
};
use serde_json::json;
use server::Server;
use uuid::Uuid;

fn settings(security: Security, port: u16) -> Settings {
    Settings {
        host: "localhost".to_owned(),
        port,
        security,
        login: None,
        from: Address::parse("licenses@msp.example", Some("Seatledger, Acme MSP")).unwrap(),
        hello_name: "seatledger.msp.example".to_owned(),
        extra_root_pem: None,
        waits: Waits {
            connect_max: Duration::from_secs(5),
            answer_max: Duration::from_secs(10),
            accept_max: Duration::from_secs(10),
        },
    }
}

fn mail(to: &str) -> Mail {
    Mail {
        heading: Heading {
            to: Address::parse(to, Some("Jürgen \"Jo\" Müller, Admin")).unwrap(),
            delivery: Uuid::from_u128(7),
            earlier: Vec::new(),
            date: "2026-11-24T08:00:00Z".parse().unwrap(),
        },
        subject: "Acme Ltd: 4 seats short of Visio – שלום".to_owned(),
        text: "One\n.\nTwo with ü\n".to_owned(),
        html: "<p>One &amp; two</p>".to_owned(),
    }
}

fn login(user: &str, password: &str) -> Option<Login> {
    Some(Login {
        user: user.to_owned(),
        password: password.to_owned().into(),
    })
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_composed() {
    let mut server = Server::start("none", false).await;
    let mailer = Mailer::new(settings(Security::None, server.port)).unwrap();
    let mut mail = mail("jane@client.example");
    mail.heading.earlier = (1..=12).map(Uuid::from_u128).collect();
    mailer.check().await.unwrap();
    mailer.send(&mail).await.unwrap();

    let got = server.mail().await;
    assert_eq!(got["from"], "licenses@msp.example");
    assert_eq!(got["to"], json!(["jane@client.example"]));
    assert_eq!(got["hello"], "seatledger.msp.example");
    assert_eq!(got["text"], "One\n.\nTwo with ü\n");
    assert_eq!(got["html"], "<p>One &amp; two</p>");
    assert_eq!(got["defects"], json!([]));
    let id = |number: u128| format!("<{}@msp.example>", Uuid::from_u128(number));
    // The first, by which the thread is found, and the newest nine.
    let references: Vec<String> = std::iter::once(1).chain(4..=12).map(id).collect();
    let header = |name: &str| {
        let headers = got["headers"].as_array().unwrap();
        let found: Vec<_> = headers
            .iter()
            .filter(|header| header[0] == name)
            .map(|header| header[1].as_str().unwrap())
            .collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0].to_owned()
    };
    assert_eq!(
        header("From"),
        "\"Seatledger, Acme MSP\" <licenses@msp.example>"
    );
    assert_eq!(
        header("To"),
        "\"Jürgen \\\"Jo\\\" Müller, Admin\" <jane@client.example>"
    );
    assert_eq!(header("Subject"), "Acme Ltd: 4 seats short of Visio – שלום");
    assert_eq!(header("Message-ID"), id(7));
    assert_eq!(header("In-Reply-To"), id(12));
    assert_eq!(header("References"), references.join(" "));
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Date"), "Tue, 24 Nov 2026 08:00:00 +0000");
}

#[tokio::test]
async fn a_repeated_send_is_the_same_message() {
    let mut server = Server::start("none", false).await;
    let mailer = Mailer::new(settings(Security::None, server.port)).unwrap();
    let mail = mail("jane@client.example");
    mailer.send(&mail).await.unwrap();
    mailer.send(&mail).await.unwrap();
    assert_eq!(server.mail().await, server.mail().await);
}

#[tokio::test]
async fn each_answer_of_the_server_means_its_own_next_try() {
    let mut server = Server::start("none", false).await;
    let mailer = Mailer::new(settings(Security::None, server.port)).unwrap();
    let refused = |code, said: &str| MailError::Refused {
        code,
        said: said.to_owned(),
    };
    let later = |code, said: &str| MailError::Later {
        code,
        said: said.to_owned(),
    };
    for (name, expected) in [
        // Without the address, which a person may ask to have erased.
        ("gone", refused(550, "5.1.1 <the recipient>: no such user")),
        ("busy", later(451, "4.7.1 greylisted, come again")),
        ("full", later(452, "4.2.2 mailbox full")),
        ("spam", refused(554, "5.7.1 looks like spam")),
    ] {
        let error = mailer
            .send(&mail(&format!("{name}@client.example")))
            .await
            .unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(
            error.is_transient(),
            matches!(error, MailError::Later { .. })
        );
        assert!(!error.stops_all() && !error.may_have_happened());
    }
    let error = mailer.send(&mail("drop@client.example")).await.unwrap_err();
    assert!(error.may_have_happened() && error.is_transient(), "{error}");
    assert_eq!(server.mail().await["to"], json!(["drop@client.example"]));

    let mut other = settings(Security::None, server.port);
    other.from = Address::parse("nobody@msp.example", None).unwrap();
    let error = Mailer::new(other)
        .unwrap()
        .send(&mail("jane@client.example"))
        .await
        .unwrap_err();
    assert!(error.stops_all() && !error.is_transient());
    assert_eq!(
        error.to_string(),
        "the mail server refuses our sender nobody@msp.example with 550: 5.7.1 sender nobody is not allowed here; set \
         another sender, or have this one allowed there"
    );
}

#[tokio::test]
async fn a_server_that_is_slow_to_take_a_mail_leaves_it_uncertain() {
    let mut server = Server::start("none", false).await;
    let mut impatient = settings(Security::None, server.port);
    impatient.waits.accept_max = Duration::from_millis(300);
    let error = Mailer::new(impatient)
        .unwrap()
        .send(&mail("slow@client.example"))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        MailError::Uncertain("no answer within 300ms".to_owned())
    );
    assert_eq!(server.mail().await["to"], json!(["slow@client.example"]));
}

#[tokio::test]
async fn over_tls_of_either_way_it_logs_in_and_sends() {
    for (word, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let mut server = Server::start(word, true).await;
        let mut trusting = settings(security, server.port);
        trusting.extra_root_pem = Some(server.root_pem.clone());
        trusting.login = login("user", "pass word");
        Mailer::new(trusting.clone())
            .unwrap()
            .send(&mail("jane@client.example"))
            .await
            .unwrap();
        let got = server.mail().await;
        assert_eq!(
            (&got["tls"], &got["user"]),
            (&json!(true), &json!("user")),
            "{word}"
        );

        // Nobody vouches for this certificate.
        let mut wary = trusting.clone();
        let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        wary.extra_root_pem = Some(stranger.cert.pem());
        let error = Mailer::new(wary).unwrap().check().await.unwrap_err();
        assert!(matches!(error, MailError::Unsafe(_)), "{word}: {error}");

        // It is another server's.
        let mut other = trusting;
        other.host = "127.0.0.1".to_owned();
        let error = Mailer::new(other).unwrap().check().await.unwrap_err();
        assert!(matches!(error, MailError::Unsafe(_)), "{word}: {error}");
    }
}

#[tokio::test]
async fn refused_credentials_are_told_and_never_quoted() {
    let server = Server::start("none", true).await;
    let with = |login| {
        let mut settings = settings(Security::None, server.port);
        settings.login = login;
        Mailer::new(settings).unwrap()
    };
    let error = with(login("user", "wrong-7f3a"))
        .send(&mail("jane@client.example"))
        .await
        .unwrap_err();
    assert_eq!(error, MailError::Unauthorized("status 535".to_owned()));
    assert!(error.stops_all() && !error.is_transient());
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("7f3a"), "{shown}");

    let error = with(None)
        .send(&mail("jane@client.example"))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        MailError::Unauthorized("it asks for a log-in (530): set user and password".to_owned())
    );

    let error = with(login("later", "x")).check().await.unwrap_err();
    assert!(
        matches!(error, MailError::Later { code: 454, .. }),
        "{error}"
    );
    assert!(!format!("{:?}", settings(Security::None, 25)).contains("pass word"));
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_mail_and_no_password() {
    let server = Server::start("none", false).await;
    let mut trusting = settings(Security::StartTls, server.port);
    trusting.extra_root_pem = Some(server.root_pem.clone());
    trusting.login = login("user", "pass word");
    let error = Mailer::new(trusting)
        .unwrap()
        .send(&mail("jane@client.example"))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        MailError::Unsafe(
            "the server offers no STARTTLS; use another port, or security tls".to_owned()
        )
    );
}

#[tokio::test]
async fn a_server_that_offers_no_log_in_says_so() {
    let server = Server::start("none", false).await;
    let mut with = settings(Security::None, server.port);
    with.login = login("user", "pass word");
    let error = Mailer::new(with).unwrap().check().await.unwrap_err();
    assert!(
        matches!(&error, MailError::Unauthorized(why) if why.contains("offers no log-in")),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_can_add_a_header_or_a_command() {
    let mut server = Server::start("none", false).await;
    let mailer = Mailer::new(settings(Security::None, server.port)).unwrap();
    for subject in [
        "Visio\r\nBcc: all@client.example",
        "Visio\nX: y",
        "Visio\ry",
        "Visio\0",
        "Visio\u{2028}x",
    ] {
        let mut mail = mail("jane@client.example");
        mail.subject = subject.to_owned();
        let error = mailer.send(&mail).await.unwrap_err();
        assert!(
            matches!(&error, MailError::Unfit(why) if why.contains("subject")),
            "{error}"
        );
    }
    for (address, name) in [
        ("jane@client.example\r\nRCPT TO:<all@client.example>", None),
        ("\"jane\r\n\"@client.example", None),
        ("jane", None),
        ("jane@", None),
        ("jane doe@client.example", None),
        (
            "jane@client.example",
            Some("Jane\r\nBcc: all@client.example"),
        ),
        ("jane@client.example", Some("Jane\0")),
    ] {
        let error = Address::parse(address, name).unwrap_err().to_string();
        assert!(!error.contains(['\r', '\n']), "{error}");
    }
    let mut odd = settings(Security::None, server.port);
    odd.hello_name = "x\r\nMAIL FROM:<y@z>".to_owned();
    odd.host = "mail server\r\n".to_owned();
    odd.port = 0;
    odd.login = login("", "x");
    odd.extra_root_pem = Some("none".to_owned());
    let error = Mailer::new(odd).err().unwrap();
    assert_eq!(error.0.len(), 5, "{error}");
    for (problem, field) in
        error
            .0
            .iter()
            .zip(["host", "port", "hello_name", "user", "extra_root_pem"])
    {
        assert!(problem.starts_with(&format!("{field}: ")), "{problem}");
    }

    // What looks like the end of a mail, or like a header, within its text stays text.
    let mut mail = mail("jane@client.example");
    mail.text = "a\r\n.\r\nMAIL FROM:<y@z>\r\n\r\nBcc: all@client.example\n".to_owned();
    mailer.send(&mail).await.unwrap();
    let got = server.mail().await;
    assert_eq!(
        got["text"],
        "a\n.\nMAIL FROM:<y@z>\n\nBcc: all@client.example\n"
    );
    assert_eq!(got["to"], json!(["jane@client.example"]));
}

#[tokio::test]
async fn nobody_there_is_told_as_that() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mailer = Mailer::new(settings(Security::None, free)).unwrap();
    let error = mailer.send(&mail("jane@client.example")).await.unwrap_err();
    assert!(
        matches!(error, MailError::Unreachable(_)) && error.is_transient(),
        "{error}"
    );
    let mut cloud = settings(Security::None, 25);
    cloud.host = "169.254.169.254".to_owned();
    let error = Mailer::new(cloud).unwrap().check().await.unwrap_err();
    assert!(
        error.to_string().contains("no mail server may be"),
        "{error}"
    );
}
