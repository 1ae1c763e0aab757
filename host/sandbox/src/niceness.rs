//! How far work that can wait stands back behind threads that serve.

use rustix::process::nice;

/// Long calls: a sixth of what each other thread may claim of a processor that both want: beside one that is always busy a call of 2 s of
/// CPU time takes 14 s. At 5 (a third) a neighbour of attacks keeps 78 % of its throughput on two cores; at 10 (a tenth) such a call could
/// meet its 30 s.
pub(super) const OF_LONG_CALLS: i32 = 8;

/// Work on components: a tenth. At 19 it would be a sixtieth: a small link that takes 0.2 s to compile would come to 10 s on a busy host.
pub(super) const OF_COMPILING: i32 = 10;

/// This thread stands back from now on: on Linux niceness is that of the thread alone. A system that refuses it shares out evenly.
pub(super) fn stand_back(by: i32) {
    let _ = nice(by);
}
