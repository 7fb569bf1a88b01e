use event_log::Role;
use uuid::Uuid;

use crate::setup::{Log, add, done, request};

#[tokio::test]
async fn each_read_answers_in_order_and_within_its_limit() {
    let log = Log::new().await;
    let appender = log.appender();
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let counter = Uuid::now_v7();
    for _ in 0..3 {
        done(&appender.submit(request(one, add(counter))).await);
        done(&appender.submit(request(other, add(Uuid::now_v7()))).await);
    }
    let all = log.events().await;

    for role in [
        Role::Relay,
        Role::Projector,
        Role::Alerts,
        Role::Integration,
        Role::Loader,
        Role::Backup,
    ] {
        let reader = log.reader(role);
        assert_eq!(
            reader.read_after(2, 3).await.unwrap(),
            all[2..5],
            "{role:?}"
        );
        assert!(reader.read_after(6, 3).await.unwrap().is_empty());
    }
    for role in [Role::Query, Role::Relay, Role::Projector] {
        let reader = log.reader(role);
        let head = reader.head().await.unwrap();
        assert_eq!(head, Some((6, all[5].event_id)), "{role:?}");
        let ledger = reader.read_tenant_after(one, 1, 10).await.unwrap();
        assert_eq!(ledger, [all[2].clone(), all[4].clone()], "{role:?}");
        let stream = reader.read_stream(one, counter, 2, 10).await.unwrap();
        assert_eq!(stream, [all[4].clone()], "{role:?}");
        assert!(
            reader
                .read_stream(other, counter, 0, 10)
                .await
                .unwrap()
                .is_empty()
        );
        let named = reader.read_sequences(one, &[5, 2, 1]).await.unwrap();
        assert_eq!(named, [all[0].clone(), all[4].clone()], "{role:?}");
        assert_eq!(reader.last_entry(other).await.unwrap(), 3);
        assert_eq!(reader.last_entry(Uuid::now_v7()).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn an_empty_log_has_no_head() {
    let log = Log::new().await;
    let reader = log.reader(Role::Relay);
    assert_eq!(reader.head().await.unwrap(), None);
    assert!(reader.read_after(0, 10).await.unwrap().is_empty());
}
