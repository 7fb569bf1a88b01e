//! What is composed: the right values in the right places, and nothing that a name brings along.

use chrono::{Days, NaiveDate};
use domain::alert::Cleared;
use domain::money::{Amounts, Currency, Money};
use integrations::mail::{
    Address, AlertText, CompanySection, Digest, Heading, Mail, Mailer, News, ReminderText,
    Security, Totals, compose_alert, compose_digest, compose_reminder,
};
use integrations::wording::{About, LINES_MAX, Seats, What};
use uuid::Uuid;

use super::{Server, settings};

/// Whatever names bring along.
const HOSTILE: &str = "<script>alert(1)</script>\"'&\r\nBcc: all@client.example\u{202e}gpj";

fn today() -> NaiveDate {
    "2026-11-24".parse().unwrap()
}

fn heading() -> Heading {
    Heading {
        to: Address::parse("jane@client.example", Some("Jane")).unwrap(),
        delivery: Uuid::from_u128(7),
        earlier: Vec::new(),
        date: "2026-11-24T08:00:00Z".parse().unwrap(),
    }
}

fn about(company: &str, product: &str, what: What) -> About {
    let money = Money {
        amount: "1200".parse().unwrap(),
        currency: Currency::USD,
    };
    About {
        company: Some(company.to_owned()),
        product: Some(product.to_owned()),
        license: None,
        vendor: None,
        what,
        money: [money].into_iter().collect::<Amounts>(),
        since: Some(today() - Days::new(1)),
        today: today(),
        url: "https://seatledger.example/alerts/7?a=1&b=2"
            .parse()
            .unwrap(),
    }
}

fn short(company: &str, product: &str) -> About {
    let seats = Seats {
        owned: 50,
        in_use: 54,
        difference: 4,
    };
    about(company, product, What::UnderLicensed(seats))
}

fn expiring(company: &str, product: &str, days: u64) -> About {
    let expiry = today() + Days::new(days);
    about(
        company,
        product,
        What::Expiring {
            expiry,
            owned: Some(5),
        },
    )
}

fn shown(mail: &Mail) -> String {
    format!("{}\n\n{}\n=====\n{}", mail.subject, mail.text, mail.html)
}

fn alert(news: News, about: About) -> Mail {
    compose_alert(&AlertText {
        heading: heading(),
        account: "Acme MSP".to_owned(),
        news,
        about,
    })
}

fn reminder(name: &str, note: &str) -> ReminderText {
    ReminderText {
        heading: heading(),
        account: "Acme MSP".to_owned(),
        by: name.to_owned(),
        note: Some(note.to_owned()),
        company: "Acme Ltd".to_owned(),
        license: "Visio Plan 2".to_owned(),
        product: Some("Visio".to_owned()),
        owned: Some(50),
        in_use: Some(1),
        cancel_by: Some(today() + Days::new(30)),
        expiry: Some(today() + Days::new(60)),
        today: today(),
        url: "https://seatledger.example/licenses/9".parse().unwrap(),
    }
}

fn digest(companies: Vec<CompanySection>, totals: Totals) -> Digest {
    Digest {
        heading: heading(),
        day: today(),
        account: "Acme MSP".to_owned(),
        totals,
        companies,
        inbox: "https://seatledger.example/inbox".parse().unwrap(),
    }
}

#[test]
fn an_alert_is_told_in_text_and_in_html() {
    insta::assert_snapshot!(shown(&alert(News::Raised, short("Acme Ltd", "Visio"))));
}

#[test]
fn what_got_worse_and_what_is_solved_say_so_first() {
    let was = short("Acme Ltd", "Visio");
    let mut now = was.clone();
    now.what = What::UnderLicensed(Seats {
        owned: 50,
        in_use: 56,
        difference: 6,
    });
    let worse = alert(
        News::Changed {
            was: Box::new(was),
            worse: true,
        },
        now.clone(),
    );
    assert_eq!(worse.subject, "Worse: Acme Ltd: 6 seats short of Visio");
    let text = "Worse. Before: 4 seats short of Visio: 50 owned, 54 in use.\n6 seats short of Visio: 50 owned, 56 in use.\n";
    assert!(worse.text.starts_with(text), "{}", worse.text);

    let position = Seats {
        owned: 60,
        in_use: 56,
        difference: 0,
    };
    let solved = alert(
        News::Cleared {
            why: Cleared::Gone,
            now: Some(position),
        },
        now,
    );
    assert_eq!(solved.subject, "Solved: Acme Ltd: 6 seats short of Visio");
    assert!(solved.text.starts_with("Solved.\nNo longer short of Visio: 60 owned, 56 in use.\n\nCompany: Acme Ltd\nProduct: Visio\n\n"));
    assert!(!solved.html.contains("Cost of the missing seats"));

    let reminded = alert(News::LeadDay, expiring("Acme Ltd", "Visio", 30));
    assert_eq!(
        reminded.subject,
        "Reminder: Acme Ltd: Visio expires on 2026-12-24"
    );
}

#[test]
fn a_reminder_carries_the_persons_words() {
    insta::assert_snapshot!(shown(&compose_reminder(&reminder(
        "Jo Müller",
        "Please decide.\n\nThey want <10> more & soon."
    ))));
}

#[test]
fn a_digest_lists_each_company_with_what_is_new_first() {
    let acme = CompanySection {
        name: "Acme Ltd".to_owned(),
        new: vec![short("Acme Ltd", "Visio")],
        still_open: vec![
            expiring("Acme Ltd", "Project", 1),
            expiring("Acme Ltd", "Word", 0),
        ],
        ..CompanySection::default()
    };
    let brown = CompanySection {
        name: "Brown & Co".to_owned(),
        changed: vec![expiring("Brown & Co", "Visio", 30)],
        cleared: vec![short("Brown & Co", "Project")],
        ..CompanySection::default()
    };
    let totals = Totals {
        new: 1,
        changed: 1,
        still_open: 5,
        cleared: 1,
    };
    insta::assert_snapshot!(shown(&compose_digest(&digest(vec![acme, brown], totals))));
}

#[test]
fn a_digest_with_nothing_in_it_says_that() {
    let mail = compose_digest(&digest(Vec::new(), Totals::default()));
    assert_eq!(
        mail.subject,
        "Acme MSP: licenses on 2026-11-24: nothing to tell"
    );
    assert!(
        mail.text
            .starts_with("Licenses on 2026-11-24: nothing to tell.\n\nAll of them: https://")
    );
}

#[test]
fn of_a_flood_what_is_new_is_listed_and_the_rest_counted() {
    let companies: Vec<_> = (0..100)
        .map(|number| CompanySection {
            name: format!("Company {number}"),
            new: vec![short("x", "New")],
            still_open: vec![expiring("x", "Old", 9); 1_000],
            ..CompanySection::default()
        })
        .collect();
    let totals = Totals {
        new: 100,
        still_open: 100_000,
        ..Totals::default()
    };
    let mail = compose_digest(&digest(companies, totals));
    assert_eq!(mail.text.matches("\n  - ").count(), LINES_MAX);
    assert_eq!(mail.text.matches("short of New").count(), 100);
    assert_eq!(mail.html.matches("<li ").count(), LINES_MAX);
    for part in [&mail.text, &mail.html] {
        assert!(
            part.contains("99,900 more findings are not listed here."),
            "{part}"
        );
        assert!(part.len() < 100_000);
    }
}

#[tokio::test]
async fn hostile_names_stay_names() {
    let long = "Ж".repeat(5_000);
    let mut server = Server::start("none", false).await;
    let mailer = Mailer::new(settings(Security::None, server.port)).unwrap();
    for name in [
        HOSTILE,
        &long,
        "שלום עולם",
        "{{ title }}{% if x %}",
        ".",
        "\0",
    ] {
        let section = CompanySection {
            name: name.to_owned(),
            new: vec![short(name, name)],
            cleared: vec![expiring(name, name, 3)],
            ..CompanySection::default()
        };
        let totals = Totals {
            new: 1,
            cleared: 1,
            ..Totals::default()
        };
        let mut named = reminder(name, name);
        (named.company, named.license, named.account) =
            (name.to_owned(), name.to_owned(), name.to_owned());
        let mut digest = digest(vec![section], totals);
        digest.account = name.to_owned();
        for mail in [
            alert(News::Raised, short(name, name)),
            compose_reminder(&named),
            compose_digest(&digest),
        ] {
            mailer.send(&mail).await.unwrap();
            let got = server.mail().await;
            assert_eq!(got["defects"], serde_json::json!([]));
            assert_eq!(got["text"], mail.text.as_str());
            assert!(got["ascii"].as_bool().unwrap() && got["line_max"].as_u64().unwrap() <= 998);
            assert_eq!(got["to"], serde_json::json!(["jane@client.example"]));
            let headers = got["headers"].to_string();
            assert!(!headers.contains("\"Bcc\""), "{headers}");
            assert!(!mail.html.contains("<script"));
            for forbidden in ["\u{202e}", "\r", "\0"] {
                let parts = [&mail.subject, &mail.text, &mail.html];
                assert!(
                    parts.iter().all(|part| !part.contains(forbidden)),
                    "{forbidden:?}"
                );
            }
            assert!(
                !mail.text.lines().any(|line| line.starts_with("Bcc:")),
                "{}",
                mail.text
            );
            assert!(mail.subject.chars().count() <= 200 && mail.html.len() < 20_000);
        }
    }
}
