//! The `demarche` program: see [`demarche::cli`].

fn main() -> std::process::ExitCode {
    demarche::cli::main()
}
