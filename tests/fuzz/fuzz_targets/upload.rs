//! Fuzz target: any bytes as an upload, inspected, compiled and described. Each step has to return
//! a result.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use vconduit_sandbox::{CompileError, Sandbox, SandboxSettings};

static HOST: LazyLock<(Runtime, Arc<Sandbox>)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let sandbox = Sandbox::new(SandboxSettings {
        max_concurrent_calls: 2,
        ..SandboxSettings::default()
    });
    (runtime, sandbox.expect("a sandbox"))
});

fuzz_target!(|bytes: &[u8]| {
    let (runtime, sandbox) = &*HOST;
    let compiled = runtime.block_on(sandbox.compile(bytes.to_vec()));
    assert!(!matches!(compiled, Err(CompileError::Host(_))), "{compiled:?}");
});
