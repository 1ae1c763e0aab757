//! Builds all components that tests use. `tests/run` starts this program before it runs all tests.

fn main() {
    vconduit_harness::components::build_all();
}
