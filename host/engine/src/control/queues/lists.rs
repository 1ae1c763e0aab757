//! Lists of the running configuration, with what waits on them.

use futures::StreamExt as _;
use indexmap::IndexMap;

use super::{QueueError, Queues};
use vconduit_admin_types::{ListKind, ListRow, Lists};
use vconduit_base::names::{ChainName, ListName};
use vconduit_config::Config;

/// Lists that the store is asked about at once.
const AT_ONCE: usize = 16;

/// A list of the configuration.
#[derive(Debug, Clone)]
pub struct KnownList {
    /// Its name.
    pub name: ListName,
    /// Kind of the list.
    pub kind: ListKind,
    /// The chain that it belongs to; absent for those of storages.
    pub chain: Option<ChainName>,
    /// True if that chain claims from its lists.
    pub enabled: bool,
    /// For ingress lists, and what comes with them: the ingress list.
    pub ingress: Option<ListName>,
}

/// All lists that the configuration names, in its order: each chain's ingress lists with what
/// belongs to them, its egress lists; then the dead letters of storages. A list that is an ingress
/// list and an egress list is there twice.
pub fn known(config: &Config) -> Vec<KnownList> {
    let running = config.ingress();
    let mut lists = IndexMap::new();
    for (chain, entry) in &config.chains {
        for ingress in &entry.ingress_lists {
            // The last chain that is enabled has the list.
            let owner = running.get(ingress).unwrap_or(chain);
            let mut add = |name: ListName, kind| {
                let list = KnownList {
                    name: name.clone(),
                    kind,
                    chain: Some(owner.clone()),
                    enabled: running.contains_key(ingress),
                    ingress: Some(ingress.clone()),
                };
                lists.insert((name, kind), list);
            };
            add(ingress.clone(), ListKind::Ingress);
            if let Ok(resume) = ListName::new(format!("resume:{ingress}")) {
                add(resume, ListKind::Resume);
            }
            add(ingress.dead_letters(), ListKind::DeadLetters);
        }
        for egress in &entry.egress_lists {
            lists
                .entry((egress.clone(), ListKind::Egress))
                .or_insert_with(|| KnownList {
                    name: egress.clone(),
                    kind: ListKind::Egress,
                    chain: Some(chain.clone()),
                    enabled: entry.enabled,
                    ingress: None,
                });
        }
    }
    for storage in config.storages.keys() {
        let Ok(list) = ListName::new(format!("storage:{storage}")) else {
            continue;
        };
        let list = KnownList {
            name: list.dead_letters(),
            kind: ListKind::DeadLetters,
            chain: None,
            enabled: true,
            ingress: None,
        };
        lists.insert((list.name.clone(), list.kind), list);
    }
    lists.into_values().collect()
}

/// The ingress lists of the configuration, each once.
pub fn ingress(config: &Config) -> Vec<ListName> {
    let lists = known(config).into_iter();
    lists
        .filter(|list| list.kind == ListKind::Ingress)
        .map(|list| list.name)
        .collect()
}

impl Queues {
    /// All lists that the running configuration names, also those that are empty.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn lists(&self) -> Result<Lists, QueueError> {
        let known = known(&self.live.load().config);
        let rows = futures::stream::iter(known)
            .map(|list| self.row(list))
            .buffered(AT_ONCE);
        let rows: Vec<Result<ListRow, QueueError>> = rows.collect().await;
        let lists = rows.into_iter().collect::<Result<_, _>>()?;
        Ok(Lists { lists })
    }

    async fn row(&self, list: KnownList) -> Result<ListRow, QueueError> {
        let mut row = ListRow {
            depth: self.store.depth(&list.name).await?,
            name: list.name.clone(),
            kind: list.kind,
            chain: list.chain,
            enabled: list.enabled,
            claims: None,
            parked: None,
        };
        if list.kind == ListKind::Ingress {
            let progress = self.store.progress(&list.name).await?;
            row.claims = usize::try_from(progress.claims).ok();
            row.parked = usize::try_from(progress.parked).ok();
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::config_reader;

    #[test]
    fn every_list_of_a_configuration_is_known_once_with_the_chain_that_has_it() {
        let text = "\
chains:
  a: {links: [], ingress_lists: [i, shared], egress_lists: [o], storages: [s]}
  b: {links: [], ingress_lists: [shared], egress_lists: [o, i]}
  off: {links: [], ingress_lists: [idle], enabled: 0}
storages: {s: {module: storage.file}}
";
        let config = config_reader(Vec::new()).text(text, "c.yml").config.unwrap();
        let lists: Vec<String> = known(&config)
            .iter()
            .map(|list| {
                let chain = list.chain.as_ref().map_or("-", ChainName::as_str);
                format!("{} {:?} {chain} {}", list.name, list.kind, list.enabled)
            })
            .collect();
        let wanted = [
            "i Ingress a true",
            "resume:i Resume a true",
            "DLQ:i DeadLetters a true",
            "shared Ingress b true",
            "resume:shared Resume b true",
            "DLQ:shared DeadLetters b true",
            "o Egress a true",
            "i Egress b true",
            "idle Ingress off false",
            "resume:idle Resume off false",
            "DLQ:idle DeadLetters off false",
            "DLQ:storage:s DeadLetters - true",
        ];
        assert_eq!(lists, wanted);
    }
}
