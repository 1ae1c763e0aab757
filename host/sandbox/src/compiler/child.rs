//! The compiling process: a component on standard input, its code on standard output, or one line on standard error.
//!
//! Guarantee: before the first byte is read the process has given up what it does not need: memory and CPU time beyond its limits, its
//! place before others, new files, core dumps.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

use super::super::code::Code;
use super::super::{niceness, pool};
use vconduit_base::text;

/// How the process ends when the compiler refuses the component.
pub(super) const REFUSED: u8 = 10;

/// How it ends when the compiler noticed by itself that memory is used up.
pub(super) const NO_MEMORY: u8 = 11;

/// How it ends when it could not do its work.
const FAILED: u8 = 12;

/// Standard input, output and error.
const OPEN_FILES: u64 = 3;

/// One line on standard error.
const MAX_LINE_BYTES: usize = 500;

/// Limits of the process.
#[derive(Debug, Clone, Copy)]
pub struct ChildLimits {
    /// CPU seconds, all threads together.
    pub cpu_s: u64,
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// Take only what no one else wants of the processors.
    pub leftovers: bool,
}

/// The whole life of the process.
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
        Err((code, why)) => {
            // Nobody may be listening any more.
            let _ = writeln!(io::stderr(), "{}", text::clean(&why, MAX_LINE_BYTES));
            ExitCode::from(code)
        }
    }
}

fn confine(limits: ChildLimits) -> io::Result<()> {
    // When memory runs out on the machine, this process goes first. Without /proc it takes its chances with the others.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    // Threads that are started later are as patient.
    if limits.leftovers {
        stand_back();
    }
    nice(niceness::OF_COMPILING)?;
    let limit = |resource, most: u64| {
        let both = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, both)
    };
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, OPEN_FILES)?;
    limit(Resource::As, limits.memory_bytes)?;
    // At the first limit comes a signal that says why, at the second one that nothing can ignore.
    let cpu = Rlimit {
        current: Some(limits.cpu_s),
        maximum: Some(limits.cpu_s.saturating_add(1)),
    };
    setrlimit(Resource::Cpu, cpu)?;
    Ok(())
}

/// Whoever wakes up takes the processor at once. A patient process would keep it for the rest of its slice, 3 ms: measured, POST /vcon took
/// six times as long at p99 while CPython was compiled. Where the system refuses, niceness has to do.
fn stand_back() {
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
    let code = engine.precompile_component(&bytes).map_err(refused)?;
    io::stdout()
        .write_all(Code::of(&code).bytes())
        .map_err(|error| failed("the code can't be handed back", &error))
}

fn refused(error: wasmtime::Error) -> (u8, String) {
    let no_room = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::OutOfMemory);
    let code = if no_room || error.is::<wasmtime::OutOfMemory>() {
        NO_MEMORY
    } else {
        REFUSED
    };
    (code, format!("{error:#}"))
}
