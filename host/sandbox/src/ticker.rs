//! The thread that advances the engine's epoch, so that running code yields.
//!
//! Guarantee: while a call runs, the epoch advances at every tick. When no call has run for a
//! while, the thread sleeps. It ends with the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::EngineWeak;

/// Number of ticks without a call after which the thread sleeps. A busy host never has to wake it.
const IDLE_TICKS: u32 = 100;

/// Handle of the thread. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<TickerState>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct TickerState {
    running: AtomicUsize,
    asleep: AtomicBool,
    ended: AtomicBool,
}

/// Keeps the epoch advancing until it is dropped.
#[derive(Debug)]
pub(crate) struct RunningCall<'a>(&'a Ticker);

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(engine: EngineWeak, tick: Duration) -> std::io::Result<Self> {
        let shared = Arc::new(TickerState::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("vconduit-epoch".to_owned())
            .spawn(move || beat(&theirs, &engine, tick))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Notes that a call runs until the returned value is dropped.
    pub(crate) fn run(&self) -> RunningCall<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        RunningCall(self)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for RunningCall<'_> {
    fn drop(&mut self) {
        self.0.shared.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The only error is a panic, which has been reported by then.
            drop(thread.join());
        }
    }
}

fn beat(shared: &TickerState, engine: &EngineWeak, tick: Duration) {
    let mut idle = 0;
    while !shared.ended.load(Ordering::SeqCst) {
        if shared.running.load(Ordering::SeqCst) > 0 {
            idle = 0;
        } else {
            idle += 1;
        }
        if idle < IDLE_TICKS {
            thread::park_timeout(tick);
        } else {
            sleep(shared);
            idle = 0;
        }
        let Some(engine) = engine.upgrade() else { return };
        engine.increment_epoch();
    }
}

/// Sleeps until a call starts. The order matters: a call that starts after the store sees `asleep`
/// and wakes this thread, and a call that started before it is seen by the load.
fn sleep(shared: &TickerState) {
    shared.asleep.store(true, Ordering::SeqCst);
    while shared.running.load(Ordering::SeqCst) == 0 && !shared.ended.load(Ordering::SeqCst) {
        thread::park();
    }
    shared.asleep.store(false, Ordering::SeqCst);
}
