//! How a sandbox is set up.

use std::path::{Path, PathBuf};
use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Where compiled code is kept; absent: compiled again at each start.
    pub cache_dir: Option<PathBuf>,
    /// Instances at once. Most of them wait for a service; a place costs address space (16 GiB), no memory.
    pub max_concurrent_calls: u32,
    /// How often running code comes up for air. At 1 ms two endless loops on two threads hold others up for 1–2 ms; at 10 ms for 18.
    pub tick: Duration,
    /// The most memory that a call may be given: the ceiling of `memory_bytes`.
    pub max_memory_bytes: u64,
    /// Places that keep their memory for the component that used them last.
    pub warm_slots: u32,
    /// Memory that a place keeps and clears instead of giving it back, where the kernel can tell what was written (`PAGEMAP_SCAN`).
    /// Measured with a small link: 0 gives 25,000 calls/s on one thread and 14,000 on two, 256 KiB to 4 MiB 64,000 and 110,000.
    pub keep_resident_bytes: usize,
    /// The same for a table: 0 gives 39,000 calls/s on one thread and 35,000 on two.
    pub keep_resident_table_bytes: usize,
    /// The same for a stack.
    pub keep_resident_stack_bytes: usize,
    /// The largest component.
    pub component_bytes: u64,
    /// Where components are compiled.
    pub compiler: Compiler,
    /// How long a component may take to compile, from the start of its turn. Five times `compile_cpu`: on a busy machine the compiling
    /// process gets only what others leave.
    pub compile_time: Duration,
    /// CPU time that a compiling process may use, all its threads together, in whole seconds. A Python component (18 MB, CPython inside)
    /// takes 11.5 s.
    pub compile_cpu: Duration,
    /// How long a compiling process may try with what no one else wants of the processors before it gets a share, and twice as much longer
    /// for each MiB of its component. A machine that does nothing else needs 0.2 s for a small link and 0.7 s a MiB for a large one.
    pub compile_leftovers: Duration,
    /// Address space that a compiling process may use. That Python component takes between 768 MiB and 1 GiB, of which
    /// 0.5 GiB (one thread) to 0.6 GiB (four) are ever in memory; it becomes 35 MB of code.
    pub compile_memory_bytes: u64,
    /// Components compiled at once, each on half of the processors. Two, so that a small one need not wait for a large one.
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

/// This program's own file, also when it was replaced or removed since the start: code has to come from the same version.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Where components are compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// On a thread, for components that are trusted, as those of tests. Such a thread can't be stopped and is bound by no limit.
    InThisProcess,
    /// In a process of its own. The program is `vconduit`.
    Child(PathBuf),
}

impl Compiler {
    /// A process of the program that is running, which has to be `vconduit`.
    ///
    /// # Errors
    /// When the system does not tell which program that is.
    pub fn this_program() -> std::io::Result<Self> {
        let own = Path::new(OWN_PROGRAM);
        if own.exists() {
            return Ok(Self::Child(own.to_owned()));
        }
        std::env::current_exe().map(Self::Child)
    }
}
