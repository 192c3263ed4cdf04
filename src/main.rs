//! The `meshlint` binary: nothing but the way into [`meshlint::cli`].

fn main() -> std::process::ExitCode {
    meshlint::cli::main()
}
