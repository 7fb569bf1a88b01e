//! The write side as other services reach it.

use chrono::TimeDelta;
use contract::{Commands, NotDone};
use domain::{
    Command, Refusal,
    command::Review,
    ids::{AlertId, AssetId},
};
use uuid::Uuid;

use crate::stage::Stage;

#[tokio::test]
async fn what_services_find_is_carried_out_as_seatledger_itself_at_the_writers_time() {
    let stage = Stage::new().await;
    let license = stage.license(serde_json::json!({ "total_seats": 1 })).await;
    let length = stage.log_length().await;
    let review = Command::ReviewAlerts {
        of: Review::Asset(AssetId(license)),
        recorded_at: None,
    };
    let port: &dyn Commands = &stage.state;
    let entry = port.submit(stage.tenant, review).await.unwrap();
    assert!(entry > 0, "the entry that the ledger had reached");
    let before = port.now();
    stage.pass(3_600);
    let passed = port.now() - before;
    assert!((TimeDelta::minutes(59)..TimeDelta::minutes(61)).contains(&passed));

    let none = Command::AcknowledgeAlert {
        id: AlertId(Uuid::now_v7()),
    };
    let refused = port.submit(stage.tenant, none).await;
    assert!(matches!(
        refused,
        Err(NotDone::Refused(Refusal::NotFound(_)))
    ));
    assert_eq!(stage.log_length().await, length);
}
