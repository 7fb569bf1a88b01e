//! How many imports of an account there are, and for how long.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    imports::csv,
    stage::{Stage, pool},
};

/// What an account may have that has not ended.
const OPEN_MAX: usize = 5;

const FILE: &str = "company,Product Name\nContoso,Slack\n";

/// A stage on which nobody works on imports, and the database's owner.
async fn stage_at_rest() -> (Stage, deadpool_postgres::Client) {
    let stage = Stage::new().await;
    stage.license_type().await;
    let owner = pool(&stage.database, "postgres").get().await.unwrap();
    owner
        .batch_execute("alter function job.take(uuid, integer) rename to take_later")
        .await
        .unwrap();
    (stage, owner)
}

/// One after the other: only a few files are read at a time.
async fn uploaded(stage: &Stage, jobs: usize) -> Vec<Uuid> {
    let mut uploaded = Vec::new();
    for _ in 0..jobs {
        let reply = csv(stage, "on_missing_company=create", FILE).await;
        uploaded.push(reply.job());
    }
    uploaded
}

#[tokio::test]
async fn of_two_uploads_at_once_only_one_is_taken_on_if_one_more_may_be_open() {
    let (stage, owner) = stage_at_rest().await;
    uploaded(&stage, OPEN_MAX - 1).await;
    // Whoever counts before the other has been counted counts too few.
    owner
        .batch_execute(
            "create function job.linger() returns trigger language plpgsql
                 as 'begin perform pg_sleep(0.3); return new; end';
             create trigger linger before insert on job.import for each row execute function job.linger()",
        )
        .await
        .unwrap();
    let upload = || csv(&stage, "on_missing_company=create", FILE);
    let replies = [upload(), upload()];
    let mut statuses: Vec<u16> = join_all(replies)
        .await
        .iter()
        .map(|reply| reply.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 429]);
    let kept =
        "select (select count(*) from job.import), (select count(distinct job_id) from job.chunk)";
    let row = owner.query_one(kept, &[]).await.unwrap();
    let kept = (row.get::<_, i64>(0), row.get::<_, i64>(1));
    assert_eq!(kept, (5, 5), "nothing is left of the one that was refused");
}

#[tokio::test]
async fn only_imports_that_ended_long_ago_are_forgotten() {
    let (stage, owner) = stage_at_rest().await;
    // State, days since it was sent, days since it ended; whether it is still there.
    let cases = [
        ("queued", 40, None, true),
        ("running", 40, None, true),
        ("done", 40, Some(40), false),
        ("failed", 40, Some(31), false),
        ("cancelled", 40, Some(29), true),
    ];
    let jobs = uploaded(&stage, cases.len()).await;
    for (job, (state, sent, ended, _)) in jobs.iter().zip(cases) {
        let change =
            "update job.import set state = $2, created_at = now() - make_interval(days => $3),
            ended_at = now() - make_interval(days => $4) where job_id = $1";
        owner
            .execute(change, &[job, &state, &sent, &ended])
            .await
            .unwrap();
    }
    let new = uploaded(&stage, 1).await[0];
    let listed = stage.ask(Method::GET, "/v1/jobs").send().await;
    let listed: Vec<&Value> = listed.body["items"].as_array().unwrap().iter().collect();
    let is_listed = |job: &Uuid| listed.iter().any(|item| item["job_id"] == job.to_string());
    assert!(is_listed(&new));
    for (job, (state, _, ended, stays)) in jobs.iter().zip(cases) {
        assert_eq!(is_listed(job), stays, "{state}, {ended:?}");
        let chunks = "select count(*) from job.chunk where job_id = $1";
        let chunks: i64 = owner.query_one(chunks, &[job]).await.unwrap().get(0);
        assert_eq!(chunks > 0, stays, "{state}, {ended:?}");
    }
}
