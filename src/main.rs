//! The `levelmap` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    levelmap::cli::run()
}
