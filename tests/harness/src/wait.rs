//! Waiting for something to become true.

use std::future::Future;
use std::time::{Duration, Instant};

/// Generous: the machine may be busy, and nothing is decided by how long something takes.
pub const SOON: Duration = Duration::from_secs(120);

/// Asks again and again until the answer is something; fails with `what` after `at_most`.
///
/// # Panics
/// When it does not become true in time.
pub async fn eventually<T, F, Fut>(what: &str, at_most: Duration, mut ask: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let end = Instant::now() + at_most;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "not within {at_most:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
