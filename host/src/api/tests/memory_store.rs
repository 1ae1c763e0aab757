//! A working store in memory: what the API asks of one, and ways to make it fail.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;

use crate::names::{ClaimId, HostId, ListName, VconId};
use crate::store::{
    Checkpoint, Claim, ConfigEntries, DeadLetter, Effects, ErrorRecord, Guarded, IndexKind, NewDocument, Reaped,
    Revision, Store, StoreError, Stored, Write,
};
use crate::vcon::Text;

mod admin;

/// How the store fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    #[default]
    None,
    Away,
    Refuses,
    Panics,
}

#[derive(Default)]
struct Inner {
    trouble: Trouble,
    documents: BTreeMap<VconId, Text>,
    listing: BTreeMap<String, i64>,
    index: BTreeMap<String, Vec<String>>,
    lists: BTreeMap<String, VecDeque<String>>,
    contexts: Vec<(String, String)>,
    puts: usize,
    gets: usize,
    pushes: usize,
    config: (u64, ConfigEntries),
    saves: Saves,
    admin: admin::Admin,
}

/// How saves of the configuration fail.
#[derive(Default)]
struct Saves {
    /// That many lose against another writer.
    lost: usize,
    refused: bool,
}

#[derive(Default)]
pub struct MemoryStore(Mutex<Inner>);

impl MemoryStore {
    pub fn trouble(&self, trouble: Trouble) {
        self.0.lock().unwrap().trouble = trouble;
    }

    /// Lets the next saves of the configuration lose against another writer.
    pub fn lose_saves(&self, number: usize) {
        self.0.lock().unwrap().saves.lost = number;
    }

    /// Refuses saves of the configuration.
    pub fn refuse_saves(&self, refused: bool) {
        self.0.lock().unwrap().saves.refused = refused;
    }

    pub fn puts(&self) -> usize {
        self.0.lock().unwrap().puts
    }

    pub fn gets(&self) -> usize {
        self.0.lock().unwrap().gets
    }

    pub fn pushes(&self) -> usize {
        self.0.lock().unwrap().pushes
    }

    pub fn raw(&self, id: &str) -> Option<String> {
        self.0.lock().unwrap().documents.get(id).map(|text| text.to_string())
    }

    pub fn set_raw(&self, id: &str, text: &str) {
        self.0
            .lock()
            .unwrap()
            .documents
            .insert(VconId::new(id).unwrap(), text.into());
    }

    pub fn entries_of(&self, list: &str) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .lists
            .get(list)
            .map(|list| list.iter().cloned().collect())
            .unwrap_or_default()
    }

    pub fn append(&self, list: &str, ids: &[&str]) {
        let mut inner = self.0.lock().unwrap();
        inner
            .lists
            .entry(list.into())
            .or_default()
            .extend(ids.iter().map(|id| (*id).to_owned()));
    }

    pub fn terms(&self) -> Vec<String> {
        self.0.lock().unwrap().index.keys().cloned().collect()
    }

    pub fn forget_indexes(&self) {
        let mut inner = self.0.lock().unwrap();
        inner.index.clear();
        inner.listing.clear();
    }

    pub fn contexts(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().contexts.clone()
    }

    fn open(&self) -> Result<std::sync::MutexGuard<'_, Inner>, StoreError> {
        let trouble = self.0.lock().unwrap().trouble;
        match trouble {
            Trouble::None => Ok(self.0.lock().unwrap()),
            Trouble::Away => Err(StoreError::Away("memory".into())),
            Trouble::Refuses => Err(refused()),
            Trouble::Panics => panic!("told to"),
        }
    }
}

fn refused() -> StoreError {
    StoreError::Refused {
        operation: "test",
        reason: "told to".into(),
    }
}

fn add_index(inner: &mut Inner, id: &VconId, created_at_s: Option<i64>, index: &[(IndexKind, String)]) {
    if let Some(created) = created_at_s {
        inner.listing.insert(id.to_string(), created);
    }
    for (kind, value) in index {
        let set = inner.index.entry(format!("{}:{value}", kind.as_str())).or_default();
        if !set.contains(&id.to_string()) {
            set.push(id.to_string());
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn put(&self, document: NewDocument) -> Result<(), StoreError> {
        let mut inner = self.open()?;
        inner.puts += 1;
        inner.documents.insert(document.id.clone(), document.text);
        add_index(&mut inner, &document.id, document.created_at_s, &document.index);
        for list in &document.push_to {
            if let Some(context) = &document.context {
                inner
                    .contexts
                    .push((format!("{list}:{}", document.id), context.clone()));
            }
            inner
                .lists
                .entry(list.to_string())
                .or_default()
                .push_back(document.id.to_string());
        }
        Ok(())
    }

    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError> {
        let mut inner = self.open()?;
        if inner.documents.contains_key(id) {
            return Ok(false);
        }
        inner.puts += 1;
        inner.documents.insert(id.clone(), text.clone());
        add_index(&mut inner, id, created_at_s, &[]);
        Ok(true)
    }

    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        let mut inner = self.open()?;
        inner.gets += 1;
        let read = |id| {
            let text: &Text = inner.documents.get(id)?;
            Some(Stored {
                text: text.clone(),
                revision: Revision(text.as_ref().into()),
            })
        };
        Ok(ids.iter().map(read).collect())
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StoreError> {
        let mut inner = self.open()?;
        inner.listing.remove(id.as_str());
        Ok(inner.documents.remove(id).is_some())
    }

    async fn list(
        &self,
        since: Option<i64>,
        until: Option<i64>,
        offset: u64,
        count: i64,
    ) -> Result<Vec<String>, StoreError> {
        let inner = self.open()?;
        let mut all: Vec<_> = inner.listing.iter().map(|(id, at)| (*at, id.clone())).collect();
        all.sort_by(|a, b| b.cmp(a));
        let within = all
            .into_iter()
            .filter(|(at, _)| since.is_none_or(|s| *at >= s) && until.is_none_or(|u| *at <= u));
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(within
            .map(|(_, id)| id)
            .skip(usize::try_from(offset).unwrap())
            .take(count)
            .collect())
    }

    async fn search(&self, terms: &[(IndexKind, String)]) -> Result<Vec<Vec<String>>, StoreError> {
        let inner = self.open()?;
        let find = |(kind, value): &(IndexKind, String)| inner.index.get(&format!("{}:{value}", kind.as_str()));
        Ok(terms
            .iter()
            .map(|term| find(term).cloned().unwrap_or_default())
            .collect())
    }

    async fn scan(&self, cursor: Option<String>) -> Result<(Vec<VconId>, Option<String>), StoreError> {
        // Two at a time, so that there are pages.
        let inner = self.open()?;
        let after = inner
            .documents
            .keys()
            .filter(|id| cursor.as_deref().is_none_or(|cursor| id.as_str() > cursor));
        let ids: Vec<VconId> = after.take(2).cloned().collect();
        let next = (ids.len() == 2).then(|| ids[1].to_string());
        Ok((ids, next))
    }

    async fn index(
        &self,
        id: &VconId,
        created_at_s: Option<i64>,
        index: &[(IndexKind, String)],
    ) -> Result<(), StoreError> {
        add_index(&mut *self.open()?, id, created_at_s, index);
        Ok(())
    }

    async fn push(&self, list: &ListName, ids: &[VconId], context: Option<&str>) -> Result<(), StoreError> {
        let mut inner = self.open()?;
        inner.pushes += 1;
        for id in ids {
            if let Some(context) = context {
                inner.contexts.push((format!("{list}:{id}"), context.to_owned()));
            }
            inner
                .lists
                .entry(list.to_string())
                .or_default()
                .push_back(id.to_string());
        }
        Ok(())
    }

    async fn pop_tail(&self, list: &ListName, count: usize) -> Result<Vec<String>, StoreError> {
        let mut inner = self.open()?;
        let Some(list) = inner.lists.get_mut(list.as_str()) else {
            return Ok(Vec::new());
        };
        Ok((0..count).map_while(|_| list.pop_back()).collect())
    }

    async fn depth(&self, list: &ListName) -> Result<u64, StoreError> {
        Ok(self
            .open()?
            .lists
            .get(list.as_str())
            .map_or(0, |list| list.len() as u64))
    }

    async fn entries(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        let inner = self.open()?;
        let all = inner.lists.get(list.as_str()).cloned().unwrap_or_default();
        Ok(all.into_iter().skip(offset as usize).take(count as usize).collect())
    }

    async fn reprocess(&self, list: &ListName, count: u64) -> Result<u64, StoreError> {
        let mut inner = self.open()?;
        let dead = inner.lists.entry(list.dead_letters().to_string()).or_default();
        let count = (count as usize).min(dead.len());
        let moved: Vec<String> = dead.drain(..count).collect();
        inner.lists.entry(list.to_string()).or_default().extend(moved);
        Ok(count as u64)
    }

    async fn load_config(&self) -> Result<(u64, ConfigEntries), StoreError> {
        Ok(self.open()?.config.clone())
    }

    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<u64>,
        audit: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError> {
        let mut inner = self.open()?;
        if inner.saves.refused {
            return Err(refused());
        }
        if inner.saves.lost > 0 {
            inner.saves.lost -= 1;
            inner.config.0 += 1;
            return Ok(Err(inner.config.0));
        }
        let revision = inner.config.0;
        if expected.is_some_and(|expected| expected != revision) {
            return Ok(Err(revision));
        }
        inner.config = (revision + 1, entries.clone());
        inner.admin.audit.extend(audit.map(str::to_owned));
        Ok(Ok(revision + 1))
    }

    async fn config_revision(&self) -> Result<u64, StoreError> {
        Ok(self.open()?.config.0)
    }

    async fn claims(&self, list: &ListName) -> Result<Vec<(HostId, Claim)>, StoreError> {
        let inner = self.open()?;
        let on_list = inner.admin.claims.iter().filter(|(_, claim)| claim.list == *list);
        Ok(on_list.cloned().collect())
    }

    async fn dead_letters(&self, list: &ListName, offset: u64, count: u64) -> Result<Vec<DeadLetter>, StoreError> {
        let ids = self.entries(&list.dead_letters(), offset, count).await?;
        let inner = self.open()?;
        let letter = |id: &String| DeadLetter {
            vcon: VconId::new(id).unwrap(),
            record: inner.admin.records.get(&(list.to_string(), id.clone())).cloned(),
        };
        Ok(ids.iter().map(letter).collect())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.open().map(|_| ())
    }

    fn describe(&self) -> String {
        "memory".into()
    }

    // The API asks nothing of what follows.

    async fn write(&self, _: Write) -> Result<Guarded, StoreError> {
        Err(refused())
    }
    async fn lifetime(&self, id: &VconId) -> Result<Option<i64>, StoreError> {
        // Documents stay here for ever.
        Ok(self.open()?.documents.contains_key(id).then_some(-1))
    }
    async fn expire(&self, _: &VconId, _: i64) -> Result<bool, StoreError> {
        Err(refused())
    }
    async fn wait(&self, _: &ListName, _: Duration) -> Result<bool, StoreError> {
        Err(refused())
    }
    async fn claim(&self, _: &ListName, _: &HostId, _: usize, _: Duration) -> Result<Vec<Claim>, StoreError> {
        Err(refused())
    }
    async fn renew(&self, _: &ListName, _: &[ClaimId], _: Duration) -> Result<Vec<ClaimId>, StoreError> {
        Err(refused())
    }
    async fn checkpoint(
        &self,
        _: &Claim,
        _: &Checkpoint,
        _: Option<Write>,
        _: &Effects,
    ) -> Result<Guarded, StoreError> {
        Err(refused())
    }
    async fn finish(
        &self,
        _: &Claim,
        _: &VconId,
        _: Option<Write>,
        _: &Effects,
        _: &[ListName],
    ) -> Result<Guarded, StoreError> {
        Err(refused())
    }
    async fn fail(&self, _: &Claim, _: &ErrorRecord, _: Option<&str>) -> Result<Guarded, StoreError> {
        Err(refused())
    }
    async fn dead_letter(&self, _: &ListName, _: &VconId, _: &ErrorRecord) -> Result<(), StoreError> {
        Err(refused())
    }
    async fn hand_back(&self, _: &Claim) -> Result<Guarded, StoreError> {
        Err(refused())
    }
    async fn park(
        &self,
        _: &Claim,
        _: &Checkpoint,
        _: Option<Write>,
        _: &Effects,
        _: &ListName,
        _: Duration,
    ) -> Result<Guarded, StoreError> {
        Err(refused())
    }
    async fn resume(&self, _: &ListName) -> Result<Reaped, StoreError> {
        Err(refused())
    }
    async fn reap(&self, _: &ListName, _: u32) -> Result<Reaped, StoreError> {
        Err(refused())
    }
}
