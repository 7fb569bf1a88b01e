use uuid::Uuid;

use crate::setup::{Log, done, name, refused, request, together};
use crate::toy::{Command, Refusal};

#[tokio::test]
async fn of_two_claimants_in_a_batch_the_first_gets_it() {
    let log = Log::new().await;
    let appender = log.appender();
    let tenant = Uuid::now_v7();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let requests = [
        request(tenant, name(first, "Contoso")),
        request(tenant, name(second, "Contoso")),
        request(Uuid::now_v7(), name(Uuid::now_v7(), "Contoso")),
    ];
    let told = together(&appender, requests).await;
    done(&told[0]);
    assert_eq!(refused(&told[1]), &Refusal::NameTaken(first));
    done(&told[2]);
}

#[tokio::test]
async fn of_two_claimants_at_two_services_one_gets_it() {
    let log = Log::new().await;
    let (here, there) = (log.appender(), log.appender());
    let tenant = Uuid::now_v7();
    for round in 0..20 {
        let wanted = format!("name {round}");
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        let told = futures_util::future::join(
            here.submit(request(tenant, name(one, &wanted))),
            there.submit(request(tenant, name(other, &wanted))),
        )
        .await;
        match &told {
            (Ok(event_log::Outcome::Decided { answer: Ok(_), .. }), loser) => {
                assert_eq!(refused(loser), &Refusal::NameTaken(one));
            }
            (loser, winner) => {
                assert_eq!(refused(loser), &Refusal::NameTaken(other));
                done(winner);
            }
        }
    }
    assert_eq!(log.events().await.len(), 20);
}

#[tokio::test]
async fn a_name_is_released_and_taken_again_in_one_batch() {
    let log = Log::new().await;
    let appender = log.appender();
    let tenant = Uuid::now_v7();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    done(&appender.submit(request(tenant, name(first, "old"))).await);
    let requests = [
        request(tenant, name(first, "new")),
        request(tenant, name(second, "old")),
        request(tenant, name(second, "older")),
        request(tenant, name(first, "old")),
    ];
    let told = together(&appender, requests).await;
    told.iter().for_each(|told| {
        done(told);
    });
    assert_eq!(log.writes().await, 2);
    let held = log
        .superuser()
        .await
        .query("select key, owner from log.claim order by key", &[])
        .await
        .unwrap();
    let held: Vec<(String, Uuid)> = held.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(
        held,
        [("old".to_owned(), first), ("older".to_owned(), second)]
    );
}

#[tokio::test]
async fn a_claim_leads_to_its_owner_also_within_a_batch() {
    let log = Log::new().await;
    let tenant = Uuid::now_v7();
    let (old, new) = (Uuid::now_v7(), Uuid::now_v7());
    let by_name = || Command::AddNamed {
        name: "Contoso".to_owned(),
    };
    let earlier = log.appender();
    done(
        &earlier
            .submit(request(tenant, crate::setup::add(new)))
            .await,
    );
    done(&earlier.submit(request(tenant, name(old, "Contoso"))).await);

    let appender = log.appender();
    let requests = [
        request(tenant, by_name()),
        request(tenant, name(old, "Fabrikam")),
        request(tenant, by_name()),
        request(tenant, name(new, "Contoso")),
        request(tenant, by_name()),
    ];
    let told = together(&appender, requests).await;
    assert_eq!(done(&told[0]).0, 1, "old");
    done(&told[1]);
    assert_eq!(refused(&told[2]), &Refusal::NoSuchName);
    done(&told[3]);
    assert_eq!(done(&told[4]).0, 2, "new, read only when it was needed");
}
