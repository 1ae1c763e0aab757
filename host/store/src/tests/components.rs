//! Components: whole or not there, the same for everyone, and nothing left of them when they are dropped.

use bytes::Bytes;

use super::*;
use vconduit_base::names::Digest;

on_both!(
    a_component_is_read_as_it_was_kept,
    the_same_again_changes_nothing,
    bytes_of_another_digest_are_refused,
    a_dropped_component_can_be_kept_again,
    two_hosts_can_keep_the_same_component_at_once,
    other_steps_go_on_while_a_component_is_kept,
);

/// Bytes that are nowhere the same, so that parts in the wrong order are noticed.
pub fn component(length: usize, seed: u32) -> Bytes {
    let mut state = u64::from(seed) + 1;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// The store has this component. A failure does not print megabytes.
pub async fn has_component(place: &Place, digest: &Digest, bytes: &Bytes) {
    let kept = place.store.component(digest).await.unwrap();
    let kept = kept.unwrap_or_else(|| panic!("the component {digest} is not there"));
    assert!(kept == *bytes, "the component {digest} came back changed");
}

/// The store does not have this component.
pub async fn has_no_component(place: &Place, digest: &Digest) {
    let kept = place.store.component(digest).await.unwrap();
    assert!(kept.is_none(), "the component {digest} is there");
}

async fn a_component_is_read_as_it_was_kept(place: Place) {
    for length in [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000] {
        let bytes = component(length, 7);
        let digest = Digest::of(&bytes);
        has_no_component(&place, &digest).await;
        assert_eq!(place.store.about_component(&digest).await.unwrap(), None);
        let about = format!(r#"{{"length":{length}}}"#);
        assert!(
            place
                .store
                .keep_component(&digest, bytes.clone(), &about)
                .await
                .unwrap()
        );
        has_component(&place, &digest, &bytes).await;
        assert_eq!(place.store.about_component(&digest).await.unwrap(), Some(about));
    }
}

async fn the_same_again_changes_nothing(place: Place) {
    let bytes = component(600_000, 1);
    let digest = Digest::of(&bytes);
    assert!(place.store.keep_component(&digest, bytes.clone(), "1").await.unwrap());
    assert!(!place.store.keep_component(&digest, bytes, "2").await.unwrap());
    assert_eq!(
        place.store.about_component(&digest).await.unwrap().as_deref(),
        Some("1")
    );
}

async fn bytes_of_another_digest_are_refused(place: Place) {
    let digest = Digest::of(b"something else");
    let error = place
        .store
        .keep_component(&digest, component(10, 1), "{}")
        .await
        .unwrap_err();
    assert!(error.to_string().contains(digest.as_str()), "{error}");
    has_no_component(&place, &digest).await;
}

async fn a_dropped_component_can_be_kept_again(place: Place) {
    let (one, two) = (component(600_000, 1), component(600_000, 2));
    for bytes in [&one, &two] {
        place
            .store
            .keep_component(&Digest::of(bytes), bytes.clone(), "{}")
            .await
            .unwrap();
    }
    assert!(place.store.drop_component(&Digest::of(&one)).await.unwrap());
    assert!(!place.store.drop_component(&Digest::of(&one)).await.unwrap());
    has_no_component(&place, &Digest::of(&one)).await;
    assert_eq!(place.store.about_component(&Digest::of(&one)).await.unwrap(), None);
    assert_eq!(parts(&place).await, 3, "those of the other one");
    let read = place.store.component(&Digest::of(&two)).await.unwrap();
    assert!(read.as_ref() == Some(&two), "the component came back changed");
    assert!(
        place
            .store
            .keep_component(&Digest::of(&one), one.clone(), "{}")
            .await
            .unwrap()
    );
    has_component(&place, &Digest::of(&one), &one).await;
}

/// Parts in the store, whole and abandoned ones.
pub async fn parts(place: &Place) -> usize {
    if let Some(server) = &place.server {
        let keys: Vec<String> = server.raw(&["KEYS", "vconduit:component:*:*:*"]).await;
        return keys.len();
    }
    let file = place.sqlite_file();
    let count: i64 = file
        .query_row("SELECT count(*) FROM component_parts", [], |row| row.get(0))
        .unwrap();
    usize::try_from(count).unwrap()
}

async fn two_hosts_can_keep_the_same_component_at_once(place: Place) {
    let bytes = component(2_000_000, 3);
    let digest = Digest::of(&bytes);
    let keep = || place.store.keep_component(&digest, bytes.clone(), "{}");
    let kept = futures::future::join_all((0..4).map(|_| keep())).await;
    let new = kept.into_iter().filter(|kept| *kept.as_ref().unwrap()).count();
    assert_eq!(new, 1);
    has_component(&place, &digest, &bytes).await;
    assert_eq!(parts(&place).await, 8, "nothing is left of those that came second");
}

/// Not one step of the queues waits for the whole of a large component.
async fn other_steps_go_on_while_a_component_is_kept(place: Place) {
    let bytes = component(18_000_000, 4);
    let digest = Digest::of(&bytes);
    let (store, of) = (place.store.clone(), digest.clone());
    let upload = tokio::spawn(async move { store.keep_component(&of, bytes, "{}").await });
    let mut rounds = 0;
    while !upload.is_finished() {
        place.push("q", &["a"]).await;
        let claim = place.claim_one("q").await;
        place.finish(&claim, &[]).await;
        rounds += 1;
    }
    assert!(upload.await.unwrap().unwrap());
    assert!(rounds > 3, "{rounds} rounds while 69 parts were written");
    assert_eq!(
        place.store.component(&digest).await.unwrap().map(|bytes| bytes.len()),
        Some(18_000_000)
    );
}
