use tokio_postgres::{Client, Error};

/// What is wrong with the wall between tenants, in this database's catalog, one sentence each; empty if
/// it stands. Every table with a `tenant_id`, in whatever schema, must have row-level security enabled
/// and forced, a policy for every role that has a grant and for no other, and unique keys that start
/// with the tenant.
///
/// `excepted_keys` names unique indexes (`schema.index`) that may start otherwise.
///
/// # Errors
/// If the catalog can't be read.
pub async fn breaches(client: &Client, excepted_keys: &[&str]) -> Result<Vec<String>, Error> {
    let rows = client
        .query(include_str!("sql/breaches.sql"), &[&excepted_keys])
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
