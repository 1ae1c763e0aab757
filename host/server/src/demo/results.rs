//! Checks where each of the demo's vCons arrived.

use std::collections::{HashMap, HashSet};

use super::client::{Client, Posted};
use super::follow::{EndedRun, RunEnd};
use super::receiver::Receiver;
use super::setup::WEBHOOK;
use super::{DemoError, LIST};
use crate::app::App;
use vcon_document::VconId;
use vconduit_base::names::ListName;
use vconduit_config::{Chain, Config};
use vconduit_engine::events::RunEvent;

/// The result of one sample.
pub(super) struct SampleResult {
    /// File name of the sample.
    pub name: String,
    /// The vCon's id, when the server accepted it.
    pub id: Option<String>,
    pub end: SampleEnd,
    /// Places that the chain should have brought the vCon to, and where it is not.
    pub missing: Vec<String>,
}

/// The kinds of end of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SampleEnd {
    /// The server refused it, for this reason.
    Refused(String),
    /// It went through the chain to storages and egress lists.
    Finished,
    /// The link of this name stopped its run.
    Stopped(String),
    /// It is a dead letter, because of the link of this name.
    DeadLetter(String),
    /// Its run was still active when the time was up.
    Unfinished,
}

impl SampleResult {
    /// True when the vCon is where it should be. A sample that is not a vCon should be refused.
    pub(super) fn is_good(&self) -> bool {
        match self.end {
            SampleEnd::Finished | SampleEnd::Stopped(_) => self.missing.is_empty(),
            SampleEnd::Refused(_) => true,
            SampleEnd::DeadLetter(_) | SampleEnd::Unfinished => false,
        }
    }
}

/// Ids on each egress list.
type Egress = HashMap<ListName, HashSet<String>>;

/// Checks all samples.
pub(super) async fn collect(
    app: &App,
    client: &Client,
    posted: Vec<Posted>,
    runs: &HashMap<String, EndedRun>,
    receiver: &Receiver,
) -> Result<Vec<SampleResult>, DemoError> {
    let mut egress = Egress::new();
    for list in egress_lists(&app.live.load().config) {
        let ids = client.take_egress(list.as_str(), posted.len()).await?;
        egress.insert(list, ids.into_iter().collect());
    }
    let mut results = Vec::new();
    for Posted { name, id } in posted {
        let (id, end, missing) = match id {
            Err(reason) => (None, SampleEnd::Refused(reason), Vec::new()),
            Ok(id) => {
                let (end, missing) = end(app, &id, runs.get(&id), &egress, receiver).await;
                (Some(id), end, missing)
            }
        };
        results.push(SampleResult { name, id, end, missing });
    }
    Ok(results)
}

fn egress_lists(config: &Config) -> Vec<ListName> {
    let takes_samples = |chain: &&Chain| chain.ingress_lists.iter().any(|list| list.as_str() == LIST);
    let chain = config.chains.values().find(takes_samples);
    chain.map(|chain| chain.egress_lists.clone()).unwrap_or_default()
}

/// The end of an accepted vCon, and the places where it is missing.
async fn end(
    app: &App,
    id: &str,
    run: Option<&EndedRun>,
    egress: &Egress,
    receiver: &Receiver,
) -> (SampleEnd, Vec<String>) {
    let Some(EndedRun { run, end }) = run else {
        return (SampleEnd::Unfinished, Vec::new());
    };
    let link = run.link.as_ref().map_or("a link", |link| link.as_str()).to_owned();
    match end {
        RunEnd::Finished => (SampleEnd::Finished, missing(app, run, id, egress, receiver).await),
        RunEnd::Stopped => (SampleEnd::Stopped(link), Vec::new()),
        RunEnd::Failed => (SampleEnd::DeadLetter(link), Vec::new()),
    }
}

/// The places that a finished vCon should have arrived at, and where it is not.
async fn missing(app: &App, run: &RunEvent, id: &str, egress: &Egress, receiver: &Receiver) -> Vec<String> {
    let snapshot = app.live.load_full();
    let Some(chain) = snapshot.config.chains.get(&run.chain) else {
        return Vec::new();
    };
    let mut missing = Vec::new();
    for list in &chain.egress_lists {
        if !egress.get(list).is_some_and(|ids| ids.contains(id)) {
            missing.push(format!("egress list {list}"));
        }
    }
    for name in &chain.storages {
        let is_saved = match (snapshot.storages.get(name), VconId::new(id)) {
            (Some(storage), Ok(id)) => matches!(storage.get(&id).await, Ok(Some(_))),
            _ => false,
        };
        if !is_saved {
            missing.push(format!("storage {name}"));
        }
    }
    let links = chain.links.iter().filter_map(|link| snapshot.links.get(&link.name));
    let mut hosts = links.flat_map(|link| &link.grants.http);
    if hosts.any(|grant| receiver.is_at(&grant.host, grant.port)) && receiver.count(id) == 0 {
        missing.push(format!("the webhook receiver (in place of {WEBHOOK})"));
    }
    missing
}
