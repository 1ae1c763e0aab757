//! The configuration: replaced as a whole, guarded by its revision.

use super::*;
use vconduit_base::{ConfigEntries, ConfigRevision};

const NONE: ConfigRevision = ConfigRevision::NONE;

type Saved = Result<ConfigRevision, ConfigRevision>;

on_both!(
    the_configuration_is_empty_at_first,
    a_configuration_is_replaced_as_a_whole,
    a_save_on_an_old_revision_changes_nothing,
    one_of_many_saves_at_once_wins,
    a_store_that_lost_everything_gives_no_revision_a_second_time,
    a_counted_revision_of_an_older_version_is_taken_over,
    the_store_responds_and_describes_itself
);

fn entries(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries
        .iter()
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
        .collect()
}

async fn save(fixture: &StoreFixture, entries: &ConfigEntries, expected: Option<ConfigRevision>) -> Saved {
    fixture.store.save_config(entries, expected, None).await.unwrap()
}

async fn the_configuration_is_empty_at_first(fixture: StoreFixture) {
    assert_eq!(fixture.store.load_config().await.unwrap(), (NONE, Vec::new()));
    assert_eq!(fixture.store.config_revision().await.unwrap(), NONE);
}

async fn a_configuration_is_replaced_as_a_whole(fixture: StoreFixture) {
    let first = entries(&[("chains:b", "{}"), ("link:a", r#"{"x":1}"#), ("storage:s", "{}")]);
    let revision = save(&fixture, &first, None).await.unwrap();
    assert_eq!(fixture.store.load_config().await.unwrap(), (revision, first));
    let second = entries(&[("link:a", r#"{"x":2}"#), ("chains:c", "{}")]);
    let revision = save(&fixture, &second, None).await.unwrap();
    assert_eq!(fixture.store.load_config().await.unwrap(), (revision, second));
    assert_eq!(fixture.store.config_revision().await.unwrap(), revision);
    if let Some(server) = &fixture.server {
        assert_eq!(server.raw::<i64>(&["EXISTS", "chains:b", "storage:s"]).await, 0);
        assert_eq!(server.raw::<String>(&["GET", "link:a"]).await, r#"{"x":2}"#);
    }
    let revision = save(&fixture, &Vec::new(), None).await.unwrap();
    assert_eq!(fixture.store.load_config().await.unwrap(), (revision, Vec::new()));
}

async fn a_save_on_an_old_revision_changes_nothing(fixture: StoreFixture) {
    let one = entries(&[("link:a", "1")]);
    let two = entries(&[("link:a", "2")]);
    assert_eq!(save(&fixture, &one, Some(7.into())).await, Err(NONE));
    let revision = save(&fixture, &one, Some(NONE)).await.unwrap();
    assert_eq!(save(&fixture, &two, Some(NONE)).await, Err(revision));
    assert_eq!(fixture.store.load_config().await.unwrap(), (revision, one));
}

async fn one_of_many_saves_at_once_wins(fixture: StoreFixture) {
    let entries = entries(&[("link:a", "1")]);
    let saves = (0..20).map(|_| save(&fixture, &entries, Some(NONE)));
    let (won, lost): (Vec<_>, Vec<_>) = futures::future::join_all(saves)
        .await
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    let revision = won[0].unwrap();
    assert!(lost.iter().all(|saved| *saved == Err(revision)), "{lost:?}");
}

/// A store that lost its data counts from the beginning again. A host that runs the first
/// configuration has to see that the second is another one.
async fn a_store_that_lost_everything_gives_no_revision_a_second_time(fixture: StoreFixture) {
    let before = save(&fixture, &entries(&[("link:a", "1")]), None).await.unwrap();
    let fixture = if let Some(server) = &fixture.server {
        server.raw::<String>(&["FLUSHALL"]).await;
        fixture
    } else {
        StoreFixture::sqlite()
    };
    assert_eq!(fixture.store.config_revision().await.unwrap(), NONE);
    let after = save(&fixture, &entries(&[("link:a", "2")]), Some(NONE)).await.unwrap();
    assert_ne!(before, after);
    assert!(after.number() < 1 << 53, "{after} is no exact number in JSON");
}

/// The revision of a store that an older version wrote is a small number, and Redis has the name of
/// its last step too.
async fn a_counted_revision_of_an_older_version_is_taken_over(fixture: StoreFixture) {
    let old = entries(&[("link:a", "1")]);
    let counted = ConfigRevision::from(4);
    match &fixture.server {
        Some(server) => {
            let hash = [
                "HSET",
                "vconduit:config",
                "revision",
                "4",
                "names",
                r#"["link:a"]"#,
                "step",
                "s",
            ];
            server.raw::<i64>(&hash).await;
            server.raw::<String>(&["SET", "link:a", "1"]).await;
        }
        None => fixture
            .sqlite_file()
            .execute_batch(
                "INSERT INTO config (name, text) VALUES ('link:a', '1'); UPDATE config_revision SET revision = 4;",
            )
            .unwrap(),
    }
    assert_eq!(fixture.store.load_config().await.unwrap(), (counted, old));
    let new = entries(&[("link:b", "2")]);
    assert_eq!(save(&fixture, &new, Some(3.into())).await, Err(counted));
    let revision = save(&fixture, &new, Some(counted)).await.unwrap();
    assert_eq!(fixture.store.load_config().await.unwrap(), (revision, new));
}

async fn the_store_responds_and_describes_itself(fixture: StoreFixture) {
    fixture.store.ping().await.unwrap();
    let text = fixture.store.describe();
    assert!(text.starts_with("Redis 7") || text.starts_with("SQLite 3"), "{text}");
}
