//! Builds all components that tests may ask for; `tests/run` starts it before it runs every test.

fn main() {
    vconduit_harness::components::build_all();
}
