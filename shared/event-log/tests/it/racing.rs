use std::collections::HashSet;

use event_log::{Outcome, Role};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::setup::{Log, add, assert_numbered, done, refused, request};
use crate::toy::{Command, Refusal};

const WRITERS: usize = 4;
const CALLERS: usize = 8;
const COMMANDS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_writers_leave_no_hole_and_acknowledge_each_command_once() {
    let log = Log::new().await;
    let tenants: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let counters: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let appenders: Vec<_> = (0..WRITERS).map(|_| log.appender()).collect();
    let callers = (0..WRITERS * CALLERS).map(|caller| {
        let appender = appenders[caller % WRITERS].clone();
        // A counter belongs to one tenant.
        let counter = counters[caller % counters.len()];
        let tenant = tenants[caller % tenants.len()];
        tokio::spawn(async move {
            let mut told = Vec::new();
            for _ in 0..COMMANDS {
                let outcome = appender.submit(request(tenant, add(counter))).await;
                let Ok(Outcome::Decided { answer, written }) = outcome else {
                    panic!("{outcome:?}");
                };
                told.push((written.sequence, counter, answer.unwrap()));
            }
            told
        })
    });
    let mut acknowledged = Vec::new();
    for told in join_all(callers).await {
        acknowledged.extend(told.unwrap());
    }

    let events = log.events().await;
    assert_numbered(&events);
    assert_eq!(events.len(), WRITERS * CALLERS * COMMANDS);
    let sequences: HashSet<i64> = acknowledged.iter().map(|told| told.0).collect();
    assert_eq!(
        sequences.len(),
        events.len(),
        "each stands for another event"
    );
    for (sequence, counter, value) in acknowledged {
        let event = &events[usize::try_from(sequence).unwrap() - 1];
        assert_eq!(event.stream_id, counter);
        assert_eq!(i64::from(event.version), value, "decided on all before it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_writers_never_exceed_a_limit_together() {
    let log = Log::new().await;
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    let appenders = [log.appender(), log.appender()];
    let take_a_seat = || Command::Add {
        counter,
        by: 1,
        limit: 25,
    };
    let told = join_all((0..60).map(|caller: usize| {
        let appender = appenders[caller % 2].clone();
        let request = request(tenant, take_a_seat());
        async move { appender.submit(request).await }
    }))
    .await;
    let seats = told
        .iter()
        .filter(|told| matches!(told, Ok(Outcome::Decided { answer: Ok(_), .. })))
        .count();
    assert_eq!(seats, 25);
    assert_eq!(log.events().await.len(), 25);
}

#[tokio::test]
async fn a_refusal_is_said_on_what_another_writer_has_just_done() {
    let log = Log::new().await;
    let (here, there) = (log.appender(), log.appender());
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    let look = || request(tenant, Command::Look { counter });
    assert_eq!(done(&here.submit(look()).await), (0, 0));
    done(&there.submit(request(tenant, add(counter))).await);
    assert_eq!(done(&here.submit(look()).await), (1, 1));
    let at_one = Command::Add {
        counter,
        by: 1,
        limit: 1,
    };
    let told = here.submit(request(tenant, at_one)).await;
    assert_eq!(refused(&told), &Refusal::OverLimit(1));
}

#[tokio::test]
async fn a_writer_far_behind_starts_from_the_end() {
    let log = Log::new().await;
    let (here, there) = (log.appender(), log.appender());
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    done(&here.submit(request(tenant, add(counter))).await);
    for _ in 0..6 {
        let burst = Command::Burst {
            counter,
            times: 1_000,
        };
        done(&there.submit(request(tenant, burst)).await);
    }
    assert_eq!(
        done(&here.submit(request(tenant, add(counter))).await),
        (6_002, 6_002)
    );
    assert_numbered(&log.events().await);
}

#[tokio::test]
async fn a_writer_notices_that_the_log_went_back_in_time() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    for _ in 0..3 {
        done(&appender.submit(request(tenant, add(counter))).await);
    }
    // A restored copy, with one more event in the meantime: same numbers, other events.
    log.superuser()
        .await
        .batch_execute(
            "alter table log.event disable trigger all;
             delete from log.event where sequence > 1;
             insert into log.event
                select 2, tenant_id, 2, stream_id, 2, gen_random_uuid(), type, schema_version, company_id,
                    payload, metadata, effective_on, recorded_at
                from log.event;
             alter table log.event enable always trigger refuse_row;
             alter table log.event enable always trigger refuse_statement;",
        )
        .await
        .unwrap();
    assert_eq!(
        done(&appender.submit(request(tenant, add(counter))).await),
        (3, 3)
    );
    let stream = log
        .reader(Role::Query)
        .read_stream(tenant, counter, 0, 10)
        .await
        .unwrap();
    assert_eq!(stream.len(), 3);
}

#[tokio::test]
async fn a_service_that_stops_with_the_lock_in_its_hands_lets_go() {
    let log = Log::new().await;
    let (here, there) = (log.appender(), log.appender());
    let (tenant, counter) = (Uuid::now_v7(), Uuid::now_v7());
    done(&here.submit(request(tenant, add(counter))).await);
    done(&there.submit(request(tenant, add(counter))).await);
    let stopped = log.client(Role::Command).await;
    // The number is an agreement between services, of other releases too.
    let lock = "begin; select pg_advisory_xact_lock(119225731476591)";
    stopped.batch_execute(lock).await.unwrap();
    // This one lost a race just now, and asks for the lock.
    done(&here.submit(request(tenant, add(counter))).await);
    assert_eq!(log.events().await.len(), 3);
    assert!(
        stopped.batch_execute("select").await.is_err(),
        "its session is ended"
    );
}
