//! `vcon:link/log`: lines of a link in the host's log, bounded and escaped.

use tracing::Level as LogLevel;

use crate::bindings::wit::log::{Host, Level};
use crate::state::CallState;

impl Host for CallState {
    fn write(&mut self, level: Level, message: String, fields: Vec<(String, String)>) {
        let level = match level {
            Level::Trace => LogLevel::TRACE,
            Level::Debug => LogLevel::DEBUG,
            Level::Info => LogLevel::INFO,
            Level::Warn => LogLevel::WARN,
            Level::Error => LogLevel::ERROR,
        };
        self.log.write(level, &message, &fields);
    }
}
