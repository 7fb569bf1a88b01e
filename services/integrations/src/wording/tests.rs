use chrono::{Days, NaiveDate};
use domain::alert::{About as Of, Cleared, Finding, Kind};
use domain::ids::{AssetId, TokenId};
use domain::money::{Amounts, Currency, Money};

use super::*;

fn today() -> NaiveDate {
    "2026-11-24".parse().unwrap()
}

fn in_days(days: i64) -> NaiveDate {
    let by = Days::new(days.unsigned_abs());
    if days < 0 { today() - by } else { today() + by }
}

fn usd(amount: &str) -> Amounts {
    let money = Money {
        amount: amount.parse().unwrap(),
        currency: Currency::USD,
    };
    [money].into_iter().collect()
}

fn about(what: What) -> About {
    About {
        company: Some("Acme Ltd".to_owned()),
        product: Some("Visio".to_owned()),
        license: None,
        vendor: Some("Microsoft".to_owned()),
        what,
        money: Amounts::default(),
        since: None,
        today: today(),
        url: "https://seatledger.example/alerts/7".parse().unwrap(),
    }
}

fn seats(owned: i64, in_use: i64) -> Seats {
    Seats {
        owned,
        in_use,
        difference: (owned - in_use).abs(),
    }
}

#[test]
fn each_kind_says_the_right_values_in_the_right_places() {
    let day = in_days;
    #[rustfmt::skip]
    let cases = [
        (What::UnderLicensed(seats(50, 54)),
            "Acme Ltd: 4 seats short of Visio",
            "4 seats short of Visio: 50 owned, 54 in use."),
        (What::UnderLicensed(seats(1, 2)),
            "Acme Ltd: 1 seat short of Visio",
            "1 seat short of Visio: 1 owned, 2 in use."),
        // A peak of the window is short of more than today's use.
        (What::UnderLicensed(Seats { owned: 10, in_use: 12, difference: 7 }),
            "Acme Ltd: 7 seats short of Visio",
            "7 seats short of Visio: 10 owned, 12 in use."),
        (What::OverLicensed(seats(1_200, 3)),
            "Acme Ltd: 1,197 spare seats of Visio",
            "1,197 spare seats of Visio: 1,200 owned, 3 in use."),
        (What::OverLicensed(seats(2, 1)),
            "Acme Ltd: 1 spare seat of Visio",
            "1 spare seat of Visio: 2 owned, 1 in use."),
        (What::Expiring { expiry: day(30), owned: Some(5) },
            "Acme Ltd: Visio expires on 2026-12-24",
            "Visio expires on 2026-12-24, in 30 days."),
        (What::Expiring { expiry: day(1), owned: None },
            "Acme Ltd: Visio expires on 2026-11-25",
            "Visio expires on 2026-11-25, in 1 day."),
        (What::Expiring { expiry: day(0), owned: None },
            "Acme Ltd: Visio expires on 2026-11-24",
            "Visio expires on 2026-11-24, today."),
        (What::Expiring { expiry: day(-1), owned: None },
            "Acme Ltd: Visio expires on 2026-11-23",
            "Visio expired on 2026-11-23, 1 day ago."),
        (What::RenewalNotice { cancel_by: day(7), expiry: day(37), owned: Some(5) },
            "Acme Ltd: Visio renews itself unless cancelled by 2026-12-01",
            "Visio renews itself after 2026-12-31 unless it is cancelled by 2026-12-01, in 7 days."),
        (What::RenewalNotice { cancel_by: day(-2), expiry: day(37), owned: None },
            "Acme Ltd: Visio renews itself unless cancelled by 2026-11-22",
            "Visio renews itself after 2026-12-31; it could be cancelled until 2026-11-22, 2 days ago."),
        (What::Expired { expiry: day(-3) },
            "Acme Ltd: Visio expired on 2026-11-21",
            "Visio expired on 2026-11-21, 3 days ago."),
        (What::ExpiredInUse { expiry: day(-3), in_use: 12 },
            "Acme Ltd: Visio expired on 2026-11-21, 12 seats in use",
            "Visio expired on 2026-11-21, 3 days ago, and 12 seats are still in use."),
        (What::ExpiredInUse { expiry: day(-1), in_use: 1 },
            "Acme Ltd: Visio expired on 2026-11-23, 1 seat in use",
            "Visio expired on 2026-11-23, 1 day ago, and 1 seat is still in use."),
        (What::MaintenanceEnding { until: day(60) },
            "Acme Ltd: maintenance of Visio ends on 2027-01-23",
            "Maintenance of Visio ends on 2027-01-23, in 60 days."),
        (What::MaintenanceEnding { until: day(-60) },
            "Acme Ltd: maintenance of Visio ends on 2026-09-25",
            "Maintenance of Visio ended on 2026-09-25, 60 days ago."),
        (What::TrueUpDue { over: 14, due: Some(day(3)) },
            "Acme Ltd: true-up of 14 seats of Visio due on 2026-11-27",
            "A true-up of 14 seats of Visio is due on 2026-11-27, in 3 days."),
        (What::TrueUpDue { over: 1, due: None },
            "Acme Ltd: true-up of 1 seat of Visio due",
            "A true-up of 1 seat of Visio is due."),
        (What::FewFreeSeats { free: 2, minimum: Some(5) },
            "Acme Ltd: only 2 seats of Visio are free",
            "Only 2 seats of Visio are free; there should be at least 5."),
        (What::FewFreeSeats { free: 1, minimum: Some(5) },
            "Acme Ltd: only 1 seat of Visio is free",
            "Only 1 seat of Visio is free; there should be at least 5."),
        (What::FewFreeSeats { free: 0, minimum: Some(1) },
            "Acme Ltd: no seat of Visio is free",
            "No seat of Visio is free; there should be at least 1."),
        (What::ConfirmRenewal { expiry: day(-1) },
            "Acme Ltd: confirm that Visio renewed after 2026-11-23",
            "Visio was to renew itself after 2026-11-23, 1 day ago. It counts as renewed with the same seats until \
             somebody confirms or corrects that."),
        (What::RevealBudget { who: "Backup script".to_owned() },
            "Acme Ltd: Backup script asked for more secrets than its budget allows",
            "Backup script asked for more secrets than its budget allows, and was refused."),
        (What::ByHand { note: None, expiry: None, owned: None, in_use: None },
            "Acme Ltd: please look at Visio",
            "Somebody asks to look at Visio."),
        (What::ByHand { note: None, expiry: Some(day(1)), owned: Some(5), in_use: None },
            "Acme Ltd: please look at Visio",
            "Somebody asks to look at Visio, which expires on 2026-11-25, in 1 day."),
        (What::ByHand { note: None, expiry: Some(day(-1)), owned: Some(5), in_use: None },
            "Acme Ltd: please look at Visio",
            "Somebody asks to look at Visio, which expired on 2026-11-23, 1 day ago."),
    ];
    for (what, in_subject, in_sentence) in cases {
        let about = about(what);
        assert_eq!(subject(&about), in_subject);
        assert_eq!(sentence(&about), in_sentence);
        let body = body(&about);
        assert!(
            body.starts_with(&format!(
                "Acme Ltd: {in_sentence}\n\n{}\n\n",
                remedy(&about.what)
            )),
            "{body}"
        );
        assert!(
            body.ends_with("\nAs of 2026-11-24. Details: https://seatledger.example/alerts/7\n"),
            "{body}"
        );
    }
}

#[test]
fn a_body_tells_each_figure_under_its_label() {
    let mut short = about(What::UnderLicensed(seats(50, 54)));
    short.license = Some("Visio Plan 2, annual".to_owned());
    short.since = Some(in_days(-4));
    short.money = usd("1200");
    insta::assert_snapshot!(body(&short), @r"
    Acme Ltd: 4 seats short of Visio Plan 2, annual: 50 owned, 54 in use.

    Buy the missing seats, or free seats that are in use.

    Company: Acme Ltd
    Product: Visio
    License: Visio Plan 2, annual
    Vendor: Microsoft
    Owned: 50 seats
    In use: 54 seats
    Short: 4 seats
    Since: 2026-11-20 (4 days ago)
    Cost of the missing seats: USD 1,200.00

    As of 2026-11-24. Details: https://seatledger.example/alerts/7
    ");
}

#[test]
fn figures_stand_under_the_label_of_their_kind() {
    #[rustfmt::skip]
    let cases: [(What, &[(&str, &str)]); 10] = [
        (What::OverLicensed(seats(9, 4)), &[("Owned", "9 seats"), ("In use", "4 seats"), ("Spare", "5 seats")]),
        (What::Expiring { expiry: in_days(30), owned: Some(5) },
            &[("Owned", "5 seats"), ("Expires", "2026-12-24 (in 30 days)")]),
        (What::RenewalNotice { cancel_by: in_days(7), expiry: in_days(37), owned: Some(6) },
            &[("Owned", "6 seats"), ("Cancel by", "2026-12-01 (in 7 days)"), ("Term ends", "2026-12-31 (in 37 days)")]),
        (What::ExpiredInUse { expiry: in_days(-3), in_use: 12 },
            &[("Expired", "2026-11-21 (3 days ago)"), ("In use", "12 seats")]),
        (What::MaintenanceEnding { until: in_days(0) }, &[("Maintenance until", "2026-11-24 (today)")]),
        (What::TrueUpDue { over: 14, due: Some(in_days(3)) },
            &[("Beyond what is owned", "14 seats"), ("Due", "2026-11-27 (in 3 days)")]),
        (What::FewFreeSeats { free: 2, minimum: Some(5) }, &[("Free", "2 seats"), ("Minimum", "5 seats")]),
        (What::ConfirmRenewal { expiry: in_days(-1) }, &[("Term ended", "2026-11-23 (1 day ago)")]),
        (What::RevealBudget { who: "Backup script".to_owned() },
            &[("Token", "Backup script")]),
        (What::ByHand { note: Some("x".to_owned()), expiry: Some(in_days(1)), owned: Some(5), in_use: Some(1) },
            &[("Owned", "5 seats"), ("In use", "1 seat"), ("Expires", "2026-11-25 (in 1 day)")]),
    ];
    for (what, expected) in cases {
        let facts = facts(&about(what));
        let found: Vec<_> = facts
            .iter()
            .map(|fact| (fact.label, fact.value.as_str()))
            .collect();
        assert_eq!(
            found[..3],
            [
                ("Company", "Acme Ltd"),
                ("Product", "Visio"),
                ("Vendor", "Microsoft")
            ]
        );
        assert_eq!(&found[3..], expected);
    }
}

#[test]
fn what_concerns_the_whole_account_names_no_company() {
    let mut budget = about(What::RevealBudget {
        who: "Backup script".to_owned(),
    });
    (budget.company, budget.product, budget.vendor) = (None, None, None);
    assert_eq!(
        subject(&budget),
        "Backup script asked for more secrets than its budget allows"
    );
    assert!(body(&budget).starts_with("Backup script asked for more secrets"));
}

#[test]
fn what_a_person_wrote_stands_in_the_ticket_that_the_person_asked_for() {
    let by_hand = about(What::ByHand {
        note: Some("Please call them.\r\nThey want 10 more.".to_owned()),
        expiry: None,
        owned: None,
        in_use: None,
    });
    let expected = "Acme Ltd: Somebody asks to look at Visio.\n\nPlease call them.\nThey want 10 more.\n\nClose it";
    assert!(body(&by_hand).starts_with(expected), "{}", body(&by_hand));
}

#[test]
fn money_reads_with_its_currency_and_thousands() {
    let euro = Currency::parse("EUR").unwrap();
    for (amount, text) in [
        ("0", "USD 0.00"),
        ("0.5", "USD 0.50"),
        ("12.005", "USD 12.005"),
        ("999.90", "USD 999.90"),
        ("1200.000000", "USD 1,200.00"),
        ("1234567.89", "USD 1,234,567.89"),
        ("-1234.5", "USD -1,234.50"),
        ("-123.5", "USD -123.50"),
    ] {
        assert_eq!(amounts(&usd(amount)), text);
    }
    let mut two = usd("1200");
    two.add(Money {
        amount: "90".parse().unwrap(),
        currency: euro,
    });
    assert_eq!(amounts(&two), "EUR 90.00 + USD 1,200.00");
    assert_eq!(amounts(&Amounts::default()), "");
}

#[test]
fn a_subject_keeps_both_ends_of_long_names_within_its_length() {
    let long = "Office 365 Enterprise E3 with Audio Conferencing, Phone System and Compliance, three years, prepaid";
    #[rustfmt::skip]
    let cases = [
        ("Acme Ltd", long,
            "Acme Ltd: 4 seats short of Office 365 Enterprise E3 with Audio…and Compliance, three years, prepaid"),
        (long, "Visio",
            "Office 365 Enterprise E3 with Audio Co…and Compliance, three years, prepaid: 4 seats short of Visio"),
        (long, long,
            "Office 365 Enterpris…hree years, prepaid: 4 seats short of Office 365 Enterpris…three years, prepaid"),
    ];
    for (company, product, expected) in cases {
        let mut short = about(What::UnderLicensed(seats(50, 54)));
        short.company = Some(company.to_owned());
        short.product = Some(product.to_owned());
        assert_eq!(subject(&short), expected);
    }
}

#[test]
fn a_name_cannot_add_a_line_turn_the_direction_or_hide() {
    for (name, shown) in [
        (
            "Visio\r\nBcc: all@example.com",
            "Visio Bcc: all@example.com",
        ),
        (
            "Visio\u{2028}two\u{85}three\u{0}four",
            "Visio two three four",
        ),
        ("exe\u{202e}gpj.\u{2066}x\u{200f}", "exegpj.x"),
        ("   \t ", "(no name)"),
        ("\u{200b}\u{feff}", "(no name)"),
        ("שלום עולם", "שלום עולם"),
        ("👩\u{200d}💻 tools", "👩\u{200d}💻 tools"),
    ] {
        assert_eq!(one_line(name), shown);
        let mut short = about(What::UnderLicensed(seats(50, 54)));
        short.company = Some(name.to_owned());
        short.product = Some(name.to_owned());
        short.vendor = Some(name.to_owned());
        assert_eq!(
            subject(&short),
            format!("{shown}: 4 seats short of {shown}")
        );
        assert_eq!(body(&short).lines().count(), 12);
    }
}

#[test]
fn what_a_person_wrote_keeps_its_lines_and_has_an_end() {
    assert_eq!(
        paragraphs("  One\r\ntwo\rthree\u{1b}[31m\tx\u{202e}  "),
        "One\ntwo\nthree [31m x"
    );
    let cut = paragraphs(&"ä".repeat(10_000));
    assert_eq!(cut.chars().count(), 4_001);
    assert!(cut.ends_with("ä…"));
}

#[test]
fn a_comment_says_what_happened_and_what_becomes_of_the_ticket() {
    let was = about(What::UnderLicensed(seats(50, 54)));
    let now = about(What::UnderLicensed(seats(50, 56)));
    let notice = about(What::Expiring {
        expiry: in_days(30),
        owned: None,
    });
    let expired = about(What::ExpiredInUse {
        expiry: in_days(-1),
        in_use: 3,
    });
    let recovered = |then| Comment::Recovered {
        about: &was,
        why: Cleared::Gone,
        now: Some(seats(60, 54)),
        then,
    };
    let renewed = |until, then| Comment::Renewed {
        about: &notice,
        until,
        then,
    };
    #[rustfmt::skip]
    let cases = [
        (Comment::LeadDay(&notice),
            "Acme Ltd: Visio expires on 2026-12-24, in 30 days.\nRenew it, or plan to be without it."),
        (Comment::Worse { was: &was, now: &now },
            "This got worse.\nBefore: 4 seats short of Visio: 50 owned, 54 in use.\n\
             Now: Acme Ltd: 6 seats short of Visio: 50 owned, 56 in use.\n\
             Buy the missing seats, or free seats that are in use."),
        (Comment::Worse { was: &notice, now: &expired },
            "This got worse.\nBefore: Visio expires on 2026-12-24, in 30 days.\n\
             Now: Acme Ltd: Visio expired on 2026-11-23, 1 day ago, and 3 seats are still in use.\n\
             Renew it, or stop using it."),
        (Comment::Changed { was: &now, now: &was },
            "This changed.\nBefore: 6 seats short of Visio: 50 owned, 56 in use.\n\
             Now: Acme Ltd: 4 seats short of Visio: 50 owned, 54 in use.\n\
             Buy the missing seats, or free seats that are in use."),
        (recovered(Then::Closed),
            "Acme Ltd: No longer short of Visio: 60 owned, 54 in use.\nThis ticket is closed."),
        (recovered(Then::LeftOpen),
            "Acme Ltd: No longer short of Visio: 60 owned, 54 in use.\n\
             Somebody worked on this ticket, so it stays open: close it when nothing is left to do."),
        (recovered(Then::OthersStand),
            "Acme Ltd: No longer short of Visio: 60 owned, 54 in use.\n\
             This ticket stays open for what else it tells of."),
        (renewed(Some(in_days(395)), Then::Closed),
            "Acme Ltd: Visio is renewed until 2027-12-24. What comes up in the new term gets a ticket of its own.\n\
             This ticket is closed."),
        (renewed(None, Then::LeftOpen),
            "Acme Ltd: Visio is renewed. What comes up in the new term gets a ticket of its own.\n\
             Somebody worked on this ticket, so it stays open: close it when nothing is left to do."),
    ];
    for (happened, expected) in cases {
        assert_eq!(
            comment(happened),
            format!(
                "{expected}\n\nAs of 2026-11-24. Details: https://seatledger.example/alerts/7\n"
            )
        );
    }
    assert_eq!(
        comment(Comment::Back(&was)),
        format!("This is back.\n\n{}", body(&was))
    );
}

#[test]
fn every_kind_can_be_told_as_gone() {
    let expiry = in_days(30);
    #[rustfmt::skip]
    let cases = [
        (What::UnderLicensed(seats(1, 2)), "No longer short of Visio."),
        (What::OverLicensed(seats(2, 1)), "No longer too many spare seats of Visio."),
        (What::Expiring { expiry, owned: None }, "Visio no longer expires on 2026-12-24."),
        (What::RenewalNotice { cancel_by: today(), expiry, owned: None },
            "The renewal of Visio after 2026-12-24 needs no decision any more."),
        (What::Expired { expiry }, "Visio is no longer expired."),
        (What::ExpiredInUse { expiry, in_use: 1 }, "Visio is no longer in use beyond its end."),
        (What::MaintenanceEnding { until: expiry }, "Maintenance of Visio no longer ends on 2026-12-24."),
        (What::TrueUpDue { over: 1, due: None }, "No true-up of Visio is due any more."),
        (What::FewFreeSeats { free: 0, minimum: Some(1) }, "Enough seats of Visio are free again."),
        (What::ConfirmRenewal { expiry }, "The renewal of Visio after 2026-12-24 is confirmed or corrected."),
        (What::RevealBudget { who: "Backup script".to_owned() },
            "Backup script keeps within its budget of secrets again."),
        (What::ByHand { note: None, expiry: None, owned: None, in_use: None }, "Nothing is left to do about Visio."),
    ];
    for (what, expected) in cases {
        let about = about(what);
        let text = comment(Comment::Recovered {
            about: &about,
            why: Cleared::Gone,
            now: None,
            then: Then::Closed,
        });
        assert_eq!(
            text.lines().next(),
            Some(format!("Acme Ltd: {expected}").as_str())
        );
    }
}

#[test]
fn why_a_cause_is_gone_is_told() {
    let was = about(What::Expiring {
        expiry: in_days(30),
        owned: None,
    });
    for (why, expected) in [
        (Cleared::Gone, "Visio no longer expires on 2026-12-24."),
        (
            Cleared::NextTerm,
            "Visio is in another term, or another company's.",
        ),
        (Cleared::Decided, "It is decided what becomes of Visio."),
        (Cleared::ByPerson, "Somebody closed the alert about Visio."),
    ] {
        assert_eq!(solved(&was, why, None), expected);
    }
}

#[test]
fn a_finding_of_the_ledger_is_told_by_its_kind() {
    let id = uuid::Uuid::from_u128(7);
    let expiry = in_days(37);
    let told = |kind| {
        let finding = Finding {
            term: Some(expiry),
            deadline: Some(in_days(7)),
            seats: Some(4),
            owned: Some(50),
            in_use: Some(54),
            since: Some(in_days(-1)),
            note: Some("Call them.".to_owned()),
            ..Finding::new(kind, Of::Asset(AssetId(id)), None)
        };
        let names = Names {
            company: Some("Acme Ltd".to_owned()),
            product: Some("Visio".to_owned()),
            token: Some("Backup script".to_owned()),
            ..Names::default()
        };
        super::about(
            &finding,
            names,
            usd("9"),
            today(),
            "https://seatledger.example/".parse().unwrap(),
        )
    };
    let position = Seats {
        owned: 50,
        in_use: 54,
        difference: 4,
    };
    #[rustfmt::skip]
    let cases = [
        (Kind::UnderLicensed, What::UnderLicensed(position)),
        (Kind::OverLicensed, What::OverLicensed(position)),
        (Kind::TrueUpDue, What::TrueUpDue { over: 4, due: Some(in_days(7)) }),
        (Kind::FewFreeSeats, What::FewFreeSeats { free: 4, minimum: None }),
        (Kind::Expiring, What::Expiring { expiry, owned: Some(50) }),
        (Kind::RenewalNotice, What::RenewalNotice { cancel_by: in_days(7), expiry, owned: Some(50) }),
        (Kind::Expired, What::Expired { expiry }),
        (Kind::ExpiredInUse, What::ExpiredInUse { expiry, in_use: 54 }),
        (Kind::MaintenanceEnding, What::MaintenanceEnding { until: expiry }),
        (Kind::ConfirmRenewal, What::ConfirmRenewal { expiry }),
        (Kind::RevealBudget, What::RevealBudget { who: "Backup script".to_owned() }),
        (Kind::ByHand, What::ByHand {
            note: Some("Call them.".to_owned()), expiry: Some(expiry), owned: Some(50), in_use: Some(54),
        }),
    ];
    for (kind, expected) in cases {
        let about = told(kind);
        assert_eq!(about.what, expected);
        assert_eq!(
            (about.company.as_deref(), about.product.as_deref()),
            (Some("Acme Ltd"), Some("Visio"))
        );
        assert_eq!(
            (about.since, about.money, about.today),
            (Some(in_days(-1)), usd("9"), today())
        );
    }
    // Whatever a finding lacks, it is told.
    for (kind, _) in Kind::ALL {
        let bare = Finding::new(kind, Of::Token(TokenId(id)), None);
        let url = "https://seatledger.example/".parse().unwrap();
        let about = super::about(&bare, Names::default(), Amounts::default(), today(), url);
        assert!(!subject(&about).is_empty() && !body(&about).is_empty());
    }
}

fn renewals(number: usize) -> Renewals {
    let line = |at: usize| Renewal {
        license: format!("License {at}"),
        expiry: in_days(60),
        owned: (at != 2).then_some(if at == 1 { 1 } else { 1_500 }),
        renews_itself: at != 1,
        money: if at == 2 {
            Amounts::default()
        } else {
            usd("600")
        },
    };
    Renewals {
        company: "Acme Ltd".to_owned(),
        vendor: Some("Microsoft".to_owned()),
        deadline: in_days(30),
        today: today(),
        lines: (1..=number).map(line).collect(),
        url: "https://seatledger.example/renewals".parse().unwrap(),
    }
}

#[test]
fn renewals_of_one_company_and_vendor_are_one_text() {
    assert_eq!(
        renewals_subject(&renewals(3)),
        "Acme Ltd: decide on 3 renewals of Microsoft by 2026-12-24"
    );
    insta::assert_snapshot!(renewals_body(&renewals(3)), @r"
    Acme Ltd: 3 renewals of Microsoft are to be decided by 2026-12-24, in 30 days.

    - License 1, 1 seat, expires on 2027-01-23, USD 600.00
    - License 2, renews itself after 2027-01-23
    - License 3, 1,500 seats, renews itself after 2027-01-23, USD 600.00

    Cost of the renewals: USD 1,200.00

    As of 2026-11-24. Details: https://seatledger.example/renewals
    ");
    let mut one = renewals(1);
    one.vendor = None;
    assert_eq!(
        renewals_subject(&one),
        "Acme Ltd: decide on 1 renewal by 2026-12-24"
    );
    assert!(
        renewals_body(&one)
            .starts_with("Acme Ltd: 1 renewal is to be decided by 2026-12-24, in 30 days.\n")
    );
}

#[test]
fn a_long_list_ends_with_the_number_of_what_is_left_out() {
    let text = renewals_body(&renewals(LINES_MAX + 1));
    assert!(text.contains("\n- License 200, "));
    assert!(!text.contains("License 201"));
    assert!(text.contains("\n- and 1 more license\n"));
    // Of all, listed or not: 200 of the 201 have a cost.
    assert!(text.contains("\nCost of the renewals: USD 120,000.00\n"));
}

#[test]
fn all_that_stands_at_a_company_is_one_text() {
    let mut other = about(What::OverLicensed(seats(9, 4)));
    other.product = Some("Project".to_owned());
    let summary = Summary {
        company: "Acme Ltd".to_owned(),
        today: today(),
        findings: vec![
            about(What::UnderLicensed(seats(50, 54))),
            about(What::OverLicensed(seats(9, 4))),
            other,
        ],
        url: "https://seatledger.example/alerts".parse().unwrap(),
    };
    assert_eq!(
        summary_subject(&summary),
        "Acme Ltd: 3 findings about licenses"
    );
    insta::assert_snapshot!(summary_body(&summary), @r"
    Acme Ltd: 3 findings about licenses.

    Under-licensed
    - 4 seats short of Visio: 50 owned, 54 in use.

    Over-licensed
    - 5 spare seats of Visio: 9 owned, 4 in use.
    - 5 spare seats of Project: 9 owned, 4 in use.

    As of 2026-11-24. Details: https://seatledger.example/alerts
    ");
}

proptest::proptest! {
    #[test]
    fn whatever_the_names_a_subject_is_one_line_within_its_length(company in ".{0,300}", product in ".{0,300}", over in 0i64..1_000_000_000) {
        let mut true_up = about(What::TrueUpDue { over, due: Some(today()) });
        true_up.company = Some(company);
        true_up.product = Some(product);
        let subject = subject(&true_up);
        proptest::prop_assert!(subject.chars().count() <= SUBJECT_LENGTH_MAX, "{subject}");
        proptest::prop_assert!(!subject.contains(char::is_control));
        proptest::prop_assert!(subject.ends_with(" due on 2026-11-24"), "{subject}");
    }
}
