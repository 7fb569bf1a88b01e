use event_log::{AppenderConfig, EVENTS_PER_COMMAND_MAX, Outcome, Role, SubmitError};
use uuid::Uuid;

use crate::setup::{Log, add, assert_numbered, done, refused, request, start, together};
use crate::toy::{Command, Refusal};

#[tokio::test]
async fn the_first_event_of_an_empty_log_is_sequence_and_entry_one() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    let told = appender.submit(request(tenant, add(counter))).await;
    let Ok(Outcome::Decided { answer, written }) = told else {
        panic!("{told:?}");
    };
    assert_eq!(answer, Ok(1));
    assert_eq!((written.sequence, written.entry), (1, 1));
    assert_eq!(written.versions, [(counter, 1)]);
    assert_eq!(*appender.head().borrow(), 1);

    let events = log.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].payload, "{\"by\": 1}", "the very bytes");
    assert_eq!(events[0].metadata, "{\"principal\": \"toy\"}");
    assert_eq!(events[0].event_id.get_version_num(), 7);
    assert_eq!(events[0].recorded_at.timestamp_subsec_nanos(), 123_456_000);
}

#[tokio::test]
async fn two_tenants_share_a_batch_and_not_a_ledger() {
    let log = Log::new().await;
    let appender = log.appender();
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let shared_id = Uuid::now_v7();
    let requests = [
        request(one, add(shared_id)),
        request(other, add(Uuid::now_v7())),
        request(one, add(shared_id)),
        request(other, Command::Look { counter: shared_id }),
    ];
    let told = together(&appender, requests).await;
    // Drained in turn: one, other, one, other.
    assert_eq!(done(&told[0]), (1, 1));
    assert_eq!(done(&told[1]), (1, 1));
    assert_eq!(done(&told[2]), (2, 2));
    assert_eq!(done(&told[3]), (0, 1), "another's stream reads as none");
    assert_eq!(log.writes().await, 1);
    assert_numbered(&log.events().await);
}

#[tokio::test]
async fn a_refusal_in_a_batch_is_its_own_commands_alone() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    let to_two = Command::Add {
        counter,
        by: 1,
        limit: 2,
    };
    let told = together(&appender, (0..4).map(|_| request(tenant, to_two.clone()))).await;
    assert_eq!(done(&told[0]), (1, 1));
    assert_eq!(done(&told[1]), (2, 2), "it sees what came before it");
    assert_eq!(refused(&told[2]), &Refusal::OverLimit(2));
    assert_eq!(refused(&told[3]), &Refusal::OverLimit(2));
    assert_eq!(log.writes().await, 1);
    assert_eq!(log.events().await.len(), 2);
}

#[tokio::test]
async fn a_refusal_may_record() {
    let log = Log::new().await;
    let appender = log.appender();
    let counter = Uuid::now_v7();
    let told = appender
        .submit(request(
            Uuid::now_v7(),
            Command::RefuseAndRecord { counter },
        ))
        .await;
    assert_eq!(refused(&told), &Refusal::OnPrinciple);
    assert_eq!(log.events().await[0].event_type, "Refused");
}

#[tokio::test]
async fn what_the_database_refuses_fails_alone() {
    let log = Log::new().await;
    let appender = log.appender();
    let tenant = Uuid::now_v7();
    let (existing, unread) = (Uuid::now_v7(), Uuid::now_v7());
    done(&appender.submit(request(tenant, add(existing))).await);
    done(&appender.submit(request(tenant, add(unread))).await);
    let stranger = log.appender();
    let requests = [
        request(tenant, add(Uuid::now_v7())),
        request(
            tenant,
            Command::Garbage {
                counter: Uuid::now_v7(),
            },
        ),
        request(tenant, add(Uuid::now_v7())),
        request(tenant, Command::Blind { counter: unread }),
        request(tenant, add(existing)),
    ];
    let told = together(&stranger, requests).await;
    done(&told[0]);
    assert!(matches!(told[1], Err(SubmitError::Rejected(_))), "{told:?}");
    done(&told[2]);
    assert!(matches!(told[3], Err(SubmitError::Rejected(_))), "{told:?}");
    assert_eq!(done(&told[4]).0, 2);
    assert_numbered(&log.events().await);
    assert_eq!(log.events().await.len(), 5);
}

#[tokio::test]
async fn what_breaks_a_limit_or_the_contract_fails_alone() {
    let log = Log::new().await;
    let appender = log.appender();
    let tenant = Uuid::now_v7();
    let counter = Uuid::now_v7();
    let burst = |times| Command::Burst { counter, times };
    let open = |padding| Command::Open {
        counter: Uuid::now_v7(),
        padding,
    };
    let mut talkative = request(tenant, add(counter));
    talkative.metadata = format!("\"{}\"", "m".repeat(256 * 1024));
    let requests = [
        request(tenant, open(255 * 1024)),
        request(tenant, open(256 * 1024)),
        request(tenant, burst(EVENTS_PER_COMMAND_MAX)),
        request(tenant, burst(EVENTS_PER_COMMAND_MAX + 1)),
        request(tenant, Command::ClaimOnly { counter }),
        request(tenant, Command::Endless),
        talkative,
    ];
    let told = together(&appender, requests).await;
    let kinds: Vec<&str> = told
        .iter()
        .map(|told| match told {
            Ok(_) => "done",
            Err(SubmitError::TooLarge { what, .. }) => what,
            Err(SubmitError::Misdecided(why)) => why,
            Err(_) => "another error",
        })
        .collect();
    let expected = [
        "done",
        "an event",
        "done",
        "the decision",
        "claims without an event",
        "its needs have no end",
        "metadata",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(log.events().await.len(), 1 + EVENTS_PER_COMMAND_MAX);
}

#[tokio::test]
async fn more_than_a_statement_takes_goes_into_several() {
    let log = Log::new().await;
    let appender = log.appender();
    let tenant = Uuid::now_v7();
    let told = together(
        &appender,
        (0..64).map(|_| {
            let counter = Uuid::now_v7();
            request(
                tenant,
                Command::Burst {
                    counter,
                    times: 300,
                },
            )
        }),
    )
    .await;
    told.iter().for_each(|told| {
        done(told);
    });
    let events = log.events().await;
    assert_eq!(events.len(), 64 * 300);
    assert_numbered(&events);
    assert!(log.writes().await > 1);
}

#[tokio::test]
async fn a_queue_that_is_full_says_so_to_its_own_tenant_alone() {
    let log = Log::new().await;
    let appender = start(AppenderConfig {
        queue_per_tenant: 10,
        ..AppenderConfig::new(log.config(Role::Command))
    });
    let (busy, calm) = (Uuid::now_v7(), Uuid::now_v7());
    let mut requests: Vec<_> = (0..11)
        .map(|_| request(busy, add(Uuid::now_v7())))
        .collect();
    requests.push(request(calm, add(Uuid::now_v7())));
    let told = together(&appender, requests).await;
    told[..10].iter().for_each(|told| {
        done(told);
    });
    assert!(matches!(told[10], Err(SubmitError::Busy)), "{told:?}");
    done(&told[11]);
}

#[tokio::test]
async fn ten_thousand_of_one_tenant_do_not_hold_up_another() {
    let log = Log::new().await;
    let appender = start(AppenderConfig {
        queue_per_tenant: 10_000,
        ..AppenderConfig::new(log.config(Role::Command))
    });
    let (importer, other) = (Uuid::now_v7(), Uuid::now_v7());
    let open = || Command::Open {
        counter: Uuid::now_v7(),
        padding: 1,
    };
    let mut requests: Vec<_> = (0..10_000).map(|_| request(importer, open())).collect();
    requests.push(request(other, open()));
    let told = together(&appender, requests).await;
    assert_eq!(told.iter().filter(|told| told.is_ok()).count(), 10_001);
    let events = log.events().await;
    let place = events.iter().position(|event| event.tenant_id == other);
    assert_eq!(place, Some(1), "it had the second turn");
    assert_numbered(&events);
}

#[tokio::test]
async fn an_event_of_a_newer_release_refuses_its_stream_and_no_other() {
    let log = Log::new().await;
    let (tenant, newer) = (Uuid::now_v7(), Uuid::now_v7());
    log.superuser()
        .await
        .execute(
            "insert into log.event values
                (1, $1, 1, $2, 1, gen_random_uuid(), 'Added', 2, null, '{}', '{}', '2026-01-01', '2026-01-01')",
            &[&tenant, &newer],
        )
        .await
        .unwrap();
    let appender = log.appender();
    let requests = [
        request(tenant, add(newer)),
        request(tenant, Command::Look { counter: newer }),
        request(tenant, add(Uuid::now_v7())),
        request(tenant, Command::Blind { counter: newer }),
    ];
    let told = together(&appender, requests).await;
    assert!(
        matches!(told[0], Err(SubmitError::Undecodable(_))),
        "{told:?}"
    );
    assert!(
        matches!(told[1], Err(SubmitError::Undecodable(_))),
        "{told:?}"
    );
    assert_eq!(done(&told[2]), (1, 2));
    assert!(
        matches!(told[3], Err(SubmitError::Undecodable(_))),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_stopped_appender_finishes_what_waits_and_takes_no_more() {
    let log = Log::new().await;
    let appender = log.appender();
    let tenant = Uuid::now_v7();
    let waiting = together(
        &appender,
        (0..700).map(|_| request(tenant, add(Uuid::now_v7()))),
    );
    let (told, ()) = futures_util::future::join(waiting, appender.stop()).await;
    told.iter().for_each(|told| {
        done(told);
    });
    let late = appender.submit(request(tenant, add(Uuid::now_v7()))).await;
    assert!(matches!(late, Err(SubmitError::Stopped)), "{late:?}");
}
