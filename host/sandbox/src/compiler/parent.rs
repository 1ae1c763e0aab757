//! Starts a compiling process, feeds it, and says how it ended.

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

use super::super::aside::aside;
use super::super::{CompileError, SandboxSettings};
use super::child::{NO_MEMORY, REFUSED};
use vconduit_base::text;

/// The most code that a component may become. Twice the component is usual, and the largest component is 128 MiB.
const MAX_CODE_BYTES: u64 = 512 * 1024 * 1024;

/// What a process has to say when it fails is one line; a panic is some more.
const MAX_COMPLAINT_BYTES: u64 = 64 * 1024;

/// Threads of a compiling process: half of the processors, so that others have the other half to themselves; a task that waits for a
/// processor waits some ms at each step even behind a patient one. Each holds a function in the making, so memory grows with them.
const MAX_THREADS: usize = 4;

/// Address space that the allocator takes in advance, in KiB. Its own choice, 1 GiB, would count against the limit used or not.
const ALLOCATOR_RESERVE_KIB: &str = "16384";

/// What is said when memory runs out: by Rust, and by the system when a mapping or the stack of a thread finds no room.
const NO_ROOM: [&str; 3] = [
    "memory allocation of ",
    "Cannot allocate memory",
    "Resource temporarily unavailable",
];

/// What a process may take of the processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// What no one else wants. On a busy machine that may be nothing at all.
    Leftovers,
    /// Little.
    Little,
}

/// Compiles in a process of its own; its answer is what it wrote, not yet looked at.
pub(super) async fn compile(
    program: &Path,
    settings: &SandboxSettings,
    component: Bytes,
) -> Result<Vec<u8>, CompileError> {
    let begun = Instant::now();
    let enough = begun + leftovers(settings.compile_leftovers, component.len());
    let end = begun + settings.compile_time;
    if enough < end {
        match once(program, settings, component.clone(), Share::Leftovers, enough).await {
            // What it took no one else wanted, so nothing is lost but time.
            Err(CompileError::TooSlow(_)) => {
                tracing::info!(
                    "the machine is too busy to compile a component with what is left over; it gets a share now"
                );
            }
            answer => return answer,
        }
    }
    once(program, settings, component, Share::Little, end).await
}

/// Once for any component, and twice more for each MiB of it.
fn leftovers(once: Duration, component_bytes: usize) -> Duration {
    let mib = u32::try_from(component_bytes / (1024 * 1024)).unwrap_or(u32::MAX);
    once.saturating_mul(mib.saturating_mul(2).saturating_add(1))
}

/// One process, until `end`.
async fn once(
    program: &Path,
    settings: &SandboxSettings,
    component: Bytes,
    share: Share,
    end: Instant,
) -> Result<Vec<u8>, CompileError> {
    let mut child = start(program, settings, share)?;
    let talk = talk(&mut child, &component);
    let Ok(said) = tokio::time::timeout_at(end, talk).await else {
        return Err(stop(child, CompileError::TooSlow(settings.compile_time)).await);
    };
    let Said { code, complaint } = match said {
        Ok(said) => said,
        Err(error) => return Err(stop(child, error).await),
    };
    if u64::try_from(code.len()).unwrap_or(u64::MAX) > MAX_CODE_BYTES {
        let what = format!("it becomes more than {MAX_CODE_BYTES} bytes of code");
        return Err(stop(child, CompileError::TooComplex(what)).await);
    }
    // Its outputs are closed, so it is about to end if it has not.
    let status = tokio::time::timeout(settings.compile_time, child.wait()).await;
    match status {
        Ok(Ok(status)) if status.success() => Ok(code),
        Ok(Ok(status)) => Err(verdict(status, &complaint, settings)),
        Ok(Err(error)) => Err(CompileError::Host(format!("the compiling process got lost: {error}"))),
        Err(_) => Err(stop(child, CompileError::TooSlow(settings.compile_time)).await),
    }
}

fn start(program: &Path, settings: &SandboxSettings, share: Share) -> Result<Child, CompileError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Command::new(program)
        .arg0("vconduit")
        .arg("compile-component")
        .args(["--cpu-s", &settings.compile_cpu.as_secs().max(1).to_string()])
        .args(["--memory-bytes", &settings.compile_memory_bytes.to_string()])
        .args((share == Share::Leftovers).then_some("--leftovers"))
        .env_clear()
        .env("RAYON_NUM_THREADS", cores.div_ceil(2).min(MAX_THREADS).to_string())
        .env("MIMALLOC_ARENA_RESERVE", ALLOCATOR_RESERVE_KIB)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A caller that goes away takes the process with it.
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            CompileError::Host(format!(
                "the compiling process can't be started ({}: {error}); look whether the program is still there and whether the system lets more processes start",
                program.display()
            ))
        })
}

/// What a process wrote.
#[derive(Default)]
struct Said {
    code: Vec<u8>,
    complaint: Vec<u8>,
}

/// Hands the component over and takes what comes, until both outputs are closed.
async fn talk(child: &mut Child, component: &[u8]) -> Result<Said, CompileError> {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        let Some(mut input) = input else { return };
        // A process that died early does not read to the end; how it ended says more than this error.
        let _ = input.write_all(component).await;
    };
    // Code is about twice as long as its component: taken in advance, it need not be copied as it grows.
    let expected = component.len().saturating_mul(2).saturating_add(64 * 1024);
    let ((), code, complaint) = tokio::join!(feed, code(output, expected), complaint(errors));
    Ok(Said { code: code?, complaint })
}

/// On a thread of its own: tens of megabytes through a pipe would keep the runtime busy.
async fn code(from: Option<ChildStdout>, expected: usize) -> Result<Vec<u8>, CompileError> {
    let lost = |error| CompileError::Host(format!("the compiling process can't be listened to: {error}"));
    let Some(from) = from else { return Ok(Vec::new()) };
    let from = File::from(from.into_owned_fd().map_err(lost)?);
    let read = move || {
        let mut bytes = Vec::with_capacity(expected);
        from.take(MAX_CODE_BYTES.saturating_add(1))
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    };
    aside(read).await?.map_err(lost)
}

async fn complaint(from: Option<ChildStderr>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // As much as came is worth telling.
        let _ = from.take(MAX_COMPLAINT_BYTES).read_to_end(&mut bytes).await;
    }
    bytes
}

/// Ends a process and waits until it is gone.
async fn stop(mut child: Child, why: CompileError) -> CompileError {
    if let Err(error) = child.kill().await {
        tracing::warn!("a compiling process could not be ended: {error}");
    }
    why
}

/// Why a process failed.
fn verdict(status: ExitStatus, complaint: &[u8], settings: &SandboxSettings) -> CompileError {
    let complaint = String::from_utf8_lossy(complaint);
    let signal = |signal: Signal| status.signal() == Some(signal.as_raw());
    let said_so = NO_ROOM.iter().any(|words| complaint.contains(words));
    if status.code() == Some(i32::from(NO_MEMORY)) || (said_so && status.code() != Some(i32::from(REFUSED))) {
        return CompileError::TooMuchMemory(settings.compile_memory_bytes);
    }
    if status.code() == Some(i32::from(REFUSED)) {
        return CompileError::Rejected(text::clean(complaint.trim_end(), 500).into_owned());
    }
    if signal(Signal::XCPU) {
        return CompileError::TooMuchCpu(settings.compile_cpu);
    }
    if signal(Signal::KILL) {
        return CompileError::Host(
            "the compiling process was killed from outside; look whether the machine ran out of memory".to_owned(),
        );
    }
    let last = complaint.trim_end().lines().last().unwrap_or("it said nothing");
    CompileError::Host(format!(
        "the compiler gave up on this component ({status}: {}); report it",
        text::clean(last, 300)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_components_may_wait_longer_for_what_is_left_over() {
        let seconds = |bytes| leftovers(Duration::from_secs(2), bytes).as_secs();
        assert_eq!((seconds(0), seconds(200_000), seconds(18 * 1024 * 1024)), (2, 2, 74));
        assert_eq!(leftovers(Duration::ZERO, usize::MAX), Duration::ZERO);
    }
}
