//! Inputs that grow in one direction: within one object, within one line, in the number of objects
//! that have something in common. Each is checked in a size and in four times that size, in a
//! process of its own; what takes more than six times as long, or more memory than its bytes
//! account for, is marked. The bad example of each page of the rule book is such an input too, in
//! copies that have namespaces of their own.
//!
//! `cargo bench --bench growth`; `-- NAME...` for some of the shapes and codes, `-- --scale 0.25` for smaller
//! sizes.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod files;
mod manifests;
mod objects;
mod pages;
mod shapes;
mod values;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use shapes::{SHAPES, Shape};

const CHILD: &str = "MESHLINT_BENCH_GROWTH";
/// How much longer four times the size may take.
const FACTOR: f64 = 6.0;
/// Times below it say nothing of growth, in seconds.
const NOISE: f64 = 0.4;
/// Memory of the process itself, and for each byte of the input.
const MEMORY: (f64, f64) = (100e6, 40.0);

/// What a run took.
struct Cost {
    seconds: f64,
    memory: f64,
    output: f64,
}

fn main() {
    if let Ok(path) = std::env::var(CHILD) {
        run(Path::new(&path));
        return;
    }
    let mut scale = 1.0;
    let mut names = Vec::new();
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    while let Some(argument) = arguments.next() {
        if argument == "--scale" {
            scale = arguments.next().unwrap().parse().unwrap();
        } else {
            names.push(argument);
        }
    }
    let wanted = |shape: &&Shape| names.is_empty() || names.iter().any(|n| n == shape.name);
    println!("shape                          size       MB      s  four times  growth   peak MB");
    let pages: Vec<Shape> = pages::shapes().collect();
    for shape in SHAPES.iter().chain(&pages).filter(wanted) {
        let size = ((shape.size as f64 * scale) as usize).max(4);
        let (_, small) = measure(shape, size);
        let (bytes, large) = measure(shape, 4 * size);
        let growth = large.seconds / small.seconds.max(0.01);
        let mut marks = Vec::new();
        // Some inputs grow sixteen times with four times the size.
        let factor = FACTOR * shape.more;
        if large.seconds > NOISE && growth > factor {
            marks.push(format!("grows x{growth:.1}"));
        }
        if large.memory > MEMORY.0 + MEMORY.1 * bytes {
            marks.push("memory".to_owned());
        }
        if large.output > 4e6 && large.output > factor * small.output {
            marks.push("output".to_owned());
        }
        println!(
            "{:26} {size:8} {:8.1} {:6.2} {:11.2} {growth:7.1} {:9.0}  {}",
            shape.name,
            bytes / 1e6,
            small.seconds,
            large.seconds,
            large.memory / 1e6,
            marks.join(", ")
        );
    }
    println!(
        "without an example to copy: {}",
        pages::left_out().join(", ")
    );
}

/// Writes a shape, checks it in a process of its own, and gives the bytes of the input.
fn measure(shape: &Shape, size: usize) -> (f64, Cost) {
    let folder = std::env::temp_dir().join(format!("meshlint-growth-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let bytes = shape.input.write(&folder, size);
    let output = Command::new(std::env::current_exe().unwrap())
        .env(CHILD, &folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|n| n.parse().unwrap());
    #[allow(
        clippy::expect_used,
        reason = "a bench that lost its figures has nothing to print"
    )]
    let mut next = || numbers.next().expect("the run ended");
    let cost = Cost {
        seconds: next(),
        memory: next(),
        output: next(),
    };
    (bytes as f64, cost)
}

/// Checks the folder and prints seconds, peak memory and the bytes of the report.
fn run(folder: &Path) {
    let options = meshlint::engine::Options {
        paths: vec![folder.to_owned()],
        ..meshlint::engine::Options::default()
    };
    let start = Instant::now();
    let report = meshlint::engine::check(&options).unwrap();
    let mut out = Vec::new();
    meshlint::report::json::write(&report, &mut out).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    print!("{seconds} {} {}", peak_memory(), out.len());
}

/// The most memory that the process held, in bytes; 0 where the system does not tell.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    number.unwrap_or(0) * 1024
}
