//! Starts a compiling process, feeds it, and says how it ended.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::super::{CompileError, SandboxSettings, text};
use super::child::{NO_MEMORY, REFUSED};

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

/// Compiles in a process of its own; its answer is what it wrote, not yet looked at.
pub(super) async fn compile(
    program: &Path,
    settings: &SandboxSettings,
    component: Bytes,
) -> Result<Vec<u8>, CompileError> {
    let mut child = start(program, settings)?;
    let talk = talk(&mut child, &component);
    let Ok(said) = tokio::time::timeout(settings.compile_time, talk).await else {
        return Err(stop(child, CompileError::TooSlow(settings.compile_time)).await);
    };
    let Said { code, complaint } = said;
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

fn start(program: &Path, settings: &SandboxSettings) -> Result<Child, CompileError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Command::new(program)
        .arg0("vconduit")
        .arg("compile-component")
        .args(["--cpu-s", &settings.compile_cpu.as_secs().max(1).to_string()])
        .args(["--memory-bytes", &settings.compile_memory_bytes.to_string()])
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
async fn talk(child: &mut Child, component: &[u8]) -> Said {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        let Some(mut input) = input else { return };
        // A process that died early does not read to the end; how it ended says more than this error.
        let _ = input.write_all(component).await;
    };
    let ((), code, complaint) = tokio::join!(
        feed,
        read(output, MAX_CODE_BYTES.saturating_add(1)),
        read(errors, MAX_COMPLAINT_BYTES)
    );
    Said { code, complaint }
}

async fn read(from: Option<impl AsyncRead + Unpin>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What was cut off does not pass the check of its hash.
        let _ = from.take(most).read_to_end(&mut bytes).await;
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
