//! The compiling process. It reads a component from standard input and writes its code to standard
//! output, or one line to standard error.
//!
//! Guarantee: before it reads the first byte, the process gives up what it does not need: memory
//! and CPU time beyond its limits, its priority, new files, core dumps.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

use crate::code::Code;
use crate::{niceness, pool};
use vconduit_base::text;

/// Exit code if the compiler rejects the component.
pub(super) const REJECTED: u8 = 10;

/// Exit code if the compiler reports that memory is used up.
pub(super) const NO_MEMORY: u8 = 11;

/// Exit code if the process could not do its work.
const FAILED: u8 = 12;

/// Number of open files: standard input, output and error.
const OPEN_FILES: u64 = 3;

/// Maximum length of the line on standard error, in bytes.
const MAX_LINE_BYTES: usize = 500;

/// Limits of the process.
#[derive(Debug, Clone, Copy)]
pub struct ChildLimits {
    /// CPU time of all threads together, in seconds.
    pub cpu_s: u64,
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// True to use only processor time that nothing else wants.
    pub leftovers: bool,
}

/// Runs the process from start to end and returns its exit code.
#[must_use]
pub fn run(limits: ChildLimits) -> ExitCode {
    let ended = confine(limits)
        .map_err(|error| {
            (
                FAILED,
                format!("the limits of the compiling process can't be set: {error}"),
            )
        })
        .and_then(|()| compile());
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, reason)) => {
            // The parent may have stopped reading.
            let _ = writeln!(io::stderr(), "{}", text::clean(&reason, MAX_LINE_BYTES));
            ExitCode::from(code)
        }
    }
}

fn confine(limits: ChildLimits) -> io::Result<()> {
    // When the machine runs out of memory, this process is killed first. Without /proc it is
    // treated like any other.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    // Threads that are started later inherit policy and niceness.
    if limits.leftovers {
        use_idle_policy();
    }
    nice(niceness::OF_COMPILING)?;
    let limit = |resource, maximum: u64| {
        let both = Rlimit {
            current: Some(maximum),
            maximum: Some(maximum),
        };
        setrlimit(resource, both)
    };
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, OPEN_FILES)?;
    limit(Resource::As, limits.memory_bytes)?;
    // The first limit sends a signal that shows the reason, the second one a signal that can't be
    // ignored.
    let cpu = Rlimit {
        current: Some(limits.cpu_s),
        maximum: Some(limits.cpu_s.saturating_add(1)),
    };
    setrlimit(Resource::Cpu, cpu)?;
    Ok(())
}

/// Makes any thread that wakes up take the processor from this process at once. With niceness
/// alone, the process would keep it for the rest of its slice of 3 ms: measured, POST /vcon took
/// six times as long at p99 while CPython was compiled. If the system refuses, only niceness
/// applies.
fn use_idle_policy() {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
}

fn compile() -> Result<(), (u8, String)> {
    let failed = |what: &str, error: &dyn std::fmt::Display| (FAILED, format!("{what}: {error}"));
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| failed("the component can't be read", &error))?;
    let engine = pool::compiling().map_err(|error| failed("the WebAssembly engine can't be set up", &error))?;
    let code = engine.precompile_component(&bytes).map_err(rejected)?;
    io::stdout()
        .write_all(Code::of(&code).bytes())
        .map_err(|error| failed("the code can't be written", &error))
}

fn rejected(error: wasmtime::Error) -> (u8, String) {
    let no_memory = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::OutOfMemory);
    let code = if no_memory || error.is::<wasmtime::OutOfMemory>() {
        NO_MEMORY
    } else {
        REJECTED
    };
    (code, format!("{error:#}"))
}
