//! Saves dead letters of storages by itself, once a storage works again.
//!
//! Guarantee: a storage that keeps failing gets one letter a round, and rounds become rarer, down
//! to one an hour. A storage that hangs does not delay the others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::storage_letters::{Replay, ReplayError, StorageLetters};
use vconduit_base::names::StorageName;

/// Letters of one replay. Between two replays the lock is free for a client of the API.
const AT_A_TIME: u64 = 100;
/// Longest pause between two rounds of a storage that keeps failing.
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// The retry worker of a host.
pub struct StorageRetry {
    letters: Arc<StorageLetters>,
    /// Time between two rounds of a storage that works.
    period: Duration,
}

/// State of one storage.
struct Rounds {
    /// Time of the next round.
    due: Instant,
    /// Pause after the last round that got nowhere. Absent after one that did.
    pause: Option<Duration>,
    stuck: Option<Stuck>,
    is_running: bool,
}

/// Letters that stay for want of a document. They are not read again in each round.
#[derive(Clone, Copy)]
struct Stuck {
    letters: u64,
    /// Time of the last look at their documents.
    seen: Instant,
}

/// Outcome of a round.
enum Round {
    /// There were no letters, or all are done, or another replay is running.
    Done,
    /// The storage failed, or the store did.
    Failed,
    /// These letters stay, and there are no others.
    Stuck(Stuck),
}

impl StorageRetry {
    /// Makes the worker. `period` is the time between two rounds.
    #[must_use]
    pub fn new(letters: Arc<StorageLetters>, period: Duration) -> Self {
        Self { letters, period }
    }

    /// Works until it is dropped.
    pub fn run(self) -> BoxFuture<'static, ()> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.work().boxed()
    }

    async fn work(self) {
        let mut storages: BTreeMap<StorageName, Rounds> = BTreeMap::new();
        let mut running = JoinSet::new();
        // A host that has just started waits too, so that a crash loop is no load on a storage.
        let mut next = Instant::now() + self.period;
        loop {
            tokio::select! {
                Some(ended) = running.join_next() => match ended {
                    Ok((name, round)) => self.ended(&mut storages, &name, &round),
                    Err(error) => {
                        tracing::error!(%error, "a round of the retry worker ended with a panic");
                        storages.values_mut().for_each(|rounds| rounds.is_running = false);
                    }
                },
                () = sleep_until(next) => self.start(&mut storages, &mut running),
            }
            let idle = storages.values().filter(|rounds| !rounds.is_running);
            let soonest = idle.map(|rounds| rounds.due).min();
            // New storages of the configuration are seen within a period.
            let latest = Instant::now() + self.period;
            next = soonest.map_or(latest, |due| due.min(latest));
        }
    }

    /// Starts the rounds that are due.
    fn start(&self, storages: &mut BTreeMap<StorageName, Rounds>, running: &mut JoinSet<(StorageName, Round)>) {
        let (now, known) = (Instant::now(), self.letters.storages());
        storages.retain(|name, rounds| rounds.is_running || known.contains(name));
        for name in known {
            let rounds = storages.entry(name.clone()).or_insert(Rounds {
                due: now,
                pause: None,
                stuck: None,
                is_running: false,
            });
            if !rounds.is_running && rounds.due <= now {
                rounds.is_running = true;
                let (letters, stuck) = (self.letters.clone(), rounds.stuck);
                running.spawn(async move {
                    let round = round(&letters, &name, stuck).await;
                    (name, round)
                });
            }
        }
    }

    /// Plans the next round of a storage.
    fn ended(&self, storages: &mut BTreeMap<StorageName, Rounds>, name: &StorageName, round: &Round) {
        let Some(rounds) = storages.get_mut(name) else {
            return;
        };
        rounds.is_running = false;
        rounds.stuck = None;
        rounds.pause = match round {
            Round::Done => None,
            Round::Failed => Some(longer(rounds.pause, self.period)),
            Round::Stuck(stuck) => {
                rounds.stuck = Some(*stuck);
                None
            }
        };
        rounds.due = Instant::now() + rounds.pause.unwrap_or(self.period);
    }
}

/// Returns the pause after a failure: the period at first, then twice the last one.
fn longer(last: Option<Duration>, period: Duration) -> Duration {
    last.map_or(period, |last| last.saturating_mul(2))
        .min(MAX_PAUSE.max(period))
}

/// Replays the letters of a storage until there are none, or one fails.
async fn round(letters: &StorageLetters, storage: &StorageName, stuck: Option<Stuck>) -> Round {
    // Somebody may have posted their vCons again, so they are read again from time to time.
    let stuck = stuck.filter(|stuck| stuck.seen.elapsed() < MAX_PAUSE);
    loop {
        match letters.depth(storage).await {
            Ok(0) => return Round::Done,
            Ok(depth) => match stuck {
                Some(stuck) if stuck.letters == depth => return Round::Stuck(stuck),
                _ => {}
            },
            Err(error) => return failed(storage, &error),
        }
        let replay = match letters.replay_alone(storage, AT_A_TIME).await {
            Ok(replay) => replay,
            Err(ReplayError::Running(_)) => return Round::Done,
            Err(error) => return failed(storage, &error),
        };
        replay.log(storage);
        match replay {
            Replay { failure: Some(_), .. } => return Round::Failed,
            Replay { written: AT_A_TIME, .. } => {}
            Replay { skipped: 0, .. } => return Round::Done,
            Replay { skipped, .. } => {
                let seen = Instant::now();
                return Round::Stuck(Stuck { letters: skipped, seen });
            }
        }
    }
}

fn failed(storage: &StorageName, error: &ReplayError) -> Round {
    tracing::debug!(%storage, %error, "dead letters of the storage were not tried again");
    Round::Failed
}

#[cfg(test)]
mod tests;
