//! The active hosts.
//!
//! Guarantee: the times are of the server's clock.

use std::time::Duration;

use async_trait::async_trait;

use super::encode::millis;
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
        let reply: Vec<String> = self.connection.script("hosts", &self.scripts.hosts, &call).await?;
        let mut reply = reply.into_iter();
        let mut hosts = Vec::new();
        while let (Some(host), Some(report)) = (reply.next(), reply.next()) {
            hosts.push((HostId::new(host).map_err(|error| damaged("hosts", error))?, report));
        }
        hosts.sort();
        Ok(hosts)
    }

    async fn withdraw(&self, host: &HostId) -> Result<(), StoreError> {
        // The order matters: a report without its time is never returned.
        let mut commands = redis::Pipeline::with_capacity(2);
        commands.cmd("ZREM").arg(keys::HOSTS_UNTIL).arg(host.as_str());
        commands.cmd("HDEL").arg(keys::HOSTS).arg(host.as_str());
        self.connection.run_all("withdraw", &commands).await.map(drop)
    }
}
