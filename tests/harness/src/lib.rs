//! Shared set-up of tests: real servers on free loopback ports, hosts as processes, clients,
//! samples.
//!
//! Guarantee: a test stops every process that it starts, by its pid, also when it fails. Nothing
//! leaves the machine.

mod build;
pub mod components;
pub mod config;
pub mod host;
pub mod receiver;
pub mod redis;
pub mod registry;
pub mod samples;
pub mod wait;

pub use self::redis::RedisServer;
pub use config::{authority, chain_of, config, grant_of};
pub use host::{Host, HostBuilder};
pub use receiver::Receiver;
pub use registry::RegistryServer;
pub use wait::{SOON, eventually};

use std::net::TcpListener;

/// Returns a port that was free a moment ago.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
    listener.local_addr().expect("its address").port()
}

/// Sends this signal to a child process. Does nothing if it has ended.
pub(crate) fn signal(child: &std::process::Child, signal: rustix::process::Signal) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}
