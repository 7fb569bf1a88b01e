//! Poison, holes, rivals, broken connections.

use std::time::Duration;

use domain::Event;
use read_models::{Condition, Error, Model, conditions};

use crate::{
    history::{
        History, asset_registered, company_added, day, fact, id, license_fields, set,
        tenant_created, text, total, type_defined,
    },
    stage::{Stage, assert_same},
};

/// Two tenants with a license each, `good` and `bad`.
async fn two_tenants(stage: &mut Stage) {
    for name in ["good", "bad"] {
        let on = day("2026-02-01");
        let (tenant, license) = (id(name), id(&format!("{name} license")));
        let (asset_type, company) = (id(&format!("{name} type")), id(&format!("{name} company")));
        let facts = [
            tenant_created(tenant),
            company_added(company, "Contoso"),
            type_defined(asset_type, license_fields()),
            asset_registered(license, asset_type, company, on),
            total(license, on, None, 5),
        ];
        stage
            .append_all(facts.into_iter().map(|fact| (tenant, fact)).collect())
            .await;
    }
}

async fn entry_of(stage: &Stage, model: &str, tenant: &str) -> String {
    let sql = format!(
        "select entry from read.progress where model = '{model}' and tenant_id = '{}'",
        id(tenant)
    );
    stage.value(&sql).await.unwrap()
}

#[tokio::test]
async fn an_event_that_nobody_knows_halts_its_tenant_and_no_other() {
    let mut stage = Stage::built().await;
    two_tenants(&mut stage).await;
    let poison = stage.append_unknown(id("bad"), id("bad license")).await;
    for name in ["bad", "good"] {
        stage
            .append(
                id(name),
                total(
                    id(&format!("{name} license")),
                    day("2026-03-01"),
                    Some(5),
                    9,
                ),
            )
            .await;
    }
    for batch in [1, 100] {
        let mut live = stage.live(&Model::ALL).await;
        stage.follow(&mut live, batch).await;
        let halted: Vec<_> = live.halted().collect();
        assert_eq!(halted.len(), Model::ALL.len());
        assert!(halted.iter().all(|halted| halted.tenant == id("bad")));
        let reason = &halted[0].reason;
        assert!(
            reason.contains("AssetTeleported") && reason.contains(&format!("entry {poison}")),
            "{reason}"
        );
        assert_eq!(
            entry_of(&stage, "seats", "bad").await,
            (poison - 1).to_string()
        );
        assert_eq!(entry_of(&stage, "seats", "good").await, "6");
        let changes = "select string_agg(to_count::text, ',' order by to_count) from seats.change";
        assert_eq!(stage.value(changes).await.unwrap(), "5,5,9");
        // It stays halted when tried again, and a rebuild halts it just so.
        live.retry_halted().await.unwrap();
        assert_eq!(live.halted().count(), Model::ALL.len());
        stage.rebuild(&Model::ALL).await.unwrap();
        assert_eq!(
            entry_of(&stage, "seats", "bad").await,
            (poison - 1).to_string()
        );
        assert_eq!(stage.value(changes).await.unwrap(), "5,5,9");
    }
}

#[tokio::test]
async fn a_row_that_the_database_refuses_halts_its_tenant_in_that_model_alone() {
    let mut stage = Stage::built().await;
    two_tenants(&mut stage).await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 100).await;
    let refuse = "alter table register.asset add constraint refuse check (name <> 'poison')";
    stage.superuser.batch_execute(refuse).await.unwrap();
    for count in 6..1_500 {
        let name = if count % 2 == 0 { "good" } else { "bad" };
        let license = id(&format!("{name} license"));
        let poison = name == "bad" && (7..1_400).contains(&count);
        let product = if poison { "poison" } else { "Office" };
        stage
            .append(
                id(name),
                set(license, day("2026-02-02"), "Product", text(product)),
            )
            .await;
        if count > 20 && count < 1_480 {
            let ago = stage.record(id(name), &total(license, day("2026-02-01"), Some(5), count));
            stage.insert(vec![ago]).await;
        }
    }
    stage.follow(&mut live, 400).await;
    let halted: Vec<_> = live.halted().collect();
    assert_eq!(halted.len(), 1);
    assert_eq!(
        (halted[0].model, halted[0].tenant),
        (Model::Register, id("bad"))
    );
    assert!(halted[0].reason.contains("refuse"), "{}", halted[0].reason);
    assert_eq!(entry_of(&stage, "register", "bad").await, "5");
    let last = entry_of(&stage, "trail", "bad").await;
    let good = entry_of(&stage, "trail", "good").await;
    assert_eq!(entry_of(&stage, "register", "good").await, good);

    // Tried again at a start: in vain, and then not.
    live.retry_halted().await.unwrap();
    assert_eq!(live.halted().count(), 1);
    stage
        .superuser
        .batch_execute("alter table register.asset drop constraint refuse")
        .await
        .unwrap();
    let mut live = stage.live(&Model::ALL).await;
    live.retry_halted().await.unwrap();
    assert_eq!(live.halted().count(), 0);
    assert_eq!(entry_of(&stage, "register", "bad").await, last);
    stage
        .append(
            id("bad"),
            total(id("bad license"), day("2026-03-01"), Some(5), 77),
        )
        .await;
    stage.follow(&mut live, 100).await;
    let lived = stage.dump().await;
    stage.rebuild(&Model::ALL).await.unwrap();
    assert_same(&lived, &stage.dump().await, "live and rebuilt");
}

#[tokio::test]
async fn a_hole_and_another_ledger_are_refused() {
    let mut stage = Stage::built().await;
    two_tenants(&mut stage).await;
    let mut live = stage.live(&Model::ALL).await;
    let hole = live.apply(stage.events(2, 3).await).await;
    assert!(matches!(hole, Err(Error::Moved { .. })), "{hole:?}");
    stage.follow(&mut live, 4).await;
    let before = stage.dump().await;
    // The same sequences, other events: a log that was set back and written on.
    let mut forged = stage.events(8, 2).await;
    for event in &mut forged {
        event.event_id = id("forged");
    }
    let fork = live.apply(forged).await;
    assert!(matches!(fork, Err(Error::Moved { .. })), "{fork:?}");
    assert_same(&before, &stage.dump().await, "before and after");
}

#[tokio::test]
async fn a_checkpoint_of_another_log_means_to_build_anew() {
    let mut stage = Stage::built().await;
    two_tenants(&mut stage).await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 100).await;
    let found = |found: &[(Model, Condition)], condition| {
        found.iter().all(|(_, found)| *found == condition)
    };
    let pool = &stage.projector;
    let current = conditions(pool, pool, &Model::ALL).await.unwrap();
    assert!(found(&current, Condition::Current), "{current:?}");
    for (set, condition) in [
        ("event_id = gen_random_uuid()", Condition::Diverged),
        ("sequence = 10000", Condition::Diverged),
        ("structure = '0:old'", Condition::Outdated),
        ("structure = '999:new'", Condition::Newer),
    ] {
        stage
            .superuser
            .batch_execute(&format!("update read.checkpoint set {set}"))
            .await
            .unwrap();
        let conditions = conditions(pool, pool, &Model::ALL).await.unwrap();
        assert!(found(&conditions, condition), "{set}: {conditions:?}");
        stage.rebuild(&Model::ALL).await.unwrap();
        assert_eq!(stage.live(&Model::ALL).await.position(), 10);
    }
}

#[tokio::test]
async fn a_second_projector_waits_and_then_adds_nothing() {
    let mut stage = Stage::built().await;
    stage.append_all(History::new(3, 2).take(200)).await;
    let mut one = stage.live(&Model::ALL).await;
    let mut two = stage.live(&Model::ALL).await;
    let events = stage.events(0, 150).await;
    let (first, second) = tokio::join!(one.apply(events.clone()), two.apply(events));
    first.unwrap();
    second.unwrap();
    stage.follow(&mut two, 30).await;
    stage.follow(&mut one, 30).await;
    assert_eq!(
        stage
            .value("select count(*) from trail.entry")
            .await
            .unwrap(),
        "200"
    );
    let lived = stage.dump().await;
    stage.rebuild(&Model::ALL).await.unwrap();
    assert_same(&lived, &stage.dump().await, "live and rebuilt");
}

#[tokio::test]
async fn a_lost_connection_passes_and_loses_nothing() {
    let mut stage = Stage::built().await;
    stage.append_all(History::new(4, 2).take(120)).await;
    let mut live = stage.live(&Model::ALL).await;
    live.apply(stage.events(0, 60).await).await.unwrap();
    // Held up at the checkpoint, where it can be killed.
    let blocker = crate::stage::connect(&stage.config("postgres")).await;
    blocker
        .batch_execute("begin; select from read.checkpoint for update")
        .await
        .unwrap();
    let kill = async {
        let sql = "select pg_terminate_backend(pid) from pg_stat_activity
            where usename = 'seatledger_projector' and datname = current_database() and wait_event_type = 'Lock'";
        while stage.superuser.query(sql, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        blocker.batch_execute("rollback").await.unwrap();
    };
    let events = stage.events(60, 60).await;
    let (outcome, ()) = tokio::join!(live.apply(events.clone()), kill);
    let error = outcome.unwrap_err();
    assert!(error.passes(), "{error:?}");
    assert_eq!(live.position(), 60);
    // Tried again until it no longer passes, as a projector does: the pool may hold more connections that are gone.
    const TRIES_MAX: usize = 10;
    let mut tries = 0;
    while let Err(error) = live.apply(events.clone()).await {
        tries += 1;
        assert!(error.passes() && tries < TRIES_MAX, "{error:?}");
    }
    assert_eq!(live.halted().count(), 0);
    let lived = stage.dump().await;
    stage.rebuild(&Model::ALL).await.unwrap();
    assert_same(&lived, &stage.dump().await, "live and rebuilt");
}

#[tokio::test]
async fn a_token_s_stream_is_passed_over_without_being_folded() {
    let mut stage = Stage::built().await;
    two_tenants(&mut stage).await;
    let revoked = fact(id("token"), day("2026-02-01"), Event::TokenRevoked);
    stage.append(id("good"), revoked).await;
    let mut live = stage.live(&Model::ALL).await;
    stage.follow(&mut live, 100).await;
    let row = "select asset_id is null from trail.entry where event_type = 'TokenRevoked'";
    assert_eq!(stage.value(row).await.unwrap(), "true");
}
