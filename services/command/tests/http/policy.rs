use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn the_policy_is_set_as_a_whole() {
    let stage = Stage::new().await;
    let policy = json!({
        "min_spare_seats": 3, "spare_ratio_percent": 10, "lead_days": [30, 90, 30], "time_zone": "Europe/Berlin",
        "currency": "eur", "stale_after_days": 40, "typed_stale_after_days": 365, "shortage_after_hours": 0,
        "surplus_after_days": 90, "min_free_seats": 1, "muted": ["reveal_budget", "maintenance_ending"],
        "quiet_hours": { "from": "20:00", "until": "07:30", "weekends": true }
    });
    let set = stage.put("/v1/policy", policy.clone()).await.done();
    assert_eq!(set.version(), 1);
    assert_eq!(
        stage.put("/v1/policy", policy).await.done().version(),
        1,
        "an equal policy is no event"
    );
    let event = &stage.events(stage.tenant.policy_stream()).await[0];
    assert_eq!(
        event.payload,
        r#"{"policy":{"min_spare_seats":3,"spare_ratio_percent":10,"stale_after_days":40,"typed_stale_after_days":365,"lead_days":[90,30],"shortage_after_hours":0,"surplus_after_days":90,"min_free_seats":1,"muted":["maintenance_ending","reveal_budget"],"quiet_hours":{"from":"20:00:00","until":"07:30:00","weekends":true},"time_zone":"Europe/Berlin","currency":"EUR"}}"#
    );
    stage.put("/v1/policy", json!({})).await.done();
    assert!(
        stage.events(set.id()).await[1]
            .payload
            .contains(r#""lead_days":[60]"#)
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_policy_is_said() {
    let stage = Stage::new().await;
    let words = json!({
        "time_zone": "Mars/Olympus", "currency": "dollars", "muted": ["expiry"],
        "quiet_hours": { "from": "8 pm", "until": "24:00" }
    });
    assert_eq!(
        stage.put("/v1/policy", words).await.invalid_fields(),
        [
            "currency",
            "muted",
            "quiet_hours.from",
            "quiet_hours.until",
            "time_zone"
        ]
    );
    let never = json!({ "quiet_hours": { "from": "20:00", "until": "20:00" } });
    let never = stage.put("/v1/policy", never).await;
    assert_eq!(never.invalid_fields(), ["quiet_hours.until"]);
    let numbers = json!({
        "min_spare_seats": -1, "spare_ratio_percent": 101, "lead_days": [0], "stale_after_days": 3651,
        "typed_stale_after_days": 0, "shortage_after_hours": -1, "surplus_after_days": 731, "min_free_seats": -1
    });
    let invalid = stage.put("/v1/policy", numbers).await.invalid_fields();
    assert_eq!(
        invalid,
        [
            "lead_days",
            "min_free_seats",
            "min_spare_seats",
            "shortage_after_hours",
            "spare_ratio_percent",
            "stale_after_days",
            "surplus_after_days",
            "typed_stale_after_days"
        ]
    );
    for days in [json!(-1), json!(u64::from(u32::MAX) + 36)] {
        let body = json!({ "stale_after_days": days });
        assert_eq!(
            stage.put("/v1/policy", body).await.invalid_fields(),
            ["stale_after_days"]
        );
    }
}
