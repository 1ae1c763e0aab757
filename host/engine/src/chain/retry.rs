//! Repeats steps that the store refuses, or that it is unavailable for.
//!
//! Guarantee: a refused step is tried three times, with pauses. A refusal may be over soon (a
//! server without memory, a disk that was full). One that is not would be repeated without end. A
//! step of an unavailable store is tried for as long as a run may be without contact, so that an
//! outage repeats no run. The hold of the run keeps it from beginning anything else meanwhile.

use std::time::Duration;

use tokio::time::Instant;

use super::hold::MAX_OUTAGE;
use vconduit_store::StoreError;

/// Pauses before the second and the third try. Together they are far shorter than a lease.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// Pause before the next try of a step that the store was unavailable for. The store has waited
/// for itself already.
const OUTAGE_PAUSE: Duration = Duration::from_millis(500);

/// The tries of one step.
pub(super) struct Tries {
    pauses: std::array::IntoIter<Duration, 2>,
    begun: Instant,
}

impl Tries {
    pub fn new() -> Self {
        Self {
            pauses: PAUSES.into_iter(),
            begun: Instant::now(),
        }
    }

    /// Waits until the next try.
    ///
    /// # Errors
    /// The error itself, after the last try.
    pub async fn wait(&mut self, error: StoreError) -> Result<(), StoreError> {
        let pause = match error {
            StoreError::Refused { .. } => self.pauses.next(),
            StoreError::Unavailable(_) => (self.begun.elapsed() < MAX_OUTAGE).then_some(OUTAGE_PAUSE),
            StoreError::InUse { .. } => None,
        };
        let Some(pause) = pause else {
            return Err(error);
        };
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Returns the result of a step of the store, an expression that is evaluated for each try. Returns
/// from the function with the error of the last try.
macro_rules! persistently {
    ($step:expr) => {{
        let mut tries = $crate::chain::retry::Tries::new();
        loop {
            match $step.await {
                Ok(value) => break value,
                Err(error) => tries.wait(error).await?,
            }
        }
    }};
}
pub(super) use persistently;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn refused() -> StoreError {
        StoreError::Refused {
            operation: "finish",
            reason: "OOM".to_owned(),
        }
    }

    fn unavailable() -> StoreError {
        StoreError::Unavailable("127.0.0.1:1".to_owned())
    }

    async fn persist(tries: &Cell<u32>, failures: u32, error: fn() -> StoreError) -> Result<(), StoreError> {
        let step = async || {
            tries.set(tries.get() + 1);
            if tries.get() > failures { Ok(()) } else { Err(error()) }
        };
        persistently!(step());
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_step_is_tried_three_times() {
        for (refusals, expected, is_done) in [(0, 1, true), (2, 3, true), (3, 3, false)] {
            let tries = Cell::new(0);
            let result = persist(&tries, refusals, refused).await;
            assert_eq!(
                (tries.get(), result.is_ok()),
                (expected, is_done),
                "{refusals} refusals"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_of_an_unavailable_store_is_tried_until_the_store_is_back() {
        let (tries, begun) = (Cell::new(0), Instant::now());
        assert!(persist(&tries, 70, unavailable).await.is_ok(), "after 35 s it is back");
        assert_eq!((tries.get(), begun.elapsed()), (71, Duration::from_secs(35)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_without_end_ends_the_step() {
        let (tries, begun) = (Cell::new(0), Instant::now());
        assert!(persist(&tries, u32::MAX, unavailable).await.is_err());
        assert_eq!(begun.elapsed(), MAX_OUTAGE);
    }
}
