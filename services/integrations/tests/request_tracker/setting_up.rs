//! What is wrong with an address, a token, a right or a name is told with its remedy.

use std::time::Duration;

use embedded::testing::{self, TestRequestTracker};
use integrations::http::{self, Options, Reach};
use integrations::psa::request_tracker::{RequestTracker, Settings};
use integrations::psa::{Psa, PsaError};

use super::{connect, draft, ids, reference, settings};

#[tokio::test]
async fn what_is_not_set_up_is_named_with_its_remedy() {
    let place = testing::request_tracker().await;
    connect(settings(&place)).check().await.unwrap();
    let good = || settings(&place);
    let powerless = Settings {
        token: place.powerless.clone().into(),
        ..good()
    };
    for (settings, named) in [
        (
            Settings {
                queue: "Licences".into(),
                ..good()
            },
            &["no queue \"Licences\"", "SeeQueue"][..],
        ),
        (
            Settings {
                queue: "Elsewhere".into(),
                ..good()
            },
            &["no queue \"Elsewhere\"", "SeeQueue"],
        ),
        (
            Settings {
                queue: "a/b c".into(),
                ..good()
            },
            &["no queue \"a/b c\""],
        ),
        (
            Settings {
                reference_field: "ref".into(),
                ..good()
            },
            &["no custom field \"ref\"", "SeeCustomField"],
        ),
        (
            Settings {
                reference_field: "ref".into(),
                company_field: Some("customer".into()),
                ..good()
            },
            &["\"ref\"", "\"customer\""],
        ),
        (
            powerless,
            &["\"seatledger_ref\"", "\"company\"", "SeeCustomField"],
        ),
    ] {
        let error = connect(settings).check().await.unwrap_err();
        let PsaError::Refused(said) = &error else {
            panic!("{error}")
        };
        for name in named {
            assert!(said.contains(name), "{said}");
        }
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_as_such_and_never_repeated() {
    let place = testing::request_tracker().await;
    let (user, _) = place.token.rsplit_once('-').unwrap();
    let wrong = format!("{user}-{}", "0".repeat(32));
    let other = format!("1-99999-{}", "0".repeat(32));
    for token in [wrong, other, "1-2-notatoken".to_owned()] {
        let rt = connect(Settings {
            token: token.clone().into(),
            ..settings(&place)
        });
        for error in [
            rt.check().await.unwrap_err(),
            rt.find("x").await.unwrap_err(),
            rt.create(&draft("x")).await.unwrap_err(),
            rt.comment("1", "x").await.unwrap_err(),
            rt.read("1").await.unwrap_err(),
            rt.close("1", "x").await.unwrap_err(),
        ] {
            assert!(matches!(error, PsaError::Unauthorized(_)), "{error}");
            assert!(!format!("{error} {error:?}").contains(&token));
        }
    }
}

#[tokio::test]
async fn an_address_that_is_not_rts_is_told_from_a_ticket_that_is_gone() {
    let place = testing::request_tracker().await;
    for path in ["/nothing/here/", "/Ticket"] {
        let rt = connect(Settings {
            url: format!("{}{path}", place.url).parse().unwrap(),
            ..settings(&place)
        });
        let error = rt.check().await.unwrap_err();
        assert!(matches!(error, PsaError::Garbled(_)), "{path}: {error}");
        let error = rt.read("1").await.unwrap_err();
        assert!(matches!(error, PsaError::Garbled(_)), "{path}: {error}");
    }
}

#[test]
fn settings_that_could_not_serve_are_refused_with_the_remedy() {
    let place = TestRequestTracker {
        url: "https://rt.example.com/rt/".to_owned(),
        token: "1-23-0123456789abcdef".to_owned(),
        person: String::new(),
        powerless: String::new(),
    };
    let good = || settings(&place);
    let refused = |settings| {
        let made = RequestTracker::new(http::client(Reach::Anywhere).unwrap(), settings);
        made.err().map(|error| error.to_string())
    };
    assert_eq!(refused(good()), None);
    for (settings, named) in [
        (
            Settings {
                token: "root:password".to_owned().into(),
                ..good()
            },
            "Auth Tokens",
        ),
        (
            Settings {
                token: "1-23-\u{7f}".to_owned().into(),
                ..good()
            },
            "copy it again",
        ),
        (
            Settings {
                reference_field: "a}b".into(),
                ..good()
            },
            "\"a}b\"",
        ),
        (
            Settings {
                reference_field: "it's".into(),
                ..good()
            },
            "rename it",
        ),
        (
            Settings {
                company_field: Some(String::new()),
                ..good()
            },
            "\"\"",
        ),
        (
            Settings {
                queue: String::new(),
                ..good()
            },
            "queue is empty",
        ),
        (
            Settings {
                closed_status: String::new(),
                ..good()
            },
            "closed status is empty",
        ),
        (
            Settings {
                url: "mailto:rt@example.com".parse().unwrap(),
                ..good()
            },
            "https://",
        ),
    ] {
        let said = refused(settings).unwrap();
        assert!(said.contains(named), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_or_silent_is_told_apart() {
    let mut own = testing::private_request_tracker().await;
    let options = Options {
        call_max: Duration::from_secs(2),
        ..Options::default()
    };
    let client = http::client_with(Reach::Anywhere, options).unwrap();
    let rt = RequestTracker::new(client, settings(&own.place())).unwrap();
    let reference = reference("gone");

    own.freeze();
    let error = rt.create(&draft(&reference)).await.unwrap_err();
    assert!(matches!(error, PsaError::NoAnswer(_)), "{error}");
    assert!(error.may_have_happened());
    own.thaw();

    own.stop().await;
    for error in [
        rt.check().await.unwrap_err(),
        rt.create(&draft(&reference)).await.unwrap_err(),
    ] {
        assert!(matches!(error, PsaError::Unreachable(_)), "{error}");
        assert!(!error.may_have_happened());
    }

    own.start().await;
    // Whether the call that was given up made a ticket, RT alone knows; it is at most one, and found.
    assert!(rt.find(&reference).await.unwrap().len() <= 1);
    let again = connect(settings(&own.place()));
    let id = again.create(&draft(&reference)).await.unwrap().id;
    assert!(ids(&again.find(&reference).await.unwrap()).contains(&id.as_str()));
}
