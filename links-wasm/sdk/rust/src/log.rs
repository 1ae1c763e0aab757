//! The log of the host. The host adds link, version, chain and vCon id to each line.
//!
//! Never log options or document content: they may be private.

use crate::bindings::link::vcon::link::log as host;

pub use host::Level;

/// Writes one line. The macros [`info!`](crate::info) … are shorter if there are no fields.
pub fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    host::write(level, message, &fields);
}

/// Writes the message and location of a panic to the log. Without standard error they would be
/// lost.
pub(crate) fn report_panics() {
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    std::panic::set_hook(Box::new(|panic| write(Level::Error, &panic.to_string(), &[])));
}

/// Writes a line of level trace. Takes arguments as `format!` does.
#[macro_export]
macro_rules! trace {
    ($($arg:tt)*) => { $crate::log::write($crate::log::Level::Trace, &format!($($arg)*), &[]) };
}

/// Writes a line of level debug. Takes arguments as `format!` does.
#[macro_export]
macro_rules! debug {
    ($($arg:tt)*) => { $crate::log::write($crate::log::Level::Debug, &format!($($arg)*), &[]) };
}

/// Writes a line of level info. Takes arguments as `format!` does.
#[macro_export]
macro_rules! info {
    ($($arg:tt)*) => { $crate::log::write($crate::log::Level::Info, &format!($($arg)*), &[]) };
}

/// Writes a line of level warn. Takes arguments as `format!` does.
#[macro_export]
macro_rules! warn {
    ($($arg:tt)*) => { $crate::log::write($crate::log::Level::Warn, &format!($($arg)*), &[]) };
}

/// Writes a line of level error. Takes arguments as `format!` does.
#[macro_export]
macro_rules! error {
    ($($arg:tt)*) => { $crate::log::write($crate::log::Level::Error, &format!($($arg)*), &[]) };
}
