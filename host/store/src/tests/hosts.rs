//! Hosts: only active ones are listed.

use super::*;

on_both!(
    the_last_report_counts,
    a_host_that_is_silent_is_not_listed_any_more,
    a_host_that_withdraws_is_removed_at_once
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

async fn the_last_report_counts(fixture: StoreFixture) {
    assert!(fixture.store.hosts().await.unwrap().is_empty());
    fixture.store.announce(&named("b"), "1", LONG).await.unwrap();
    fixture.store.announce(&named("a"), "2", LONG).await.unwrap();
    fixture.store.announce(&named("b"), "3", LONG).await.unwrap();
    let hosts = fixture.store.hosts().await.unwrap();
    assert_eq!(seen(&hosts), [("a", "2"), ("b", "3")]);
}

async fn a_host_that_is_silent_is_not_listed_any_more(fixture: StoreFixture) {
    fixture.store.announce(&named("a"), "1", Duration::ZERO).await.unwrap();
    fixture.store.announce(&named("b"), "2", LONG).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let hosts = fixture.store.hosts().await.unwrap();
    assert_eq!(seen(&hosts), [("b", "2")]);
    if let Some(server) = &fixture.server {
        fixture.store.announce(&named("b"), "3", LONG).await.unwrap();
        let kept: Vec<String> = server.raw(&["HKEYS", "vconduit:hosts"]).await;
        assert_eq!(kept, ["b"], "the report of the other host is still stored");
    }
    fixture.store.announce(&named("a"), "4", LONG).await.unwrap();
    assert_eq!(
        fixture.store.hosts().await.unwrap().len(),
        2,
        "the host is not listed again"
    );
}

async fn a_host_that_withdraws_is_removed_at_once(fixture: StoreFixture) {
    fixture.store.announce(&named("a"), "1", LONG).await.unwrap();
    fixture.store.withdraw(&named("a")).await.unwrap();
    fixture.store.withdraw(&named("never")).await.unwrap();
    assert!(fixture.store.hosts().await.unwrap().is_empty());
}
