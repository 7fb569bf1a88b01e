use std::sync::atomic::{AtomicBool, Ordering};

use crate::{facts::Account, stage::Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reads_go_on_while_the_models_are_rebuilt() {
    let account = Account::new("Ours");
    let (mut stage, token) = Stage::with(&account).await;
    let mut facts = vec![account.company("Contoso")];
    for at in 0..50 {
        facts.extend(
            account
                .license("Contoso", &format!("Product {at}"))
                .seats(5, 9),
        );
    }
    stage.record(&account, facts).await;
    let done = AtomicBool::new(false);
    let asset = format!("/v1/assets/{}", account.id("Product 1"));
    let targets = [
        "/v1/assets",
        "/v1/compliance",
        "/v1/tags",
        "/v1/audit-trail",
        &asset,
    ];
    let readers = targets.map(|target| {
        let (stage, token, done) = (&stage, &token, &done);
        async move {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let answer = stage.get(token, target).await;
                assert_eq!(answer.status, 200, "{target}: {}", answer.text);
                reads += 1;
            }
            reads
        }
    });
    let rebuilds = async {
        for _ in 0..5 {
            stage.rebuild().await;
        }
        done.store(true, Ordering::Relaxed);
    };
    let (reads, ()) = tokio::join!(futures_util::future::join_all(readers), rebuilds);
    assert!(reads.into_iter().all(|reads| reads > 10));
}
