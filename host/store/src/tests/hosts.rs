//! Hosts: those who are there, and nobody else.

use super::*;

on_both!(
    the_last_report_counts,
    a_host_that_is_silent_is_not_listed_any_more,
    a_host_that_withdraws_is_gone_at_once
);

const LONG: Duration = Duration::from_secs(60);

fn named(name: &str) -> HostId {
    HostId::new(name).unwrap()
}

fn seen(hosts: &[(HostId, String)]) -> Vec<(&str, &str)> {
    hosts
        .iter()
        .map(|(host, report)| (host.as_str(), report.as_str()))
        .collect()
}

async fn the_last_report_counts(place: Place) {
    assert!(place.store.hosts().await.unwrap().is_empty());
    place.store.announce(&named("b"), "1", LONG).await.unwrap();
    place.store.announce(&named("a"), "2", LONG).await.unwrap();
    place.store.announce(&named("b"), "3", LONG).await.unwrap();
    let hosts = place.store.hosts().await.unwrap();
    assert_eq!(seen(&hosts), [("a", "2"), ("b", "3")]);
}

async fn a_host_that_is_silent_is_not_listed_any_more(place: Place) {
    place.store.announce(&named("a"), "1", Duration::ZERO).await.unwrap();
    place.store.announce(&named("b"), "2", LONG).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let hosts = place.store.hosts().await.unwrap();
    assert_eq!(seen(&hosts), [("b", "2")]);
    if let Some(server) = &place.server {
        place.store.announce(&named("b"), "3", LONG).await.unwrap();
        let kept: Vec<String> = server.raw(&["HKEYS", "vconduit:hosts"]).await;
        assert_eq!(kept, ["b"], "the report of the other is not kept for ever");
    }
    place.store.announce(&named("a"), "4", LONG).await.unwrap();
    assert_eq!(place.store.hosts().await.unwrap().len(), 2, "it is back");
}

async fn a_host_that_withdraws_is_gone_at_once(place: Place) {
    place.store.announce(&named("a"), "1", LONG).await.unwrap();
    place.store.withdraw(&named("a")).await.unwrap();
    place.store.withdraw(&named("never")).await.unwrap();
    assert!(place.store.hosts().await.unwrap().is_empty());
}
