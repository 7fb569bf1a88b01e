//! Authentication against a real Postgres, as the roles that do it.
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a test should fail the test"
)]

use std::collections::BTreeSet;

use axum::{Router, body::Body, extract::FromRef, middleware::from_fn_with_state, routing::get};
use deadpool_postgres::{Manager, Pool};
use domain::{
    access::Actor,
    ids::{CompanyId, PersonId, TenantId, TokenId},
};
use embedded::testing::{self, TestDatabase};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls, error::SqlState};
use tower::ServiceExt;
use uuid::Uuid;
use web::{
    access::{AuthError, Authenticated, Authenticator, alongside, migrate},
    rate_limit::Rate,
    token::TokenText,
};

const TENANT: Uuid = Uuid::from_u128(0xa);
const TOKEN: TokenId = TokenId(Uuid::from_u128(0xb));

struct Fixture {
    database: TestDatabase,
    owner: Client,
}

impl Fixture {
    async fn new() -> Self {
        let database = testing::postgres()
            .database("web", async |config| {
                let (mut client, connection) = config.connect(NoTls).await.unwrap();
                let connection = tokio::spawn(connection);
                event_log::migrate(&mut client).await.unwrap();
                migrate(&mut client).await.unwrap();
                drop(client);
                connection.await.unwrap().unwrap();
            })
            .await;
        let owner = connect(database.owner_config()).await;
        Self { database, owner }
    }

    fn pool(&self, role: &str) -> Pool {
        let manager = Manager::new(self.database.config(role), NoTls);
        Pool::builder(manager).max_size(2).build().unwrap()
    }

    fn authenticator(&self) -> Authenticator {
        Authenticator::new(self.pool("seatledger_query"))
    }

    async fn role(&self, role: &str) -> Client {
        connect(self.database.config(role)).await
    }

    /// Appends an event to the token's stream, behind the back of everything that keeps it in order.
    async fn append(&self, kind: &str, payload: &Value) {
        self.owner
            .execute(
                include_str!("append.sql"),
                &[&TENANT, &TOKEN.0, &Uuid::now_v7(), &kind, &payload],
            )
            .await
            .unwrap();
    }

    async fn issue(&self) -> TokenText {
        self.issue_with(json!({})).await
    }

    /// Issues a token to a person, with some of the payload replaced.
    async fn issue_with(&self, replaced: Value) -> TokenText {
        let text = TokenText::generate(TOKEN, [7; 32]);
        let mut payload = json!({
            "person_id": Uuid::from_u128(0xc), "integration": null, "label": "Ada's laptop",
            "secret_sha256": text.secret_sha256(), "companies": null, "may_reveal": false, "administer": true,
        });
        for (key, value) in replaced.as_object().unwrap() {
            payload[key] = value.clone();
        }
        self.append("TokenIssued", &payload).await;
        text
    }
}

async fn connect(config: tokio_postgres::Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn a_token_yields_its_principal_to_command_and_query() {
    let fixture = Fixture::new().await;
    let token = fixture.issue().await;
    for role in ["seatledger_command", "seatledger_query"] {
        let authenticator = Authenticator::new(fixture.pool(role));
        let principal = authenticator.authenticate(token.expose()).await.unwrap();
        assert_eq!(principal.tenant, TenantId(TENANT));
        assert_eq!(principal.token, TOKEN);
        assert_eq!(
            principal.actor,
            Actor::Person(PersonId(Uuid::from_u128(0xc)))
        );
        assert_eq!(
            (principal.may_reveal, principal.may_administer),
            (false, true)
        );
        assert_eq!(principal.companies, None);
    }
}

#[tokio::test]
async fn an_integration_may_be_limited_to_companies() {
    let fixture = Fixture::new().await;
    let company = Uuid::from_u128(0xd);
    let token = fixture
        .issue_with(json!({"person_id": null, "integration": "RMM", "companies": [company], "may_reveal": true, "unheard_of": 1}))
        .await;
    let principal = fixture
        .authenticator()
        .authenticate(token.expose())
        .await
        .unwrap();
    assert_eq!(principal.actor, Actor::Integration("RMM".to_owned()));
    assert_eq!(
        principal.companies,
        Some(BTreeSet::from([CompanyId(company)]))
    );
    assert!(principal.may_reveal);
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_token_and_a_revoked_one_are_refused_alike() {
    let fixture = Fixture::new().await;
    let token = fixture.issue().await;
    let authenticator = fixture.authenticator();
    let wrong = TokenText::generate(TOKEN, [8; 32]);
    let unknown = TokenText::generate(TokenId(Uuid::from_u128(0xbb)), [7; 32]);
    for text in [wrong, unknown] {
        let refused = authenticator.authenticate(text.expose()).await;
        assert!(matches!(refused, Err(AuthError::Invalid)), "{refused:?}");
    }
    assert!(authenticator.authenticate(token.expose()).await.is_ok());
    fixture.append("SecretRevealed", &json!({})).await;
    fixture.append("TokenRevoked", &json!({})).await;
    let refused = authenticator.authenticate(token.expose()).await;
    assert!(matches!(refused, Err(AuthError::Invalid)), "{refused:?}");
}

#[tokio::test]
async fn a_service_that_remembers_believes_a_token_for_a_while_but_never_a_wrong_secret() {
    let fixture = Fixture::new().await;
    let token = fixture.issue().await;
    let authenticator = Authenticator::new(fixture.pool("seatledger_command")).remembering();
    authenticator.authenticate(token.expose()).await.unwrap();
    fixture.append("TokenRevoked", &json!({})).await;
    assert!(
        authenticator.authenticate(token.expose()).await.is_ok(),
        "its decisions look again"
    );
    let wrong = TokenText::generate(TOKEN, [8; 32]);
    assert!(authenticator.authenticate(wrong.expose()).await.is_err());
}

#[tokio::test]
async fn an_issue_that_cannot_be_read_lets_nobody_in() {
    for replaced in [json!({"may_reveal": "yes"}), json!({"person_id": null})] {
        let fixture = Fixture::new().await;
        let token = fixture.issue_with(replaced).await;
        let refused = fixture.authenticator().authenticate(token.expose()).await;
        assert!(
            matches!(refused, Err(AuthError::Unreadable(..))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn an_event_of_another_kind_is_no_token() {
    let fixture = Fixture::new().await;
    let text = TokenText::generate(TOKEN, [7; 32]);
    fixture
        .append(
            "AssetRegistered",
            &json!({"secret_sha256": text.secret_sha256()}),
        )
        .await;
    let refused = fixture.authenticator().authenticate(text.expose()).await;
    assert!(matches!(refused, Err(AuthError::Invalid)), "{refused:?}");
}

#[derive(Clone)]
struct State(Authenticator);

impl FromRef<State> for Authenticator {
    fn from_ref(state: &State) -> Self {
        state.0.clone()
    }
}

async fn get_with(
    authenticator: Authenticator,
    authorization: &[&str],
) -> (StatusCode, http::HeaderMap, Value) {
    let router = Router::new()
        .route(
            "/",
            get(async |Authenticated(principal): Authenticated| principal.tenant.0.to_string()),
        )
        .route_layer(from_fn_with_state(authenticator.clone(), alongside))
        .with_state(State(authenticator));
    let mut request = Request::get("/");
    for value in authorization {
        request = request.header(header::AUTHORIZATION, *value);
    }
    let response = router
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    (
        parts.status,
        parts.headers,
        serde_json::from_slice(&body).unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_token_that_was_seen_before_is_confirmed_before_anything_is_answered() {
    let fixture = Fixture::new().await;
    let token = fixture.issue().await;
    let authenticator = fixture.authenticator().confirming();
    let bearer = format!("Bearer {}", token.expose());
    let forged = TokenText::generate(TOKEN, [8; 32]);
    let forged = format!("Bearer {}", forged.expose());
    for (authorization, expected) in [
        (&bearer, StatusCode::OK),
        (&bearer, StatusCode::OK),
        (&forged, StatusCode::UNAUTHORIZED),
        (&bearer, StatusCode::OK),
    ] {
        let (status, ..) = get_with(authenticator.clone(), &[authorization]).await;
        assert_eq!(status, expected);
    }
    fixture.append("TokenRevoked", &json!({})).await;
    for _ in 0..2 {
        let (status, _, problem) = get_with(authenticator.clone(), &[&bearer]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{problem}");
    }
}

#[tokio::test]
async fn a_route_answers_401_unless_one_valid_bearer_token_comes() {
    let fixture = Fixture::new().await;
    let token = fixture.issue().await;
    let bearer = format!("Bearer {}", token.expose());
    let unknown = TokenText::generate(TokenId(Uuid::nil()), [7; 32]);
    let unknown = format!("Bearer {}", unknown.expose());
    for (authorization, said) in [
        (&[][..], "is needed"),
        (&["Bearer"], "is needed"),
        (&["Basic YTpi"], "is needed"),
        (&[token.expose()], "is needed"),
        (&[&bearer, &bearer], "is needed"),
        (&["Bearer slt_x"], "not the text of a token"),
        (&[&unknown], "is not valid"),
    ] {
        let (status, headers, problem) = get_with(fixture.authenticator(), authorization).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{authorization:?}");
        assert!(
            headers[header::WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .starts_with("Bearer")
        );
        assert_eq!(problem["type"], "/problems/unauthorized");
        assert!(
            problem["detail"].as_str().unwrap().contains(said),
            "{authorization:?}: {problem}"
        );
    }
    for valid in [bearer.as_str(), &bearer.replace("Bearer", "bearer")] {
        let (status, ..) = get_with(fixture.authenticator(), &[valid]).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_that_asks_too_often_waits_and_a_stranger_cannot_use_up_its_rate() {
    let fixture = Fixture::new().await;
    let token = fixture.issue().await;
    let rate = Rate {
        per_second: 0.1,
        burst: 2.0,
    };
    let authenticator = Authenticator::new(fixture.pool("seatledger_query")).limited_to(rate);
    let wrong = TokenText::generate(TOKEN, [8; 32]);
    for _ in 0..5 {
        assert!(authenticator.authenticate(wrong.expose()).await.is_err());
    }
    let bearer = format!("Bearer {}", token.expose());
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(get_with(authenticator.clone(), &[&bearer]).await);
    }
    let statuses: Vec<_> = answers.iter().map(|answer| answer.0.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let wait: u64 = answers[2].1[header::RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert_eq!(answers[2].2["type"], "/problems/rate-limited");
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_503_without_its_address() {
    let mut config = tokio_postgres::Config::new();
    config.host_path("/nonexistent").user("nobody");
    let pool = Pool::builder(Manager::new(config, NoTls)).build().unwrap();
    let authenticator = Authenticator::new(pool);
    let token = TokenText::generate(TOKEN, [7; 32]);
    let bearer = format!("Bearer {}", token.expose());
    let (status, headers, problem) = get_with(authenticator, &[&bearer]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key(header::RETRY_AFTER));
    assert!(!problem.to_string().contains("nonexistent"), "{problem}");
}

#[tokio::test]
async fn people_are_seen_and_kept_within_their_tenant_alone() {
    let fixture = Fixture::new().await;
    let (ours, theirs) = (TENANT, Uuid::from_u128(0xf));
    let mut command = fixture.role("seatledger_command").await;
    let insert = "insert into access.person (tenant_id, person_id, name, email) values ($1, $2, 'Ada', 'ada@example.com')";

    let transaction = command.transaction().await.unwrap();
    let setting = format!("set local app.tenants = '{ours},{theirs}'");
    transaction.batch_execute(&setting).await.unwrap();
    for tenant in [ours, theirs] {
        transaction
            .execute(insert, &[&tenant, &Uuid::now_v7()])
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();

    let transaction = command.transaction().await.unwrap();
    transaction
        .batch_execute(&format!("set local app.tenants = '{ours}'"))
        .await
        .unwrap();
    let erased = transaction
        .execute(
            "update access.person set name = '', email = '', erased_at = now()",
            &[],
        )
        .await;
    assert_eq!(erased.unwrap(), 1, "only ours");
    let refused = transaction
        .execute(insert, &[&theirs, &Uuid::now_v7()])
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    drop(transaction);

    let mut query = fixture.role("seatledger_query").await;
    let transaction = query.transaction().await.unwrap();
    transaction
        .batch_execute(&format!("set local app.tenant = '{theirs}'"))
        .await
        .unwrap();
    let rows = transaction
        .query("select tenant_id from access.person", &[])
        .await
        .unwrap();
    assert_eq!(
        rows.iter()
            .map(|row| row.get::<_, Uuid>(0))
            .collect::<Vec<_>>(),
        [theirs]
    );
    transaction.commit().await.unwrap();
    // The pooled session now has an empty setting: that must fail, not show nothing or everything.
    assert!(query.query("select from access.person", &[]).await.is_err());
    assert!(
        command
            .execute("delete from access.person", &[])
            .await
            .is_err()
    );
}

#[tokio::test]
async fn only_command_and_query_may_look_tokens_up() {
    let fixture = Fixture::new().await;
    fixture.issue().await;
    for role in ["relay", "projector", "vault", "janitor"] {
        let client = fixture.role(&format!("seatledger_{role}")).await;
        let refused = client
            .query("select access.authenticate($1)", &[&TOKEN.0])
            .await
            .unwrap_err();
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{role}"
        );
    }
}

#[tokio::test]
async fn the_wall_between_tenants_stands_and_migrating_again_as_migrator_changes_nothing() {
    let fixture = Fixture::new().await;
    let breaches = event_log::breaches(
        &fixture.owner,
        &["log.event_pkey", "log.event_stream_id_version_key"],
    )
    .await
    .unwrap();
    assert_eq!(breaches, Vec::<String>::new());
    let mut migrator = fixture.role("seatledger_migrator").await;
    migrate(&mut migrator).await.unwrap();
}

#[tokio::test]
async fn the_migrator_can_make_the_schema_itself() {
    // Not from a template: a clone does not keep what was granted on the database itself.
    let database = testing::postgres().empty_database().await;
    let mut superuser = connect(database.owner_config()).await;
    event_log::migrate(&mut superuser).await.unwrap();
    let mut migrator = connect(database.config("seatledger_migrator")).await;
    migrate(&mut migrator).await.unwrap();
    let owner = "select relowner::regrole::text from pg_class where relnamespace = 'access'::regnamespace and relkind = 'r'";
    for row in migrator.query(owner, &[]).await.unwrap() {
        assert_eq!(row.get::<_, &str>(0), "seatledger_owner");
    }
}
