//! The whole run on meshes of 1,000, 10,000 and 100,000 objects: time against one bare,
//! single-threaded pass of the YAML parser over the same bytes, peak memory against the size of
//! the input, and the time of each check per object from size to size.
//!
//! `cargo bench --bench scale`; `-- 100000` for one size, `-- DIR` for a folder of one's own.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const CHILD: &str = "MESHLINT_BENCH_RUN";
const REPEAT: usize = 5;
/// What a check takes for an object that it only passes by, in nanoseconds; below it the clock
/// and the caches are measured.
const NOISE: f64 = 1.0;

fn main() {
    if let Ok(folder) = std::env::var(CHILD) {
        run(Path::new(&folder));
        return;
    }
    let argument = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let sizes: Vec<usize> = match argument.as_deref().map(str::parse) {
        Some(Ok(size)) => vec![size],
        Some(Err(_)) => {
            measure(Path::new(&argument.unwrap()), &mut BTreeMap::new());
            return;
        }
        None => vec![1_000, 10_000, 100_000],
    };
    let mut checks = BTreeMap::new();
    for size in sizes {
        let folder = std::env::temp_dir().join(format!("meshlint-bench-{size}"));
        support::write(&folder, support::Shape::of_objects(size)).unwrap();
        measure(&folder, &mut checks);
        std::fs::remove_dir_all(&folder).unwrap();
    }
    println!("\nnanoseconds per object of each check, by size, and the growth of the last step");
    for (name, times) in checks {
        let shown: Vec<String> = times.iter().map(|t| format!("{t:10.1}")).collect();
        let growth = match times.as_slice() {
            [.., before, last] => format!("{:8.2}", last / before.max(NOISE)),
            _ => String::new(),
        };
        println!("{name:44}{}{growth}", shown.join(""));
    }
}

/// Prints what a run over the folder takes.
fn measure(folder: &Path, checks: &mut BTreeMap<String, Vec<f64>>) {
    let texts: Vec<String> = files(folder)
        .iter()
        .map(|f| std::fs::read_to_string(f).unwrap())
        .collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let bare = (0..REPEAT)
        .map(|_| bare_pass(&texts))
        .fold(f64::INFINITY, f64::min);
    drop(texts);
    let mut best = f64::INFINITY;
    let mut peak = 0.0;
    let mut objects = String::new();
    let mut times: BTreeMap<String, f64> = BTreeMap::new();
    for _ in 0..REPEAT {
        let child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD, folder)
            .output()
            .unwrap();
        let text = String::from_utf8(child.stdout).unwrap();
        let (head, rest) = text.split_once('\n').unwrap();
        let mut numbers = head.split(' ').map(|n| n.parse::<f64>().unwrap());
        let seconds = numbers.next().unwrap();
        if seconds < best {
            best = seconds;
            peak = numbers.next().unwrap();
        }
        let mut lines = rest.lines();
        lines.next().unwrap().clone_into(&mut objects);
        for line in lines {
            let (name, time) = line.rsplit_once(' ').unwrap();
            let time: f64 = time.parse().unwrap();
            times
                .entry(name.to_owned())
                .and_modify(|least| *least = time.min(*least))
                .or_insert(time);
        }
    }
    println!("{objects} objects, {:.1} MB", bytes as f64 / 1e6);
    println!(
        "  bare parser pass  {bare:8.3} s  ({:.0} MB/s)",
        bytes as f64 / 1e6 / bare
    );
    println!(
        "  whole run         {best:8.3} s  ({:.2} of the bare pass)",
        best / bare
    );
    println!(
        "  peak memory       {:8.1} MB ({:.2} of the input)",
        peak / 1e6,
        peak / bytes as f64
    );
    for (name, time) in times {
        checks.entry(name).or_default().push(time);
    }
}

/// Checks the folder and prints seconds, peak memory in bytes, the number of objects, and the
/// time per object of each check.
fn run(folder: &Path) {
    let options = meshlint::engine::Options {
        paths: vec![folder.to_owned()],
        timings: true,
        ..Default::default()
    };
    let start = Instant::now();
    let report = meshlint::engine::check(&options).unwrap();
    let mut out = Vec::new();
    meshlint::report::json::write(&report, &mut out).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds} {}\n{}", peak_memory(), report.summary.objects);
    for (name, objects, nanoseconds) in report.timings {
        println!("{name} {}", nanoseconds as f64 / objects.max(1) as f64);
    }
}

/// The most memory that the process held, in bytes; 0 where the system does not tell.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or("0");
    line.split_whitespace()
        .next()
        .and_then(|n| n.parse::<usize>().ok())
        .unwrap_or(0)
        * 1024
}

fn bare_pass(texts: &[String]) -> f64 {
    let start = Instant::now();
    let mut events = 0_usize;
    for text in texts {
        let mut parser = granit_parser::Parser::new_from_str(text);
        while let Some(Ok(event)) = parser.next_event() {
            events += usize::from(!matches!(event.0, granit_parser::Event::StreamEnd));
        }
    }
    assert!(events > 0);
    start.elapsed().as_secs_f64()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files
}
