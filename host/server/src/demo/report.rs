//! What the demo shows at its end.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::client::{Client, Posted};
use super::follow::{Ended, How};
use super::receiver::Receiver;
use super::{LIST, WEBHOOK};
use crate::app::App;
use vcon_document::VconId;
use vconduit_base::names::ListName;
use vconduit_config::Config;
use vconduit_engine::events::RunEvent;
use vconduit_engine::figures::stats::LinkRow;

/// What became of one sample.
struct Fate {
    name: String,
    id: Option<String>,
    end: End,
    /// What should be there and is not.
    missing: Vec<String>,
}

/// Where a sample ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// The server refused it.
    Refused(String),
    /// Through the chain, into storages and egress lists.
    Done,
    /// A link ended its run.
    Stopped(String),
    /// In the dead letters.
    Dead(String),
    /// Still under way when time was up.
    Unknown,
}

/// The whole report.
pub(super) struct Report {
    fates: Vec<Fate>,
    links: Vec<LinkRow>,
    wall: Duration,
}

/// `--json`.
#[derive(Serialize)]
struct Summary<'a> {
    vcons_in: usize,
    vcons_done: usize,
    stopped: usize,
    dlq: usize,
    refused: usize,
    links: &'a [LinkRow],
    wall_s: f64,
}

impl Report {
    /// Looks where everything is.
    pub async fn make(
        app: &App,
        client: &Client,
        posted: Vec<Posted>,
        runs: HashMap<String, Ended>,
        receiver: &Receiver,
        wall: Duration,
    ) -> anyhow::Result<Self> {
        let mut egress = HashMap::new();
        for list in egress_lists(&app.live.load().config) {
            let ids: HashSet<String> = client.egress(list.as_str(), posted.len()).await?.into_iter().collect();
            egress.insert(list, ids);
        }
        let mut fates = Vec::new();
        for posted in posted {
            fates.push(fate(app, posted, &runs, &egress, receiver).await);
        }
        Ok(Self {
            fates,
            links: app.stats.rows(),
            wall,
        })
    }

    /// Whether every vCon that was taken is where it should be. Refusing what is not a vCon is as it should be.
    pub fn all_well(&self) -> bool {
        let fine = |fate: &Fate| match fate.end {
            End::Done | End::Stopped(_) => fate.missing.is_empty(),
            End::Refused(_) => true,
            End::Dead(_) | End::Unknown => false,
        };
        self.count(|end| *end == End::Done) > 0 && self.fates.iter().all(fine)
    }

    /// Prints it.
    #[expect(clippy::print_stdout, reason = "the report is what was asked for")]
    pub fn print(&self, json: bool, address: SocketAddr, since_start: Duration, ends: bool) {
        if json {
            println!("{}", serde_json::to_string(&self.summary()).unwrap_or_default());
            return;
        }
        println!("{}\n", self.link_table());
        println!("{}\n", self.vcon_table());
        println!("{}", self.last_lines(address, since_start, ends));
    }

    fn count(&self, which: impl Fn(&End) -> bool) -> usize {
        self.fates.iter().filter(|fate| which(&fate.end)).count()
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            vcons_in: self.fates.iter().filter(|fate| fate.id.is_some()).count(),
            vcons_done: self.count(|end| *end == End::Done),
            stopped: self.count(|end| matches!(end, End::Stopped(_))),
            dlq: self.count(|end| matches!(end, End::Dead(_))),
            refused: self.count(|end| matches!(end, End::Refused(_))),
            links: &self.links,
            wall_s: self.wall.as_secs_f64(),
        }
    }

    fn link_table(&self) -> Table {
        let mut table = table(&[
            "link",
            "runs",
            "next",
            "stopped",
            "failed",
            "p50 µs",
            "p99 µs",
            "peak memory KiB",
        ]);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for link in &self.links {
            let figures = [
                link.runs,
                link.next,
                link.stopped,
                link.failed,
                link.p50_us,
                link.p99_us,
                link.peak_memory_bytes / 1024,
            ];
            table.add_row(std::iter::once(link.name.to_string()).chain(figures.iter().map(ToString::to_string)));
        }
        table
    }

    fn vcon_table(&self) -> Table {
        let mut table = table(&["sample", "ended"]);
        for fate in &self.fates {
            table.add_row([fate.name.clone(), fate.describe()]);
        }
        table
    }

    fn last_lines(&self, address: SocketAddr, since_start: Duration, ends: bool) -> String {
        let summary = self.summary();
        let taken = format!(
            "{} vCons in, {} through their chain, {} stopped by a link, {} in dead letters, {} refused, in {:.2} s ({:.1} s since the start)",
            summary.vcons_in,
            summary.vcons_done,
            summary.stopped,
            summary.dlq,
            summary.refused,
            summary.wall_s,
            since_start.as_secs_f64()
        );
        if ends {
            return taken;
        }
        let done = self
            .fates
            .iter()
            .find(|fate| fate.end == End::Done)
            .and_then(|fate| fate.id.as_deref())
            .unwrap_or("<uuid>");
        let name = self
            .fates
            .iter()
            .find(|fate| fate.end == End::Done)
            .map_or("<file>", |fate| fate.name.as_str());
        format!(
            "{taken}\n\nThe server goes on at http://{address}. What to try next:\n\n  \
             curl http://{address}/vcon/{done}          a vCon with what the links added\n  \
             curl -X POST 'http://{address}/vcon?ingress_lists={LIST}' -H 'content-type: application/json' -d @config/samples/{name}\n  \
             curl 'http://{address}/stats/queue?list_name={LIST}'     how many wait\n  \
             curl http://{address}/metrics                            what was measured\n  \
             http://{address}/docs                                    the API, to read and to try\n\nCtrl-C ends it."
        )
    }
}

impl Fate {
    fn describe(&self) -> String {
        let end = match &self.end {
            End::Refused(reason) => format!("refused: {}", short(reason)),
            End::Done => "done: saved, on the egress list".into(),
            End::Stopped(link) => format!("stopped by {link}"),
            End::Dead(reason) => format!("dead letter: {reason}"),
            End::Unknown => "still under way".into(),
        };
        if self.missing.is_empty() {
            end
        } else {
            format!("{end}, BUT not in {}", self.missing.join(", "))
        }
    }
}

/// A reason that fits a table.
fn short(reason: &str) -> String {
    const MOST: usize = 90;
    if reason.chars().count() <= MOST {
        reason.to_owned()
    } else {
        reason.chars().take(MOST).chain(['…']).collect()
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_header(header.iter().copied());
    table
}

fn egress_lists(config: &Config) -> Vec<ListName> {
    let chain = config
        .chains
        .values()
        .find(|chain| chain.ingress_lists.iter().any(|list| list.as_str() == LIST));
    chain.map(|chain| chain.egress_lists.clone()).unwrap_or_default()
}

async fn fate(
    app: &App,
    posted: Posted,
    runs: &HashMap<String, Ended>,
    egress: &HashMap<ListName, HashSet<String>>,
    receiver: &Receiver,
) -> Fate {
    let Posted { name, id, refused } = posted;
    let Some(id) = id else {
        return Fate {
            name,
            id: None,
            end: End::Refused(refused.unwrap_or_default()),
            missing: Vec::new(),
        };
    };
    let Some(Ended { run, how }) = runs.get(&id) else {
        return Fate {
            name,
            id: Some(id),
            end: End::Unknown,
            missing: Vec::new(),
        };
    };
    let link = run.link.as_ref().map_or("a link", |link| link.as_str()).to_owned();
    let (end, missing) = match how {
        How::Finished => (End::Done, missing(app, run, &id, egress, receiver).await),
        How::Stopped => (End::Stopped(link), Vec::new()),
        How::Otherwise => (End::Dead(link), Vec::new()),
    };
    Fate {
        name,
        id: Some(id),
        end,
        missing,
    }
}

/// The places where a vCon that went through should be and is not.
async fn missing(
    app: &App,
    run: &RunEvent,
    id: &str,
    egress: &HashMap<ListName, HashSet<String>>,
    receiver: &Receiver,
) -> Vec<String> {
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
        let found = match (snapshot.storages.get(name), VconId::new(id)) {
            (Some(storage), Ok(id)) => matches!(storage.get(&id).await, Ok(Some(_))),
            _ => false,
        };
        if !found {
            missing.push(format!("storage {name}"));
        }
    }
    let links = chain.links.iter().filter_map(|place| snapshot.links.get(&place.name));
    let mut granted = links.flat_map(|link| &link.grants.http);
    if granted.any(|grant| receiver.is_at(&grant.host, grant.port)) && receiver.count(id) == 0 {
        missing.push(format!("the webhook receiver (in place of {WEBHOOK})"));
    }
    missing
}
