//! Repeats steps that the store refuses.
//!
//! Guarantee: a step is tried three times, with pauses. A refusal may be over soon (a server
//! without memory, a disk that was full); one that is not would be repeated without end.

use std::time::Duration;

use vconduit_store::StoreError;

/// Pauses before the second and the third try. Together they are far shorter than a lease.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// The tries of one step.
pub(super) struct Tries {
    pauses: std::array::IntoIter<Duration, 2>,
}

impl Tries {
    pub fn new() -> Self {
        Self {
            pauses: PAUSES.into_iter(),
        }
    }

    /// Waits until the next try.
    ///
    /// # Errors
    /// The error itself, after the last try of a refused step, or if it is of another kind: the
    /// store has its own retries for those.
    pub async fn wait(&mut self, error: StoreError) -> Result<(), StoreError> {
        let StoreError::Refused { .. } = error else {
            return Err(error);
        };
        let Some(pause) = self.pauses.next() else {
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

    async fn persist(tries: &Cell<u32>, refusals: u32) -> Result<(), StoreError> {
        let step = async || {
            tries.set(tries.get() + 1);
            if tries.get() > refusals { Ok(()) } else { Err(refused()) }
        };
        persistently!(step());
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_step_is_tried_three_times() {
        for (refusals, expected, is_done) in [(0, 1, true), (2, 3, true), (3, 3, false)] {
            let tries = Cell::new(0);
            let result = persist(&tries, refusals).await;
            assert_eq!(
                (tries.get(), result.is_ok()),
                (expected, is_done),
                "{refusals} refusals"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_error_is_returned_at_once() {
        let error = StoreError::Unavailable("127.0.0.1:1".to_owned());
        assert!(
            Tries::new().wait(error).await.is_err(),
            "the store has tried for long enough"
        );
    }
}
