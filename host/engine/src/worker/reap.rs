//! Returns entries whose lease has expired to their lists, continues parked runs, and measures the
//! lists.
//!
//! Guarantee: no claim of a host that lives is taken away because the store, this process or the
//! network was paused. A host renews its own claims before it reaps after a gap, and the store lets
//! nobody reap before all hosts could do so.

use std::time::Duration;

use super::Worker;
use crate::control::queues::{KnownList, known};
use crate::events::{Event, RunEvent};
use vcon_document::VconId;
use vconduit_admin_types::ListKind;
use vconduit_base::names::{ChainName, ListName};
use vconduit_config::Config;
use vconduit_store::Reaped;
use vconduit_telemetry::metrics;

/// The shortest time between two rounds.
pub(super) const FASTEST: Duration = Duration::from_millis(200);
/// Longest time between two rounds. A parked run continues within this time after its id has
/// returned.
pub(super) const SLOWEST: Duration = Duration::from_secs(2);

impl Worker {
    /// One round over all ingress lists. Those of chains that are not enabled are included, and
    /// those that are not in the configuration any more, because they may still have claims and
    /// parked runs.
    pub(super) async fn reap_once(&self) {
        // A host has to renew its own claims before it takes any away.
        if !self.has_contact().await {
            return;
        }
        let snapshot = self.live.load_full();
        let config = &snapshot.config;
        let measured = measured(config);
        let names: Vec<ListName> = measured.iter().map(|list| list.name.clone()).collect();
        let survey = self
            .store
            .survey(&config.ingress_lists(), &names, self.settings.lease)
            .await;
        let survey = match survey {
            Ok(survey) => survey,
            Err(error) => return tracing::debug!(%error, "the lists were not looked at"),
        };
        for (list, length) in measured.iter().zip(survey.counts) {
            metrics::list_length(&list.label, list.kind, length);
        }
        for list in &survey.due {
            let mut chains = config.chains.iter();
            let chain = chains.find(|(_, chain)| chain.ingress_lists.contains(list));
            self.reap_list(chain.map(|(name, _)| name), list).await;
        }
    }

    async fn reap_list(&self, chain: Option<&ChainName>, list: &ListName) {
        if !self.reap_expired(chain, list).await {
            return;
        }
        match self.store.resume(list).await {
            Ok(resumed) if resumed.dead.is_empty() => {}
            Ok(resumed) => {
                tracing::warn!(%list, vcons = ?resumed.dead, "parked runs did not come back in time, or ids came back that were not parked");
                self.report_dead(chain, list, &resumed.dead, "hand-off");
            }
            Err(error) => tracing::debug!(%list, %error, "parked runs were not looked for"),
        }
    }

    /// Takes entries away from claims whose lease has expired. False when the store failed.
    pub(super) async fn reap_expired(&self, chain: Option<&ChainName>, list: &ListName) -> bool {
        if !self.has_contact().await {
            return false;
        }
        let settings = &self.settings;
        match self.store.reap(list, settings.max_lost_leases, settings.lease).await {
            Ok(reaped) => {
                self.report_lost(chain, list, &reaped);
                true
            }
            Err(error) => {
                tracing::debug!(%list, %error, "expired leases were not looked for");
                false
            }
        }
    }

    fn report_lost(&self, chain: Option<&ChainName>, list: &ListName, reaped: &Reaped) {
        let lost = reaped.returned.len() + reaped.dead.len();
        if lost == 0 {
            return;
        }
        metrics::leases_lost(list, lost);
        tracing::warn!(%list, returned = reaped.returned.len(), dead = reaped.dead.len(), "leases ran out; the entries are back on their list or in its dead letters");
        for vcon in &reaped.returned {
            self.events.publish(|| Event::VconReturned {
                vcon: vcon.clone(),
                list: list.clone(),
            });
        }
        self.report_dead(chain, list, &reaped.dead, "lost-lease");
    }

    /// `chain` is absent for a list that is not in the configuration any more.
    fn report_dead(&self, chain: Option<&ChainName>, list: &ListName, dead: &[VconId], class: &str) {
        for vcon in dead {
            metrics::dead_letter(&list.dead_letters());
            let Some(chain) = chain else { continue };
            self.events.publish(|| {
                Event::VconFailed(RunEvent {
                    class: Some(class.to_owned()),
                    ..RunEvent::of(vcon.clone(), list.clone(), chain.clone())
                })
            });
        }
    }
}

/// A list whose length is measured.
struct Measured {
    /// The list.
    name: ListName,
    /// Its name in the gauge: that of the ingress list or storage for dead letters, as the
    /// Conserver names them.
    label: ListName,
    /// Its kind in the gauge.
    kind: &'static str,
}

/// The ingress lists, egress lists and dead letters of a configuration.
fn measured(config: &Config) -> Vec<Measured> {
    let measured = |list: KnownList| {
        let kind = match list.kind {
            ListKind::Ingress => "ingress",
            ListKind::DeadLetters => "dlq",
            ListKind::Egress => "egress",
            ListKind::Resume => return None,
        };
        let of_dead_letters = list.name.as_str().strip_prefix("DLQ:").map(ListName::new);
        let label = match (list.kind, of_dead_letters) {
            (ListKind::DeadLetters, Some(Ok(label))) => label,
            _ => list.name.clone(),
        };
        Some(Measured {
            name: list.name,
            label,
            kind,
        })
    };
    known(config).into_iter().filter_map(measured).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::config_reader;

    #[test]
    fn dead_letters_are_measured_under_the_name_of_their_list() {
        let text = "\
chains:
  a: {links: [], ingress_lists: [i], egress_lists: [o], storages: [s]}
storages: {s: {module: storage.file}}
";
        let config = config_reader(Vec::new()).text(text, "c.yml").config.unwrap();
        let lists: Vec<String> = measured(&config)
            .iter()
            .map(|list| format!("{} {} {}", list.name, list.label, list.kind))
            .collect();
        assert_eq!(
            lists,
            [
                "i i ingress",
                "DLQ:i i dlq",
                "o o egress",
                "DLQ:storage:s storage:s dlq"
            ]
        );
    }
}
