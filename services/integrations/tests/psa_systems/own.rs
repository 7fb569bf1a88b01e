//! What only one system has.

use integrations::psa::autotask::Autotask;
use integrations::psa::connectwise::ConnectWise;
use integrations::psa::halo::Halo;
use integrations::psa::zammad::Zammad;
use integrations::psa::{Psa, PsaError};
use simulators::{COMPANIES, Kind, Simulator};

use crate::bench::{self, Bench, draft, patient};

#[track_caller]
fn refused_for(checked: Result<(), PsaError>, words: &[&str]) {
    let Err(PsaError::Refused(said)) = checked else {
        panic!("{checked:?}")
    };
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
}

#[tokio::test]
async fn zammad_names_what_it_lacks() {
    let simulator = Simulator::start(Kind::Zammad).await;
    simulator.person_creates(COMPANIES[0], "Printer", None);
    let right = || bench::zammad(simulator.url.clone());
    let mut group = right();
    group.group = "Old".to_owned();
    let mut state = right();
    state.closed_state = "shut".to_owned();
    let mut attribute = right();
    attribute.reference_attribute = "other_reference".to_owned();
    for (settings, words) in [
        (group, ["group", "\"Old\""]),
        (state, ["state", "\"shut\""]),
        (attribute, ["attribute", "\"other_reference\""]),
    ] {
        refused_for(
            Zammad::new(patient(), settings).unwrap().check().await,
            &words,
        );
    }
}

#[tokio::test]
async fn a_zammad_ticket_out_of_sight_is_gone_and_does_not_speak_against_the_token() {
    let bench = Bench::start(Kind::Zammad).await;
    let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
    bench.simulator.person_hides(&id);
    for gone in [
        bench.psa.read(&id).await.map(drop),
        bench.psa.comment(&id, "Bought.").await,
        bench.psa.close(&id, "Bought.").await,
    ] {
        assert!(matches!(gone, Err(PsaError::NotFound)), "{gone:?}");
    }
}

#[tokio::test]
async fn a_zammad_customer_is_the_one_named_or_the_first_member() {
    let simulator = Simulator::start(Kind::Zammad).await;
    let mut settings = bench::zammad(simulator.url.clone());
    settings.customer = Some(simulators::zammad::SHARED_CUSTOMER);
    Zammad::new(patient(), settings.clone())
        .unwrap()
        .create(&draft("sl-1"))
        .await
        .unwrap();
    settings.customer = Some(77);
    let made = Zammad::new(patient(), settings)
        .unwrap()
        .create(&draft("sl-2"))
        .await;
    refused_for(made.map(drop), &["user 77", "organization 101"]);
    assert_eq!(simulator.tickets().len(), 1);
}

#[tokio::test]
async fn what_a_rule_of_the_system_writes_is_nobody_s() {
    for kind in [Kind::Zammad, Kind::Halo, Kind::Autotask] {
        let bench = Bench::start(kind).await;
        let id = bench.psa.create(&draft("sl-1")).await.unwrap().id;
        bench.simulator.rule_notes(&id, "Escalated to level 2.");
        assert_eq!(bench.psa.read(&id).await.unwrap().notes, [], "{kind:?}");
    }
}

#[tokio::test]
async fn connectwise_names_what_it_lacks() {
    let simulator = Simulator::start(Kind::ConnectWise).await;
    let right = || bench::connectwise(simulator.url.clone());
    let mut board = right();
    board.board = "Sales".to_owned();
    let mut status = right();
    status.closed_status = "Shut".to_owned();
    let mut open = right();
    open.closed_status = simulators::connectwise::IN_PROGRESS.to_owned();
    for (settings, words) in [
        (board, ["board", "\"Sales\""]),
        (status, ["no status", "\"Shut\""]),
        (open, ["does not close", "\"In Progress\""]),
    ] {
        refused_for(
            ConnectWise::new(patient(), settings).unwrap().check().await,
            &words,
        );
    }
}

#[tokio::test]
async fn halo_s_token_is_asked_for_once_and_once_more_when_it_is_withdrawn() {
    let bench = Bench::start(Kind::Halo).await;
    let asked = || {
        let calls = bench.simulator.calls();
        calls
            .iter()
            .filter(|call| call.path == "/auth/token")
            .count()
    };
    bench.psa.create(&draft("sl-1")).await.unwrap();
    bench.psa.find("sl-1").await.unwrap();
    assert_eq!(asked(), 1);
    bench.simulator.withdraw_tokens();
    bench.psa.create(&draft("sl-2")).await.unwrap();
    assert_eq!(asked(), 2);
    assert_eq!(bench.simulator.tickets_of("sl-2").len(), 1);
    bench.was_proper();
}

#[tokio::test]
async fn halo_s_rows_without_the_reference_are_read_in_full() {
    let bench = Bench::start(Kind::Halo).await;
    bench.simulator.list_tersely();
    bench.simulator.ignore_filters();
    let subject = draft("sl-1").subject;
    bench
        .simulator
        .person_creates(COMPANIES[0], &subject, Some("sl-10"));
    assert_eq!(bench.psa.find("sl-1").await.unwrap(), []);
    let made = bench.psa.create(&draft("sl-1")).await.unwrap();
    let found = bench.psa.find("sl-1").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, made.id);
    for _ in 0..20 {
        bench
            .simulator
            .person_creates(COMPANIES[0], "Printer", None);
    }
    let found = bench.psa.find("sl-2").await;
    assert!(matches!(found, Err(PsaError::Garbled(_))), "{found:?}");
}

#[tokio::test]
async fn halo_names_what_it_lacks() {
    let simulator = Simulator::start(Kind::Halo).await;
    let right = || bench::halo(simulator.url.clone());
    let mut kind = right();
    kind.ticket_type = 404;
    let mut status = right();
    status.closed_statuses.push(77);
    for (settings, words) in [(kind, ["ticket type", "404"]), (status, ["status", "77"])] {
        refused_for(
            Halo::new(patient(), settings).unwrap().check().await,
            &words,
        );
    }
    let mut none = right();
    none.closed_statuses.clear();
    refused_for(Halo::new(patient(), none).map(drop), &["closes"]);
}

#[tokio::test]
async fn autotask_names_all_that_it_lacks() {
    let simulator = Simulator::start(Kind::Autotask).await;
    let mut settings = bench::autotask(simulator.url.clone());
    settings.queue = 1;
    settings.priorities.high = 99;
    settings.closed_statuses = vec![55];
    let checked = Autotask::new(patient(), settings).unwrap().check().await;
    refused_for(checked, &["queueID 1", "priority 99", "status 55"]);
}

#[tokio::test]
async fn autotask_s_last_calls_of_the_hour_are_left_to_others() {
    let bench = Bench::start(Kind::Autotask).await;
    assert!(u64::from(bench.psa.limits().calls_per_hour) * 5 <= simulators::autotask::CALLS_MAX);
    bench
        .simulator
        .others_called(simulators::autotask::CALLS_MAX / 10 * 9);
    let checked = bench.psa.check().await;
    assert!(matches!(checked, Err(PsaError::Busy { .. })), "{checked:?}");
}

#[tokio::test]
async fn a_ticket_of_autotask_has_the_number_that_people_use() {
    let bench = Bench::start(Kind::Autotask).await;
    let made = bench.psa.create(&draft("sl-1")).await.unwrap();
    assert_eq!(made.number, "T20260407.0001");
    assert_eq!(bench.psa.read("1").await.unwrap().status, "New");
}
