//! Components: stored as a whole or not at all, the same for all hosts, and removed with all their
//! parts.

use bytes::Bytes;

use super::*;
use vconduit_base::names::Digest;

on_both!(
    a_component_is_read_as_it_was_stored,
    a_second_upload_changes_nothing,
    bytes_of_another_digest_are_refused,
    a_dropped_component_can_be_stored_again,
    two_hosts_can_store_the_same_component_at_once,
    other_steps_continue_during_an_upload,
);

/// Returns bytes without repetition, so that parts in the wrong order are noticed.
pub fn component(length: usize, seed: u32) -> Bytes {
    let mut state = u64::from(seed) + 1;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Asserts that the store has this component, without printing megabytes.
pub async fn has_component(fixture: &StoreFixture, digest: &Digest, bytes: &Bytes) {
    let kept = fixture.store.component(digest).await.unwrap();
    let kept = kept.unwrap_or_else(|| panic!("the component {digest} is not found"));
    assert!(kept == *bytes, "the component {digest} came back changed");
}

/// Asserts that the store does not have this component.
pub async fn has_no_component(fixture: &StoreFixture, digest: &Digest) {
    let kept = fixture.store.component(digest).await.unwrap();
    assert!(kept.is_none(), "the component {digest} is found");
}

async fn a_component_is_read_as_it_was_stored(fixture: StoreFixture) {
    for length in [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000] {
        let bytes = component(length, 7);
        let digest = Digest::of(&bytes);
        has_no_component(&fixture, &digest).await;
        assert_eq!(fixture.store.about_component(&digest).await.unwrap(), None);
        let about = format!(r#"{{"length":{length}}}"#);
        assert!(
            fixture
                .store
                .keep_component(&digest, bytes.clone(), &about)
                .await
                .unwrap()
        );
        has_component(&fixture, &digest, &bytes).await;
        assert_eq!(fixture.store.about_component(&digest).await.unwrap(), Some(about));
    }
}

async fn a_second_upload_changes_nothing(fixture: StoreFixture) {
    let bytes = component(600_000, 1);
    let digest = Digest::of(&bytes);
    assert!(fixture.store.keep_component(&digest, bytes.clone(), "1").await.unwrap());
    assert!(!fixture.store.keep_component(&digest, bytes, "2").await.unwrap());
    assert_eq!(
        fixture.store.about_component(&digest).await.unwrap().as_deref(),
        Some("1")
    );
}

async fn bytes_of_another_digest_are_refused(fixture: StoreFixture) {
    let digest = Digest::of(b"something else");
    let error = fixture
        .store
        .keep_component(&digest, component(10, 1), "{}")
        .await
        .unwrap_err();
    assert!(error.to_string().contains(digest.as_str()), "{error}");
    has_no_component(&fixture, &digest).await;
}

async fn a_dropped_component_can_be_stored_again(fixture: StoreFixture) {
    let (one, two) = (component(600_000, 1), component(600_000, 2));
    for bytes in [&one, &two] {
        fixture
            .store
            .keep_component(&Digest::of(bytes), bytes.clone(), "{}")
            .await
            .unwrap();
    }
    assert!(fixture.store.drop_component(&Digest::of(&one)).await.unwrap());
    assert!(!fixture.store.drop_component(&Digest::of(&one)).await.unwrap());
    has_no_component(&fixture, &Digest::of(&one)).await;
    assert_eq!(fixture.store.about_component(&Digest::of(&one)).await.unwrap(), None);
    assert_eq!(parts(&fixture).await, 3, "the other component has lost parts");
    let read = fixture.store.component(&Digest::of(&two)).await.unwrap();
    assert!(read.as_ref() == Some(&two), "the component came back changed");
    assert!(
        fixture
            .store
            .keep_component(&Digest::of(&one), one.clone(), "{}")
            .await
            .unwrap()
    );
    has_component(&fixture, &Digest::of(&one), &one).await;
}

/// Returns the number of parts in the store, including those of abandoned uploads.
pub async fn parts(fixture: &StoreFixture) -> usize {
    if let Some(server) = &fixture.server {
        let keys: Vec<String> = server.raw(&["KEYS", "vconduit:component:*:*:*"]).await;
        return keys.len();
    }
    let file = fixture.sqlite_file();
    let count: i64 = file
        .query_row("SELECT count(*) FROM component_parts", [], |row| row.get(0))
        .unwrap();
    usize::try_from(count).unwrap()
}

async fn two_hosts_can_store_the_same_component_at_once(fixture: StoreFixture) {
    let bytes = component(2_000_000, 3);
    let digest = Digest::of(&bytes);
    let keep = || fixture.store.keep_component(&digest, bytes.clone(), "{}");
    let kept = futures::future::join_all((0..4).map(|_| keep())).await;
    let new = kept.into_iter().filter(|kept| *kept.as_ref().unwrap()).count();
    assert_eq!(new, 1);
    has_component(&fixture, &digest, &bytes).await;
    assert_eq!(parts(&fixture).await, 8, "parts of the other uploads are left");
}

/// No step of the queues waits for a whole large component.
async fn other_steps_continue_during_an_upload(fixture: StoreFixture) {
    let bytes = component(18_000_000, 4);
    let digest = Digest::of(&bytes);
    let (store, of) = (fixture.store.clone(), digest.clone());
    let upload = tokio::spawn(async move { store.keep_component(&of, bytes, "{}").await });
    let mut rounds = 0;
    while !upload.is_finished() {
        fixture.push("q", &["a"]).await;
        let claim = fixture.claim_one("q").await;
        fixture.finish(&claim, &[]).await;
        rounds += 1;
    }
    assert!(upload.await.unwrap().unwrap());
    assert!(rounds > 3, "{rounds} rounds while 69 parts were written");
    assert_eq!(
        fixture.store.component(&digest).await.unwrap().map(|bytes| bytes.len()),
        Some(18_000_000)
    );
}
