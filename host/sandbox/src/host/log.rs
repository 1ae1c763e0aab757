//! `vcon:link/log`: lines to the host's log, bounded and escaped.

use tracing::Level as Severity;

use super::super::bindings::wit::log::{Host, Level};
use super::super::state::CallState;

impl Host for CallState {
    fn write(&mut self, level: Level, message: String, fields: Vec<(String, String)>) {
        let level = match level {
            Level::Trace => Severity::TRACE,
            Level::Debug => Severity::DEBUG,
            Level::Info => Severity::INFO,
            Level::Warn => Severity::WARN,
            Level::Error => Severity::ERROR,
        };
        self.log.write(level, &message, &fields);
    }
}
