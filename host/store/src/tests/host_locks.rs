//! Locks of hosts: one holder at a time, and none for longer than its lease.

use super::*;
use crate::HostLock;

on_both!(
    a_lock_has_one_holder_until_it_is_released,
    only_the_holder_releases_a_lock,
    a_lock_that_is_not_renewed_ends_by_itself,
    a_renewed_lock_lasts_longer
);

async fn a_lock_has_one_holder_until_it_is_released(fixture: StoreFixture) {
    let (first, second, other) = (HostLock::new("a"), HostLock::new("a"), HostLock::new("b"));
    let store = &fixture.store;
    assert!(store.lock(&first, LEASE).await.unwrap(), "a free lock was not taken");
    assert!(!store.lock(&second, LEASE).await.unwrap(), "two holders of one lock");
    assert!(store.lock(&first, LEASE).await.unwrap(), "the holder can't renew");
    assert!(
        store.lock(&other, LEASE).await.unwrap(),
        "locks of other names are free"
    );
    store.unlock(&first).await.unwrap();
    assert!(store.lock(&second, LEASE).await.unwrap(), "the lock was not released");
}

async fn only_the_holder_releases_a_lock(fixture: StoreFixture) {
    let (first, second) = (HostLock::new("a"), HostLock::new("a"));
    fixture.store.lock(&first, LEASE).await.unwrap();
    fixture.store.unlock(&second).await.unwrap();
    assert!(
        !fixture.store.lock(&second, LEASE).await.unwrap(),
        "another handle has released the lock"
    );
}

async fn a_lock_that_is_not_renewed_ends_by_itself(fixture: StoreFixture) {
    let (dead, next) = (HostLock::new("a"), HostLock::new("a"));
    fixture.store.lock(&dead, Duration::ZERO).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(
        fixture.store.lock(&next, LEASE).await.unwrap(),
        "the lock of a dead holder lasts"
    );
    assert!(
        !fixture.store.lock(&dead, LEASE).await.unwrap(),
        "a holder that was late has the lock again"
    );
    fixture.store.unlock(&dead).await.unwrap();
    assert!(
        !fixture.store.lock(&dead, LEASE).await.unwrap(),
        "a holder that was late has released the lock of another"
    );
}

async fn a_renewed_lock_lasts_longer(fixture: StoreFixture) {
    let (first, second) = (HostLock::new("a"), HostLock::new("a"));
    fixture.store.lock(&first, Duration::from_millis(500)).await.unwrap();
    assert!(fixture.store.lock(&first, LEASE).await.unwrap(), "not renewed");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(
        !fixture.store.lock(&second, LEASE).await.unwrap(),
        "the renewal did not last"
    );
}
