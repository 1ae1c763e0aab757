//! Waits until a condition is true.

use std::future::Future;
use std::time::{Duration, Instant};

/// Longest wait in tests. It is generous: the machine may be busy, and no result depends on a
/// duration.
pub const SOON: Duration = Duration::from_secs(120);

/// Calls `ask` again and again until it returns something. Fails with `what` after `at_most`.
///
/// # Panics
/// When it returns nothing in time.
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
