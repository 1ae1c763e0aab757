//! A store that fails where a test asks for it. A real store does everything else.
//!
//! Guarantee: a call that fails here has not reached the real store. Tests prepare their data on
//! [`FaultyStore::real`], which neither fails nor counts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tokio::sync::Notify;

use vcon_document::index::IndexKind;
use vcon_document::{Text, VconId};
use vconduit_base::names::{ClaimId, Digest, HostId, ListName};
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_store::{
    AuditStore, Checkpoint, Claim, ClaimEndings, ClaimStore, ComponentStore, ConfigStore, DeadLetter, DeadLetterStore,
    DocumentStore, Effects, EntryRecovery, ErrorRecord, EventBus, Guarded, HostLock, HostLocks, HostStore, IndexStore,
    ListProgress, ListStore, MemoryUse, NewDocument, Reaped, Store, StoreError, Stored, Survey, Write,
};

/// Kind of failure of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call returns [`StoreError::Unavailable`].
    Unavailable,
    /// The call returns [`StoreError::Refused`].
    Refused,
    /// The call panics.
    Panic,
}

#[derive(Default)]
struct State {
    /// Failure of every method.
    fault: Option<Fault>,
    /// Failures of single methods.
    faults: BTreeMap<&'static str, Fault>,
    calls: BTreeMap<&'static str, usize>,
    actions: BTreeMap<&'static str, VecDeque<BoxFuture<'static, ()>>>,
    delays: BTreeMap<&'static str, VecDeque<BoxFuture<'static, ()>>>,
}

/// A store that fails on request. Methods are named as in the traits of the store: `"put"`,
/// `"save_config"`.
pub struct FaultyStore {
    real: Arc<dyn Store>,
    state: Mutex<State>,
    called: Notify,
}

impl FaultyStore {
    /// Wraps a store. It fails only after a test has asked for it.
    #[must_use]
    pub fn over(real: impl Store) -> Arc<Self> {
        Arc::new(Self {
            real: Arc::new(real),
            state: Mutex::default(),
            called: Notify::new(),
        })
    }

    /// Returns the real store.
    #[must_use]
    pub fn real(&self) -> &dyn Store {
        &*self.real
    }

    /// Makes every call fail from now on.
    pub fn fail_all(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Makes every call of this method fail from now on.
    ///
    /// # Panics
    /// If the store has no such method.
    pub fn fail(&self, method: &'static str, fault: Fault) {
        assert_is_method(method);
        self.state().faults.insert(method, fault);
    }

    /// Ends the failures of this method.
    ///
    /// # Panics
    /// If the store has no such method.
    pub fn fail_nothing(&self, method: &'static str) {
        assert_is_method(method);
        self.state().faults.remove(method);
    }

    /// Ends all failures, and drops all actions that have not run.
    pub fn mend(&self) {
        let mut state = self.state();
        state.fault = None;
        state.faults.clear();
        state.actions.clear();
        state.delays.clear();
    }

    /// Makes this number of saves of the configuration lose against another host.
    pub fn lose_saves(self: &Arc<Self>, times: usize) {
        for _ in 0..times {
            let real = self.real.clone();
            self.before_next("save_config", async move {
                let (_, entries) = real.load_config().await.expect("the configuration");
                let saved = real
                    .save_config(&entries, None, None)
                    .await
                    .expect("the other host's save");
                assert!(saved.is_ok(), "a save on top of any revision was refused");
            });
        }
    }

    /// Runs an action at the next call of the method, before the call continues: another host acts
    /// at this moment, or the store is slow. Several actions run one for each call.
    ///
    /// # Panics
    /// If the store has no such method.
    pub fn before_next(&self, method: &'static str, action: impl Future<Output = ()> + Send + 'static) {
        assert_is_method(method);
        let mut state = self.state();
        state.actions.entry(method).or_default().push_back(Box::pin(action));
    }

    /// Runs an action after the next call of the method was done, before its caller gets the
    /// result: the reply is on its way. Several actions run one for each call.
    ///
    /// # Panics
    /// If the store has no such method.
    pub fn after_next(&self, method: &'static str, action: impl Future<Output = ()> + Send + 'static) {
        assert_is_method(method);
        let mut state = self.state();
        state.delays.entry(method).or_default().push_back(Box::pin(action));
    }

    /// Returns the number of calls of a method so far, including those that failed.
    ///
    /// # Panics
    /// If the store has no such method.
    #[must_use]
    pub fn calls(&self, method: &'static str) -> usize {
        assert_is_method(method);
        self.state().calls.get(method).copied().unwrap_or_default()
    }

    /// Waits for this number of further calls of a method.
    ///
    /// # Panics
    /// If the store has no such method.
    pub async fn until_called(&self, method: &'static str, times: usize) {
        let wanted = self.calls(method) + times;
        loop {
            let called = self.called.notified();
            if self.calls(method) >= wanted {
                return;
            }
            called.await;
        }
    }

    async fn before(&self, method: &'static str) -> Result<(), StoreError> {
        let action = {
            let mut state = self.state();
            *state.calls.entry(method).or_default() += 1;
            state.actions.get_mut(method).and_then(VecDeque::pop_front)
        };
        self.called.notify_waiters();
        if let Some(action) = action {
            action.await;
        }
        let fault = {
            let state = self.state();
            state.faults.get(method).copied().or(state.fault)
        };
        match fault {
            None => Ok(()),
            Some(Fault::Unavailable) => Err(StoreError::Unavailable("a test".to_owned())),
            Some(Fault::Refused) => Err(StoreError::Refused {
                operation: method,
                reason: "a test wants it so".to_owned(),
            }),
            Some(Fault::Panic) => panic!("a test wants {method} to panic"),
        }
    }

    async fn after(&self, method: &'static str) {
        let action = self.state().delays.get_mut(method).and_then(VecDeque::pop_front);
        if let Some(action) = action {
            action.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn assert_is_method(method: &str) {
    assert!(METHODS.contains(&method), "the store has no method `{method}`");
}

/// Implements the traits of the store from the signatures of their methods. The items in brackets
/// are added as they are.
macro_rules! pass_on {
    ($($interface:ident [$($extra:tt)*] {
        $($method:ident($($argument:ident: $kind:ty),*) -> $output:ty;)*
    })*) => {
        const METHODS: &[&str] = &[$($(stringify!($method)),*),*];

        $(#[async_trait]
        impl $interface for FaultyStore {
            $(async fn $method(&self, $($argument: $kind),*) -> Result<$output, StoreError> {
                self.before(stringify!($method)).await?;
                let result = self.real.$method($($argument),*).await;
                self.after(stringify!($method)).await;
                result
            })*
            $($extra)*
        })*
    };
}

pass_on! {
    Store [fn describe(&self) -> String { self.real.describe() }] {
        ping() -> ();
        memory_use() -> Option<MemoryUse>;
    }
    DocumentStore [] {
        put(document: NewDocument) -> ();
        restore(id: &VconId, text: &Text, created_at_s: Option<i64>) -> bool;
        get(ids: &[VconId]) -> Vec<Option<Stored>>;
        write(write: Write) -> Guarded;
        delete(id: &VconId) -> bool;
        exist(ids: &[VconId]) -> Vec<bool>;
        was_deleted(id: &VconId) -> bool;
        lifetime(id: &VconId) -> Option<i64>;
        expire(id: &VconId, seconds: i64) -> bool;
    }
    IndexStore [] {
        list(since_s: Option<i64>, until_s: Option<i64>, offset: u64, count: i64) -> Vec<String>;
        search(terms: &[(IndexKind, String)]) -> Vec<Vec<String>>;
        scan(cursor: Option<String>) -> (Vec<VconId>, Option<String>);
        index(id: &VconId, created_at_s: Option<i64>, index: &[(IndexKind, String)]) -> ();
    }
    ListStore [] {
        push(list: &ListName, ids: &[VconId], context: Option<&str>) -> ();
        set_ingress(lists: &[ListName]) -> ();
        pop_tail(list: &ListName, count: usize) -> Vec<String>;
        depth(list: &ListName) -> u64;
        depths(lists: &[ListName]) -> Vec<u64>;
        entries(list: &ListName, offset: u64, count: u64) -> Vec<String>;
        position(list: &ListName, id: &VconId) -> Option<u64>;
        wait(list: &ListName, at_most: Duration) -> bool;
    }
    ClaimStore [] {
        claim(list: &ListName, host: &HostId, count: usize, lease: Duration) -> Vec<Claim>;
        renew(list: &ListName, claims: &[ClaimId], lease: Duration) -> Vec<ClaimId>;
        begin(list: &ListName, claims: &[ClaimId], lease: Duration) -> Vec<ClaimId>;
        checkpoint(claim: &Claim, checkpoint: &Checkpoint, write: Option<Write>, effects: &Effects) -> Guarded;
        claims(list: &ListName) -> Vec<(HostId, Claim)>;
        trail(id: &VconId) -> Vec<String>;
    }
    ClaimEndings [] {
        finish(claim: &Claim, current: &VconId, write: Option<Write>, effects: &Effects, egress: &[ListName]) -> Guarded;
        fail(claim: &Claim, record: &ErrorRecord, trail: Option<&str>) -> Guarded;
        hand_back(claim: &Claim) -> Guarded;
        park(claim: &Claim, checkpoint: &Checkpoint, write: Option<Write>, effects: &Effects, hand_off: &ListName, at_most: Duration) -> Guarded;
        requeue_claim(list: &ListName, claim: &ClaimId) -> bool;
    }
    EntryRecovery [] {
        survey(ingress: &[ListName], counted: &[ListName], lease: Duration) -> Survey;
        progress(list: &ListName) -> ListProgress;
        reap(list: &ListName, max_lost: u32, lease: Duration) -> Reaped;
        resume(list: &ListName) -> Reaped;
        parked(list: &ListName) -> Vec<VconId>;
    }
    DeadLetterStore [] {
        dead_letter(dead_letters: &ListName, id: &VconId, record: &ErrorRecord) -> ();
        dead_letters(list: &ListName, offset: u64, count: u64) -> Vec<DeadLetter>;
        reprocess(list: &ListName, count: u64) -> u64;
        retry_dead_letter(list: &ListName, id: &VconId, checkpoint: Option<&Checkpoint>) -> bool;
        drop_dead_letter(list: &ListName, id: &VconId) -> bool;
    }
    ConfigStore [] {
        load_config() -> (ConfigRevision, ConfigEntries);
        save_config(entries: &ConfigEntries, expected: Option<ConfigRevision>, audit: Option<&str>) -> Result<ConfigRevision, ConfigRevision>;
        config_revision() -> ConfigRevision;
    }
    ComponentStore [] {
        keep_component(digest: &Digest, bytes: Bytes, about: &str) -> bool;
        component(digest: &Digest) -> Option<Bytes>;
        about_component(digest: &Digest) -> Option<String>;
        drop_component(digest: &Digest) -> bool;
    }
    HostStore [] {
        announce(host: &HostId, report: &str, ttl: Duration) -> ();
        hosts() -> Vec<(HostId, String)>;
        withdraw(host: &HostId) -> ();
    }
    HostLocks [] {
        lock(lock: &HostLock, lease: Duration) -> bool;
        unlock(lock: &HostLock) -> ();
    }
    EventBus [] {
        publish(events: &[String]) -> ();
        listeners() -> u64;
        subscribe() -> BoxStream<'static, String>;
    }
    AuditStore [] {
        audit(entry: &str) -> ();
        audit_log(offset: u64, count: u64) -> Vec<String>;
    }
}
