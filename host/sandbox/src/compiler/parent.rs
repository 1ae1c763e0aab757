//! Starts a compiling process, passes it a component, and returns its output or the reason of its
//! failure.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::Instant;

use super::child::{NO_MEMORY, REJECTED};
use crate::background;
use crate::compile_error::CompileError;
use crate::settings::SandboxSettings;
use vconduit_base::text;

/// Maximum size of a component's code, in bytes. Twice the component is usual, and the largest
/// component is 128 MiB.
const MAX_CODE_BYTES: u64 = 512 * 1024 * 1024;

/// Maximum length of standard error, in bytes. A failure is one line, a panic a few more.
const MAX_STDERR_BYTES: u64 = 64 * 1024;

/// Maximum number of threads of a compiling process. It has half as many as there are processors,
/// so that the other half is free: a task that needs a processor waits some ms at each step, even
/// if a thread of low priority has it. Each thread holds a function that it compiles, so memory
/// grows with their number.
const MAX_THREADS: usize = 4;

/// Address space that the allocator reserves, in KiB. Its default of 1 GiB would count against the
/// limit, used or not.
const ALLOCATOR_RESERVE_KIB: &str = "16384";

/// Messages for exhausted memory: of Rust, and of the system for a mapping or the stack of a
/// thread.
const OUT_OF_MEMORY: [&str; 3] = [
    "memory allocation of ",
    "Cannot allocate memory",
    "Resource temporarily unavailable",
];

/// Share of the processors that a process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CpuShare {
    /// Idle time only. On a busy machine there may be none.
    Idle,
    /// The share of a process of low priority.
    Low,
}

/// Compiles a component in a process of its own. Returns the unchecked output of that process.
pub(super) async fn compile(
    program: &Path,
    settings: &SandboxSettings,
    component: Bytes,
) -> Result<Vec<u8>, CompileError> {
    let begun = Instant::now();
    let idle_end = begun + idle_time(settings.compile_leftovers, component.len());
    let end = begun + settings.compile_time;
    if idle_end < end {
        match compile_once(program, settings, component.clone(), CpuShare::Idle, idle_end).await {
            // It used only idle time, so only wall-clock time is lost.
            Err(CompileError::TooSlow(_)) => {
                tracing::info!("the machine is too busy to compile a component in idle time; it gets a share now");
            }
            result => return result,
        }
    }
    compile_once(program, settings, component, CpuShare::Low, end).await
}

/// Returns the time on idle processors only: `once`, and twice as much for each MiB of the
/// component.
fn idle_time(once: Duration, component_bytes: usize) -> Duration {
    let mib = u32::try_from(component_bytes / (1024 * 1024)).unwrap_or(u32::MAX);
    once.saturating_mul(mib.saturating_mul(2).saturating_add(1))
}

/// Compiles in one process, which has to end by `end`.
async fn compile_once(
    program: &Path,
    settings: &SandboxSettings,
    component: Bytes,
    share: CpuShare,
    end: Instant,
) -> Result<Vec<u8>, CompileError> {
    let mut child = start(program, settings, share)?;
    let exchange = exchange(&mut child, &component);
    let Ok(output) = tokio::time::timeout_at(end, exchange).await else {
        return Err(stop(child, CompileError::TooSlow(settings.compile_time)).await);
    };
    let ProcessOutput { code, errors } = match output {
        Ok(output) => output,
        Err(error) => return Err(stop(child, error).await),
    };
    if u64::try_from(code.len()).unwrap_or(u64::MAX) > MAX_CODE_BYTES {
        let reason = format!("it becomes more than {MAX_CODE_BYTES} bytes of code");
        return Err(stop(child, CompileError::TooComplex(reason)).await);
    }
    // Its outputs are closed, so it has ended or is about to.
    let status = tokio::time::timeout(settings.compile_time, child.wait()).await;
    match status {
        Ok(Ok(status)) if status.success() => Ok(code),
        Ok(Ok(status)) => Err(failure(status, &errors, settings)),
        Ok(Err(error)) => Err(CompileError::Host(format!(
            "the end of the compiling process can't be read: {error}"
        ))),
        Err(_) => Err(stop(child, CompileError::TooSlow(settings.compile_time)).await),
    }
}

fn start(program: &Path, settings: &SandboxSettings, share: CpuShare) -> Result<Child, CompileError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Command::new(program)
        .arg0("vconduit")
        .arg("compile-component")
        .args(["--cpu-s", &settings.compile_cpu.as_secs().max(1).to_string()])
        .args(["--memory-bytes", &settings.compile_memory_bytes.to_string()])
        .args((share == CpuShare::Idle).then_some("--leftovers"))
        .env_clear()
        .env("RAYON_NUM_THREADS", cores.div_ceil(2).min(MAX_THREADS).to_string())
        .env("MIMALLOC_ARENA_RESERVE", ALLOCATOR_RESERVE_KIB)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // The process ends when its caller stops waiting.
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            CompileError::Host(format!(
                "the compiling process can't be started ({}: {error}); check that the program exists and that the system permits more processes",
                program.display()
            ))
        })
}

/// Output of a process: its standard output and its standard error.
#[derive(Default)]
struct ProcessOutput {
    code: Vec<u8>,
    errors: Vec<u8>,
}

/// Writes the component and reads until both outputs are closed.
async fn exchange(child: &mut Child, component: &[u8]) -> Result<ProcessOutput, CompileError> {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        let Some(mut input) = input else { return };
        // A process that died early does not read to the end. Its exit status says more than this
        // error.
        let _ = input.write_all(component).await;
    };
    // Code is about twice as long as its component. Allocated at once, it is not copied as it
    // grows.
    let expected = component.len().saturating_mul(2).saturating_add(64 * 1024);
    let ((), code, errors) = tokio::join!(feed, read_code(output, expected), read_errors(errors));
    Ok(ProcessOutput { code: code?, errors })
}

/// Reads the code on a thread of its own, because tens of megabytes through a pipe would keep the
/// runtime busy.
async fn read_code(from: Option<ChildStdout>, expected: usize) -> Result<Vec<u8>, CompileError> {
    let lost = |error| CompileError::Host(format!("the output of the compiling process can't be read: {error}"));
    let Some(from) = from else { return Ok(Vec::new()) };
    let from = File::from(from.into_owned_fd().map_err(lost)?);
    let read = move || {
        let mut bytes = Vec::with_capacity(expected);
        from.take(MAX_CODE_BYTES.saturating_add(1))
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    };
    background::run(read).await?.map_err(lost)
}

async fn read_errors(from: Option<ChildStderr>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // After an error, the bytes read so far are used.
        let _ = from.take(MAX_STDERR_BYTES).read_to_end(&mut bytes).await;
    }
    bytes
}

/// Kills a process, waits until it has ended, and returns `reason`.
async fn stop(mut child: Child, reason: CompileError) -> CompileError {
    if let Err(error) = child.kill().await {
        tracing::warn!("a compiling process could not be killed: {error}");
    }
    reason
}

/// Returns the reason why a process failed.
fn failure(status: ExitStatus, errors: &[u8], settings: &SandboxSettings) -> CompileError {
    let errors = String::from_utf8_lossy(errors);
    let ended_by = |signal: Signal| status.signal() == Some(signal.as_raw());
    let rejected = status.code() == Some(i32::from(REJECTED));
    let names_memory = OUT_OF_MEMORY.iter().any(|words| errors.contains(words));
    if status.code() == Some(i32::from(NO_MEMORY)) || (names_memory && !rejected) {
        return CompileError::TooMuchMemory(settings.compile_memory_bytes);
    }
    if rejected {
        return CompileError::Rejected(text::clean(errors.trim_end(), 500).into_owned());
    }
    if ended_by(Signal::XCPU) {
        return CompileError::TooMuchCpu(settings.compile_cpu);
    }
    if ended_by(Signal::KILL) {
        return CompileError::Host(
            "the compiling process was killed from outside; check whether the machine ran out of memory".to_owned(),
        );
    }
    let last = errors.trim_end().lines().last().unwrap_or("it wrote no error");
    CompileError::Host(format!(
        "the compiling process failed on this component ({status}: {}); report it",
        text::clean(last, 300)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_components_may_run_on_idle_processors_longer() {
        let seconds = |bytes| idle_time(Duration::from_secs(2), bytes).as_secs();
        assert_eq!((seconds(0), seconds(200_000), seconds(18 * 1024 * 1024)), (2, 2, 74));
        assert_eq!(idle_time(Duration::ZERO, usize::MAX), Duration::ZERO);
    }
}
