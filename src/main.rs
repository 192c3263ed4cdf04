//! The `meshlint` binary: nothing but the way into [`meshlint::cli`].

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    meshlint::cli::main()
}
