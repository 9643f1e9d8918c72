//! The command line: one file for each command. Data goes to standard output, words to standard error.
//!
//! Exit codes: 0 done; 1 the data or the question is at fault; 2 wrong usage.

mod analyse;
mod build;
mod check;
mod config;
mod export;
mod fetch;
mod import;
mod locate;
mod serve;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A map server for the boundaries, indicators and neighbourhoods of UK councils and NHS bodies.
#[derive(Parser)]
#[command(name = "levelmap", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Locate(locate::Arguments),
    Build(build::Arguments),
    Check(check::Arguments),
    Import(import::Arguments),
    Fetch(fetch::Arguments),
    Token(token::Arguments),
    Export(export::Arguments),
    Analyse(analyse::Arguments),
}

/// Where imports are kept when nothing else is said.
const STORE: &str = "sqlite:levelmap.db";

/// Reads the arguments of the process, does what they say, and tells how it went.
pub fn run() -> ExitCode {
    // Wrong usage ends here with exit code 2, `--help` and `--version` with 0.
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Locate(arguments) => locate::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Fetch(arguments) => fetch::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Analyse(arguments) => analyse::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("levelmap: {error:#}");
            ExitCode::from(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
