use event_log::{Outcome, Role, SubmitError, sweep_receipts};
use uuid::Uuid;

use crate::setup::{Log, Told, add, done, keyed, refused, request, together};
use crate::toy::{Command, Refusal};

#[track_caller]
fn replayed(told: &Told) -> &str {
    match told {
        Ok(Outcome::Replayed { status: 201, body }) => body,
        other => panic!("not replayed: {other:?}"),
    }
}

#[tokio::test]
async fn the_same_key_answers_the_same_here_and_at_another_service() {
    let log = Log::new().await;
    let (tenant, me, counter) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let again = || keyed(tenant, add(counter), me, "k", 1);
    let here = log.appender();
    assert_eq!(done(&here.submit(again()).await), (1, 1));
    let body = "{ \"value\": 1, \"entry\": 1 }";
    assert_eq!(replayed(&here.submit(again()).await), body);
    assert_eq!(replayed(&log.appender().submit(again()).await), body);
    assert_eq!(log.events().await.len(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_and_of_another_principal_is_another_key() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, me, colleague) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let counter = Uuid::now_v7();
    let requests = || {
        [
            keyed(tenant, add(counter), me, "k", 1),
            keyed(tenant, add(counter), me, "k", 2),
            keyed(tenant, add(counter), colleague, "k", 2),
            keyed(tenant, add(counter), me, "k", 1),
            keyed(Uuid::now_v7(), add(Uuid::now_v7()), me, "k", 1),
        ]
    };
    // In one batch, and then again from what is stored.
    let told = together(&appender, requests()).await;
    assert_eq!(done(&told[0]), (1, 1));
    assert!(matches!(told[1], Err(SubmitError::KeyReused)), "{told:?}");
    assert_eq!(done(&told[2]).1, 2);
    replayed(&told[3]);
    done(&told[4]);
    let told = together(&appender, requests()).await;
    replayed(&told[0]);
    assert!(matches!(told[1], Err(SubmitError::KeyReused)), "{told:?}");
    replayed(&told[2]);
    replayed(&told[3]);
    done(&told[4]);
    assert_eq!(log.events().await.len(), 4);
}

#[tokio::test]
async fn what_recorded_nothing_keeps_no_receipt() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, me, counter) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let limited = |limit| Command::Add {
        counter,
        by: 1,
        limit,
    };
    let told = appender.submit(keyed(tenant, limited(0), me, "k", 1)).await;
    assert_eq!(refused(&told), &Refusal::OverLimit(0));
    done(&appender.submit(keyed(tenant, limited(1), me, "k", 2)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_key_that_races_at_two_services_one_is_carried_out() {
    let log = Log::new().await;
    let appenders = [log.appender(), log.appender()];
    let (tenant, me) = (Uuid::now_v7(), Uuid::now_v7());
    for round in 0..20 {
        let counter = Uuid::now_v7();
        let key = format!("k{round}");
        let told = futures_util::future::join_all((0..4_usize).map(|caller| {
            let appender = appenders[caller % 2].clone();
            let request = keyed(tenant, add(counter), me, &key, 1);
            tokio::spawn(async move { appender.submit(request).await })
        }))
        .await;
        let decided = told
            .iter()
            .filter(|told| matches!(told, Ok(Ok(Outcome::Decided { .. }))))
            .count();
        let replayed = told
            .iter()
            .filter(|told| matches!(told, Ok(Ok(Outcome::Replayed { .. }))))
            .count();
        assert_eq!((decided, replayed), (1, 3));
    }
    assert_eq!(log.events().await.len(), 20);
}

#[tokio::test]
async fn a_command_that_the_database_refuses_leaves_neither_receipt_nor_claim() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, me, counter) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let garbage = keyed(tenant, Command::Garbage { counter }, me, "k", 1);
    let told = appender.submit(garbage).await;
    assert!(matches!(told, Err(SubmitError::Rejected(_))), "{told:?}");
    done(
        &appender
            .submit(keyed(tenant, add(counter), me, "k", 2))
            .await,
    );
}

#[tokio::test]
async fn the_janitor_sweeps_what_is_older_than_a_day() {
    let log = Log::new().await;
    let appender = log.appender();
    let (tenant, me) = (Uuid::now_v7(), Uuid::now_v7());
    done(
        &appender
            .submit(keyed(tenant, add(Uuid::now_v7()), me, "young", 1))
            .await,
    );
    done(
        &appender
            .submit(keyed(tenant, add(Uuid::now_v7()), me, "old", 1))
            .await,
    );
    let superuser = log.superuser().await;
    superuser
        .batch_execute(
            "update log.receipt set created_at = now() - interval '25 hours' where key = 'old';
             insert into log.receipt
                select gen_random_uuid(), principal, key, status, body, body_hmac, created_at
                from log.receipt, generate_series(1, 6000) where key = 'old'",
        )
        .await
        .unwrap();
    let janitor = log.client(Role::Janitor).await;
    assert_eq!(sweep_receipts(&janitor).await.unwrap(), 6_001);
    assert_eq!(sweep_receipts(&janitor).await.unwrap(), 0);
    let rest = superuser
        .query_one("select key from log.receipt", &[])
        .await;
    assert_eq!(rest.unwrap().get::<_, String>(0), "young");
    done(&appender.submit(request(tenant, add(Uuid::now_v7()))).await);
}
