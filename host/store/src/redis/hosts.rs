//! Hosts that are there.
//!
//! Guarantee: by the server's clock.

use std::time::Duration;

use async_trait::async_trait;

use super::claims::millis;
use super::errors::damaged;
use super::{RedisStore, keys};
use crate::{HostStore, StoreError};
use vconduit_base::names::HostId;

#[async_trait]
impl HostStore for RedisStore {
    async fn announce(&self, host: &HostId, report: &str, ttl: Duration) -> Result<(), StoreError> {
        let mut call = self.scripts.announce.call(&[keys::HOSTS, keys::HOSTS_UNTIL]);
        call.arg(host.as_str()).arg(report).arg(millis(ttl));
        self.connection.script("announce", &self.scripts.announce, &call).await
    }

    async fn hosts(&self) -> Result<Vec<(HostId, String)>, StoreError> {
        let call = self.scripts.hosts.call(&[keys::HOSTS, keys::HOSTS_UNTIL]);
        let answer: Vec<String> = self.connection.script("hosts", &self.scripts.hosts, &call).await?;
        let mut answer = answer.into_iter();
        let mut hosts = Vec::new();
        while let (Some(host), Some(report)) = (answer.next(), answer.next()) {
            hosts.push((HostId::new(host).map_err(|error| damaged("hosts", error))?, report));
        }
        hosts.sort();
        Ok(hosts)
    }

    async fn withdraw(&self, host: &HostId) -> Result<(), StoreError> {
        // Without its time a report is not read, and goes with the next announcement of its host or stays unseen.
        let mut commands = redis::Pipeline::with_capacity(2);
        commands.cmd("ZREM").arg(keys::HOSTS_UNTIL).arg(host.as_str());
        commands.cmd("HDEL").arg(keys::HOSTS).arg(host.as_str());
        self.connection.run_all("withdraw", &commands).await.map(drop)
    }
}
