//! How fast: not run by default, as the figures depend on the machine.
//! `cargo test --release -p vconduit store::tests::speed -- --ignored --nocapture --test-threads 1`

use std::time::Instant;

use super::*;

const CALLERS: usize = 32;

async fn puts(place: &Place, count: usize) -> f64 {
    let start = Instant::now();
    let text = text_of(5000, "speed");
    let tasks: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (store, text) = (place.store.clone(), text.clone());
            tokio::spawn(async move {
                for i in 0..count / CALLERS {
                    let new = NewDocument {
                        text: text.clone(),
                        created_at_s: Some(1_700_000_000),
                        index: terms(&[(IndexKind::Tel, &format!("+{i}"))]),
                        push_to: vec![list("q")],
                        ..document(&format!("v{caller}-{i}"))
                    };
                    store.put(new).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    count as f64 / start.elapsed().as_secs_f64()
}

async fn claims_and_finishes(place: &Place, count: usize, write: bool) -> f64 {
    let start = Instant::now();
    let tasks: Vec<_> = (0..CALLERS)
        .map(|_| {
            let store = place.store.clone();
            tokio::spawn(async move {
                loop {
                    let claims = store.claim(&list("q"), &host(), 8, LEASE).await.unwrap();
                    if claims.is_empty() {
                        return;
                    }
                    let finish = async |claim: &Claim| {
                        let stored = store.get_one(&claim.vcon).await.unwrap().unwrap();
                        let write = write.then(|| Write {
                            id: claim.vcon.clone(),
                            text: stored.text.clone(),
                            expected: stored.revision,
                        });
                        let done = store
                            .finish(claim, &claim.vcon, write, &no_effects(), &[list("out")])
                            .await
                            .unwrap();
                        assert!(matches!(done, Guarded::Done(_)));
                    };
                    futures::future::join_all(claims.iter().map(finish)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    count as f64 / start.elapsed().as_secs_f64()
}

/// The best of 60, as the mean says more about what else the machine does: get, and finish with write, in ms.
async fn large(place: &Place) -> (f64, f64) {
    place
        .store
        .put(NewDocument {
            text: text_of(5_000_000, "large"),
            ..document("large")
        })
        .await
        .unwrap();
    place
        .store
        .push(&list("l"), &vec![id("large"); 60], None)
        .await
        .unwrap();
    let mut best = (f64::MAX, f64::MAX);
    for claim in place.claim("l", 60).await {
        let start = Instant::now();
        let stored = place.store.get(&[id("large")]).await.unwrap().remove(0).unwrap();
        best.0 = best.0.min(start.elapsed().as_secs_f64() * 1000.0);
        let write = Write {
            id: id("large"),
            text: stored.text,
            expected: stored.revision,
        };
        let start = Instant::now();
        let done = place
            .store
            .finish(&claim, &id("large"), Some(write), &no_effects(), &[])
            .await
            .unwrap();
        best.1 = best.1.min(start.elapsed().as_secs_f64() * 1000.0);
        assert!(matches!(done, Guarded::Done(_)));
    }
    best
}

async fn measure(name: &str, place: &Place, count: usize) {
    println!(
        "{name}: {:.0} puts/s of 5 KB, {CALLERS} callers",
        puts(place, count).await
    );
    println!(
        "{name}: {:.0} claim + get + finish/s",
        claims_and_finishes(place, count, false).await
    );
    puts(place, count).await;
    println!(
        "{name}: {:.0} claim + get + finish with write/s",
        claims_and_finishes(place, count, true).await
    );
    let (get, finish) = large(place).await;
    println!("{name}: 5 MB: get {get:.1} ms, finish with write {finish:.1} ms (best of 60)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn redis_large() {
    let place = Place::redis().await;
    println!("{:?}", large(&place).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn redis() {
    measure("redis, no persistence", &Place::redis().await, 32_000).await;
    measure(
        "redis, AOF everysec",
        &Place::redis_with(LIFETIMES, &["--appendonly", "yes"]).await,
        32_000,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn sqlite() {
    measure("sqlite", &Place::sqlite(), 16_000).await;
}
