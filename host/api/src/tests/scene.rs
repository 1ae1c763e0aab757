//! The scene of a test: the state of the store before and after a request. It is set and read on
//! the real store, where no fault is injected.

use std::time::Duration;

use super::Api;
use vcon_document::VconId;
use vconduit_base::names::{HostId, ListName};
use vconduit_store::{Checkpoint, Claim, Effects, ErrorRecord, NewDocument, Store};

/// Longer than any test.
const LEASE: Duration = Duration::from_secs(3600);

fn id(text: &str) -> VconId {
    VconId::new(text).unwrap()
}

fn list(name: &str) -> ListName {
    ListName::new(name).unwrap()
}

fn host() -> HostId {
    HostId::new("h").unwrap()
}

/// Stores a document as another client would, in no index.
pub async fn keep(store: &dyn Store, name: &str, text: &str) {
    let document = NewDocument {
        id: id(name),
        text: text.into(),
        created_at_s: None,
        index: Vec::new(),
        push_to: Vec::new(),
        context: None,
    };
    store.put(document).await.unwrap();
}

impl Api {
    fn real(&self) -> &dyn Store {
        self.store.real()
    }

    /// The number of documents that requests have stored.
    pub fn puts(&self) -> usize {
        self.store.calls("put") + self.store.calls("restore")
    }

    /// Stores a document, in no index.
    pub async fn keep(&self, name: &str, text: &str) {
        keep(self.real(), name, text).await;
    }

    /// The stored text of a document.
    pub async fn raw(&self, name: &str) -> Option<String> {
        let stored = self.real().get(&[id(name)]).await.unwrap().remove(0);
        stored.map(|stored| stored.text.to_string())
    }

    /// Appends entries to a list.
    pub async fn append(&self, name: &str, entries: &[&str]) {
        let ids: Vec<VconId> = entries.iter().map(|entry| id(entry)).collect();
        self.real().push(&list(name), &ids, None).await.unwrap();
    }

    /// The entries of a list, from its head.
    pub async fn entries(&self, name: &str) -> Vec<String> {
        self.real().entries(&list(name), 0, u64::MAX).await.unwrap()
    }

    /// The host `h` takes the entry at the head of a list.
    pub async fn claim(&self, name: &str) -> Claim {
        self.claim_for(name, LEASE).await
    }

    async fn claim_for(&self, name: &str, lease: Duration) -> Claim {
        let mut claims = self.real().claim(&list(name), &host(), 1, lease).await.unwrap();
        claims.pop().unwrap_or_else(|| panic!("the list {name} is empty"))
    }

    /// The host `h` works on an entry of an empty list and is at this checkpoint. Two workers have
    /// lost it before.
    pub async fn claimed(&self, name: &str, entry: &str, checkpoint: &Checkpoint) -> Claim {
        self.append(name, &[entry]).await;
        for _ in 0..2 {
            let lost = self.claim_for(name, Duration::ZERO).await;
            let nothing = Effects::default();
            self.real().checkpoint(&lost, checkpoint, None, &nothing).await.unwrap();
            self.real().reap(&list(name), 5, Duration::ZERO).await.unwrap();
        }
        self.claim(name).await
    }

    /// A run on an entry of an empty list has handed it off and waits for it.
    pub async fn parked(&self, name: &str, entry: &str) {
        self.append(name, &[entry]).await;
        let claim = self.claim(name).await;
        let (start, nothing, people) = (Checkpoint::default(), Effects::default(), list("people"));
        let parked = self.real().park(&claim, &start, None, &nothing, &people, LEASE).await;
        parked.unwrap();
    }

    /// Adds a dead letter of an ingress list or of a storage (`storage:NAME`).
    pub async fn dead_letter(&self, name: &str, entry: &str, record: &ErrorRecord) {
        let letters = list(name).dead_letters();
        self.real().dead_letter(&letters, &id(entry), record).await.unwrap();
    }

    /// Adds these notes to the trail of a vCon, by a run on an entry of an empty list.
    pub async fn trail(&self, entry: &str, notes: &[&str]) {
        self.append("noted", &[entry]).await;
        let claim = self.claim("noted").await;
        for note in notes {
            let effects = Effects {
                trail: Some((*note).to_owned()),
                ..Effects::default()
            };
            let noted = self
                .real()
                .checkpoint(&claim, &Checkpoint::default(), None, &effects)
                .await;
            noted.unwrap();
        }
        let finished = self
            .real()
            .finish(&claim, &claim.vcon, None, &Effects::default(), &[])
            .await;
        finished.unwrap();
    }
}
