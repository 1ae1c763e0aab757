//! Priorities of threads whose work can wait.

use rustix::process::nice;

/// Niceness of long calls. On a processor that both want, a long call gets a sixth of the time of
/// another thread: next to a thread that is always busy, 2 s of CPU time take 14 s. At 5 (a third),
/// a neighbour of attacks keeps 78 % of its throughput on two cores. At 10 (a tenth), such a call
/// could reach its limit of 30 s.
pub(crate) const OF_LONG_CALLS: i32 = 8;

/// Niceness of work on components: a tenth of the time of another thread. At 19 it would be a
/// sixtieth: a small link that takes 0.2 s to compile would take 10 s on a busy host.
pub(crate) const OF_COMPILING: i32 = 10;

/// Lowers the priority of the current thread for good. On Linux, niceness belongs to the thread
/// alone. A system that refuses leaves the priority as it is.
pub(crate) fn lower_priority(by: i32) {
    let _ = nice(by);
}
