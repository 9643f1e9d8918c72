//! The `levelmap` program.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Of many threads that ask and free at once the system's allocator keeps a third more than they use.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    levelmap::cli::run()
}
