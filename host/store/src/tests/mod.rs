//! Tests of the working store. Those in `on_both!` run on Redis and on SQLite, because the two must
//! not differ.
//!
//! Every test has a store of its own: a `redis-server` on a free port, or a file in a temporary
//! directory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Checkpoint, Claim, Effects, ErrorRecord, Guarded, NeededDocument, NewDocument, Progress, Revision, Store,
    StoreError, Write,
};
use vcon_document::index::IndexKind;
use vcon_document::{Text, VconId};
use vconduit_base::Lifetimes;
use vconduit_base::names::{HostId, LinkName, ListName};

mod all_or_nothing;
mod audit;
mod claims;
mod component_faults;
mod components;
mod config;
mod contact;
mod dead_letters;
mod documents;
mod endings;
mod events;
mod fixture;
mod holds;
mod host_locks;
mod hosts;
mod index;
mod invariant;
mod lists;
mod lossy_proxy;
mod parking;
mod recovery;
mod redis_faults;
mod redis_server;
mod redis_shapes;
mod replicas;
mod sqlite_file;
mod survey;
mod trails;

use fixture::StoreFixture;
use redis_server::RedisServer;

/// Defines each function as a test on both stores.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::super::StoreFixture::redis().await).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::super::StoreFixture::sqlite()).await;
            })*
        }
    };
}
use on_both;

const LEASE: Duration = Duration::from_secs(30);
const LIFETIMES: Lifetimes = Lifetimes {
    document_s: 3600,
    index_s: 86_400,
    context_s: 86_400,
    dead_letter_s: 604_800,
    trail_s: 3600,
};

fn id(text: &str) -> VconId {
    VconId::new(text).unwrap()
}

fn ids(texts: &[&str]) -> Vec<VconId> {
    texts.iter().map(|text| id(text)).collect()
}

fn list(text: &str) -> ListName {
    ListName::new(text).unwrap()
}

fn host() -> HostId {
    HostId::new("host-1").unwrap()
}

fn text_of(length: usize, mark: &str) -> Text {
    format!(r#"{{"mark":"{mark}","pad":"{}"}}"#, "x".repeat(length)).into()
}

fn document(name: &str) -> NewDocument {
    NewDocument {
        id: id(name),
        text: format!(r#"{{"uuid":"{name}"}}"#).into(),
        created_at_s: None,
        index: Vec::new(),
        push_to: Vec::new(),
        context: None,
    }
}

fn record(class: &str) -> ErrorRecord {
    ErrorRecord {
        chain: None,
        link: None,
        version: None,
        class: class.to_owned(),
        message: "it failed".to_owned(),
        attempts: 3,
        current: None,
        at_ms: 1_700_000_000_000,
    }
}

fn no_effects() -> Effects {
    Effects::default()
}

/// Shared steps of the tests.
impl StoreFixture {
    async fn put(&self, name: &str) {
        self.store.put(document(name)).await.unwrap();
    }

    async fn push(&self, name: &str, entries: &[&str]) {
        self.store.push(&list(name), &ids(entries), None).await.unwrap();
    }

    async fn text(&self, name: &str) -> Option<String> {
        self.store
            .get(&[id(name)])
            .await
            .unwrap()
            .remove(0)
            .map(|stored| stored.text.to_string())
    }

    async fn revision(&self, name: &str) -> Revision {
        self.store.get(&[id(name)]).await.unwrap().remove(0).unwrap().revision
    }

    /// Returns a write on the current state.
    async fn write_to(&self, name: &str, text: &str) -> Write {
        Write {
            id: id(name),
            text: text.into(),
            expected: self.revision(name).await,
        }
    }

    async fn claim(&self, name: &str, count: usize) -> Vec<Claim> {
        self.store.claim(&list(name), &host(), count, LEASE).await.unwrap()
    }

    async fn claim_one(&self, name: &str) -> Claim {
        let mut claims = self.claim(name, 1).await;
        assert_eq!(claims.len(), 1, "one entry on {name}");
        claims.remove(0)
    }

    async fn entries(&self, name: &str) -> Vec<String> {
        self.store.entries(&list(name), 0, u64::MAX).await.unwrap()
    }

    async fn finish(&self, claim: &Claim, egress: &[&str]) -> Guarded {
        let egress: Vec<ListName> = egress.iter().map(|name| list(name)).collect();
        self.store
            .finish(claim, &claim.vcon, None, &no_effects(), &egress)
            .await
            .unwrap()
    }

    /// Begins the runs of these claims, and makes their leases run out.
    async fn lose(&self, claims: &[Claim]) {
        let names: Vec<_> = claims.iter().map(|claim| claim.id.clone()).collect();
        let lost = self.store.begin(&claims[0].list, &names, Duration::ZERO).await.unwrap();
        assert!(lost.is_empty());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    /// Reaps as if hosts had no gap in their contact: a lease of no length has none.
    async fn reap(&self, name: &str) -> (Vec<String>, Vec<String>) {
        let reaped = self.store.reap(&list(name), 5, Duration::ZERO).await.unwrap();
        (texts(&reaped.returned), texts(&reaped.dead))
    }
}

fn texts(ids: &[VconId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

fn vcons(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.vcon.as_str()).collect()
}

/// Returns a checkpoint at a place in a chain of links, written as `done | left`.
fn at_place(text: &str) -> Checkpoint {
    let (done, left) = text.split_once('|').unwrap();
    let names = |text: &str| {
        text.split_whitespace()
            .map(|name| LinkName::new(name).unwrap())
            .collect()
    };
    let progress = Progress {
        done: names(done),
        left: names(left),
    };
    Checkpoint {
        progress: Some(progress),
        ..at_link(u32::try_from(done.split_whitespace().count()).unwrap())
    }
}

/// Returns a checkpoint as older hosts wrote it.
fn at_link(next_link: u32) -> Checkpoint {
    Checkpoint {
        chain: Some(vconduit_base::names::ChainName::new("main").unwrap()),
        next_link,
        progress: None,
        current: None,
        began_ms: 1_700_000_000_000,
        spent_ms: 1_500,
        versions: BTreeMap::new(),
    }
}

fn terms(terms: &[(IndexKind, &str)]) -> Vec<(IndexKind, String)> {
    terms.iter().map(|(kind, value)| (*kind, (*value).to_owned())).collect()
}
