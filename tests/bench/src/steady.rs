//! A steady load, as from people: each vCon is posted at its time, independent of those before.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redis::Commands as _;
use tokio::task::JoinHandle;
use vconduit_harness::{Host, RedisServer, samples};

use crate::http::Connection;

/// Connections that share the load.
const CONNECTIONS: u32 = 8;

/// vCons that are posted at a fixed rate until a stop is requested.
pub struct Steady {
    stop: Arc<AtomicBool>,
    connections: Vec<JoinHandle<Vec<Posted>>>,
}

/// A vCon that was posted and accepted.
pub struct Posted {
    /// Id of the vCon.
    pub id: String,
    /// Time at which it was due. If the load generator itself was late, the time at which it was
    /// sent.
    pub began: Instant,
    /// Time of the response.
    pub answered: Instant,
}

impl Steady {
    /// Starts to post to a list.
    pub fn start(host: &Host, list: &str, per_second: u32) -> Self {
        let address = host.url("").trim_start_matches("http://").to_owned();
        let path = format!("/vcon?ingress_lists={list}");
        let every = Duration::from_secs(1) * CONNECTIONS / per_second;
        let (stop, start) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let connections = (0..CONNECTIONS)
            .map(|number| {
                let first = start + every * number / CONNECTIONS;
                tokio::spawn(connection(address.clone(), path.clone(), first, every, stop.clone()))
            })
            .collect();
        Self { stop, connections }
    }

    /// Ends the load. Returns the posted vCons.
    pub async fn stop(self) -> Vec<Posted> {
        self.stop.store(true, Ordering::Relaxed);
        let mut posted = Vec::new();
        for connection in self.connections {
            posted.extend(connection.await.expect("a connection"));
        }
        posted
    }
}

async fn connection(
    address: String,
    path: String,
    first: Instant,
    every: Duration,
    stop: Arc<AtomicBool>,
) -> Vec<Posted> {
    let mut connection = Connection::open(address).await;
    let (calls, mut posted, mut due) = (samples::calls(), Vec::new(), first);
    for call in calls.iter().cycle() {
        let id = uuid::Uuid::new_v4().to_string();
        let body = samples::with_id(call, &id);
        let mut began = due;
        if Instant::now() < due {
            tokio::time::sleep_until(due.into()).await;
            // A late timer of the load generator does not count against the server.
            began = Instant::now();
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
        connection.post(&path, &body).await;
        let answered = Instant::now();
        posted.push(Posted { id, began, answered });
        due += every;
    }
    posted
}

/// Takes ids from a list and records the time of each.
pub struct Follower {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<HashMap<String, Instant>>,
}

impl Follower {
    /// Starts to take ids from a list.
    pub fn start(redis: &RedisServer, list: &'static str) -> Self {
        let (mut connection, stop) = (redis.connect(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut seen = HashMap::new();
            loop {
                let next: Option<(String, String)> = connection.blpop(list, 1.0).expect("BLPOP");
                match next {
                    Some((_, id)) => drop(seen.insert(id, Instant::now())),
                    // The load has ended, and no id has come for a second.
                    None if stopped.load(Ordering::Relaxed) => return seen,
                    None => {}
                }
            }
        });
        Self { stop, thread }
    }

    /// Waits until no more ids come. Returns the time of each id.
    pub fn finish(self) -> HashMap<String, Instant> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the follower ends")
    }
}

/// Returns the sorted durations of the vCons that began in one of these periods.
pub fn times_in(periods: &[(Instant, Instant)], all: &[(Instant, Duration)]) -> Vec<Duration> {
    let within = |began: Instant| periods.iter().any(|(from, to)| (*from..*to).contains(&began));
    let mut times: Vec<Duration> = all
        .iter()
        .filter(|(began, _)| within(*began))
        .map(|(_, took)| *took)
        .collect();
    times.sort();
    times
}
