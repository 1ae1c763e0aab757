//! The program `vconduit`: it chooses the allocator and calls the library.

use std::process::ExitCode;

/// Links make many short-lived allocations on two runtimes. With the system's allocator the
/// throughput is a tenth lower (measured).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vconduit::main()
}
