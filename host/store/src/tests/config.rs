//! The configuration: replaced as a whole, guarded by its revision.

use super::*;

on_both!(
    the_configuration_is_empty_at_first,
    a_configuration_is_replaced_as_a_whole,
    a_save_on_an_old_revision_changes_nothing,
    one_of_many_saves_at_once_wins,
    the_store_responds_and_describes_itself
);

fn entries(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries
        .iter()
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
        .collect()
}

async fn the_configuration_is_empty_at_first(fixture: StoreFixture) {
    assert_eq!(fixture.store.load_config().await.unwrap(), (0, Vec::new()));
    assert_eq!(fixture.store.config_revision().await.unwrap(), 0);
}

async fn a_configuration_is_replaced_as_a_whole(fixture: StoreFixture) {
    let first = entries(&[("chains:b", "{}"), ("link:a", r#"{"x":1}"#), ("storage:s", "{}")]);
    assert_eq!(fixture.store.save_config(&first, None, None).await.unwrap(), Ok(1));
    assert_eq!(fixture.store.load_config().await.unwrap(), (1, first));
    let second = entries(&[("link:a", r#"{"x":2}"#), ("chains:c", "{}")]);
    assert_eq!(fixture.store.save_config(&second, None, None).await.unwrap(), Ok(2));
    assert_eq!(fixture.store.load_config().await.unwrap(), (2, second));
    assert_eq!(fixture.store.config_revision().await.unwrap(), 2);
    if let Some(server) = &fixture.server {
        assert_eq!(server.raw::<i64>(&["EXISTS", "chains:b", "storage:s"]).await, 0);
        assert_eq!(server.raw::<String>(&["GET", "link:a"]).await, r#"{"x":2}"#);
    }
    assert_eq!(fixture.store.save_config(&Vec::new(), None, None).await.unwrap(), Ok(3));
    assert_eq!(fixture.store.load_config().await.unwrap(), (3, Vec::new()));
}

async fn a_save_on_an_old_revision_changes_nothing(fixture: StoreFixture) {
    let one = entries(&[("link:a", "1")]);
    let two = entries(&[("link:a", "2")]);
    assert_eq!(fixture.store.save_config(&one, Some(7), None).await.unwrap(), Err(0));
    assert_eq!(fixture.store.save_config(&one, Some(0), None).await.unwrap(), Ok(1));
    assert_eq!(fixture.store.save_config(&two, Some(0), None).await.unwrap(), Err(1));
    assert_eq!(fixture.store.load_config().await.unwrap(), (1, one));
}

async fn one_of_many_saves_at_once_wins(fixture: StoreFixture) {
    let entries = entries(&[("link:a", "1")]);
    let saves = (0..20).map(|_| fixture.store.save_config(&entries, Some(0), None));
    let saved = futures::future::join_all(saves)
        .await
        .into_iter()
        .filter(|answer| matches!(answer, Ok(Ok(1))))
        .count();
    assert_eq!(saved, 1);
}

async fn the_store_responds_and_describes_itself(fixture: StoreFixture) {
    fixture.store.ping().await.unwrap();
    let text = fixture.store.describe();
    assert!(text.starts_with("Redis 7") || text.starts_with("SQLite 3"), "{text}");
}
