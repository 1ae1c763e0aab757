//! Reads and deletes in several storages.

use std::sync::Arc;
use std::time::Duration;

use super::runner::{Scripted, named, permanent_error, transient_error};
use super::{ID, id, saved, vcon};
use crate::runner::AskPolicy;
use crate::{Abilities, CopyState, DeleteOutcome, Runner, SavePolicy, StorageError};

fn returning(get: Result<Option<String>, StorageError>) -> Arc<Scripted> {
    Arc::new(Scripted {
        get,
        ..Scripted::default()
    })
}

fn with(uuid: &str) -> Arc<Scripted> {
    returning(Ok(Some(vcon(uuid, "2024-01-01T00:00:00Z").to_string())))
}

#[tokio::test]
async fn the_first_copy_in_the_order_of_the_list_is_read() {
    let blind = Abilities {
        read: false,
        delete: false,
    };
    let cannot = Arc::new(Scripted {
        abilities: blind,
        ..Scripted::default()
    });
    let (broken, empty, wrong) = (
        returning(Err(transient_error("unavailable"))),
        returning(Ok(None)),
        with("018f2a3b-0000-8000-8000-0000000000ff"),
    );
    let (garbled, no_uuid) = (
        returning(Ok(Some("{".to_owned()))),
        returning(Ok(Some("{\"row\": 1}".to_owned()))),
    );
    let panics = Arc::new(Scripted {
        panics: true,
        ..Scripted::default()
    });
    let (good, later) = (with(ID), with(ID));
    let list = named(&[
        ("cannot", &cannot),
        ("broken", &broken),
        ("panics", &panics),
        ("empty", &empty),
        ("wrong", &wrong),
        ("garbled", &garbled),
        ("no uuid", &no_uuid),
        ("good", &good),
        ("later", &later),
    ]);
    let runner = Runner::default();
    let (name, document) = runner.read_through(&list, &id(ID)).await.unwrap();
    assert_eq!((name.as_str(), document.uuid()), ("good", Some(id(ID))));
    let counts: Vec<_> = [&cannot, &broken, &empty, &wrong, &good, &later]
        .map(|storage| storage.count())
        .into();
    assert_eq!(counts, [0, 1, 1, 1, 1, 0]);
    let faulty: Vec<_> = runner
        .health()
        .into_iter()
        .map(|state| state.name.to_string())
        .collect();
    assert_eq!(faulty, ["broken", "garbled", "no uuid", "panics", "wrong"]);
}

#[tokio::test]
async fn a_vcon_that_no_storage_has_is_not_asked_for_again_at_once() {
    let empty = returning(Ok(None));
    let list = named(&[("empty", &empty)]);
    let policy = AskPolicy {
        missing_for: Duration::from_millis(100),
        missing_max: 2,
        ..AskPolicy::default()
    };
    let runner = Runner::new(policy);
    for _ in 0..5 {
        assert!(runner.read_through(&list, &id(ID)).await.is_none());
    }
    assert_eq!(empty.count(), 1);
    tokio::time::sleep(Duration::from_millis(120)).await;
    runner.read_through(&list, &id(ID)).await;
    assert_eq!(empty.count(), 2);
    for (other, expected) in [("b", 3), ("c", 4), ("c", 5), ("b", 5)] {
        runner.read_through(&list, &id(other)).await;
        assert_eq!(empty.count(), expected, "{other}: the memory is full at two");
    }
}

#[tokio::test]
async fn a_saved_vcon_is_asked_for_again() {
    let now = with(ID);
    let nothing = returning(Ok(None));
    let runner = Runner::default();
    assert!(runner.read_through(&named(&[("s", &nothing)]), &id(ID)).await.is_none());
    let list = named(&[("s", &now)]);
    runner
        .save_all(&list, &saved("2024-01-01T00:00:00Z"), &SavePolicy::default())
        .await;
    assert!(runner.read_through(&list, &id(ID)).await.is_some());
}

#[tokio::test]
async fn a_hanging_storage_delays_a_read_but_does_not_stop_it() {
    let hangs = Arc::new(Scripted {
        takes: Duration::from_secs(600),
        ..Scripted::default()
    });
    let good = with(ID);
    let runner = Runner::new(AskPolicy {
        timeout: Duration::from_millis(50),
        ..AskPolicy::default()
    });
    assert!(
        runner
            .read_through(&named(&[("hangs", &hangs), ("good", &good)]), &id(ID))
            .await
            .is_some()
    );
}

#[tokio::test]
async fn a_delete_calls_all_storages_and_returns_an_outcome_for_each() {
    let returning = |delete| {
        Arc::new(Scripted {
            delete,
            ..Scripted::default()
        })
    };
    let (gone, absent, broken) = (
        returning(Ok(true)),
        returning(Ok(false)),
        returning(Err(permanent_error("no"))),
    );
    let cannot = Arc::new(Scripted {
        abilities: Abilities {
            read: true,
            delete: false,
        },
        ..Scripted::default()
    });
    let panics = Arc::new(Scripted {
        panics: true,
        ..Scripted::default()
    });
    let list = named(&[
        ("broken", &broken),
        ("panics", &panics),
        ("gone", &gone),
        ("absent", &absent),
        ("cannot", &cannot),
    ]);
    let outcomes: Vec<_> = Runner::default().delete_everywhere(&list, &id(ID)).await;
    let names: Vec<_> = outcomes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["broken", "panics", "gone", "absent", "cannot"]);
    assert_eq!(outcomes[0].1, DeleteOutcome::Failed("no".to_owned()));
    assert!(matches!(outcomes[1].1, DeleteOutcome::Failed(_)));
    let rest: Vec<_> = outcomes.into_iter().skip(2).map(|(_, outcome)| outcome).collect();
    assert_eq!(
        rest,
        [
            DeleteOutcome::Deleted,
            DeleteOutcome::Absent,
            DeleteOutcome::Unsupported
        ]
    );
    assert_eq!(cannot.count(), 0);
}

#[tokio::test]
async fn the_copy_of_each_storage_is_reported() {
    let blind = Arc::new(Scripted {
        abilities: Abilities {
            read: false,
            delete: false,
        },
        ..Scripted::default()
    });
    let (good, empty) = (with(ID), returning(Ok(None)));
    let (wrong, broken) = (
        with("018f2a3b-0000-8000-8000-0000000000ff"),
        returning(Err(transient_error("unavailable"))),
    );
    let list = named(&[
        ("blind", &blind),
        ("good", &good),
        ("empty", &empty),
        ("wrong", &wrong),
        ("broken", &broken),
    ]);
    let states: Vec<_> = Runner::default().copies(&list, &id(ID)).await;
    let states: Vec<_> = states.into_iter().map(|(_, state)| state).collect();
    assert_eq!(
        states[..3],
        [CopyState::Unsupported, CopyState::Held, CopyState::Absent]
    );
    assert!(
        matches!(&states[3], CopyState::Failed(why) if why.contains("0000000000ff")),
        "{states:?}"
    );
    assert_eq!(states[4], CopyState::Failed("unavailable".to_owned()));
    assert_eq!(blind.count(), 0, "it was asked");
}
