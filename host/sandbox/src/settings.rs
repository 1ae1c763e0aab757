//! Settings of a sandbox.

use std::path::{Path, PathBuf};
use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Settings of a sandbox.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Directory of the cache of compiled code. None: components are compiled again at each start.
    pub cache_dir: Option<PathBuf>,
    /// Maximum number of calls at once. Most of them wait for a service. A slot costs address space
    /// (16 GiB), not memory.
    pub max_concurrent_calls: u32,
    /// Time after which running code yields. At 1 ms, two endless loops on two threads delay others
    /// by 1–2 ms, at 10 ms by 18 ms.
    pub tick: Duration,
    /// Maximum of the limit `memory_bytes` of a call.
    pub max_memory_bytes: u64,
    /// Number of slots that keep their memory for the component that used them last.
    pub warm_slots: u32,
    /// Bytes of memory that a slot keeps and clears instead of returning them to the system, on
    /// kernels that can tell which pages were written (`PAGEMAP_SCAN`). Measured with a small link:
    /// 0 gives 25,000 calls/s on one thread and 14,000 on two, 256 KiB to 4 MiB give 64,000 and
    /// 110,000.
    pub keep_resident_bytes: usize,
    /// The same for a table, in bytes: 0 gives 39,000 calls/s on one thread and 35,000 on two.
    pub keep_resident_table_bytes: usize,
    /// The same for a stack, in bytes.
    pub keep_resident_stack_bytes: usize,
    /// Maximum size of a component, in bytes.
    pub component_bytes: u64,
    /// Process that compiles components.
    pub compiler: Compiler,
    /// Time limit for compiling a component, after its turn has come. Five times `compile_cpu`,
    /// because on a busy machine the compiling process gets only the processor time that others
    /// leave.
    pub compile_time: Duration,
    /// Limit of CPU time of a compiling process, all its threads together, in whole seconds. A
    /// Python component (18 MB, with CPython) takes 11.5 s.
    pub compile_cpu: Duration,
    /// Time that a compiling process runs on idle processor time only, before it gets a share. Each
    /// MiB of its component adds twice this time. An idle machine needs 0.2 s for a small link, and
    /// 0.7 s a MiB for a large one.
    pub compile_leftovers: Duration,
    /// Limit of the address space of a compiling process, in bytes. The same Python component takes
    /// between 768 MiB and 1 GiB, of which 0.5 GiB (one thread) to 0.6 GiB (four) are used. It
    /// becomes 35 MB of code.
    pub compile_memory_bytes: u64,
    /// Number of components compiled at once, each on half of the processors. Two, so that a small
    /// one does not wait for a large one.
    pub concurrent_compiles: usize,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            cache_dir: None,
            max_concurrent_calls: 512,
            tick: Duration::from_millis(1),
            max_memory_bytes: 512 * MIB,
            warm_slots: 64,
            keep_resident_bytes: 1024 * 1024,
            keep_resident_table_bytes: 64 * 1024,
            keep_resident_stack_bytes: 32 * 1024,
            component_bytes: 64 * MIB,
            compiler: Compiler::InThisProcess,
            compile_time: Duration::from_secs(300),
            compile_cpu: Duration::from_secs(60),
            compile_leftovers: Duration::from_secs(2),
            compile_memory_bytes: 2 * 1024 * MIB,
            concurrent_compiles: 2,
        }
    }
}

/// File of the running program, even if it was replaced or removed since the start. Code has to
/// come from the same version.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Process that compiles components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// A thread of this process. Only for trusted components, such as those of tests: it can't be
    /// stopped, and no limit applies.
    InThisProcess,
    /// A process of its own, started from this program, which has to be `vconduit`.
    Child(PathBuf),
}

impl Compiler {
    /// A process of the running program, which has to be `vconduit`.
    ///
    /// # Errors
    /// If the system does not return the path of the running program.
    pub fn this_program() -> std::io::Result<Self> {
        let own = Path::new(OWN_PROGRAM);
        if own.exists() {
            return Ok(Self::Child(own.to_owned()));
        }
        std::env::current_exe().map(Self::Child)
    }
}
