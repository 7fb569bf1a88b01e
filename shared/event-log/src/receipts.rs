use tokio_postgres::{Client, Error};

/// Receipts deleted by one statement: few enough to stay far below the janitor's statement timeout.
const SWEEP_ROWS: i64 = 5_000;

/// Deletes, as the janitor, the receipts that are older than 24 hours (the database's policy says
/// which those are), and answers how many there were.
///
/// # Errors
/// If the database fails; what was deleted until then stays deleted.
pub async fn sweep_receipts(client: &Client) -> Result<u64, Error> {
    let mut swept = 0;
    loop {
        let rows = client
            .execute(include_str!("sql/sweep_receipts.sql"), &[&SWEEP_ROWS])
            .await?;
        swept += rows;
        if rows < SWEEP_ROWS.unsigned_abs() {
            return Ok(swept);
        }
    }
}
