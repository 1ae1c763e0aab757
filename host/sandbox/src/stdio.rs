//! Standard output and standard error of a guest, written line by line to the log of the call.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::guest_log::GuestLog;

/// Bytes that a guest may write at once. The log bounds what is kept, so this only bounds copying.
const WRITE_BYTES: usize = 64 * 1024;

/// One of the two output streams.
#[derive(Clone)]
pub(crate) struct GuestOutput {
    log: Arc<GuestLog>,
    stderr: bool,
}

impl GuestOutput {
    /// Standard output.
    pub(crate) fn stdout(log: Arc<GuestLog>) -> Self {
        Self { log, stderr: false }
    }

    /// Standard error.
    pub(crate) fn stderr(log: Arc<GuestLog>) -> Self {
        Self { log, stderr: true }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only interfaces that are not linked call this.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.log.stream(self.stderr, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

#[async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}
