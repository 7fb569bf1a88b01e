use std::time::Duration;

/// The first wait after trouble: a conflict or a restart may be over at once.
const FIRST: Duration = Duration::from_millis(50);
/// The longest wait: trouble that is over shall be noticed soon.
const LONGEST: Duration = Duration::from_secs(5);

/// How long to wait before the next try: twice as long each time, until something works again.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(crate) async fn wait(&mut self) {
        let wait = FIRST
            .saturating_mul(1 << self.failures.min(10))
            .min(LONGEST);
        self.failures += 1;
        tokio::time::sleep(wait).await;
    }

    pub(crate) fn worked(&mut self) {
        self.failures = 0;
    }
}
