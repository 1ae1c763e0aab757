//! Standard output and standard error: line by line into the log of the call.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::super::guest_log::GuestLog;

/// What a guest may write at once. The log takes everything and keeps little, so this is only about copying.
const WRITE_BYTES: usize = 64 * 1024;

/// One of the two streams.
#[derive(Clone)]
pub(in super::super) struct Output {
    log: Arc<GuestLog>,
    stderr: bool,
}

impl Output {
    /// Standard output.
    pub(in super::super) fn stdout(log: Arc<GuestLog>) -> Self {
        Self { log, stderr: false }
    }

    /// Standard error.
    pub(in super::super) fn stderr(log: Arc<GuestLog>) -> Self {
        Self { log, stderr: true }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only interfaces that are not linked ask for this one.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
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
impl Pollable for Output {
    async fn ready(&mut self) {}
}
